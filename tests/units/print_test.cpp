// Quantities as people read them; what is printed can be typed.
#include <doctest/doctest.h>

#include <set>

#include "holds.hpp"
#include "mlsysim/catalog/entry.hpp"
#include "mlsysim/units/parse.hpp"
#include "mlsysim/walls/wall.hpp"
#include "near.hpp"

using namespace mlsysim;

TEST_CASE("four digits with the prefix that suits: 0.0423 s is 42.3 ms, 3.35e12 byte/s is 3.35 TB/s") {
  CHECK(print_quantity(0.0423, axis::time) == "42.3 ms");
  CHECK(print_quantity(3.35e12, axis::data / axis::time) == "3.35 TB/s");
  CHECK(print_quantity(989.4e12, axis::work / axis::time) == "989.4 Tflop/s");
  CHECK(print_quantity(16060522496.0, axis::data) == "16.06 GB");
  CHECK(print_quantity(15 / 1e6, axis::time) == "15 us");
  CHECK(print_quantity(700, axis::energy / axis::time) == "700 W");
  CHECK(print_quantity(23e3, axis::energy / axis::time) == "23 kW");
  CHECK(print_quantity(1500, axis::energy) == "1.5 kJ");
  CHECK(print_quantity(0.429 / 3.6e6, axis::carbon / axis::energy) == "429 gCO2e/kWh");
  CHECK(print_quantity(250, dimensionless / axis::time) == "250/s");
  CHECK(print_quantity(30000, axis::money) == "30000 USD");
}

TEST_CASE("a value just under a prefix is printed in it: 999.99 us is 1 ms, not 1000 us") {
  CHECK(print_quantity(999.99e-6, axis::time) == "1 ms");
  CHECK(print_quantity(59.999, axis::time) == "1 min");
  CHECK(print_quantity(999.99e9, axis::data) == "1 TB");
}

TEST_CASE("zero, negative and unstated quantities print") {
  CHECK(print_quantity(0, axis::time) == "0 s");
  CHECK(print_quantity(0, axis::data) == "0 B");
  CHECK(print_quantity(-0.25, axis::time) == "-250 ms");
  CHECK(print_quantity(std::nan(""), axis::data) == "not stated");
  CHECK(print_quantity(INFINITY, axis::time) == "unbounded");
}

TEST_CASE("8,030,261,248 reads 8.03 billion; 4,096 and 128,256 read in full") {
  CHECK(print_number(8030261248.0) == "8.03 billion");
  CHECK(print_number(4096) == "4096");
  CHECK(print_number(128256) == "128256");
  CHECK(print_number(0.3333333) == "0.3333");
  CHECK(print_number(0) == "0");
  CHECK(print_number(1.8e12) == "1.8 trillion");
  CHECK(print_number(3e-7) == "3e-07");
}

TEST_CASE("in the unit that was asked for: 85,899,345,920 byte is 80 GiB") {
  CHECK(print_in(85899345920.0, GiB.times, GiB.over, "GiB") == "80 GiB");
  CHECK(print_in(2e12, TB.times, TB.over, "TB/s") == "2 TB/s");
  CHECK(print_in(0.5, 1, 1, "") == "0.5");
}

TEST_CASE("the dimension in base units") {
  CHECK(dimension_name(axis::data / axis::time) == "byte/s");
  CHECK(dimension_name(axis::energy / axis::time) == "W");
  CHECK(dimension_name(dimensionless / axis::time) == "1/s");
  CHECK(dimension_name(axis::carbon / axis::energy) == "kgCO2e/J");
  CHECK(dimension_name(dimensionless) == "");
}

TEST_CASE("names are compared without case, dashes, underscores, dots and spaces") {
  CHECK(folded("Llama-3_8B") == "llama38b");
  CHECK(folded("Cloud.H100") == folded("cloud h100"));
  CHECK(folded("") == "");
}

TEST_CASE("edit distance: kitten to sitting takes 3, h100 to h1oo 2, anything to nothing its length") {
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("h100", "h1oo") == 2);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("same", "same") == 0);
  CHECK(edit_distance(std::string(1 << 20, 'x'), "h100") > 1000);
}

TEST_CASE("no prefix is printed that can't be typed: 23,000 W is 23 kW, a tenth of a byte 0.1 B") {
  CHECK(print_quantity(23e3, axis::energy / axis::time) == "23 kW");
  CHECK(print_quantity(0.1, axis::data) == "0.1 B");
  CHECK(print_quantity(2e9, axis::energy / axis::time) == "2000 MW");
  CHECK(print_quantity(5e18, axis::data) == "5000 PB");
}

namespace {
/// Every field that a wall or an entry has: what can be printed.
std::vector<const Field*> every_field() {
  static const std::vector<Fields> tables = [] {
    std::vector<Fields> all;
    for (const Wall* wall : walls()) {
      all.push_back(wall->inputs());
      all.push_back(wall->outputs());
    }
    for (const auto& kind : entry_kinds()) all.push_back(kind.fields());
    return all;
  }();
  std::vector<const Field*> fields;
  for (const auto& table : tables)
    for (const auto& field : table.all)
      if (field.is_figure()) fields.push_back(&field);
  return fields;
}

/// A large count is printed with a word, which a file spells as an exponent.
std::string with_exponent(std::string text) {
  for (const auto& [word, exponent] : {std::pair{" million", "e6"}, {" billion", "e9"}, {" trillion", "e12"}})
    if (const auto at = text.find(word); at != std::string::npos) text.replace(at, std::string(word).size(), exponent);
  return text;
}
}  // namespace

TEST_CASE("the unit of every field of every wall and entry parses to the scale that the field has") {
  for (const Field* field : every_field()) {
    if (field->unit.empty()) continue;
    const auto parsed = parse_quantity("1 " + field->unit);
    REQUIRE_MESSAGE(parsed, field->path << ": " << field->unit);
    CHECK(parsed->dim == field->dim);
    CHECK(parsed->value == near(field->times / field->over));
  }
}

TEST_CASE(
    "every unit that is printed parses back: 1,000 magnitudes, 1e-12 to 1e24, of every dimension that a field has") {
  std::set<std::string> seen;
  for (const Field* field : every_field()) {
    if (!seen.insert(dimension_name(field->dim)).second) continue;
    const bool held = holds("print then parse in " + dimension_name(field->dim), [&] {
      const double exponent = *rc::gen::inRange(-1200, 2400) / 100.0, base = std::pow(10.0, exponent);
      const std::string text = print_quantity(base, field->dim);
      const auto parsed = parse_quantity(with_exponent(text));
      if (!parsed) RC_FAIL("does not parse: " + text);
      if (!(parsed->dim == field->dim)) RC_FAIL("another dimension: " + text);
      if (std::abs(parsed->value / base - 1) > 5.1e-4) RC_FAIL("another value: " + text);
    });
    CHECK_MESSAGE(held, field->path);
  }
}

TEST_CASE("no text makes the parser fail other than by saying no") {
  CHECK(holds("arbitrary text", [](const std::string& text) {
    const auto parsed = parse_quantity(text);
    if (parsed) RC_ASSERT(std::isfinite(parsed->value));
    RC_ASSERT(!why_not(text, axis::data, "GB").empty());
  }));
}
