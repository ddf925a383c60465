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
/// Example: work=10Tflop traffic=20GB peak=100Tflop/s bandwidth=2TB/s
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
/// Example: work=16.06Gflop traffic=16.06GB
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
/// Example: peak=989Tflop/s bandwidth=3.35TB/s
template <class T>
constexpr Intensity<T> ridge_point(WorkRate<T> peak, Bandwidth<T> bandwidth) {
  return cite(peak / bandwidth, "williams2009roofline, section 3");
}

/// Rate that a roofline leaves a kernel of a given intensity.
///
///     R = min(P, I B)
///
/// I  intensity   operations for each byte moved    [flop/byte]
/// P  peak        attainable compute rate           [flop/s]
/// B  bandwidth   attainable memory bandwidth       [byte/s]
///
/// Valid:   compute and transfer overlap fully; no launch latency.
/// Source:  williams2009roofline, eq. 1
/// Example: intensity=100flop/byte peak=989Tflop/s bandwidth=3.35TB/s
template <class T>
constexpr WorkRate<T> attainable_rate(Intensity<T> intensity, WorkRate<T> peak, Bandwidth<T> bandwidth) {
  return cite(min(peak, intensity * bandwidth), "williams2009roofline, eq. 1");
}

/// Intensity of a matrix product of m x k by k x n: each matrix crosses the memory bus once.
///
///     I = 2 m n k / (b (m k + k n + m n)),   n / (3 b / 2) for squares
///
/// m  rows      of the first matrix: tokens or samples in a batch, > 0   [1]
/// n  columns   of the second: outputs of a layer, > 0                   [1]
/// k  inner     of both: inputs of a layer, > 0                          [1]
/// b  element   bytes of an element, > 0                                 [byte]
///
/// Valid:   tiles that fit on chip; an upper bound otherwise.
/// Source:  williams2009roofline, section 3; definition of a matrix product
/// Example: rows=4096 columns=4096 inner=4096 element=2B
template <class T>
constexpr Intensity<T> gemm_intensity(T rows, T columns, T inner, Data<T> element) {
  const Work<T> work{T(2.0) * rows * columns * inner};
  return cite(work / (element * (rows * inner + inner * columns + rows * columns)), "williams2009roofline, section 3");
}

/// Intensity of an operation on each element by itself: ReLU is 1 operation on 2 operands, one read and one written.
///
///     I = o / (k b)
///
/// o  operations   for each element                              [1]
/// k  operands     read and written for each element, > 0        [1]
/// b  element      bytes of an element, > 0                      [byte]
///
/// Valid:   tensors larger than the caches; not fused with its neighbours.
/// Source:  williams2009roofline, section 3
/// Example: operations=1 operands=2 element=2B
template <class T>
constexpr Intensity<T> elementwise_intensity(T operations, T operands, Data<T> element) {
  return cite(Work<T>{operations} / (operands * element), "williams2009roofline, section 3");
}

}  // namespace mlsysim
