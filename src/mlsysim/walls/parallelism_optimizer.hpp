#pragma once
// The layouts of a training step on a fleet, every one that divides, priced by wall 14 and ranked.
#include <algorithm>
#include <cmath>
#include <tuple>
#include "mlsysim/walls/distributed.hpp"
#include "mlsysim/workload/training_layout.hpp"

namespace mlsysim {

enum class Either { any, no, yes };
template <>
struct Words<Either> {
  static constexpr const char* all[] = {"any", "false", "true"};
};

template <class T>
struct ParallelismOptimizerQuery {
  static constexpr double not_stated = std::numeric_limits<double>::quiet_NaN();
  Model<T> model;
  Fleet<T> fleet;
  T batch_size = not_stated;
  Precision precision = Precision::fp16;
  T efficiency = 0.5, max_tp = not_stated, max_pp = not_stated;
  bool overlap_comm = true;
  T max_ep = not_stated;
  AnyZeroStage zero_stage = AnyZeroStage::any;
  Either activation_recomputation = Either::any;
  T overlap_efficiency = 0.85;
  Tokens<T> seq_len{2048.0};
  Time<T> scale_up_latency{1 / 1e6};
  T top = 5.0;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the network");
    v.entity("fleet", "fleet", q.fleet, "nodes and what joins them");
    v("batch_size", q.batch_size, one, count_from(1), "sequences of one optimizer step, over the whole fleet",
      Spelling{"global_batch"});
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v("max_tp", q.max_tp, one, count_from(1), "largest tensor-parallel degree (not stated: the devices of a node)");
    v("max_pp", q.max_pp, one, count_from(1), "most pipeline stages (not stated: any)");
    v("overlap_comm", q.overlap_comm, "gradients are exchanged while the backward pass still runs");
    v("max_ep", q.max_ep, one, count_from(1), "largest expert-parallel degree (not stated: any)");
    v("zero_stage", q.zero_stage, "ZeRO stages to try");
    v("activation_recomputation", q.activation_recomputation,
      "recompute activations in the backward pass; or try both");
    v("overlap_efficiency", q.overlap_efficiency, one, between(0, 1), "share of what could be hidden that is");
    v("seq_len", q.seq_len, token, count_from(1), "tokens of each sequence", Spelling{"context"});
    v("scale_up_latency", q.scale_up_latency, us, at_least(0),
      "one message between devices of a node (estimated, 0.5 to 4 us)");
    v("top", q.top, one, count_between(1, 1000), "how many of the best are listed");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct TrainingLayout {
  T tp{}, pp{}, dp{}, ep{}, microbatch_count{}, zero_stage{};
  Flag<T> activation_recomputation{};

  template <class L, class V>
  static void fields(L& l, V& v) {
    v("tp", l.tp, one, any, "devices that share each layer");
    v("pp", l.pp, one, any, "pipeline stages");
    v("dp", l.dp, one, any, "replicas");
    v("ep", l.ep, one, any, "devices that share the experts out");
    v("microbatch_count", l.microbatch_count, one, any, "microbatches of a replica");
    v("zero_stage", l.zero_stage, one, any, "ZeRO stage");
    v("activation_recomputation", l.activation_recomputation, "activations are recomputed");
  }
};

template <class T>
struct ParallelismCandidate {
  TrainingLayout<T> config;
  T mfu{};
  Frequency<T> throughput;
  Time<T> step_time;
  Data<T> memory_footprint;

  template <class C, class V>
  static void fields(C& c, V& v) {
    v.entity("config", "", c.config, "the layout");
    v("mfu", c.mfu, one, any, "share of the fleet's peak");
    v("throughput", c.throughput, per_s, any, "sequences a second");
    v("step_time", c.step_time, ms, any, "one optimizer step");
    v("memory_footprint", c.memory_footprint, GB, any, "bytes on each device");
  }
};

template <class T>
struct ParallelismOptimizerResult {
  Flag<T> feasible;
  T objective_value{}, best_mfu{};
  Frequency<T> best_throughput;
  Time<T> best_step_time;
  Data<T> memory_footprint, memory_available;
  T total_searched{}, search_space_size{};
  TrainingLayout<T> best_config;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "some layout divides and fits");
    v("objective_value", r.objective_value, one, any, "what was maximised: MFU");
    v("best_mfu", r.best_mfu, one, any, "share of the fleet's peak that the best layout reaches");
    v("best_throughput", r.best_throughput, per_s, any, "sequences a second of the best");
    v("best_step_time", r.best_step_time, ms, any, "one optimizer step of the best");
    v("memory_footprint", r.memory_footprint, GB, any,
      "bytes on each device in the best; where none fits, in the smallest");
    v("memory_available", r.memory_available, GB, any, "bytes that a device has");
    v("total_searched", r.total_searched, one, any, "settings that were priced");
    v("search_space_size", r.search_space_size, one, any, "those, and the layouts that do not divide");
    v.entity("best_config", "", r.best_config, "the best layout");
  }
};

