// Wall 7, worked by hand.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/laws/queueing.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) { return Asked("tail-latency", more); }
}  // namespace

TEST_CASE(
    "one replica at 80 requests a second of 10 ms: 50 ms on average, 34.7 ms median, 230.3 ms at the 99th percentile") {
  const Asked a = asked({{"arrival_rate_qps", "80"}, {"service_latency_ms", "10"}});
  CHECK(a.flag("is_stable"));
  CHECK(a["queue_utilization"] == near(0.8));
  CHECK(a["wait_probability"] == near(0.8));
  // M/M/1: the time in the system is exponential with mean 10 / (1 - 0.8) = 50 ms
  CHECK(a.in("mean_latency", ms) == near(50.0));
  CHECK(a.in("p50_latency", ms) == near(50 * std::log(2.0)));
  CHECK(a.in("p95_latency", ms) == near(50 * std::log(20.0)));
  CHECK(a.in("p99_latency", ms) == near(50 * std::log(100.0)));
  CHECK(a.in("mean_wait", ms) == near(40.0));
  CHECK(a.in("p99_wait", ms) == near(50 * std::log(80.0)));
  CHECK(a["mean_in_system"] == near(4.0));  // 80 x 0.050
  CHECK(a["mean_in_queue"] == near(3.2));
  CHECK(a.in("slo_latency", ms) == near(50.0));
  CHECK(a["slo_violation_probability"] == near(std::exp(-1.0)));  // P(T > mean)
  CHECK(a.in("capacity", per_s) == near(100.0));
  CHECK(a.word("queue_model") == "M/M/c, exact");
}

TEST_CASE("ten replicas at load 8: 40.92 % wait, 2.046 service times each") {
  const Asked a = asked({{"arrival_rate_qps", "160"}, {"service_latency_ms", "50"}, {"num_replicas", "10"}});
  CHECK(a["wait_probability"] == near(0.4092, 1e-4));
  CHECK(a.in("mean_wait", ms) == near(0.40918015 / 2 * 50, 1e-7));  // C / (c - a) services
  CHECK(a["mean_in_queue"] == near(0.40918015 * 8 / 2, 1e-7));      // C u / (1 - u) = 1.637
  CHECK(a.in("p99_wait", ms) == near(std::log(40.918015) / 2 * 50, 1e-7));
}

TEST_CASE("no arrivals: nobody waits, and latency is the service alone") {
  const Asked a = asked({{"arrival_rate_qps", "0"}, {"service_latency_ms", "10"}, {"num_replicas", "4"}});
  CHECK(a["wait_probability"] == 0);
  CHECK(a["queue_utilization"] == 0);
  CHECK(a.in("mean_latency", ms) == near(10.0));
  CHECK(a.in("p99_latency", ms) == near(10 * std::log(100.0)));
  CHECK(a["mean_in_system"] == 0);
  CHECK(a["replicas_needed"] == 1);
}

TEST_CASE(
    "a queue that grows without end is an answer: 150 requests a second of 10 ms on one replica load it 1.5 times") {
  for (const char* rate : {"100", "150"}) {
    const Asked a = asked({{"arrival_rate_qps", rate}, {"service_latency_ms", "10"}});
    CHECK_FALSE(a.flag("is_stable"));
    CHECK(a["queue_utilization"] == near(std::stod(rate) / 100));
    for (const char* time : {"p50_latency", "p95_latency", "p99_latency", "mean_latency", "mean_wait", "p99_wait",
                             "mean_in_system", "mean_in_queue"})
      CHECK(a[time] == queueing::unbounded);
    CHECK(a["slo_violation_probability"] == 1);
    CHECK(a["replicas_needed"] == 2);
  }
}

TEST_CASE(
    "constant service: at 80 % one replica's mean wait is 20 ms, and the model says that its tail is approximate") {
  const Asked a = asked({{"arrival_rate_qps", "80"}, {"service_latency_ms", "10"}, {"service_time_cv", "0"}});
  CHECK(a.in("mean_wait", ms) == near(20.0));  // M/D/1: u / (2 (1 - u)) services
  // 10 ms of service and the wait's tail 0.8 e^(-0.4 x): ln 80 / 0.4 services
  CHECK(a.in("p99_latency", ms) == near(10 + 10 * std::log(80.0) / 0.4));
  CHECK(a.word("queue_model") == "G/G/c, approximate");
}

TEST_CASE("bursts: arrivals of spread 2 with exponential service wait 2.5 times as long") {
  const Asked even = asked({{"arrival_rate_qps", "80"}, {"service_latency_ms", "10"}});
  const Asked bursts = asked({{"arrival_rate_qps", "80"}, {"service_latency_ms", "10"}, {"arrival_cv", "2"}});
  CHECK(bursts["mean_wait"] == near(2.5 * even["mean_wait"]));  // (4 + 1) / 2
}

TEST_CASE("an objective of 100 ms on M/M/1 at 80 %: e^-2 = 13.5 % exceed it") {
  const Asked a = asked({{"arrival_rate_qps", "80"}, {"service_latency_ms", "10"}, {"slo_latency_ms", "100"}});
  CHECK(a["slo_violation_probability"] == near(std::exp(-2.0)));
}

TEST_CASE("the original: waiting quantile plus the mean service, utilisation cut at 1, a ratio for a probability") {
  const Asked a = asked({{"arrival_rate_qps", "99"}, {"service_latency_ms", "10"}, {"assumptions", "mlsysim-0.1"}});
  CHECK(a.in("p50_latency", ms) == near(10 + 1000 * std::log(0.99 / 0.5)));
  CHECK(a.in("p99_latency", ms) == near(10 + 1000 * std::log(99.0)));
  CHECK(a["slo_violation_probability"] == near(1000 * std::log(99.0) / 50));  // 91.9
  const Asked over = asked({{"arrival_rate_qps", "150"}, {"service_latency_ms", "10"}, {"assumptions", "mlsysim-0.1"}});
  CHECK(over["queue_utilization"] == 1);
}

TEST_CASE("refused by name: a negative rate, no service time, half a replica, a spread of -1") {
  for (const auto& [name, text] : Arguments{{"arrival_rate_qps", "-5"},
                                            {"service_latency_ms", "0"},
                                            {"num_replicas", "1.5"},
                                            {"num_replicas", "0"},
                                            {"service_time_cv", "-1"},
                                            {"slo_latency_ms", "0"},
                                            {"arrival_cv", "-1"}}) {
    Arguments all = {{"arrival_rate_qps", "80"}, {"service_latency_ms", "10"}};
    std::erase_if(all, [&](const auto& given) { return given.first == name; });
    all.push_back({name, text});
    const Refusal r("tail-latency", all);
    CHECK_FALSE(r.answered);
    CHECK(r.problem().argument == name);
  }
}
