#pragma once
// Closed forms of the original package (0.1.1) about queues, failures, checkpoints, scaling and compression that first
// principles do not support; computed only under the assumptions `mlsysim-0.1`.
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim::original {

/// The 99th percentile of waiting over the objective, called a probability.
///
///     p = w99 / t
///
/// w99  wait        99th percentile of waiting       [s]
/// t    objective   five mean service times          [s]
///
/// Valid:   nowhere: it is a ratio of times, and exceeds 1.
/// Source:  mlsysim-0.1.1, TailLatencyModel.solve
/// Example: wait=80ms objective=100ms
template <class T>
constexpr T slo_ratio(Time<T> wait, Time<T> objective) {
  return cite(wait / objective, "mlsysim-0.1.1, TailLatencyModel.solve");
}

/// Goodput as what checkpoints and restarts leave.
///
///     g = max(0, 1 - d / t - R / M)
///
/// d  cost       of a checkpoint               [s]
/// t  interval   between checkpoints           [s]
/// R  recovery   from a failure                [s]
/// M  mtbf       mean time between failures    [s]
///
/// Valid:   nowhere: the work that a failure loses, half an interval and as much as the checkpoints cost, is left out.
/// Source:  mlsysim-0.1.1, ReliabilityModel.solve
/// Example: cost=1min interval=30min recovery=5min mtbf=8h
template <class T>
constexpr T goodput(Time<T> cost, Time<T> interval, Time<T> recovery, Time<T> mtbf) {
  return cite(max(T(0.0), T(1.0) - cost / interval - recovery / mtbf), "mlsysim-0.1.1, ReliabilityModel.solve");
}

/// Share of its bandwidth that a node keeps in a topology, and the mean number of links between nodes: 1 and 4 for a fat tree,
/// 0.85 and 3 for a dragonfly; for others
///
///     torus: b = 2 N^(-1/3), h = 3/4 N^(1/3);  ring: b = 2 / N, h = N / 4
///
/// N  nodes   of the network   [1]
///
/// Valid:   nowhere: a torus of fewer than eight nodes keeps more than all, a ring's middle is one link instead of two.
/// Source:  mlsysim-0.1.1, TopologyModel.solve
/// Example: nodes=512
template <class T>
T torus_share(T nodes) {
  return cite(opaque(
                  "torus_share", [](double n) { return 2 / std::cbrt(n); }, nodes),
              "mlsysim-0.1.1, TopologyModel.solve");
}
template <class T>
T torus_hops(T nodes) {
  return cite(opaque(
                  "torus_hops", [](double n) { return 0.75 * std::cbrt(n); }, nodes),
              "mlsysim-0.1.1, TopologyModel.solve");
}

/// Mean wait at one server whose jobs all take as long.
///
///     w = u t / (2 (1 - u))
///
/// u  utilisation   arrival rate times duration, < 1   [1]
/// t  duration      of a job                           [s]
///
/// Valid:   one job at a time on the whole fleet, whatever its size.
/// Source:  mlsysim-0.1.1, OrchestrationModel.solve
/// Example: utilisation=0.8 duration=1h
template <class T>
constexpr Time<T> fleet_wait(T utilisation, Time<T> duration) {
  return cite(utilisation * duration / (T(2.0) * (T(1.0) - utilisation)), "mlsysim-0.1.1, OrchestrationModel.solve");
}

/// Activations at a fixed number of elements for each element of a block's input, whatever the sequence length.
///
///     A = k s h L b,   k = 34, 10 where attention is recomputed, 2 where everything is
///
/// s  tokens    sequences times their length          [token]
/// h  hidden    width of the residual stream          [1]
/// L  layers    blocks                                [1]
/// k  kept      34, 10 or 2                           [1]
/// b  element   bytes of an element                   [byte]
///
/// Valid:   nowhere: 34 and 2 are bytes at 16 bits already, so the figures are twice too large; attention scores are left out.
/// Source:  mlsysim-0.1.1, calc_activation_memory
/// Example: tokens=16384 hidden=4096 layers=32 kept=10 element=2B
template <class T>
constexpr Data<T> kept_activations(Tokens<T> tokens, T hidden, T layers, T kept, Data<T> element) {
  return cite(tokens.base * hidden * layers * kept * element, "mlsysim-0.1.1, calc_activation_memory");
}

/// Change of accuracy by the bits of a weight: constants, the same for 5 bits as for 15.
inline double accuracy_of_bits(double bits) { return bits >= 16 ? 0 : bits == 8 ? -0.002 : bits >= 4 ? -0.025 : -0.05; }
/// Change of accuracy by sparsity: a constant up to a half, then a jump and an exponential.
inline double accuracy_of_sparsity(double sparsity) {
  return sparsity <= 0.5 ? -0.001 : -0.01 * std::exp(2 * sparsity);
}

}  // namespace mlsysim::original
