#pragma once
// Serving at an objective: how devices are best split into replicas, what rate of requests they hold, and what that costs.
#include <cmath>
#include "mlsysim/laws/fleet.hpp"
#include "mlsysim/walls/inference.hpp"
#include "mlsysim/walls/serving.hpp"
#include "mlsysim/walls/serving/capacity.hpp"

namespace mlsysim {

namespace serving_capacity {

using Query = ServingCapacityQuery<double>;
using Capacity = ServingCapacity<double>;
inline constexpr double unbounded = std::numeric_limits<double>::infinity();

inline bool by_operators(const Query& q) {
  if (q.fidelity != Fidelity::finest) return q.fidelity == Fidelity::operators;
  return q.assumptions.serving == Basis::first_principles && missing_for_operators(q.model, q.hardware).none();
}
/// With what is not stated and has a value of its own at this level.
inline Query completed(Query q) {
  const Tokens<double> usual{2048.0};
  q.prefill_chunk = first_stated(q.prefill_chunk, by_operators(q) ? first_stated(q.engine.micro_batch, usual) : usual);
  q.efficiency = first_stated(q.efficiency, 0.5);
  q.bandwidth_efficiency = first_stated(q.bandwidth_efficiency, 1.0);
  q.link_latency = first_stated(q.link_latency, Time<double>{0.7 / 1e6});
  return q;
}

/// A replica, and what it keeps in memory.
struct Sized {
  Replica replica;
  Data<double> weights, working, request, available;  // on each device; `request` of one in flight
};
/// The engine's share of memory, its admission of requests, its most sequences.
inline void size_by_operators(const Query& q, double devices, Sized& z) {
  Replica& r = z.replica;
  InferenceQuery<double> i;
  i.model = q.model;
  i.hardware = q.hardware;
  i.engine = q.engine;
  i.precision = q.precision;
  i.kv_precision = q.kv_precision;
  i.tp_size = devices;
  i.pp_size = q.pp_size;
  i.ep_size = q.ep_size;
  i.drafted_tokens = q.drafted_tokens;
  i.network_bandwidth = q.network_bandwidth;
  r.by_operators = true;
  r.deployment = deployment(i);
  r.group.devices = devices * q.pp_size;
  r.yield = expected_tokens(q.draft_acceptance_rate, q.drafted_tokens);
  r.drafting = 1 + q.drafted_tokens * q.draft_share;
  r.admission = q.engine.request;
  z.available = q.hardware.memory.capacity * q.engine.memory_share;
  z.weights = weights_of(r.deployment);
  z.working = activations_of(r.deployment, q.prefill_chunk.base);
  // In flight half of an output is written on average; an engine that puts nobody off keeps room for all of it.
  const Tokens<double> reserved = r.prompt + 2 * q.engine.reserved_output * (r.context - r.prompt);
  z.request = cache_of(r.deployment, mean_paged_tokens(reserved, q.page_size));
  r.slots = std::min(first_stated(q.max_concurrency, q.engine.max_sequences),
                     std::floor((z.available - z.weights - z.working) / z.request));
}

inline Sized sized(const Query& asked, double devices) {
  const Query q = completed(asked);
  Sized z;
  Replica& r = z.replica;
  const auto& m = q.model;
  r.model = m;
  r.stored = stored(m, q.precision, q.kv_precision);
  r.group = serving::group(q, q.hardware);
  r.group.devices = devices;
  r.group.link = group_link(q.hardware, devices, q.network_bandwidth);
  r.prompt = q.seq_len;
  r.output = q.output_len;
  r.length_cv = q.length_cv;
  r.budget = q.prefill_chunk;
  r.context = context_in_flight(q.seq_len, q.output_len, q.length_cv);
  r.time_factor = q.time_factor;
  if (by_operators(q)) {
    size_by_operators(q, devices, z);
    return z;
  }
  z.available = q.hardware.memory.capacity * q.assumptions.usable_memory;
  z.weights = first_stated(shard_share(m.heads, devices), 1.0 / devices) * r.stored.weights;
  z.request = sequence_cache(m, r.stored, mean_paged_tokens(r.context, q.page_size), devices);
  // Logits and activations of a step with as many sequences as fit, which depends on them: twice is enough, they are small.
  const Data<double> room = z.available - z.weights;
  const double allowed = first_stated(q.max_concurrency, unbounded);
  r.slots = std::min(allowed, std::max(1.0, std::floor(room / z.request)));
  for (int i = 0; i < 2; ++i) {
    const Tokens<double> tokens = q.prefill_chunk + Tokens<double>{r.slots};
    z.working = working_memory(m, r.stored, tokens, r.slots, q.assumptions.kept_activations);
    r.slots = std::min(allowed, std::floor((room - z.working) / z.request));
    if (r.slots < 1) break;
  }
  return z;
}

/// The most tensor-parallel devices that a replica may have.
inline double widest(const Query& q) {
  const double domain = std::min(std::floor(q.devices / q.pp_size), first_stated(q.hardware.scale_up_devices, 1.0));
  return first_stated(q.tp_size, domain);
}

inline Capacity answer(const Query& q, const Sized& z, double replicas) {
  const Replica& r = z.replica;
  const Objectives objectives{q.ttft, q.tpot, q.max_concurrency};
  const Highest most = highest(r, objectives);
  Capacity c;
  c.binding = {static_cast<double>(most.limit)};
  c.fidelity = {static_cast<double>(r.by_operators ? Fidelity::operators : Fidelity::first_order)};
  c.request_rate_max = replicas * most.flow.rate;
  const Frequency<double> wanted = first_stated(q.request_rate, c.request_rate_max);
  // Where no rate is asked for, the highest; where none holds, what a lone request sees.
  const Flow f = is_stated(q.request_rate.base) ? flow_at(r, wanted / replicas) : most.flow;
  Waiting w = waiting(r, f);
  const bool served = w.settles && wanted <= (1 + 1e-9) * replicas * f.rate;
  if (!served) w.ttft = w.ttft_p99 = w.e2el = {unbounded};
  c.objectives_met = {served && holds(objectives, r, f, w) ? 1.0 : 0.0};
  c.request_rate = replicas * f.rate;
  c.utilization = c.request_rate_max.base > 0 ? wanted / c.request_rate_max : unbounded;
  const double needed = c.utilization * replicas;
  c.devices_needed =
      std::isfinite(needed) ? r.group.devices * std::max(1.0, std::ceil(needed * (1 - 1e-9))) : unbounded;
  c.ttft = w.ttft;
  c.ttft_p99 = w.ttft_p99;
  c.tpot = token_time(r, f);
  c.itl_decode = f.plain.total;
  c.itl_mixed = f.mixed.total;
  c.e2el = w.e2el;
  c.throughput = c.request_rate.base * q.output_len / Time<double>{1.0};
  c.throughput_per_user = Tokens<double>{1.0} / c.tpot;
  c.concurrency = littles_law(c.request_rate, w.e2el);
  c.decoding = f.decoding;
  c.slots = r.slots;
  c.mixed_steps = f.mixed_steps;
  c.prompt_load = w.prompt_load;
  const auto mean = [&](Time<double> Pass<double>::*term) {
    return f.mixed_steps * f.mixed.*term + (1 - f.mixed_steps) * f.plain.*term;
  };
  const Time<double> compute = mean(&Pass<double>::compute), memory = mean(&Pass<double>::memory);
  c.bottleneck = serving::largest(compute, memory, mean(&Pass<double>::launches), mean(&Pass<double>::communication));
  c.bottleneck_margin = compute < memory ? memory / compute : compute / memory;
  c.weights_time = q.pp_size * z.weights / (r.group.bandwidth * r.group.bandwidth_efficiency);

  // A price is for all devices; prompts pay for what they add to steps. Nothing served has no cost for each token.
  const HirePrice<double> cost = first_stated(q.price, HirePrice<double>{0.0}) * q.devices;
  const double of_prompts = f.mixed_steps * (f.mixed.total - f.plain.total) / f.step;
  if (cost.base > 0 && c.throughput.base > 0) {
    c.million_tokens = cost_per_million_tokens(cost, c.throughput);
    c.million_input = of_prompts * c.million_tokens * (q.output_len / q.seq_len);
    c.million_output = (1 - of_prompts) * c.million_tokens;
  }
  const double idle = q.devices - replicas * r.group.devices;  // devices that no replica takes
  const Power<double> power =
      replicas * replica_power(r, f, q.assumptions) + idle * q.assumptions.idle_power * q.hardware.tdp;
  const Time<double> million = Tokens<double>{1e6} / c.throughput;
  c.million_energy = facility_energy(power * million, q.grid.pue);
  c.million_carbon = operational_carbon(c.million_energy, q.grid.carbon_intensity);
  return c;
}

}  // namespace serving_capacity

inline Optimum<ServingCapacityResult<double>, ServingCapacityCandidate<double>> optimise(
    const ServingCapacityQuery<double>& q) {
  Optimum<ServingCapacityResult<double>, ServingCapacityCandidate<double>> optimum;
  auto& r = optimum.result;
  const bool chosen = is_stated(q.tp_size);
  const double widest = serving_capacity::widest(q);
  double does_not_fit = 0;
  serving_capacity::Sized last;
  for (double tp = chosen ? q.tp_size : q.ep_size; tp <= widest; ++tp) {
    if (!chosen && (std::fmod(q.devices, tp * q.pp_size) != 0 || std::fmod(first_stated(q.model.heads, tp), tp) != 0))
      continue;
    ++r.total_searched;
    last = serving_capacity::sized(q, tp);
    if (!(last.replica.slots >= 1)) {
      ++does_not_fit;
      continue;
    }
    const double replicas = std::floor(q.devices / (tp * q.pp_size));
    optimum.best.push_back({{tp, replicas}, serving_capacity::answer(q, last, replicas)});
  }
  std::stable_sort(optimum.best.begin(), optimum.best.end(), [](const auto& a, const auto& b) {
    const auto &x = a.answer, &y = b.answer;
    return y.request_rate_max < x.request_rate_max ||
           (y.request_rate_max <= x.request_rate_max && x.ttft_p99 < y.ttft_p99);
  });
  if (does_not_fit > 0) optimum.fell.emplace_back("weights and one request do not fit", does_not_fit);
  r.feasible = {optimum.best.empty() ? 0.0 : 1.0};
  if (!optimum.best.empty()) {
    r.answer = optimum.best.front().answer;
    r.best_config = optimum.best.front().config;
    last = serving_capacity::sized(q, r.best_config.tp_size);
  }
  const Replica& best = last.replica;
  const Tokens<double> context{1e6};  // far past any window
  r.kv_per_token = sequence_cache(q.model, best.stored, context + Tokens<double>{1.0}, 1.0) -
                   sequence_cache(q.model, best.stored, context, 1.0);
  r.memory_weights = last.weights;
  r.memory_available = last.available;
  r.memory_footprint = last.weights + last.working + std::max(1.0, best.slots) * last.request;
  return optimum;
}

struct ServingCapacityWall : Searches<ServingCapacityQuery, ServingCapacityResult, ServingCapacityCandidate> {
  static constexpr auto
      name = "serving-capacity",
      python = "ServingCapacityModel",
      doc = "Serving at an objective: the best layout of devices, the rate that holds, latencies, costs.";

