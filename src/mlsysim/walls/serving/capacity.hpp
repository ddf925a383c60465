#pragma once
// What serving at an objective is asked and answers, layout by layout.
#include "mlsysim/catalog/system.hpp"
#include "mlsysim/execution/serving_replica.hpp"
#include "mlsysim/walls/serving/query.hpp"

namespace mlsysim {

/// How closely steps are looked at: operator by operator where all figures that this needs are stated, or by the roofs of the
/// whole model.
enum class Fidelity { finest, operators, first_order };
template <>
struct Words<Fidelity> {
  static constexpr const char* all[] = {"finest", "operator", "first_order"};
};

/// Price of a device for a time.
template <class T>
using HirePrice = Quantity<axis::money / axis::time, T>;

template <class T>
struct ServingCapacityQuery {
  static constexpr double not_stated = std::numeric_limits<double>::quiet_NaN();
  Model<T> model;
  Accelerator<T> hardware;
  InferenceEngine<T> engine;
  Fidelity fidelity = Fidelity::finest;
  T devices = 1.0;
  Tokens<T> seq_len{not_stated}, output_len{not_stated};
  Frequency<T> request_rate{not_stated};
  Time<T> ttft{not_stated}, tpot{not_stated};
  HirePrice<T> price{not_stated};
  Precision precision = Precision::fp16;
  T efficiency = not_stated;
  Precision kv_precision = Precision::fp16;
  T tp_size = not_stated, pp_size = 1.0, ep_size = 1.0, max_concurrency = not_stated;
  T drafted_tokens = 0.0, draft_acceptance_rate = 0.7, draft_share = 0.05;
  T length_cv = 0.5;
  Tokens<T> prefill_chunk{not_stated}, page_size{16.0};
  T bandwidth_efficiency = not_stated;
  Time<T> link_latency{not_stated};
  T time_factor = 1.0;
  Bandwidth<T> network_bandwidth{100e9};
  Grid<T> grid;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the language model");
    v.entity("hardware", "accelerator", q.hardware, "the device");
    v.entity("engine", "engine", q.engine, "the program that serves, at operator level", "server");
    v("fidelity", q.fidelity, "level of detail: operator, first_order, or the finest for which all figures are stated");
    v("devices", q.devices, one, count_between(1, 1e6), "devices in all (--on h100:8)");
    v("seq_len", q.seq_len, token, count_from(1), "mean tokens of a prompt", Spelling{"isl"});
    v("output_len", q.output_len, token, count_from(2), "mean tokens of an output", Spelling{"osl"});
    v("request_rate", q.request_rate, per_s, above(0),
      "requests that arrive a second, over all replicas (not stated: the highest that holds)");
    v("ttft_objective", q.ttft, s, above(0), "time to first token that 99 of 100 requests must not exceed",
      Spelling{"ttft"});
    v("tpot_objective", q.tpot, ms, above(0), "mean time for each token after the first that must not be exceeded",
      Spelling{"tpot"});
    v("price", q.price, USD / hour, at_least(0), "of one device for an hour (not stated: no costs)");
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1),
      "share of the compute peak that kernels reach (eta; at first order only, not stated: 0.5)");
    v("kv_precision", q.kv_precision,
      "number format of the cache (never narrower than asked; at least that of fp32 weights)",
      Spelling{"kv_cache_dtype"});
    v("tp_size", q.tp_size, one, count_between(1, 1024),
      "tensor-parallel devices of a replica (not stated: the best of those within a scale-up domain)", Spelling{"tp"});
    v("pp_size", q.pp_size, one, count_between(1, 1024), "stages of layers of a replica (at operator level)",
      Spelling{"pp"});
    v("ep_size", q.ep_size, one, count_between(1, 1024),
      "tensor-parallel devices of a replica that experts are spread over (at operator level; 1: cut like the rest)",
      Spelling{"ep"});
    v("drafted_tokens", q.drafted_tokens, one, count_between(0, 64),
      "tokens that a draft proposes for each step (at operator level; 0: no draft)");
    v("draft_acceptance_rate", q.draft_acceptance_rate, one, between(0, 1),
      "probability that a drafted token is kept (estimated, 0.5 to 0.9)");
    v("draft_share", q.draft_share, one, at_least(0),
      "time of drafting a token over that of a step (estimated: 0.05 of a small model, 0.1 of a prediction layer)");
    v("max_concurrency", q.max_concurrency, one, count_from(1),
      "most requests in flight in one replica (not stated: what memory holds)");
    v("length_cv", q.length_cv, one, between(0, 5),
      "standard deviation of prompt and output lengths over their mean (estimated, 0.3 to 1; 0: all alike)");
    v("prefill_chunk", q.prefill_chunk, token, count_from(1),
      "prompt tokens that a step carries at most, beside those that decode (not stated: the engine's, or 2,048)");
    v("page_size", q.page_size, token, count_from(1), "tokens of a page of the cache");
    v("bandwidth_efficiency", q.bandwidth_efficiency, one, between(1e-9, 1),
      "share of the memory bandwidth that kernels reach (at first order only; not stated: 1, the data sheet's rate; "
      "published engines 0.7 to 0.9)");
    v("link_latency", q.link_latency, us, at_least(0),
      "one message between two devices of the group (at first order only; not stated: 0.7 us, estimated, 0.3 to 3 us)");
    v("time_factor", q.time_factor, one, between(1e-3, 1e3),
      "time of every step over the time predicted: by a measurement of your own, or to an end of a band");
    v("network_bandwidth", q.network_bandwidth, GB / s, above(0), "of one device to other machines, one direction");
    v.entity("grid", "grid", q.grid, "where they stand", "us-avg", Spelling{"region"});
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct ServingLayout {
  T tp_size{}, replicas{};

  template <class C, class V>
  static void fields(C& c, V& v) {
    v("tp_size", c.tp_size, one, any, "tensor-parallel devices of a replica");
    v("replicas", c.replicas, one, any, "replicas, each with its share of the requests");
  }
};

