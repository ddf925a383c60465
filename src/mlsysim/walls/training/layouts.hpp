#pragma once
// The space of layouts that the training optimizer searches, and the search: every one that is whole, asked of the wall `training`.
#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include "mlsysim/walls/training.hpp"

namespace mlsysim {

enum class TrainingObjective { time, cost, energy };
template <>
struct Words<TrainingObjective> {
  static constexpr const char* all[] = {"time", "cost", "energy"};
};
/// Any: as many layers as memory forces, which is nothing where it forces none; what is cheap; all of them.
enum class AnyRecomputation { any, as_needed, none, selective, half, full };
template <>
struct Words<AnyRecomputation> {
  static constexpr const char* all[] = {"any", "as_needed", "none", "selective", "half", "full"};
};

template <class T>
struct TrainingOptimizerQuery {
  static constexpr double not_stated = std::numeric_limits<double>::quiet_NaN();
  Model<T> model;
  Fleet<T> fleet;
  TrainingStack<T> stack;
  T batch_size = not_stated;
  Tokens<T> seq_len{4096.0};
  Precision precision = Precision::bf16;
  T tp_size = not_stated, pp_size = not_stated, cp_size = not_stated, ep_size = not_stated, v_stages = not_stated,
    microbatch_size = not_stated;
  AnyZeroStage zero_stage = AnyZeroStage::any;
  AnyRecomputation recomputation = AnyRecomputation::any;
  T max_tp = not_stated, max_pp = not_stated, max_cp = not_stated, max_ep = not_stated,
    max_microbatch_size = not_stated;
  TrainingObjective objective = TrainingObjective::time;
  Tokens<T> training_tokens{not_stated};
  Time<T> max_duration{not_stated};
  Quantity<axis::money / axis::time, T> price{not_stated};
  T top = 5.0;
  T shard_size = not_stated;
  Schedule schedule = Schedule::one_forward_one_backward;
  bool sequence_parallel = true, is_lora = false;
  T lora_rank = 16.0, release = 2026.0;

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the language model");
    v.entity("fleet", "fleet", q.fleet, "nodes and what joins them");
    v.entity("stack", "stack", q.stack, "the program that trains", "megatron");
    v("batch_size", q.batch_size, one, count_from(1), "sequences of one optimizer step, over the whole fleet",
      Spelling{"global_batch"});
    v("seq_len", q.seq_len, token, count_from(1), "tokens of a sequence", Spelling{"context"});
    v("precision", q.precision, "number format of the products of layers");
    v("tp_size", q.tp_size, one, count_between(1, 1024), "tensor parallelism (not stated: any)", Spelling{"tp"});
    v("pp_size", q.pp_size, one, count_between(1, 1024), "pipeline parallelism (not stated: any)", Spelling{"pp"});
    v("cp_size", q.cp_size, one, count_between(1, 1024), "context parallelism (not stated: any)", Spelling{"cp"});
    v("ep_size", q.ep_size, one, count_between(1, 4096), "expert parallelism (not stated: any)", Spelling{"ep"});
    v("v_stages", q.v_stages, one, count_from(1), "chunks of layers on each device of a pipeline (not stated: any)",
      Spelling{"vpp"});
    v("microbatch_size", q.microbatch_size, one, count_from(1),
      "sequences that pass through at a time (not stated: any)", Spelling{"mbs"});
    v("zero_stage", q.zero_stage, "ZeRO stages to try: 1 shards optimizer state, 2 gradients too, 3 weights too (FSDP)",
      Spelling{"zero"});
    v("recomputation", q.recomputation, "activations that are computed again in the backward pass",
      Spelling{"recompute"});
    v("max_tp", q.max_tp, one, count_from(1), "largest tensor-parallel degree (not stated: a scale-up domain)");
    v("max_pp", q.max_pp, one, count_from(1), "most pipeline stages (not stated: any)");
    v("max_cp", q.max_cp, one, count_from(1), "largest context-parallel degree (not stated: any)");
    v("max_ep", q.max_ep, one, count_from(1), "largest expert-parallel degree (not stated: any)");
    v("max_microbatch_size", q.max_microbatch_size, one, count_from(1), "largest microbatch (not stated: any)");
    v("objective", q.objective,
      "what is least: of a step its time; of a token its cost or energy, where part of the nodes may do");
    v("training_tokens", q.training_tokens, token, at_least(1), "tokens of the whole run", Spelling{"tokens"});
    v("max_duration", q.max_duration, day, above(0),
      "longest run of training_tokens, nothing failing (not stated: any)");
    v("price", q.price, USD / hour, above(0), "of one device");
    v("top", q.top, one, count_between(1, 1000), "how many of the best are listed");
    v("shard_size", q.shard_size, one, count_from(1), "devices that share a copy of what is sharded (not stated: all)");
    v("schedule", q.schedule, "of a pipeline");
    v("sequence_parallel", q.sequence_parallel, "tensor-parallel devices share out norms and residuals too");
    v("is_lora", q.is_lora, "train low-rank adapters on frozen weights");
    v("lora_rank", q.lora_rank, one, count_from(1), "rank of the adapters");
    v("release", q.release, one, between(2019, 2040), "release of the stack: a year and a fraction");
  }
};

