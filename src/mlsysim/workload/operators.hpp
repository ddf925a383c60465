#pragma once
// A language model lowered to the operators of a forward pass, by bookkeeping: attention and experts follow from the shape, and
// what the stated parameters leave over is feed-forward (shared experts, dense layers, latent projections and state spaces
// included). So bytes add up to the published count whatever the family.
#include "mlsysim/workload/transformer.hpp"

namespace mlsysim {

/// Weights of one kind in all layers, as one product of each of `layers` layers: inner x columns.
template <class T>
struct Product {
  T layers{}, columns{}, inner{};
  T elements() const { return layers * columns * inner; }
};

template <class T>
struct Lowered {
  T layers{};
  Product<T> query_key_value, attention_output, feed_forward_in, feed_forward_out, head;
  // Experts of `expert_layers` layers: two products of width x inner and one back.
  T expert_layers{}, experts{}, experts_per_token{}, expert_width{}, expert_inner{};
  T embedding{};                                     // elements of tables that are looked up and not multiplied
  T attention_layers{}, window_layers{};
  // Widths are of one head; a latent cache is one key head that holds keys and values.
  T query_heads{}, key_heads{}, key_width{}, value_width{};
  Tokens<T> window;
  T state{}, recurrent_layers{};  // elements of recurrent state of a sequence, all layers; layers that have one
  // Structure: which operators there are at all.
  bool latent = false, windows = false, mixture = false;

  T expert_elements() const { return expert_layers * experts * T(3.0) * expert_width * expert_inner; }
  T hidden() const { return query_key_value.inner; }
};

template <class T>
Lowered<T> lowered(const Model<T>& m) {
  const T none = 0.0, h = m.hidden_dim;
  Lowered<T> w;
  w.layers = m.layers;
  const bool attends = has_cache(m.architecture);
  w.window_layers = attends ? first_stated(m.window_layers, none) : none;
  w.attention_layers = attends ? first_stated(m.attention_layers, m.layers - w.window_layers) : none;
  w.window = m.window;
  w.windows = attends && is_stated(m.window_layers) && is_stated(m.window.base);
  w.state = first_stated(m.state_elements, none);
  const T attending = w.attention_layers + w.window_layers;
  // Of a hybrid whose layers hold one mixer each, those that are neither attention nor experts.
  w.recurrent_layers = is_stated(m.state_elements) ? m.layers - attending - first_stated(m.expert_layers, none) : none;
  const T head_dim = first_stated(m.head_dim, h / first_stated(m.heads, T(1.0)));
  // A latent cache has no key heads of its own; its projections are among what is left over.
  const bool latent = w.latent = !is_stated(m.kv_heads);
  const T cached = attends ? first_stated(m.kv_elements, T(2.0) * m.kv_heads * head_dim) : none;
  w.query_heads = attends ? first_stated(m.heads, none) : none;
  w.key_heads = latent ? T(1.0) : m.kv_heads;
  w.key_width = latent ? cached : head_dim;
  w.value_width = attends ? head_dim : none;
  const T own = latent ? none : attending;
  w.query_key_value = {own, (w.query_heads + T(2.0) * w.key_heads) * head_dim, h};
  w.attention_output = {own, h, w.query_heads * head_dim};
  const T vocabulary = first_stated(m.vocab_size, none);
  w.head = {T(1.0), vocabulary, h};
  w.embedding = m.embeddings == Embeddings::tied ? none : vocabulary * h;
  w.mixture = m.architecture == Architecture::mixture_of_experts;
  if (w.mixture) {
    w.experts = m.experts;
    w.experts_per_token = m.experts_per_token;
    const T one_expert =
        (m.parameters - first_stated(m.active_parameters, m.parameters)) / (m.experts - m.experts_per_token);
    w.expert_width = first_stated(m.expert_width, h);
    w.expert_layers = first_stated(m.expert_layers, m.layers);
    w.expert_inner = one_expert / (T(3.0) * w.expert_width * w.expert_layers);
  }
  const T known = w.query_key_value.elements() + w.attention_output.elements() + w.head.elements() + w.embedding +
                  w.expert_elements();
  const T width =
      max(none, first_stated(m.parameters, known) - known) / (m.layers * h);  // columns that are left, a layer
  w.feed_forward_in = {m.layers, width * (T(2.0) / T(3.0)), h};
  w.feed_forward_out = {m.layers, h, width / T(3.0)};
  return w;
}

}  // namespace mlsysim
