#include "mlsysim/mlsysim.hpp"

#include <doctest/doctest.h>

#include "asked.hpp"
#include "source_dir.hpp"

using namespace mlsysim;

namespace {
const EngineQuery query{.model = model("llama-3-8b"), .hardware = accelerator("h100"), .batch_size = 32};

template <class E, class F>
E thrown(F f) {
  try {
    f();
  } catch (const E& error) {
    return error;
  }
  FAIL("nothing was thrown");
  throw;
}
}  // namespace

TEST_CASE("face: the first call has the bits of the same question by name") {
  const Asked a("single-node", {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"batch_size", "32"}});
  const auto p = solve(query);
  CHECK(p.latency.base == a["latency"]);
  CHECK(p.memory_footprint.base == a["memory_footprint"]);
  CHECK(p.bottleneck.plain() == Bottleneck::memory);
  CHECK(p.feasible.plain());
}
TEST_CASE("face: untouched assumptions are the default ones, and a set is taken where one is named") {
  CHECK(solve(query).latency.base == solve(query, assumptions("first-principles")).latency.base);
  CHECK(solve(query).latency.base != solve(query, assumptions("original")).latency.base);
  CHECK(model("dlrm", "original").parameters != model("dlrm").parameters);
}
TEST_CASE("face: an empty batch is refused by name") {
  auto q = query;
  q.batch_size = 0;
  CHECK(thrown<InputError>([&] { solve(q); }).argument == "batch_size");
}
TEST_CASE("face: a figure that the answer needs and nobody states is refused by name") {
  auto q = query;
  q.hardware.memory.bandwidth.base = std::numeric_limits<double>::quiet_NaN();
  CHECK(thrown<InputError>([&] { solve(q); }).argument == "hardware.memory.bandwidth");
}
TEST_CASE("face: a query without hardware, and one with assumptions made from nothing, are refused") {
  CHECK(thrown<InputError>([] { solve(EngineQuery{.model = model("llama-3-8b"), .hardware = {}}); }).argument ==
        "hardware");
  auto q = query;
  q.assumptions.usable_memory = 0.9;
  CHECK(thrown<InputError>([&] { solve(q); }).argument.starts_with("assumptions."));
}
TEST_CASE("face: an unknown name, an unknown set and an unreadable file are three errors") {
  CHECK(thrown<LookupError>([] { accelerator("h1OO"); }).nearest == "H100");
  CHECK_THROWS_AS(accelerator("h100", "mlsysim-0.7"), LookupError);
  CHECK(thrown<DataError>([] { model("no/such/config.json"); }).place == "no/such/config.json");
  CHECK_THROWS_AS(accelerator("no/such.yaml"), Error);
}
TEST_CASE("face: a path to a config.json is a model: 8,030,261,248 parameters") {
  CHECK(model(std::string(source_dir) + "/examples/models/llama-3-8b/config.json").parameters == 8030261248.0);
}
TEST_CASE("face: a derivation names the source of an entry's figures, and says which were given") {
  const std::string catalog = explanation_text(explain(query, {"latency"}));
  CHECK(catalog.find("NVIDIA H100 Tensor Core GPU datasheet") != std::string::npos);
  auto own = query;
  own.hardware.memory.bandwidth = 8.0 * TB / s;
  const std::string given = explanation_text(explain(own, {"latency"}));
  CHECK(given.find("= 8 TB/s") != std::string::npos);
  CHECK(given.find("NVIDIA H100 Tensor Core GPU datasheet") == std::string::npos);
}
