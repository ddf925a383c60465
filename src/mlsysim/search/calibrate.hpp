#pragma once
// From one measurement to the efficiency that explains it: the wall solved for eta.
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

struct Calibration {
  double efficiency = 0, low = 0, high = 0;  // of the measurement, and of its uncertainty either way
  bool identified = true;  // false: arithmetic does not bind, so that any efficiency from `low` up explains it
};

/// An efficiency measured on one chip holds on another within this factor either way: that of ResNet-50 training on an A100 is
/// twice that on an H100.
inline constexpr double transfer_factor = 2;

/// The efficiency at which `output` (a time or a rate of `question`, which is checked) is `measured`, in base units, known to
/// within the share `uncertainty`. Nothing, and a problem that says why, where no efficiency up to 1 explains it.
std::optional<Calibration> calibrate_efficiency(const Question& question, std::size_t output, double measured,
                                                double uncertainty, Problems& problems);

}  // namespace mlsysim
