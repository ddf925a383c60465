#pragma once
// Wall 9: processors decode and augment samples before a device computes on them; where they are slower, it waits.
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/catalog/system.hpp"
#include "mlsysim/laws/input_pipeline.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

template <class T>
struct TransformationQuery {
  T batch_size{std::numeric_limits<double>::quiet_NaN()};
  Data<T> sample_size_bytes{std::numeric_limits<double>::quiet_NaN()};
  Bandwidth<T> cpu_throughput{std::numeric_limits<double>::quiet_NaN()};
  Time<T> accelerator_step_time{std::numeric_limits<double>::quiet_NaN()};
  T workers = 1.0, devices = 1.0;
  Frequency<T> cpu_sample_rate{std::numeric_limits<double>::quiet_NaN()};
  Dataset<T> dataset;
  bool overlapped = true;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v("batch_size", q.batch_size, one, count_from(1), "samples that a device takes in a step");
    v("sample_size_bytes", q.sample_size_bytes, KB, above(0),
      "bytes of one sample, as cpu_throughput counts them (not stated: as the dataset stores it)");
    v("cpu_throughput", q.cpu_throughput, GB / s, above(0), "bytes a second that one worker transforms");
    v("accelerator_step_time", q.accelerator_step_time, ms, above(0), "a step of the device when it never waits");
    v("workers", q.workers, one, count_from(1), "workers side by side, a core each");
    v("devices", q.devices, one, count_from(1), "devices that the workers feed, each with a batch of its own");
    v("cpu_sample_rate", q.cpu_sample_rate, per_s, above(0),
      "samples a second that one worker transforms, instead of cpu_throughput");
    v.entity("dataset", "dataset", q.dataset, "samples whose size counts where none is stated", optional);
    v("overlapped", q.overlapped, "the next batch is made ready while this one is computed; else one after the other");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct TransformationResult {
  Time<T> transform_time, accelerator_step_time;
  Flag<T> is_bottleneck;
  T accelerator_utilization{}, slowdown_factor{};
  Time<T> step_time, wait_time;
  Frequency<T> throughput, transform_throughput;
  T workers_needed{}, worker_utilization{};

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("transform_time", r.transform_time, ms, any, "until the workers have a batch ready for every device");
    v("accelerator_step_time", r.accelerator_step_time, ms, any, "a step of the device when it never waits");
    v("is_bottleneck", r.is_bottleneck, "transforming takes longer than the step");
    v("accelerator_utilization", r.accelerator_utilization, one, any, "share of the time that the device computes");
    v("slowdown_factor", r.slowdown_factor, one, any, "step time over that of a device that never waits");
    v("step_time", r.step_time, ms, any, "a step, waiting included");
    v("wait_time", r.wait_time, ms, any, "what the device waits in each step");
    v("throughput", r.throughput, per_s, any, "samples a second, all devices");
    v("transform_throughput", r.transform_throughput, per_s, any, "samples a second that the workers could make ready");
    v("workers_needed", r.workers_needed, one, any, "fewest workers with which no device waits, overlapped");
    v("worker_utilization", r.worker_utilization, one, any, "share of the time that the workers are busy");
  }
};

template <class T>
TransformationResult<T> evaluate(const TransformationQuery<T>& q) {
  const T yes = 1.0, no = 0.0;
  TransformationResult<T> r;
  const T samples = named(q.devices * q.batch_size, "samples of a step");
  const Data<T> size = first_stated(q.sample_size_bytes, q.dataset.size / q.dataset.samples);
  const Frequency<T> rate = named(first_stated(q.cpu_sample_rate, Frequency<T>{q.cpu_throughput.base / size.base}),
                                  "samples a second of a worker");
  r.accelerator_step_time = q.accelerator_step_time;
  r.transform_time = transform_time(samples, q.workers, rate);
  r.is_bottleneck = {select(q.accelerator_step_time < r.transform_time, yes, no)};
  r.step_time = q.overlapped ? overlapped_step(r.transform_time, q.accelerator_step_time)
                             : serial_step(r.transform_time, q.accelerator_step_time);
  r.wait_time = r.step_time - q.accelerator_step_time;
  r.accelerator_utilization = q.accelerator_step_time / r.step_time;
  r.slowdown_factor = r.step_time / q.accelerator_step_time;
  r.throughput = {samples / r.step_time.base};
  r.transform_throughput = {q.workers * rate.base};
  r.workers_needed = max(yes, ceil(q.workers * r.transform_time / q.accelerator_step_time));
  r.worker_utilization = r.transform_time / r.step_time;
  return r;
}

struct TransformationWall : Declares<TransformationQuery, TransformationResult, 9> {
  static constexpr auto
      name = "transformation",
      python = "TransformationModel",
      signature = "batch_size, sample_size_bytes, cpu_throughput, accelerator_step_time",
      doc = "Whether processors decode and augment samples as fast as devices take them, and how many it takes.";

  static void refuse(const TransformationQuery<double>& q, Problems& problems) {
    const auto missing = [&](const char* argument, const char* message) {
      problems.push_back({.kind = Problem::Kind::input, .argument = argument, .message = message});
    };
    if (is_stated(q.cpu_sample_rate.base)) return;
    if (!is_stated(q.cpu_throughput.base))
      missing("cpu_throughput", "cpu_throughput is missing: give it, or cpu_sample_rate");
    if (!is_stated(q.sample_size_bytes.base) && !is_stated((q.dataset.size / q.dataset.samples).base))
      missing("sample_size_bytes",
              "sample_size_bytes is missing: give it, name a dataset (mlsysim zoo datasets), or give cpu_sample_rate");
  }
};

}  // namespace mlsysim
