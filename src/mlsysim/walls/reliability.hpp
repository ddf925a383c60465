#pragma once
// Wall 15: a large job stops whenever one of its parts does; checkpoints bound what that costs.
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/catalog/system.hpp"
#include "mlsysim/laws/original_operations.hpp"
#include "mlsysim/laws/reliability.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

enum class FailureCause {
  accelerator,
  device_memory,
  data_corruption,
  interface,
  network,
  power_supply,
  host,
  software,
  measured
};
template <>
struct Words<FailureCause> {
  static constexpr const char* all[] = {"accelerator",
                                        "device memory",
                                        "data corruption",
                                        "network interface",
                                        "switch or cable",
                                        "power supply",
                                        "host",
                                        "software",
                                        "not told apart: the measured mean of the fleet"};
};

template <class T>
struct ReliabilityQuery {
  Fleet<T> fleet;
  Time<T> job_duration_hours{std::numeric_limits<double>::quiet_NaN()};
  Time<T> checkpoint_time_s{60.0}, avg_recovery_time_s{300.0};
  Time<T> checkpoint_interval_s{std::numeric_limits<double>::quiet_NaN()};
  Time<T> mtbf_hours{std::numeric_limits<double>::quiet_NaN()};
  // Hours between interruptions of a job by one part of a kind. Not stated: those of the Llama 3 fleet, defaults() below.
  Time<T> gpu_mtbf_hours{std::numeric_limits<double>::quiet_NaN()},
      hbm_mtbf_hours{std::numeric_limits<double>::quiet_NaN()},
      sdc_mtbf_hours{std::numeric_limits<double>::quiet_NaN()},
      nic_mtbf_hours{std::numeric_limits<double>::quiet_NaN()},
      switch_mtbf_hours{std::numeric_limits<double>::quiet_NaN()},
      psu_mtbf_hours{std::numeric_limits<double>::quiet_NaN()},
      host_mtbf_hours{std::numeric_limits<double>::quiet_NaN()},
      software_mtbf_hours{std::numeric_limits<double>::quiet_NaN()};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("fleet", "fleet", q.fleet, "the machines that the job runs on, all of them");
    v("job_duration_hours", q.job_duration_hours, hour, at_least(0),
      "how long the job would run if nothing failed and nothing were saved");
    v("checkpoint_time_s", q.checkpoint_time_s, s, at_least(0), "time that a checkpoint stops the job");
    v("avg_recovery_time_s", q.avg_recovery_time_s, s, at_least(0),
      "from a failure to running on: notice, replace, load; repeated work not counted");
    v("checkpoint_interval_s", q.checkpoint_interval_s, s, above(0), "work between checkpoints (not stated: the best)");
    v("mtbf_hours", q.mtbf_hours, hour, above(0),
      "measured time between interruptions of the whole fleet (not stated: from its parts)");
    v("gpu_mtbf_hours", q.gpu_mtbf_hours, hour, above(0),
      "of one accelerator, its memory apart (not stated: 111,756 h, Llama 3 fleet)");
    v("hbm_mtbf_hours", q.hbm_mtbf_hours, hour, above(0),
      "of one accelerator's memory (not stated: 294,912 h, Llama 3 fleet)");
    v("sdc_mtbf_hours", q.sdc_mtbf_hours, hour, above(0),
      "of one accelerator by data corruption that is noticed (not stated: 3,538,944 h, Llama 3 fleet)");
    v("nic_mtbf_hours", q.nic_mtbf_hours, hour, above(0),
      "of one network interface (not stated: 3,033,381 h, Llama 3 fleet)");
    v("switch_mtbf_hours", q.switch_mtbf_hours, hour, above(0),
      "of switches and cables, for each interface (not stated: 606,676 h, Llama 3 fleet)");
    v("psu_mtbf_hours", q.psu_mtbf_hours, hour, above(0),
      "of one power supply, as far as it stops a node (not stated: 5,308,416 h, Llama 3 fleet, six a node)");
    v("host_mtbf_hours", q.host_mtbf_hours, hour, above(0),
      "of one node otherwise: processor, memory, disk, board, unplanned work on it (not stated: 61,726 h, Llama 3 "
      "fleet)");
    v("software_mtbf_hours", q.software_mtbf_hours, hour, above(0),
      "of the software, for each node (not stated: 42,130 h, Llama 3 fleet)");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct ReliabilityResult {
  Time<T> fleet_mtbf, fleet_mtbf_low, fleet_mtbf_high;
  T failure_probability{};
  Time<T> optimal_checkpoint_interval, checkpoint_interval;
  T expected_failures{}, goodput_ratio{};
  Time<T> expected_duration;
  T checkpoint_share{}, lost_share{}, recovery_share{};
  Time<T> lost_work_per_failure;
  Time<T> node_mtbf;
  T interruptions_per_day{};
  Answer<T, FailureCause> leading_cause;
  T leading_share{};

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("fleet_mtbf", r.fleet_mtbf, hour, any, "mean time between interruptions of a job on all of it");
    v("fleet_mtbf_low", r.fleet_mtbf_low, hour, any, "the same at the highest rate that a large fleet has published");
    v("fleet_mtbf_high", r.fleet_mtbf_high, hour, any, "the same at the lowest");
    v("failure_probability", r.failure_probability, one, any, "of at least one interruption in the job's duration");
    v("optimal_checkpoint_interval", r.optimal_checkpoint_interval, s, any,
      "work between checkpoints that loses least");
    v("checkpoint_interval", r.checkpoint_interval, s, any, "work between checkpoints that the rest is computed for");
    v("expected_failures", r.expected_failures, one, any, "interruptions until the job is done");
    v("goodput_ratio", r.goodput_ratio, one, any, "share of the time that ends as saved work");
    v("expected_duration", r.expected_duration, hour, any,
      "until the job is done: checkpoints, repeated work and restarts included");
    v("checkpoint_share", r.checkpoint_share, one, any, "share of the time spent in checkpoints that last");
    v("lost_share", r.lost_share, one, any, "share of the time spent on work that a failure undoes");
    v("recovery_share", r.recovery_share, one, any, "share of the time spent in restarts");
    v("lost_work_per_failure", r.lost_work_per_failure, minute, any, "work that a failure undoes");
    v("node_mtbf", r.node_mtbf, hour, any, "mean time between interruptions of one node");
    v("interruptions_per_day", r.interruptions_per_day, one, any, "of the whole fleet");
    v("leading_cause", r.leading_cause, "the part that interrupts most");
    v("leading_share", r.leading_share, one, any, "its share of the interruptions");
  }
};

