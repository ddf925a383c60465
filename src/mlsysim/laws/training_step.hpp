#pragma once
// Parts of a training step on many devices.
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Time of a product over that with well aligned operands, where a dimension is no multiple of 64: rows of operands then do not
/// start where a memory transaction does.
///
///     f = (1 + a)^log2(64 / gcd(d, 64))
///
/// d  dimension     columns or inner width of one device's part     [1]
/// a  per_halving   time added by each halving of the divisor       [1]
///
/// Valid:   16-bit operands; a width that is no whole number is taken as aligned.
/// Source:  nvidia-matmul-guide, section 2.1; mlsysim-training-fit
/// Example: dimension=1800 per_halving=0.2
template <class T>
T misalignment(T dimension, T per_halving) {
  const auto factor = [](double d, double a) {
    if (d < 1 || std::fmod(d, 1) != 0) return 1.0;
    double divisor = 64;
    while (std::fmod(d, divisor) != 0) divisor /= 2;
    return std::pow(1 + a, std::log2(64 / divisor));
  };
  return opaque("misalignment", factor, dimension, per_halving);
}

/// Nodes to which a token is sent whose k experts lie anywhere on n nodes: one copy serves all experts of a node.
///
///     c = n (1 - (1 - 1/n)^k)
///
/// n  nodes     over which the experts are spread, >= 1   [1]
/// k  experts   that a token meets                        [1]
///
/// Valid:   experts met at random.
/// Source:  deepseek2024v3, section 3.2.2
/// Example: nodes=8 experts=8
template <class T>
T nodes_met(T nodes, T experts) {
  const auto met = [](double n, double k) { return n * (1 - std::pow(1 - 1 / n, k)); };
  return opaque("nodes_met", met, nodes, experts);
}

/// Activations of one transformer layer that its backward pass needs, on one tensor-parallel device, with fused attention. What
/// tensor parallelism does not cut is kept whole, unless the sequence is cut as well.
///
///     A = b r (w / t + m h / u)
///
/// r  tokens     of the microbatch on the device                                        [token]
/// h  hidden     width of the residual stream                                           [1]
/// w  widths     of queries, keys, values, attention's output and the feed-forward together   [1]
/// m  whole      elements of width h that are not: 4 (inputs of norms and products), 5 with dropout's masks of a byte [1]
/// b  element    bytes of an element                                                    [byte]
/// t  tensor     tensor-parallel devices                                                [1]
/// u  uncut      t with sequence parallelism, else 1                                    [1]
///
/// Valid:   GPT-like blocks: 34 bytes a token and element of h with dropout and w = 12 h, as published.
/// Source:  korthikanti2022reducing, eq. 1, 2 and 4
/// Example: tokens=2048 hidden=12288 widths=147456 whole=5 element=2B tensor=8 uncut=1
template <class T>
Data<T> layer_activations(Tokens<T> tokens, T hidden, T widths, T whole, Data<T> element, T tensor, T uncut) {
  return cite(tokens.base * (widths / tensor + whole * hidden / uncut) * element, "korthikanti2022reducing, eq. 4");
}

/// Time for which the stages of a pipeline wait, over that of a microbatch of a stage: they fill and drain once a step.
///
///     w = (p - 1) / v,   a third of it where weights' gradients fill the gaps (zero bubble)
///
/// p  stages   of the pipeline                          [1]
/// v  chunks   of layers that a device holds            [1]
/// z  share    of the wait that is left: 1, or a third  [1]
///
/// Valid:   stages of equal time.
/// Source:  narayanan2021megatron, section 2.2; qi2023zerobubble, section 3 (ZB-H1)
/// Example: stages=8 chunks=2 share=1
template <class T>
constexpr T pipeline_wait(T stages, T chunks, T share) {
  return cite((stages - T(1.0)) / chunks * share, "narayanan2021megatron, section 2.2");
}

}  // namespace mlsysim
