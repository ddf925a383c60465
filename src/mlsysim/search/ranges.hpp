#pragma once
// What the ranges of figures leave of an answer: each result at its lowest and its highest.
#include <functional>
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

struct Interval {
  double low = 0, high = 0;
  bool wide() const { return low < high; }
};

/// Each output at its lowest and highest over a box of inputs, by answers at its corners: one step along each input tells which
/// way an output goes, and the corner that this points to is asked. Exact where every output rises or falls with each input
/// wherever the others stand; else never narrower than the answers that were asked.
std::vector<Interval> over_box(const std::vector<double>& middle, const std::vector<Interval>& box,
                               const std::function<std::vector<double>(const std::vector<double>&)>& answer);

/// Whose ranges are carried: all figures that the question rests on, or those of its bodies alone (of regions, and not of the
/// fleet, which is the same in all of them).
enum class RangesOf { everything, bodies };

struct RangedAnswer {
  std::vector<std::string> figures;               // with a range, that the question rests on
  std::vector<Interval> results;                  // parallel to the results
  std::vector<std::vector<Interval>> candidates;  // of a search whose rows have names: parallel to `found`
};
/// `question` is checked; `found` is what its search found. Figures that were given have no range.
RangedAnswer over_ranges(const Question& question, const Candidates& found, RangesOf of = RangesOf::everything);

/// The rows that could have the lowest of a result, if each were at its best and the others at their worst; of one, the ranking
/// is decided.
std::vector<std::size_t> could_be_lowest(const std::vector<std::vector<Interval>>& rows, std::size_t column);

}  // namespace mlsysim
