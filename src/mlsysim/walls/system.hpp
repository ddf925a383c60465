#pragma once
// A model on a fleet in a region for a time, over the walls that answer its parts: does it fit, how fast is a step, and what
// energy, carbon and money the time takes.
#include "mlsysim/walls/distributed.hpp"
#include "mlsysim/walls/economics.hpp"

namespace mlsysim {

template <class T>
struct SystemQuery {
  static constexpr double not_stated = std::numeric_limits<double>::quiet_NaN();
  Model<T> model;
  Fleet<T> fleet;
  Time<T> duration{not_stated};
  Grid<T> grid;
  T batch_size = 1.0;
  Precision precision = Precision::fp16;
  T efficiency = 0.5;
  bool is_training = false;
  Tokens<T> seq_len{not_stated};
  T tp_size = 1.0, pp_size = 1.0, ep_size = 1.0, microbatch_count = 1.0;
  ZeroStage zero_stage = ZeroStage::none;
  bool is_lora = false, activation_recomputation = false, overlap_comm = false;
  Precision kv_precision = Precision::fp16;
  EnergyPrice<T> kwh_price{not_stated};
  T amortization_years = 3.0, infrastructure_multiplier = 1.0;
  bool performance_only = false;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the network");
    v.entity("fleet", "fleet", q.fleet, "the machines: a fleet, or a device and how many (h100:64)");
    v("duration_days", q.duration, day, at_least(0), "time of use");
    v.entity("grid", "grid", q.grid, "where they stand", "us-avg", Spelling{"region"});
    v("batch_size", q.batch_size, one, count_from(1),
      "sequences or samples: of a device in inference, of a step of the whole fleet in training",
      Spelling{"global_batch"});
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v("is_training", q.is_training,
      "the fleet trains one network together, instead of each device answering with a copy of its own");
    v("seq_len", q.seq_len, token, count_from(1),
      "tokens of each sequence: cached ones in inference (not stated: an empty cache), trained ones in training (not "
      "stated: 2048)",
      Spelling{"context"});
    v("tp_size", q.tp_size, one, count_from(1), "tensor parallelism: devices that share each layer", Spelling{"tp"});
    v("pp_size", q.pp_size, one, count_from(1), "pipeline parallelism: stages that share the layers out",
      Spelling{"pp"});
    v("ep_size", q.ep_size, one, count_from(1), "expert parallelism: devices that share the experts of a layer out",
      Spelling{"ep"});
    v("microbatch_count", q.microbatch_count, one, count_from(1),
      "microbatches that a replica's sequences pass a pipeline in", Spelling{"microbatches"});
    v("zero_stage", q.zero_stage, "ZeRO: 1 shards optimizer state over replicas, 2 gradients too, 3 weights too");
    v("is_lora", q.is_lora, "train low-rank adapters on frozen weights");
    v("activation_recomputation", q.activation_recomputation, "recompute activations in the backward pass");
    v("overlap_comm", q.overlap_comm, "gradients are exchanged while the backward pass still runs");
    v("kv_precision", q.kv_precision, "number format of the cache", Spelling{"kv_cache_dtype"});
    v("kwh_price", q.kwh_price, USD / kWh, at_least(0), "price of electricity (not stated: the region's)");
    v("amortization_years", q.amortization_years, one, above(0), "life over which capital is written off");
    v("infrastructure_multiplier", q.infrastructure_multiplier, one, at_least(1),
      "price of everything over that of the accelerators: hosts, network, storage, building");
    v("performance_only", q.performance_only, "leave energy, carbon and money out");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct SystemFeasibility {
  Data<T> memory_used, memory_available;
  T memory_utilization{};

  template <class F, class V>
  static void fields(F& f, V& v) {
    v("memory_used", f.memory_used, GB, any, "bytes that must reside on each device");
    v("memory_available", f.memory_available, GB, any, "bytes that a device has for them");
    v("memory_utilization", f.memory_utilization, one, any, "the first over the second");
  }
};

template <class T>
struct SystemPerformance {
  Time<T> latency, latency_compute, latency_memory, comm_overhead, bubble;
  Answer<T, Bottleneck> bottleneck;
  Frequency<T> throughput, fleet_throughput;
  TokenRate<T> token_throughput;
  T mfu{}, scaling_efficiency{};
  Power<T> device_power;

