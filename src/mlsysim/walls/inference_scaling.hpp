#pragma once
// Wall 12: thinking costs tokens, and each of them reads a cache that the ones before have grown.
#include "mlsysim/walls/serving.hpp"

namespace mlsysim {

template <class T>
struct InferenceScalingQuery {
  Model<T> model;
  Accelerator<T> hardware;
  T reasoning_steps = 8.0;
  Tokens<T> context_length{2048.0};
  Precision precision = Precision::fp16;
  T efficiency = 0.5;
  Tokens<T> tokens_per_step{50.0};
  T batch_size = 1.0;
  Precision kv_precision = Precision::fp16;
  T tp_size = 1.0;
  T bandwidth_efficiency = 1.0;
  Time<T> link_latency{0.7 / 1e6};
  Bandwidth<T> network_bandwidth{100e9};
  Tokens<T> prefill_chunk{8192.0};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the language model");
    v.entity("hardware", "accelerator", q.hardware, "the device");
    v("reasoning_steps", q.reasoning_steps, one, count_from(1), "steps of thought before the answer");
    v("context_length", q.context_length, token, count_from(1), "tokens of the prompt");
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v("tokens_per_step", q.tokens_per_step, token, count_from(1),
      "tokens of one step of thought (estimated, 20 to 500)");
    v("batch_size", q.batch_size, one, count_from(1), "queries that think at the same time");
    serving::group_fields(q, v);
    v("prefill_chunk", q.prefill_chunk, token, count_from(1),
      "tokens that pass through at once: a longer prompt is cut into such chunks");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct InferenceScalingResult {
  Flag<T> feasible;
  Time<T> total_reasoning_time, ttft, itl, time_per_step;
  T tokens_generated{}, reasoning_steps{};
  Time<T> itl_first, itl_last;
  Energy<T> energy_per_query, energy_prefill;
  ServingResult<T> serving_detail;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "weights and the cache at the end of the thought fit");
    v("total_reasoning_time", r.total_reasoning_time, ms, any, "from the prompt to the last token of the thought");
    v("ttft", r.ttft, ms, any, "time to first token");
    v("itl", r.itl, ms, any, "mean time between two tokens, over the growing context");
    v("time_per_step", r.time_per_step, ms, any, "one step of thought, on average");
    v("tokens_generated", r.tokens_generated, one, any, "tokens of the thought");
    v("reasoning_steps", r.reasoning_steps, one, any, "steps of thought");
    v("itl_first", r.itl_first, ms, any, "time between tokens at the beginning, behind the prompt alone");
    v("itl_last", r.itl_last, ms, any, "time between tokens at the end, behind the whole thought");
    v("energy_per_query", r.energy_per_query, J, any, "energy of all devices for one query");
    v("energy_prefill", r.energy_prefill, J, any, "the prefill's part of it");
    v.entity("serving_detail", "", r.serving_detail, "the same as one request to a server");
  }
};

namespace reasoning {

/// The question to the serving wall that one query is.
template <class T>
ServingQuery<T> served(const InferenceScalingQuery<T>& q, Tokens<T> output) {
  ServingQuery<T> s;
  s.model = q.model;
  s.hardware = q.hardware;
  s.seq_len = q.context_length;
  s.batch_size = q.batch_size;
  s.precision = q.precision;
  s.efficiency = q.efficiency;
  s.network_bandwidth = q.network_bandwidth;
  s.cached_prefix_len = Tokens<T>{T(0.0)};
  s.output_len = output;
  s.kv_precision = q.kv_precision;
  s.prefill = Prefill::batch;
  s.tp_size = q.tp_size;
  s.prefill_chunk = q.prefill_chunk;
  s.bandwidth_efficiency = q.bandwidth_efficiency;
  s.link_latency = q.link_latency;
  s.assumptions = q.assumptions;
  return s;
}

/// Mean step over a stretch of the context across which both roofs are straight lines.
template <class T>
Time<T> mean_step(const Pass<T>& from, const Pass<T>& to) {
  return mean_of_larger(from.compute, to.compute, from.memory, to.memory) + from.launches + from.communication;
}

}  // namespace reasoning

