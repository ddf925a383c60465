#pragma once
// What a training checkpoint holds, and how long it stops a job.
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Time in which several writers save a checkpoint to one file system.
///
///     t = S / min(n b, f)
///
/// S  size         bytes of the checkpoint                          [byte]
/// n  writers      that write at the same time, an equal part each  [1]
/// b  bandwidth    of the storage of one of them                    [byte/s]
/// f  limit        of the file system or network that they share    [byte/s]
///
/// Valid:   large sequential writes, evenly sharded.
/// Source:  wan2024bytecheckpoint, section 2
/// Example: size=980GB writers=128 bandwidth=6GB/s limit=500GB/s
template <class T>
constexpr Time<T> write_time(Data<T> size, T writers, Bandwidth<T> bandwidth, Bandwidth<T> limit) {
  return cite(size / min(writers * bandwidth, limit), "wan2024bytecheckpoint, section 2");
}

/// Time to copy a checkpoint to the memory of the hosts, after which training goes on and the rest happens behind it.
///
///     t = S / n l
///
/// S  size      bytes of the checkpoint                     [byte]
/// n  writers   that copy at the same time                  [1]
/// l  link      from one of them to its host, one way       [byte/s]
///
/// Valid:   the hosts have room for it, and the copy does not overlap the step.
/// Source:  mohan2021checkfreq, section 4
/// Example: size=980GB writers=1024 link=50GB/s
template <class T>
constexpr Time<T> snapshot_time(Data<T> size, T writers, Bandwidth<T> link) {
  return cite(size / (writers * link), "mohan2021checkfreq, section 4");
}

/// Bytes of a checkpoint: 16-bit weights, 32-bit master weights, momentum and variance; gradients are not kept.
///
///     S = P b
///
/// P  parameters   of the model                                    [1]
/// b  state        bytes of a parameter: 14 for mixed-precision Adam   [byte]
///
/// Valid:   one full copy, uncompressed.
/// Source:  rajbhandari2020zero, section 3.1
/// Example: parameters=70e9 state=14B
template <class T>
constexpr Data<T> checkpoint_bytes(T parameters, Data<T> state) {
  return cite(parameters * state, "rajbhandari2020zero, section 3.1");
}

}  // namespace mlsysim
