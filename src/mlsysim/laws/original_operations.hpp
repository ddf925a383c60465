#pragma once
// Closed forms of the original package (0.1.1) about queues, failures, checkpoints, scaling and compression that first
// principles do not support; computed only under the assumptions `mlsysim-0.1`.
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim::original {

/// The 99th percentile of waiting over the objective, called a probability.
///
///     p = w99 / t
///
/// w99  wait        99th percentile of waiting       [s]
/// t    objective   five mean service times          [s]
///
/// Valid:   nowhere: it is a ratio of times, and exceeds 1.
/// Source:  mlsysim-0.1.1, TailLatencyModel.solve
template <class T>
constexpr T slo_ratio(Time<T> wait, Time<T> objective) {
  return cite(wait / objective, "mlsysim-0.1.1, TailLatencyModel.solve");
}

}  // namespace mlsysim::original
