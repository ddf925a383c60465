#pragma once
// Work, cache and traffic of a language model from its shape.
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Work of one forward pass: a multiply and an add for each parameter that a token meets.
///
///     W = 2 P n
///
/// P  parameters   active parameters   [1]
/// n  tokens       tokens processed    [token]
///
/// Valid:   layers wide against the context; attention scores are counted apart (attention_work).
/// Source:  kaplan2020scaling, section 2.1
/// Example: parameters=7e9 tokens=1
template <class T>
constexpr Work<T> forward_work(T parameters, Tokens<T> tokens) {
  return cite(Work<T>{T(2.0) * parameters * tokens.base}, "kaplan2020scaling, section 2.1");
}

/// Work of attention scores and the weighted sum of values for tokens that each see `context` tokens.
///
///     W = 4 L w S n
///
/// L  layers    attention layers                      [1]
/// w  width     query heads times head width          [1]
/// S  context   tokens that each token attends to     [token]
/// n  tokens    tokens processed                      [token]
///
/// Valid:   dense attention; a causal prefill of S tokens sees S / 2 on average.
/// Source:  kaplan2020scaling, table 1
/// Example: layers=32 width=4096 context=1024 tokens=2048
template <class T>
constexpr Work<T> attention_work(T layers, T width, Tokens<T> context, Tokens<T> tokens) {
  return cite(Work<T>{T(4.0) * layers * width * context.base * tokens.base}, "kaplan2020scaling, table 1");
}

/// Bytes of keys and values that a sequence keeps. Layers with a sliding window keep its length at most.
///
///     C = e b (L S + Lw min(S, w))
///
/// e   elements        one token, one layer (2 Hkv D; with latent attention rank + rotary)   [1]
/// b   element         bytes of an element                                                   [byte]
/// L   layers          layers that keep every token                                          [1]
/// Lw  window_layers   layers that keep the last w tokens                                    [1]
/// S   context         tokens in the sequence                                                [token]
/// w   window          length of the window                                                  [token]
///
/// Valid:   contiguous cache; pages round S up to a multiple of the page.
/// Source:  pope2023scaling, section 2; beltagy2020longformer for windows; deepseek2024v2 for latent attention
/// Example: elements=2048 element=2B layers=32 window_layers=0 context=4096 window=4096
template <class T>
constexpr Data<T> kv_cache_bytes(T elements, Data<T> element, T layers, T window_layers, Tokens<T> context,
                                 Tokens<T> window) {
  return cite(elements * element * (layers * context.base + window_layers * min(context, window).base),
              "pope2023scaling, section 2");
}

/// Routed experts that at least one of `tokens` tokens meets, each token choosing k of E at random.
///
///     d = E (1 - (1 - k/E)^n)
///
/// E  experts      routed experts of a layer        [1]
/// k  per_token    experts that one token meets     [1]
/// n  tokens       tokens in the step               [1]
///
/// Valid:   balanced, independent routing; a skewed router meets fewer.
/// Source:  occupancy of n draws; feller1968probability, IV.2
/// Example: experts=8 per_token=2 tokens=4
template <class T>
T distinct_experts(T experts, T per_token, T tokens) {
  const auto formula = [](double e, double k, double n) {
    return e * -std::expm1(n * std::log1p(-std::fmin(k / e, 1.0)));
  };
  return cite(opaque("distinct_experts", formula, experts, per_token, tokens), "feller1968probability, IV.2");
}

/// Traffic of the residual stream: fused kernels keep the rest of a layer on chip, so each layer reads and writes its width.
///
///     Q = 2 L h b n
///
/// L  layers    blocks                       [1]
/// h  hidden    width of the residual stream [1]
/// b  element   bytes of an element          [byte]
/// n  tokens    tokens processed             [token]
///
/// Valid:   inference with fused kernels; a lower bound, small against weights below thousands of tokens.
/// Source:  dao2022flashattention, section 2.1 (traffic of a fused kernel is its inputs and outputs)
/// Example: layers=32 hidden=4096 element=2B tokens=32
template <class T>
constexpr Data<T> residual_traffic(T layers, T hidden, Data<T> element, Tokens<T> tokens) {
  return cite(T(2.0) * layers * hidden * tokens.base * element, "dao2022flashattention, section 2.1");
}

/// Bytes of weights.
///
///     M = P b
///
/// P  parameters   of the model                    [1]
/// b  element      bytes of a parameter            [byte]
///
/// Valid:   every parameter in one format, no scales (quantised_share has them).
/// Source:  definition
/// Example: parameters=7e9 element=2B
template <class T>
constexpr Data<T> model_memory(T parameters, Data<T> element) {
  return parameters * element;
}

/// Keys and values of all sequences in a batch, every layer attending to all tokens.
///
///     C = 2 L H D S B b
///
/// L  layers       attention layers                                 [1]
/// H  kv_heads     key and value heads: fewer than query heads where they are grouped   [1]
/// D  head_width   of one head                                      [1]
/// S  context      tokens of a sequence                             [token]
/// B  batch_size   sequences                                        [1]
/// b  element      bytes of an element                              [byte]
///
/// Valid:   contiguous cache; paged_tokens says what pages add.
/// Source:  pope2023scaling, section 2
/// Example: layers=32 kv_heads=8 head_width=128 context=4096 batch_size=1 element=2B
template <class T>
constexpr Data<T> grouped_kv_cache_bytes(T layers, T kv_heads, T head_width, Tokens<T> context, T batch_size,
                                         Data<T> element) {
  return cite(batch_size * kv_cache_bytes(T(2.0) * kv_heads * head_width, element, layers, T(0.0), context, context),
              "pope2023scaling, section 2");
}

}  // namespace mlsysim
