#pragma once
// Wall 16: jobs of many tenants arrive at random at one fleet and wait until enough of it is free.
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/catalog/system.hpp"
#include "mlsysim/laws/original_operations.hpp"
#include "mlsysim/laws/queueing.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

inline constexpr Unit<dimensionless / axis::time> per_day{1, 86400, "1/day"};

template <class T>
struct OrchestrationQuery {
  Fleet<T> fleet;
  Frequency<T> arrival_rate{std::numeric_limits<double>::quiet_NaN()};
  Time<T> duration{std::numeric_limits<double>::quiet_NaN()};
  T devices_per_job{std::numeric_limits<double>::quiet_NaN()};
  T job_duration_cv = 1.0, arrival_cv = 1.0;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("fleet", "fleet", q.fleet, "the machines that the jobs share");
    v("arrival_rate_jobs_per_day", q.arrival_rate, per_day, at_least(0),
      "jobs that are submitted a day, by all tenants");
    v("avg_job_duration_days", q.duration, day, above(0), "mean time that a job runs once it has started");
    v("devices_per_job", q.devices_per_job, one, count_from(1),
      "devices that a job has, all at once (not stated: the whole fleet, one job at a time)");
    v("job_duration_cv", q.job_duration_cv, one, between(0, 20),
      "standard deviation of the duration over its mean: 1 exponential, 0 all alike, real clusters above 1");
    v("arrival_cv", q.arrival_cv, one, between(0, 20),
      "standard deviation of the gap between submissions over its mean: 1 Poisson");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct OrchestrationResult {
  Flag<T> feasible;
  T cluster_utilization{};
  Time<T> avg_wait;
  T avg_queue_length{};
  Flag<T> is_stable;
  T wait_probability{};
  Time<T> p50_wait, p95_wait, p99_wait, avg_turnaround;
  T concurrent_jobs{}, avg_jobs{};
  T fragmentation{}, device_utilization{};
  Frequency<T> capacity;
  T jobs_needed{};

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "a job of this size fits the fleet");
    v("cluster_utilization", r.cluster_utilization, one, any,
      "load over what runs at the same time; from 1 the queue grows without end");
    v("avg_wait_time_days", r.avg_wait, day, any,
      "mean time from submission to start, jobs that start at once included");
    v("avg_queue_length", r.avg_queue_length, one, any, "jobs that wait, on average");
    v("is_stable", r.is_stable, "fewer jobs arrive than the fleet can run");
    v("wait_probability", r.wait_probability, one, any, "share of jobs that do not start at once (Erlang C)");
    v("p50_wait_days", r.p50_wait, day, any, "wait that half of the jobs do not exceed");
    v("p95_wait_days", r.p95_wait, day, any, "wait that 95 of 100 do not exceed");
    v("p99_wait_days", r.p99_wait, day, any, "wait that 99 of 100 do not exceed");
    v("avg_turnaround_days", r.avg_turnaround, day, any, "mean time from submission to end");
    v("concurrent_jobs", r.concurrent_jobs, one, any, "jobs that run side by side when the fleet is full");
    v("avg_jobs", r.avg_jobs, one, any, "jobs that wait or run, on average (Little's law)");
    v("fragmentation", r.fragmentation, one, any, "share of the devices that no job of this size can use");
    v("device_utilization", r.device_utilization, one, any, "share of all devices that are in a job");
    v("capacity_jobs_per_day", r.capacity, per_day, any, "jobs a day from which the queue grows without end");
    v("concurrent_jobs_needed", r.jobs_needed, one, any, "fewest jobs side by side that keep up at all");
  }
};

template <class T>
OrchestrationResult<T> evaluate(const OrchestrationQuery<T>& q) {
  const T yes = 1.0, no = 0.0, devices = named(q.fleet.nodes * q.fleet.node.accelerators, "devices of the fleet");
  const bool original = q.assumptions.multi_tenant == Basis::original;
  const T size = original ? devices : first_stated(q.devices_per_job, devices);
  OrchestrationResult<T> r;
  r.concurrent_jobs = original ? yes : gang_slots(q.fleet.nodes, q.fleet.node.accelerators, size);
  const T slots = r.concurrent_jobs, load = named(q.arrival_rate * q.duration, "jobs under way, if all could be");
  const T infinite = named(T(queueing::unbounded), "no end");
  const Time<T> never{infinite};
  const auto stable = load < slots;
  r.feasible = {select(slots < yes, no, yes)};
  r.is_stable = {select(stable, yes, no)};
  r.cluster_utilization = select(slots < yes, infinite, load / slots);
  r.wait_probability = original ? select(stable, load, yes) : erlang_c(slots, load);
  const T spread = original ? no : q.job_duration_cv;
  const T gaps = original ? yes : q.arrival_cv;
  const T decay = named(waiting_decay(slots, load, gaps * gaps, spread * spread), "decay");
  const Time<T> wait = original ? original::fleet_wait(load, q.duration) : r.wait_probability / decay * q.duration;
  r.avg_wait = select(stable, wait, never);
  r.p50_wait = waiting_quantile<50>("p50_wait", r.wait_probability, decay) * q.duration;
  r.p95_wait = waiting_quantile<95>("p95_wait", r.wait_probability, decay) * q.duration;
  r.p99_wait = waiting_quantile<99>("p99_wait", r.wait_probability, decay) * q.duration;
  r.avg_turnaround = r.avg_wait + q.duration;
  r.avg_queue_length = select(stable, littles_law(q.arrival_rate, r.avg_wait), infinite);
  r.avg_jobs = r.avg_queue_length + load;
  r.fragmentation = yes - slots * size / devices;
  r.device_utilization = min(load, slots) * size / devices;
  r.capacity = {slots / q.duration.base};
  r.jobs_needed = floor(load) + named(T(1.0), "the next whole one");
  return r;
}

struct OrchestrationWall : Declares<OrchestrationQuery, OrchestrationResult, 16> {
  static constexpr auto
      name = "orchestration",
      python = "OrchestrationModel", signature = "fleet, arrival_rate_jobs_per_day, avg_job_duration_days",
      doc = "How long jobs wait for their devices on a fleet that many share, and how much of it is in use.";
};

}  // namespace mlsysim
