#pragma once
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Time of a kernel bound by compute or by memory, whichever is slower.
///
///     t = max(W / P, Q / B)
///
/// W  work        operations the kernel executes      [flop]
/// Q  traffic     bytes that cross the memory bus     [byte]
/// P  peak        attainable compute rate, > 0        [flop/s]
/// B  bandwidth   attainable memory bandwidth, > 0    [byte/s]
///
/// Valid:   compute and transfer overlap fully; no launch latency.
/// Source:  williams2009roofline, eq. 1
template <class T>
constexpr Time<T> roofline_time(Work<T> work, Data<T> traffic, WorkRate<T> peak, Bandwidth<T> bandwidth) {
  return cite(max(work / peak, traffic / bandwidth), "williams2009roofline, eq. 1");
}

/// Operations for each byte moved.
///
///     I = W / Q
///
/// W  work      [flop]
/// Q  traffic   [byte]
///
/// Valid:   traffic > 0.
/// Source:  williams2009roofline, section 3
template <class T>
constexpr Intensity<T> arithmetic_intensity(Work<T> work, Data<T> traffic) {
  return cite(work / traffic, "williams2009roofline, section 3");
}

/// The intensity at which a device turns from memory-bound to compute-bound.
///
///     I* = P / B
///
/// P  peak        attainable compute rate          [flop/s]
/// B  bandwidth   attainable memory bandwidth, > 0 [byte/s]
///
/// Valid:   one level of memory.
/// Source:  williams2009roofline, section 3
template <class T>
constexpr Intensity<T> ridge_point(WorkRate<T> peak, Bandwidth<T> bandwidth) {
  return cite(peak / bandwidth, "williams2009roofline, section 3");
}

}  // namespace mlsysim
