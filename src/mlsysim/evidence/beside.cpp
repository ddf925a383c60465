#include "mlsysim/evidence/beside.hpp"

#include <algorithm>

#include "mlsysim/walls/serving.hpp"

namespace mlsysim {
namespace {

constexpr double share_of_peak = 0.5;

}  // namespace

double roofline_alone(const Case& c) {
  const auto& q = c.query;
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
  const auto& q = c.query;
  if (q.tp_size * q.pp_size > 1 || c.replicas > 1) return std::numeric_limits<double>::quiet_NaN();
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