namespace parallelism {

using Query = ParallelismOptimizerQuery<double>;
using Candidate = ParallelismCandidate<double>;

struct Search {
  std::vector<Candidate> found;  // those that fit
  double priced = 0, heads = 0, layers = 0, experts = 0, batch = 0, memory = 0;
  Data<double> available,
      least{std::numeric_limits<double>::infinity()};  // a device's, and what the smallest setting needs
};

inline DistributedQuery<double> step_of(const Query& q) {
  DistributedQuery<double> d;
  d.model = q.model;
  d.fleet = q.fleet;
  d.batch_size = q.batch_size;
  d.precision = q.precision;
  d.efficiency = q.efficiency;
  d.overlap_comm = q.overlap_comm;
  d.overlap_efficiency = q.overlap_efficiency;
  d.seq_len = q.seq_len;
  d.scale_up_latency = q.scale_up_latency;
  d.assumptions = q.assumptions;
  return d;
}

inline Candidate candidate(const DistributedQuery<double>& d, const DistributedResult<double>& r) {
  return {{d.tp_size,
           d.pp_size,
           r.parallelism.dp,
           d.ep_size,
           d.microbatch_count,
           static_cast<double>(static_cast<int>(d.zero_stage)),
           {d.activation_recomputation ? 1.0 : 0.0}},
          r.mfu,
          r.effective_throughput,
          r.step_latency_total,
          r.node_profile.memory_footprint};
}

/// True also where there is nothing to divide.
inline bool divides(double degree, double whole) { return !is_stated(whole) || std::fmod(whole, degree) == 0; }

/// Every microbatch count, ZeRO stage and recomputation of one cut.
inline void settings(const Query& q, DistributedQuery<double>& d, double sequences, Search& s) {
  for (const double microbatches : divisors(sequences, sequences))
    for (int stage = 0; stage < 4; ++stage) {
      if (q.zero_stage != AnyZeroStage::any && stage + 1 != static_cast<int>(q.zero_stage)) continue;
      for (const bool recomputed : {false, true}) {
        if (q.activation_recomputation == (recomputed ? Either::no : Either::yes)) continue;
        d.microbatch_count = microbatches;
        d.zero_stage = static_cast<ZeroStage>(stage);
        d.activation_recomputation = recomputed;
        const auto r = evaluate(d);
        ++s.priced;
        s.available = r.node_profile.memory_available;
        s.least = min(s.least, r.node_profile.memory_footprint);
        if (r.feasible.index != 0 && !std::isnan(r.mfu)) s.found.push_back(candidate(d, r));
        else ++s.memory;
      }
    }
}

inline Search search(const Query& q) {
  const auto& m = q.model;
  const bool splits = distributed::splits(m.architecture), experts = m.architecture == Architecture::mixture_of_experts;
  const double devices = q.fleet.nodes * q.fleet.node.accelerators;
  Search s;
  DistributedQuery<double> d = step_of(q);
  for (const double tp : divisors(devices, splits ? first_stated(q.max_tp, q.fleet.node.accelerators) : 1)) {
    const bool heads = divides(tp, m.heads) && divides(tp, m.hidden_dim);
    for (const double pp : divisors(devices / tp, splits ? first_stated(q.max_pp, devices) : 1))
      for (const double ep : divisors(devices / (tp * pp), experts ? first_stated(q.max_ep, m.experts) : 1)) {
        const double sequences = q.batch_size * tp * pp / devices;
        if (tp > 1 && !heads) ++s.heads;
        else if (pp > 1 && !divides(pp, m.layers)) ++s.layers;
        else if (ep > 1 && !divides(ep, m.experts)) ++s.experts;
        else if (sequences != std::floor(sequences)) ++s.batch;
        else {
          d.tp_size = tp;
          d.pp_size = pp;
          d.ep_size = ep;
          settings(q, d, sequences, s);
        }
      }
  }
  return s;
}

/// Powers of two, one microbatch, twice the 16-bit weights in nine tenths of the memory, as the original.
inline Search search_as_original(const Query& q) {
  const double devices = q.fleet.nodes * q.fleet.node.accelerators;
  const Data<double> room = q.fleet.node.accelerator.memory.capacity * 0.9;
  const Data<double> weights = first_stated(q.model.parameters * (2.0 * byte), q.model.model_size);
  Search s;
  s.available = room;
  DistributedQuery<double> d = step_of(q);
  for (double tp = 1; tp <= std::fmin(first_stated(q.max_tp, q.fleet.node.accelerators), 512); tp *= 2)
    for (double pp = 1; pp <= std::fmin(first_stated(q.max_pp, devices), 512); pp *= 2) {
      if (std::fmod(devices, tp * pp) != 0) continue;
      const Data<double> held = weights / tp / pp + weights / tp / pp;
      s.least = min(s.least, held);
      if (room < held) {
        ++s.memory;
        continue;
      }
      d.tp_size = tp;
      d.pp_size = pp;
      const auto r = evaluate(d);
      ++s.priced;
      s.found.push_back(candidate(d, r));
      s.found.back().mfu = r.scaling_efficiency * q.efficiency;
      s.found.back().memory_footprint = held;
    }
  return s;
}

}  // namespace parallelism

