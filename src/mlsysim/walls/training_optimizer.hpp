#pragma once
// The layouts of a training step on a fleet, every one that is whole, priced operator by operator by the wall `training`.
#include "mlsysim/walls/training/layouts.hpp"

namespace mlsysim {

template <class T>
struct TrainingOptimizerResult {
  Flag<T> feasible;
  Time<T> step_time;
  TokenRate<T> throughput, throughput_per_device;
  T mfu{};
  Data<T> memory_footprint, memory_available;
  Energy<T> energy_per_token;
  Time<T> duration, device_time;
  Money<T> cost;
  T total_searched{}, search_space_size{};
  TrainingSetting<T> best_config;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "some layout is whole and fits");
    v("step_time", r.step_time, s, any, "one optimizer step of the best");
    v("throughput", r.throughput, token / s, any, "tokens a second of the best");
    v("throughput_per_device", r.throughput_per_device, token / s, any, "tokens a second of one device that is used");
    v("mfu", r.mfu, one, any, "share of the peak of the devices used");
    v("memory_footprint", r.memory_footprint, GB, any,
      "bytes on the device that holds most; where none fits, in the smallest");
    v("memory_available", r.memory_available, GB, any, "bytes that a device has");
    v("energy_per_token", r.energy_per_token, J, any, "of the devices used");
    v("duration", r.duration, day, any, "the run of training_tokens, nothing failing");
    v("device_time", r.device_time, hour, any, "the same over the devices used");
    v("cost", r.cost, USD, any, "of the run, at the price of a device");
    v("total_searched", r.total_searched, one, any, "settings that were priced");
    v("search_space_size", r.search_space_size, one, any, "those, and what is not whole");
    v.entity("best_config", "", r.best_config, "the best layout");
  }
};

inline Optimum<TrainingOptimizerResult<double>, TrainingCandidate<double>> optimise(
    const TrainingOptimizerQuery<double>& q) {
  training::Search s(q);
  Optimum<TrainingOptimizerResult<double>, TrainingCandidate<double>> o;
  auto& r = o.result;
  r.step_time = {std::numeric_limits<double>::infinity()};
  r.memory_available = s.available;
  r.memory_footprint = s.least;
  r.total_searched = s.priced;
  r.search_space_size = s.priced + s.groups;
  for (const double layouts : s.broken) r.search_space_size += layouts;
  if (!s.found.empty()) {
    const auto& best = s.found.front();
    r.feasible = {1.0};
    r.step_time = best.step_time;
    r.throughput = best.throughput;
    r.throughput_per_device = best.throughput / best.config.devices;
    r.mfu = best.mfu;
    r.memory_footprint = best.memory_footprint;
    r.energy_per_token = best.energy_per_token;
    r.best_config = best.config;
    r.duration = first_stated(q.training_tokens, Tokens<double>{0.0}) / best.throughput;
    r.device_time = r.duration * best.config.devices;
    r.cost = r.device_time * first_stated(q.price, Quantity<axis::money / axis::time, double>{0.0});
  }
  const auto fell = [&](double count, const char* why) {
    if (count > 0) o.fell.emplace_back(why, count);
  };
  const auto layouts = [&](CutRule rule, const char* why) { fell(s.broken[static_cast<std::size_t>(rule)], why); };
  fell(s.memory, "settings do not fit a device's memory");
  fell(s.late, "settings take longer than max_duration");
  fell(s.groups, "settings: interleaved, and microbatches in no whole groups of the stages");
  layouts(CutRule::heads, "layouts: tp does not divide the heads or the width");
  layouts(CutRule::layers, "layouts: pp divides neither the layers nor layers and both tables");
  layouts(CutRule::sequence, "layouts: cp does not divide the tokens of a sequence");
  layouts(CutRule::fleet, "layouts: tp x pp x cp does not divide the devices");
  layouts(CutRule::experts, "layouts: ep does not divide the experts");
  layouts(CutRule::expert_group, "layouts: ep does not divide the devices of a stage");
  layouts(CutRule::chunks, "layouts: one stage, and chunks to interleave");
  layouts(CutRule::batch, "layouts: the batch does not divide over the replicas");
  layouts(CutRule::interleaving, "layouts: microbatches in no whole groups of the stages");
  layouts(CutRule::shard, "layouts: shard_size does not divide the copies of the weights");
  o.best = std::move(s.found);
  return o;
}

struct TrainingOptimizerWall : Searches<TrainingOptimizerQuery, TrainingOptimizerResult, TrainingCandidate> {
  static constexpr auto name = "training-optimizer", python = "TrainingOptimizer",
                        doc =
                            "The best layout of a training step on a fleet, operator by operator: every one that is "
                            "whole, memory-checked and ranked.";

  static void refuse(const TrainingOptimizerQuery<double>& q, Problems& problems) {
    const auto wrong = [&](const char* argument, const char* message) {
      problems.push_back({.argument = argument, .message = message});
    };
    if (!is_stated(q.batch_size))
      return wrong("batch_size",
                   "batch_size is missing: sequences of one optimizer step, over the whole fleet (--global-batch)");
    if (is_stated(q.max_duration.base) && !is_stated(q.training_tokens.base))
      return wrong("max_duration",
                   "max_duration bounds the run of training_tokens, and those are not stated (--tokens)");
    training::refuse_untrainable(q.model, q.fleet.node.accelerator, problems);
    if (problems.empty())
      refuse_training_cut(q.model, training::given_cut(q, q.fleet.nodes * q.fleet.node.accelerators), problems);
  }
};

}  // namespace mlsysim
