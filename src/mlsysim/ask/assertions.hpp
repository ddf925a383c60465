#pragma once
// What a plan asserts of its answer: `assert: [{metric: performance.latency, max: 20 ms}]`.
#include <optional>
#include <vector>
#include "mlsysim/ask/document.hpp"

namespace mlsysim {

/// A limit on one result, in base units. A bare number in a file is in the result's own unit.
struct Assertion {
  std::size_t output = 0;  // of the table
  std::optional<double> least, most;
  std::string place;  // file:line:column
};

/// How an answer stands to one assertion.
struct Asserted {
  bool met = false;
  double by = 0;  // beyond the limit that is missed, in base units; else the room that is left to the nearest
};
Asserted asserted(const Assertion& assertion, double value);
/// "performance.latency = 25.3 ms is above its max of 20 ms by 5.3 ms (26.5 %)".
std::string sentence(const Table& table, const Assertion& assertion, double value);

/// Reads the list; what is wrong with it is reported, a result that nobody knows with the nearest.
std::vector<Assertion> read_assertions(Document& document, const Table& table, const YAML::Node& list);

}  // namespace mlsysim
