// The search for the largest batch, against its parts worked by hand.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/walls/batching_optimizer.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) {
  // What is given later wins.
  more.insert(more.begin(), {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"seq_len", "512"}, {"output_len", "128"}});
  return Asked("batching-optimizer", more);
}
}  // namespace

TEST_CASE(
    "a batch of two at 10 requests a second: half of the requests wait for one arrival, 391 ms at the 99th "
    "percentile") {
  using namespace batching_optimizer;
  // P(still forming after t) = e^(-10 t) / 2 = 0.01 at t = ln(50) / 10
  CHECK(formation_quantile(2, 10, 0.01) == near(std::log(50.0) / 10, 1e-9));
  CHECK(still_forming(2, 10, 0.1) == near(0.5 * std::exp(-1.0)));
  // of three, a third waits for two arrivals, a third for one: (e^-1 (1 + 1) + e^-1) / 3 after a mean gap
  CHECK(still_forming(3, 10, 0.1) == near(std::exp(-1.0)));
  CHECK(still_forming(1, 10, 0.1) == 0.0);
  CHECK(formation_quantile(1, 10, 0.01) == 0.0);
  CHECK(still_forming(1000, 1, 2000) < 1e-12);
  CHECK(still_forming(1000, 1, 500) > 0.4);
}

TEST_CASE("the largest batch in time is in time and the next is not") {
  const Arguments load = {{"sla_latency_ms", "4000"}, {"arrival_rate_qps", "20"}};
  const Asked best = asked(load);
  REQUIRE(best.flag("is_feasible"));
  CHECK(best["p99_latency"] <= 4.0);
  CHECK(best["p99_latency"] == near(best["service_time"] + best["formation_time"] + best["waiting_time"]));
  CHECK(best["slo_violation_probability"] <= 0.01);
  CHECK(best["best_config.max_batch_size"] == best["best_batch_size"]);
  CHECK(best["best_batch_size"] < 256);
  // No larger batch is in time: the search down to the next one finds nothing.
  Candidates candidates;
  best.question.answer(candidates);
  REQUIRE(candidates.rows.size() >= 2);
  for (std::size_t i = 1; i < candidates.rows.size(); ++i) CHECK(candidates.rows[i][0] < candidates.rows[i - 1][0]);
  CHECK(candidates.fell.back().first == "answers too late");
}

TEST_CASE("a slack objective lets larger batches form, a tight one smaller ones") {
  const auto batch = [](const char* objective) {
    return asked({{"sla_latency_ms", objective}, {"arrival_rate_qps", "20"}})["best_batch_size"];
  };
  CHECK(batch("2000") < batch("4000"));
  CHECK(batch("4000") < batch("8000"));
}

TEST_CASE("one request a second does not fill a batch of 64 in 5 s: formation is what the original leaves out") {
  const Arguments slow = {{"sla_latency_ms", "5000"}, {"arrival_rate_qps", "1"}, {"num_replicas", "2"}};
  Arguments original = slow;
  original.push_back({"assumptions", "mlsysim-0.1"});
  CHECK(asked(slow)["best_batch_size"] < 8);
  CHECK(asked(original)["best_batch_size"] >= 64);
}

TEST_CASE("no batch is in time for an objective below one service, and none fits a device that is too small") {
  const Asked late = asked({{"sla_latency_ms", "10"}, {"arrival_rate_qps", "1"}});
  CHECK_FALSE(late.flag("is_feasible"));
  CHECK(late["best_batch_size"] == 0.0);
  CHECK(late["p99_latency"] > 0.01);
  CHECK(late["slo_violation_probability"] == 1.0);
  const Asked large = asked({{"model", "llama-3-70b"}, {"sla_latency_ms", "1000"}, {"arrival_rate_qps", "1"}});
  CHECK_FALSE(large.flag("is_feasible"));
  CHECK(large["p99_latency"] == INFINITY);
}

TEST_CASE("more requests than the replicas can serve are not answered for; more replicas keep up") {
  CHECK_FALSE(asked({{"sla_latency_ms", "60000"}, {"arrival_rate_qps", "2000"}}).flag("is_feasible"));
  CHECK(asked({{"sla_latency_ms", "60000"}, {"arrival_rate_qps", "2000"}, {"num_replicas", "64"}}).flag("is_feasible"));
}

TEST_CASE("what the search is missing, by name") {
  const Refusal without("batching-optimizer",
                        {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"seq_len", "512"}, {"arrival_rate_qps", "1"}});
  CHECK(without.problem().argument == "sla_latency_ms");
}
