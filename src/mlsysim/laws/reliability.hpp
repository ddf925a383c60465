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
/// Example: parts=16384 mtbf=50000h
template <class T>
constexpr Frequency<T> series_failure_rate(T parts, Time<T> mtbf) {
  return cite(parts / mtbf, "barlow1965reliability, chapter 2");
}

/// Probability of at least one failure in a time.
///
///     p = 1 - e^(-t / M)
///
/// t  time   [s]
/// M  mtbf   mean time between failures of the whole, > 0   [s]
///
/// Valid:   a constant rate of failures.
/// Source:  barlow1965reliability, chapter 2
/// Example: time=1h mtbf=1000h
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
/// Example: cost=1min mtbf=1h
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
/// Example: cost=1min mtbf=1h
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
/// Example: interval=10min cost=1min mtbf=1h
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
/// Example: recovery=5min mtbf=1h
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
/// Example: interval=10min cost=1min mtbf=1h
template <class T>
Time<T> lost_work(Time<T> interval, Time<T> cost, Time<T> mtbf) {
  const auto formula = [](double t, double d, double m) {
    const double x = (t + d) / m;
    // Below 1e-4 the difference has no digits left; its series has.
    return x < 1e-4 ? m * x * (0.5 - x / 12) : m * (1 - x / std::expm1(x));
  };
  return cite(Time<T>{opaque("lost_work", formula, interval.base, cost.base, mtbf.base)}, "daly2006higher, section 3");
}

/// Mean time between failures of n equal parts in series.
///
///     M = c m / n
///
/// m  mtbf          mean time between failures of one part                            [s]
/// n  parts         any of which stops the whole, > 0                                 [1]
/// c  correlation   1 for independent failures; below 1 for those that bring others   [1]
///
/// Valid:   c = 1: exact for independent failures at a constant rate; else c is an estimate.
/// Source:  barlow1965reliability, chapter 2
/// Example: mtbf=50000h parts=25000 correlation=1
template <class T>
constexpr Time<T> series_mtbf(Time<T> mtbf, T parts, T correlation) {
  return cite(mtbf * correlation / parts, "barlow1965reliability, chapter 2");
}

/// Mean time between failures of a node: the rates of its parts add.
///
///     M = 1 / (n1/m1 + n2/m2 + n3/m3 + n4/m4)
///
/// n1  accelerators       of the node                                [1]
/// m1  accelerator_mtbf   mean time between failures of one, > 0     [s]
/// n2  nics               network interfaces                         [1]
/// m2  nic_mtbf           mean time between failures of one, > 0     [s]
/// n3  power_supplies     any of which stops the node                [1]
/// m3  power_mtbf         mean time between failures of one, > 0     [s]
/// n4  others             other parts                                [1]
/// m4  other_mtbf         mean time between failures of one, > 0     [s]
///
/// Valid:   independent failures at a constant rate, no spares.
/// Source:  barlow1965reliability, chapter 2
/// Example: accelerators=8 accelerator_mtbf=50000h nics=8 nic_mtbf=150000h power_supplies=2 power_mtbf=100000h others=4 other_mtbf=200000h
template <class T>
constexpr Time<T> node_mtbf(T accelerators, Time<T> accelerator_mtbf, T nics, Time<T> nic_mtbf, T power_supplies,
                            Time<T> power_mtbf, T others, Time<T> other_mtbf) {
  return cite(T(1.0) / (series_failure_rate(accelerators, accelerator_mtbf) + series_failure_rate(nics, nic_mtbf) +
                        series_failure_rate(power_supplies, power_mtbf) + series_failure_rate(others, other_mtbf)),
              "barlow1965reliability, chapter 2");
}

/// Availability of a service of which one replica is enough.
///
///     A = 1 - (1 - a)^k
///
/// a  availability   of one replica, 0 to 1   [1]
/// k  replicas       of the service           [1]
///
/// Valid:   independent failures; switching over takes no time.
/// Source:  barlow1965reliability, chapter 2
/// Example: availability=0.99 replicas=2
template <class T>
T replicated_availability(T availability, T replicas) {
  const auto formula = [](double a, double k) { return 1 - std::pow(1 - a, k); };
  return cite(opaque("replicated_availability", formula, availability, replicas), "barlow1965reliability, chapter 2");
}

}  // namespace mlsysim
