#pragma once
// Quantities as people type and read them: "3.35 TB/s", "400 Gbit/s", "80 GiB", "2.5e9".
#include <algorithm>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// A number, and the unit behind it where there was one.
struct Parsed {
  double value = 0;  // in base units where `has_unit`, else the bare number
  Dim dim{};
  bool has_unit = false;
};

/// Reads a number with an optional unit. Nothing where the text is not a finite number followed by at most one known unit.
std::optional<Parsed> parse_quantity(std::string_view text);

/// `value` of a unit in base units. By powers of ten the decimal number is scaled, not the binary one: 16.1 GB is 16100000000 B
/// to the last bit, where 16.1 * 1e9 is not.
double in_base(double value, double times, double over);

/// Why `parse_quantity` found nothing, or why its dimension is not `want`: "`9 GB` is data, and bandwidth (e.g. TB/s) was
/// expected". `unit` is an example of what was expected.
std::string why_not(std::string_view text, Dim want, std::string_view unit);

/// What a message repeats of a text that somebody gave: all of a line, the beginning of a megabyte.
std::string quotable(std::string_view text);

/// Four significant digits with the prefix that suits: 0.0423 s -> "42.3 ms", 3.35e12 B/s -> "3.35 TB/s".
std::string print_quantity(double base, Dim dim);
/// Four significant digits, thousands separated: 8030261248 -> "8.03e9" is for machines; a person reads "8.03 billion".
std::string print_number(double value);
/// In the unit named, whatever its size: print_in(85899345920, GiB) -> "80.0 GiB".
std::string print_in(double base, double times, double over, std::string_view unit);
/// The dimension in base units, "byte/s", for JSON keys and errors; "" for a plain number.
std::string dimension_name(Dim dim);

/// Lower case without "-", "_", "." and spaces: what names are compared by.
std::string folded(std::string_view name);
/// How many edits turn `a` into `b`, for "did you mean".
int edit_distance(std::string_view a, std::string_view b);
/// The candidate that `name` was most likely meant for: fewest edits once both are folded, at most two or a third of the name.
/// Empty where none is that near. `of` says what a candidate is called: nearest(word, fields, &Field::path).
template <class Candidates = std::initializer_list<std::string_view>, class Name = std::identity>
std::string nearest(std::string_view name, const Candidates& candidates, Name of = {}) {
  const std::string wanted = folded(name);
  std::string best;
  int fewest = 1 + std::max(2, static_cast<int>(wanted.size()) / 3);
  for (const auto& candidate : candidates)
    if (const int edits = edit_distance(folded(std::invoke(of, candidate)), wanted); edits < fewest)
      fewest = edits, best = std::invoke(of, candidate);
  return best;
}

}  // namespace mlsysim
