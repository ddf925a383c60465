#pragma once
// The largest batch that still answers in time: a larger one serves more cheaply, fills more slowly and takes longer.
#include <algorithm>
#include <cmath>
#include "mlsysim/laws/original_operations.hpp"
#include "mlsysim/laws/queueing.hpp"
#include "mlsysim/walls/serving.hpp"

namespace mlsysim {

template <class T>
struct BatchingOptimizerQuery {
  static constexpr double not_stated = std::numeric_limits<double>::quiet_NaN();
  Model<T> model;
  Accelerator<T> hardware;
  Tokens<T> seq_len{not_stated};
  Time<T> sla_latency_ms{not_stated};
  Frequency<T> arrival_rate_qps{not_stated};
  T num_replicas = 1.0;
  Precision precision = Precision::fp16;
  T efficiency = 0.5, max_search_batch = 256.0;
  Tokens<T> output_len{not_stated};
  Precision kv_precision = Precision::fp16;
  T tp_size = 1.0, bandwidth_efficiency = 1.0;
  Time<T> link_latency{0.7 / 1e6};
  Bandwidth<T> network_bandwidth{100e9};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the language model");
    v.entity("hardware", "accelerator", q.hardware, "the device of a replica");
    v("seq_len", q.seq_len, token, count_from(1), "tokens of a prompt", Spelling{"isl"});
    v("sla_latency_ms", q.sla_latency_ms, ms, above(0),
      "latency that 99 of 100 requests must not exceed, from arrival to the last token");
    v("arrival_rate_qps", q.arrival_rate_qps, per_s, above(0), "requests that arrive a second, over all replicas");
    v("num_replicas", q.num_replicas, one, count_between(1, 1e6), "replicas that share one queue");
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v("max_search_batch", q.max_search_batch, one, count_between(1, 2048), "largest batch to try");
    v("output_len", q.output_len, token, count_from(1), "tokens of an output (not stated: as many as of a prompt)",
      Spelling{"osl"});
    serving::group_fields(q, v);
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct BatchingConfig {
  T max_batch_size{};

  template <class C, class V>
  static void fields(C& c, V& v) {
    v("max_batch_size", c.max_batch_size, one, any, "requests of a batch");
  }
};

template <class T>
struct BatchingCandidate {
  BatchingConfig<T> config;
  Time<T> p99_latency, service_time, formation_time, waiting_time;
  T utilization{}, throughput{};

  template <class C, class V>
  static void fields(C& c, V& v) {
    v.entity("config", "", c.config, "the batch");
    v("p99_latency", c.p99_latency, ms, any, "99 of 100 requests are done within");
    v("service_time", c.service_time, ms, any, "prefill and decoding of the batch");
    v("formation_time", c.formation_time, ms, any, "of that percentile, until the batch is full");
    v("waiting_time", c.waiting_time, ms, any, "of that percentile, until a replica is free");
    v("utilization", c.utilization, one, any, "load on each replica");
    v("throughput", c.throughput, one, any, "tokens a second that the replicas could generate");
  }
};

template <class T>
struct BatchingOptimizerResult {
  Flag<T> is_feasible;
  T objective_value{}, best_batch_size{}, max_throughput{};
  Time<T> p99_latency, service_time, formation_time, waiting_time;
  T slo_violation_probability{}, utilization{}, total_searched{};
  BatchingConfig<T> best_config;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("is_feasible", r.is_feasible, "some batch fits, keeps up and answers in time");
    v("objective_value", r.objective_value, one, any,
      "tokens a second that the replicas could generate at the best batch");
    v("best_batch_size", r.best_batch_size, one, any, "the largest batch that answers in time");
    v("max_throughput", r.max_throughput, one, any, "tokens a second that the replicas could generate");
    v("p99_latency", r.p99_latency, ms, any,
      "99 of 100 are done within; where no batch is in time, in the smallest that keeps up");
    v("service_time", r.service_time, ms, any, "prefill and decoding of the batch");
    v("formation_time", r.formation_time, ms, any, "of the 99th percentile, until the batch is full");
    v("waiting_time", r.waiting_time, ms, any, "of the 99th percentile, until a replica is free");
    v("slo_violation_probability", r.slo_violation_probability, one, any,
      "share of requests that exceed the objective, at most");
    v("utilization", r.utilization, one, any,
      "load on each replica; where no batch keeps up, the least that one reaches");
    v("total_searched", r.total_searched, one, any, "batches that were priced");
    v.entity("best_config", "", r.best_config, "the best batch");
  }
};

namespace batching_optimizer {

using Query = BatchingOptimizerQuery<double>;
using Candidate = BatchingCandidate<double>;

inline ServingQuery<double> served(const Query& q, double batch, Tokens<double> output) {
  ServingQuery<double> s;
  s.model = q.model;
  s.hardware = q.hardware;
  s.seq_len = q.seq_len;
  s.batch_size = batch;
  s.precision = q.precision;
  s.efficiency = q.efficiency;
  s.network_bandwidth = q.network_bandwidth;
  s.output_len = output;
  s.kv_precision = q.kv_precision;
  s.prefill = Prefill::batch;
  s.tp_size = q.tp_size;
  s.bandwidth_efficiency = q.bandwidth_efficiency;
  s.link_latency = q.link_latency;
  s.assumptions = q.assumptions;
  return s;
}

/// Share of requests for which more than `time` passes until their batch is full: of b of them the k-th still waits for b - k
/// arrivals, whose time is an Erlang variable. The mean over the places is the sum over i < b - 1 of (b - 1 - i) / b times the
/// Poisson probability of i arrivals.
inline double still_forming(double batch, double rate, double time) {
  const double arrivals = rate * time, last = batch - 1;
  if (!(arrivals > 0)) return last / batch;
  // From the likeliest count outwards, so that nothing underflows that matters.
  const double top = std::max(0.0, std::min(last - 1, std::floor(arrivals)));
  const double peak = std::exp(top * std::log(arrivals) - arrivals - std::lgamma(top + 1));
  double sum = 0, p = peak;
  for (double i = top; i >= 0 && last > 0 && p > 1e-20 * peak; --i) sum += (last - i) / batch * p, p *= i / arrivals;
  p = peak;
  for (double i = top + 1; i < last && p > 1e-20 * peak; ++i) p *= arrivals / i, sum += (last - i) / batch * p;
  return std::min(1.0, sum);
}
inline double formation_quantile(double batch, double rate, double beyond) {
  if ((batch - 1) / batch <= beyond) return 0;
  double low = 0, high = batch / rate;
  while (still_forming(batch, rate, high) > beyond) low = high, high *= 2;
  for (int i = 0; i < 50; ++i) {
    const double middle = 0.5 * (low + high);
    (still_forming(batch, rate, middle) > beyond ? low : high) = middle;
  }
  return high;
}

/// Batches form from Poisson arrivals and queue for the replicas; their gaps are Erlang, their service does not vary.
struct Line {
  double batch, rate, service, waits, decay;

