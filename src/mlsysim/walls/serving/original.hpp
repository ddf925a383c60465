#pragma once
// Wall 4 as the original package computes it.
#include "mlsysim/laws/original_serving.hpp"
#include "mlsysim/laws/serving.hpp"
#include "mlsysim/walls/serving/query.hpp"
#include "mlsysim/workload/transformer.hpp"

namespace mlsysim::serving {

/// The whole batch is prefilled before any token, attention is not causal, decoding has no
/// arithmetic, four tokens are drafted and their verification costs a step.
template <class T>
ServingResult<T> original_answer(const ServingQuery<T>& q, Optional optional_entities) {
  const auto& m = q.model;
  const auto& d = q.draft_model;
  const auto& h = q.decode_hardware;
  const auto& a = q.assumptions;
  const bool either = optional_entities == Optional::present;
  const T none = 0.0, yes = 1.0;
  const Time<T> no_time{none};
  const Data<T> nothing{none};
  ServingResult<T> r;

  const Data<T> element = element_size<T>(q.precision);
  const auto cache_of = [&](const Model<T>& one) {
    return kv_cache_bytes(one.kv_elements, element, one.layers, none, q.seq_len, q.seq_len);
  };
  const Data<T> each = named(cache_of(m), "cache_of_a_sequence");
  r.model_weights_size = first_stated(m.parameters * element, m.model_size);
  r.kv_cache_size = q.batch_size * each;
  const Data<T> draft_weights = either ? first_stated(d.parameters * element, nothing) : nothing;
  r.draft_memory = draft_weights;
  r.activation_memory = nothing;
  r.total_memory_required = r.model_weights_size + r.kv_cache_size + r.draft_memory;
  r.prefill_memory_required = r.total_memory_required;
  r.memory_available =
      either ? first_stated(h.memory.capacity, q.hardware.memory.capacity) : q.hardware.memory.capacity;
  r.memory_utilization = r.total_memory_required / r.memory_available;
  r.feasible = {select(r.total_memory_required <= r.memory_available, yes, none)};
  r.batch_max = max(none, floor((r.memory_available - r.model_weights_size - draft_weights) / each));

  const Tokens<T> fresh = max(Tokens<T>{yes}, q.seq_len - q.cached_prefix_len);
  const WorkRate<T> peak = q.hardware.compute.peak(q.precision);
  const Work<T> work =
      original::prefill_work(m.parameters, fresh, q.seq_len, q.batch_size, m.layers, m.heads * m.head_dim);
  r.prefill_compute = work / (peak * q.efficiency);
  r.prefill_memory = r.prefill_communication = r.decode_communication = r.decode_compute = no_time;
  r.prefill_launches = q.hardware.dispatch_tax;
  const T apart = h.memory.bandwidth / h.memory.bandwidth;  // 1 where another device decodes
  r.kv_transfer_time = either ? first_stated(apart * (r.kv_cache_size / q.network_bandwidth), no_time) : no_time;
  r.ttft = r.prefill_compute + r.prefill_launches + r.kv_transfer_time;

  const Bandwidth<T> bandwidth =
      either ? first_stated(h.memory.bandwidth, q.hardware.memory.bandwidth) : q.hardware.memory.bandwidth;
  r.decode_memory = (r.model_weights_size + r.kv_cache_size) / bandwidth;
  r.decode_launches = m.layers * a.layer_overhead;
  const Time<T> step =
      original::decode_time(r.model_weights_size + r.kv_cache_size, bandwidth, m.layers, a.layer_overhead);
  r.draft_time = no_time;
  r.tokens_per_step = yes;
  if (either) {
    const T drafted = named(T(4.0), "drafted tokens of the original");
    const Data<T> draft_cache = q.batch_size * cache_of(d);
    r.draft_time = first_stated(drafted * ((draft_weights + draft_cache) / bandwidth), no_time);
    r.tokens_per_step =
        first_stated(d.parameters / d.parameters * expected_tokens(q.draft_acceptance_rate, drafted), yes);
  }
  r.itl = (step + r.draft_time) / r.tokens_per_step;
  r.prefill_bottleneck = largest(r.prefill_compute, r.prefill_memory, r.prefill_launches, no_time);
  r.decode_bottleneck = largest(no_time, r.decode_memory, r.decode_launches, no_time);
  r.prompt_cache_hit_ratio = q.cached_prefix_len / q.seq_len;
  r.throughput = Tokens<T>{q.batch_size} / r.itl;
  r.request_latency = r.ttft + max(none, q.output_len.base - yes) * r.itl;
  const Power<T> limit = either ? first_stated(h.tdp, q.hardware.tdp) : q.hardware.tdp;
  r.energy_per_token = limit * r.itl / Tokens<T>{q.batch_size};
  return r;
}

}  // namespace mlsysim::serving
