#pragma once
// A language model as walls need it: what it stores and reads for some tokens, and what they attend to. Structure depends on the
// choices of the model alone.
#include "mlsysim/catalog/model.hpp"
#include "mlsysim/laws/serving.hpp"
#include "mlsysim/laws/transformer.hpp"

namespace mlsysim {

/// What a pass over sequences computes: one new token of each, or all of their tokens.
enum class Phase { decode, prefill };
template <>
struct Words<Phase> {
  static constexpr const char* all[] = {"decode", "prefill"};
};

constexpr bool has_cache(Architecture a) {
  return a == Architecture::transformer || a == Architecture::mixture_of_experts || a == Architecture::hybrid;
}
constexpr bool has_state(Architecture a) { return a == Architecture::state_space || a == Architecture::hybrid; }

/// Weights that a step over `tokens` reads once: all of a dense model; of experts, those that some token meets.
template <class T>
Data<T> weights_met(const Model<T>& m, Data<T> all, Data<T> element, Tokens<T> tokens) {
  if (m.architecture != Architecture::mixture_of_experts) return all;
  const T met = distinct_experts(m.experts, m.experts_per_token, tokens.base);
  const T expert =
      (m.parameters - m.active_parameters) / (m.experts - m.experts_per_token);  // parameters of one, all layers
  return (m.parameters - (m.experts - met) * expert) * element;
}

/// The format of the cache: never narrower than asked, and at least as wide as weights of more than 16 bits.
constexpr Precision cache_format(Precision weights, Precision asked) {
  return stored_bits(weights) > 16 && stored_bits(weights) > stored_bits(asked) ? weights : asked;
}

/// Bytes of one element of weights, cache and activations, and of all weights.
template <class T>
struct Stored {
  Data<T> element, cache_element, activation_element, weights;
};

/// A language model computes with 16-bit activations whatever its weights.
template <class T>
Stored<T> stored(const Model<T>& m, Precision precision, Precision kv_precision) {
  Stored<T> s;
  s.element = element_size<T>(precision);
  s.cache_element = element_size<T>(cache_format(precision, kv_precision));
  s.activation_element = stored_bits(precision) < 16 ? element_size<T>(Precision::fp16) : s.element;
  s.weights = first_stated(m.parameters * s.element, m.model_size);
  return s;
}

/// Attention of `tokens` that each see `context` tokens, or `window_context` in a layer with a window.
template <class T>
Work<T> attention(const Model<T>& m, Tokens<T> context, Tokens<T> window_context, Tokens<T> tokens) {
  if (!has_cache(m.architecture)) return {T(0.0)};
  const T width = m.heads * m.head_dim;
  return attention_work(first_stated(m.attention_layers, m.layers), width, context, tokens) +
         attention_work(first_stated(m.window_layers, T(0.0)), width, window_context, tokens);
}
/// Of new tokens that follow a cached prefix, causally.
template <class T>
Work<T> prefill_attention(const Model<T>& m, Tokens<T> prefix, Tokens<T> new_tokens, Tokens<T> tokens) {
  const Tokens<T> window = first_stated(m.window, prefix + new_tokens);
  return attention(m, causal_context(prefix, new_tokens), causal_window_context(prefix, new_tokens, window), tokens);
}
/// Of one new token of each sequence.
template <class T>
Work<T> decode_attention(const Model<T>& m, Tokens<T> context, Tokens<T> tokens) {
  return attention(m, context, min(context, first_stated(m.window, context)), tokens);
}

/// Keys, values and recurrent state of one sequence on the busiest of `devices` that share the heads. A latent cache has no
/// heads to share: each device keeps all of it.
template <class T>
Data<T> sequence_cache(const Model<T>& m, const Stored<T>& s, Tokens<T> context, T devices) {
  Data<T> bytes{T(0.0)};
  if (has_cache(m.architecture)) {
    const Data<T> all = kv_cache_bytes(m.kv_elements, s.cache_element, first_stated(m.attention_layers, m.layers),
                                       first_stated(m.window_layers, T(0.0)), context, first_stated(m.window, context));
    bytes = first_stated(shard_share(m.kv_heads, devices), T(1.0)) * all;
  }
  if (has_state(m.architecture)) bytes = bytes + m.state_elements * s.activation_element / devices;
  return bytes;
}

/// Elements at work while `tokens` pass through, as long as one layer after another runs; logits for one token of each sequence.
template <class T>
Data<T> working_memory(const Model<T>& m, const Stored<T>& s, Tokens<T> tokens, T sequences, T kept) {
  return (tokens.base * m.hidden_dim * kept + sequences * first_stated(m.vocab_size, T(0.0))) * s.activation_element;
}

}  // namespace mlsysim
