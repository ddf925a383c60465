#include "mlsysim/search/sweep.hpp"

#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"
#include "same_bits.hpp"

using namespace mlsysim;

namespace {
constexpr const char* single_node = "single-node";
Question base(const Arguments& arguments) {
  Question q(table_of(single_node), built_in());
  for (const auto& [name, text] : arguments) q.give(name, text);
  q.settle();
  return q;
}
Axis axis_of(const Question& q, const std::string& text) {
  Problems problems;
  auto axis = parse_axis(q, text, problems);
  REQUIRE_MESSAGE(axis, all_sentences(problems));
  return *axis;
}
std::string refused(const std::string& text) {
  Problems problems;
  CHECK_FALSE_MESSAGE(parse_axis(base({{"model", "llama-3-8b"}, {"hardware", "h100"}}), text, problems), text);
  return all_sentences(problems);
}
std::vector<double> values(const std::string& text) {
  return axis_of(base({{"model", "llama-3-8b"}, {"hardware", "h100"}}), text).values;
}
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("axes: a list, a range of counts, evenly spaced, by factors, by logarithms") {
  CHECK(values("batch_size=1,2,7") == std::vector<double>{1, 2, 7});
  CHECK(values("batch_size=3..6") == std::vector<double>{3, 4, 5, 6});
  CHECK(values("batch_size=1..10:x2") == std::vector<double>{1, 2, 4, 8, 10});
  CHECK(values("batch_size=1..8:x2") == std::vector<double>{1, 2, 4, 8});
  CHECK(values("efficiency=0.2..1:5")[2] == near(0.6));
  const auto logs = values("efficiency=0.01..1:log3");
  CHECK(logs.size() == 3);
  CHECK(logs[1] == near(0.1));
  CHECK(logs[2] == 1);
  CHECK(values("hardware.memory.bandwidth=1TB/s..8TB/s:8") ==
        std::vector<double>{1e12, 2e12, 3e12, 4e12, 5e12, 6e12, 7e12, 8e12});
  CHECK(values("hardware.memory.bandwidth=2,4")[1] == 4e12);
  CHECK(values("precision=fp16,INT8").size() == 2);
}

TEST_CASE("axes that are none are refused with the reason") {
  CHECK(contains(refused("batch_size"), "is not an axis"));
  CHECK(contains(refused("=1..2"), "is not an axis"));
  CHECK(contains(refused("batch_sise=1..2"), "did you mean batch_size?"));
  CHECK(contains(refused("batch_size=0..2"), "out of range: a whole number, at least 1"));
  CHECK(contains(refused("batch_size=1.5"), "out of range"));
  CHECK(contains(refused("batch_size=8..2"), "is empty"));
  CHECK(contains(refused("batch_size=1..8:x1"), "is not a factor above 1"));
  CHECK(contains(refused("batch_size=1..8:y2"), "is not a step"));
  CHECK(contains(refused("batch_size=1..8:0"), "is not a step"));
  CHECK(contains(refused("efficiency=0.1..1"), "say how many points"));
  CHECK(contains(refused("batch_size=1..1e12"), "100 million"));
  CHECK(contains(refused("batch_size=1..1e300:x1.000000001"), "100 million"));
  CHECK(contains(refused("batch_size=1..2:1e18"), "is not a step"));
  CHECK(contains(refused("hardware=h100,h1OO"), "no accelerator is called \"h1OO\""));
  CHECK(contains(refused("hardware=h100,"), "an empty name"));
  CHECK(contains(refused("precision=fp16,fp17"), "is not one of"));
  CHECK(contains(refused("hardware.memory.bandwidth=1TB..2TB:3"), "is in byte"));
}

TEST_CASE("every row of a sweep has the bits of the single call: 3 devices x 2 formats x 101 batches") {
  const Question q = base({{"model", "llama-3-8b"}, {"seq_len", "512"}});
  Problems problems;
  const Sweep sweep(
      q, {axis_of(q, "hardware=h100,a100,mi300x"), axis_of(q, "precision=fp16,int8"), axis_of(q, "batch_size=1..101")},
      {}, problems);
  REQUIRE(problems.empty());
  CHECK(sweep.rows() == 3 * 2 * 101);
  std::size_t rows = 0;
  sweep.run([&](const Block& block) {
    REQUIRE(block.columns);
    for (std::size_t i = 0; i < block.count; ++i, ++rows) {
      const auto at = sweep.position(block.first + i);
      Question one = q;
      for (std::size_t a = 0; a < at.size(); ++a)
        one.give(sweep.axes()[a].name, sweep.axes()[a].label(sweep.table(), at[a]));
      REQUIRE(one.check());
      const auto single = one.answer();
      for (std::size_t r = 0; r < single.size(); ++r)
        if (!same_bits(single[r], (*block.columns)[r][i]))
          FAIL_CHECK(sweep.table().out.all[r].path << " in row " << block.first + i);
    }
  });
  CHECK(rows == sweep.rows());
}

TEST_CASE("an override stands over every device of an axis, whatever the order: 8 TB/s is 8 TB/s") {
  const Question q = base({{"model", "llama-3-8b"}, {"hardware.memory.bandwidth", "8 TB/s"}});
  Problems problems;
  const Sweep sweep(q, {axis_of(q, "hardware=h100,a100")}, {"peak_bw_actual"}, problems);
  sweep.run([](const Block& block) { CHECK((*block.columns)[0][0] == 8e12); });
  const Question plain = base({{"model", "llama-3-8b"}});
  const Sweep swapped(plain, {axis_of(plain, "hardware.memory.bandwidth=8,16"), axis_of(plain, "hardware=h100,a100")},
                      {"peak_bw_actual"}, problems);
  swapped.run([](const Block& block) { CHECK((*block.columns)[0][0] == (block.first < 2 ? 8e12 : 16e12)); });
}

TEST_CASE("rows that have no answer say why, and the others are answered: Coral in fp16 beside an H100") {
  const Question q = base({{"model", "mobilenet-v2"}});
  Problems problems;
  const Sweep sweep(q, {axis_of(q, "hardware=coral,h100"), axis_of(q, "batch_size=1..3")}, {"latency"}, problems);
  std::size_t answered = 0, refused_rows = 0;
  sweep.run([&](const Block& block) {
    if (block.refused) CHECK(contains(*block.refused, "no unit for fp16"));
    (block.refused ? refused_rows : answered) += block.count;
  });
  CHECK(answered == 3);
  CHECK(refused_rows == 3);
}

TEST_CASE("a result that does not exist and an axis given twice are problems") {
  const Question q = base({{"model", "llama-3-8b"}, {"hardware", "h100"}});
  Problems problems;
  const Sweep unknown(q, {axis_of(q, "batch_size=1..3")}, {"latensy"}, problems);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].nearest == "latency");
  problems.clear();
  const Sweep twice(q, {axis_of(q, "batch_size=1..3"), axis_of(q, "batch_size=4")}, {}, problems);
  CHECK(contains(all_sentences(problems), "batch_size is an axis twice"));
}
