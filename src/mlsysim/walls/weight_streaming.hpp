#pragma once
// Wall 6: a device that keeps no weights. Each layer streams in over a link while the layer before it is computed.
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/laws/original_software.hpp"
#include "mlsysim/laws/roofline.hpp"
#include "mlsysim/laws/streaming.hpp"
#include "mlsysim/walls/wall.hpp"
#include "mlsysim/workload/transformer.hpp"

namespace mlsysim {

enum class StreamBound { compute, link };
template <>
struct Words<StreamBound> {
  static constexpr const char* all[] = {"Compute-Bound", "Interconnect-Bandwidth-Bound"};
};

template <class T>
struct WeightStreamingQuery {
  Model<T> model;
  Accelerator<T> hardware;
  Tokens<T> seq_len{std::numeric_limits<double>::quiet_NaN()};
  T batch_size = 1.0;
  Precision precision = Precision::fp16;
  T efficiency = 0.5;
  Phase phase = Phase::decode;
  Bandwidth<T> injection_bandwidth{std::numeric_limits<double>::quiet_NaN()};
  T buffered_layers = 2.0;
  Precision kv_precision = Precision::fp16;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the language model");
    v.entity("hardware", "accelerator", q.hardware, "the device that computes; its main memory is what is on chip");
    v("seq_len", q.seq_len, token, count_from(1), "tokens of a sequence: cached ones in decode, all in prefill",
      Spelling{"context"});
    v("batch_size", q.batch_size, one, count_from(1), "sequences that share the stream");
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v("phase", q.phase, "one new token of each sequence, or all of their tokens");
    v("injection_bandwidth", q.injection_bandwidth, GB / s, above(0),
      "link over which weights stream in, one direction (not stated: the hardware's host link)");
    v("buffered_layers", q.buffered_layers, one, count_between(0, 1024),
      "layers held on chip: the one at work and the one that arrives (0: weights are used up as they arrive)");
    v("kv_precision", q.kv_precision,
      "number format of the cache (never narrower than asked; at least that of fp32 weights)",
      Spelling{"kv_cache_dtype"});
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct WeightStreamingResult {
  Flag<T> feasible;
  TokenRate<T> throughput_tokens_per_sec;
  Answer<T, StreamBound> bottleneck;
  Time<T> layer_compute_time, layer_injection_time;
  T optimal_batch_size{}, wafer_memory_utilization{};
  Time<T> step_time, layer_arithmetic_time, layer_memory_time;
  T link_stall{}, batch_max{};
  Bandwidth<T> injection_bandwidth, injection_bandwidth_needed;
  Data<T> layer_weights, streamed, kv_cache_size, activation_memory, weight_buffers, memory_required, memory_available;
  Flag<T> streaming_needed;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "cache, activations and the layers in flight fit on chip");
    v("throughput_tokens_per_sec", r.throughput_tokens_per_sec, token / s, any,
      "tokens a second: generated ones in decode, prompt tokens in prefill");
    v("bottleneck", r.bottleneck, "what a layer waits for: its arithmetic and local memory, or its weights");
    v("layer_compute_time", r.layer_compute_time, us, any, "one layer, its weights on chip");
    v("layer_injection_time", r.layer_injection_time, us, any, "weights of one layer over the link");
    v("optimal_batch_size", r.optimal_batch_size, one, any,
      "smallest batch whose computation hides the stream: a larger one gains no throughput for a token's weights");
    v("wafer_memory_utilization", r.wafer_memory_utilization, one, any, "required over available, on chip");
    v("step_time", r.step_time, ms, any, "all layers once");
    v("layer_arithmetic_time", r.layer_arithmetic_time, us, any, "arithmetic of one layer");
    v("layer_memory_time", r.layer_memory_time, us, any,
      "local memory traffic of one layer, which overlaps arithmetic");
    v("link_stall", r.link_stall, one, any, "share of the step in which the device waits for weights");
    v("batch_max", r.batch_max, one, any, "most sequences that fit on chip");
    v("injection_bandwidth", r.injection_bandwidth, GB / s, any, "link over which weights stream in");
    v("injection_bandwidth_needed", r.injection_bandwidth_needed, GB / s, any,
      "link that this batch would need to hide the stream");
    v("layer_weights", r.layer_weights, GB, any, "weights of one layer");
    v("streamed", r.streamed, GB, any, "weights that stream in, each step: all of them");
    v("kv_cache_size", r.kv_cache_size, GB, any, "keys, values and state of all sequences");
    v("activation_memory", r.activation_memory, GB, any, "activations and logits at work");
    v("weight_buffers", r.weight_buffers, GB, any, "layers in flight");
    v("memory_required", r.memory_required, GB, any, "bytes that must be on chip");
    v("memory_available", r.memory_available, GB, any, "bytes that the chip has for them");
    v("streaming_needed", r.streaming_needed, "all weights would not fit beside cache and activations");
  }
};