template <class T>
InferenceScalingResult<T> evaluate(const InferenceScalingQuery<T>& q) {
  const T yes = 1.0;
  const auto absent = serving::Optional::absent;
  InferenceScalingResult<T> r;
  const Tokens<T> thought = named(q.reasoning_steps * q.tokens_per_step, "thought");
  r.tokens_generated = thought.base;
  r.reasoning_steps = q.reasoning_steps;

  if (q.assumptions.reasoning == Basis::original) {  // one context, all of the power limit
    const T fifty = named(T(50.0), "tokens a step of the original");
    r.serving_detail = serving::original_answer(reasoning::served(q, Tokens<T>{T(0.0)}), absent);
    r.ttft = r.serving_detail.ttft;
    r.itl = r.itl_first = r.itl_last = r.serving_detail.itl;
    r.feasible = r.serving_detail.feasible;
    r.tokens_generated = q.reasoning_steps * fifty;
    r.time_per_step = fifty * r.itl;
    r.total_reasoning_time = r.ttft + q.reasoning_steps * r.time_per_step;
    r.energy_prefill = q.hardware.tdp * r.ttft;
    r.energy_per_query = q.hardware.tdp * r.total_reasoning_time;
    return r;
  }

  const auto asked = reasoning::served(q, thought);
  r.serving_detail = serving::answer(asked, absent);
  r.feasible = r.serving_detail.feasible;
  r.ttft = r.serving_detail.ttft;

  // Both roofs are straight lines of the context but for the window's end, so that two stretches are exact.
  const auto& m = q.model;
  const Stored<T> s = stored(m, q.precision, q.kv_precision);
  const Group<T> g = serving::group(asked, q.hardware);
  const Tokens<T> begin = q.context_length, end = named(q.context_length + thought, "context_at_the_end");
  const Tokens<T> bend = min(max(begin, first_stated(m.window, end)), end);
  const auto at = [&](Tokens<T> context, const char* work, const char* traffic, const char* total) {
    return named_pass(serving::decode(m, s, g, q.batch_size, yes, context), work, traffic, total);
  };
  const Pass<T> first = at(begin, "first_work", "first_traffic", "first_step"),
                last = at(end, "last_work", "last_traffic", "last_step");
  const Pass<T> middle = at(bend, "bend_work", "bend_traffic", "bend_step");
  const T before = named((bend - begin) / thought, "share_before_the_bend");
  r.itl = before * reasoning::mean_step(first, middle) + (yes - before) * reasoning::mean_step(middle, last);
  r.itl_first = first.total;
  r.itl_last = last.total;
  r.time_per_step = q.tokens_per_step.base * r.itl;
  r.total_reasoning_time = r.ttft + thought.base * r.itl;

  const Pass<T> fill = serving::prefill(m, s, g, Tokens<T>{T(0.0)}, q.context_length, q.batch_size, q.prefill_chunk);
  r.energy_prefill = pass_energy(fill, g, q.assumptions) / q.batch_size;
  const Pass<T> typical = at(begin + thought * named(T(0.5), "half"), "mean_work", "mean_traffic", "mean_step");
  const Power<T> power = named(pass_energy(typical, g, q.assumptions) / typical.total, "decode_power");
  r.energy_per_query = r.energy_prefill + power * (thought.base * r.itl) / q.batch_size;
  return r;
}

struct InferenceScalingWall : Declares<InferenceScalingQuery, InferenceScalingResult, 12> {
  static constexpr auto
      name = "inference-scaling",
      python = "InferenceScalingModel",
      doc = "What thinking longer costs: time and energy of a chain of thought, over a cache that grows with it.";

  static void refuse(const Query& q, Problems& problems) {
    serving::refuse_mute(q.model, q.assumptions.reasoning, "model", problems);
  }
};

}  // namespace mlsysim
