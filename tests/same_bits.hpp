#pragma once
#include <bit>
#include <cstdint>

/// Bit for bit, but any NaN is any other: nothing depends on which.
inline bool same_bits(double a, double b) {
  return (a != a && b != b) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}
