#pragma once
// Wall 3: what share of a device's peak the parts of a network reach, and which of twelve factors of software costs most.
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/catalog/software.hpp"
#include "mlsysim/laws/attention_kernel.hpp"
#include "mlsysim/laws/iron_law.hpp"
#include "mlsysim/laws/original_software.hpp"
#include "mlsysim/laws/roofline.hpp"
#include "mlsysim/walls/wall.hpp"
#include "mlsysim/workload/transformer.hpp"

namespace mlsysim {

/// The part of a network that is asked about. `other` is what is none of the first three: a language model's output head and
/// residual stream, all of a network without attention or convolutions.
enum class WorkloadType { attention, ffn, conv, other, step };
template <>
struct Words<WorkloadType> {
  static constexpr const char* all[] = {"attention", "ffn", "conv", "other", "step"};
};
enum class Roof { compute, memory };
template <>
struct Words<Roof> {
  static constexpr const char* all[] = {"Compute", "Memory"};
};

template <class T>
struct EfficiencyQuery {
  Model<T> model;
  Accelerator<T> hardware;
  WorkloadType workload_type = WorkloadType::ffn;
  bool use_flash_attention = false;
  Precision precision = Precision::fp16;
  T efficiency = std::numeric_limits<double>::quiet_NaN();
  Phase phase = Phase::prefill;
  Tokens<T> seq_len{2048.0};
  T batch_size = 1.0;
  Software<T> software;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the network");
    v.entity("hardware", "accelerator", q.hardware, "the device");
    v("workload_type", q.workload_type,
      "the part that mfu is of: ffn is all products with the weights of the blocks, attention the scores and their "
      "use, "
      "step the whole");
    v("use_flash_attention", q.use_flash_attention, "attention is one fused kernel: scores never leave the chip");
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1),
      "share of the compute peak that large matrix products reach in the end (not stated: the product of the factors)");
    v("phase", q.phase, "one new token of each sequence, or all of their tokens");
    v("seq_len", q.seq_len, token, count_from(1), "tokens of a sequence: cached ones in decode", Spelling{"context"});
    v("batch_size", q.batch_size, one, count_from(1), "sequences or samples in the step");
    v.entity("software", "software", q.software, "the software stack: what each of twelve factors leaves",
             "tuned-device");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

/// Shares of the time; with mfu they sum to 1.
template <class T>
struct OverheadBreakdown {
  T occupancy_loss{}, memory_stall{};

  template <class O, class V>
  static void fields(O& o, V& v) {
    v("occupancy_loss", o.occupancy_loss, one, any,
      "share of the time lost while arithmetic binds: kernels below the peak, idle moments, masked work");
    v("memory_stall", o.memory_stall, one, any, "share of the time in which arithmetic waits for memory");
  }
};

template <class T>
struct EfficiencyResult {
  T mfu{};
  WorkRate<T> achievable_flops, peak_flops;
  Answer<T, WorkloadType> workload_type;
  Flag<T> use_flash_attention;
  OverheadBreakdown<T> overhead_breakdown;
  Answer<T, Roof> bottleneck;
  T attention_share{}, ffn_share{}, conv_share{}, other_share{};
  T attention_time_share{}, ffn_time_share{}, conv_time_share{}, other_time_share{};
  Intensity<T> arithmetic_intensity, ridge_point;
  T factor_product{}, unexplained{};
  Answer<T, SoftwareFactor> costliest_factor;
  T costliest_factor_loss{};

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("mfu", r.mfu, one, any, "share of the peak that the work of the part reaches");
    v("achievable_flops", r.achievable_flops, Tflop / s, any, "that share of the peak");
    v("peak_flops", r.peak_flops, Tflop / s, any, "dense peak in this format");
    v("workload_type", r.workload_type, "the part that was asked about");
    v("use_flash_attention", r.use_flash_attention, "attention is one fused kernel");
    v.entity("overhead_breakdown", "", r.overhead_breakdown, "where the rest of the time goes");
    v("bottleneck", r.bottleneck, "the roof that binds the part");
    v("attention_share", r.attention_share, one, any, "share of the step's work in attention scores and their use");
    v("ffn_share", r.ffn_share, one, any, "share of the work in products with the weights of the blocks");
    v("conv_share", r.conv_share, one, any, "share of the work in a convolutional network");
    v("other_share", r.other_share, one, any, "share of the work in the rest: the output head");
    v("attention_time_share", r.attention_time_share, one, any, "share of the step's time in attention");
    v("ffn_time_share", r.ffn_time_share, one, any, "share of the time in products with the weights of the blocks");
    v("conv_time_share", r.conv_time_share, one, any, "share of the time in a convolutional network");
    v("other_time_share", r.other_time_share, one, any, "share of the time in the rest");
    v("arithmetic_intensity", r.arithmetic_intensity, flop / byte, any,
      "executed operations of the part for each byte");
    v("ridge_point", r.ridge_point, flop / byte, any, "intensity at which the part turns compute-bound");
    v("factor_product", r.factor_product, one, any,
      "product of the factors that bear on large matrix products: eta from the stack alone");
    v("unexplained", r.unexplained, one, any,
      "stated efficiency over that product: below 1 something else is lost, above 1 a factor is better than thought");
    v("costliest_factor", r.costliest_factor, "the factor that takes most of what binds the part");
    v("costliest_factor_loss", r.costliest_factor_loss, one, any, "share that it takes");
  }
};

