#pragma once
// What the kernels of attention move.
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Traffic of attention scores that pass through memory: written, read and written by the softmax, read for the weighted sum.
///
///     Q = 4 L H n S b
///
/// L  layers    attention layers                      [1]
/// H  heads     query heads                           [1]
/// n  tokens    tokens that attend                    [token]
/// S  context   tokens that each is scored against    [token]
/// b  element   bytes of a score                      [byte]
///
/// Valid:   unfused attention; a fused kernel keeps the scores on chip.
/// Source:  dao2022flashattention, algorithm 0
/// Example: layers=32 heads=32 tokens=2048 context=2048 element=2
template <class T>
constexpr Data<T> score_traffic(T layers, T heads, Tokens<T> tokens, Tokens<T> context, Data<T> element) {
  return cite(T(4.0) * layers * heads * tokens.base * context.base * element, "dao2022flashattention, algorithm 0");
}

/// Traffic of queries and outputs of attention; keys and values are those of the cache.
///
///     Q = 2 L w n b
///
/// L  layers    attention layers                [1]
/// w  width     query heads times head width    [1]
/// n  tokens    tokens that attend              [token]
/// b  element   bytes of an element             [byte]
///
/// Valid:   each is moved once.
/// Source:  dao2022flashattention, section 3.1
/// Example: layers=32 width=4096 tokens=2048 element=2
template <class T>
constexpr Data<T> query_traffic(T layers, T width, Tokens<T> tokens, Data<T> element) {
  return cite(T(2.0) * layers * width * tokens.base * element, "dao2022flashattention, section 3.1");
}

}  // namespace mlsysim