  template <class P, class V>
  static void fields(P& p, V& v) {
    v("latency", p.latency, ms, any, "one step: of a device in inference, of the fleet in training");
    v("latency_compute", p.latency_compute, ms, any, "arithmetic of a device alone");
    v("latency_memory", p.latency_memory, ms, any, "memory traffic of a device alone");
    v("comm_overhead", p.comm_overhead, ms, any, "communication of a device, hidden or not");
    v("pipeline_bubble", p.bubble, ms, any, "a device waits for the pipeline to fill and drain");
    v("bottleneck", p.bottleneck, "the roof that binds a device");
    v("throughput", p.throughput, per_s, any, "sequences or samples a second of that step");
    v("fleet_throughput", p.fleet_throughput, per_s, any, "sequences or samples a second, the whole fleet");
    v("token_throughput", p.token_throughput, token / s, any, "tokens a second, the whole fleet");
    v("mfu", p.mfu, one, any, "share of the peak that the model's own operations reach");
    v("scaling_efficiency", p.scaling_efficiency, one, any, "time that a device computes over that of the step");
    v("device_power", p.device_power, W, any, "mean power of a device over a step");
  }
};

template <class T>
struct SystemMacro {
  Energy<T> it_energy, energy;
  Carbon<T> carbon;
  Water<T> water;
  Money<T> energy_cost, capex, maintenance, tco, million_tokens;

  template <class M, class V>
  static void fields(M& m, V& v) {
    v("it_energy", m.it_energy, MWh, any, "energy of accelerators and hosts");
    v("energy", m.energy, MWh, any, "energy of the facility");
    v("carbon_footprint", m.carbon, tCO2e, any, "carbon of operation");
    v("water", m.water, L, any, "water evaporated for cooling");
    v("energy_cost", m.energy_cost, USD, any, "electricity");
    v("capex", m.capex, USD, any, "capital that falls on this time");
    v("maintenance", m.maintenance, USD, any, "maintenance");
    v("tco", m.tco, USD, any, "all of it");
    v("million_tokens", m.million_tokens, USD, any, "all of it, for a million tokens (or samples) without a pause");
  }
};

template <class T>
struct SystemResult {
  Flag<T> feasible;
  SystemFeasibility<T> feasibility;
  SystemPerformance<T> performance;
  SystemMacro<T> macro;
  Parallelism<T> parallelism;
  SingleNodeResult<T> node_profile;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "every device holds what it must");
    v.entity("feasibility", "", r.feasibility, "does it fit");
    v.entity("performance", "", r.performance, "how fast is a step");
    v.entity("macro", "", r.macro, "what the time takes");
    v.entity("parallelism", "", r.parallelism, "degrees");
    v.entity("node_profile", "", r.node_profile, "one device's share of the step");
    v.name_of("region_name", "grid", "the grid");
  }
};

