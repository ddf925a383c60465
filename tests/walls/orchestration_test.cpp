// Wall 16, worked by hand.
#include <doctest/doctest.h>

#include <algorithm>

#include "asked.hpp"
#include "mlsysim/laws/queueing.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(const char* rate, const char* days, Arguments more = {}) {
  more.insert(more.end(), {{"arrival_rate_jobs_per_day", rate}, {"avg_job_duration_days", days}});
  if (std::ranges::none_of(more, [](const auto& given) { return given.first == "fleet"; }))
    more.push_back({"fleet", "research-256"});  // 32 nodes of 8
  return Asked("orchestration", more);
}
}  // namespace

TEST_CASE("the whole fleet for each job, 0.4 a day of 2 days: M/M/1 at 80 %, a mean wait of 8 days") {
  const Asked a = asked("0.4", "2");
  CHECK(a.flag("feasible"));
  CHECK(a.flag("is_stable"));
  CHECK(a["concurrent_jobs"] == 1);
  CHECK(a["cluster_utilization"] == near(0.8));
  CHECK(a.in("avg_wait_time_days", day) == near(8));  // 0.8 / 0.2 durations
  CHECK(a["avg_queue_length"] == near(3.2));
  CHECK(a.in("avg_turnaround_days", day) == near(10));
  CHECK(a["avg_jobs"] == near(4));
  CHECK(a.in("p99_wait_days", day) == near(10 * std::log(80.0)));
  CHECK(a["capacity_jobs_per_day"] * 86400 == near(0.5));
  CHECK(a["fragmentation"] == 0);
}

TEST_CASE("jobs of 25 devices on nodes of 8 take 4 nodes each: 8 run side by side, 56 of 256 devices are stranded") {
  const Asked a = asked("12", "0.5", {{"devices_per_job", "25"}});
  CHECK(a["concurrent_jobs"] == 8);
  CHECK(a["fragmentation"] == near(56 / 256.));
  CHECK(a["cluster_utilization"] == near(0.75));
  CHECK(a["device_utilization"] == near(6 * 25 / 256.));
  const double waits = queueing::erlang_c(8, 6);
  CHECK(a["wait_probability"] == near(waits));
  CHECK(a.in("avg_wait_time_days", day) == near(waits / 2 * 0.5));
}

TEST_CASE("jobs of 3 devices: two on a node of 8, two of its devices stand idle; of 1 device: none does") {
  CHECK(asked("1", "1", {{"devices_per_job", "3"}})["concurrent_jobs"] == 64);
  CHECK(asked("1", "1", {{"devices_per_job", "3"}})["fragmentation"] == 0.25);
  CHECK(asked("1", "1", {{"devices_per_job", "1"}})["concurrent_jobs"] == 256);
  CHECK(asked("1", "1", {{"devices_per_job", "1"}})["fragmentation"] == 0);
}

TEST_CASE("the fleet counts: the same jobs of 64 devices wait for days on 256 devices and never on 8,192") {
  const Asked small = asked("7", "0.5", {{"devices_per_job", "64"}});
  const Asked large = asked("7", "0.5", {{"devices_per_job", "64"}, {"fleet", "frontier-8k"}});
  CHECK(small["concurrent_jobs"] == 4);
  CHECK(large["concurrent_jobs"] == 128);
  CHECK(small.in("avg_wait_time_days", day) > 0.5);
  CHECK(large.in("avg_wait_time_days", day) < 1e-9);
}

TEST_CASE("durations of spread 3 wait five times as long as exponential ones, constant ones half") {
  const auto wait = [](const char* cv) { return asked("0.4", "2", {{"job_duration_cv", cv}})["avg_wait_time_days"]; };
  CHECK(wait("3") == near(5 * wait("1")));  // (1 + 9) / 2
  CHECK(wait("0") == near(wait("1") / 2));
}

TEST_CASE("more jobs than the fleet can run is an answer: 40 a day of half a day on 16 places load them 1.25 times") {
  const Asked a = asked("40", "0.5", {{"devices_per_job", "16"}});
  CHECK_FALSE(a.flag("is_stable"));
  CHECK(a["cluster_utilization"] == near(1.25));
  CHECK(a["device_utilization"] == 1);
  for (const char* time :
       {"avg_wait_time_days", "p50_wait_days", "p99_wait_days", "avg_turnaround_days", "avg_queue_length"})
    CHECK(a[time] == queueing::unbounded);
  CHECK(a["concurrent_jobs_needed"] == 21);
}

TEST_CASE("a job larger than the fleet does not fit, which is an answer too") {
  const Asked a = asked("1", "1", {{"devices_per_job", "257"}});
  CHECK_FALSE(a.flag("feasible"));
  CHECK_FALSE(a.flag("is_stable"));
  CHECK(a["concurrent_jobs"] == 0);
  CHECK(a["fragmentation"] == 1);
  CHECK(a["avg_wait_time_days"] == queueing::unbounded);
}

TEST_CASE("no jobs: nothing waits and nothing runs") {
  const Asked a = asked("0", "1");
  CHECK(a["avg_wait_time_days"] == 0);
  CHECK(a["avg_queue_length"] == 0);
  CHECK(a["cluster_utilization"] == 0);
}

TEST_CASE("the original: constant durations on one server, whatever the fleet") {
  for (const char* fleet : {"research-256", "mega-100k"}) {
    const Asked a = asked("0.4", "2", {{"fleet", fleet}, {"assumptions", "mlsysim-0.1"}});
    CHECK(a.in("avg_wait_time_days", day) == near(4));
    CHECK(a["avg_queue_length"] == near(1.6));
  }
}

TEST_CASE("refused by name: a negative rate, no duration, half a device") {
  for (const auto& [name, text] :
       Arguments{{"arrival_rate_jobs_per_day", "-1"}, {"avg_job_duration_days", "0"}, {"devices_per_job", "0.5"}}) {
    Arguments all = {{"fleet", "research-256"}, {"arrival_rate_jobs_per_day", "1"}, {"avg_job_duration_days", "1"}};
    std::erase_if(all, [&](const auto& given) { return given.first == name; });
    all.push_back({name, text});
    CHECK(Refusal("orchestration", all).problem().argument == name);
  }
}
