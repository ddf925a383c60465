#pragma once
// Closed forms of the original package (0.1.1) about software, streaming and privacy; computed only under `mlsysim-0.1`.
#include "mlsysim/units/quantity.hpp"

namespace mlsysim::original {

/// Utilisation of a kind of kernel.
///
///     MFU = min(f e / 0.5, c)
///
/// e  efficiency   given                                                         [1]
/// f  factor       attention 0.30, fused 0.75; ffn 0.50; conv 0.40; other 0.30   [1]
/// c  cap          fused attention 0.85; ffn 0.60; conv 0.55; others 1      [1]
///
/// Valid:   nowhere: neither the network nor the device is looked at.
/// Source:  mlsysim-0.1.1, EfficiencyModel.solve
/// Example: efficiency=0.5 factor=0.3 cap=1
template <class T>
constexpr T kernel_share(T efficiency, T factor, T cap) {
  return cite(min(factor * (efficiency / T(0.5)), cap), "mlsysim-0.1.1, EfficiencyModel.solve");
}

/// Share of the peak that idle units lose.
///
///     o = 1 - min(1.1 e, 1)
///
/// e  efficiency   given   [1]
///
/// Valid:   nowhere.
/// Source:  mlsysim-0.1.1, EfficiencyModel.solve
/// Example: efficiency=0.5
template <class T>
constexpr T occupancy_loss(T efficiency) {
  return cite(T(1.0) - min(T(1.1) * efficiency, T(1.0)), "mlsysim-0.1.1, EfficiencyModel.solve");
}

/// Work of attention in a streamed prefill: of one layer, over the width of keys and values.
///
///     W = e S^2 B
///
/// e  elements   that a token adds to the cache of a layer   [1]
/// S  sequence   tokens of a sequence                        [token]
/// B  batch      sequences                                   [1]
///
/// Valid:   nowhere: query heads attend, and both products count.
/// Source:  mlsysim-0.1.1, WeightStreamingModel.solve
/// Example: elements=2048 sequence=4096 batch=1
template <class T>
constexpr Work<T> streamed_attention(T elements, Tokens<T> sequence, T batch) {
  return cite(Work<T>{elements * sequence.base * sequence.base * batch}, "mlsysim-0.1.1, WeightStreamingModel.solve");
}

/// Slow-down of private training.
///
///     f = 1 + 2 / max(epsilon, 0.01)
///
/// epsilon  epsilon   privacy budget, any sign   [1]
///
/// Valid:   nowhere: no source gives it.
/// Source:  mlsysim-0.1.1, ResponsibleEngineeringModel.solve
/// Example: epsilon=1
template <class T>
constexpr T privacy_slowdown(T epsilon) {
  return cite(T(1.0) + T(2.0) / max(epsilon, T(0.01)), "mlsysim-0.1.1, ResponsibleEngineeringModel.solve");
}

}  // namespace mlsysim::original