inline Optimum<ParallelismOptimizerResult<double>, ParallelismCandidate<double>> optimise(
    const ParallelismOptimizerQuery<double>& q) {
  const bool original = q.assumptions.communication == Basis::original;
  auto s = original ? parallelism::search_as_original(q) : parallelism::search(q);
  // Of two that are as fast: less sharding, no recomputation, less memory. The original keeps the first.
  std::ranges::stable_sort(s.found, [&](const auto& a, const auto& b) {
    if (original) return a.mfu > b.mfu;
    return std::tuple(b.mfu, a.config.zero_stage, a.config.activation_recomputation.index, a.memory_footprint.base) <
           std::tuple(a.mfu, b.config.zero_stage, b.config.activation_recomputation.index, b.memory_footprint.base);
  });
  Optimum<ParallelismOptimizerResult<double>, ParallelismCandidate<double>> o;
  auto& r = o.result;
  r.best_step_time = {std::numeric_limits<double>::infinity()};
  r.memory_available = s.available;
  r.memory_footprint = s.least;
  r.total_searched = original ? static_cast<double>(s.found.size()) : s.priced;
  r.search_space_size = original ? r.total_searched : s.priced + s.heads + s.layers + s.experts + s.batch;
  if (!s.found.empty()) {
    const auto& best = s.found.front();
    r.feasible = {1.0};
    r.objective_value = r.best_mfu = best.mfu;
    r.best_throughput = best.throughput;
    r.best_step_time = best.step_time;
    r.memory_footprint = best.memory_footprint;
    r.best_config = best.config;
  }
  for (const auto& [count, why] : {std::pair{s.memory, "settings do not fit a device's memory"},
                                   {s.heads, "layouts: tp does not divide the heads or the width"},
                                   {s.layers, "layouts: pp does not divide the layers"},
                                   {s.experts, "layouts: ep does not divide the experts"},
                                   {s.batch, "layouts: the batch does not divide over the replicas"}})
    if (count > 0) o.fell.emplace_back(why, count);
  s.found.resize(std::min(s.found.size(), static_cast<std::size_t>(q.top)));
  o.best = std::move(s.found);
  return o;
}

struct ParallelismOptimizerWall
    : Searches<ParallelismOptimizerQuery, ParallelismOptimizerResult, ParallelismCandidate> {
  static constexpr auto
      name = "parallelism-optimizer",
      python = "ParallelismOptimizer",
      doc = "The best split of a training step over a fleet: every layout that divides, memory-checked and ranked.";

  static void refuse(const ParallelismOptimizerQuery<double>& q, Problems& problems) {
    const auto wrong = [&](const char* argument, std::string message) {
      problems.push_back({.argument = argument, .message = std::move(message)});
    };
    if (!is_stated(q.batch_size))
      return wrong("batch_size", "batch_size is missing: sequences of one optimizer step, over the whole fleet");
    constexpr const char* ignored = " is given, and the original's search does not look at it";
    if (q.assumptions.communication == Basis::original) {
      if (is_stated(q.max_ep)) return wrong("max_ep", std::string("max_ep") + ignored);
      if (q.zero_stage != AnyZeroStage::any) return wrong("zero_stage", std::string("zero_stage") + ignored);
      if (q.activation_recomputation != Either::any)
        return wrong("activation_recomputation", std::string("activation_recomputation") + ignored);
    }
    if (std::isnan(evaluate(parallelism::step_of(q)).step_latency_total.base))
      wrong("model",
            "the model or the fleet does not state a figure that a step needs (mlsysim solve distributed says which)");
  }
};

}  // namespace mlsysim