  static void refuse(const Query& q, Problems& problems) {
    serving::refuse_mute(q.model, Basis::first_principles, "model", problems);
    const auto need = [&](bool stated, const char* argument, const char* what, double nearest = std::nan("")) {
      if (stated) return;
      serving::refuse(problems, argument, what);
      if (is_stated(nearest)) problems.back().nearest = argument + (" " + std::to_string(static_cast<long>(nearest)));
    };
    need(is_stated(q.seq_len.base), "seq_len", "it is missing: mean tokens of a prompt (--isl)");
    need(is_stated(q.output_len.base), "output_len", "it is missing: mean tokens of an output (--osl)");
    need(is_stated(q.request_rate.base) || is_stated(q.ttft.base), "request_rate",
         "it is missing: state the requests that arrive a second, or a time to first token (--ttft) that the highest "
         "rate is to hold");
    if (q.fidelity == Fidelity::operators)
      refuse_without_operators(q.model, q.hardware, "hardware", "fidelity first_order does without", problems);
    if (q.fidelity == Fidelity::operators && q.assumptions.serving == Basis::original)
      serving::refuse(problems, "fidelity", "the assumptions of the original know no operators: first_order");
    if (serving_capacity::by_operators(q))
      for (const auto& [figure, argument] : {std::pair{q.efficiency, "efficiency"},
                                             {q.bandwidth_efficiency, "bandwidth_efficiency"},
                                             {q.link_latency.base, "link_latency"}})
        need(!is_stated(figure), argument,
             "a figure of the first-order level, and the fidelity is operator, where kernels and engine say what is "
             "reached: leave it out, or state fidelity first_order");
    else
      for (const auto& [figure, none, argument] : {std::tuple{q.pp_size, 1.0, "pp_size"},
                                                   {q.ep_size, 1.0, "ep_size"},
                                                   {q.drafted_tokens, 0.0, "drafted_tokens"}})
        need(!(figure > none), argument, "operators know it, and the fidelity is first_order: leave it out", none);
    need(!(q.devices < q.tp_size), "tp_size", "more than there are devices", q.devices);
    need(q.devices < q.tp_size || !(q.devices < first_stated(q.tp_size, 1.0) * q.pp_size), "pp_size",
         "a replica of so many stages takes more devices than there are",
         std::floor(q.devices / first_stated(q.tp_size, 1.0)));
    need(!(serving_capacity::widest(q) < q.ep_size), "ep_size",
         "experts are spread over the tensor-parallel devices of a replica, and one has fewer: state tp_size",
         serving_capacity::widest(q));
    need(is_stated(q.hardware.compute.peak(q.precision).base), "precision",
         "the hardware has no unit for it or for a wider format");
  }
};

}  // namespace mlsysim
