#pragma once
// The program that runs a language model: how it schedules, and what it loses beside the kernels it calls.
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

/// Whose kernels of attention and experts.
enum class Library { flash, trtllm };
template <>
struct Words<Library> {
  static constexpr const char* all[] = {"flash", "trtllm"};
};

/// Which query heads that share a key head are multiplied together: all, or eight that are 128 wide, and others one by one.
enum class Grouping { all, eights };
template <>
struct Words<Grouping> {
  static constexpr const char* all[] = {"all", "eights"};
};

/// How partial sums of devices are joined.
enum class Sums { fastest, library };
template <>
struct Words<Sums> {
  static constexpr const char* all[] = {"fastest", "library"};
};

/// What a 16-bit product is summed in.
enum class Accumulate { fp32, fp16 };
template <>
struct Words<Accumulate> {
  static constexpr const char* all[] = {"fp32", "fp16"};
};

/// A class of inference engines, by the handful of constants in which it differs from its kernels (tools/fit_engines.py).
template <class T>
struct InferenceEngine {
  Library attention{};
  Grouping grouping{};
  Sums sums{};
  Accumulate accumulate{};
  T bandwidth_hbm{}, bandwidth_gddr{}, bandwidth_lpddr{}, cache_bandwidth{};
  T compute{}, narrow_compute{};
  Work<T> dequantise;
  Data<T> score_traffic;
  Time<T> layer, step, sequence, request, host_layer, expert_layer_8, sum, host_sum;
  T imbalance{};
  Tokens<T> micro_batch;
  T max_sequences{}, supply{}, memory_share{}, reserved_output{};
  T power_base{}, power_memory{}, power_compute{};

  template <class E, class V>
  static void fields(E& e, V& v) {
    v("attention", e.attention, "whose kernels of attention and experts");
    v("grouping", e.grouping, "which query heads of a key head are multiplied together: all, or eight 128 wide");
    v("sums", e.sums, "sums over devices by whichever is faster, or by a library");
    v("accumulate", e.accumulate, "what 16-bit products are summed in");
    v("bandwidth_hbm", e.bandwidth_hbm, one, above(0),
      "share of the bandwidth of stacked memory at which weights are read");
    v("bandwidth_gddr", e.bandwidth_gddr, one, above(0), "the same of graphics memory");
    v("bandwidth_lpddr", e.bandwidth_lpddr, one, above(0), "the same of low-power and desktop memory");
    v("cache_bandwidth", e.cache_bandwidth, one, above(0), "rate at which the cache is read, over that of weights");
    v("compute", e.compute, one, above(0), "rate of products over that of tuned kernels, 16-bit weights");
    v("narrow_compute", e.narrow_compute, one, above(0), "the same with narrower weights");
    v("dequantise", e.dequantise, flop, at_least(0), "work of the general units to widen one weight to 16 bits");
    v("score_traffic", e.score_traffic, byte, at_least(0),
      "bytes moved for each score of attention that is not kept on chip (0: fused kernels)");
    v("layer", e.layer, us, at_least(0), "fixed time of a layer on the device");
    v("step", e.step, ms, at_least(0), "fixed time of a step: sampling, scheduling");
    v("sequence", e.sequence, us, at_least(0), "time of a step for each sequence in it");
    v("request", e.request, ms, at_least(0), "fixed time before the first token");
    v("host_layer", e.host_layer, us, at_least(0),
      "time in which the host launches a layer, while the device computes");
    v("expert_layer_8", e.expert_layer_8, us, at_least(0), "time that a layer of 8-bit experts adds on the host");
    v("sum", e.sum, us, at_least(0), "fixed time that a sum over devices takes beyond the exchange");
    v("host_sum", e.host_sum, us, at_least(0),
      "the same where devices have no links of their own, for each doubling of their number");
    v("imbalance", e.imbalance, one, at_least(1), "tokens of the busiest device over its share, experts spread out");
    v("micro_batch", e.micro_batch, token, at_least(1), "prompt tokens that pass through at a time");
    v("max_sequences", e.max_sequences, one, count_from(1), "most sequences in a step");
    v("supply", e.supply, one, above(0),
      "requests that published loads keep ready: with room for as many, half are in flight on average");
    v("memory_share", e.memory_share, one, between(0, 1), "share of device memory for weights and cache");
    v("reserved_output", e.reserved_output, one, between(0, 1),
      "share of its output that a request has room for when it is let in (1: none is put off later)");
    v("power_base", e.power_base, one, between(0, 1), "share of the power limit drawn while serving");
    v("power_memory", e.power_memory, one, at_least(0), "share that memory traffic at its peak adds");
    v("power_compute", e.power_compute, one, at_least(0), "share that arithmetic at its peak adds");
  }
};

/// What a public benchmark asks of a language model, on average.
template <class T>
struct Benchmark {
  Tokens<T> seq_len, output_len;

  template <class B, class V>
  static void fields(B& b, V& v) {
    v("seq_len", b.seq_len, token, at_least(1), "mean tokens of a prompt");
    v("output_len", b.output_len, token, at_least(1), "mean tokens of an output");
  }
};

}  // namespace mlsysim
