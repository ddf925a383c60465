#include "mlsysim/evidence/beside.hpp"

#include <algorithm>
#include <cmath>

#include "mlsysim/evidence/summary.hpp"
#include "mlsysim/evidence/training_cases.hpp"
#include "mlsysim/walls/distributed.hpp"
#include "mlsysim/walls/serving.hpp"

namespace mlsysim {
namespace {

constexpr double share_of_peak = 0.5;
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// A share of the peak as what the row measures, and back: a rate is in proportion, a time in inverse proportion.
double at_share(const Case& c, double of_predicted, double share) {
  return is_rate(c.metric) ? predicted(c) * share / of_predicted : predicted(c) * of_predicted / share;
}

double original_training(const Case& c, const Assumptions<double>& set) {
  const auto& q = c.training();
  if (q.cp_size > 1) return none;
  DistributedQuery<double> d;
  d.model = q.model;
  d.fleet = q.fleet;
  d.batch_size = q.batch_size;
  d.precision = q.precision;
  d.tp_size = q.tp_size;
  d.pp_size = q.pp_size;
  d.v_stages = q.v_stages;
  d.microbatch_count = std::max(1.0, std::floor(evaluate(q).microbatches));
  d.zero_stage = q.zero_stage == Sharding::weights     ? ZeroStage::weights
                 : q.zero_stage == Sharding::gradients ? ZeroStage::gradients
                 : q.zero_stage == Sharding::optimizer ? ZeroStage::optimizer
                                                       : ZeroStage::none;
  d.is_lora = q.is_lora;
  d.activation_recomputation = q.recomputation == Recomputed::full;
  d.seq_len = q.seq_len;
  d.assumptions = set;
  const auto r = evaluate(d);
  const double step = r.step_latency_total.base;
  switch (c.metric) {
    case Metric::step_time:
      return step;
    case Metric::throughput_per_device:
      return tokens_per_device(q) / step;
    case Metric::memory_reserved:
      return r.node_profile.memory_footprint.base;
    case Metric::device_time:
      return q.training_tokens.base / tokens_per_device(q) * step;
    default:
      return none;
  }
}

}  // namespace

ConstantShares::ConstantShares(const std::vector<Case>& published) {
  for (const auto& c : published)
    if (c.posed() && (c.metric == Metric::step_time || c.metric == Metric::throughput_per_device)) {
      const double pace = is_rate(c.metric) ? c.measured / mlsysim::predicted(c) : mlsysim::predicted(c) / c.measured;
      runs_.push_back({c.chip, c.source, evaluate(c.training()).mfu * pace});
    }
}

double ConstantShares::predicted(const Case& c) const {
  const auto& q = c.training();
  if (c.metric == Metric::memory_reserved)
    return 16 * q.model.parameters / (q.zero_stage == Sharding::weights ? q.fleet.nodes * q.fleet.node.accelerators
                                                                        : q.tp_size * q.pp_size);
  std::vector<double> own, all;
  for (const auto& run : runs_)
    if (run.source != c.source) {
      all.push_back(run.share);
      if (run.chip == c.chip) own.push_back(run.share);
    }
  auto& shares = own.empty() ? all : own;
  std::ranges::sort(shares);
  return at_share(c, evaluate(q).mfu, quantile(shares, 0.5));
}

double roofline_alone(const Case& c) {
  const auto& q = c.inference();
  const auto d = deployment(q);
  const auto time = [&](const StepCost<double>& step) {
    const WorkRate<double> rate = share_of_peak * d.device.compute.peak(d.formats.operands);
    return std::max((step.work / rate).base, (step.traffic / d.device.memory.bandwidth).base);
  };
  const double in = q.seq_len.base, out = q.output_len.base, halfway = in + 0.5 * out;
  const double flying = evaluate(q).concurrency;
  const double mixed = time(mixed_cost(d, flying, halfway, flying / out, in));
  return figure(c, {.batch = q.batch_size,
                    .in_flight = flying,
                    .ttft = time(prefill_cost(d, q.batch_size, in)),
                    .itl = time(decode_cost(d, q.batch_size, halfway)),
                    .itl_in_flight = time(decode_cost(d, flying, halfway)),
                    .itl_mixed = mixed,
                    .energy_per_token = q.tp_size * q.pp_size * q.hardware.tdp.base * mixed / flying});
}

double original_package(const Case& c, const Assumptions<double>& set) {
  if (c.trains()) return original_training(c, set);
  const auto& q = c.inference();
  if (q.tp_size * q.pp_size > 1 || c.replicas > 1) return none;
  ServingQuery<double> s;
  s.model = q.model;
  s.hardware = q.hardware;
  s.seq_len = q.seq_len;
  s.output_len = q.output_len;
  s.precision = q.precision;
  s.assumptions = set;
  // It knows one batch: that of the row, or the sequences in flight.
  const bool flying = c.metric == Metric::throughput_in_flight || c.metric == Metric::energy_per_token ||
                      c.metric == Metric::itl_mixed || is_stated(q.max_concurrency);
  s.batch_size = flying ? evaluate(q).concurrency : q.batch_size;
  const auto r = serving::original_answer(s, serving::Optional::absent);
  return figure(c, {.batch = s.batch_size,
                    .in_flight = s.batch_size,
                    .ttft = r.ttft.base,
                    .itl = r.itl.base,
                    .itl_in_flight = r.itl.base,
                    .itl_mixed = r.itl.base,
                    .energy_per_token = r.energy_per_token.base});
}

}  // namespace mlsysim
