#pragma once
// Wall 13: fewer bits, fewer weights or a smaller student: what it saves, what it speeds up and what accuracy it costs.
#include "mlsysim/laws/original_operations.hpp"
#include "mlsysim/laws/quantisation.hpp"
#include "mlsysim/walls/single_node.hpp"

namespace mlsysim {

enum class CompressionMethod { quantization, pruning, distillation };
template <>
struct Words<CompressionMethod> {
  static constexpr const char* all[] = {"quantization", "pruning", "distillation"};
};
enum class SparsityType { unstructured, structured, n_m };
template <>
struct Words<SparsityType> {
  static constexpr const char* all[] = {"unstructured", "structured", "n_m"};
};
enum class CompressionBaseline { fp16, fp32 };
template <>
struct Words<CompressionBaseline> {
  static constexpr const char* all[] = {"fp16", "fp32"};
};
template <>
struct Words<AccuracyBasis> {
  static constexpr const char* all[] = {"exact: nothing is lost", "published results", "between published results",
                                        "no source: an estimate"};
};

template <class T>
struct CompressionQuery {
  Model<T> model;
  Accelerator<T> hardware;
  CompressionMethod method = CompressionMethod::quantization;
  T target_bitwidth = 8.0, sparsity = 0.0;
  SparsityType sparsity_type = SparsityType::unstructured;
  CompressionBaseline baseline = CompressionBaseline::fp16;
  T batch_size = 1.0;
  Tokens<T> seq_len{1.0};
  T efficiency = 0.5;
  bool quantized_activations = false, sparse_kernels = false;
  T group_size = std::numeric_limits<double>::quiet_NaN();
  Model<T> student_model;
  T student_size = std::numeric_limits<double>::quiet_NaN();
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the network before");
    v.entity("hardware", "accelerator", q.hardware, "the device that it is served on");
    v("method", q.method, "fewer bits a weight, fewer weights, or a smaller network");
    v("target_bitwidth", q.target_bitwidth, one, between(1, 64), "bits of a weight after quantization");
    v("sparsity", q.sparsity, one, between(0, 1), "share of the weights that pruning takes out (two of four: 0.5)");
    v("sparsity_type", q.sparsity_type,
      "any weight, whole rows and columns, or two of every four (which the device must support)");
    v("baseline", q.baseline, "number format before: what size and speed are compared with");
    v("batch_size", q.batch_size, one, count_from(1), "sequences or samples in the step that is timed");
    v("seq_len", q.seq_len, token, count_from(1), "tokens of context in that step", Spelling{"context"});
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v("quantized_activations", q.quantized_activations,
      "compute in the narrow format too (int8, int4), instead of widening the weights");
    v("sparse_kernels", q.sparse_kernels,
      "kernels that read unstructured weights packed; none are faster in arithmetic");
    v("group_size", q.group_size, one, count_from(1),
      "weights that share a 16-bit scale (not stated: a channel, whose scale weighs nothing)");
    v.entity("student_model", "model", q.student_model, "the smaller network of a distillation", optional);
    v("student_size", q.student_size, one, between(1e-6, 1),
      "its parameters over the model's, where no student_model is named");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct CompressionResult {
  Data<T> original_size_gb, compressed_size_gb;
  T compression_ratio{}, memory_savings_pct{}, inference_speedup{};
  Time<T> baseline_latency, compressed_latency;
  Answer<T, Bottleneck> baseline_bottleneck, compressed_bottleneck;
  T estimated_accuracy_delta{}, estimated_accuracy_delta_low{}, estimated_accuracy_delta_high{};
  Answer<T, AccuracyBasis> accuracy_basis;
  Flag<T> fits_before, fits_after;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("original_size_gb", r.original_size_gb, GB, any, "weights in the baseline's format");
    v("compressed_size_gb", r.compressed_size_gb, GB, any, "weights after, indices and scales included");
    v("compression_ratio", r.compression_ratio, one, any, "before over after");
    v("memory_savings_pct", r.memory_savings_pct, one, any, "percent of the weights' bytes that are saved");
    v("inference_speedup", r.inference_speedup, one, any,
      "time of a step before over after, on this device at this batch");
    v("baseline_latency", r.baseline_latency, ms, any, "one step before");
    v("compressed_latency", r.compressed_latency, ms, any, "one step after");
    v("baseline_bottleneck", r.baseline_bottleneck, "the roof that binds before");
    v("compressed_bottleneck", r.compressed_bottleneck, "the roof that binds after");
    v("estimated_accuracy_delta", r.estimated_accuracy_delta, one, any,
      "change of accuracy in points of 1: -0.01 is one percentage point");
    v("estimated_accuracy_delta_low", r.estimated_accuracy_delta_low, one, any, "the worst of what it rests on");
    v("estimated_accuracy_delta_high", r.estimated_accuracy_delta_high, one, any, "the best of it");
    v("accuracy_basis", r.accuracy_basis, "what the change of accuracy rests on");
    v("fits_before", r.fits_before, "the step fits the device's memory before");
    v("fits_after", r.fits_after, "the step fits after");
  }
};

namespace compression {

/// Which table a question looks into, and where; what of it has a source.
template <class T, class F>
void accuracy(CompressionResult<T>& r, const char* name, T at, F row, T basis) {
  const auto low = [](double x) { return F{}(x).low; };
  const auto likely = [](double x) { return F{}(x).likely; };
  const auto high = [](double x) { return F{}(x).high; };
  (void)row;
  r.estimated_accuracy_delta = opaque(name, likely, at);
  r.estimated_accuracy_delta_low = opaque(name, low, at);
  r.estimated_accuracy_delta_high = opaque(name, high, at);
  r.accuracy_basis = {basis};
}
template <class T>
T basis(AccuracyBasis b) {
  return T(static_cast<double>(b));
}
/// `at` is exactly `x`.
template <class T>
T at_row(T at, double x, T yes, T no) {
  return select(at <= T(x), select(T(x) <= at, yes, no), no);
}

template <class T>
void accuracy(const CompressionQuery<T>& q, T student, CompressionResult<T>& r) {
  const bool language = q.model.forward_unit == ForwardUnit::token;
  const T exact = basis<T>(AccuracyBasis::exact), published = basis<T>(AccuracyBasis::published),
          bracketed = basis<T>(AccuracyBasis::bracketed), none = basis<T>(AccuracyBasis::no_source);
  if (q.method == CompressionMethod::quantization) {
    const T bits = q.target_bitwidth;
    const T known = at_row(bits, 4, published, at_row(bits, 8, published, bracketed));
    const T rests_on = select(bits < T(4.0), none, select(T(16.0) <= bits, exact, known));
    if (language)
      accuracy(
          r, "language_bits", bits, [](double x) { return between_rows(language_bits, x); }, rests_on);
    else
      accuracy(
          r, "vision_bits", bits, [](double x) { return between_rows(vision_bits, x); }, rests_on);
  } else if (q.method == CompressionMethod::distillation) {
    const T rests_on = at_row(student, 1, exact, at_row(student, 0.6, published, none));
    accuracy(
        r, "distilled", student, [](double x) { return between_rows(distilled, x); }, rests_on);
  } else {
    const T s = q.sparsity;
    const T all = language ? T(0.5) : T(0.95);
    // Rows and columns cost more than single weights, and nobody has published by how much for networks at large.
    const T known = q.sparsity_type == SparsityType::structured
                        ? none
                        : select(s <= all, language ? at_row(s, 0.5, published, bracketed) : bracketed, none);
    const T rests_on = select(s <= T(0.0), exact, known);
    if (q.sparsity_type == SparsityType::structured) {
      if (language)
        accuracy(
            r, "language_rows", s, [](double x) { return between_rows(language_sparsity, std::min(1.0, 2 * x)); },
            rests_on);
      else
        accuracy(
            r, "vision_rows", s, [](double x) { return between_rows(vision_sparsity, std::min(1.0, 1.5 * x)); },
            rests_on);
    } else if (language && q.sparsity_type == SparsityType::n_m) {
      accuracy(
          r, "two_of_four", s,
          [](double x) {
            return x > 0 ? language_two_of_four : AccuracyChange{0, 0, 0};
          },
          rests_on);
    } else if (language) {
      accuracy(
          r, "language_sparsity", s, [](double x) { return between_rows(language_sparsity, x); }, rests_on);
    } else {
      accuracy(
          r, "vision_sparsity", s, [](double x) { return between_rows(vision_sparsity, x); }, rests_on);
    }
  }
}

/// What the original answers, against fp32 whatever is served.
template <class T>
void as_the_original(const CompressionQuery<T>& q, CompressionResult<T>& r) {
  const T yes = 1.0, bits = q.target_bitwidth, s = q.sparsity;
  const auto& h = q.hardware;
  r.original_size_gb = q.model.parameters * element_size<T>(Precision::fp32);
  T speed = yes;
  if (q.method == CompressionMethod::quantization) {
    r.compression_ratio = named(T(32.0), "bits of fp32") / bits;
    r.estimated_accuracy_delta = opaque("original_bits", original::accuracy_of_bits, bits);
    const WorkRate<T> peak = h.compute.peak(Precision::fp16);
    const auto faster = [&](WorkRate<T> own) { return min(first_stated(own, peak) / peak, r.compression_ratio); };
    const T narrow = at_row(bits, 8, faster(h.compute.int8_dense), at_row(bits, 4, faster(h.compute.int4_dense), yes));
    const Work<T> per_token{T(2.0) * first_stated(q.model.active_parameters, q.model.parameters)};
    const Work<T> work = q.model.forward_unit == ForwardUnit::token
                             ? per_token
                             : q.model.inference_flops * first_stated(q.model.denoising_steps, yes);
    speed = select(work / r.original_size_gb <= peak / h.memory.bandwidth, r.compression_ratio, narrow);
  } else if (q.method == CompressionMethod::pruning) {
    r.compression_ratio = select(s < yes, yes / (yes - s), named(T(100.0), "original's ratio of nothing"));
    r.estimated_accuracy_delta = opaque("original_sparsity", original::accuracy_of_sparsity, s);
    const T off = max(s - T(0.5), T(0.5) - s);
    if (q.sparsity_type == SparsityType::structured) speed = r.compression_ratio;
    if (q.sparsity_type == SparsityType::n_m)
      speed = select(off < T(0.05), named(T(2.0), "original's two of four"), yes);
  } else {
    r.compression_ratio = yes;
    r.estimated_accuracy_delta = T(0.0);
  }
  r.estimated_accuracy_delta_low = r.estimated_accuracy_delta_high = r.estimated_accuracy_delta;
  r.accuracy_basis = {basis<T>(AccuracyBasis::no_source)};
  r.inference_speedup = speed;
}

}  // namespace compression

template <class T>
CompressionResult<T> evaluate(const CompressionQuery<T>& q) {
  const bool original = q.assumptions.fidelity == Basis::original;
  const T yes = 1.0, no = 0.0;
  CompressionResult<T> r;

  // One step before, by the roofline of one device.
  SingleNodeQuery<T> step;
  step.model = q.model;
  step.hardware = q.hardware;
  step.batch_size = q.batch_size;
  step.seq_len = q.seq_len;
  step.efficiency = q.efficiency;
  step.precision = q.baseline == CompressionBaseline::fp32 ? Precision::fp32 : Precision::fp16;
  step.assumptions = q.assumptions;
  const auto before = evaluate(step);
  r.baseline_latency = before.latency;
  r.baseline_bottleneck = before.bottleneck;
  r.fits_before = before.feasible;

  const T baseline_bits = named(T(q.baseline == CompressionBaseline::fp32 ? 32.0 : 16.0), "bits of the baseline");
  const T kept = yes - q.sparsity;
  T size = yes, read = yes, work = yes, rest = yes, rate = yes, student = yes;  // shares of what was before
  if (q.method == CompressionMethod::quantization) {
    const T group = first_stated(q.group_size, named(T(1e9), "a channel"));
    size = read = quantised_share(q.target_bitwidth, group, baseline_bits);
    if (q.quantized_activations) {
      const auto& compute = q.hardware.compute;
      const WorkRate<T> peak = compute.peak(step.precision);
      // A device without units for 4 bits widens them to 8, not to 16: activations are integers too.
      const WorkRate<T> eight = compute.peak(Precision::int8), four = max(eight, compute.peak(Precision::int4));
      const T faster =
          named(select(T(8.0) < q.target_bitwidth, yes, select(T(4.0) < q.target_bitwidth, eight, four) / peak),
                "rate of the narrow format");
      rate = max(yes, faster);
    }
  } else if (q.method == CompressionMethod::pruning) {
    const T index = named(T(q.sparsity_type == SparsityType::structured ? 0.0 : 1.0), "index bits a weight");
    size = select(q.sparsity <= no, yes, pruned_share(q.sparsity, index, baseline_bits));
    if (q.sparsity_type == SparsityType::structured) read = work = rest = kept;
    if (q.sparsity_type == SparsityType::n_m) read = size, work = kept;
    if (q.sparsity_type == SparsityType::unstructured && q.sparse_kernels) read = size;
  } else if (!original) {
    student = first_stated(q.student_model.parameters / q.model.parameters, q.student_size);
    size = read = rest = student;
    work = q.model.forward_unit == ForwardUnit::token
               ? student
               : first_stated(q.student_model.inference_flops / q.model.inference_flops, student);
  }
  const Bandwidth<T> bandwidth = before.peak_bw_actual;
  const Time<T> weights = named(before.traffic_weights / bandwidth, "time to read the weights");
  const Time<T> others = named(max(Time<T>{no}, before.latency_memory - weights), "time to move the rest");
  const Time<T> arithmetic = named(before.latency_compute * work / rate, "arithmetic after");
  const Time<T> memory = named(weights * read + others * rest, "traffic after");
  r.compressed_latency = max(arithmetic, memory) + before.latency_overhead;
  r.compressed_bottleneck = {select(arithmetic < memory, yes, no)};
  const Data<T> weights_after = before.memory_weights * size;
  r.fits_after = {
      select(before.memory_footprint - before.memory_weights + weights_after <= before.memory_available, yes, no)};
  if (original) {
    compression::as_the_original(q, r);
  } else {
    r.original_size_gb = before.memory_weights;
    r.compression_ratio = yes / size;
    r.inference_speedup = r.baseline_latency / r.compressed_latency;
    compression::accuracy(q, student, r);
  }
  r.compressed_size_gb = original ? r.original_size_gb / r.compression_ratio : weights_after;
  r.memory_savings_pct = named(T(100.0), "percent") * (yes - r.compressed_size_gb / r.original_size_gb);
  return r;
}

struct CompressionWall : Declares<CompressionQuery, CompressionResult, 13> {
  static constexpr auto name = "compression", python = "CompressionModel",
                        doc =
                            "Quantization, pruning or distillation: size, speed on a device and accuracy, against the "
                            "format that is served.";
  static void refuse(const Query& q, Problems& problems) {
    if (q.method != CompressionMethod::pruning || q.assumptions.fidelity == Basis::original) return;
    if (q.sparsity_type == SparsityType::n_m && q.sparsity != 0.5)
      problems.push_back({.argument = "sparsity",
                          .message = "sparsity: n_m takes out two of every four weights, which is 0.5",
                          .nearest = "sparsity 0.5"});
    else if (q.sparsity >= 1) problems.push_back({.argument = "sparsity", .message = "sparsity: 1 leaves no network"});
  }
};

}  // namespace mlsysim
