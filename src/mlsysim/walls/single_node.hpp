#pragma once
// Walls 1 and 2: one step of one model on one device, bound by arithmetic or by memory.
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/catalog/model.hpp"
#include "mlsysim/laws/original.hpp"
#include "mlsysim/laws/power.hpp"
#include "mlsysim/laws/roofline.hpp"
#include "mlsysim/laws/training.hpp"
#include "mlsysim/laws/transformer.hpp"
#include "mlsysim/walls/wall.hpp"
#include "mlsysim/workload/transformer.hpp"

namespace mlsysim {

enum class Bottleneck { compute, memory };
template <>
struct Words<Bottleneck> {
  static constexpr const char* all[] = {"Compute", "Memory"};
};
enum class ZeroStage { none, optimizer, gradients, weights };
template <>
struct Words<ZeroStage> {
  static constexpr const char* all[] = {"0", "1", "2", "3"};
};

template <class T>
struct SingleNodeQuery {
  Model<T> model;
  Accelerator<T> hardware;
  T batch_size = 1.0;
  Precision precision = Precision::fp16;
  T efficiency = 0.5;
  bool is_training = false;
  Tokens<T> seq_len{std::numeric_limits<double>::quiet_NaN()};
  ZeroStage zero_stage = ZeroStage::none;
  T dp_size = 1.0;
  bool is_lora = false;
  bool activation_recomputation = false;
  T lora_rank = 16.0;
  Precision kv_precision = Precision::fp16;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the network");
    v.entity("hardware", "accelerator", q.hardware, "the device");
    settings(q, v);
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
  /// What is asked of the model, whatever the device: walls that invert a step take the same.
  template <class Q, class V>
  static void settings(Q& q, V& v) {
    v("batch_size", q.batch_size, one, count_from(1), "sequences or samples in the step");
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v("is_training", q.is_training, "forward, backward and optimizer, instead of forward");
    v("seq_len", q.seq_len, token, count_from(1),
      "tokens of each sequence: cached ones in inference (not stated: an empty cache), trained ones in training (not "
      "stated: 2048)",
      Spelling{"context"});
    v("zero_stage", q.zero_stage, "ZeRO: 1 shards optimizer state, 2 gradients too, 3 weights too");
    v("dp_size", q.dp_size, one, count_from(1), "data-parallel devices that share the training state", Spelling{"dp"});
    v("is_lora", q.is_lora, "train low-rank adapters on frozen weights");
    v("activation_recomputation", q.activation_recomputation, "recompute activations in the backward pass");
    v("lora_rank", q.lora_rank, one, count_from(1), "rank of the adapters");
    v("kv_precision", q.kv_precision,
      "number format of the cache (never narrower than asked; at least that of fp32 weights)",
      Spelling{"kv_cache_dtype"});
  }
};

template <class T>
struct SingleNodeResult {
  Flag<T> feasible;
  Answer<T, Bottleneck> bottleneck;
  Flag<T> overhead_dominated;
  Time<T> latency, latency_compute, latency_memory, latency_overhead;
  Frequency<T> throughput;
  TokenRate<T> token_throughput;
  T margin{};
  Data<T> memory_footprint, memory_available, memory_weights, memory_kv_cache, memory_activations, memory_gradients,
      memory_optimizer;
  Work<T> work, work_executed;
  Data<T> traffic, traffic_weights, traffic_other;
  Intensity<T> arithmetic_intensity, ridge_point;
  WorkRate<T> peak_flops_actual;
  Bandwidth<T> peak_bw_actual;
  T mfu{}, hfu{};
  Power<T> power;
  Energy<T> energy;
  Data<T> offload_spill_bytes;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "everything fits the device's memory");
    v("bottleneck", r.bottleneck, "the roof that binds");
    v("overhead_dominated", r.overhead_dominated, "fixed time exceeds both roofs");
    v("latency", r.latency, ms, any, "one step");
    v("latency_compute", r.latency_compute, ms, any, "arithmetic alone");
    v("latency_memory", r.latency_memory, ms, any, "memory traffic alone");
    v("latency_overhead", r.latency_overhead, ms, any, "fixed time: dispatch and kernel launches");
    v("throughput", r.throughput, per_s, any, "sequences or samples a second");
    v("token_throughput", r.token_throughput, token / s, any, "tokens a second");
    v("margin", r.margin, one, any, "how many times the binding roof's time exceeds the other's");
    v("memory_footprint", r.memory_footprint, GB, any, "bytes that must reside");
    v("memory_available", r.memory_available, GB, any, "bytes that the device has for them");
    v("memory_weights", r.memory_weights, GB, any, "weights");
    v("memory_kv_cache", r.memory_kv_cache, GB, any, "keys, values and recurrent state");
    v("memory_activations", r.memory_activations, GB, any, "activations and logits");
    v("memory_gradients", r.memory_gradients, GB, any, "gradients");
    v("memory_optimizer", r.memory_optimizer, GB, any, "optimizer state and master weights");
    v("work", r.work, Gflop, any, "operations the model needs");
    v("work_executed", r.work_executed, Gflop, any, "operations executed, recomputation included");
    v("traffic", r.traffic, GB, any, "bytes moved");
    v("traffic_weights", r.traffic_weights, GB, any, "weights read");
    v("traffic_other", r.traffic_other, GB, any, "cache, activations, gradients and optimizer state moved");
    v("arithmetic_intensity", r.arithmetic_intensity, flop / byte, any, "operations for each byte");
    v("ridge_point", r.ridge_point, flop / byte, any, "intensity at which this device turns compute-bound");
    v("peak_flops_actual", r.peak_flops_actual, Tflop / s, any, "attainable arithmetic");
    v("peak_bw_actual", r.peak_bw_actual, GB / s, any, "bandwidth that weights are read at");
    v("mfu", r.mfu, one, any, "share of the peak that the model's own operations reach");
    v("hfu", r.hfu, one, any, "share of the peak that all executed operations reach");
    v("power", r.power, W, any, "mean power of the device");
    v("energy", r.energy, J, any, "one step");
    v("offload_spill_bytes", r.offload_spill_bytes, GB, any, "bytes that do not fit");
  }
};

