// A wall asked backwards.
#include "mlsysim/search/target.hpp"

#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
const Asked& step() {
  static const Asked asked("single-node", {{"model", "llama-3-8b"}, {"hardware", "h100"}});
  return asked;
}
Target bound(const char* result, double value, bool at_most = true) {
  return {static_cast<std::size_t>(step().question.table().output(result)), value, at_most};
}
std::optional<Threshold> turn(const char* figure, Target target, const Question& q = step().question) {
  return threshold(q, static_cast<std::size_t>(q.table().input(figure)), target);
}
}  // namespace

TEST_CASE(
    "4 ms for Llama-3-8B takes 4.376 TB/s: 16.0612 GB in 3.67 ms; the value meets it and the next double does not") {
  const auto found = turn("hardware.memory.bandwidth", bound("latency", 4e-3));
  REQUIRE(found);
  CHECK(found->upward);
  CHECK_FALSE(found->met_now);
  CHECK(found->value == near(16061177856 / 3.67e-3, 1e-9));
  Question q = step().question;
  q.give(found->input, found->value);
  CHECK(meets(q, bound("latency", 4e-3)));
  q.give(found->input, found->value * (1 - 1e-14));
  CHECK_FALSE(meets(q, bound("latency", 4e-3)));
}

TEST_CASE("a bound that is met says how far a figure may go: 10 ms hold to 297 sequences, not to 298") {
  const auto found = turn("batch_size", bound("latency", 10e-3));
  REQUIRE(found);
  CHECK(found->met_now);
  CHECK_FALSE(found->upward);
  CHECK(found->value == 297);
  Question q = step().question;
  q.give(found->input, 298.0);
  CHECK_FALSE(meets(q, bound("latency", 10e-3)));
}

TEST_CASE("no bandwidth makes 0.2 ms of a step with 0.33 ms fixed") {
  CHECK_FALSE(turn("hardware.memory.bandwidth", bound("latency", 0.2e-3)));
  CHECK(thresholds(step().question, bound("latency", 0.2e-3)).empty());
}

TEST_CASE("what does not fit meets nothing: a rate that needs more sequences than memory holds is out of reach") {
  const Asked long_context("single-node", {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"context", "8192"}});
  // 1.07 GB of cache each: about 64 fit, at most 64 / 26 ms = 2,500 tokens/s
  CHECK_FALSE(turn("batch_size", bound("token_throughput", 5000, false), long_context.question));
  CHECK(turn("batch_size", bound("token_throughput", 2000, false), long_context.question));
}

TEST_CASE("figures come by the size of the change they need") {
  const auto all = thresholds(step().question, bound("latency", 10e-3));
  REQUIRE(all.size() > 5);
  for (std::size_t i = 1; i < all.size(); ++i)
    CHECK(std::abs(std::log(all[i - 1].value / all[i - 1].now)) <= std::abs(std::log(all[i].value / all[i].now)));
}

TEST_CASE("devices that meet a bound come first, and each of them does") {
  const auto found = candidates(step().question, *step().question.table().entity("hardware"), bound("latency", 4e-3));
  REQUIRE(found.size() > 20);
  CHECK(found.front().meets);
  CHECK_FALSE(found.back().meets);
  bool still = true;
  for (const auto& c : found) {
    CHECK((still || !c.meets));
    still = c.meets;
    if (c.meets) CHECK(c.result <= 4e-3);
  }
}
