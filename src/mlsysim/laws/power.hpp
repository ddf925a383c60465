#pragma once
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Power of a device that is partly busy: an idle share, and shares for arithmetic and for memory at full rate, up to its limit.
///
///     P = TDP min(1, i + c u + m v)
///
/// TDP  limit              power limit                              [W]
/// i    idle               share drawn when nothing runs            [1]
/// c    compute_share      share that full-rate arithmetic adds     [1]
/// u    compute_use        achieved over peak arithmetic            [1]
/// m    memory_share       share that full-rate memory traffic adds [1]
/// v    memory_use         achieved over peak bandwidth             [1]
///
/// Valid:   an accelerator under its own power management; the shares are estimates until fitted to measurements.
/// Source:  fan2007power, section 4 (linear in utilisation), with the memory system as a second term
template <class T>
constexpr Power<T> device_power(Power<T> limit, T idle, T compute_share, T compute_use, T memory_share, T memory_use) {
  return cite(limit * min(T(1.0), idle + compute_share * compute_use + memory_share * memory_use),
              "fan2007power, section 4");
}

}  // namespace mlsysim
