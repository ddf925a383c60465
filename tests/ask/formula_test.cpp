// The table of formulas: every law of the headers, with words that agree with its signature.
#include "mlsysim/ask/formula.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "mlsysim/report/formula.hpp"
#include "mlsysim/units/parse.hpp"
#include "near.hpp"
#include "source_text.hpp"

using namespace mlsysim;

namespace {

/// Reads the example of a law's comment into cells; NaN where it leaves a symbol out.
std::vector<double> example(const Formula& f) {
  std::vector<double> cells(f.parameters.size(), std::nan(""));
  std::stringstream text(f.example);
  Problems problems;
  for (std::string one; text >> one;) {
    const auto equals = one.find('=');
    const int i = f.parameter(one.substr(0, equals));
    if (i < 0) continue;
    const auto cell = read_argument(f, static_cast<std::size_t>(i), one.substr(equals + 1), problems);
    CHECK_MESSAGE(cell.has_value(), f.name << ": " << one);
    if (cell) cells[static_cast<std::size_t>(i)] = *cell;
  }
  return cells;
}

/// Names of the function templates that stand in a header of laws/.
std::multiset<std::string> templates_of(const std::filesystem::path& header) {
  std::multiset<std::string> names;
  const auto lines = lines_of(header);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].starts_with("template <") || i + 1 == lines.size()) continue;
    const std::string& next = lines[i + 1];
    const auto paren = next.find('(');
    if (paren == std::string::npos || next.starts_with("struct") || next.starts_with("using")) continue;
    names.insert(next.substr(next.rfind(' ', paren) + 1, paren - next.rfind(' ', paren) - 1));
  }
  return names;
}

}  // namespace

TEST_CASE("every function template in laws/ is in the table, and nothing else is") {
  std::size_t count = 0;
  for (const auto& header : sources_under("src/mlsysim/laws")) {
    std::set<std::string> listed;
    for (const Formula& f : formulas()) {
      std::string law = f.law;
      law = law.substr(0, law.find('<'));
      if (f.header == header.filename().string()) listed.insert(law.substr(law.rfind(':') + 1));
    }
    const auto written = templates_of(header);
    CHECK_MESSAGE(listed == std::set<std::string>(written.begin(), written.end()), header.string());
    count += written.size();
  }
  CHECK(count > 80);
}

TEST_CASE("every formula can be called, or says why it is for C++ only") {
  std::size_t not_callable = 0;
  std::set<std::string> names;
  for (const Formula& f : formulas()) {
    CHECK_MESSAGE(names.insert(folded(f.name)).second, "two formulas are called " << f.name);
    CHECK_MESSAGE((f.call != nullptr) == (std::string(f.cpp_only).empty()), f.name);
    not_callable += !f.call;
  }
  CHECK(not_callable == 1);  // the table of accuracies: its rows are not numbers
}

TEST_CASE("every symbol of a law has a line in its comment, in the unit of its C++ type") {
  for (const Formula& f : formulas())
    for (std::size_t i = 0; i < f.parameters.size(); ++i) {
      const Parameter& p = f.parameters[i];
      CHECK_MESSAGE(*p.symbol, f.name << ": no line for " << p.name);
      const std::string unit = dimension_name(f.dims[i]);
      CHECK_MESSAGE((p.unit == (unit.empty() ? "1" : unit)),
                    f.name << ": " << p.name << " is in " << unit << ", its line says " << p.unit);
    }
}

TEST_CASE("every law has an example that can be asked, and the equation with its numbers comes to the same bits") {
  for (const Formula& f : formulas()) {
    if (!f.call) continue;
    CHECK_MESSAGE(*f.example, f.name << " has no example");
    const auto cells = example(f);
    CHECK_MESSAGE(check_arguments(f, cells).empty(), f.name << ": its example is not valid, or leaves a symbol out");
    const double value = f.call(cells.data());
    CHECK_MESSAGE(std::isfinite(value), f.name);
    Tape steps;
    tape = &steps;
    std::vector<Traced> in;
    for (const double cell : cells) in.emplace_back(Operation::figure, cell);
    CHECK_MESSAGE(f.trace(in.data()).value() == value, f.name);
    tape = nullptr;
    CHECK_MESSAGE(formula_text(f, cells, value).find(print_quantity(value, f.dim)) != std::string::npos, f.name);
  }
}

TEST_CASE("formula: a ring of 8 passes 1 GB over 50 GB/s links of 500 ns in 35.007 ms") {
  const Formula& f = *formula("ring-all-reduce");  // the one name that begins so
  CHECK(std::string(f.name) == "ring_all_reduce_time");
  const double cells[] = {1e9, 8, 50e9, 500e-9};
  CHECK(f.call(cells) == near(0.035007));  // 14/8 x 20 ms + 14 x 500 ns
  CHECK(worked(f, cells) == "2 × (8 - 1) × (1 GB / (8 × 50 GB/s) + 500 ns)");
  CHECK(f.dim == axis::time);
}

TEST_CASE(
    "formula: a name that nothing has is refused with the nearest, one that several begin with with all of them") {
  CHECK(formula("rigde-point") == nullptr);
  CHECK(no_formula("rigde-point").nearest == "ridge_point");
  CHECK(formula("ring") == nullptr);
  CHECK(no_formula("ring").message.find("ring_all_gather_time, ring_all_reduce_time") != std::string::npos);
  CHECK(formula("") == nullptr);
}

TEST_CASE("formula: a unit of the wrong kind and a figure out of its range are refused by the symbol's name") {
  const Formula& f = *formula("amdahl_speedup");
  Problems problems;
  CHECK(!read_argument(f, 1, "8 GB", problems));
  CHECK(problems.front().message == "processors: \"8 GB\" is in byte, expected a plain number");
  const double cells[] = {1.5, 8};
  CHECK(check_arguments(f, cells).front().message == "serial = 1.5 is out of range: from 0 to 1");
  const double nan[] = {std::nan(""), 8};
  CHECK(check_arguments(f, nan).size() == 1);
  CHECK(check_value(*formula("asymmetric_code"), std::nan(""))->message.find("l < h") != std::string::npos);
}
