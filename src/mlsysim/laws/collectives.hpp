#pragma once
// What it takes to move data between devices: a latency for each message, and bytes over bandwidth. Bandwidth is that of one
// device, one direction.
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Time of one message between two devices.
///
///     t = a + M / B
///
/// M  message     bytes                             [byte]
/// B  bandwidth   of the link, one direction, > 0   [byte/s]
/// a  latency     of an empty message               [s]
///
/// Valid:   one message at a time on the link.
/// Source:  hockney1994communication, section 2
/// Example: message=1GB bandwidth=10Gbit/s latency=10ms
template <class T>
constexpr Time<T> point_to_point_time(Data<T> message, Bandwidth<T> bandwidth, Time<T> latency) {
  return cite(latency + message / bandwidth, "hockney1994communication, section 2");
}

/// Time of a ring reduce-scatter, and of a ring all-gather, which is the same in the other direction: each of N - 1 steps
/// passes one Nth of the message on.
///
///     t = (N - 1)/N M / B + (N - 1) a
///
/// M  message     bytes that every device holds before (after, for the all-gather)   [byte]
/// N  devices     in the ring, >= 1                                                   [1]
/// B  bandwidth   of one device, one direction, > 0                                   [byte/s]
/// a  latency     of one message                                                      [s]
///
/// Valid:   a ring of equal links; the sums cost nothing.
/// Source:  patarasuk2009ring, section 3
/// Example: message=1GB devices=8 bandwidth=50GB/s latency=500ns
template <class T>
constexpr Time<T> ring_reduce_scatter_time(Data<T> message, T devices, Bandwidth<T> bandwidth, Time<T> latency) {
  const T steps = devices - T(1.0);
  return cite(steps * (message / (devices * bandwidth) + latency), "patarasuk2009ring, section 3");
}
template <class T>
constexpr Time<T> ring_all_gather_time(Data<T> message, T devices, Bandwidth<T> bandwidth, Time<T> latency) {
  const T steps = devices - T(1.0);
  return cite(steps * (message / (devices * bandwidth) + latency), "patarasuk2009ring, section 3");
}

/// Time of a ring all-reduce: a reduce-scatter, then an all-gather.
///
///     t = 2 (N - 1)/N M / B + 2 (N - 1) a
///
/// M  message     bytes that every device holds       [byte]
/// N  devices     in the ring, >= 1                   [1]
/// B  bandwidth   of one device, one direction, > 0   [byte/s]
/// a  latency     of one message                      [s]
///
/// Valid:   a ring of equal links; the sums cost nothing. No algorithm moves fewer bytes.
/// Source:  patarasuk2009ring, theorem 1 and section 3
/// Example: message=1GB devices=8 bandwidth=50GB/s latency=500ns
template <class T>
constexpr Time<T> ring_all_reduce_time(Data<T> message, T devices, Bandwidth<T> bandwidth, Time<T> latency) {
  const T steps = T(2.0) * (devices - T(1.0));
  return cite(steps * (message / (devices * bandwidth) + latency), "patarasuk2009ring, section 3");
}

/// Time of an all-reduce over two trees that each carry half of the message, in many small pieces: few steps, and nearly
/// the bytes of a ring.
///
///     t = 2 M / B + 2 ceil(log2 N) a
///
/// M  message     bytes that every device holds       [byte]
/// N  devices     in the tree, >= 1                   [1]
/// B  bandwidth   of one device, one direction, > 0   [byte/s]
/// a  latency     of one message                      [s]
///
/// Valid:   messages large against a piece; one device alone sends nothing.
/// Source:  sanders2009trees, section 4
/// Example: message=1GB devices=8 bandwidth=50GB/s latency=500ns
template <class T>
Time<T> tree_all_reduce_time(Data<T> message, T devices, Bandwidth<T> bandwidth, Time<T> latency) {
  const T levels = opaque(
      "ceil_log2", [](double n) { return std::ceil(std::log2(n)); }, devices);
  const T sends = min(T(1.0), devices - T(1.0));
  return cite(T(2.0) * (sends * message / bandwidth + levels * latency), "sanders2009trees, section 4");
}

/// Time of a reduce-scatter, and of an all-gather, over devices that are joined fast inside a node and slowly between nodes:
/// inside first, so that only one gth of the message crosses between nodes.
///
///     t = RS(M, g, inside) + RS(M / g, n, between)
///
/// M  message   bytes that every device holds before (after, for the all-gather)   [byte]
/// g  inside    devices of the group in one node, >= 1                                   [1]
/// n  nodes     nodes that the group spans, >= 1                                         [1]
/// B1  inside_bandwidth    of one device inside a node, one direction, > 0         [byte/s]
/// a1  inside_latency      of one message inside a node                            [s]
/// B2  between_bandwidth   of one device between nodes, one direction, > 0         [byte/s]
/// a2  between_latency     of one message between nodes                            [s]
///
/// Valid:   the same number of devices in each node; every device has its share of its node's network interfaces.
/// Source:  cho2019blueconnect, section 3
/// Example: message=16.06GB inside=8 nodes=32 inside_bandwidth=450GB/s inside_latency=500ns between_bandwidth=50GB/s between_latency=5us
template <class T>
constexpr Time<T> hierarchical_reduce_scatter_time(Data<T> message, T inside, T nodes, Bandwidth<T> inside_bandwidth,
                                                   Time<T> inside_latency, Bandwidth<T> between_bandwidth,
                                                   Time<T> between_latency) {
  return cite(ring_reduce_scatter_time(message, inside, inside_bandwidth, inside_latency) +
                  ring_reduce_scatter_time(message / inside, nodes, between_bandwidth, between_latency),
              "cho2019blueconnect, section 3");
}

