#pragma once
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

/// What kernels that multiply in tiles reach.
template <class K, class V>
void tile_fields(K& k, V& v) {
  v("efficiency_16", k.efficiency_16, one, above(0), "share of the peak inside a tile, 16-bit operands");
  v("efficiency_8", k.efficiency_8, one, above(0), "share of the peak inside a tile, 8-bit operands");
  v("efficiency_4", k.efficiency_4, one, above(0), "share of the peak inside a tile, 4-bit operands");
  v("bandwidth_efficiency", k.bandwidth_efficiency, one, above(0), "share of the memory bandwidth that is reached");
}

/// Dense matrix products.
template <class T>
struct GemmKernels {
  T efficiency_16{}, efficiency_8{}, efficiency_4{}, bandwidth_efficiency{};
  Time<T> launch, split, quantise_launch, quantise_launch_4, quantise_row;

  template <class K, class V>
  static void fields(K& k, V& v) {
    tile_fields(k, v);
    v("launch", k.launch, us, at_least(0), "fixed time of a product");
    v("split", k.split, us, at_least(0), "fixed time of summing parts of the inner dimension");
    v("quantise_launch", k.quantise_launch, us, at_least(0),
      "fixed time of quantising activations to 8 bits in a kernel");
    v("quantise_launch_4", k.quantise_launch_4, us, at_least(0), "the same to 4 bits in blocks");
    v("quantise_row", k.quantise_row, us, at_least(0), "time one unit takes to scale and quantise one token");
  }
};

/// Attention of one new token of each sequence.
template <class T>
struct DecodeKernels {
  T efficiency{}, bandwidth_efficiency{};
  Time<T> launch, block, split;

  template <class K, class V>
  static void fields(K& k, V& v) {
    v("efficiency", k.efficiency, one, above(0), "share of the 16-bit peak inside a block");
    v("bandwidth_efficiency", k.bandwidth_efficiency, one, above(0), "share of the memory bandwidth that is reached");
    v("launch", k.launch, us, at_least(0), "fixed time");
    v("block", k.block, us, at_least(0), "fixed time of the block of one sequence and key head");
    v("split", k.split, us, at_least(0), "fixed time of joining the parts of a long sequence");
  }
};

/// Attention of one new token of each sequence over a latent that is key and value at once.
template <class T>
struct LatentKernels {
  T efficiency_16{}, efficiency_8{}, bandwidth_efficiency{}, parts{};
  Time<T> launch, block, split;

  template <class K, class V>
  static void fields(K& k, V& v) {
    v("efficiency_16", k.efficiency_16, one, above(0), "share of the peak inside a block, 16-bit latents");
    v("efficiency_8", k.efficiency_8, one, above(0), "share of the peak inside a block, 8-bit latents");
    v("bandwidth_efficiency", k.bandwidth_efficiency, one, above(0), "share of the memory bandwidth that is reached");
    v("parts", k.parts, one, at_least(1), "most parts that the latents of a sequence are cut into (1: kernels do not)");
    v("launch", k.launch, us, at_least(0), "fixed time");
    v("block", k.block, us, at_least(0), "fixed time of the block of one sequence");
    v("split", k.split, us, at_least(0), "fixed time of joining the parts of a long sequence");
  }
};

/// Attention of the tokens of a prompt.
template <class T>
struct PrefillKernels {
  T efficiency{}, bandwidth_efficiency{};
  Frequency<T> score_rate;
  Time<T> launch, block;

  template <class K, class V>
  static void fields(K& k, V& v) {
    v("efficiency", k.efficiency, one, above(0), "share of the peak inside a block");
    v("bandwidth_efficiency", k.bandwidth_efficiency, one, above(0), "share of the memory bandwidth that is reached");
    v("score_rate", k.score_rate, per_s, above(0), "scores that one unit takes through the exponential");
    v("launch", k.launch, us, at_least(0), "fixed time");
    v("block", k.block, us, at_least(0), "fixed time of a block of 128 queries of one head");
  }
};

/// The experts of a layer, with what it takes to bring tokens to them.
template <class T>
struct ExpertKernels {
  T efficiency_16{}, efficiency_8{}, efficiency_4{}, bandwidth_efficiency{}, imbalance{};
  Time<T> launch, expert, token, route;

