#pragma once
#include "mlsysim/catalog/precision.hpp"

namespace mlsysim {

enum class Architecture { transformer, mixture_of_experts, state_space, hybrid, cnn, diffusion, recommendation, mlp };
template <>
struct Words<Architecture> {
  static constexpr const char* all[] = {"transformer", "mixture_of_experts", "state_space",    "hybrid",
                                        "cnn",         "diffusion",          "recommendation", "mlp"};
};

/// What one forward step processes for each sequence: one token (and costs 2 flop per active parameter), or a whole sample.
enum class ForwardUnit { token, sample };
template <>
struct Words<ForwardUnit> {
  static constexpr const char* all[] = {"token", "sample"};
};

/// Whether the table that tokens are looked up in is also the head that scores them.
enum class Embeddings { untied, tied };
template <>
struct Words<Embeddings> {
  static constexpr const char* all[] = {"untied", "tied"};
};

/// A trained network, by the figures that its cost depends on.
template <class T>
struct Model {
  Architecture architecture = Architecture::transformer;
  ForwardUnit forward_unit = ForwardUnit::token;
  Embeddings embeddings = Embeddings::untied;
  T parameters{}, active_parameters{};
  Work<T> inference_flops;
  T layers{}, hidden_dim{}, heads{}, kv_heads{}, head_dim{}, ffn_dim{}, vocab_size{}, experts{}, experts_per_token{},
      expert_width{}, expert_layers{};
  T attention_layers{}, window_layers{};
  Tokens<T> window;
  T kv_elements{}, state_elements{}, activations{}, peak_activations{};
  Work<T> training_ops;
  T denoising_steps{}, resolution{};
  Data<T> model_size;

  template <class M, class V>
  static void fields(M& m, V& v) {
    v("architecture", m.architecture, "kind of network");
    v("forward_unit", m.forward_unit, "what one forward step processes for each sequence");
    v("embeddings", m.embeddings, "whether the embedding table is the head too");
    v("parameters", m.parameters, one, at_least(1), "trained weights");
    v("active_parameters", m.active_parameters, one, at_least(1), "weights that one token meets (not stated: all)");
    v("inference_flops", m.inference_flops, Gflop, above(0), "work of one forward pass over one sample");
    v("layers", m.layers, one, count_from(1), "blocks");
    v("hidden_dim", m.hidden_dim, one, count_from(1), "width of the residual stream");
    v("heads", m.heads, one, count_from(1), "query heads");
    v("kv_heads", m.kv_heads, one, count_from(1), "key and value heads");
    v("head_dim", m.head_dim, one, count_from(1), "width of a head");
    v("ffn_dim", m.ffn_dim, one, count_from(1), "width of a feed-forward block");
    v("vocab_size", m.vocab_size, one, count_from(1), "tokens in the vocabulary");
    v("experts", m.experts, one, count_from(1), "routed experts of a layer");
    v("experts_per_token", m.experts_per_token, one, count_from(1), "routed experts that one token meets");
    v("expert_width", m.expert_width, one, count_from(1),
      "width of what routed experts read and write (not stated: the residual stream's)");
    v("expert_layers", m.expert_layers, one, count_from(1), "layers with routed experts (not stated: all)");
    v("attention_layers", m.attention_layers, one, count_from(0), "layers whose cache keeps every token");
    v("window_layers", m.window_layers, one, count_from(0), "layers whose cache keeps the last `window` tokens");
    v("window", m.window, token, at_least(1), "length of the sliding window");
    v("kv_elements", m.kv_elements, one, at_least(0), "elements one token adds to the cache of one layer");
    v("state_elements", m.state_elements, one, at_least(0), "elements of recurrent state of a sequence, all layers");
    v("activations", m.activations, one, at_least(0), "elements of all layer outputs of one sample");
    v("peak_activations", m.peak_activations, one, at_least(0),
      "elements alive at once in the forward pass of one sample");
    v("training_ops", m.training_ops, Eflop, above(0), "published training compute");
    v("denoising_steps", m.denoising_steps, one, count_from(1), "steps of a diffusion model");
    v("resolution", m.resolution, one, count_from(1), "pixels a side");
    v("model_size", m.model_size, GB, above(0), "bytes of weights, where no parameter count is stated");
  }
};

}  // namespace mlsysim
