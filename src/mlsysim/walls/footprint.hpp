#pragma once
// What a network holds and computes by itself, on any device: weights, cache, and the state of its training.
#include "mlsysim/walls/single_node.hpp"

namespace mlsysim {

/// What of a layer is kept for the backward pass. Attention scores are never kept: fused kernels compute them again.
enum class Recomputation { none, selective, full };
template <>
struct Words<Recomputation> {
  static constexpr const char* all[] = {"none", "selective", "full"};
};

template <class T>
struct FootprintQuery {
  Model<T> model;
  Tokens<T> seq_len{2048.0};
  T batch_size = 1.0;
  Precision precision = Precision::fp16, kv_precision = Precision::fp16;
  Optimizer optimizer = Optimizer::adam;
  Recomputation strategy = Recomputation::selective;
  ZeroStage zero_stage = ZeroStage::none;
  T dp_size = 1.0;
  bool is_lora = false;
  T lora_rank = 16.0;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the network");
    v("seq_len", q.seq_len, token, count_from(1), "tokens of each sequence, cached or trained", Spelling{"context"});
    v("batch_size", q.batch_size, one, count_from(1), "sequences or samples");
    v("precision", q.precision, "number format of weights and arithmetic");
    v("kv_precision", q.kv_precision,
      "number format of the cache (never narrower than asked; at least that of fp32 weights)",
      Spelling{"kv_cache_dtype"});
    v("optimizer", q.optimizer, "whose state is kept while training");
    v("strategy", q.strategy,
      "activations that are computed again in the backward pass: none, those of attention (selective), or all but each "
      "layer's input (full)");
    v("zero_stage", q.zero_stage, "ZeRO: 1 shards optimizer state, 2 gradients too, 3 weights too");
    v("dp_size", q.dp_size, one, count_from(1), "data-parallel devices that share the training state", Spelling{"dp"});
    v("is_lora", q.is_lora, "train low-rank adapters on frozen weights");
    v("lora_rank", q.lora_rank, one, count_from(1), "rank of the adapters");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct FootprintResult {
  T parameter_count{};
  Data<T> weight_bytes, kv_cache_size, state_cache_size;
  Work<T> total_ops;
  Intensity<T> arithmetic_intensity;
  Data<T> training_weights, training_gradients, training_optimizer, training_activations, training_memory;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("parameter_count", r.parameter_count, one, any, "trained weights");
    v("weight_bytes", r.weight_bytes, GB, any, "weights");
    v("kv_cache_size", r.kv_cache_size, GB, any, "keys and values of the batch");
    v("state_cache_size", r.state_cache_size, GB, any, "recurrent state of the batch");
    v("total_ops", r.total_ops, Gflop, any, "one forward pass over one token or one sample");
    v("arithmetic_intensity", r.arithmetic_intensity, flop / byte, any, "those operations for each byte of weights");
    v("training_weights", r.training_weights, GB, any, "weights that one device holds while training");
    v("training_gradients", r.training_gradients, GB, any, "gradients");
    v("training_optimizer", r.training_optimizer, GB, any, "optimizer state and master weights");
    v("training_activations", r.training_activations, GB, any, "activations kept for the backward pass");
    v("training_memory", r.training_memory, GB, any, "all that one device holds while training");
  }
};

template <class T>
FootprintResult<T> evaluate(const FootprintQuery<T>& q) {
  const auto& m = q.model;
  SingleNodeQuery<T> step;
  step.model = m;
  step.precision = q.precision;
  step.kv_precision = q.kv_precision;
  step.assumptions = q.assumptions;
  FootprintResult<T> r;
  const auto one_pass = single_node::shape(step);
  r.parameter_count = first_stated(m.parameters, m.model_size / one_pass.element);
  r.weight_bytes = one_pass.weights;
  r.total_ops = single_node::forward(step, one_pass);
  r.arithmetic_intensity = arithmetic_intensity(r.total_ops, r.weight_bytes);

  const Stored<T> sizes = stored(m, q.precision, q.kv_precision);
  const Data<T> none{T(0.0)};
  // An encoder keeps no keys and values from one sample to the next; the original gives it a cache of its heads.
  const bool original = q.assumptions.footprint == Basis::original;
  r.kv_cache_size = none;
  if (has_cache(m.architecture) && (m.forward_unit == ForwardUnit::token || original)) {
    const T elements =
        original ? first_stated(m.kv_elements, named(T(2.0), "keys and values") * m.heads * m.head_dim) : m.kv_elements;
    r.kv_cache_size =
        q.batch_size * kv_cache_bytes(elements, sizes.cache_element, first_stated(m.attention_layers, m.layers),
                                      first_stated(m.window_layers, T(0.0)), q.seq_len,
                                      first_stated(m.window, q.seq_len));
  }
  const Data<T> state_element = original ? sizes.element : sizes.activation_element;
  r.state_cache_size = has_state(m.architecture) ? q.batch_size * m.state_elements * state_element : none;

  step.is_training = true;
  step.seq_len = q.seq_len;
  step.batch_size = q.batch_size;
  step.zero_stage = q.zero_stage;
  step.dp_size = q.dp_size;
  step.is_lora = q.is_lora;
  step.lora_rank = q.lora_rank;
  // The original keeps 34 of a layer with none, 10 with selective and 2 with full recomputation.
  step.activation_recomputation =
      q.strategy == Recomputation::full || (original && q.strategy == Recomputation::selective);
  if (original && q.strategy == Recomputation::full)
    step.assumptions.kept_recomputed = named(T(2.0), "original's share of a layer that is kept");
  auto training = single_node::shape(step);
  training.optimizer = q.optimizer;
  SingleNodeResult<T> held;
  single_node::footprint(step, training, held);
  r.training_weights = held.memory_weights;
  r.training_gradients = held.memory_gradients;
  r.training_optimizer = held.memory_optimizer;
  r.training_activations = held.memory_activations;
  r.training_memory = r.training_weights + r.training_gradients + r.training_optimizer + r.training_activations;
  return r;
}

struct FootprintWall : Declares<FootprintQuery, FootprintResult> {
  static constexpr auto name = "footprint", python = "FootprintModel",
                        doc = "What a network holds and computes by itself: weights, cache, and the state of training.";
};

}  // namespace mlsysim
