#pragma once
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Power of a device that is partly busy: an idle share, and shares for busy arithmetic units and memory, up to its limit.
///
///     P = TDP min(1, i + c u + m v)
///
/// TDP  limit              power limit                              [W]
/// i    idle               share drawn when nothing runs            [1]
/// c    compute_share      share that busy arithmetic units add     [1]
/// u    compute_use        share of the time that they are busy     [1]
/// m    memory_share       share that a busy memory system adds     [1]
/// v    memory_use         share of the time that it is busy        [1]
///
/// Valid:   an accelerator under its own power management; the shares are estimates until fitted to measurements.
/// Source:  fan2007power, section 4 (linear in utilisation), with the memory system as a second term
/// Example: limit=700W idle=0.1 compute_share=0.5 compute_use=0.1 memory_share=0.4 memory_use=0.9
template <class T>
constexpr Power<T> device_power(Power<T> limit, T idle, T compute_share, T compute_use, T memory_share, T memory_use) {
  return cite(limit * min(T(1.0), idle + compute_share * compute_use + memory_share * memory_use),
              "fan2007power, section 4");
}

}  // namespace mlsysim
