#pragma once
// Wall 19: what a training job must save to go on after a failure, and how long saving stops it.
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/catalog/model.hpp"
#include "mlsysim/laws/checkpointing.hpp"
#include "mlsysim/laws/reliability.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

enum class CheckpointOptimizer { adam, adam_8bit, sgd_momentum, sgd, weights_only };
template <>
struct Words<CheckpointOptimizer> {
  static constexpr const char* all[] = {"adam", "adam_8bit", "sgd_momentum", "sgd", "weights_only"};
};

template <class T>
struct CheckpointQuery {
  Model<T> model;
  Accelerator<T> hardware;
  CheckpointOptimizer optimizer = CheckpointOptimizer::adam;
  Time<T> checkpoint_interval_hours{4.0 * 3600};
  T n_writers = 1.0;
  Bandwidth<T> filesystem_limit_gbs{500e9};
  bool asynchronous = false;
  bool save_compute_copy = true;
  Time<T> stall_limit_s{60.0};
  Time<T> mtbf_hours{std::numeric_limits<double>::quiet_NaN()};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the network that is trained");
    v.entity("hardware", "accelerator", q.hardware, "the device that writes");
    v("optimizer", q.optimizer, "whose state is saved with the weights");
    v("checkpoint_interval_hours", q.checkpoint_interval_hours, hour, above(0),
      "from the start of one checkpoint to that of the next");
    v("n_writers", q.n_writers, one, count_from(1),
      "devices that write at the same time, an equal part each, each to storage of its own speed");
    v("filesystem_limit_gbs", q.filesystem_limit_gbs, GB / s, above(0),
      "what the file system or the network takes from all of them together");
    v("asynchronous", q.asynchronous, "stop only to copy to the hosts' memory, and write behind the training");
    v("save_compute_copy", q.save_compute_copy,
      "also save the 16-bit weights, which the master weights would give again");
    v("stall_limit_s", q.stall_limit_s, s, above(0), "a stop above this makes the storage a bottleneck");
    v("mtbf_hours", q.mtbf_hours, hour, above(0),
      "mean time between failures of the job (not stated: none are counted)");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct CheckpointResult {
  Data<T> checkpoint_size, checkpoint_weights, checkpoint_optimizer;
  Time<T> write_time_seconds, stall_seconds;
  Bandwidth<T> max_bandwidth_required, bandwidth;
  Flag<T> storage_bottleneck, keeps_up;
  T mfu_penalty_pct{};
  Time<T> optimal_checkpoint_interval;
  T goodput_ratio{}, optimal_goodput_ratio{};

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("checkpoint_size", r.checkpoint_size, GB, any, "what must be saved to go on from here");
    v("checkpoint_weights", r.checkpoint_weights, GB, any,
      "weights: master copy, and the 16-bit copy where it is saved");
    v("checkpoint_optimizer", r.checkpoint_optimizer, GB, any, "state of the optimizer");
    v("write_time_seconds", r.write_time_seconds, s, any, "until it is safe on storage");
    v("stall_seconds", r.stall_seconds, s, any, "time that training stops for it");
    v("max_bandwidth_required", r.max_bandwidth_required, GB / s, any,
      "what the writers could send to the file system at once");
    v("bandwidth", r.bandwidth, GB / s, any, "what it takes of that");
    v("storage_bottleneck", r.storage_bottleneck,
      "training stops for longer than stall_limit_s, or the next checkpoint is due before this one is written");
    v("keeps_up", r.keeps_up, "a checkpoint is written before the next is due");
    v("mfu_penalty_pct", r.mfu_penalty_pct, one, any,
      "share of the time that training stops (a fraction, whatever its name says)");
    v("optimal_checkpoint_interval", r.optimal_checkpoint_interval, minute, any,
      "interval that loses least, at the mtbf_hours stated (infinite without one)");
    v("goodput_ratio", r.goodput_ratio, one, any,
      "share of the time that ends as saved work at this interval, restarts not counted");
    v("optimal_goodput_ratio", r.optimal_goodput_ratio, one, any, "the same at the optimal interval");
  }
};

