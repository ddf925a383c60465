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
template <class T>
constexpr Time<T> snapshot_time(Data<T> size, T writers, Bandwidth<T> link) {
  return cite(size / (writers * link), "mohan2021checkfreq, section 4");
}

}  // namespace mlsysim
