// Any result of any wall against any figure.
#include "mlsysim/search/sensitivity.hpp"

#include <doctest/doctest.h>

#include "any_question.hpp"
#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Sensitivities of(const Asked& a, const char* result, double step = 0.1) {
  Problems problems;
  const auto found = sensitivities(a.question, result, step, problems);
  REQUIRE_MESSAGE(found, all_sentences(problems));
  return *found;
}
const Response* to(const Sensitivities& s, const Asked& a, const char* figure) {
  for (const auto& r : s.ranked)
    if (r.input == static_cast<std::size_t>(a.question.table().input(figure))) return &r;
  return nullptr;
}
const Asked& step() {
  static const Asked asked("single-node", {{"model", "llama-3-8b"}, {"hardware", "h100"}});
  return asked;
}
}  // namespace

TEST_CASE("the elasticity of a step to bandwidth is the share of its traffic, to ten digits less one") {
  const auto s = of(step(), "latency");
  const Response* bandwidth = to(s, step(), "hardware.memory.bandwidth");
  REQUIRE(bandwidth);
  CHECK(bandwidth->elasticity == near(-step()["latency_memory"] / step()["latency"], 2e-9));
  CHECK_FALSE(bandwidth->kink);
  CHECK(bandwidth->at_high == near(step()["latency_memory"] / 1.1 + 0.33e-3, 1e-9));
  CHECK(s.ranked.front().input == bandwidth->input);
  CHECK(to(s, step(), "hardware.compute.fp16_dense") == nullptr);  // it does not move a memory-bound step
}

TEST_CASE("a count changes by one, and one at its least has one side only") {
  const auto s = of(step(), "throughput");
  const Response* batch = to(s, step(), "batch_size");
  REQUIRE(batch);
  CHECK(batch->low != batch->low);
  CHECK(batch->high == 2);
  CHECK(batch->below != batch->below);
  // two sequences take nearly as long as one: the rate nearly doubles
  CHECK(batch->elasticity == near(std::log2(batch->at_high / s.baseline), 1e-9));
  CHECK(batch->elasticity > 0.99);
}

TEST_CASE("past the end of a range there is no side: an efficiency of 1 can only fall") {
  const Asked a("single-node", {{"model", "resnet-50"}, {"hardware", "t4"}, {"batch_size", "64"}, {"efficiency", "1"}});
  const auto s = of(a, "latency_compute");
  const Response* efficiency = to(s, a, "efficiency");
  REQUIRE(efficiency);
  CHECK(efficiency->at_high != efficiency->at_high);
  CHECK(efficiency->elasticity == near(-1.0, 1e-8));
}

TEST_CASE("where two roofs meet, either side has its own slope and the kink is said") {
  Question q = step().question;
  const auto peak = static_cast<std::size_t>(q.table().input("hardware.compute.fp16_dense"));
  q.give(peak, 989.4e12 * step()["latency_compute"] / step()["latency_memory"]);
  Problems problems;
  const auto s = sensitivities(q, "latency", 0.1, problems);
  REQUIRE(s);
  for (const auto& r : s->ranked)
    if (r.input == peak) {
      CHECK(r.kink);
      CHECK(r.above == near(0.0, 1e-6));
      CHECK(r.below == near(-step()["latency_memory"] / step()["latency"], 1e-6));
      CHECK((r.turns_low + r.turns_high).starts_with("bottleneck "));
    }
}

TEST_CASE("a result in whole numbers is a staircase: its elasticity is that of a hundredth either way") {
  const Asked a("responsible-engineering", {{"base_training_time", "100"}});
  const auto s = of(a, "subgroup_samples");
  const Response* margin = to(s, a, "margin");
  REQUIRE(margin);
  CHECK(margin->elasticity == near(-2.0, 0.03));  // samples go with the inverse square of the margin
  CHECK_FALSE(margin->kink);
}

TEST_CASE("what has no elasticity is refused by name") {
  for (const auto& [result, said] :
       Arguments{{"bottleneck", "no number"}, {"offload_spill_bytes", "no share"}, {"latncy", "not a result"}}) {
    Problems problems;
    CHECK_FALSE(sensitivities(step().question, result, 0.1, problems));
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().message.find(said) != std::string::npos);
  }
}

TEST_CASE("every wall: no elasticity is wrong by more than 1e-5 where a wider difference agrees with itself") {
  int compared = 0;
  for (const Wall* wall : walls()) {
    if (wall->search) continue;
    AnyQuestion any(*wall);
    for (int i = 0; i < 12; ++i) {
      const Question q = [&] {
        Question one = any.question();
        return one.check() ? one : any.typical();
      }();
      const auto now = q.answer();
      for (std::size_t o = 0; o < now.size(); ++o) {
        const Field& field = q.table().out.all[o];
        Problems problems;
        const auto s = sensitivities(q, field.path, 0.1, problems);
        if (!s) continue;
        if (now[o] == std::floor(now[o])) continue;  // a number of things is differenced over a hundredth, not here
        // A change of a step by less than a thousandth is the difference of two times: few of its digits are left.
        if (field.path.starts_with("sensitivities") && std::abs(now[o]) < 1e-3) continue;
        for (const auto& r : s->ranked) {
          if (r.count || r.kink || r.elasticity != r.elasticity || r.above != r.above || r.below != r.below) continue;
          const auto at = [&](double factor) {
            Question moved = q;
            moved.give(r.input, r.value * factor);
            return moved.answer()[o];
          };
          const auto slope = [&](double h) { return (at(1 + h) - at(1 - h)) / (2 * h * now[o]); };
          const double wide = slope(2e-4), wider = slope(4e-4), widest = slope(1e-3);
          const auto agrees = [&](double other) { return std::abs(wide - other) < 1e-7 * (1 + std::abs(wide)); };
          if (!agrees(wider) || !agrees(widest)) continue;    // curved, or a turn within it
          if (std::abs(slope(2e-5) - wide) > 1e-5) continue;  // a staircase
          CAPTURE(wall->name);
          CAPTURE(field.path);
          CAPTURE(q.table().in.all[r.input].path);
          CHECK(r.elasticity == doctest::Approx(wide).epsilon(1e-5).scale(1));
          ++compared;
        }
      }
    }
  }
  CHECK(compared > 2000);
}
