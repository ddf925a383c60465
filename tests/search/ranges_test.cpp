#include "mlsysim/search/ranges.hpp"

#include "../asked.hpp"
#include "../near.hpp"

using namespace mlsysim;

namespace {
/// All but the grid's figures as they are.
void hold_all_but_the_grid(Question& q) {
  for (const auto& name : over_ranges(q, {}).figures)
    if (!name.starts_with("grid.")) {
      const auto input = static_cast<std::size_t>(q.table().input(name));
      q.give(input, q.row()[input]);
    }
}
}  // namespace

TEST_CASE("over_box: x y - z over x 1 to 2, y 3 to 4, z 5 to 6 goes from 3 - 6 = -3 to 8 - 5 = 3") {
  const auto answer = [](const std::vector<double>& v) { return std::vector{v[0] * v[1] - v[2], v[2]}; };
  const auto found = over_box({1.5, 3.5, 5.5}, {{1, 2}, {3, 4}, {5, 6}}, answer);
  CHECK(found[0].low == -3);
  CHECK(found[0].high == 3);
  CHECK(found[1].low == 5);
  CHECK(found[1].high == 6);
}

TEST_CASE("over_box: without a box, the answer itself") {
  const auto found = over_box({}, {}, [](const std::vector<double>&) { return std::vector{7.0}; });
  CHECK(found[0].low == 7);
  CHECK(!found[0].wide());
}

TEST_CASE("ranges: a grid of 16.3 to 71 g and a PUE of 1.08 to 1.58 carry into carbon at both ends") {
  Question q(*table("sustainability"), built_in());
  for (const auto& [name, text] : Arguments{{"fleet", "research-256"}, {"duration_days", "30"}, {"grid", "france"}})
    q.give(name, text);
  REQUIRE(q.check());
  hold_all_but_the_grid(q);
  const auto result = q.answer();
  const auto ranged = over_ranges(q, {});
  const auto at = [&](const char* name) { return static_cast<std::size_t>(q.table().output(name)); };
  const double it = result[at("it_energy_kwh")];
  CHECK(ranged.results[at("total_energy_kwh")].low == near(it * 1.08));
  CHECK(ranged.results[at("total_energy_kwh")].high == near(it * 1.58));
  CHECK(ranged.results[at("operational_carbon_kg")].low == near(it * 1.08 * 16.3e-3 / 3.6e6));
  CHECK(ranged.results[at("operational_carbon_kg")].high == near(it * 1.58 * 71e-3 / 3.6e6));
  CHECK(ranged.results[at("water_usage_liters")].low == 0);
  for (std::size_t i = 0; i < result.size(); ++i) {
    CHECK(ranged.results[i].low <= result[i]);
    CHECK(result[i] <= ranged.results[i].high);
  }
}

TEST_CASE("ranges: a figure that is given has none") {
  Question q(*table("sustainability"), built_in());
  for (const auto& [name, text] : Arguments{{"fleet", "research-256"},
                                            {"duration_days", "30"},
                                            {"grid", "france"},
                                            {"grid.pue", "1.2"},
                                            {"grid.carbon_intensity", "20"}})
    q.give(name, text);
  REQUIRE(q.check());
  hold_all_but_the_grid(q);
  const auto at = static_cast<std::size_t>(q.table().output("operational_carbon_kg"));
  CHECK(!over_ranges(q, {}).results[at].wide());
}

TEST_CASE("ranges: each region between its own ends, whatever the others do, and the fleet's ranges left out") {
  Question q(*table("placement-optimizer"), built_in());
  for (const auto& [name, text] :
       Arguments{{"fleet", "research-256"}, {"duration_days", "365"}, {"regions", "quebec,poland,iowa"}})
    q.give(name, text);
  REQUIRE(q.check());
  Candidates found;
  q.answer(found);
  const auto ranged = over_ranges(q, found, RangesOf::bodies);
  REQUIRE(ranged.candidates.size() == 3);
  for (std::size_t r = 0; r < 3; ++r) {
    Question alone(*table("placement-optimizer"), built_in());
    for (const auto& [name, text] :
         Arguments{{"fleet", "research-256"}, {"duration_days", "365"}, {"regions", found.labels[r]}})
      alone.give(name, text);
    REQUIRE(alone.check());
    Candidates one;
    alone.answer(one);
    const auto other = over_ranges(alone, one, RangesOf::bodies);
    for (std::size_t c = 0; c < found.rows[r].size(); ++c) {
      CHECK(ranged.candidates[r][c].low == near(other.candidates[0][c].low));
      CHECK(ranged.candidates[r][c].high == near(other.candidates[0][c].high));
    }
  }
}

TEST_CASE("could_be_lowest: 1 to 3 and 2 to 4 leave two, 1 to 3 and 4 to 5 leave one") {
  CHECK(could_be_lowest({{{1, 3}}, {{2, 4}}}, 0).size() == 2);
  CHECK(could_be_lowest({{{1, 3}}, {{4, 5}}}, 0) == std::vector<std::size_t>{0});
}