template <class T>
struct TrainingSetting {
  T devices{}, tp{}, pp{}, cp{}, dp{}, ep{}, v_stages{}, microbatch_size{}, microbatches{};
  Answer<T, Sharding> zero_stage;
  Answer<T, Recomputed> recomputation;

  template <class L, class V>
  static void fields(L& l, V& v) {
    v("devices", l.devices, one, any, "devices of the fleet that are used");
    v("tp", l.tp, one, any, "devices that share each layer");
    v("pp", l.pp, one, any, "pipeline stages");
    v("cp", l.cp, one, any, "devices that share each sequence");
    v("dp", l.dp, one, any, "replicas");
    v("ep", l.ep, one, any, "devices that experts are spread over");
    v("v_stages", l.v_stages, one, any, "chunks of layers on each device");
    v("microbatch_size", l.microbatch_size, one, any, "sequences of a microbatch");
    v("microbatches", l.microbatches, one, any, "microbatches of a replica");
    v("zero_stage", l.zero_stage, "ZeRO stage");
    v("recomputation", l.recomputation, "what is computed again");
  }
};

template <class T>
struct TrainingCandidate {
  TrainingSetting<T> config;
  Time<T> step_time;
  T mfu{};
  TokenRate<T> throughput;
  T recomputed{};
  Data<T> memory_footprint, memory_reserved;
  Energy<T> energy_per_token;

  template <class C, class V>
  static void fields(C& c, V& v) {
    v.entity("config", "", c.config, "the layout");
    v("step_time", c.step_time, s, any, "one optimizer step");
    v("mfu", c.mfu, one, any, "share of the peak of the devices used");
    v("throughput", c.throughput, token / s, any, "tokens a second");
    v("recomputed", c.recomputed, one, any, "share of the layers whose activations are computed again");
    v("memory_footprint", c.memory_footprint, GB, any, "bytes on the device that holds most");
    v("memory_reserved", c.memory_reserved, GB, any, "what the allocator holds for it");
    v("energy_per_token", c.energy_per_token, J, any, "of the devices used");
  }
};

