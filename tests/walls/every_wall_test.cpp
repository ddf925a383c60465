// What holds for every wall, found from its table alone: a new wall is tested by this before anyone writes a line for it.
#include <doctest/doctest.h>

#include <array>
#include <map>
#include <set>

#include "any_question.hpp"
#include "mlsysim/report/explain.hpp"
#include "same_bits.hpp"

using namespace mlsysim;

namespace {
/// A solver that searches answers in milliseconds and a wall of operators in microseconds, not in nanoseconds.
int rows(const Wall& wall) {
  const std::string_view name = wall.name;
  if (name == "serving-capacity") return 3;
  return wall.search ? 20 : name == "inference" || name == "training" ? 60 : 1000;
}
/// A solver that searches has no derivation; said once a test, so that the skip is seen.
bool has_derivation(const Wall& wall) {
  if (!wall.trace) MESSAGE("skipped " << std::string(wall.name) << ": it searches, and has no derivation");
  return wall.trace != nullptr;
}

std::string listed(const std::set<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}
}  // namespace

TEST_CASE("every wall: swept rows that differ in every figure equal single calls bit for bit, up to 1000 times") {
  for (const Wall* wall : walls()) {
    const std::string name = wall->name;
    CAPTURE(name);
    AnyQuestion any(*wall);
    const Fields& out = any.table.out;
    int stated = 0;
    for (int i = 0; i < rows(*wall); ++i) {
      auto [a, b] = any.two_rows();
      // Three rows of a sweep: a pack of two that differ in every figure, and a pack that is half full.
      std::vector<std::array<double, 3>> in(a.size()), swept(out.all.size());
      std::vector<Columns::In> differs;
      std::vector<Columns::Out> wanted;
      for (std::size_t f = 0; f < a.size(); ++f)
        if (in[f] = {b[f], a[f], b[f]}; any.table.in.all[f].is_figure()) differs.push_back({f, in[f].data()});
      for (std::size_t r = 0; r < out.all.size(); ++r) wanted.push_back({r, swept[r].data()});
      std::vector<double> first(out.all.size()), second(out.all.size());
      wall->sweep(a.data(), any.bodies(), {3, differs, wanted});
      wall->answer(a.data(), any.bodies(), first.data());
      wall->answer(b.data(), any.bodies(), second.data());
      for (std::size_t r = 0; r < out.all.size(); ++r) {
        stated += first[r] == first[r] && second[r] == second[r] && first[r] != second[r];
        if (same_bits(swept[r][1], first[r]) && same_bits(swept[r][0], second[r]) && same_bits(swept[r][2], second[r]))
          continue;
        FAIL_CHECK(out.all[r].path << ": swept " << swept[r][1] << ", " << swept[r][0] << ", " << swept[r][2]
                                   << "; single " << first[r] << ", " << second[r]);
      }
    }
    // Few devices have fitted kernels: of two drawn, both in one draw of forty.
    CHECK_MESSAGE(stated > rows(*wall) / 8, "the lanes hardly differed: the rows prove nothing");
  }
}

TEST_CASE("every wall: a traced run gives the values of a plain one bit for bit, up to 1000 times") {
  for (const Wall* wall : walls()) {
    const std::string name = wall->name;
    CAPTURE(name);
    if (!has_derivation(*wall)) continue;
    AnyQuestion any(*wall);
    for (int i = 0; i < rows(*wall); ++i) {
      const std::vector<double> row = any.row();
      const std::vector<double> plain = any.answer(row), traced = any.traced(row);
      for (std::size_t r = 0; r < plain.size(); ++r)
        if (!same_bits(plain[r], traced[r]))
          FAIL_CHECK(any.table.out.all[r].path << ": traced " << traced[r] << ", plain " << plain[r]);
    }
  }
}

TEST_CASE(
    "every wall: each of its own figures is reached for some setting, each of its own choices changes some result") {
  // Figures of an entity are not asked for: a wall needs those that it needs. An exception of a wall's own arguments is written here.
  const std::map<std::string, std::string> exceptions = {};  // "wall argument": reason
  for (const Wall* wall : walls()) {
    AnyQuestion any(*wall);
    std::set<std::string> waiting;
    std::size_t entity_figures = 0, reached_figures = 0;
    std::vector<char> ever(any.table.in.all.size(), 0);
    for (std::size_t f = 0; f < any.table.in.all.size(); ++f) {
      const Field& field = any.table.in.all[f];
      if (!any.table.holder(f) && !field.is_body() && !exceptions.contains(wall->name + std::string(" ") + field.path))
        waiting.insert(field.path);
    }
    for (int i = 0; i < rows(*wall); ++i) {
      Question q = any.question();
      const std::vector<char>& used = q.reached();
      for (std::size_t f = 0; f < used.size(); ++f) {
        const Field& field = any.table.in.all[f];
        ever[f] |= used[f];
        if (used[f]) waiting.erase(field.path);
        if (!field.is_choice() || !waiting.contains(field.path)) continue;
        std::vector<double> row = q.row();
        const std::vector<double> before = any.answer(row);
        for (std::size_t word = 0; word < field.words.size() && waiting.contains(field.path); ++word) {
          row[f] = static_cast<double>(word);
          const std::vector<double> after = any.answer(row);
          for (std::size_t r = 0; r < after.size(); ++r)
            if (!same_bits(before[r], after[r])) waiting.erase(field.path);
        }
      }
    }
    for (std::size_t f = 0; f < ever.size(); ++f)
      if (any.table.holder(f) && any.table.in.all[f].is_figure())
        ++entity_figures, reached_figures += static_cast<std::size_t>(ever[f] != 0);
    CHECK_MESSAGE(waiting.empty(), std::string(wall->name)
                                       << ": arguments that no setting reaches: " << listed(waiting));
    MESSAGE(std::string(wall->name) << ": reaches " << reached_figures << " of " << entity_figures
                                    << " figures of its entities");
  }
}

