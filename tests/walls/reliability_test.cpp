// Wall 15, worked by hand. A DGX H100 has 8 accelerators, 8 interfaces and 6 power supplies.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/units/quantity.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(const std::string& fleet, Arguments more = {}) {
  more.insert(more.begin(), {{"fleet", fleet}});
  if (std::ranges::none_of(more, [](const auto& given) { return given.first == "job_duration_hours"; }))
    more.push_back({"job_duration_hours", "720"});
  return Asked("reliability", more);
}
}  // namespace

TEST_CASE("the fleet of Llama 3, 2,048 nodes of 8, is interrupted every 54 x 24 / 419 = 3.093 hours") {
  const Asked a = asked("frontier-8k", {{"fleet.nodes", "2048"}, {"job_duration_hours", "1296"}});
  CHECK(a.in("fleet_mtbf", hour) == near(1296.0 / 419));
  CHECK(a["interruptions_per_day"] == near(419.0 / 54));
  CHECK(a.in("node_mtbf", hour) == near(2048 * 1296.0 / 419));
  CHECK(a.word("leading_cause") == "accelerator");
  CHECK(a["leading_share"] == near(190.0 / 419));
  // 6.50 and 2.34 failures in a thousand node days: 1.80 h and 5.01 h for 2,048 nodes
  CHECK(a.in("fleet_mtbf_low", hour) == near(1000 * 24 / 6.50 / 2048));
  CHECK(a.in("fleet_mtbf_high", hour) == near(1000 * 24 / 2.34 / 2048));
}

TEST_CASE(
    "rates are those of the parts: halving the accelerators' time between failures doubles their share of the rate") {
  const Asked a = asked("research-256"), worse = asked("research-256", {{"gpu_mtbf_hours", "55878"}});
  // 190 of 419 interruptions become 380 (111,756 h / 2)
  CHECK(worse["fleet_mtbf"] == near(a["fleet_mtbf"] * 419 / 609, 1e-5));
  CHECK(worse["leading_share"] == near(380.0 / 609, 1e-5));
}

TEST_CASE("a measured mean replaces the parts") {
  const Asked a = asked("mega-100k", {{"mtbf_hours", "2"}});
  CHECK(a.in("fleet_mtbf", hour) == near(2.0));
  CHECK(a.in("fleet_mtbf_low", hour) == near(2.0));
  CHECK(a.in("node_mtbf", hour) == near(25000.0));
  CHECK(a.word("leading_cause").starts_with("not told apart"));
}

TEST_CASE("goodput at a mean of 5 h, 60 s to checkpoint, 300 s to recover: e^(-300/18000) of what is saved") {
  const Asked a = asked("production-2k", {{"mtbf_hours", "5"}, {"job_duration_hours", "100"}});
  const double x = 60.0 / 36000, t = std::sqrt(2 * 60 * 18000.0) * (1 + std::sqrt(x) / 3 + x / 9) - 60;
  CHECK(a.in("optimal_checkpoint_interval", s) == near(t));  // 1,430 s, 24 minutes
  const double goodput = std::exp(-300.0 / 18000) * t / 18000 / std::expm1((t + 60) / 18000);
  CHECK(a["goodput_ratio"] == near(goodput));  // 0.906
  CHECK(a.in("expected_duration", hour) == near(100 / goodput));
  CHECK(a["expected_failures"] == near(20 / goodput));
  CHECK(a["failure_probability"] == near(1 - std::exp(-20.0)));
  CHECK(a["goodput_ratio"] + a["checkpoint_share"] + a["lost_share"] + a["recovery_share"] == near(1.0));
  CHECK(a["recovery_share"] == near(1 - std::exp(-300.0 / 18000)));
  CHECK(a["lost_share"] == near(std::exp(-300.0 / 18000) * a["lost_work_per_failure"] / 18000));
}

TEST_CASE("an interval of one's own is worse than the best one") {
  const double best = asked("frontier-8k")["goodput_ratio"];
  for (const char* interval : {"60", "600", "3600", "14400"}) {
    const Asked a = asked("frontier-8k", {{"checkpoint_interval_s", interval}});
    CHECK(a["goodput_ratio"] < best);
    CHECK(a.in("checkpoint_interval", s) == near(std::stod(interval)));
    CHECK(a["optimal_checkpoint_interval"] == asked("frontier-8k")["optimal_checkpoint_interval"]);
  }
}

TEST_CASE("checkpoints that cost nothing are taken all the time: only restarts are left") {
  const Asked a = asked("production-2k", {{"mtbf_hours", "1"}, {"checkpoint_time_s", "0"}});
  CHECK(a["optimal_checkpoint_interval"] == 0);
  CHECK(a["goodput_ratio"] == near(std::exp(-300.0 / 3600)));
  CHECK(a["lost_share"] == near(0.0));
}

TEST_CASE("a job without length meets no failure; one that can't get on never ends, and neither is a NaN") {
  const Asked none = asked("mega-100k", {{"job_duration_hours", "0"}});
  CHECK(none["failure_probability"] == 0);
  CHECK(none["expected_failures"] == 0);
  const Asked stuck = asked("mega-100k", {{"avg_recovery_time_s", "1e9"}});
  CHECK(stuck["goodput_ratio"] == 0);
  CHECK(std::isinf(stuck["expected_duration"]));
  for (const double x : stuck.result) CHECK(x == x);
}

TEST_CASE("the original: three parts, two power supplies a node, Young, no lost work") {
  const Asked a = asked("frontier-8k", {{"assumptions", "mlsysim-0.1"}, {"job_duration_hours", "24"}});
  // 8/50000 + 8/150000 + 2/100000 an hour and node; 1,024 nodes
  const double mtbf = 3600 / (1024 * (8 / 50000.0 + 8 / 150000.0 + 2 / 100000.0));
  CHECK(a.in("fleet_mtbf", s) == near(mtbf));
  CHECK(a.in("optimal_checkpoint_interval", s) == near(std::sqrt(120 * mtbf)));
  CHECK(a["goodput_ratio"] == near(1 - 60 / std::sqrt(120 * mtbf) - 300 / mtbf));
  CHECK(a["expected_failures"] == near(86400 / mtbf));
}

TEST_CASE("refused by name: times below zero, an interval or a mean of zero") {
  for (const auto& [name, text] : Arguments{{"job_duration_hours", "-5"},
                                            {"checkpoint_time_s", "-1"},
                                            {"avg_recovery_time_s", "-1"},
                                            {"checkpoint_interval_s", "0"},
                                            {"mtbf_hours", "0"},
                                            {"gpu_mtbf_hours", "0"},
                                            {"software_mtbf_hours", "-3"}}) {
    Arguments all = {{"fleet", "research-256"}};
    if (name != "job_duration_hours") all.push_back({"job_duration_hours", "24"});
    all.push_back({name, text});
    const Refusal r("reliability", all);
    CHECK_FALSE(r.answered);
    CHECK(r.problem().argument == name);
  }
}
