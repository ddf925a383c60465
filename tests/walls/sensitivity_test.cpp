// Wall 21, worked by hand.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) {
  more.insert(more.begin(), {{"model", "llama-3-8b"}, {"hardware", "h100"}});
  return Asked("sensitivity", more);
}
}  // namespace

TEST_CASE("a memory-bound step of 5.124 ms is 4.794 ms of traffic: elasticity -0.9356 to bandwidth, 0 to arithmetic") {
  const Asked a = asked({});
  // 16.0612 GB / 3.35 TB/s = 4.79438 ms, and 0.33 ms fixed
  CHECK(a["elasticities.memory_bandwidth"] == near(-4.794381e-3 / 5.124381e-3, 1e-6));
  CHECK(a["elasticities.overhead"] == near(0.33e-3 / 5.124381e-3, 1e-6));
  CHECK(a["elasticities.peak_flops"] == 0);
  CHECK(a["elasticities.memory_capacity"] == 0);
  CHECK(a.word("binding_constraint") == "memory_bandwidth");
  // ten per cent more: 4.79438 (1 / 1.1 - 1) / 5.12438; a factor of 1.1 less: 4.79438 x 0.1 / 5.12438
  CHECK(a["sensitivities.memory_bandwidth"] == near(4.794381 * (1 / 1.1 - 1) / 5.124381, 1e-6));
  CHECK(a["sensitivities_down.memory_bandwidth"] == near(4.794381 * 0.1 / 5.124381, 1e-6));
  CHECK(a["sensitivities.overhead"] == near(0.033 / 5.124381, 1e-6));
  CHECK_FALSE(a.flag("kink"));
}

TEST_CASE("at batch 512 arithmetic binds, and more bandwidth gains nothing") {
  const Asked a = asked({{"batch_size", "512"}, {"perturbation_pct", "100"}});
  CHECK(a.word("binding_constraint") == "peak_flops");
  CHECK(a["sensitivities.memory_bandwidth"] == 0);
  // Twice the peak halves the arithmetic, down to the 4.8 ms and more of traffic.
  CHECK(a["sensitivities.peak_flops"] == near(-0.5 * a["latency_compute"] / a["baseline_latency"], 1e-9));
}

TEST_CASE("a change that turns the roof gains less than its elasticity says") {
  const Asked a = asked({{"batch_size", "149"}});  // the first compute-bound batch
  CHECK(a.word("binding_constraint") == "peak_flops");
  const double whole = a["latency_compute"] * (1 / 1.1 - 1) / a["baseline_latency"];
  CHECK(a["sensitivities.peak_flops"] > 0.5 * whole);  // both are negative: the traffic stops it
  CHECK(a["sensitivities.peak_flops"] ==
        near((a["latency_memory"] - a["latency_compute"]) / a["baseline_latency"], 1e-9));
}

TEST_CASE("what does not fit is bound by capacity, though the original names the arithmetic") {
  const Arguments model{{"model", "llama-3-70b"}, {"hardware", "h100"}};
  const Asked ours("sensitivity", model);
  CHECK(ours.word("binding_constraint") == "memory_capacity");
  CHECK(ours["memory_headroom"] == near(85.899345920 / 141.1083, 1e-3));
  Arguments original = model;
  original.push_back({"assumptions", "mlsysim-0.1"});
  const Asked theirs("sensitivity", original);
  CHECK(theirs.word("binding_constraint") == "peak_flops");
  CHECK(theirs["elasticities.memory_bandwidth"] == 0);  // the host's link carries everything
}

TEST_CASE("a small network is bound by the time to launch it") {
  const Asked a("sensitivity", {{"model", "resnet-50"}, {"hardware", "h100"}});
  CHECK(a.word("binding_constraint") == "overhead");
  CHECK(a["elasticities.overhead"] > 0.9);
}

TEST_CASE("with both roofs at the same height there is a kink: raising either gains nothing, lowering either costs") {
  // 16.0610 Gflop / (0.5 P) = 16.0612 GB / 3.35 TB/s
  const Asked plain = asked({});
  const double peak = 989.4 * plain["latency_compute"] / plain["latency_memory"];
  bool found = false;
  Question q = plain.question;
  const auto cell = static_cast<std::size_t>(q.table().input("hardware.compute.fp16_dense"));
  const auto kink = static_cast<std::size_t>(q.table().output("kink"));
  // The peak at which both are equal to the last bit is one of a few neighbours.
  double p = peak * 1e12 * (1 - 1e-14);
  std::vector<double> result;
  for (int i = 0; i < 4000 && !found; ++i, p = std::nextafter(p, 1e300)) {
    q.give(cell, p);
    result = q.answer();
    found = result[kink] != 0;
  }
  REQUIRE(found);
  const auto of = [&](const char* name) { return result[static_cast<std::size_t>(q.table().output(name))]; };
  CHECK(std::abs(of("sensitivities.peak_flops")) < 1e-12);
  CHECK(std::abs(of("sensitivities.memory_bandwidth")) < 1e-12);
  CHECK(of("sensitivities_down.peak_flops") > 0.09);
  CHECK(of("sensitivities_down.memory_bandwidth") > 0.09);
}
