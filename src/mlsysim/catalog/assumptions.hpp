#pragma once
// Every modelling choice that changes a number, with a name and a value. A set of them is a catalog entry: `first-principles`
// is the default; `mlsysim-0.1` is what the original package 0.1.1 computes (docs/differences.md says where and why they part).
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

enum class Basis { first_principles, original };
template <>
struct Words<Basis> {
  static constexpr const char* all[] = {"first_principles", "original"};
};

template <class T>
struct Assumptions {
  Basis work{}, traffic{}, footprint{}, overflow{}, utilisation{};
  // One choice for each wall whose closed form is not the original's.
  Basis serving{}, batching{}, tail_latency{}, scaling{}, reasoning{}, fidelity{}, communication{}, reliability{},
      checkpoint{}, economics{}, sustainability{}, ingestion{}, locality{}, multi_tenant{}, software{}, streaming{},
      safety{}, analysis{};
  T weight_rereads{}, kept_activations{}, kept_recomputed{};
  Time<T> layer_overhead;
  T training_overhead{}, usable_memory{}, idle_power{}, compute_power{}, memory_power{};

  template <class A, class V>
  static void fields(A& a, V& v) {
    v("work", a.work, "training counts every token and attention; or one call, as the original");
    v("traffic", a.traffic,
      "weights, cache and activations; or weights with a share read again for each sample, as the original");
    v("footprint", a.footprint,
      "weights, cache, activations, training state; or weights, and 3 x weights in training, as the original");
    v("overflow", a.overflow,
      "what does not fit is not answered for; or all traffic goes over the host link, as the original");
    v("utilisation", a.utilisation, "MFU without recomputation, HFU with; or HFU as 1.1 x MFU, as the original");
    v("serving", a.serving, "prefill of a request with causal attention, decode with compute; or as the original");
    v("batching", a.batching, "paged cache, lengths and prefill in the same step; or as the original");
    v("tail_latency", a.tail_latency,
      "quantiles of the time in the system; or of waiting plus the mean service, as the original");
    v("scaling", a.scaling, "loss curves as published; or 20 tokens a parameter, as the original");
    v("reasoning", a.reasoning, "the cache grows with the steps; or not, as the original");
    v("fidelity", a.fidelity,
      "published accuracy, speed-up against the served format; or constants against fp32, as the original");
    v("communication", a.communication, "shards, messages and overlap by degree; or as the original");
    v("reliability", a.reliability, "component failure rates, lost work and restarts; or as the original");
    v("checkpoint", a.checkpoint, "what a checkpoint holds and stalls; or as the original");
    v("economics", a.economics, "regional prices, utilisation, discounting; or as the original");
    v("sustainability", a.sustainability, "power by use, water of IT energy; or as the original");
    v("software", a.software, "rooflines of attention, FFN and the rest; or a factor by label, as the original");
    v("streaming", a.streaming,
      "compute with its memory traffic, buffers and activations on chip; or arithmetic and cache, as the original");
    v("safety", a.safety, "noise by a privacy accountant, time by passes; or 1 + 2 / epsilon, as the original");
    v("ingestion", a.ingestion,
      "storage, network and host link, the slowest binds; or storage and device links, as the original");
    v("locality", a.locality, "cuts and distances of the graph; or a factor a topology, as the original");
    v("multi_tenant", a.multi_tenant, "jobs of a size on the nodes of the fleet; or one server, as the original");
    v("analysis", a.analysis, "what-ifs and inverses through the step itself; or beside it, as the original");
    v("weight_rereads", a.weight_rereads, one, at_least(0),
      "share of the weights that each further sample reads again");
    v("kept_activations", a.kept_activations, one, above(0),
      "elements kept for a backward pass, for each element of a block's input");
    v("kept_recomputed", a.kept_recomputed, one, above(0), "the same where activations are recomputed");
    v("layer_overhead", a.layer_overhead, us, at_least(0), "fixed time of a layer: kernel launches");
    v("training_overhead", a.training_overhead, one, at_least(1),
      "fixed time of a layer in training over that in inference");
    v("usable_memory", a.usable_memory, one, between(0, 1), "share of device memory that a program gets");
    v("idle_power", a.idle_power, one, between(0, 1), "share of the power limit drawn when idle");
    v("compute_power", a.compute_power, one, between(0, 1), "share that arithmetic at its peak adds");
    v("memory_power", a.memory_power, one, between(0, 1), "share that memory traffic at its peak adds");
  }
};

}  // namespace mlsysim