namespace network_parts {

/// Whether a network has the part: that follows from its kind.
template <class T>
bool has(const Model<T>& m, WorkloadType part) {
  const bool language = m.forward_unit == ForwardUnit::token;
  switch (part) {
    case WorkloadType::attention:
      return language && has_cache(m.architecture);
    case WorkloadType::ffn:
      return language;
    case WorkloadType::conv:
      return !language && m.architecture == Architecture::cnn;
    case WorkloadType::other:
      return language || m.architecture != Architecture::cnn;
    case WorkloadType::step:
      break;
  }
  return true;
}

/// What a part needs, executes and moves, and how long that takes.
template <class T>
struct Part {
  Work<T> work{T(0.0)}, executed{T(0.0)};
  Data<T> traffic{T(0.0)};
  Time<T> compute{T(0.0)}, total{T(0.0)};
};
template <class T>
Part<T> operator+(const Part<T>& a, const Part<T>& b) {
  return {a.work + b.work, a.executed + b.executed, a.traffic + b.traffic, a.compute + b.compute, a.total + b.total};
}

template <class T>
struct Parts {
  Part<T> attention, ffn, conv, other;
};

/// Work and traffic of each part, from the shape of the network.
template <class T>
Parts<T> parts(const EfficiencyQuery<T>& q) {
  const auto& m = q.model;
  Parts<T> p;
  Stored<T> s = stored(m, q.precision, Precision::fp16);
  if (m.forward_unit == ForwardUnit::sample) {
    const T passes = m.architecture == Architecture::diffusion ? first_stated(m.denoising_steps, T(1.0)) : T(1.0);
    Part<T>& all = m.architecture == Architecture::cnn ? p.conv : p.other;
    all.work = all.executed = passes * q.batch_size * m.inference_flops;
    all.traffic = passes * (s.weights + named(T(2.0), "written and read") * q.batch_size *
                                            first_stated(m.activations, T(0.0)) * s.element);
    return p;
  }
  const bool decodes = q.phase == Phase::decode;
  const Tokens<T> tokens = named(Tokens<T>{decodes ? q.batch_size : q.batch_size * q.seq_len.base}, "tokens");
  const T layers = first_stated(m.layers, T(1.0));
  // A table of embeddings that is not the output head's is looked up, not multiplied; it is counted with the blocks.
  const T head = named(m.hidden_dim * first_stated(m.vocab_size, T(0.0)), "head_parameters");
  const T active = first_stated(m.active_parameters, m.parameters);
  p.ffn.work = p.ffn.executed = forward_work(active - head, tokens);
  p.ffn.traffic = weights_met(m, s.weights, s.element, tokens) - head * s.element;
  p.other.work = p.other.executed = forward_work(head, tokens);
  p.other.traffic = head * s.element + residual_traffic(layers, m.hidden_dim, s.activation_element, tokens);
  if (!has_cache(m.architecture)) {
    p.ffn.traffic = p.ffn.traffic + q.batch_size * sequence_cache(m, s, q.seq_len, T(1.0));
    return p;
  }
  p.attention.work =
      decodes ? decode_attention(m, q.seq_len, tokens) : prefill_attention(m, Tokens<T>{T(0.0)}, q.seq_len, tokens);
  p.attention.traffic = q.batch_size * sequence_cache(m, s, q.seq_len, T(1.0)) +
                        query_traffic(layers, m.heads * m.head_dim, tokens, s.activation_element);
  p.attention.executed = p.attention.work;
  if (q.use_flash_attention) return p;
  // Unfused, the whole square is computed and then masked.
  const Tokens<T> window = min(q.seq_len, first_stated(m.window, q.seq_len));
  if (!decodes) p.attention.executed = attention(m, q.seq_len, q.seq_len, tokens);
  p.attention.traffic =
      p.attention.traffic +
      score_traffic(first_stated(m.attention_layers, layers), m.heads, tokens, q.seq_len, s.activation_element) +
      score_traffic(first_stated(m.window_layers, T(0.0)), m.heads, tokens, decodes ? window : q.seq_len,
                    s.activation_element);
  return p;
}

template <class T>
struct Rates {
  WorkRate<T> compute, fused_attention;
  Bandwidth<T> memory;
};

template <class T>
void spend(Part<T>& p, WorkRate<T> rate, Bandwidth<T> bandwidth) {
  p.compute = p.executed / rate;
  p.total = roofline_time(p.executed, p.traffic, rate, bandwidth);
}

/// The factor that leaves least, of those that bear on the roof that binds.
template <class T, class Condition>
void costliest(const EfficiencyQuery<T>& q, bool fused, bool narrow, Condition memory_bound, EfficiencyResult<T>& r) {
  const auto& s = q.software;
  const T all = 1.0;
  const auto arithmetic = [&](T x) { return select(memory_bound, all, x); };
  const T left[software_factors] = {s.kernel_launch,
                                    arithmetic(s.sm_occupancy),
                                    select(memory_bound, s.memory_coalescing, all),
                                    arithmetic(s.instruction_parallelism),
                                    s.pipeline_bubbles,
                                    s.communication_overlap,
                                    s.framework,
                                    fused ? arithmetic(s.attention_implementation) : all,
                                    narrow ? arithmetic(s.quantization_runtime) : all,
                                    s.data_loader,
                                    s.garbage_collection,
                                    s.os_and_driver};
  T least = left[0], index = 0.0;
  for (int i = 1; i < software_factors; ++i) {
    index = select(left[i] < least, T(static_cast<double>(i)), index);
    least = min(least, left[i]);
  }
  r.costliest_factor = {index};
  r.costliest_factor_loss = all - least;
}

template <class T>
EfficiencyResult<T> answer(const EfficiencyQuery<T>& q) {
  const auto& h = q.hardware;
  const auto& f = q.software;
  const T none = 0.0, yes = 1.0;
  EfficiencyResult<T> r;
  r.peak_flops = h.compute.peak(q.precision);

  const bool narrow = stored_bits(q.precision) < 16;
  const T running = named(f.kernel_launch * f.pipeline_bubbles * f.communication_overlap * f.framework * f.data_loader *
                              f.garbage_collection * f.os_and_driver,
                          "share of the time in kernels");
  const T kernels = named(f.sm_occupancy * f.instruction_parallelism * (narrow ? f.quantization_runtime : yes),
                          "share of the peak in kernels");
  r.factor_product = running * kernels;
  const T eta = named(first_stated(q.efficiency, r.factor_product), "eta");
  r.unexplained = eta / r.factor_product;
  const WorkRate<T> rate = named(r.peak_flops * eta, "attainable arithmetic");
  const WorkRate<T> fused = q.use_flash_attention ? rate * f.attention_implementation : rate;
  const Bandwidth<T> bandwidth = named(h.memory.bandwidth * f.memory_coalescing * running, "attainable bandwidth");

  Parts<T> p = parts(q);
  spend(p.attention, fused, bandwidth);
  spend(p.ffn, rate, bandwidth);
  spend(p.conv, rate, bandwidth);
  spend(p.other, rate, bandwidth);
  const Part<T> step = p.attention + p.ffn + p.conv + p.other;
  // The original answers for parts that a network does not have: what it does not compute is then of the whole step.
  const WorkloadType type = has(q.model, q.workload_type) ? q.workload_type : WorkloadType::step;
  const Part<T>& asked = type == WorkloadType::attention ? p.attention
                         : type == WorkloadType::ffn     ? p.ffn
                         : type == WorkloadType::conv    ? p.conv
                         : type == WorkloadType::other   ? p.other
                                                         : step;
  r.mfu = mlsysim::efficiency(asked.work / asked.total, r.peak_flops);
  r.achievable_flops = r.mfu * r.peak_flops;
  const T busy = named(asked.compute / asked.total, "share of the time that arithmetic needs");
  r.overhead_breakdown.occupancy_loss = busy - r.mfu;
  r.overhead_breakdown.memory_stall = yes - busy;
  const auto stalls = asked.compute < asked.total * T(0.5);
  const auto memory_bound = type == WorkloadType::step ? stalls : asked.compute < asked.total;
  r.bottleneck = {select(memory_bound, yes, none)};

  r.attention_share = p.attention.work / step.work;
  r.ffn_share = p.ffn.work / step.work;
  r.conv_share = p.conv.work / step.work;
  r.other_share = p.other.work / step.work;
  r.attention_time_share = p.attention.total / step.total;
  r.ffn_time_share = p.ffn.total / step.total;
  r.conv_time_share = p.conv.total / step.total;
  r.other_time_share = p.other.total / step.total;
  r.arithmetic_intensity = arithmetic_intensity(asked.executed, asked.traffic);
  const bool is_fused = q.use_flash_attention && type == WorkloadType::attention;
  r.ridge_point = ridge_point(is_fused ? fused : rate, bandwidth);
  costliest(q, is_fused, narrow, memory_bound, r);
  return r;
}

/// As the original; what it does not compute is that of first principles.
template <class T>
void original_share(const EfficiencyQuery<T>& q, EfficiencyResult<T>& r) {
  const T none = 0.0, yes = 1.0;
  const T given = first_stated(q.efficiency, named(T(0.5), "efficiency (none stated)"));
  const bool fused = q.use_flash_attention;
  T factor = 0.30, cap = 1.0;
  if (q.workload_type == WorkloadType::attention && fused) factor = 0.75, cap = 0.85;
  if (q.workload_type == WorkloadType::ffn) factor = 0.50, cap = 0.60;
  if (q.workload_type == WorkloadType::conv) factor = 0.40, cap = 0.55;
  r.mfu = original::kernel_share(given, named(factor, "factor of the kind"), named(cap, "cap of the kind"));
  r.achievable_flops = r.mfu * r.peak_flops;
  r.overhead_breakdown.occupancy_loss = original::occupancy_loss(given);
  r.overhead_breakdown.memory_stall = max(none, yes - r.mfu - r.overhead_breakdown.occupancy_loss);
}

}  // namespace network_parts

