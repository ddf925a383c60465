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

/// Goodput as what checkpoints and restarts leave.
///
///     g = max(0, 1 - d / t - R / M)
///
/// d  cost       of a checkpoint               [s]
/// t  interval   between checkpoints           [s]
/// R  recovery   from a failure                [s]
/// M  mtbf       mean time between failures    [s]
///
/// Valid:   nowhere: the work that a failure loses, half an interval and as much as the checkpoints cost, is left out.
/// Source:  mlsysim-0.1.1, ReliabilityModel.solve
template <class T>
constexpr T goodput(Time<T> cost, Time<T> interval, Time<T> recovery, Time<T> mtbf) {
  return cite(max(T(0.0), T(1.0) - cost / interval - recovery / mtbf), "mlsysim-0.1.1, ReliabilityModel.solve");
}

/// Change of accuracy by the bits of a weight: constants, the same for 5 bits as for 15.
inline double accuracy_of_bits(double bits) { return bits >= 16 ? 0 : bits == 8 ? -0.002 : bits >= 4 ? -0.025 : -0.05; }
/// Change of accuracy by sparsity: a constant up to a half, then a jump and an exponential.
inline double accuracy_of_sparsity(double sparsity) {
  return sparsity <= 0.5 ? -0.001 : -0.01 * std::exp(2 * sparsity);
}

}  // namespace mlsysim::original