namespace whole_system {

template <class T>
SingleNodeQuery<T> answering(const SystemQuery<T>& q) {
  SingleNodeQuery<T> d;
  d.model = q.model;
  d.hardware = q.fleet.node.accelerator;
  d.batch_size = q.batch_size;
  d.precision = q.precision;
  d.efficiency = q.efficiency;
  d.seq_len = q.seq_len;
  d.kv_precision = q.kv_precision;
  d.assumptions = q.assumptions;
  return d;
}

template <class T>
DistributedQuery<T> training(const SystemQuery<T>& q) {
  DistributedQuery<T> d;
  d.model = q.model;
  d.fleet = q.fleet;
  d.batch_size = q.batch_size;
  d.precision = q.precision;
  d.efficiency = q.efficiency;
  d.tp_size = q.tp_size;
  d.pp_size = q.pp_size;
  d.ep_size = q.ep_size;
  d.microbatch_count = q.microbatch_count;
  d.zero_stage = q.zero_stage;
  d.is_lora = q.is_lora;
  d.activation_recomputation = q.activation_recomputation;
  d.overlap_comm = q.overlap_comm;
  d.seq_len = first_stated(q.seq_len, named(Tokens<T>{T(2048.0)}, "training length (none stated)"));
  d.assumptions = q.assumptions;
  return d;
}

/// Each device answers with a copy of its own.
template <class T>
void infer(const SystemQuery<T>& q, T devices, SystemResult<T>& r) {
  auto& p = r.performance;
  r.node_profile = evaluate(answering(q));
  r.feasible = r.node_profile.feasible;
  r.parallelism = {devices, T(1.0), T(1.0), T(1.0)};
  p.latency = r.node_profile.latency;
  p.comm_overhead = p.bubble = Time<T>{T(0.0)};
  p.throughput = r.node_profile.throughput;
  p.fleet_throughput = p.throughput * devices;
  p.token_throughput = r.node_profile.token_throughput * devices;
  p.mfu = r.node_profile.mfu;
  p.scaling_efficiency = T(1.0);
  p.device_power = r.node_profile.power;
}

/// The fleet trains one network together.
template <class T>
void train(const SystemQuery<T>& q, SystemResult<T>& r) {
  auto& p = r.performance;
  const DistributedResult<T> step = evaluate(training(q));
  r.node_profile = step.node_profile;
  // The original passes whatever it trains.
  r.feasible = q.assumptions.communication == Basis::original ? Flag<T>{T(1.0)} : step.feasible;
  r.parallelism = step.parallelism;
  p.latency = step.step_latency_total;
  p.comm_overhead = step.communication_latency;
  p.bubble = step.pipeline_bubble_latency;
  p.throughput = Frequency<T>{q.batch_size / step.step_latency_total.base};
  p.fleet_throughput = step.effective_throughput;
  p.token_throughput = step.token_throughput;
  p.mfu = step.mfu;
  p.scaling_efficiency = step.scaling_efficiency;
  const Power<T> idle = q.assumptions.idle_power * q.fleet.node.accelerator.tdp;
  p.device_power =
      step.scaling_efficiency * r.node_profile.power + (T(1.0) - step.scaling_efficiency) * named(idle, "idle power");
}

template <class T>
SystemMacro<T> take(const SystemQuery<T>& q, const SystemPerformance<T>& p) {
  const auto& a = q.assumptions;
  EconomicsQuery<T> use;
  use.fleet = q.fleet;
  use.duration = q.duration;
  use.kwh_price = q.kwh_price;
  use.grid = q.grid;
  use.amortization_years = q.amortization_years;
  use.infrastructure_multiplier = q.infrastructure_multiplier;
  use.token_throughput = p.token_throughput;
  use.assumptions = a;
  // Power is linear in the time that is busy: the share of it at which a device draws what the step draws. The original takes
  // every device for busy all the time.
  const Power<T> limit = q.fleet.node.accelerator.tdp;
  use.mfu = a.sustainability == Basis::original
                ? T(1.0)
                : named((p.device_power / limit - a.idle_power) / (T(1.0) - a.idle_power), "busy share");
  use.efficiency = T(1.0);
  const EconomicsResult<T> e = evaluate(use);
  return {e.it_energy, e.total_energy,     e.carbon, e.water,         e.opex_energy,
          e.capex,     e.opex_maintenance, e.tco,    e.million_tokens};
}

}  // namespace whole_system

template <class T>
SystemResult<T> evaluate(const SystemQuery<T>& q) {
  SystemResult<T> r;
  if (q.is_training) whole_system::train(q, r);
  else whole_system::infer(q, named(q.fleet.nodes * q.fleet.node.accelerators, "devices"), r);
  r.performance.latency_compute = r.node_profile.latency_compute;
  r.performance.latency_memory = r.node_profile.latency_memory;
  r.performance.bottleneck = r.node_profile.bottleneck;
  r.feasibility.memory_used = r.node_profile.memory_footprint;
  r.feasibility.memory_available = r.node_profile.memory_available;
  r.feasibility.memory_utilization = r.feasibility.memory_used / r.feasibility.memory_available;
  if (!q.performance_only) r.macro = whole_system::take(q, r.performance);
  return r;
}

struct SystemWall : Declares<SystemQuery, SystemResult> {
  static constexpr auto name = "system", python = "SystemModel",
                        doc = "A model on a fleet in a region for a time: fit, speed, energy, carbon and cost.";

  /// Degrees that do not divide what they split, with the nearest that does.
  static void refuse(const SystemQuery<double>& q, Problems& problems) {
    if (q.is_training) DistributedWall::refuse(whole_system::training(q), problems);
  }
};

}  // namespace mlsysim
