#pragma once
// Wall 5: what a server does in flight, with requests joining and leaving at every step.
#include "mlsysim/walls/serving.hpp"

namespace mlsysim {

template <class T>
struct ContinuousBatchingQuery {
  Model<T> model;
  Accelerator<T> hardware;
  Tokens<T> seq_len{std::numeric_limits<double>::quiet_NaN()};
  T max_batch_size = 1.0;
  Tokens<T> page_size{16.0};
  Precision precision = Precision::fp16;
  T efficiency = 0.5;
  Tokens<T> output_len{256.0};
  T length_cv = 0.5;
  Tokens<T> prefill_chunk{2048.0};
  Precision kv_precision = Precision::fp16;
  T tp_size = 1.0;
  T bandwidth_efficiency = 1.0;
  Time<T> link_latency{0.7 / 1e6};
  Bandwidth<T> network_bandwidth{100e9};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the language model");
    v.entity("hardware", "accelerator", q.hardware, "the device");
    v("seq_len", q.seq_len, token, count_from(1), "mean tokens of a prompt", Spelling{"isl"});
    v("max_batch_size", q.max_batch_size, one, count_from(1), "most requests in flight");
    v("page_size", q.page_size, token, count_from(1), "tokens of a page of the cache");
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v("output_len", q.output_len, token, count_from(1), "mean tokens of an output", Spelling{"osl"});
    v("length_cv", q.length_cv, one, between(0, 5),
      "standard deviation of lengths over their mean (estimated, 0.3 to 1; 0: all alike)");
    v("prefill_chunk", q.prefill_chunk, token, count_from(1),
      "prompt tokens that a step carries at most, beside those that decode");
    serving::group_fields(q, v);
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct ContinuousBatchingResult {
  Flag<T> feasible;
  T throughput_tokens_per_sec{}, max_active_requests{}, memory_fragmentation_pct{};
  Data<T> paged_kv_cache_size, memory_left;
  Time<T> ttft, itl, itl_mixed, itl_decode;
  T speedup_vs_static{}, static_batch_size{}, prefill_share{}, mixed_steps{};
  Tokens<T> mean_context;
  Frequency<T> request_rate;
  Answer<T, StepLimit> bottleneck;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "at least one request fits beside the weights");
    v("throughput_tokens_per_sec", r.throughput_tokens_per_sec, one, any, "tokens generated a second, in flight");
    v("max_active_requests", r.max_active_requests, one, any, "requests in flight, by memory, limit and prompts");
    v("memory_fragmentation_pct", r.memory_fragmentation_pct, one, any,
      "share of the pages in use that holds nothing (0.01 is 1 %)");
    v("paged_kv_cache_size", r.paged_kv_cache_size, GB, any, "pages of all requests in flight, on one device");
    v("memory_left", r.memory_left, GB, any, "memory for pages, on one device");
    v("ttft", r.ttft, ms, any, "time to first token of a prompt whose turn it is: its chunks, each in a mixed step");
    v("itl", r.itl, ms, any, "mean time between two tokens of a request");
    v("itl_mixed", r.itl_mixed, ms, any, "the same while a chunk of a prompt is in the step");
    v("itl_decode", r.itl_decode, ms, any, "the same while none is");
    v("speedup_vs_static", r.speedup_vs_static, one, any,
      "throughput over that of static batches, which wait for their longest request");
    v("static_batch_size", r.static_batch_size, one, any,
      "requests of a static batch: room is kept for the longest of them");
    v("prefill_share", r.prefill_share, one, any, "share of the time that steps with a chunk of a prompt take");
    v("mixed_steps", r.mixed_steps, one, any, "share of steps that carry a chunk of a prompt");
    v("mean_context", r.mean_context, token, any, "mean tokens in the cache of a request in flight");
    v("request_rate", r.request_rate, per_s, any, "requests finished a second");
    v("bottleneck", r.bottleneck, "the largest term of a step without a prompt");
  }
};

