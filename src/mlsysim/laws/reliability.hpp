#pragma once
// Failures of large fleets, and what checkpoints buy.
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Rate of failures of n parts any of which stops the whole: rates add.
///
///     r = n / M
///
/// n  parts   parts in series                          [1]
/// M  mtbf    mean time between failures of one part   [s]
///
/// Valid:   independent failures at a constant rate, no spares.
/// Source:  barlow1965reliability, chapter 2
template <class T>
constexpr Frequency<T> series_failure_rate(T parts, Time<T> mtbf) {
  return cite(parts / mtbf, "barlow1965reliability, chapter 2");
}

/// Probability of at least one failure in a time.
///
///     p = 1 - e^(-t / M)
///
/// t  time   [s]
/// M  mtbf   mean time between failures of the whole   [s]
///
/// Valid:   a constant rate of failures.
/// Source:  barlow1965reliability, chapter 2
template <class T>
T failure_probability(Time<T> time, Time<T> mtbf) {
  const auto formula = [](double t, double m) { return -std::expm1(-t / m); };
  return cite(opaque("failure_probability", formula, time.base, mtbf.base), "barlow1965reliability, chapter 2");
}

/// Work between two checkpoints that loses least, to first order.
///
///     t = sqrt(2 d M)
///
/// d  cost   time that a checkpoint stops the job            [s]
/// M  mtbf   mean time between failures of the whole job     [s]
///
/// Valid:   d small against M.
/// Source:  young1974first, eq. 6
template <class T>
Time<T> young_interval(Time<T> cost, Time<T> mtbf) {
  const auto formula = [](double d, double m) { return std::sqrt(2 * d * m); };
  return cite(Time<T>{opaque("young_interval", formula, cost.base, mtbf.base)}, "young1974first, eq. 6");
}

/// The same to higher order: failures during checkpoints and restarts counted.
///
///     t = sqrt(2 d M) (1 + sqrt(d / 2 M) / 3 + (d / 2 M) / 9) - d   for d < 2 M,   M else
///
/// d  cost   time that a checkpoint stops the job            [s]
/// M  mtbf   mean time between failures of the whole job     [s]
///
/// Valid:   a constant rate of failures; within 0.2 % of the best run time even where d is near M.
/// Source:  daly2006higher, eq. 37
template <class T>
Time<T> daly_interval(Time<T> cost, Time<T> mtbf) {
  const auto formula = [](double d, double m) {
    if (!(d < 2 * m)) return m;  // also where nothing ever fails: never
    const double x = d / (2 * m);
    return std::sqrt(2 * d * m) * (1 + std::sqrt(x) / 3 + x / 9) - d;
  };
  return cite(Time<T>{opaque("daly_interval", formula, cost.base, mtbf.base)}, "daly2006higher, eq. 37");
}

/// Share of the time between failures that ends as saved work: a stretch of work and its checkpoint are repeated until no failure
/// falls into them.
///
///     u = t / (M (e^((t + d) / M) - 1))
///
/// t  interval   work between checkpoints                      [s]
/// d  cost       time that a checkpoint stops the job          [s]
/// M  mtbf       mean time between failures of the whole job   [s]
///
/// Valid:   a constant rate of failures; a job of many intervals. Times e^(-R / M) it is the goodput, and its inverse Daly's
///          expected run time over the time of the work alone.
/// Source:  daly2006higher, eq. 20
template <class T>
T saved_share(Time<T> interval, Time<T> cost, Time<T> mtbf) {
  const auto formula = [](double t, double d, double m) {
    const double stretch = std::expm1((t + d) / m);
    if (stretch > 0) return t / m / stretch;
    return t + d > 0 ? t / (t + d) : 1.0;  // no failures
  };
  return cite(opaque("saved_share", formula, interval.base, cost.base, mtbf.base), "daly2006higher, eq. 20");
}

/// Share of the time that is not spent in restarts, which are interrupted by failures like everything else.
///
///     s = e^(-R / M)
///
/// R  recovery   from a failure to running on, repeated work not counted   [s]
/// M  mtbf       mean time between failures of the whole job               [s]
///
/// Valid:   a constant rate of failures.
/// Source:  daly2006higher, eq. 20
template <class T>
T running_share(Time<T> recovery, Time<T> mtbf) {
  const auto formula = [](double r, double m) { return std::exp(-r / m); };
  return cite(opaque("running_share", formula, recovery.base, mtbf.base), "daly2006higher, eq. 20");
}

/// Work that a failure costs, on average: what was done since the last checkpoint was complete.
///
///     w = M - (t + d) / (e^((t + d) / M) - 1)
///
/// t  interval   work between checkpoints                      [s]
/// d  cost       time that a checkpoint stops the job          [s]
/// M  mtbf       mean time between failures of the whole job   [s]
///
/// Valid:   a constant rate of failures; half of t + d where that is short against M.
/// Source:  daly2006higher, section 3
template <class T>
Time<T> lost_work(Time<T> interval, Time<T> cost, Time<T> mtbf) {
  const auto formula = [](double t, double d, double m) {
    const double x = (t + d) / m;
    // Below 1e-4 the difference has no digits left; its series has.
    return x < 1e-4 ? m * x * (0.5 - x / 12) : m * (1 - x / std::expm1(x));
  };
  return cite(Time<T>{opaque("lost_work", formula, interval.base, cost.base, mtbf.base)}, "daly2006higher, section 3");
}

}  // namespace mlsysim