/// Time of an all-reduce over the same: a reduce-scatter inside, an all-reduce of what each device then holds between nodes,
/// an all-gather inside. The message crosses the links inside a node once in each direction, not twice.
///
///     t = RS(M, g, inside) + AR(M / g, n, between) + AG(M, g, inside)
///
/// M  message   bytes that every device holds       [byte]
/// g  inside    devices of the group in one node, >= 1    [1]
/// n  nodes     nodes that the group spans, >= 1          [1]
/// B1  inside_bandwidth    of one device inside a node, one direction, > 0         [byte/s]
/// a1  inside_latency      of one message inside a node                            [s]
/// B2  between_bandwidth   of one device between nodes, one direction, > 0         [byte/s]
/// a2  between_latency     of one message between nodes                            [s]
///
/// Valid:   the same number of devices in each node; every device has its share of its node's network interfaces.
/// Source:  cho2019blueconnect, section 3
/// Example: message=16.06GB inside=8 nodes=32 inside_bandwidth=450GB/s inside_latency=500ns between_bandwidth=50GB/s between_latency=5us
template <class T>
constexpr Time<T> hierarchical_all_reduce_time(Data<T> message, T inside, T nodes, Bandwidth<T> inside_bandwidth,
                                               Time<T> inside_latency, Bandwidth<T> between_bandwidth,
                                               Time<T> between_latency) {
  return cite(ring_reduce_scatter_time(message, inside, inside_bandwidth, inside_latency) +
                  ring_all_reduce_time(message / inside, nodes, between_bandwidth, between_latency) +
                  ring_all_gather_time(message, inside, inside_bandwidth, inside_latency),
              "cho2019blueconnect, section 3");
}

/// Time in which every device sends a different Nth of its message to every other.
///
///     t = (N - 1)/N M / B + (N - 1) a
///
/// M  message     bytes that every device holds       [byte]
/// N  devices     in the group, >= 1                  [1]
/// B  bandwidth   of one device, one direction, > 0   [byte/s]
/// a  latency     of one message                      [s]
///
/// Valid:   pairwise exchange, messages of equal size; nobody receives more than the others.
/// Source:  thakur2005collectives, section 3.3
/// Example: message=1GB devices=8 bandwidth=50GB/s latency=500ns
template <class T>
constexpr Time<T> all_to_all_time(Data<T> message, T devices, Bandwidth<T> bandwidth, Time<T> latency) {
  const T steps = devices - T(1.0);
  return cite(steps * (message / (devices * bandwidth) + latency), "thakur2005collectives, section 3.3");
}

/// Share of its own bandwidth that every node gets when all send to all: half of what is sent crosses the middle of the
/// network, a quarter in each direction.
///
///     f = min(1, 4 C / N)
///
/// C  middle   links that cross the middle, in bandwidths of one node, one direction   [1]
/// N  nodes                                                                             [1]
///
/// Valid:   traffic spread evenly; ideal routing.
/// Source:  dally2004interconnection, section 3.3
/// Example: middle=8 nodes=64
template <class T>
constexpr T bisection_share(T middle, T nodes) {
  return cite(min(T(1.0), T(4.0) * middle / nodes), "dally2004interconnection, section 3.3");
}

/// Time for which the devices of a pipeline wait for each other to fill and drain, over the time for which they work; and the
/// same over the whole time.
///
///     r = (P - 1) / (V M),   share: (P - 1) / (V M + P - 1)
///
/// P  stages         of the pipeline, >= 1                           [1]
/// M  microbatches   that pass between two flushes                   [1]
/// V  chunks         of layers that a device holds (interleaving)    [1]
///
/// Valid:   stages of equal time, forward and backward alternating.
/// Source:  narayanan2021megatron, section 2.2; huang2019gpipe for V = 1
/// Example: stages=4 microbatches=8 chunks=1
template <class T>
constexpr T pipeline_bubble_ratio(T stages, T microbatches, T chunks) {
  return cite((stages - T(1.0)) / (chunks * microbatches), "narayanan2021megatron, section 2.2");
}
template <class T>
constexpr T pipeline_bubble_share(T stages, T microbatches, T chunks) {
  const T idle = stages - T(1.0);
  return cite(idle / (chunks * microbatches + idle), "narayanan2021megatron, section 2.2");
}

/// Time of light to the far end of a fibre and back.
///
///     t = 2 d / v
///
/// d  distance_km   kilometres of fibre   [1]
///
/// Valid:   v = 200,000 km/s, two thirds of c (glass of index 1.47 gives 204,000); no switches, and a cable as long as the map says:
///          real ones are a third to twice as long again.
/// Source:  itu-g652, appendix I (group index)
/// Example: distance_km=4000
template <class T>
constexpr Time<T> network_round_trip_time(T distance_km) {
  return cite(Time<T>{T(2.0) * distance_km / named(T(200000.0), "km/s of light in fibre")}, "itu-g652, appendix I");
}

}  // namespace mlsysim