namespace reliability {

/// Hours between interruptions by one part of a kind: 54 days of 16,384 accelerators in 2,048 nodes are 21,233,664 accelerator
/// hours and 2,654,208 node hours, divided by the 419 unexpected interruptions of that time by cause (table 5): accelerator 190
/// (GPU 148, SRAM 19, system processor 17, thermal 6), HBM 72, data corruption 6, interface 7, switch and cable 35, power supply 3,
/// host 43 (unplanned maintenance 32, disk 3, chassis, board, processor and memory 2 each), software 63 (bugs 54, watchdog 7,
/// dependency 2). The table has no count of power supplies: six a node are assumed.
template <class T>
Time<T> published(double part_hours, double interruptions, const char* name) {
  return named(cite(Time<T>{T(part_hours / interruptions * 3600)}, "grattafiori2024llama, table 5"), name);
}
inline constexpr double accelerator_hours = 54.0 * 24 * 16384, node_hours = 54.0 * 24 * 2048;
/// Node hours between interruptions of other fleets: 6.50 and 2.34 in a thousand node days (kokolis2024revisiting).
inline constexpr double node_hours_worst = 1000 / 6.50 * 24, node_hours_best = 1000 / 2.34 * 24,
                        node_hours_llama = node_hours / 419;

}  // namespace reliability