TEST_CASE("every wall: the derivation of each result ends at the answer") {
  for (const Wall* wall : walls()) {
    const std::string name = wall->name;
    CAPTURE(name);
    if (!has_derivation(*wall)) continue;
    AnyQuestion any(*wall);
    int asked = 0;
    for (int i = 0; i < 400 && asked < 60; ++i) {
      Question q = any.question();
      if (!q.check()) continue;
      ++asked;
      const std::vector<double> answer = q.answer();
      for (std::size_t r = 0; r < answer.size(); ++r) {
        const Field& field = any.table.out.all[r];
        const Explanation explanation = explain(q, {field.path});
        REQUIRE_FALSE(explanation.steps.empty());
        CHECK(explanation.steps.front().name == field.path);
        CHECK(explanation.steps.front().value == shown(q, r, answer[r]));
        const std::string text = explanation_text(explanation);
        CHECK_MESSAGE(text.find("= ?") == std::string::npos, text);
      }
    }
    CHECK_MESSAGE(asked >= 30, name << ": only " << asked << " of 400 random questions could be answered");
  }
}

TEST_CASE("every wall: each own figure has a finite low bound, and a value outside its range is refused by name") {
  for (const Wall* wall : walls()) {
    const std::string name = wall->name;
    CAPTURE(name);
    AnyQuestion any(*wall);
    for (std::size_t f = 0; f < any.table.in.all.size(); ++f) {
      const Field& field = any.table.in.all[f];
      if (!field.is_figure() || any.table.holder(f)) continue;
      CAPTURE(field.path);
      const Range& range = field.range;
      CHECK(std::isfinite(range.low));
      std::vector<double> outside = {range.low - 1, -INFINITY, INFINITY, std::nan("")};
      if (range.above_low) outside.push_back(range.low);
      if (std::isfinite(range.high))
        outside.push_back(range.high + 1), outside.push_back(range.high * (1 + 1e-9) + 1e-300);
      if (range.whole) outside.push_back(range.low + 0.5);
      for (const double value : outside) {
        Question q = any.typical();
        q.give(f, value * field.times / field.over);
        CHECK_FALSE_MESSAGE(q.check(), value);
        REQUIRE_FALSE(q.problems().empty());
        CHECK(q.problems().front().argument == field.path);
        CHECK(q.problems().front().message.find(field.path) != std::string::npos);
        CHECK(q.problems().front().message.find(range_text(field)) != std::string::npos);
      }
    }
  }
}

TEST_CASE("every wall: its name, Python class, documentation and every field are said, once") {
  std::set<std::string> names;
  for (const Wall* wall : walls()) {
    const std::string name = wall->name;
    CAPTURE(name);
    CHECK(names.insert(wall->name).second);
    CHECK(names.insert(wall->python).second);
    CHECK(std::string(wall->doc).size() > 20);
    for (const int number : wall->numbers) CHECK((number >= 1 && number <= 22));
    const Table& table = *mlsysim::table(wall->name);
    for (const Fields* fields : {&table.in, &table.out}) {
      std::set<std::string> paths;
      for (const Field& field : fields->all) {
        CAPTURE(field.path);
        CHECK(paths.insert(field.path).second);
        if (!field.also.empty()) CHECK(paths.insert(field.also).second);
        CHECK_FALSE(field.doc.empty());
        // A name is words of lower-case letters and digits.
        CHECK(field.path.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string::npos);
      }
    }
    for (std::size_t f = 0; f < table.in.all.size(); ++f) {
      const Field& field = table.in.all[f];
      if (table.holder(f) || !field.is_figure() || std::isnan(field.preset)) continue;
      const double preset = field.preset * field.over / field.times;
      CHECK_MESSAGE((preset >= field.range.low && preset <= field.range.high),
                    field.path << ": its own default is out of range");
    }
  }
}