template <class T>
EfficiencyResult<T> evaluate(const EfficiencyQuery<T>& q) {
  EfficiencyResult<T> r = network_parts::answer(q);
  if (q.assumptions.software == Basis::original) network_parts::original_share(q, r);
  r.workload_type = {T(static_cast<double>(q.workload_type))};
  r.use_flash_attention = {T(q.use_flash_attention ? 1.0 : 0.0)};
  return r;
}

struct EfficiencyWall : Declares<EfficiencyQuery, EfficiencyResult, 3> {
  static constexpr auto name = "efficiency", python = "EfficiencyModel",
                        doc =
                            "What share of the peak attention, FFN, convolutions and the whole step reach, and what "
                            "takes the rest: memory, and twelve factors of software.";

  static void refuse(const Query& q, Problems& problems) {
    if (q.assumptions.software == Basis::original) return;
    const auto& m = q.model;
    if (network_parts::has(m, q.workload_type)) return;
    const bool language = m.forward_unit == ForwardUnit::token;
    const bool conv = network_parts::has(m, WorkloadType::conv);
    const WorkloadType instead = language ? WorkloadType::ffn : conv ? WorkloadType::conv : WorkloadType::other;
    const std::string word = Words<WorkloadType>::all[static_cast<int>(q.workload_type)];
    problems.push_back(
        {.kind = Problem::Kind::input,
         .argument = "workload_type",
         .message = "workload_type: the model's shape has no part called " + word,
         .nearest = std::string("workload_type ") + Words<WorkloadType>::all[static_cast<int>(instead)]});
  }
};

}  // namespace mlsysim