  double waiting_quantile(double beyond) const {
    return waits > beyond ? std::log(waits / beyond) / decay * service : 0;
  }
  double waiting_exceeds(double time) const { return time < 0 ? 1 : waits * std::exp(-decay * time / service); }
};
inline Line line(const Query& q, double batch, double service) {
  const double load = q.arrival_rate_qps.base / batch * service;
  return {batch, q.arrival_rate_qps.base, service, erlang_c(q.num_replicas, load),
          waiting_decay(q.num_replicas, load, 1 / batch, 0.0)};
}

/// Forming and waiting each exceed their part of a share of requests: whatever their dependence, both together exceed no more. The
/// split that gives the lowest bound is taken.
inline void split(const Line& l, double beyond, Candidate& c) {
  constexpr int parts = 4;
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= parts; ++i) {
    const double forming = beyond * i / parts, waiting = beyond - forming;
    if (forming <= 0 && l.batch > 1) continue;
    if (waiting <= 0 && l.waits > 0) continue;
    const double formed = formation_quantile(l.batch, l.rate, forming), free = l.waiting_quantile(waiting);
    if (formed + free >= best) continue;
    best = formed + free;
    c.formation_time = {formed};
    c.waiting_time = {free};
  }
  c.p99_latency = {best + l.service};
}
inline double exceeds(const Line& l, double limit) {
  const double slack = limit - l.service;
  if (slack < 0) return 1;
  double least = 1;
  constexpr int parts = 50;
  for (int i = 0; i <= parts; ++i) {
    const double forming = slack * i / parts;
    least = std::min(least, still_forming(l.batch, l.rate, forming) + l.waiting_exceeds(slack - forming));
  }
  return least;
}

inline Optimum<BatchingOptimizerResult<double>, Candidate> optimise_original(const Query& q) {
  Optimum<BatchingOptimizerResult<double>, Candidate> optimum;
  auto& r = optimum.result;
  for (double batch = 1; batch <= q.max_search_batch; ++batch) {
    ++r.total_searched;
    const auto s = serving::original_answer(served(q, batch, {0.0}), serving::Optional::absent);
    const Time<double> service = s.ttft + q.seq_len.base * s.itl;
    const double load = q.arrival_rate_qps.base / batch * service.base;
    if (s.feasible.index == 0 || load >= q.num_replicas) continue;
    const double waits = erlang_c(q.num_replicas, load);
    const Time<double> wait =
        waiting_quantile<99>("p99_wait", waits, waiting_decay(q.num_replicas, load, 1.0, 1.0)) * service;
    if (q.sla_latency_ms < wait + service) continue;
    r.is_feasible = {1.0};
    r.best_batch_size = r.best_config.max_batch_size = batch;
    r.objective_value = r.max_throughput = q.arrival_rate_qps.base * q.seq_len.base;
    r.p99_latency = wait + service;
    r.service_time = service;
    r.waiting_time = wait;
    r.utilization = load / q.num_replicas;
    r.slo_violation_probability = original::slo_ratio(wait, 5.0 * service);
    optimum.best.insert(optimum.best.begin(),
                        {{batch}, r.p99_latency, service, {0.0}, wait, r.utilization, r.max_throughput});
  }
  if (optimum.best.size() > 5) optimum.best.resize(5);
  return optimum;
}

}  // namespace batching_optimizer

