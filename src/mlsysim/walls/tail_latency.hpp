#pragma once
// Wall 7: requests that arrive at random wait for a replica, and the slowest of them decide.
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/laws/original_operations.hpp"
#include "mlsysim/laws/queueing.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

/// What the quantiles rest on.
enum class QueueModel { exact, approximate, original };
template <>
struct Words<QueueModel> {
  static constexpr const char* all[] = {"M/M/c, exact", "G/G/c, approximate", "waiting quantile and mean service"};
};

template <class T>
struct TailLatencyQuery {
  Frequency<T> arrival_rate_qps{std::numeric_limits<double>::quiet_NaN()};
  Time<T> service_latency_ms{std::numeric_limits<double>::quiet_NaN()};
  T num_replicas = 1.0, service_time_cv = 1.0;
  Time<T> slo_latency_ms{std::numeric_limits<double>::quiet_NaN()};
  T arrival_cv = 1.0;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v("arrival_rate_qps", q.arrival_rate_qps, per_s, at_least(0), "requests that arrive a second, over all replicas");
    v("service_latency_ms", q.service_latency_ms, ms, above(0), "mean time that a replica works on one request");
    v("num_replicas", q.num_replicas, one, count_between(1, 1e6), "replicas that share one queue");
    v("service_time_cv", q.service_time_cv, one, between(0, 20),
      "standard deviation of the service time over its mean: 1 exponential, 0 constant");
    v("slo_latency_ms", q.slo_latency_ms, ms, above(0),
      "latency that a request should not exceed (not stated: five mean service times)");
    v("arrival_cv", q.arrival_cv, one, between(0, 20),
      "standard deviation of the gap between arrivals over its mean: 1 Poisson");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct TailLatencyResult {
  Flag<T> is_stable;
  T queue_utilization{};
  Time<T> p50_latency, p95_latency, p99_latency, mean_latency;
  Time<T> slo_latency;
  T slo_violation_probability{};
  T wait_probability{};
  Time<T> mean_wait, p99_wait;
  T mean_in_system{}, mean_in_queue{};
  Frequency<T> capacity;
  T replicas_needed{};
  Answer<T, QueueModel> queue_model;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("is_stable", r.is_stable, "the replicas keep up: fewer requests arrive than they can serve");
    v("queue_utilization", r.queue_utilization, one, any, "load on each replica; above 1 the queue grows without end");
    v("p50_latency", r.p50_latency, ms, any, "time within which half of the requests are done");
    v("p95_latency", r.p95_latency, ms, any, "time within which 95 of 100 are done");
    v("p99_latency", r.p99_latency, ms, any, "time within which 99 of 100 are done, waiting and service together");
    v("mean_latency", r.mean_latency, ms, any, "mean of waiting and service together");
    v("slo_latency", r.slo_latency, ms, any, "the latency that should not be exceeded");
    v("slo_violation_probability", r.slo_violation_probability, one, any, "share of requests that exceed it");
    v("wait_probability", r.wait_probability, one, any, "share of requests that find every replica busy (Erlang C)");
    v("mean_wait", r.mean_wait, ms, any, "mean wait, those who do not wait included");
    v("p99_wait", r.p99_wait, ms, any, "wait that 99 of 100 requests do not exceed");
    v("mean_in_system", r.mean_in_system, one, any, "requests waiting or in service, on average");
    v("mean_in_queue", r.mean_in_queue, one, any, "requests waiting, on average");
    v("capacity", r.capacity, per_s, any, "requests a second at which the queue begins to grow without end");
    v("replicas_needed", r.replicas_needed, one, any, "fewest replicas that keep up at all");
    v("queue_model", r.queue_model, "what the quantiles rest on");
  }
};

template <class T>
TailLatencyResult<T> evaluate(const TailLatencyQuery<T>& q) {
  const bool original = q.assumptions.tail_latency == Basis::original;
  const T yes = 1.0, no = 0.0;
  const Time<T> service = q.service_latency_ms;
  TailLatencyResult<T> r;

  const T load = named(q.arrival_rate_qps * service, "load");  // requests in service on average, if all could be
  const T true_utilization = load / q.num_replicas;
  const auto stable = load < q.num_replicas;
  r.is_stable = {select(stable, yes, no)};
  r.capacity = {q.num_replicas / service.base};
  r.replicas_needed = floor(load) + named(T(1.0), "the next whole one");
  r.wait_probability = erlang_c(q.num_replicas, load);
  const T decay = named(
      waiting_decay(q.num_replicas, load, q.arrival_cv * q.arrival_cv, q.service_time_cv * q.service_time_cv), "decay");

  const Time<T> never{named(T(queueing::unbounded), "no end")};
  r.mean_wait = select(stable, r.wait_probability / decay * service, never);
  r.p99_wait = waiting_quantile<99>("p99_wait", r.wait_probability, decay) * service;
  r.mean_latency = r.mean_wait + service;
  r.slo_latency = first_stated(q.slo_latency_ms, named(T(5.0), "service times (no objective stated)") * service);
  if (original) {
    r.queue_utilization = select(stable, true_utilization, yes);
    r.p50_latency = waiting_quantile<50>("p50_wait", r.wait_probability, decay) * service + service;
    r.p95_latency = waiting_quantile<95>("p95_wait", r.wait_probability, decay) * service + service;
    r.p99_latency = r.p99_wait + service;
    r.slo_violation_probability = select(stable, original::slo_ratio(r.p99_wait, r.slo_latency), yes);
  } else {
    const T spread = q.service_time_cv;
    r.queue_utilization = true_utilization;
    r.p50_latency = sojourn_quantile<50>("p50_sojourn", r.wait_probability, decay, spread) * service;
    r.p95_latency = sojourn_quantile<95>("p95_sojourn", r.wait_probability, decay, spread) * service;
    r.p99_latency = sojourn_quantile<99>("p99_sojourn", r.wait_probability, decay, spread) * service;
    r.slo_violation_probability =
        select(stable, sojourn_exceeds(r.wait_probability, decay, spread, r.slo_latency / service), yes);
  }
  r.mean_in_system = littles_law(q.arrival_rate_qps, r.mean_latency);
  r.mean_in_queue = littles_law(q.arrival_rate_qps, r.mean_wait);

  const T exact = T(static_cast<double>(QueueModel::exact)),
          approximate = T(static_cast<double>(QueueModel::approximate));
  const T off = max(max(q.arrival_cv - yes, yes - q.arrival_cv), max(q.service_time_cv - yes, yes - q.service_time_cv));
  r.queue_model = {original ? T(static_cast<double>(QueueModel::original)) : select(off <= no, exact, approximate)};
  return r;
}

struct TailLatencyWall : Declares<TailLatencyQuery, TailLatencyResult, 7> {
  static constexpr auto name = "tail-latency", python = "TailLatencyModel",
                        doc = "How long requests wait for a replica and stay in the system: the tail of a queue.";
};

}  // namespace mlsysim