  template <class K, class V>
  static void fields(K& k, V& v) {
    tile_fields(k, v);
    v("imbalance", k.imbalance, one, at_least(0),
      "standard deviation of the tokens of an expert over their mean, where routing is skewed");
    v("launch", k.launch, us, at_least(0), "fixed time of routing and both products");
    v("expert", k.expert, us, at_least(0), "time for each expert that some token met");
    v("token", k.token, ns, at_least(0), "time for each token that is gathered and scattered");
    v("route", k.route, ns, at_least(0), "time for each token of the step and each expert it may meet");
  }
};

/// Sums over devices of a scale-up domain.
template <class T>
struct ReduceKernels {
  T efficiency{}, direct_efficiency{};
  Time<T> latency, hop, ramp, direct_latency, direct_hop;

  template <class K, class V>
  static void fields(K& k, V& v) {
    v("efficiency", k.efficiency, one, above(0), "share of the link's bandwidth that a library reaches");
    v("latency", k.latency, us, at_least(0), "of the smallest message between two devices, by a library");
    v("hop", k.hop, us, at_least(0), "added by each further device, by a library");
    v("ramp", k.ramp, us, at_least(0), "time within which the links fill, by a library");
    v("direct_efficiency", k.direct_efficiency, one, above(0), "share of the link's bandwidth that a kernel reaches");
    v("direct_latency", k.direct_latency, us, at_least(0), "of the smallest message between two devices, by a kernel");
    v("direct_hop", k.direct_hop, us, at_least(0), "added by each further device, by a kernel");
  }
};

/// What hours of training leave of the rates that kernels reach in seconds, at the power limit (tools/fit_training.py).
template <class T>
struct TrainingKernels {
  T sustained_16{}, sustained_8{}, sustained_4{}, sustained_integer{}, sustained_attention{}, portable_attention{}, misaligned{};

  template <class K, class V>
  static void fields(K& k, V& v) {
    v("sustained_16", k.sustained_16, one, above(0), "rate of 16-bit products over hours, over that of single kernels");
    v("sustained_8", k.sustained_8, one, above(0), "the same of 8-bit products");
    v("sustained_4", k.sustained_4, one, above(0), "the same of 4-bit products");
    v("sustained_integer", k.sustained_integer, one, above(0), "the same of products of 8-bit integers");
    v("sustained_attention", k.sustained_attention, one, above(0), "the same of attention by tuned kernels");
    v("portable_attention", k.portable_attention, one, above(0),
      "rate of attention by kernels that were not written for the generation, over tuned ones");
    v("misaligned", k.misaligned, one, at_least(0),
      "time that each halving of the largest power of two in a width adds to a product, below 64");
  }
};

/// How well tuned libraries use the devices of one generation: a handful of constants, fitted to published kernel times
/// (tools/fit_kernels.py), each with a physical meaning.
template <class T>
struct Kernels {
  GemmKernels<T> gemm;
  DecodeKernels<T> decode, decode_trtllm;
  LatentKernels<T> latent;
  PrefillKernels<T> prefill, prefill_trtllm;
  ExpertKernels<T> experts, experts_trtllm;
  ReduceKernels<T> reduce;
  TrainingKernels<T> training;

  template <class K, class V>
  static void fields(K& k, V& v) {
    v.entity("gemm", "", k.gemm, "matrix products");
    v.entity("decode", "", k.decode, "decoding attention of FlashAttention and FlashInfer");
    v.entity("decode_trtllm", "", k.decode_trtllm, "decoding attention of TensorRT-LLM");
    v.entity("latent", "", k.latent, "decoding attention over a latent, of TensorRT-LLM");
    v.entity("prefill", "", k.prefill, "prefill attention of FlashAttention and FlashInfer");
    v.entity("prefill_trtllm", "", k.prefill_trtllm, "prefill attention of TensorRT-LLM");
    v.entity("experts", "", k.experts, "experts of a layer as vLLM runs them");
    v.entity("experts_trtllm", "", k.experts_trtllm, "experts of a layer by the kernels of TensorRT-LLM");
    v.entity("reduce", "", k.reduce, "sums over devices");
    v.entity("training", "", k.training, "over hours of training");
  }
};

}  // namespace mlsysim
