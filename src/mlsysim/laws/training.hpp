#pragma once
// Work and memory of a training step on one device.
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Passes over the network that a training step costs, in forward passes: the backward pass is two (gradients of the
/// activations and of the weights); recomputation adds a forward pass; frozen weights need no gradient.
///
///     p = 2 + (1 if weights are trained) + (1 if activations are recomputed)
///
/// Valid:   every layer is trained, or only adapters small against the layer.
/// Source:  kaplan2020scaling, section 2.1; hu2021lora, section 4
template <class T>
constexpr T training_passes(bool weights_trained, bool recomputed) {
  return named(T(2.0 + (weights_trained ? 1.0 : 0.0) + (recomputed ? 1.0 : 0.0)), "forward-pass equivalents");
}

/// Activations that the backward pass needs, with fused attention (scores are never stored): 34 bytes an element of the
/// residual stream at 16 bits, which are 17 elements.
///
///     A = 17 b s h L,   recomputed: b s h (L + 17)
///
/// s  tokens    sequences times their length            [token]
/// h  hidden    width of the residual stream            [1]
/// L  layers    blocks                                  [1]
/// b  element   bytes of an element                     [byte]
///
/// `kept` is the 17, `kept_recomputed` the 1 of a layer's input; a recomputed step also holds one whole layer at work.
///
/// Valid:   GPT-like blocks with a feed-forward width of 4 h; no tensor parallelism.
/// Source:  korthikanti2022reducing, eq. 1 and section 5 (without the attention term, which fused kernels do not store)
template <class T>
constexpr Data<T> kept_activations(Tokens<T> tokens, T hidden, T layers, Data<T> element, T kept) {
  return cite(tokens.base * hidden * layers * kept * element, "korthikanti2022reducing, eq. 1");
}
template <class T>
constexpr Data<T> recomputed_activations(Tokens<T> tokens, T hidden, T layers, Data<T> element, T kept,
                                         T kept_recomputed) {
  return cite(tokens.base * hidden * (layers * kept_recomputed + kept) * element, "korthikanti2022reducing, section 5");
}

/// Share of a training state that one of n data-parallel devices holds under ZeRO: 1 / n from the stage that shards it on.
///
/// n     devices   data-parallel devices    [1]
/// from  stage     1 optimizer, 2 gradients, 3 weights
///
/// Valid:   n >= 1.
/// Source:  rajbhandari2020zero, section 5
template <class T>
constexpr T zero_share(int stage, int from, T devices) {
  return stage >= from ? T(1.0) / devices : T(1.0);
}

/// Parameters of low-rank adapters on the four projections of each attention layer.
///
///     Pa = 2 r h 4 L
///
/// r  rank     rank of an adapter             [1]
/// h  hidden   width of the residual stream   [1]
/// L  layers   blocks                         [1]
///
/// Valid:   square projections (an upper bound with grouped queries).
/// Source:  hu2021lora, section 4.2
template <class T>
constexpr T adapter_parameters(T rank, T hidden, T layers) {
  return cite(T(8.0) * rank * hidden * layers, "hu2021lora, section 4.2");
}

}  // namespace mlsysim
