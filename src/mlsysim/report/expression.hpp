#pragma once
// A step of a computation as a line of mathematics: `max(latency_compute, latency_memory) + overhead`.
#include <functional>
#include <string>
#include "mlsysim/units/traced.hpp"

namespace mlsysim {

/// The expression of step `root`, down to steps that have a name; those as their names, or as `value` shows them.
std::string expression(const Tape& steps, int root, bool numbers, const std::function<std::string(int)>& value);

/// What is shown of a select: the branch that was taken; of a flag or an answer, the comparison that decides it.
int taken(const Tape& steps, const Step& select);
bool decides(const Tape& steps, const Step& select);

}  // namespace mlsysim
