#pragma once
// What wall 4 is asked and answers, under first principles and under the assumptions of the original.
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/catalog/model.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

/// What the time to first token waits for.
enum class Prefill { request, batch };
template <>
struct Words<Prefill> {
  static constexpr const char* all[] = {"request", "batch"};
};
/// The largest term of a step.
enum class StepLimit { compute, memory, launches, communication };
template <>
struct Words<StepLimit> {
  static constexpr const char* all[] = {"Compute", "Memory", "Launches", "Communication"};
};

template <class T>
struct ServingQuery {
  Model<T> model;
  Accelerator<T> hardware;
  Tokens<T> seq_len{std::numeric_limits<double>::quiet_NaN()};
  T batch_size = 1.0;
  Precision precision = Precision::fp16;
  T efficiency = 0.5;
  Accelerator<T> decode_hardware;
  Bandwidth<T> network_bandwidth{100e9};
  Model<T> draft_model;
  T draft_acceptance_rate = 0.7;
  Tokens<T> cached_prefix_len{0.0};
  Tokens<T> output_len{0.0};
  Precision kv_precision = Precision::fp16;
  Prefill prefill = Prefill::request;
  T tp_size = 1.0;
  T drafted_tokens = 4.0;
  Tokens<T> prefill_chunk{8192.0};
  T bandwidth_efficiency = 1.0;
  Time<T> link_latency{0.7 / 1e6};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the language model");
    v.entity("hardware", "accelerator", q.hardware,
             "the device that prefills, and decodes unless decode_hardware does");
    v("seq_len", q.seq_len, token, count_from(1), "tokens of a prompt, its cached prefix included", Spelling{"isl"});
    v("batch_size", q.batch_size, one, count_from(1), "sequences that decode together");
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v.entity("decode_hardware", "accelerator", q.decode_hardware, "the device that decodes, where it is another",
             optional);
    v("network_bandwidth", q.network_bandwidth, GB / s, above(0), "of one device to other machines, one direction");
    v.entity("draft_model", "model", q.draft_model, "the small model of speculative decoding", optional);
    v("draft_acceptance_rate", q.draft_acceptance_rate, one, between(0, 1),
      "probability that a drafted token is accepted");
    v("cached_prefix_len", q.cached_prefix_len, token, count_from(0),
      "tokens of the prompt whose keys and values are cached already");
    v("output_len", q.output_len, token, count_from(0),
      "tokens generated: decoding sees half of them on average and memory holds all (0: the step right after the "
      "prompt)",
      Spelling{"osl"});
    v("kv_precision", q.kv_precision,
      "number format of the cache (never narrower than asked; at least that of fp32 weights)",
      Spelling{"kv_cache_dtype"});
    v("prefill", q.prefill,
      "the time to first token is that of one request on an idle device, or of all prompts of the batch at once");
    v("tp_size", q.tp_size, one, count_between(1, 1024), "tensor-parallel devices that share every layer",
      Spelling{"tp"});
    v("drafted_tokens", q.drafted_tokens, one, count_between(1, 64), "tokens drafted for each verification");
    v("prefill_chunk", q.prefill_chunk, token, count_from(1),
      "tokens that pass through at once: a longer prompt is cut into such chunks");
    v("bandwidth_efficiency", q.bandwidth_efficiency, one, between(1e-9, 1),
      "share of the memory bandwidth that kernels reach (1: the data sheet's rate; published engines 0.7 to 0.9)");
    v("link_latency", q.link_latency, us, at_least(0),
      "one message between two devices of the group (estimated, 0.3 to 3 us)");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct ServingResult {
  Flag<T> feasible;
  Time<T> ttft, itl, request_latency;
  TokenRate<T> throughput;
  Data<T> kv_cache_size, model_weights_size, draft_memory, activation_memory, total_memory_required, memory_available,
      prefill_memory_required;
  T memory_utilization{}, batch_max{}, prompt_cache_hit_ratio{};
  Answer<T, StepLimit> prefill_bottleneck;
  Time<T> prefill_compute, prefill_memory, prefill_launches, prefill_communication, kv_transfer_time;
  Answer<T, StepLimit> decode_bottleneck;
  Time<T> decode_compute, decode_memory, decode_launches, decode_communication, draft_time;
  T tokens_per_step{};
  Quantity<axis::energy / axis::text, T> energy_per_token;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "weights, caches and activations fit each device");
    v("ttft", r.ttft, ms, any,
      "time to first token: prefill, and the transfer of the cache where another device decodes");
    v("itl", r.itl, ms, any, "time between two tokens of a sequence");
    v("request_latency", r.request_latency, ms, any, "first token, then the other tokens of the output");
    v("throughput", r.throughput, token / s, any, "tokens a second while the whole batch decodes");
    v("kv_cache_size", r.kv_cache_size, GB, any, "keys, values and state of all sequences, on one device");
    v("model_weights_size", r.model_weights_size, GB, any, "weights on one device");
    v("draft_memory", r.draft_memory, GB, any, "weights and caches of the draft model on one device");
    v("activation_memory", r.activation_memory, GB, any, "activations and logits at work on one device");
    v("total_memory_required", r.total_memory_required, GB, any, "bytes that must reside on one device that decodes");
    v("memory_available", r.memory_available, GB, any, "bytes that such a device has for them");
    v("prefill_memory_required", r.prefill_memory_required, GB, any,
      "bytes that must reside on one device that prefills");
    v("memory_utilization", r.memory_utilization, one, any, "required over available");
    v("batch_max", r.batch_max, one, any, "most sequences that fit, with the activations of this batch");
    v("prompt_cache_hit_ratio", r.prompt_cache_hit_ratio, one, any, "share of the prompt that is cached already");
    v("prefill_bottleneck", r.prefill_bottleneck, "the largest term of a prefill");
    v("prefill_compute", r.prefill_compute, ms, any, "arithmetic of a prefill");
    v("prefill_memory", r.prefill_memory, ms, any, "memory traffic of a prefill, which overlaps arithmetic");
    v("prefill_launches", r.prefill_launches, ms, any, "fixed time of a prefill: dispatch and kernel launches");
    v("prefill_communication", r.prefill_communication, ms, any, "sums over the tensor-parallel devices in a prefill");
    v("kv_transfer_time", r.kv_transfer_time, ms, any, "moving the cache to the device that decodes");
    v("decode_bottleneck", r.decode_bottleneck, "the largest term of a decoding step");
    v("decode_compute", r.decode_compute, ms, any,
      "arithmetic of a decoding step (of a verification, where tokens are drafted)");
    v("decode_memory", r.decode_memory, ms, any, "memory traffic of the step, which overlaps arithmetic");
    v("decode_launches", r.decode_launches, ms, any, "fixed time of the step: dispatch and kernel launches");
    v("decode_communication", r.decode_communication, ms, any, "sums over the tensor-parallel devices in the step");
    v("draft_time", r.draft_time, ms, any, "drafting for one verification");
    v("tokens_per_step", r.tokens_per_step, one, any, "tokens that a step yields for each sequence");
    v("energy_per_token", r.energy_per_token, J / token, any, "energy of all devices that decode, for each token");
  }
};

namespace serving {

/// Where nothing is drafted and the hardware that prefills decodes, the optional entities are left out of the computation.
enum class Optional { present, absent };

template <class T>
Answer<T, StepLimit> largest(Time<T> compute, Time<T> memory, Time<T> launches, Time<T> communication) {
  const auto index = [](StepLimit limit) { return T(static_cast<double>(limit)); };
  const Time<T> most = max(max(compute, memory), max(launches, communication));
  return {select(most <= max(compute, memory),
                 select(compute < memory, index(StepLimit::memory), index(StepLimit::compute)),
                 select(launches < communication, index(StepLimit::communication), index(StepLimit::launches)))};
}

}  // namespace serving

}  // namespace mlsysim
