#include "mlsysim/report/explain.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "asked.hpp"

using namespace mlsysim;

namespace {
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
const Arguments llama = {{"model", "llama-3-8b"}, {"hardware", "h100"}};
Explanation derivation(const Arguments& arguments, const std::vector<std::string>& results) {
  return explain(Asked("single-node", arguments).question, results);
}
}  // namespace

TEST_CASE("the derivation of latency is the roofline with its citation, its numbers and its value") {
  const std::string text = explanation_text(derivation(llama, {"latency"}));
  CHECK(contains(text,
                 "latency = max(latency_compute, latency_memory) + latency_overhead    [williams2009roofline, eq. 1]"));
  CHECK(contains(text, "= max(32.47 us, 4.794 ms) + 330 us"));
  CHECK(contains(text, "= 5.124 ms"));
  CHECK(contains(text, "hardware.dispatch_tax"));
}

TEST_CASE("each step that a result needs is derived once, indented, and rests on figures with kind and source") {
  const Explanation e = derivation(llama, {"latency", "energy"});
  for (const std::string name : {"latency", "latency_compute", "latency_memory", "latency_overhead", "work",
                                 "memory_weights", "traffic_other", "energy", "power"})
    CHECK_MESSAGE(std::ranges::count(e.steps, name, &ExplainedStep::name) == 1, name);
  CHECK(e.steps.front().depth == 0);
  CHECK(std::ranges::any_of(e.steps, [](const auto& step) { return step.depth >= 2; }));
  const auto bandwidth = std::ranges::find(e.leaves, "hardware.memory.bandwidth", &ExplainedLeaf::name);
  REQUIRE(bandwidth != e.leaves.end());
  CHECK(bandwidth->value == "3.35 TB/s");
  CHECK(bandwidth->kind == "stated");
  CHECK(contains(bandwidth->source, "H100"));
  CHECK(bandwidth->where == "GPU Memory Bandwidth");
}

TEST_CASE("an estimate shows its range; a constant of the wall shows its name: bytes per fp16 is 2 B") {
  const std::string text = explanation_text(derivation(llama, {"latency"}));
  CHECK(contains(text, "estimated, 4 us to 20 us"));
  CHECK(contains(text, "bytes per fp16"));
  CHECK(contains(text, "constant"));
}

TEST_CASE("what was overridden says that it was given") {
  const Explanation e = derivation(
      {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"hardware.memory.bandwidth", "8 TB/s"}}, {"latency_memory"});
  const auto bandwidth = std::ranges::find(e.leaves, "hardware.memory.bandwidth", &ExplainedLeaf::name);
  REQUIRE(bandwidth != e.leaves.end());
  CHECK(bandwidth->value == "8 TB/s");
  CHECK(bandwidth->kind == "given");
  CHECK(bandwidth->source.empty());
}

TEST_CASE("the branch that was taken is shown, and a flag by the comparison that decides it") {
  const std::string text = explanation_text(derivation(llama, {"feasible", "bottleneck"}));
  CHECK(contains(text, "feasible = memory_footprint ≤ memory_available"));
  CHECK(contains(text, "bottleneck = latency_compute < latency_memory"));
  CHECK_FALSE(contains(text, "select"));
}

TEST_CASE("every result has a derivation where none is named, and every step of it has a name") {
  const Explanation e = derivation(llama, {});
  const Table& t = table_of("single-node");
  for (const Field& field : t.out.all)
    CHECK_MESSAGE(std::ranges::any_of(e.steps, [&](const auto& step) { return step.name == field.path; }), field.path);
  for (const auto& step : e.steps) CHECK_FALSE(step.name.empty());
}

TEST_CASE("the sources of an answer are its stated figures, each with a source, and nothing that it does not use") {
  const Asked a("single-node", llama);
  const auto sources = sources_of(a.question);
  CHECK(sources.size() > 10);
  for (const auto& leaf : sources) CHECK_FALSE(leaf.kind == "not stated");
  CHECK(std::ranges::any_of(sources, [](const auto& leaf) { return leaf.name == "hardware.compute.fp16_dense"; }));
  CHECK_FALSE(std::ranges::any_of(sources, [](const auto& leaf) { return leaf.name == "hardware.unit_cost"; }));
}

TEST_CASE("a derivation under the original's assumptions cites the original") {
  Question q(table_of("single-node"), built_in(), "mlsysim-0.1");
  q.give("model", "llama-3-8b");
  q.give("hardware", "h100");
  REQUIRE_MESSAGE(q.check(), all_sentences(q.problems()));
  CHECK(contains(explanation_text(explain(q, {"traffic_weights"})), "[mlsysim-0.1.1, Engine.solve]"));
}