inline Optimum<BatchingOptimizerResult<double>, BatchingCandidate<double>> optimise(
    const BatchingOptimizerQuery<double>& q) {
  if (q.assumptions.batching == Basis::original) return batching_optimizer::optimise_original(q);
  Optimum<BatchingOptimizerResult<double>, BatchingCandidate<double>> optimum;
  auto& r = optimum.result;
  const Tokens<double> output = first_stated(q.output_len, q.seq_len);
  double too_large = 0, too_slow = 0, late = 0;
  r.p99_latency = {std::numeric_limits<double>::infinity()};
  r.slo_violation_probability = 1;
  const auto take = [&](const BatchingCandidate<double>& c) {
    r.p99_latency = c.p99_latency;
    r.service_time = c.service_time;
    r.formation_time = c.formation_time;
    r.waiting_time = c.waiting_time;
    r.utilization = c.utilization;
  };
  BatchingCandidate<double> smallest;  // that keeps up
  double least_load = std::numeric_limits<double>::infinity();
  for (double batch = q.max_search_batch; batch >= 1; --batch) {
    ++r.total_searched;
    const auto s = serving::answer(batching_optimizer::served(q, batch, output), serving::Optional::absent);
    if (s.feasible.index == 0) {
      ++too_large;
      continue;
    }
    const auto line = batching_optimizer::line(q, batch, s.request_latency.base);
    const double utilization = q.arrival_rate_qps.base / batch * s.request_latency.base / q.num_replicas;
    least_load = std::min(least_load, utilization);
    if (line.decay <= 0) {
      ++too_slow;
      continue;
    }
    BatchingCandidate<double> c;
    c.config.max_batch_size = batch;
    c.service_time = s.request_latency;
    c.utilization = utilization;
    c.throughput = q.num_replicas * batch * output.base / s.request_latency.base;
    smallest = c;
    if (optimum.best.size() == 5) continue;
    // Late even if no batch waits: more than one in a hundred is still forming when its service ought to begin.
    constexpr double beyond = 0.01;
    const double slack = q.sla_latency_ms.base - line.service;
    if (slack >= 0 && batching_optimizer::still_forming(batch, line.rate, slack) <= beyond)
      batching_optimizer::split(line, beyond, c);
    if (c.p99_latency.base == 0 || q.sla_latency_ms < c.p99_latency) {
      ++late;
      continue;
    }
    optimum.best.push_back(c);
    if (r.is_feasible.index != 0) continue;
    r.is_feasible = {1.0};
    r.best_batch_size = r.best_config.max_batch_size = batch;
    r.objective_value = r.max_throughput = c.throughput;
    r.slo_violation_probability = batching_optimizer::exceeds(line, q.sla_latency_ms.base);
    take(c);
  }
  if (too_slow > 0 && smallest.config.max_batch_size == 0) r.utilization = least_load;
  if (r.is_feasible.index == 0 && smallest.config.max_batch_size > 0) {
    const auto line = batching_optimizer::line(q, smallest.config.max_batch_size, smallest.service_time.base);
    batching_optimizer::split(line, 0.01, smallest);
    r.slo_violation_probability = batching_optimizer::exceeds(line, q.sla_latency_ms.base);
    take(smallest);
  }
  if (too_large > 0) optimum.fell.emplace_back("does not fit", too_large);
  if (too_slow > 0) optimum.fell.emplace_back("does not keep up with the arrivals", too_slow);
  if (late > 0) optimum.fell.emplace_back("answers too late", late);
  return optimum;
}

struct BatchingOptimizerWall : Searches<BatchingOptimizerQuery, BatchingOptimizerResult, BatchingCandidate> {
  static constexpr auto name = "batching-optimizer", python = "BatchingOptimizer",
                        doc = "The largest static batch whose 99th percentile still meets a latency objective.";

  static void refuse(const Query& q, Problems& problems) {
    serving::refuse_mute(q.model, q.assumptions.batching, "model", problems);
    const auto need = [&](double x, const char* argument, const char* what) {
      if (!is_stated(x)) serving::refuse(problems, argument, what);
    };
    need(q.seq_len.base, "seq_len", "it is missing: tokens of a prompt");
    need(q.sla_latency_ms.base, "sla_latency_ms", "it is missing: the latency objective");
    need(q.arrival_rate_qps.base, "arrival_rate_qps", "it is missing: requests a second");
    need(q.hardware.compute.peak(q.precision).base, "precision",
         "the hardware has no unit for it or for a wider format");
  }
};

}  // namespace mlsysim
