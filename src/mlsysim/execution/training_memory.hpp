#pragma once
// What a device holds in training, by part, on the two ranks of a pipeline that can be worst: the first, which keeps most
// microbatches waiting and has the table, and the last, which has the head and its scores.
#include "mlsysim/execution/training.hpp"
#include "mlsysim/workload/layout.hpp"

namespace mlsysim {

/// The rank that holds most.
enum class StageRank { first, last };
template <>
struct Words<StageRank> {
  static constexpr const char* all[] = {"First stage", "Last stage"};
};

/// Elements of weights on one device: of the layers of its stage, of its experts, and of a table of the vocabulary.
template <class T>
struct HeldElements {
  T layers{}, experts{}, table{};
};
template <class T>
HeldElements<T> held_elements(const TrainingPart<T>& d) {
  const auto& m = d.model;
  const T layers = m.query_key_value.elements() + m.attention_output.elements() + m.feed_forward_in.elements() +
                   m.feed_forward_out.elements();
  const T experts = m.mixture ? m.expert_elements() / (d.pipeline * (d.spread ? d.expert : d.tensor)) : T(0.0);
  return {layers / (d.tensor * d.pipeline), experts, m.head.elements() / d.tensor};
}

/// Activations of one layer and microbatch: all that the backward pass needs, and the input of the layer alone.
template <class T>
struct LayerMemory {
  Data<T> whole, input;
};
template <class T>
LayerMemory<T> layer_memory(const TrainingPart<T>& d) {
  const auto& m = d.model;
  const T one = 1.0, uncut = d.sequence_parallel ? d.tensor : one;
  const bool unfused = d.stack.attention == AttentionKernel::unfused;
  const bool cheap = d.recomputation == Recomputed::selective;
  const Data<T> element = element_size<T>(Precision::bf16);
  const T attending = m.query_key_value.layers / m.layers;
  T widths = attending * (m.query_key_value.columns + m.attention_output.inner) + m.feed_forward_in.columns +
             m.feed_forward_out.inner;
  T whole = named(T(unfused ? 5.0 : 4.0), "inputs of norms and products, and masks of those that drop out");
  if (cheap && !unfused) {
    widths = widths - m.feed_forward_out.inner;
    whole = whole - T(2.0);
  }
  LayerMemory<T> l;
  l.whole = layer_activations(Tokens<T>{d.tokens()}, m.hidden(), widths, whole, element, d.tensor, uncut);
  if (m.mixture) {
    const T rows = (d.spread ? d.tokens() / d.tensor : d.tokens()) * m.experts_per_token;
    const T inner = d.spread ? m.expert_inner : m.expert_inner / d.tensor;
    l.whole = l.whole + m.expert_layers / m.layers * rows * (T(2.0) * m.expert_width + T(cheap ? 2.0 : 3.0) * inner) * element;
  }
  if (unfused && !cheap)
    l.whole = l.whole + attention_score_activations(Tokens<T>{d.tokens()}, Tokens<T>{d.length}, m.query_heads / d.tensor,
                                                    attending, element);
  l.input = d.tokens() * m.hidden() / uncut * element;
  return l;
}

template <class T>
struct TrainingMemory {
  Data<T> weights, gradients, optimizer, activations, logits, live;
};

/// Of one rank, `recomputed` of its layers computed again.
template <class T>
TrainingMemory<T> training_memory(const TrainingPart<T>& d, const LayerMemory<T>& layer, StageRank rank, bool alone,
                                  T recomputed) {
  const auto& m = d.model;
  const T one = 1.0, none = 0.0;
  const HeldElements<T> held = held_elements(d);
  // A model on one stage has both tables, one of them if they are tied.
  const T tied = m.embedding / max(one, m.head.elements());
  const T tables = (alone ? one + tied : one) * held.table;
  const auto state = [&](Data<T> element, bool cut) {
    return ((held.layers + tables) / (cut ? d.shards() : one) + held.experts / (cut ? d.expert_shards() : one)) * element;
  };
  const bool narrow = stored_bits(d.precision) < 16;
  const Data<T> wide = element_size<T>(Precision::bf16);
  const Data<T> moments = named(Data<T>{T(12.0)}, "bytes of master weight, momentum and variance");
  TrainingMemory<T> g;
  // Narrow products keep a copy of the weights that is narrow; frozen ones are kept in their format alone.
  const Data<T> copy = narrow ? element_size<T>(d.precision) : Data<T>{none};
  if (d.weights_trained) {
    g.gradients = state(d.gradient(), d.shards_from(Sharding::gradients));
    g.optimizer = state(moments, d.shards_from(Sharding::optimizer));
    g.weights = d.shards_from(Sharding::weights)
                    ? T(2.0) / (m.layers / d.pipeline) * state(wide + copy, false)  // two layers, gathered
                    : state(wide + copy, false);
  } else {
    g.gradients = d.adapters * d.gradient();
    g.optimizer = d.adapters * moments;
    g.weights = state(narrow ? copy : wide, d.shards_from(Sharding::weights));
  }
  // A rank holds as many microbatches as are on their way to the last stage and back.
  const T most = in_flight(d.pipeline, d.microbatches, d.chunks);
  const T least = in_flight(one, d.microbatches, d.chunks) + (d.pipeline - one) * (one - one / d.chunks) / d.pipeline;
  const T waiting = d.schedule == Schedule::all_forward ? d.microbatches : rank == StageRank::first ? most : least;
  const T kept = m.layers / d.pipeline;
  g.activations = waiting * kept * (recomputed * layer.input + (one - recomputed) * layer.whole) +
                  select(none < recomputed, layer.whole, Data<T>{none});
  const T scores = d.tokens() * m.head.columns / d.tensor;
  g.logits = alone || rank == StageRank::last
                 ? scores * (wide + T(2.0) * element_size<T>(Precision::fp32))
                 : Data<T>{none};
  g.live = g.weights + g.gradients + g.optimizer + g.activations + g.logits + d.stack.workspace;
  return g;
}

}  // namespace mlsysim