/// Which state the optimizer keeps for each trained parameter.
enum class Optimizer { adam, sgd };
template <>
struct Words<Optimizer> {
  static constexpr const char* all[] = {"adam", "sgd"};
};

namespace single_node {

/// Steps that work, memory and traffic share.
template <class T>
struct Shape {
  Optimizer optimizer = Optimizer::adam;
  Tokens<T> tokens;   // processed in the step
  Tokens<T> context;  // kept for each sequence
  T batch, layers, passes, forward_passes;
  Data<T> element, cache_element, activation_element;
  Data<T> weights;  // all of them
};

template <class T>
Shape<T> shape(const SingleNodeQuery<T>& q) {
  const auto& m = q.model;
  const bool per_token = m.forward_unit == ForwardUnit::token;
  const bool counts_tokens = per_token && q.is_training && q.assumptions.work == Basis::first_principles;
  Shape<T> s;
  s.batch = q.batch_size;
  s.layers = first_stated(m.layers, named(T(1.0), "one layer (none stated)"));
  s.element = element_size<T>(q.precision);
  const Data<T> sixteen_bit = element_size<T>(Precision::fp16);
  s.cache_element = element_size<T>(cache_format(q.precision, q.kv_precision));
  // A quantised network of samples keeps quantised activations; a language model computes with 16-bit ones.
  s.activation_element = per_token && stored_bits(q.precision) < 16 ? sixteen_bit : s.element;
  const Tokens<T> trained = named(Tokens<T>{T(2048.0)}, "training length (none stated)");
  const Tokens<T> empty = named(Tokens<T>{T(1.0)}, "context (none stated)");
  s.context = first_stated(q.seq_len, q.is_training ? trained : empty);
  s.tokens = named(Tokens<T>{s.batch * (counts_tokens ? s.context.base : T(1.0))}, "tokens");
  s.passes = q.is_training
                 ? training_passes<T>(!q.is_lora || q.assumptions.work == Basis::original, q.activation_recomputation)
                 : T(1.0);
  s.forward_passes = m.architecture == Architecture::diffusion ? first_stated(m.denoising_steps, T(1.0)) : T(1.0);
  s.weights = first_stated(m.parameters * s.element, m.model_size);
  return s;
}

/// Operations of one forward pass of the whole batch.
template <class T>
Work<T> forward(const SingleNodeQuery<T>& q, const Shape<T>& s) {
  const auto& m = q.model;
  if (m.forward_unit == ForwardUnit::sample) return m.inference_flops * s.batch * s.forward_passes;
  const Work<T> dense = forward_work(first_stated(m.active_parameters, m.parameters), s.tokens);
  if (q.assumptions.work == Basis::original) return dense;
  // A causal sequence in training sees half of its own length on average; a decoded token sees all that is cached.
  return dense + (q.is_training ? prefill_attention(m, Tokens<T>{T(0.0)}, s.context, s.tokens)
                                : decode_attention(m, s.context, s.tokens));
}

/// Keys, values and recurrent state of the whole batch.
template <class T>
Data<T> cache(const SingleNodeQuery<T>& q, const Shape<T>& s) {
  const auto& m = q.model;
  Data<T> bytes{T(0.0)};
  if (m.forward_unit == ForwardUnit::sample || q.is_training) return bytes;
  if (has_cache(m.architecture))
    bytes =
        s.batch * kv_cache_bytes(m.kv_elements, s.cache_element, first_stated(m.attention_layers, m.layers),
                                 first_stated(m.window_layers, T(0.0)), s.context, first_stated(m.window, s.context));
  if (has_state(m.architecture)) bytes = bytes + s.batch * m.state_elements * s.activation_element;
  return bytes;
}

/// Bytes that the optimizer keeps for a trained parameter: Adam's two moments in fp32, and an fp32 copy of narrower weights.
template <class T>
Data<T> optimizer_bytes(Optimizer optimizer, bool master_weights) {
  const Data<T> none{T(0.0)};
  const Data<T> moments = optimizer == Optimizer::adam ? named(Data<T>{T(8.0)}, "bytes of Adam's moments") : none;
  return moments + (master_weights ? named(Data<T>{T(4.0)}, "bytes of a master weight") : none);
}

template <class T>
void footprint(const SingleNodeQuery<T>& q, const Shape<T>& s, SingleNodeResult<T>& r) {
  const auto& m = q.model;
  const auto& a = q.assumptions;
  const bool original = a.footprint == Basis::original;
  const bool per_token = m.forward_unit == ForwardUnit::token;
  const bool transformer = has_cache(m.architecture);
  const int stage = static_cast<int>(q.zero_stage);
  const Data<T> none{T(0.0)};
  r.memory_weights = s.weights;
  r.memory_kv_cache = original ? none : cache(q, s);
  r.memory_gradients = r.memory_optimizer = r.memory_activations = none;
  if (!q.is_training) {
    if (original) return;
    r.memory_activations = per_token ? s.tokens.base *
                                           (m.hidden_dim * a.kept_activations + first_stated(m.vocab_size, T(0.0))) *
                                           s.activation_element
                                     : s.batch * first_stated(m.peak_activations, T(0.0)) * s.activation_element;
    return;
  }
  if (original && !transformer) {  // 3 x weights, 1.1 x with adapters
    r.memory_optimizer = s.weights * named(q.is_lora ? T(0.1) : T(2.0), "original's training state");
    return;
  }
  // The original takes fp8 and tf32 for 2 bytes in training, and always keeps master weights.
  const bool narrow = stored_bits(q.precision) <= 16;
  const Data<T> trained_element =
      q.precision == Precision::fp8 || q.precision == Precision::tf32 ? element_size<T>(Precision::fp16) : s.element;
  const Data<T> weight_element = original ? trained_element : s.element;
  const Data<T> gradient_element = original ? trained_element : s.activation_element;
  const Data<T> optimizer_element = optimizer_bytes<T>(s.optimizer, narrow || original);
  const T adapters = adapter_parameters(q.lora_rank, m.hidden_dim, s.layers);
  const T trained = q.is_lora ? adapters : m.parameters;
  const T held = q.is_lora && !original ? m.parameters + adapters : m.parameters;
  r.memory_weights = held * weight_element * zero_share(stage, 3, q.dp_size);
  r.memory_gradients = trained * gradient_element * zero_share(stage, 2, q.dp_size);
  r.memory_optimizer = trained * optimizer_element * zero_share(stage, 1, q.dp_size);
  if (original) {
    const Tokens<T> tokens = s.context * s.batch;
    r.memory_activations = kept_activations(tokens, m.hidden_dim, s.layers, trained_element,
                                            q.activation_recomputation ? a.kept_recomputed : a.kept_activations);
  } else if (!per_token && !transformer) {
    r.memory_activations = s.batch * first_stated(m.activations, T(0.0)) * s.activation_element;
  } else {
    const Tokens<T> tokens = s.context * s.batch;
    r.memory_activations =
        q.activation_recomputation
            ? recomputed_activations(tokens, m.hidden_dim, s.layers, s.activation_element, a.kept_activations,
                                     a.kept_recomputed)
            : kept_activations(tokens, m.hidden_dim, s.layers, s.activation_element, a.kept_activations);
  }
}

template <class T>
void traffic(const SingleNodeQuery<T>& q, const Shape<T>& s, SingleNodeResult<T>& r) {
  const auto& m = q.model;
  const auto& a = q.assumptions;
  const Data<T> none{T(0.0)};
  if (a.traffic == Basis::original) {
    r.traffic_weights = original::traffic(s.weights, a.weight_rereads, s.batch);
    r.traffic_other = none;
  } else if (q.is_training) {
    // Each pass reads the weights; gradients are written once; the optimizer reads and writes its state; what is kept for the
    // backward pass is written and read.
    const T two = named(T(2.0), "written and read");
    r.traffic_weights = s.passes * s.weights;
    r.traffic_other = r.memory_gradients + two * r.memory_optimizer + two * r.memory_activations;
  } else {
    r.traffic_weights = weights_met(m, s.weights, s.element, s.tokens) * s.forward_passes;
    const Data<T> moved = m.forward_unit == ForwardUnit::token
                              ? residual_traffic(s.layers, m.hidden_dim, s.activation_element, s.tokens)
                              : named(T(2.0), "written and read") * first_stated(m.activations, T(0.0)) * s.batch *
                                    s.activation_element * s.forward_passes;
    r.traffic_other = r.memory_kv_cache + moved;
  }
  r.traffic = r.traffic_weights + r.traffic_other;
}

template <class T>
void work(const SingleNodeQuery<T>& q, const Shape<T>& s, SingleNodeResult<T>& r) {
  const Work<T> once = forward(q, s);
  r.work_executed = s.passes * once;
  const bool recomputed = q.is_training && q.activation_recomputation;
  r.work = q.assumptions.utilisation == Basis::original || !recomputed ? r.work_executed : (s.passes - T(1.0)) * once;
}

/// Time that no roof shortens: dispatch on the device, and the launches of every layer.
template <class T>
Time<T> fixed_time(const SingleNodeQuery<T>& q, const Shape<T>& s, Time<T> dispatch) {
  const auto& a = q.assumptions;
  return dispatch + s.layers * a.layer_overhead * (q.is_training ? a.training_overhead : T(1.0));
}

/// What the device makes of the work, the footprint and the traffic: whether they fit, how long they take, what they draw.
template <class T>
void roof(const SingleNodeQuery<T>& q, const Shape<T>& s, SingleNodeResult<T>& r) {
  const auto& h = q.hardware;
  const auto& a = q.assumptions;
  const T yes = 1.0, no = 0.0;
  // Weights live in on-chip memory if they fit there with what the step works on, else in flash where there is one.
  const Data<T> nothing{T(0.0)};
  const Data<T> working = r.memory_kv_cache + r.memory_activations + r.memory_gradients + r.memory_optimizer;
  r.memory_footprint = r.memory_weights + working;
  const Data<T> sram = first_stated(h.memory.sram_capacity, nothing);
  const Data<T> flash = first_stated(h.memory.flash_capacity, nothing);
  const Bandwidth<T> main = h.memory.bandwidth;
  const Bandwidth<T> sram_bandwidth = first_stated(h.memory.sram_bandwidth, main);
  const Bandwidth<T> flash_bandwidth = first_stated(h.memory.flash_bandwidth, main);
  Bandwidth<T> weight_bandwidth, working_bandwidth;
  if (a.overflow == Basis::original) {
    r.memory_available = h.memory.capacity * a.usable_memory;
    const Bandwidth<T> link =
        min(main, first_stated(h.host_link, named(Bandwidth<T>{T(64e9)}, "host link (none stated)")));
    const Bandwidth<T> resident = select(s.weights <= sram, sram_bandwidth, flash_bandwidth);
    weight_bandwidth = working_bandwidth = select(r.memory_footprint <= r.memory_available, resident, link);
  } else {
    const auto from_flash = r.memory_weights <= flash;
    const Data<T> ram = select(from_flash, first_stated(h.memory.sram_capacity, h.memory.capacity), h.memory.capacity);
    r.memory_available = ram * a.usable_memory + select(from_flash, r.memory_weights, nothing);
    weight_bandwidth = select(r.memory_footprint <= sram, sram_bandwidth, select(from_flash, flash_bandwidth, main));
    working_bandwidth = select(working <= sram, sram_bandwidth, main);
  }
  r.feasible = {select(r.memory_footprint <= r.memory_available, yes, no)};
  r.offload_spill_bytes = max(nothing, r.memory_footprint - r.memory_available);

  const WorkRate<T> peak = h.compute.peak(q.precision);
  r.peak_flops_actual = peak * q.efficiency;
  r.peak_bw_actual = weight_bandwidth;
  r.latency_compute = r.work_executed / r.peak_flops_actual;
  r.latency_memory = a.traffic == Basis::original
                         ? r.traffic / weight_bandwidth
                         : r.traffic_weights / weight_bandwidth + r.traffic_other / working_bandwidth;
  r.latency_overhead = fixed_time(q, s, h.dispatch_tax);
  const Time<T> bound = cite(max(r.latency_compute, r.latency_memory), "williams2009roofline, eq. 1");
  r.latency = bound + r.latency_overhead;
  r.bottleneck = {select(r.latency_compute < r.latency_memory, yes, no)};
  r.overhead_dominated = {select(bound < r.latency_overhead, yes, no)};
  r.margin = bound / min(r.latency_compute, r.latency_memory);
  r.throughput = {s.batch / r.latency.base};
  r.token_throughput = s.tokens / r.latency;
  r.arithmetic_intensity = arithmetic_intensity(r.work_executed, r.traffic);
  r.ridge_point = ridge_point(r.peak_flops_actual, weight_bandwidth);
  r.mfu = min(T(1.0), r.work / (peak * r.latency));
  r.hfu = a.utilisation == Basis::original ? original::hardware_utilisation(r.mfu)
                                           : min(T(1.0), r.work_executed / (peak * r.latency));
  // Arithmetic units are busy while they run at the attainable rate; the original takes the rate itself.
  const T busy = a.utilisation == Basis::original ? r.mfu : r.latency_compute / r.latency;
  r.power = device_power(h.tdp, a.idle_power, a.compute_power, busy, a.memory_power, r.latency_memory / r.latency);
  r.energy = r.power * r.latency;
}

}  // namespace single_node

template <class T>
SingleNodeResult<T> evaluate(const SingleNodeQuery<T>& q) {
  const auto s = single_node::shape(q);
  SingleNodeResult<T> r;
  single_node::work(q, s, r);
  single_node::footprint(q, s, r);
  single_node::traffic(q, s, r);
  single_node::roof(q, s, r);
  return r;
}

struct SingleNodeWall : Declares<SingleNodeQuery, SingleNodeResult, 1, 2> {
  static constexpr auto name = "single-node", python = "SingleNodeModel",
                        doc = "One step of a model on one device: bound by arithmetic or by memory (the roofline).";
};

using EngineQuery = SingleNodeQuery<double>;

}  // namespace mlsysim