namespace batching {

template <class T>
ContinuousBatchingResult<T> answer(const ContinuousBatchingQuery<T>& q) {
  const auto& m = q.model;
  const auto& a = q.assumptions;
  const T none = 0.0, yes = 1.0;
  const Time<T> never{named(T(std::numeric_limits<double>::infinity()), "never")};
  ContinuousBatchingResult<T> r;

  const Stored<T> s = stored(m, q.precision, q.kv_precision);
  const Group<T> g = serving::group(q, q.hardware);
  const T share = first_stated(shard_share(m.heads, g.devices), yes / g.devices);
  const Tokens<T> prompt = q.seq_len, output = q.output_len;

  // What is in flight: contexts grow from the prompt on, and each last page is half empty.
  r.mean_context = context_in_flight(prompt, output, q.length_cv);
  const Tokens<T> paged = named(mean_paged_tokens(r.mean_context, q.page_size), "mean_paged_context");
  const Data<T> pages = named(sequence_cache(m, s, paged, g.devices), "pages_of_a_request");
  const Data<T> working =
      working_memory(m, s, q.prefill_chunk + Tokens<T>{q.max_batch_size}, q.max_batch_size, a.kept_activations);
  r.memory_left = max(Data<T>{none}, g.capacity * a.usable_memory - share * s.weights - working);
  const T fitting = named(floor(r.memory_left / pages), "requests_that_fit");
  r.feasible = {select(yes <= fitting, yes, none)};
  // Each finished output lets a prompt in, and a step carries no more than a chunk of prompts.
  const T prompts_per_token = named(prompt / output, "prompt_tokens_for_each_output_token");
  const T fed = named(max(yes, q.prefill_chunk.base / prompts_per_token), "requests_that_prefill_keeps_fed");
  const T room = min(fitting, q.max_batch_size);
  const T active = named(max(yes, min(room, fed)), "active");
  r.max_active_requests = min(room, fed);
  r.memory_fragmentation_pct = r.feasible.index * ((paged - r.mean_context) / paged);
  r.paged_kv_cache_size = r.max_active_requests * pages;

  // Some steps carry a chunk and some none, so that on average prompts come in as fast as outputs are finished.
  const Tokens<T> chunk = min(q.prefill_chunk, max(prompt, Tokens<T>{active * prompts_per_token}));
  r.mixed_steps = min(yes, active * prompts_per_token / chunk.base);
  const Work<T> decoding = decode_attention(m, r.mean_context, Tokens<T>{active});
  const Data<T> read = active * sequence_cache(m, s, r.mean_context, g.devices);
  const Pass<T> plain = named_pass(forward_pass(m, s, g, Tokens<T>{active}, yes, decoding, read), "decode_work",
                                   "decode_traffic", "decode_step");
  // A chunk attends, on average, to half of its prompt, which is read and written once more.
  const Tokens<T> halfway = named(prompt * named(T(0.5), "half"), "half_a_prompt");
  const Work<T> filling = decode_attention(m, halfway, chunk);
  const Data<T> read_and_filled = read + sequence_cache(m, s, max(halfway, chunk), g.devices);
  const Pass<T> mixed =
      named_pass(forward_pass(m, s, g, Tokens<T>{active} + chunk, yes, decoding + filling, read_and_filled),
                 "mixed_work", "mixed_traffic", "mixed_step");
  const Time<T> mean = named(r.mixed_steps * mixed.total + (yes - r.mixed_steps) * plain.total, "mean_step");
  const auto fits = yes <= fitting;
  r.itl = select(fits, mean, never);
  r.itl_mixed = select(fits, mixed.total, never);
  r.itl_decode = select(fits, plain.total, never);
  r.bottleneck = serving::largest(plain.compute, plain.memory, plain.launches, plain.communication);
  r.prefill_share = r.mixed_steps * mixed.total / mean;
  r.ttft = select(fits, ceil(prompt / chunk) * mixed.total, never);
  const Frequency<T> tokens_per_s{active / mean.base};
  r.throughput_tokens_per_sec = select(fits, tokens_per_s.base, none);
  r.request_rate = {r.throughput_tokens_per_sec / output.base};

  // A static batch keeps room for its longest prompt and output, prefills all prompts and decodes until the longest is done.
  const T longest = named(expected_longest(active, q.length_cv), "longest_over_mean");
  const Data<T> reserved = sequence_cache(m, s, longest * (prompt + output), g.devices);
  const T slots = min(q.max_batch_size, floor(r.memory_left / reserved));
  r.static_batch_size = max(none, slots);
  const T batch = max(yes, slots);
  const Tokens<T> prompts = batch * prompt;
  const T runs = ceil(prompts / q.prefill_chunk);
  const Work<T> seen = prefill_attention(m, Tokens<T>{none}, prompt, prompts);
  const Pass<T> fill =
      named_pass(forward_pass(m, s, g, prompts / runs, runs, seen, batch * sequence_cache(m, s, prompt, g.devices)),
                 "static_prefill_work", "static_prefill_traffic", "static_prefill");
  const Tokens<T> middle = prompt + longest * output * T(0.5);
  const Pass<T> step = named_pass(serving::decode(m, s, g, batch, yes, middle), "static_decode_work",
                                  "static_decode_traffic", "static_step");
  const Time<T> served = named(fill.total + longest * output.base * step.total, "static_batch_time");
  r.speedup_vs_static = select(fits, tokens_per_s * served / (batch * output.base), yes);
  return r;
}

template <class T>
ContinuousBatchingResult<T> original_answer(const ContinuousBatchingQuery<T>& q) {
  const auto& m = q.model;
  const T none = 0.0, yes = 1.0;
  ContinuousBatchingResult<T> r;
  const Data<T> element = element_size<T>(q.precision);
  const Tokens<T> paged = paged_tokens(q.seq_len, q.page_size);
  const Data<T> pages =
      named(kv_cache_bytes(m.kv_elements, element, m.layers, none, paged, paged), "pages_of_a_request");
  const Data<T> weights = first_stated(m.parameters * element, m.model_size);
  r.memory_left = max(Data<T>{none}, q.hardware.memory.capacity - weights);
  r.max_active_requests = min(floor(r.memory_left / pages), q.max_batch_size);
  const auto fits = yes <= r.max_active_requests;
  r.feasible = {select(fits, yes, none)};
  r.memory_fragmentation_pct = select(fits, (paged - q.seq_len) / paged, none);
  r.paged_kv_cache_size = r.max_active_requests * pages;
  const T batch = q.max_batch_size;
  const Work<T> work =
      original::prefill_work(m.parameters, q.seq_len, q.seq_len, batch, m.layers, m.heads * m.head_dim);
  r.ttft = work / (q.hardware.compute.peak(q.precision) * q.efficiency) + q.hardware.dispatch_tax;
  const Time<T> step = (weights + r.paged_kv_cache_size) / q.hardware.memory.bandwidth;
  r.itl = select(fits, step, named(Time<T>{T(1000.0)}, "step of the original where nothing fits"));
  r.itl_decode = r.itl_mixed = r.itl;
  r.throughput_tokens_per_sec = select(fits, r.max_active_requests / step.base, none);
  const T slots = original::static_batch(r.max_active_requests);
  const Time<T> slow = (weights + slots * pages) / q.hardware.memory.bandwidth;
  r.static_batch_size = slots;
  r.speedup_vs_static = select(fits, r.throughput_tokens_per_sec / (slots / slow.base), yes);
  r.mean_context = q.seq_len;
  r.request_rate = {r.throughput_tokens_per_sec / q.output_len.base};
  r.bottleneck = {T(static_cast<double>(StepLimit::memory))};
  return r;
}

}  // namespace batching

template <class T>
ContinuousBatchingResult<T> evaluate(const ContinuousBatchingQuery<T>& q) {
  return q.assumptions.batching == Basis::original ? batching::original_answer(q) : batching::answer(q);
}

struct ContinuousBatchingWall : Declares<ContinuousBatchingQuery, ContinuousBatchingResult, 5> {
  static constexpr auto
      name = "continuous-batching",
      python = "ContinuousBatchingModel",
      doc = "A server with requests joining and leaving at every step: how many fit in pages, and what they get.";

  static void refuse(const Query& q, Problems& problems) {
    serving::refuse_mute(q.model, q.assumptions.batching, "model", problems);
  }
};

}  // namespace mlsysim