namespace training {

using Space = TrainingOptimizerQuery<double>;
using Found = TrainingCandidate<double>;

/// The question of one setting, which the search asks of the wall `training`.
inline TrainingQuery<double> step_of(const Space& q, const TrainingSetting<double>& l) {
  TrainingQuery<double> s;
  s.model = q.model;
  s.fleet = q.fleet;
  s.fleet.nodes = l.devices / q.fleet.node.accelerators;
  s.stack = q.stack;
  s.batch_size = q.batch_size;
  s.seq_len = q.seq_len;
  s.microbatch_size = l.microbatch_size;
  s.tp_size = l.tp;
  s.pp_size = l.pp;
  s.cp_size = l.cp;
  s.ep_size = l.ep;
  s.v_stages = l.v_stages;
  s.zero_stage = l.zero_stage.plain();
  s.shard_size = q.shard_size;
  s.precision = q.precision;
  s.recomputation = l.recomputation.plain();
  s.schedule = q.schedule;
  s.sequence_parallel = q.sequence_parallel;
  s.is_lora = q.is_lora;
  s.lora_rank = q.lora_rank;
  s.release = q.release;
  s.training_tokens = q.training_tokens;
  return s;
}

/// What is given of a cut; the rest is open.
inline TrainingCut given_cut(const Space& q, double devices) {
  return {.devices = devices,
          .batch = q.batch_size,
          .length = q.seq_len.base,
          .tp = q.tp_size,
          .pp = q.pp_size,
          .cp = q.cp_size,
          .ep = q.ep_size,
          .chunks = q.v_stages,
          .microbatch = q.microbatch_size,
          .shard = q.shard_size};
}

inline std::vector<double> degrees(double given, double whole, double most) {
  return is_stated(given) ? std::vector{given} : divisors(whole, most);
}

/// The order of the best first; where the allocator runs short of memory, last. Of two as good: the one that uses more devices,
/// shards less, computes less again, holds less, cuts less.
struct Before {
  TrainingObjective objective;
  Data<double> room;
  auto key(const Found& f) const {
    const auto& l = f.config;
    const double least = objective == TrainingObjective::time   ? f.step_time.base
                         : objective == TrainingObjective::cost ? f.step_time.base * l.devices
                                                                : f.energy_per_token.base;
    return std::tuple(room < f.memory_reserved, least, -l.devices, l.zero_stage.index, f.recomputed,
                      f.memory_footprint.base, l.tp, l.cp, l.pp, l.ep, l.v_stages, l.microbatch_size);
  }
  bool operator()(const Found& a, const Found& b) const { return key(a) < key(b); }
};

class Search {
 public:
  explicit Search(const Space& q) : q_(q), before_{q.objective, q.fleet.node.accelerator.memory.capacity} {
    const double each = q.fleet.node.accelerators;
    available = q.fleet.node.accelerator.memory.capacity;
    // The fastest step uses every node; the cheapest token may do with some.
    if (q.objective == TrainingObjective::time) layouts(q.fleet.nodes * each);
    else
      for (const double nodes : divisors(q.fleet.nodes, q.fleet.nodes)) layouts(nodes * each);
    keep_best(static_cast<std::size_t>(q.top));
    std::ranges::sort(found, before_);
  }

  std::vector<Found> found;  // the best; of one cut and microbatch the best stage and recomputation
  std::array<double, static_cast<std::size_t>(CutRule::shard) + 1> broken{};  // layouts, by the rule that they break
  double priced = 0, groups = 0, memory = 0, late = 0;  // settings; interleaved in no whole groups of microbatches
  Data<double> available, least{std::numeric_limits<double>::infinity()};

 private:
  void layouts(double devices) {
    const auto& m = q_.model;
    const double domain = fleet_links(q_.fleet, Time<double>{}).domain;
    const auto sequences =
        degrees(q_.microbatch_size, q_.batch_size, first_stated(q_.max_microbatch_size, q_.batch_size));
    const bool spreads = m.architecture == Architecture::mixture_of_experts;
    for (const double tp : degrees(q_.tp_size, devices, first_stated(q_.max_tp, domain)))
      for (const double cp : degrees(q_.cp_size, devices / tp, first_stated(q_.max_cp, devices)))
        for (const double ep : degrees(q_.ep_size, spreads ? m.experts : 1.0, first_stated(q_.max_ep, devices))) {
          std::vector<TrainingCut> whole;
          for (const double pp : degrees(q_.pp_size, devices / (tp * cp), first_stated(q_.max_pp, devices))) {
            TrainingCut cut = given_cut(q_, devices);
            cut.tp = tp;
            cut.cp = cp;
            cut.ep = ep;
            cut.pp = pp;
            cut.chunks = first_stated(q_.v_stages, 1.0);
            cut.microbatch = first_stated(q_.microbatch_size, 1.0);
            const CutRule rule = first_broken(m, cut);
            if (rule == CutRule::none) whole.push_back(cut);
            else ++broken[static_cast<std::size_t>(rule)];
          }
          for (const double microbatch : sequences) settings(whole, microbatch);
        }
  }