template <class T>
ReliabilityResult<T> evaluate(const ReliabilityQuery<T>& q) {
  const bool original = q.assumptions.reliability == Basis::original;
  const auto& node = q.fleet.node;
  const T yes = 1.0, no = 0.0;
  ReliabilityResult<T> r;

  using reliability::accelerator_hours, reliability::node_hours, reliability::published;
  const auto parts = [](T count, const char* name, Time<T> given, Time<T> otherwise) {
    return named(series_failure_rate(count, first_stated(given, otherwise)), name);
  };
  const auto hours = [](double h, const char* name) { return named(Time<T>{T(h * 3600)}, name); };
  const T one_each = named(T(1.0), "one a node");
  const T supplies = original ? named(T(2.0), "original's power supplies of a node") : node.power_supplies;
  Frequency<T> accelerator, memory, corruption, interface, network, power, host, software;
  accelerator =
      parts(node.accelerators, "accelerator_rate", q.gpu_mtbf_hours,
            original ? hours(50000, "original's GPU") : published<T>(accelerator_hours, 190, "one accelerator"));
  interface = parts(node.nics, "interface_rate", q.nic_mtbf_hours,
                    original ? hours(150000, "original's NIC") : published<T>(accelerator_hours, 7, "one interface"));
  power = parts(supplies, "power_supply_rate", q.psu_mtbf_hours,
                original ? hours(100000, "original's PSU") : published<T>(6 * node_hours, 3, "one power supply"));
  if (!original) {
    memory = parts(node.accelerators, "memory_rate", q.hbm_mtbf_hours,
                   published<T>(accelerator_hours, 72, "one device's memory"));
    corruption = parts(node.accelerators, "corruption_rate", q.sdc_mtbf_hours,
                       published<T>(accelerator_hours, 6, "corruption on one device"));
    network = parts(node.nics, "network_rate", q.switch_mtbf_hours,
                    published<T>(accelerator_hours, 35, "switch and cable of one interface"));
    host = parts(one_each, "host_rate", q.host_mtbf_hours, published<T>(node_hours, 43, "one host"));
    software =
        parts(one_each, "software_rate", q.software_mtbf_hours, published<T>(node_hours, 63, "software of one node"));
  }
  const Frequency<T> node_rate =
      named(accelerator + memory + corruption + interface + network + power + host + software, "node_rate");
  r.node_mtbf = first_stated(q.mtbf_hours * q.fleet.nodes, yes / node_rate);
  r.fleet_mtbf = first_stated(q.mtbf_hours, r.node_mtbf / q.fleet.nodes);
  // A measured mean is what it is; one made of parts is as wide as what fleets have published.
  const T worst =
      named(T(reliability::node_hours_worst / reliability::node_hours_llama), "worst published fleet over Llama 3's");
  const T best =
      named(T(reliability::node_hours_best / reliability::node_hours_llama), "best published fleet over Llama 3's");
  r.fleet_mtbf_low = first_stated(q.mtbf_hours, cite(r.fleet_mtbf * worst, "kokolis2024revisiting, section III"));
  r.fleet_mtbf_high = first_stated(q.mtbf_hours, cite(r.fleet_mtbf * best, "kokolis2024revisiting, section III"));
  r.interruptions_per_day = named(Time<T>{T(86400.0)}, "a day") / r.fleet_mtbf;

  r.leading_share = no;
  r.leading_cause = {T(static_cast<double>(FailureCause::accelerator))};
  const auto consider = [&](Frequency<T> rate, FailureCause cause) {
    const T share = rate / node_rate;
    r.leading_cause = {select(r.leading_share < share, T(static_cast<double>(cause)), r.leading_cause.index)};
    r.leading_share = max(r.leading_share, share);
  };
  consider(accelerator, FailureCause::accelerator);
  consider(interface, FailureCause::interface);
  consider(power, FailureCause::power_supply);
  if (!original) {
    consider(memory, FailureCause::device_memory);
    consider(corruption, FailureCause::data_corruption);
    consider(network, FailureCause::network);
    consider(host, FailureCause::host);
    consider(software, FailureCause::software);
  }
  const T measured = q.mtbf_hours.base * no;  // zero where a mean of the fleet is stated, else not a number
  r.leading_cause = {first_stated(measured + T(static_cast<double>(FailureCause::measured)), r.leading_cause.index)};
  r.leading_share = first_stated(measured + yes, r.leading_share);

  const Time<T> mtbf = r.fleet_mtbf, cost = q.checkpoint_time_s;
  r.failure_probability = failure_probability(q.job_duration_hours, mtbf);
  r.optimal_checkpoint_interval = original ? young_interval(cost, mtbf) : daly_interval(cost, mtbf);
  r.checkpoint_interval = first_stated(q.checkpoint_interval_s, r.optimal_checkpoint_interval);
  r.lost_work_per_failure = lost_work(r.checkpoint_interval, cost, mtbf);
  const T running = named(running_share(q.avg_recovery_time_s, mtbf), "running");
  const T saved = named(saved_share(r.checkpoint_interval, cost, mtbf), "saved");
  const Time<T> none{no}, never{named(T(std::numeric_limits<double>::infinity()), "no end")};
  const T per_interval = select(none < r.checkpoint_interval, cost / r.checkpoint_interval, no);
  if (original) {
    r.goodput_ratio = select(none < r.checkpoint_interval,
                             original::goodput(cost, r.checkpoint_interval, q.avg_recovery_time_s, mtbf),
                             max(no, yes - q.avg_recovery_time_s / mtbf));
  } else {
    r.goodput_ratio = named(running * saved, "goodput_ratio");
  }
  r.checkpoint_share = r.goodput_ratio * per_interval;
  r.recovery_share = original ? min(yes, q.avg_recovery_time_s / mtbf) : yes - running;
  r.lost_share = max(no, yes - r.goodput_ratio - r.checkpoint_share - r.recovery_share);
  r.expected_duration = select(no < r.goodput_ratio, q.job_duration_hours / r.goodput_ratio, never);
  r.expected_failures = (original ? q.job_duration_hours : r.expected_duration) / mtbf;
  return r;
}

struct ReliabilityWall : Declares<ReliabilityQuery, ReliabilityResult, 15> {
  static constexpr auto
      name = "reliability",
      python = "ReliabilityModel",
      doc = "How often a fleet interrupts a job, how often to checkpoint, and what share of the time is left.";
};

}  // namespace mlsysim
