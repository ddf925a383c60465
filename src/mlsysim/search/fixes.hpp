#pragma once
// What does not fit, and the smallest changes that would make it fit.
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

struct Fix {
  std::string change;                // "2 x h100-sxm-80gb, evenly split", "--precision int8", "mi300x"
  double needed = 0, available = 0;  // bytes on each device
};

/// Of a question whose answer is infeasible: more devices, a narrower format, another device; at most one or two of each kind,
/// smallest first. Empty where the wall has no memory to fit, or nothing helps.
std::vector<Fix> smallest_fixes(const Question& question);

/// The smallest whole batch at which the answer turns compute-bound, or nothing up to `most`.
std::optional<double> compute_bound_batch(const Question& question, double most = 1e6);

}  // namespace mlsysim