/// What a layout answers: every candidate has it, and the result is that of the best.
template <class T>
struct ServingCapacity {
  Flag<T> objectives_met;
  Answer<T, CapacityLimit> binding;
  Answer<T, Fidelity> fidelity;
  Frequency<T> request_rate, request_rate_max;
  T utilization{}, devices_needed{};
  Time<T> ttft, ttft_p99, tpot, itl_decode, itl_mixed, e2el;
  TokenRate<T> throughput, throughput_per_user;
  T concurrency{}, decoding{}, slots{}, mixed_steps{}, prompt_load{};
  Answer<T, StepLimit> bottleneck;
  T bottleneck_margin{};
  Time<T> weights_time;
  Money<T> million_tokens, million_input, million_output;
  Energy<T> million_energy;
  Carbon<T> million_carbon;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("objectives_met", r.objectives_met, "the requests are served, and each objective that is stated holds");
    v("binding", r.binding,
      "what keeps the rate from being higher: an objective, prompts that fill every step, memory for the cache, or the "
      "concurrency allowed");
    v("fidelity", r.fidelity, "level of detail of the answer");
    v("request_rate", r.request_rate, per_s, any, "requests served a second");
    v("request_rate_max", r.request_rate_max, per_s, any, "the highest rate that holds (0: none does)");
    v("utilization", r.utilization, one, any, "the rate that arrives over the highest that holds");
    v("devices_needed", r.devices_needed, one, any, "fewest devices, in replicas of this size, that hold the rate");
    v("ttft", r.ttft, ms, any, "mean time to first token: waiting, then the prompt");
    v("ttft_p99", r.ttft_p99, ms, any, "time to first token that 99 of 100 requests do not exceed, at most");
    v("tpot", r.tpot, ms, any, "mean time for each token after the first; here also the mean time between tokens");
    v("itl_decode", r.itl_decode, ms, any, "time between tokens in a step without a prompt");
    v("itl_mixed", r.itl_mixed, ms, any, "time between tokens in a step with part of a prompt");
    v("e2el", r.e2el, ms, any, "mean time from arrival to the last token");
    v("throughput", r.throughput, token / s, any, "tokens generated a second, by all replicas");
    v("throughput_per_user", r.throughput_per_user, token / s, any, "tokens a second that one request sees");
    v("concurrency", r.concurrency, one, any, "requests in all replicas, waiting ones included: rate times e2el");
    v("decoding", r.decoding, one, any, "sequences that decode together in one replica, on average");
    v("slots", r.slots, one, any, "most requests in flight in one replica");
    v("mixed_steps", r.mixed_steps, one, any, "share of steps that carry part of a prompt");
    v("prompt_load", r.prompt_load, one, any, "share of the prompt tokens that steps could carry");
    v("bottleneck", r.bottleneck, "the largest term of a mean step");
    v("bottleneck_margin", r.bottleneck_margin, one, any,
      "the larger of compute and memory in a mean step over the other");
    v("weights_time", r.weights_time, ms, any, "reading the weights once: no step is quicker");
    v("million_tokens_usd", r.million_tokens, USD, any,
      "all devices, for a million tokens generated (0: no price, or no rate that holds)");
    v("million_input_usd", r.million_input, USD, any, "what prompts add to steps, for a million prompt tokens");
    v("million_output_usd", r.million_output, USD, any, "the rest of the steps, for a million tokens generated");
    v("million_tokens_energy", r.million_energy, kWh, any,
      "energy of the accelerators and their share of the facility (PUE), for a million tokens generated");
    v("million_tokens_carbon", r.million_carbon, kgCO2e, any, "its carbon of operation");
  }
};

template <class T>
struct ServingCapacityCandidate {
  ServingLayout<T> config;
  ServingCapacity<T> answer;

  template <class C, class V>
  static void fields(C& c, V& v) {
    v.entity("config", "", c.config, "the layout");
    ServingCapacity<T>::fields(c.answer, v);
  }
};

template <class T>
struct ServingCapacityResult {
  Flag<T> feasible;
  ServingCapacity<T> answer;
  ServingLayout<T> best_config;
  Data<T> kv_per_token, memory_weights, memory_footprint, memory_available;
  T total_searched{};

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "weights and a request fit each device in some layout");
    ServingCapacity<T>::fields(r.answer, v);
    v.entity("best_config", "", r.best_config, "the layout that holds the highest rate");
    v("kv_per_token", r.kv_per_token, KB, any, "keys and values of one more token, over all devices of a replica");
    v("memory_weights", r.memory_weights, GB, any, "weights on one device");
    v("memory_footprint", r.memory_footprint, GB, any,
      "bytes on one device: weights, activations, and the cache of the requests in flight (of one, where none fits)");
    v("memory_available", r.memory_available, GB, any, "bytes that a device has for them");
    v("total_searched", r.total_searched, one, any, "layouts that were priced");
  }
};

}  // namespace mlsysim
