#pragma once
// Work and memory of a training step on one device.
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Passes over the network that a training step costs, in forward passes: the backward pass is two (gradients of the
/// activations and of the weights); recomputation adds a forward pass; frozen weights need no gradient.
///
///     p = 2 + w + r
///
/// w  weights_trained   1 if every weight is trained, 0 if only adapters are   [1]
/// r  recomputed        1 if activations are recomputed                        [1]
///
/// Valid:   every layer is trained, or only adapters small against the layer.
/// Source:  kaplan2020scaling, section 2.1; hu2021lora, section 4
/// Example: weights_trained=true recomputed=false
template <class T>
constexpr T training_passes(bool weights_trained, bool recomputed) {
  return named(T(2.0 + (weights_trained ? 1.0 : 0.0) + (recomputed ? 1.0 : 0.0)), "forward-pass equivalents");
}

/// Activations that the backward pass needs, with fused attention (scores are never stored): 34 bytes an element of the
/// residual stream at 16 bits, which are 17 elements.
///
///     A = k b s h L,   recomputed: b s h (r L + k)
///
/// s  tokens            sequences times their length                                    [token]
/// h  hidden            width of the residual stream                                    [1]
/// L  layers            blocks                                                          [1]
/// b  element           bytes of an element                                             [byte]
/// k  kept              elements kept of a block: 17                                    [1]
/// r  kept_recomputed   the same where they are recomputed: 1, the input of the block   [1]
///
/// A recomputed step also holds one whole layer at work.
///
/// Valid:   GPT-like blocks with a feed-forward width of 4 h; no tensor parallelism.
/// Source:  korthikanti2022reducing, eq. 1 and section 5 (without the attention term, which fused kernels do not store)
/// Example: tokens=16384 hidden=4096 layers=32 element=2B kept=17 kept_recomputed=1
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
///     f = 1/n if z >= z0, else 1
///
/// n   devices   data-parallel devices, >= 1                            [1]
/// z   stage     of ZeRO, 0 to 3                                        [1]
/// z0  first     the stage that shards this state: 1 optimizer, 2 gradients, 3 weights, 1 to 3   [1]
///
/// Valid:   states sharded evenly.
/// Source:  rajbhandari2020zero, section 5
/// Example: stage=3 first=1 devices=64
template <class T>
constexpr T zero_share(int stage, int first, T devices) {
  return stage >= first ? T(1.0) / devices : T(1.0);
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
/// Example: rank=16 hidden=4096 layers=32
template <class T>
constexpr T adapter_parameters(T rank, T hidden, T layers) {
  return cite(T(8.0) * rank * hidden * layers, "hu2021lora, section 4.2");
}

/// Work of training: a forward pass of 2 operations for a parameter and a token, a backward pass of twice as many.
///
///     W = 6 P D
///
/// P  parameters   of the model   [1]
/// D  tokens       trained on     [token]
///
/// Valid:   dense transformers; attention over the context left out, nothing recomputed.
/// Source:  kaplan2020scaling, section 2.1
/// Example: parameters=7e9 tokens=1e12
template <class T>
constexpr Work<T> training_work(T parameters, Tokens<T> tokens) {
  return cite(Work<T>{named(T(6.0), "flop for a parameter and a token") * parameters * tokens.base},
              "kaplan2020scaling, section 2.1");
}

/// Bytes that training holds for its weights: 16-bit weights (2) and gradients (2); 32-bit master weights, momentum and variance of
/// Adam (12).
///
///     M = 16 P
///
/// P  parameters   of the model   [1]
///
/// Valid:   mixed-precision Adam, nothing sharded; activations come on top.
/// Source:  rajbhandari2020zero, section 3.1
/// Example: parameters=7e9
template <class T>
constexpr Data<T> mixed_precision_adam_bytes(T parameters) {
  const T element = named(T(2.0), "bytes of a weight") + named(T(2.0), "bytes of a gradient") +
                    named(T(12.0), "bytes of master weight, momentum and variance");
  return cite(Data<T>{parameters * element}, "rajbhandari2020zero, section 3.1");
}

/// Scores of attention that the backward pass needs where kernels are not fused: 5 bytes for each pair of tokens and head at 16
/// bits (softmax, its dropout and its mask), which is 2.5 elements.
///
///     A = 2.5 b a s S L
///
/// s  tokens    sequences times their length   [token]
/// S  context   length of a sequence           [token]
/// a  heads     query heads                    [1]
/// L  layers    blocks                         [1]
/// b  element   bytes of an element            [byte]
///
/// Valid:   GPT-like blocks; fused kernels keep none of it.
/// Source:  korthikanti2022reducing, eq. 1
/// Example: tokens=16384 context=2048 heads=32 layers=32 element=2B
template <class T>
constexpr Data<T> attention_score_activations(Tokens<T> tokens, Tokens<T> context, T heads, T layers, Data<T> element) {
  return cite(named(T(2.5), "elements of a score") * tokens.base * context.base * heads * layers * element,
              "korthikanti2022reducing, eq. 1");
}

}  // namespace mlsysim
