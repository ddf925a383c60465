#include "mlsysim/report/operators.hpp"

#include <algorithm>

namespace mlsysim {
namespace {

struct WeighedStep {
  StepCost<double> cost;
  double share = 1;
};

/// Operators of a mean step.
StepCost<double> mean_of(const std::vector<WeighedStep>& steps) {
  StepCost<double> mean{};
  using Cost = OperatorCost<double>;
  for (const auto& [cost, share] : steps) {
    for (Cost StepCost<double>::*part :
         {&StepCost<double>::projections, &StepCost<double>::feed_forward, &StepCost<double>::experts,
          &StepCost<double>::attention, &StepCost<double>::head, &StepCost<double>::elementwise})
      mean.*part = mean.*part + times(share, cost.*part);
    for (Time<double> StepCost<double>::*part :
         {&StepCost<double>::communication, &StepCost<double>::fixed, &StepCost<double>::total,
          &StepCost<double>::compute, &StepCost<double>::memory})
      mean.*part = mean.*part + share * (cost.*part);
  }
  return mean;
}

OperatorRow row_of(const char* name, const OperatorCost<double>& c, const StepDetail& d) {
  const auto& device = d.deployment.device;
  const auto& engine = d.deployment.engine;
  OperatorRow row{name, c.total, c.compute, c.memory, c.work, c.traffic, {}, "latency", 0};
  if (0.5 * c.total < max(c.compute, c.memory)) row.binds = c.compute < c.memory ? "memory" : "compute";
  const Time<double> roof =
      max(c.work / device.compute.peak(d.deployment.formats.operands), c.traffic / device.memory.bandwidth);
  row.of_roof = roof / c.total;
  row.energy = d.devices * device.tdp * (engine.power_compute * c.compute + engine.power_memory * c.memory);
  return row;
}

/// The steps of a replica at the rate that the answer is for.
std::vector<WeighedStep> steps_of(const ServingCapacityQuery<double>& q, const serving_capacity::Sized& z,
                                  double decoding) {
  const Flow f = flow(z.replica, decoding);
  const double sequences = std::max(1.0, decoding), longer = q.time_factor * z.replica.drafting;
  std::vector<WeighedStep> steps{{operators_of_step(z.replica, sequences, {0.0}), (1 - f.mixed_steps) * longer},
                                 {operators_of_step(z.replica, sequences, f.chunk), f.mixed_steps * longer}};
  return steps;
}

}  // namespace

StepDetail step_detail(const Question& question, const std::vector<double>& result) {
  StepDetail d;
  std::vector<WeighedStep> steps;
  const auto of = [&](const char* name) { return result[static_cast<std::size_t>(question.table().output(name))]; };
  if (question.table().wall->name == std::string_view("inference")) {
    const auto q = query_of<InferenceQuery>(question);
    d.deployment = deployment(q);
    d.devices = q.tp_size * q.pp_size;
    d.sequences = q.batch_size;
    steps.push_back({decode_cost(d.deployment, q.batch_size, q.seq_len.base + 0.5 * q.output_len.base)});
    d.weights = {of("memory_weights")};
    d.cache = {of("memory_cache")};
    d.activations = {of("memory_footprint") - of("memory_weights") - of("memory_cache")};
  } else {
    const auto q = query_of<ServingCapacityQuery>(question);
    const auto sized = serving_capacity::sized(q, of("best_config.tp_size"));
    d.deployment = sized.replica.deployment;
    d.devices = sized.replica.group.devices;
    d.sequences = std::max(1.0, of("decoding"));
    steps = steps_of(q, sized, of("decoding"));
    d.weights = sized.weights;
    d.activations = sized.working;
    d.cache = std::max(1.0, of("slots")) * sized.request;
  }
  d.capacity = d.deployment.device.memory.capacity;
  d.free = d.capacity - d.weights - d.cache - d.activations;
  const StepCost<double> mean = mean_of(steps);
  d.total = mean.total;
  d.power = d.devices * step_power(d.deployment, mean);
  d.energy = d.power * d.total;
  for (const auto& [name, cost] : {std::pair{"projections", &mean.projections},
                                   {"feed-forward", &mean.feed_forward},
                                   {"experts", &mean.experts},
                                   {"attention", &mean.attention},
                                   {"head", &mean.head},
                                   {"elementwise", &mean.elementwise}})
    if (cost->total.base > 0) d.operators.push_back(row_of(name, *cost, d));
  for (const auto& [name, time] : {std::pair{"communication", mean.communication}, {"fixed", mean.fixed}})
    if (time.base > 0) d.operators.push_back({name, time, {}, {}, {}, {}, {}, "latency", 0});
  Energy<double> beyond{0.0};
  for (const auto& row : d.operators) beyond = beyond + row.energy;
  // At the power limit clocks fall: what operators draw is shared out of what is left.
  d.idle = min(d.energy, d.deployment.engine.power_base * d.devices * d.deployment.device.tdp * d.total);
  const double share = beyond.base > 0 ? (d.energy - d.idle) / beyond : 0;
  for (auto& row : d.operators) row.energy = share * row.energy;
  std::ranges::stable_sort(d.operators, std::ranges::greater{}, [](const OperatorRow& r) { return r.total.base; });
  return d;
}

Json step_detail_json(const StepDetail& d) {
  Json json;
  json["step_s"] = d.total.base;
  for (const auto& row : d.operators)
    json["time"].push_back({{"operator", row.name},
                            {"time_s", row.total.base},
                            {"share", row.total / d.total},
                            {"binds", row.binds},
                            {"share_of_roof", row.of_roof},
                            {"work_flop", row.work.base},
                            {"traffic_bytes", row.traffic.base},
                            {"energy_j", row.energy.base}});
  json["memory"] = {{"weights_bytes", d.weights.base},
                    {"cache_bytes", d.cache.base},
                    {"activations_bytes", d.activations.base},
                    {"free_bytes", d.free.base},
                    {"capacity_bytes", d.capacity.base}};
  json["energy"] = {{"step_j", d.energy.base}, {"idle_j", d.idle.base}, {"power_w", d.power.base}};
  return json;
}

}  // namespace mlsysim
