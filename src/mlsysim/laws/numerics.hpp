#pragma once
// Numbers in few bits: the integer that stands for a value.
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Integer of a symmetric quantiser: 0 stays 0, the largest magnitude becomes the largest code.
///
///     q = round(x / a (2^(b - 1) - 1)), clamped to +-(2^(b - 1) - 1)
///
/// x  value     to be stored, any sign                       [1]
/// a  largest   magnitude that the range must hold, > 0      [1]
/// b  bits      of the code, 2 to 32                         [1]
///
/// Valid:   values spread about evenly on both sides of 0: weights. What is larger than a is clipped.
/// Source:  jacob2018quantization, section 2.1
/// Example: value=-0.5 largest=1 bits=8
template <class T>
T symmetric_code(T value, T largest, T bits) {
  const auto formula = [](double x, double a, double b) {
    const double top = std::exp2(b - 1) - 1;
    return std::fmin(std::fmax(std::nearbyint(x / a * top), -top), top);
  };
  return cite(opaque("symmetric_code", formula, value, largest, bits), "jacob2018quantization, section 2.1");
}

/// Integer of an asymmetric quantiser: the smallest value becomes 0, the largest the largest code.
///
///     q = round((x - l) / (h - l) (2^b - 1)), clamped to 0 and 2^b - 1
///
/// x  value   to be stored, any sign             [1]
/// l  low     smallest of the range, any sign    [1]
/// h  high    largest of the range, any sign     [1]
/// b  bits    of the code, 1 to 32               [1]
///
/// Valid:   l < h; values on one side of 0, such as what ReLU leaves.
/// Source:  jacob2018quantization, section 2.1
/// Example: value=1.5 low=0 high=6 bits=8
template <class T>
T asymmetric_code(T value, T low, T high, T bits) {
  const auto formula = [](double above, double width, double b) {
    const double top = std::exp2(b) - 1;
    return width > 0 ? std::fmin(std::fmax(std::nearbyint(above / width * top), 0.0), top) : NAN;
  };
  return cite(opaque("asymmetric_code", formula, value - low, high - low, bits), "jacob2018quantization, section 2.1");
}

/// Speed-up of a memory-bound step when each weight takes fewer bits.
///
///     s = b0 / b1
///
/// b0  from_bits   bits of a weight before        [1]
/// b1  to_bits     bits of a weight after, > 0    [1]
///
/// Valid:   weights are nearly all that moves, and the step stays memory-bound: an upper bound.
/// Source:  frantar2023gptq, section 5
/// Example: from_bits=16 to_bits=4
template <class T>
constexpr T memory_bound_speedup(T from_bits, T to_bits) {
  return cite(from_bits / to_bits, "frantar2023gptq, section 5");
}

}  // namespace mlsysim
