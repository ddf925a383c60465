#pragma once
// Wall 22: the roofline solved for the device: what peak, bandwidth and memory a target asks for.
#include "mlsysim/laws/inverse_roofline.hpp"
#include "mlsysim/walls/single_node.hpp"

namespace mlsysim {

template <class T>
struct SynthesisQuery {
  SingleNodeQuery<T> step;  // its device is what is asked for
  Time<T> target_latency{std::numeric_limits<double>::quiet_NaN()}, dispatch_tax{0.0};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.step.model, "the network");
    v("target_latency", q.target_latency, ms, above(0), "one step, at most");
    SingleNodeQuery<T>::settings(q.step, v);
    v("dispatch_tax", q.dispatch_tax, us, at_least(0), "fixed time that the device takes to start one step");
    v.entity("assumptions", "assumptions", q.step.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct SynthesisResult {
  Flag<T> feasible;
  Bandwidth<T> required_bw;
  WorkRate<T> required_flops;
  Data<T> required_memory;
  Intensity<T> compute_memory_ratio;
  Time<T> target_latency, latency_overhead, time_left;
  Data<T> model_size, traffic;
  Work<T> total_ops;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "the target is longer than the fixed time, so that some device meets it");
    v("required_bw", r.required_bw, GB / s, any, "least memory bandwidth");
    v("required_flops", r.required_flops, Tflop / s, any, "least dense peak in the format asked for");
    v("required_memory", r.required_memory, GB, any, "least memory capacity");
    v("compute_memory_ratio", r.compute_memory_ratio, flop / byte, any,
      "least peak over least bandwidth: of a device that is both roofs at once");
    v("target_latency", r.target_latency, ms, any, "as asked");
    v("latency_overhead", r.latency_overhead, ms, any, "fixed time: dispatch and kernel launches");
    v("time_left", r.time_left, ms, any, "for arithmetic and traffic");
    v("model_size", r.model_size, GB, any, "weights");
    v("traffic", r.traffic, GB, any, "bytes moved");
    v("total_ops", r.total_ops, Gflop, any, "operations executed");
  }
};

template <class T>
SynthesisResult<T> evaluate(const SynthesisQuery<T>& q) {
  const auto& a = q.step.assumptions;
  const auto s = single_node::shape(q.step);
  SingleNodeResult<T> of;
  single_node::work(q.step, s, of);
  single_node::footprint(q.step, s, of);
  single_node::traffic(q.step, s, of);
  const bool original = a.analysis == Basis::original;
  SynthesisResult<T> r;
  r.target_latency = q.target_latency;
  r.model_size = s.weights;
  r.total_ops = of.work_executed;
  // The original inverts the weights alone, and takes no fixed time off: its specification misses its own target.
  r.traffic = original ? s.weights : of.traffic;
  r.latency_overhead = original ? Time<T>{T(0.0)} : single_node::fixed_time(q.step, s, q.dispatch_tax);
  r.time_left = q.target_latency - r.latency_overhead;
  r.feasible = {select(Time<T>{T(0.0)} < r.time_left, T(1.0), T(0.0))};
  r.required_flops = required_peak(r.total_ops, r.time_left, q.step.efficiency);
  r.required_bw = required_bandwidth(r.traffic, r.time_left);
  r.required_memory = original ? s.weights
                               : (of.memory_weights + of.memory_kv_cache + of.memory_activations + of.memory_gradients +
                                  of.memory_optimizer) /
                                     a.usable_memory;
  r.compute_memory_ratio = r.total_ops / (r.traffic * q.step.efficiency);
  return r;
}

struct SynthesisWall : Declares<SynthesisQuery, SynthesisResult, 22> {
  static constexpr auto name = "synthesis", python = "SynthesisSolver",
                        doc = "The device that a latency target asks for: least peak, bandwidth and memory.";
  static constexpr auto signature = "model, target_latency, precision, efficiency";
};

}  // namespace mlsysim
