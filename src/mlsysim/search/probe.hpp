#pragma once
// One result of a question as a function of its cells, and where a condition on a number turns. Nothing is checked here: ranges
// are the caller's.
#include <cmath>
#include <limits>
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

class Probe {
 public:
  Probe(const Question& question, std::size_t output)
      : table_(question.table()),
        bodies_(question.bodies()),
        output_(output),
        row_(question.row()),
        out_(table_.out.all.size()) {}

  /// The result with these cells.
  double of(const std::vector<double>& row) {
    table_.wall->answer(row.data(), bodies_, out_.data());
    return out_[output_];
  }
  double now() { return of(row_); }
  /// The result with one cell changed; NaN where the wall refuses the combination.
  double at(std::size_t input, double value) {
    const double kept = std::exchange(row_[input], value);
    Problems problems;
    if (table_.wall->refuse) table_.wall->refuse(row_.data(), bodies_, problems);
    const double result = problems.empty() ? of(row_) : std::numeric_limits<double>::quiet_NaN();
    row_[input] = kept;
    return result;
  }
  /// Every result of the last answer.
  const std::vector<double>& all() const { return out_; }

 private:
  const Table& table_;
  const Body* const* bodies_;
  std::size_t output_;
  std::vector<double> row_, out_;
};

/// Between `no`, where a condition does not hold, and `yes`, where it does: the number next to the turn at which it holds, to the
/// last bits of a double. Both are above 0.
template <class Condition>
double turning_point(double no, double yes, Condition holds) {
  for (int i = 0; i < 300; ++i) {
    const double middle = std::sqrt(no) * std::sqrt(yes);
    if (middle == no || middle == yes) break;
    (holds(middle) ? yes : no) = middle;
  }
  return yes;
}
/// The same among whole numbers.
template <class Condition>
double turning_count(double no, double yes, Condition holds) {
  while (std::abs(yes - no) > 1) {
    const double middle = std::floor((no + yes) / 2);
    (holds(middle) ? yes : no) = middle;
  }
  return yes;
}

}  // namespace mlsysim
