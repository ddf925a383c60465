#pragma once
// Closed forms of the original package (0.1.1) about serving that first principles do not support; computed only under the
// assumptions `mlsysim-0.1`.
#include "mlsysim/units/quantity.hpp"

namespace mlsysim::original {

/// Work of a prefill: every new token attends to the whole sequence, causal or not.
///
///     W = 2 P n B + 4 L h n S B
///
/// P  parameters   all weights                     [1]
/// n  tokens       new tokens of a sequence        [token]
/// S  sequence     tokens of a sequence            [token]
/// B  batch        sequences, prefilled together   [1]
/// L  layers       blocks                          [1]
/// h  width        query heads times head width    [1]
///
/// Valid:   nowhere: causal attention costs half.
/// Source:  mlsysim-0.1.1, ServingModel.solve
/// Example: parameters=8.03e9 tokens=2048 sequence=2048 batch=1 layers=32 width=4096
template <class T>
constexpr Work<T> prefill_work(T parameters, Tokens<T> tokens, Tokens<T> sequence, T batch, T layers, T width) {
  const Work<T> dense{T(2.0) * parameters * tokens.base * batch};
  return cite(dense + Work<T>{T(4.0) * layers * width * tokens.base * sequence.base * batch},
              "mlsysim-0.1.1, ServingModel.solve");
}

/// Time of a decode step: weights and cache are read, a fixed time is spent on each layer, arithmetic is free.
///
///     t = Q / B + L a
///
/// Q  traffic    weights and cache           [byte]
/// B  bandwidth  of the memory               [byte/s]
/// L  layers     blocks                      [1]
/// a  overhead   fixed time of a layer       [s]
///
/// Valid:   small batches.
/// Source:  mlsysim-0.1.1, ServingModel.solve
/// Example: traffic=16.06GB bandwidth=3.35TB/s layers=32 overhead=10us
template <class T>
constexpr Time<T> decode_time(Data<T> traffic, Bandwidth<T> bandwidth, T layers, Time<T> overhead) {
  return cite(traffic / bandwidth + layers * overhead, "mlsysim-0.1.1, ServingModel.solve");
}

/// Sequences of a static batch against those of a paged one.
///
///     n = max(1, floor(0.6 m))
///
/// m  paged   sequences that pages leave room for   [1]
///
/// Valid:   nowhere: the share depends on the spread of lengths.
/// Source:  mlsysim-0.1.1, ContinuousBatchingModel.solve
/// Example: paged=64
template <class T>
constexpr T static_batch(T paged) {
  return cite(max(T(1.0), floor(T(0.6) * paged)), "mlsysim-0.1.1, ContinuousBatchingModel.solve");
}

}  // namespace mlsysim::original
