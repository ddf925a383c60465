#pragma once
// Why two answers of a wall differ: what each changed input contributes, summing to the difference.
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

/// One input that differs, or several that only make sense together.
struct Contribution {
  std::string name, before, after;  // a path; its value in either question
  double difference = 0;            // in base units of the result
  double factor = 1;                // of the result's ratio; NaN where the result is not above 0 on both sides
};

struct Difference {
  std::size_t output = 0;
  double before = 0, after = 0;  // of the result, in base units
  std::vector<Contribution>
      parts;  // largest first; they sum to after - before, their factors multiply to after / before
  std::size_t without_effect = 0;  // inputs that differ and contribute nothing
  bool exact = true;               // false: averaged over a fixed sample of orders, not over all of them
};

/// The Shapley value of each input that differs between two checked questions of the same wall: its effect, averaged over every
/// order in which the inputs could have been changed one after another (up to 12 of them; beyond that, over 512 orders and
/// their reverses, drawn always alike). Each change is answered by the wall itself. Combinations on the way are not questions
/// that anybody asked and are not checked; where one has no answer, the inputs of the same entity are taken as one. Nothing, and a
/// problem, where the result is no figure, or not finite on both sides.
std::optional<Difference> difference(const Question& before, const Question& after, std::string_view result,
                                     Problems& problems);

}  // namespace mlsysim
