#pragma once
// How much a result of a wall depends on each of its figures: any result, any wall, any figure.
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

/// One figure, and what the result makes of it. A number that can't be had (past the end of a range, a combination that the wall
/// refuses) is NaN.
struct Response {
  std::size_t input = 0;
  double value = 0;       // of the figure, in base units
  double elasticity = 0;  // d ln result / d ln figure; at a kink the mean of both sides; NaN at a jump on both sides
  double below = 0, above = 0;        // the same from either side
  double low = 0, high = 0;           // the figure divided and multiplied by 1 + step
  double at_low = 0, at_high = 0;     // the result there, in base units
  std::string turns_low, turns_high;  // what else changes there: "bottleneck Compute", "feasible false"
  bool kink = false;                  // the sides differ: the figure stands where two regimes meet
  bool count = false;                 // a whole number: differenced by one step
  /// The larger change of the result for the step, as a share of it.
  double swing(double baseline) const;
};

struct Sensitivities {
  std::size_t output = 0;
  double baseline = 0, step = 0;
  std::vector<Response> ranked;      // by swing, largest first
  std::vector<std::size_t> unmoved;  // figures that the answer uses and that move this result not at all
};

/// Of a question that is checked. Derivatives are central differences over 1e-5 of the figure, with an error near 1e-10; either
/// side's is of second order too, so that a kink shows as a difference between them. A count is differenced by one; a result in whole
/// numbers is differenced over a hundredth. Nothing, and a problem, where the result is no figure, or is 0 or not finite.
std::optional<Sensitivities> sensitivities(const Question& question, std::string_view result, double step,
                                           Problems& problems);

}  // namespace mlsysim
