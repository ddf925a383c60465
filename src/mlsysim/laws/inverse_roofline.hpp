#pragma once
#include <limits>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Elasticity of a step to the rate behind one of its roofs: the share of the step that the roof takes, where it binds. One
/// per cent more of the rate changes the step by that many per cent.
///
///     d ln t / d ln x = -t_x / t   where t_x >= t_y, else 0
///
/// t_x  roof    time under the roof of that rate    [s]
/// t_y  other   time under the other roof           [s]
/// t    total   the whole step, > 0                 [s]
///
/// Valid:   t = max(t_x, t_y) + what depends on neither rate; where the roofs are equal, the derivative towards a lower rate
///          (towards a higher one it is 0).
/// Source:  williams2009roofline, eq. 1, differentiated
/// Example: roof=4.794ms other=32.5us total=5.124ms
template <class T>
constexpr T roof_elasticity(Time<T> roof, Time<T> other, Time<T> total) {
  return cite(select(other <= roof, T(0.0) - roof / total, T(0.0)), "williams2009roofline, eq. 1, differentiated");
}

/// The peak at which a step's arithmetic takes no longer than a given time.
///
///     P = W / (t eta)
///
/// W    work         operations the step executes            [flop]
/// t    time         time for them                           [s]
/// eta  efficiency   share of the peak that kernels reach    [1]
///
/// Valid:   t > 0; where it is not, no peak is enough and the answer is infinite.
/// Source:  williams2009roofline, eq. 1, solved for the peak
/// Example: work=16.06Gflop time=49.68ms efficiency=0.5
template <class T>
constexpr WorkRate<T> required_peak(Work<T> work, Time<T> time, T efficiency) {
  const WorkRate<T> unbounded{T(std::numeric_limits<double>::infinity())};
  return cite(select(time <= Time<T>{T(0.0)}, unbounded, work / (time * efficiency)),
              "williams2009roofline, eq. 1, solved for the peak");
}

/// The bandwidth at which a step's traffic takes no longer than a given time.
///
///     B = Q / t
///
/// Q  traffic   bytes that the step moves    [byte]
/// t  time      time for them                [s]
///
/// Valid:   one level of memory; t > 0: where it is not, no bandwidth is enough and the answer is infinite.
/// Source:  williams2009roofline, eq. 1, solved for the bandwidth
/// Example: traffic=16.06GB time=49.68ms
template <class T>
constexpr Bandwidth<T> required_bandwidth(Data<T> traffic, Time<T> time) {
  const Bandwidth<T> unbounded{T(std::numeric_limits<double>::infinity())};
  return cite(select(time <= Time<T>{T(0.0)}, unbounded, traffic / time),
              "williams2009roofline, eq. 1, solved for the bandwidth");
}

}  // namespace mlsysim
