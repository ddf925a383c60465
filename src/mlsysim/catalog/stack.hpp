#pragma once
// The program that trains a language model: how it schedules, and what it loses beside the kernels it calls.
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

/// Attention as it is computed: by kernels tuned for the generation, by portable ones (Triton, or written for the generation before),
/// or by products whose scores go through memory.
enum class AttentionKernel { tuned, portable, unfused };
template <>
struct Words<AttentionKernel> {
  static constexpr const char* all[] = {"tuned", "portable", "unfused"};
};

/// A class of training stacks, by the constants in which it differs from its kernels (tools/fit_training.py).
template <class T>
struct TrainingStack {
  AttentionKernel attention{};
  T elementwise{}, gate{}, scan{}, backward_elementwise{}, attention_backward{};
  Data<T> score_traffic, quantise;
  T grouped{}, grouped_8{}, imbalance{}, permute{};
  Time<T> expert_layer;
  T expert_layer_8{}, maturing{};
  T tensor_exposed{}, context_exposed{}, expert_exposed{}, expert_exposed_far{}, pipeline_exposed{}, data_exposed{}, data_hidden{};
  T network_efficiency{};
  Time<T> network_latency, layer, microbatch, step;
  T straggler{};
  Data<T> gradient, workspace;
  T fragmentation{}, power{};

  template <class S, class V>
  static void fields(S& s, V& v) {
    v("attention", s.attention, "how attention is computed");
    v("elementwise", s.elementwise, one, at_least(0),
      "times that norms, residuals and rotations of a layer read or write the residual stream, forward");
    v("gate", s.gate, one, at_least(0), "times that they read or write the feed-forward width, forward");
    v("scan", s.scan, one, at_least(0),
      "times that a recurrent layer reads or writes its width, twice that of the residual stream, forward");
    v("backward_elementwise", s.backward_elementwise, one, at_least(0), "the same backward, over forward");
    v("attention_backward", s.attention_backward, one, above(0), "time of attention backward, over forward");
    v("score_traffic", s.score_traffic, byte, at_least(0),
      "bytes moved for each score of attention that is not kept on chip, forward (0: fused kernels)");
    v("quantise", s.quantise, byte, at_least(0), "bytes moved to narrow one element of an activation or gradient");
    v("grouped", s.grouped, one, above(0), "rate of products of experts over that of dense ones, 16-bit");
    v("grouped_8", s.grouped_8, one, above(0), "the same of 8-bit and 4-bit ones");
    v("imbalance", s.imbalance, one, at_least(1), "tokens of the busiest device over its share, experts spread out");
    v("permute", s.permute, one, at_least(0), "times that a routed token is read or written on its way, forward");
    v("expert_layer", s.expert_layer, ms, at_least(0),
      "time of a layer of experts that is no work: routing, launches, waiting for the host; forward, a release of 2026");
    v("expert_layer_8", s.expert_layer_8, one, above(0), "the same with 8-bit or 4-bit experts, over 16-bit");
    v("maturing", s.maturing, one, at_least(0), "share of it that a year of releases takes away");
    v("tensor_exposed", s.tensor_exposed, one, between(0, 1), "share of tensor-parallel traffic that nothing hides");
    v("context_exposed", s.context_exposed, one, between(0, 1), "the same of context-parallel traffic");
    v("expert_exposed", s.expert_exposed, one, between(0, 1), "the same of tokens on the way to experts of their domain");
    v("expert_exposed_far", s.expert_exposed_far, one, between(0, 1), "the same to experts of other domains");
    v("pipeline_exposed", s.pipeline_exposed, one, between(0, 1), "the same between stages");
    v("data_exposed", s.data_exposed, one, between(0, 1), "the same of gradients and weights, once a step");
    v("data_hidden", s.data_hidden, one, between(0, 1),
      "share of the arithmetic behind which sharded weights are gathered (ZeRO 3)");
    v("network_efficiency", s.network_efficiency, one, above(0), "share of the network's bandwidth that is reached");
    v("network_latency", s.network_latency, us, at_least(0), "fixed time of a collective over the network");
    v("layer", s.layer, us, at_least(0), "fixed time of a layer, forward");
    v("microbatch", s.microbatch, ms, at_least(0), "fixed time of a microbatch");
    v("step", s.step, ms, at_least(0), "fixed time of a step");
    v("straggler", s.straggler, one, at_least(0), "time that each doubling of the nodes adds");
    v("gradient", s.gradient, byte, above(0), "bytes in which a gradient is summed and kept");
    v("workspace", s.workspace, GB, at_least(0), "memory of libraries, communication and the runtime");
    v("fragmentation", s.fragmentation, one, at_least(1), "memory that the allocator holds over what is alive");
    v("power", s.power, one, between(0, 1), "share of the power limit drawn while training");
  }
};

}  // namespace mlsysim