namespace checkpoint {

/// Bytes a parameter: master weights and moments of mixed-precision training.
template <class T>
Data<T> optimizer_state(CheckpointOptimizer optimizer) {
  switch (optimizer) {
    case CheckpointOptimizer::adam:
      return named(cite(Data<T>{T(8.0)}, "micikevicius2018mixed, section 3.1"), "two moments in fp32");
    case CheckpointOptimizer::adam_8bit:
      return named(cite(Data<T>{T(2.0)}, "dettmers2022eightbit, section 2"), "two moments in 8 bits");
    case CheckpointOptimizer::sgd_momentum:
      return named(cite(Data<T>{T(4.0)}, "micikevicius2018mixed, section 3.1"), "momentum in fp32");
    case CheckpointOptimizer::sgd:
    case CheckpointOptimizer::weights_only:
      break;
  }
  return {T(0.0)};
}

}  // namespace checkpoint

template <class T>
CheckpointResult<T> evaluate(const CheckpointQuery<T>& q) {
  const bool original = q.assumptions.checkpoint == Basis::original;
  const T yes = 1.0, no = 0.0, parameters = q.model.parameters;
  const Data<T> nothing{no};
  CheckpointResult<T> r;

  const bool weights_only = q.optimizer == CheckpointOptimizer::weights_only;
  const Data<T> master = named(cite(Data<T>{T(4.0)}, "micikevicius2018mixed, section 3.1"), "master weights in fp32");
  const Data<T> copy = named(Data<T>{T(2.0)}, "weights in 16 bits");
  if (original) {
    // Adam: 14 bytes a parameter; everything else 4, without weights.
    const bool adam = q.optimizer == CheckpointOptimizer::adam;
    r.checkpoint_weights = adam ? parameters * (master + copy) : nothing;
    r.checkpoint_optimizer = parameters * (adam ? checkpoint::optimizer_state<T>(q.optimizer)
                                                : named(Data<T>{T(4.0)}, "original's bytes without Adam"));
  } else {
    r.checkpoint_weights = parameters * (weights_only ? copy : q.save_compute_copy ? master + copy : master);
    r.checkpoint_optimizer = parameters * checkpoint::optimizer_state<T>(q.optimizer);
  }
  r.checkpoint_size = r.checkpoint_weights + r.checkpoint_optimizer;

  const Bandwidth<T> one_writer =
      original
          ? first_stated(q.hardware.storage, named(Bandwidth<T>{T(1e9)}, "original's storage where none is listed"))
          : q.hardware.storage;
  const Bandwidth<T> all = q.n_writers * one_writer;
  r.max_bandwidth_required = original ? one_writer : all;
  r.bandwidth = min(all, q.filesystem_limit_gbs);
  r.write_time_seconds = write_time(r.checkpoint_size, q.n_writers, one_writer, q.filesystem_limit_gbs);
  const Time<T> interval = q.checkpoint_interval_hours;
  r.stall_seconds = q.asynchronous && !original
                        ? min(r.write_time_seconds, snapshot_time(r.checkpoint_size, q.n_writers, q.hardware.host_link))
                        : r.write_time_seconds;
  r.keeps_up = {select(r.write_time_seconds <= interval, yes, no)};
  const T stops_long = select(q.stall_limit_s < r.stall_seconds, yes, no);
  r.storage_bottleneck = {original ? stops_long : max(stops_long, yes - r.keeps_up.index)};
  r.mfu_penalty_pct = original ? r.stall_seconds / interval : min(yes, r.stall_seconds / interval);

  const Time<T> mtbf =
      first_stated(q.mtbf_hours, named(Time<T>{T(std::numeric_limits<double>::infinity())}, "no failures counted"));
  const Time<T> work = max(Time<T>{no}, interval - r.stall_seconds);
  // Behind the training too, the next one can't start before this one is written.
  r.optimal_checkpoint_interval = max(daly_interval(r.stall_seconds, mtbf) + r.stall_seconds, r.write_time_seconds);
  // Work is safe only when its checkpoint is written: behind the training, each failure undoes that much more.
  const T written =
      named(running_share(r.write_time_seconds - r.stall_seconds, mtbf), "no failure before it is written");
  r.goodput_ratio = saved_share(work, r.stall_seconds, mtbf) * written;
  r.optimal_goodput_ratio =
      select(mtbf < named(Time<T>{T(1e15)}, "longer than any job"),
             saved_share(r.optimal_checkpoint_interval - r.stall_seconds, r.stall_seconds, mtbf) * written, yes);
  return r;
}

struct CheckpointWall : Declares<CheckpointQuery, CheckpointResult, 19> {
  static constexpr auto
      name = "checkpoint",
      python = "CheckpointModel",
      doc = "What a training checkpoint holds, how long it takes to write and how long it stops the job.";
};

}  // namespace mlsysim
