#pragma once
// Wall 4: prefill is bound by arithmetic, decoding by memory, and both share what fits.
#include "mlsysim/execution/pass.hpp"
#include "mlsysim/walls/serving/original.hpp"

namespace mlsysim {

namespace serving {

/// Fields that the questions about servers share, in this order: how a replica is split and what its links are.
template <class Q, class V>
void group_fields(Q& q, V& v) {
  v("kv_precision", q.kv_precision,
    "number format of the cache (never narrower than asked; at least that of fp32 weights)",
    Spelling{"kv_cache_dtype"});
  v("tp_size", q.tp_size, one, count_between(1, 1024), "tensor-parallel devices that share every layer",
    Spelling{"tp"});
  v("bandwidth_efficiency", q.bandwidth_efficiency, one, between(1e-9, 1),
    "share of the memory bandwidth that kernels reach (1: the data sheet's rate; published engines 0.7 to 0.9)");
  v("link_latency", q.link_latency, us, at_least(0),
    "one message between two devices of the group (estimated, 0.3 to 3 us)");
  v("network_bandwidth", q.network_bandwidth, GB / s, above(0), "of one device to other machines, one direction");
}

/// The devices of a phase, of any of those questions.
template <template <class> class Q, class T>
Group<T> group(const Q<T>& q, const Accelerator<T>& h) {
  return {q.tp_size,
          h.memory.capacity,
          h.memory.bandwidth,
          group_link(h, q.tp_size, q.network_bandwidth),
          h.compute.peak(q.precision),
          h.dispatch_tax,
          h.tdp,
          q.efficiency,
          q.bandwidth_efficiency,
          q.assumptions.layer_overhead,
          q.link_latency};
}
/// Of decode hardware every figure is stated, or none (refuse): then it is the hardware that prefills.
template <class T>
Group<T> decoding(const ServingQuery<T>& q, const Group<T>& prefilling) {
  const Accelerator<T>& h = q.decode_hardware;
  Group<T> g = prefilling;
  g.capacity = first_stated(h.memory.capacity, g.capacity);
  // The link of decode hardware that has none is the network, not the link of the hardware that prefills.
  const Bandwidth<T> own =
      first_stated(group_link(h, q.tp_size, q.network_bandwidth) * (h.memory.bandwidth / h.memory.bandwidth), g.link);
  g.link = own;
  g.bandwidth = first_stated(h.memory.bandwidth, g.bandwidth);
  g.peak = first_stated(h.compute.peak(q.precision), g.peak);
  g.dispatch = first_stated(h.dispatch_tax, g.dispatch);
  g.tdp = first_stated(h.tdp, g.tdp);
  return g;
}

/// Of requests that are prefilled together.
template <class T>
Pass<T> prefill(const Model<T>& m, const Stored<T>& s, const Group<T>& g, Tokens<T> prefix, Tokens<T> fresh, T requests,
                Tokens<T> chunk) {
  const Tokens<T> tokens = named(requests * fresh, "prefill_tokens");
  const T runs = named(ceil(tokens / chunk), "prefill_runs");
  // Each run reads what earlier ones cached: half of the whole on average, and the last all of it.
  const T reads = (runs + T(1.0)) * named(T(0.5), "half");
  const Data<T> cache = requests * reads * sequence_cache(m, s, prefix + fresh, g.devices);
  const Pass<T> p = forward_pass(m, s, g, tokens / runs, runs, prefill_attention(m, prefix, fresh, tokens), cache);
  return named_pass(p, "prefill_work", "prefill_traffic", "prefill_time");
}
/// One step of `batch` sequences with `context` tokens each, over `tokens` new tokens of each.
template <class T>
Pass<T> decode(const Model<T>& m, const Stored<T>& s, const Group<T>& g, T batch, T tokens_each, Tokens<T> context) {
  const Tokens<T> tokens{batch * tokens_each};
  return forward_pass(m, s, g, tokens, T(1.0), decode_attention(m, context, tokens),
                      batch * sequence_cache(m, s, context, g.devices));
}

template <class T>
ServingResult<T> answer(const ServingQuery<T>& q, Optional optional_entities) {
  const auto& m = q.model;
  const auto& d = q.draft_model;
  const auto& a = q.assumptions;
  const bool either = optional_entities == Optional::present;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const T none = 0.0, yes = 1.0;
  const Data<T> nothing{none};
  ServingResult<T> r;

  const Stored<T> s = stored(m, q.precision, q.kv_precision), sd = stored(d, q.precision, q.kv_precision);
  const Group<T> first = group(q, q.hardware), second = either ? decoding(q, first) : first;
  // A row of a sweep whose prefix is as long as its prompt has no answer; a single question is refused.
  const Tokens<T> no_answer{T(nan)};
  const Tokens<T> fresh =
      named(select(q.cached_prefix_len < q.seq_len, q.seq_len - q.cached_prefix_len, no_answer), "new_tokens");
  const T requests = q.prefill == Prefill::batch ? q.batch_size : yes;
  const Pass<T> p = prefill(m, s, first, q.cached_prefix_len, fresh, requests, q.prefill_chunk);
  r.prefill_compute = p.compute;
  r.prefill_memory = p.memory;
  r.prefill_launches = p.launches;
  r.prefill_communication = p.communication;
  r.prefill_bottleneck = largest(p.compute, p.memory, p.launches, p.communication);

  // The cache of a prompt crosses the network, at most as fast as the receiver writes it. No receiver, no transfer.
  const Time<T> no_time{none};
  const Data<T> prompt_cache = requests * sequence_cache(m, s, q.seq_len, q.tp_size);
  const Bandwidth<T> receiver = min(q.decode_hardware.memory.bandwidth, q.network_bandwidth);
  r.kv_transfer_time = either ? first_stated(prompt_cache / receiver, no_time) : no_time;
  r.ttft = p.total + r.kv_transfer_time;

  const Tokens<T> context = named(q.seq_len + q.output_len * named(T(0.5), "half"), "mean_context");
  const Tokens<T> longest = named(q.seq_len + q.output_len, "longest_context");
  const T drafting = either ? d.parameters / d.parameters : T(nan);  // 1 where there is a draft model, else not stated
  const T drafted = either ? first_stated(named(drafting, "drafting") * q.drafted_tokens, none) : none;
  Pass<T> t = decode(m, s, second, q.batch_size, yes + drafted, context);
  t = named_pass(t, "decode_work", "decode_traffic", "decode_time");
  r.decode_compute = t.compute;
  r.decode_memory = t.memory;
  r.decode_launches = t.launches;
  r.decode_communication = t.communication;
  r.decode_bottleneck = largest(t.compute, t.memory, t.launches, t.communication);
  Energy<T> step_energy = pass_energy(t, second, a);
  r.tokens_per_step = yes;
  r.draft_time = no_time;
  r.draft_memory = nothing;
  Data<T> draft_cache = nothing, draft_weights = nothing;
  if (either) {
    const Pass<T> guess = decode(d, sd, second, q.batch_size, yes, context);
    r.draft_time = first_stated(q.drafted_tokens * guess.total, no_time);
    r.tokens_per_step = first_stated(drafting * expected_tokens(q.draft_acceptance_rate, q.drafted_tokens), yes);
    step_energy = step_energy + first_stated(q.drafted_tokens * pass_energy(guess, second, a), Energy<T>{none});
    const T share = first_stated(shard_share(d.heads, q.tp_size), yes / q.tp_size);
    draft_weights = first_stated(share * sd.weights, nothing);
    draft_cache = first_stated(sequence_cache(d, sd, longest, q.tp_size), nothing);
    r.draft_memory = draft_weights + q.batch_size * draft_cache;
  }
  r.itl = first_stated(drafting * (t.total + r.draft_time) / r.tokens_per_step, t.total);

  const T share = first_stated(shard_share(m.heads, q.tp_size), yes / q.tp_size);
  const Data<T> each = named(sequence_cache(m, s, longest, q.tp_size), "cache_of_a_sequence");
  const Data<T> filling = working_memory(m, s, min(requests * fresh, q.prefill_chunk), requests, a.kept_activations);
  const T stepped = q.batch_size * (yes + drafted);
  const Data<T> stepping = working_memory(m, s, Tokens<T>{stepped}, stepped, a.kept_activations);
  const Data<T> both = max(filling, stepping);
  r.model_weights_size = share * s.weights;
  r.kv_cache_size = q.batch_size * each;
  const Data<T> apart = q.decode_hardware.memory.capacity;
  r.activation_memory =
      either ? first_stated(stepping * (apart / apart), both) : both;  // elsewhere, no prompt is at work
  r.total_memory_required = r.model_weights_size + r.kv_cache_size + r.draft_memory + r.activation_memory;
  r.memory_available = second.capacity * a.usable_memory;
  r.prefill_memory_required = r.model_weights_size + prompt_cache + filling;
  const Data<T> prefill_available = first.capacity * a.usable_memory;
  const T prefills = select(r.prefill_memory_required <= prefill_available, yes, none);
  r.feasible = {select(r.total_memory_required <= r.memory_available, prefills, none)};
  r.memory_utilization = r.total_memory_required / r.memory_available;
  const Data<T> left = r.memory_available - r.model_weights_size - draft_weights - r.activation_memory;
  r.batch_max = max(none, floor(left / (each + draft_cache)));

  r.prompt_cache_hit_ratio = q.cached_prefix_len / q.seq_len;
  r.throughput = Tokens<T>{q.batch_size} / r.itl;
  r.request_latency = r.ttft + max(none, q.output_len.base - yes) * r.itl;
  r.energy_per_token = step_energy / Tokens<T>{r.tokens_per_step * q.batch_size};
  return r;
}

inline void refuse(Problems& problems, const char* argument, const std::string& why) {
  problems.push_back({.kind = Problem::Kind::input, .argument = argument, .message = argument + (": " + why)});
}
/// The original serves encoders too; what neither generates nor has attention it can't serve either.
inline void refuse_mute(const Model<double>& m, Basis basis, const char* argument, Problems& problems) {
  const bool serves = basis == Basis::original ? has_cache(m.architecture) : m.forward_unit == ForwardUnit::token;
  if (!serves) refuse(problems, argument, "it emits no tokens: name a language model");
}
/// Of a draft model and of decode hardware that are named, every figure that an answer needs must be stated: one that is not would
/// otherwise read as "none is named".
inline void refuse_incomplete(const Model<double>& m, Problems& problems) {
  if (!is_stated(m.parameters)) return;
  const auto need = [&](double x, const char* figure) {
    if (!is_stated(x)) refuse(problems, "draft_model", std::string("it states no ") + figure);
  };
  need(m.layers, "layers");
  need(m.hidden_dim, "hidden_dim");
  if (has_cache(m.architecture))
    need(m.kv_elements, "kv_elements"), need(m.heads, "heads"), need(m.head_dim, "head_dim");
  if (has_state(m.architecture)) need(m.state_elements, "state_elements");
  if (m.architecture == Architecture::mixture_of_experts)
    need(m.experts, "experts"), need(m.experts_per_token, "experts_per_token"),
        need(m.active_parameters, "active_parameters");
}
inline void refuse_incomplete(const Accelerator<double>& h, Precision precision, Problems& problems) {
  if (!is_stated(h.memory.bandwidth.base) && !is_stated(h.memory.capacity.base)) return;
  const auto need = [&](double x, const std::string& figure) {
    if (!is_stated(x)) refuse(problems, "decode_hardware", "it states no " + figure);
  };
  need(h.memory.bandwidth.base, "memory.bandwidth");
  need(h.memory.capacity.base, "memory.capacity");
  need(h.compute.peak(precision).base, std::string("rate for ") + word(precision) + " or a wider format");
  need(h.dispatch_tax.base, "dispatch_tax");
  need(h.tdp.base, "power.tdp");
}

}  // namespace serving

template <class T>
ServingResult<T> evaluate(const ServingQuery<T>& q) {
  constexpr auto present = serving::Optional::present;
  return q.assumptions.serving == Basis::original ? serving::original_answer(q, present) : serving::answer(q, present);
}

struct ServingWall : Declares<ServingQuery, ServingResult, 4> {
  static constexpr auto
      name = "serving",
      python = "ServingModel",
      doc = "Serving a language model: time to first token, time between tokens, and what fits beside the weights.";

  static void refuse(const Query& q, Problems& problems) {
    serving::refuse_mute(q.model, q.assumptions.serving, "model", problems);
    if (is_stated(q.draft_model.parameters))
      serving::refuse_mute(q.draft_model, q.assumptions.serving, "draft_model", problems);
    if (q.seq_len <= q.cached_prefix_len)
      serving::refuse(problems, "cached_prefix_len",
                      "a cached prefix is shorter than the prompt (seq_len): at least one token is new");
    serving::refuse_incomplete(q.draft_model, problems);
    serving::refuse_incomplete(q.decode_hardware, q.precision, problems);
  }
};

}  // namespace mlsysim
