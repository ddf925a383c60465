// Why two answers differ.
#include "mlsysim/search/difference.hpp"

#include <doctest/doctest.h>

#include "any_question.hpp"
#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Difference of(const Question& a, const Question& b, const char* result) {
  Problems problems;
  const auto found = difference(a, b, result, problems);
  REQUIRE_MESSAGE(found, all_sentences(problems));
  return *found;
}
Asked on(const char* device, const char* batch) {
  return Asked("single-node", {{"model", "llama-3-8b"}, {"hardware", device}, {"batch_size", batch}});
}
double sum(const Difference& d) {
  double total = 0;
  for (const auto& part : d.parts) total += part.difference;
  return total;
}
}  // namespace

TEST_CASE("memory-bound on both: bandwidth explains all of the 3.088 ms but the 5 us of dispatch") {
  const auto d = of(on("a100", "1").question, on("h100", "1").question, "latency");
  REQUIRE(d.parts.size() == 2);
  CHECK(d.parts[0].name == "hardware.memory.bandwidth");
  // 16.0612 GB (1 / 3.35 TB/s - 1 / 2.039 TB/s) = -3.0826 ms
  CHECK(d.parts[0].difference == near(16061177856 * (1 / 3.35e12 - 1 / 2.039e12), 1e-9));
  CHECK(d.parts[1].name == "hardware.dispatch_tax");
  CHECK(d.parts[1].difference == near(-5e-6, 1e-9));
  CHECK(d.parts[0].before == "2.039 TB/s");
}

TEST_CASE("two inputs that turn the roof share what neither explains alone, half each") {
  // Batch 1: memory-bound at M. Peak / 1000 alone: compute-bound at C. Bandwidth x 1000 alone: gains M down to the arithmetic.
  const Asked a = on("h100", "1");
  Question b = a.question;
  const auto peak = static_cast<std::size_t>(b.table().input("hardware.compute.fp16_dense"));
  const auto bandwidth = static_cast<std::size_t>(b.table().input("hardware.memory.bandwidth"));
  b.give(peak, 989.4e12 / 1000);
  b.give(bandwidth, 3.35e15);
  const double M = a["latency_memory"], c = a["latency_compute"], C = 1000 * c;
  const auto d = of(a.question, b, "latency");
  REQUIRE(d.parts.size() == 2);
  const auto part = [&](const char* name) { return (d.parts[0].name == name ? d.parts[0] : d.parts[1]).difference; };
  // peak first: C - M, then 0; bandwidth first: c - M (the arithmetic binds), then C - c
  CHECK(part("hardware.memory.bandwidth") == near(0.5 * (0 + (c - M)), 1e-9));
  CHECK(part("hardware.compute.fp16_dense") == near(0.5 * ((C - M) + (C - c)), 1e-9));
}

TEST_CASE("the same question differs from itself in nothing") {
  const Asked a = on("h100", "8");
  CHECK(of(a.question, a.question, "latency").parts.empty());
}

TEST_CASE(
    "every wall: contributions sum to the difference, and factors multiply to the ratio, between any two questions") {
  int compared = 0, sampled = 0;
  for (const Wall* wall : walls()) {
    if (wall->search) continue;
    AnyQuestion any(*wall);
    // A question of a model by operators differs in hundreds of figures, each of which is a step of the comparison.
    const int pairs = std::string_view(wall->name) == "inference" ? 3 : 10;
    for (int i = 0; i < pairs; ++i) {
      Question a = any.question(), b = any.question();
      if (!a.check() || !b.check()) continue;
      const auto before = a.answer(), after = b.answer();
      const std::size_t stride = before.size() < 5 ? 1 : 5;
      for (std::size_t o = 0; o < before.size(); o += stride) {
        Problems problems;
        const auto d = difference(a, b, a.table().out.all[o].path, problems);
        if (!d) continue;
        CAPTURE(wall->name);
        CAPTURE(a.table().out.all[o].path);
        double scale = std::abs(before[o]) + std::abs(after[o]), ratio = 1;
        for (const auto& part : d->parts) scale += std::abs(part.difference), ratio *= part.factor;
        CHECK(std::abs(sum(*d) - (after[o] - before[o])) <= 1e-9 * scale);
        if (before[o] > 0 && after[o] > 0) CHECK(ratio == near(after[o] / before[o], 1e-6));
        ++compared;
        sampled += !d->exact;
      }
    }
  }
  CHECK(compared > 100);
  MESSAGE(sampled << " of " << compared << " differences took a sample of orders");
}