namespace weight_streaming {

template <class T>
WeightStreamingResult<T> answer(const WeightStreamingQuery<T>& q) {
  const auto& m = q.model;
  const auto& h = q.hardware;
  const auto& a = q.assumptions;
  const bool decodes = q.phase == Phase::decode;
  const T yes = 1.0, no = 0.0;
  WeightStreamingResult<T> r;
  const Stored<T> s = stored(m, q.precision, q.kv_precision);
  const T layers = first_stated(m.layers, yes);
  const Tokens<T> each = decodes ? named(Tokens<T>{yes}, "new tokens of a sequence") : q.seq_len;
  const Tokens<T> tokens = named(q.batch_size * each, "tokens");

  // What one sequence adds to a layer is linear in the batch, so the batch that hides the stream is exact.
  const Work<T> attends =
      decodes ? decode_attention(m, q.seq_len, each) : prefill_attention(m, Tokens<T>{no}, q.seq_len, each);
  const Work<T> work = named((forward_work(first_stated(m.active_parameters, m.parameters), each) + attends) / layers,
                             "layer work of a sequence");
  const Data<T> cache = sequence_cache(m, s, q.seq_len, yes);
  const Data<T> traffic = named(cache / layers + residual_traffic(yes, m.hidden_dim, s.activation_element, each),
                                "layer traffic of a sequence");
  const WorkRate<T> rate = named(h.compute.peak(q.precision) * q.efficiency, "attainable arithmetic");
  r.layer_weights = s.weights / layers;
  r.streamed = s.weights;
  r.layer_arithmetic_time = q.batch_size * work / rate;
  r.layer_memory_time = (r.layer_weights + q.batch_size * traffic) / h.memory.bandwidth;
  r.layer_compute_time =
      cite(max(r.layer_arithmetic_time, r.layer_memory_time), "williams2009roofline, eq. 1") + a.layer_overhead;
  const Bandwidth<T> host = a.streaming == Basis::original
                                ? first_stated(h.host_link, named(Bandwidth<T>{T(100e9)}, "link (none stated)"))
                                : h.host_link;
  r.injection_bandwidth = first_stated(q.injection_bandwidth, host);
  r.layer_injection_time = r.layer_weights / r.injection_bandwidth;
  r.bottleneck = {select(r.layer_compute_time < r.layer_injection_time, yes, no)};
  // Decoding steps follow each other without a gap; a prompt waits for its first layer.
  const Time<T> first = decodes ? Time<T>{no} : min(r.layer_compute_time, r.layer_injection_time);
  r.step_time = h.dispatch_tax + streamed_time(layers, r.layer_compute_time, r.layer_injection_time, first);
  r.throughput_tokens_per_sec = tokens / r.step_time;
  r.link_stall = max(no, yes - (layers * r.layer_compute_time + h.dispatch_tax) / r.step_time);
  r.injection_bandwidth_needed = r.layer_weights / r.layer_compute_time;

  const Time<T> to_hide = r.layer_injection_time - a.layer_overhead;
  const T by_arithmetic = to_hide / (work / rate);
  const T by_memory = (to_hide - r.layer_weights / h.memory.bandwidth) / (traffic / h.memory.bandwidth);
  r.optimal_batch_size = max(yes, ceil(min(by_arithmetic, by_memory)));

  r.kv_cache_size = q.batch_size * cache;
  r.activation_memory = working_memory(m, s, tokens, q.batch_size, a.kept_activations);
  r.weight_buffers = min(q.buffered_layers, layers) * r.layer_weights;
  r.memory_required = r.kv_cache_size + r.activation_memory + r.weight_buffers;
  r.memory_available = h.memory.capacity * a.usable_memory;
  r.wafer_memory_utilization = r.memory_required / r.memory_available;
  r.feasible = {select(r.memory_required <= r.memory_available, yes, no)};
  const Data<T> sequence = named(cache + working_memory(m, s, each, yes, a.kept_activations), "memory of a sequence");
  r.batch_max = max(no, floor((r.memory_available - r.weight_buffers) / sequence));
  r.streaming_needed = {select(s.weights + r.kv_cache_size + r.activation_memory <= r.memory_available, no, yes)};
  return r;
}

/// As the original; what it does not compute is that of first principles.
template <class T>
void original_stream(const WeightStreamingQuery<T>& q, WeightStreamingResult<T>& r) {
  const auto& m = q.model;
  const auto& h = q.hardware;
  const bool decodes = q.phase == Phase::decode;
  const T yes = 1.0, no = 0.0;
  const Data<T> element = element_size<T>(q.precision);
  const T layers = first_stated(m.layers, yes), held = named(m.parameters / layers, "layer_parameters");
  const Tokens<T> tokens = named(Tokens<T>{decodes ? q.batch_size : q.batch_size * q.seq_len.base}, "tokens");
  Work<T> work = forward_work(held, tokens);
  if (!decodes) work = work + original::streamed_attention(m.kv_elements, q.seq_len, q.batch_size);
  const WorkRate<T> rate = named(h.compute.peak(q.precision) * q.efficiency, "attainable arithmetic");
  r.layer_weights = held * element;
  r.layer_compute_time = work / rate + h.dispatch_tax;
  r.layer_injection_time = r.layer_weights / r.injection_bandwidth;
  r.bottleneck = {select(r.layer_injection_time < r.layer_compute_time, no, yes)};
  r.optimal_batch_size = floor(r.layer_injection_time * rate / forward_work(held, Tokens<T>{yes}));
  r.kv_cache_size = q.batch_size * kv_cache_bytes(m.kv_elements, element, layers, no, q.seq_len, q.seq_len);
  r.memory_required = named(T(1.1), "allowance of the original") * r.kv_cache_size;
  r.memory_available = h.memory.capacity;
  r.wafer_memory_utilization = r.memory_required / r.memory_available;
  const auto fits = r.memory_required <= r.memory_available;
  r.feasible = {select(fits, yes, no)};
  r.step_time = layers * max(r.layer_compute_time, r.layer_injection_time);
  r.throughput_tokens_per_sec = select(fits, tokens / r.step_time, TokenRate<T>{no});
}

}  // namespace weight_streaming

template <class T>
WeightStreamingResult<T> evaluate(const WeightStreamingQuery<T>& q) {
  WeightStreamingResult<T> r = weight_streaming::answer(q);
  if (q.assumptions.streaming == Basis::original) weight_streaming::original_stream(q, r);
  return r;
}

struct WeightStreamingWall : Declares<WeightStreamingQuery, WeightStreamingResult, 6> {
  static constexpr auto name = "weight-streaming", python = "WeightStreamingModel",
                        doc =
                            "Weights that stand outside the chip and stream in layer by layer: whether computing "
                            "hides the stream, at which batch, and what must fit beside it.";

  static void refuse(const Query& q, Problems& problems) {
    const auto& m = q.model;
    const bool streams =
        q.assumptions.streaming == Basis::original ? has_cache(m.architecture) : m.forward_unit == ForwardUnit::token;
    if (!streams)
      problems.push_back({.kind = Problem::Kind::input,
                          .argument = "model",
                          .message = "model: it emits no tokens: name a language model"});
  }
};

}  // namespace mlsysim
