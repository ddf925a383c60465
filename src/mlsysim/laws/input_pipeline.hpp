#pragma once
// Feeding a device: from storage through transformation to its memory, beside the steps that it computes.
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// What a number of reads in flight brings: each waits for its first byte, then streams.
///
///     B = n s / (t + s / b)
///
/// n  reads     in flight at the same time     [1]
/// s  size      of one read                    [byte]
/// t  latency   to the first byte              [s]
/// b  stream    bandwidth of one read alone    [byte/s]
///
/// Valid:   reads do not slow each other: below what the storage has for all of them.
/// Source:  little1961proof, theorem 1
/// Example: reads=64 size=8MB latency=50ms stream=90MB/s
template <class T>
constexpr Bandwidth<T> concurrent_read_bandwidth(T reads, Data<T> size, Time<T> latency, Bandwidth<T> stream) {
  return cite(reads * size / (latency + size / stream), "little1961proof, theorem 1");
}

/// Reads that must be in flight to keep a rate up: how deep to prefetch.
///
///     n = B (t + s / b) / s
///
/// B  rate      bytes a second that are wanted   [byte/s]
/// s  size      of one read                      [byte]
/// t  latency   to the first byte                [s]
/// b  stream    bandwidth of one read alone      [byte/s]
///
/// Valid:   as concurrent_read_bandwidth.
/// Source:  little1961proof, theorem 1
/// Example: rate=2GB/s size=8MB latency=50ms stream=90MB/s
template <class T>
constexpr T reads_in_flight(Bandwidth<T> rate, Data<T> size, Time<T> latency, Bandwidth<T> stream) {
  return cite(rate * (latency + size / stream) / size, "little1961proof, theorem 1");
}

/// Share of the time that a device waits for data, prefetched while it computes.
///
///     f = max(0, 1 - S / D)
///
/// S  supply   what the slowest link brings        [byte/s]
/// D  demand   what the device takes when fed      [byte/s]
///
/// Valid:   steps of equal size; loading overlaps with computing.
/// Source:  mohan2021stalls, section 3
/// Example: supply=2GB/s demand=3GB/s
template <class T>
constexpr T stall_share(Bandwidth<T> supply, Bandwidth<T> demand) {
  return cite(select(supply < demand, T(1.0) - supply / demand, T(0.0)), "mohan2021stalls, section 3");
}

/// Time in which workers make a batch ready.
///
///     t = N / (w r)
///
/// N  samples   of the batch                       [1]
/// w  workers   that work side by side             [1]
/// r  rate      samples a second of one worker     [1/s]
///
/// Valid:   workers have a core each and do not slow each other; the batch is many samples a worker.
/// Source:  mohan2021stalls, section 3
/// Example: samples=256 workers=8 rate=100
template <class T>
constexpr Time<T> transform_time(T samples, T workers, Frequency<T> rate) {
  return cite(Time<T>{samples / (workers * rate.base)}, "mohan2021stalls, section 3");
}

/// Time of a step whose batch is made ready while the one before it is computed; and where nothing overlaps.
///
///     t = max(t_transform, t_compute)        serial: t_transform + t_compute
///
/// t_transform  transform   of the next batch    [s]
/// t_compute    compute     of this batch        [s]
///
/// Valid:   a queue of at least one batch between them; steps of equal size.
/// Source:  murray2021tfdata, section 3
/// Example: transform=320ms compute=250ms
template <class T>
constexpr Time<T> overlapped_step(Time<T> transform, Time<T> compute) {
  return cite(max(transform, compute), "murray2021tfdata, section 3");
}
template <class T>
constexpr Time<T> serial_step(Time<T> transform, Time<T> compute) {
  return cite(transform + compute, "murray2021tfdata, section 3");
}

}  // namespace mlsysim
