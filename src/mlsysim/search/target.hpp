#pragma once
// A wall asked backwards: at which value of a figure does a result meet a target, and which entries of the catalog do.
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

/// A bound on a result, in base units. What does not fit, or is not stable, meets no target.
struct Target {
  std::size_t output = 0;
  double bound = 0;
  bool at_most = true;
};

/// Where a figure turns the target from missed to met, or from met to missed.
struct Threshold {
  std::size_t input = 0;
  double now = 0;
  double value = 0;    // the last value at which the target is met
  bool upward = true;  // met at `value` and above; else at and below
  bool met_now = false;
};

/// The turn nearest to the figure's present value; nothing where no value within its range and 1e-9 to 1e9 of its present one turns it.
/// A window narrower than a fifth of the figure, away from its present value, may be passed over. A count turns at a whole number.
std::optional<Threshold> threshold(const Question& question, std::size_t input, const Target& target);

/// The same for every figure that the answer uses, the smallest change first.
std::vector<Threshold> thresholds(const Question& question, const Target& target);

struct Candidate {
  const Entry* entry = nullptr;
  double result = 0;
  bool meets = false;
};
/// Every entry of the catalog that can stand for `entity`, those that meet the target first, best first; entries that state too
/// little to be asked are left out.
std::vector<Candidate> candidates(const Question& question, const EntityRange& entity, const Target& target);

/// Whether the answer of a checked question meets it.
bool meets(const Question& question, const Target& target);

}  // namespace mlsysim
