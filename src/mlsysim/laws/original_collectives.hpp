#pragma once
// Collectives as the original package (0.1.1) prices them where first principles do not; computed only under its assumptions.
#include "mlsysim/laws/collectives.hpp"

namespace mlsysim::original {

/// All-reduce in three phases of which the first and the last are each a whole all-reduce.
///
///     t = 2 AR(M, g, inside) + AR(M / g, n, between)
///
/// M  message   bytes that every device holds   [byte]
/// g  inside    devices in one node, >= 1       [1]
/// n  nodes     nodes, >= 1                     [1]
/// B1  inside_bandwidth    of one device inside a node, one direction, > 0         [byte/s]
/// a1  inside_latency      of one message inside a node                            [s]
/// B2  between_bandwidth   of one device between nodes, one direction, > 0         [byte/s]
/// a2  between_latency     of one message between nodes                            [s]
///
/// Valid:   nowhere: twice the bytes that a reduce-scatter and an all-gather move inside a node.
/// Source:  mlsysim-0.1.1, calc_hierarchical_allreduce_time
/// Example: message=16.06GB inside=8 nodes=32 inside_bandwidth=450GB/s inside_latency=500ns between_bandwidth=50GB/s between_latency=5us
template <class T>
constexpr Time<T> hierarchical_all_reduce_time(Data<T> message, T inside, T nodes, Bandwidth<T> inside_bandwidth,
                                               Time<T> inside_latency, Bandwidth<T> between_bandwidth,
                                               Time<T> between_latency) {
  return cite(T(2.0) * ring_all_reduce_time(message, inside, inside_bandwidth, inside_latency) +
                  ring_all_reduce_time(message / inside, nodes, between_bandwidth, between_latency),
              "mlsysim-0.1.1, calc_hierarchical_allreduce_time");
}

/// All-reduce over one tree that passes the whole message on at each level.
///
///     t = 2 ceil(log2 N) (M / B + a)
///
/// M  message     bytes that every device holds       [byte]
/// N  devices     in the tree, >= 1                   [1]
/// B  bandwidth   of one device, one direction, > 0   [byte/s]
/// a  latency     of one message                      [s]
///
/// Valid:   a tree without pipelining; libraries cut the message into pieces.
/// Source:  mlsysim-0.1.1, calc_tree_allreduce_time
/// Example: message=1GB devices=8 bandwidth=50GB/s latency=500ns
template <class T>
Time<T> tree_all_reduce_time(Data<T> message, T devices, Bandwidth<T> bandwidth, Time<T> latency) {
  const T levels = opaque(
      "ceil_log2", [](double n) { return std::ceil(std::log2(n)); }, devices);
  return cite(T(2.0) * levels * (message / bandwidth + latency), "mlsysim-0.1.1, calc_tree_allreduce_time");
}

}  // namespace mlsysim::original
