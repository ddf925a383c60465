#pragma once
// What more processors buy: the same work sooner, or more work in the same time.
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Speed-up of a fixed amount of work of which a share can't be spread.
///
///     S = 1 / (s + (1 - s) / n)
///
/// s  serial       share of the time on one processor that stays serial, 0 to 1   [1]
/// n  processors   or the speed-up of the rest, > 0                               [1]
///
/// Valid:   the same work whatever n; spreading it costs nothing. Never above 1 / s.
/// Source:  amdahl1967validity, page 484
/// Example: serial=0.05 processors=8
template <class T>
constexpr T amdahl_speedup(T serial, T processors) {
  return cite(T(1.0) / (serial + (T(1.0) - serial) / processors), "amdahl1967validity, page 484");
}

/// Work done in the time that one processor takes for its own, where the parallel part grows with the processors.
///
///     S = n - s (n - 1)
///
/// s  serial       share of the time on n processors that is serial, 0 to 1   [1]
/// n  processors   that work together, >= 1                                   [1]
///
/// Valid:   the serial time stays the same as the problem grows.
/// Source:  gustafson1988reevaluating, page 533
/// Example: serial=0.05 processors=8
template <class T>
constexpr T gustafson_speedup(T serial, T processors) {
  return cite(processors - serial * (processors - T(1.0)), "gustafson1988reevaluating, page 533");
}

}  // namespace mlsysim