  /// Everything that shares the times of a layer.
  void settings(const std::vector<TrainingCut>& cuts, double microbatch) {
    bool timed = false;
    LayerPasses<double> pass;
    Both<double> head;
    for (TrainingCut cut : cuts) {
      cut.microbatch = microbatch;
      if (std::fmod(cut.batch, cut.replicas() * microbatch) != 0) continue;
      TrainingSetting<double> l{.devices = cut.devices,
                                .tp = cut.tp,
                                .pp = cut.pp,
                                .cp = cut.cp,
                                .dp = cut.replicas(),
                                .ep = cut.ep,
                                .v_stages = 1,
                                .microbatch_size = microbatch,
                                .microbatches = cut.microbatches(),
                                .zero_stage = {},
                                .recomputation = {}};
      for (const double chunks : chunks_of(cut.pp)) {
        cut.chunks = l.v_stages = chunks;
        if (first_broken(q_.model, cut) != CutRule::none) {
          ++groups;
          continue;
        }
        TrainingQuery<double> step = step_of(q_, l);
        TrainingPart<double> part = part_of(step);
        if (!timed) {
          pass = layer_passes(part);
          head = head_times(part);
          timed = true;
        }
        if (const auto one = best_of(l, step, part, pass, head); one.step_time.base > 0) {
          found.push_back(one);
          if (found.size() > static_cast<std::size_t>(q_.top) + 4096) keep_best(static_cast<std::size_t>(q_.top));
        }
      }
    }
  }

  /// Every ZeRO stage and recomputation of one cut; no time where none fits.
  Found best_of(TrainingSetting<double>& l, TrainingQuery<double>& step, TrainingPart<double>& part,
                const LayerPasses<double>& pass, const Both<double>& head) {
    Found best;
    for (int stage = 0; stage < 4; ++stage) {
      if (q_.zero_stage != AnyZeroStage::any && stage + 1 != static_cast<int>(q_.zero_stage)) continue;
      for (const Recomputed again : again_) {
        const bool wanted = q_.recomputation == AnyRecomputation::any
                                ? again != Recomputed::none && again != Recomputed::half
                                : static_cast<int>(again) + 1 == static_cast<int>(q_.recomputation);
        if (!wanted) continue;
        step.zero_stage = part.sharding = static_cast<Sharding>(stage);
        step.recomputation = part.recomputation = again;
        const TrainingResult<double> r = evaluate(step, part, pass, head);
        ++priced;
        least = min(least, r.memory_footprint);
        if (r.feasible.index == 0) {
          ++memory;
          continue;
        }
        if (q_.max_duration < r.duration) {
          ++late;
          continue;
        }
        l.zero_stage = {static_cast<double>(stage)};
        l.recomputation = {static_cast<double>(again)};
        const Found one{l,
                        r.step_time,
                        r.mfu,
                        r.throughput,
                        r.recomputed,
                        r.memory_footprint,
                        r.memory_reserved,
                        r.energy_per_token};
        if (best.step_time.base == 0 || before_(one, best)) best = one;
      }
    }
    return best;
  }

  std::vector<double> chunks_of(double stages) const {
    if (is_stated(q_.v_stages)) return {q_.v_stages};
    if (stages == 1) return {1};
    const double layers = q_.model.layers;
    std::vector<double> all;
    for (const double whole : {layers, layers + 2})  // the tables may stand for layers
      if (std::fmod(whole, stages) == 0) std::ranges::copy(divisors(whole / stages, whole), std::back_inserter(all));
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
    return all;
  }

  void keep_best(std::size_t most) {
    if (found.size() <= most) return;
    std::ranges::nth_element(found, found.begin() + static_cast<std::ptrdiff_t>(most), before_);
    found.resize(most);
  }

  const Space& q_;
  Before before_;

  static constexpr Recomputed again_[] = {Recomputed::as_needed, Recomputed::none, Recomputed::selective,
                                          Recomputed::half, Recomputed::full};
};

}  // namespace training

}  // namespace mlsysim
