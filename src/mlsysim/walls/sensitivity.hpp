#pragma once
// Wall 21: how much a step gains from each part of its device. It asks walls 1 and 2 again with one part changed; any result of
// any wall against any of its figures is search/sensitivity.hpp.
#include "mlsysim/laws/inverse_roofline.hpp"
#include "mlsysim/walls/single_node.hpp"

namespace mlsysim {

enum class BindingConstraint { peak_flops, memory_bandwidth, memory_capacity, overhead };
template <>
struct Words<BindingConstraint> {
  static constexpr const char* all[] = {"peak_flops", "memory_bandwidth", "memory_capacity", "overhead"};
};

template <class T>
struct SensitivityQuery {
  SingleNodeQuery<T> step;
  T perturbation_pct = 10.0;

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    SingleNodeQuery<T>::fields(q.step, v);
    v("perturbation_pct", q.perturbation_pct, one, above(-100),
      "per cent that each part of the device is raised by; and divided by the same factor");
  }
};

/// One number for each part of the device: all dense peaks, the bandwidth or the capacity of every level of memory, and the
/// fixed time.
template <class T>
struct DeviceParts {
  T peak_flops{}, memory_bandwidth{}, memory_capacity{}, overhead{};

  template <class P, class V>
  static void fields(P& p, V& v) {
    v("peak_flops", p.peak_flops, one, any, "arithmetic");
    v("memory_bandwidth", p.memory_bandwidth, one, any, "bandwidth of every level of memory");
    v("memory_capacity", p.memory_capacity, one, any, "capacity of every level of memory");
    v("overhead", p.overhead, one, any, "fixed time of dispatch and kernel launches");
  }
};

template <class T>
struct SensitivityResult {
  Flag<T> feasible;
  Answer<T, BindingConstraint> binding_constraint;
  Time<T> baseline_latency, latency_compute, latency_memory, latency_overhead;
  T perturbation_pct{}, memory_headroom{};
  DeviceParts<T> sensitivities, sensitivities_down, elasticities;
  Flag<T> kink;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "everything fits the device's memory");
    v("binding_constraint", r.binding_constraint, "the part of the device that the step depends on most");
    v("baseline_latency", r.baseline_latency, ms, any, "one step as it is");
    v("latency_compute", r.latency_compute, ms, any, "arithmetic alone");
    v("latency_memory", r.latency_memory, ms, any, "memory traffic alone");
    v("latency_overhead", r.latency_overhead, ms, any, "fixed time: dispatch and kernel launches");
    v("perturbation_pct", r.perturbation_pct, one, any, "as asked");
    v("memory_headroom", r.memory_headroom, one, any, "memory available over memory needed; below 1 it does not fit");
    v.entity("sensitivities", "", r.sensitivities, "relative change of the step where a part is raised");
    v.entity("sensitivities_down", "", r.sensitivities_down, "the same where it is divided by that factor");
    v.entity("elasticities", "", r.elasticities, "per cent of the step for one per cent of the part");
    v("kink", r.kink, "both roofs bind: raising either part alone gains nothing, lowering either costs");
  }
};

namespace sensitivity {

/// Multiplies every figure that it visits.
template <class T>
struct Scale {
  T factor;
  template <Dim D>
  void operator()(const char*, Quantity<D, T>& x, Unit<D>, Range, const char*) {
    x = x * factor;
  }
};

template <class T>
SingleNodeResult<T> again(const SingleNodeQuery<T>& step, const char* name) {
  SingleNodeResult<T> r = evaluate(step);
  r.latency = named(r.latency, name);
  r.latency_compute = named(r.latency_compute, "its arithmetic");
  r.latency_memory = named(r.latency_memory, "its memory traffic");
  r.latency_overhead = named(r.latency_overhead, "its fixed time");
  return r;
}
template <class T>
SingleNodeResult<T> with_peak(SingleNodeQuery<T> step, T factor, const char* name) {
  Scale<T> scale{factor};
  Compute<T>::fields(step.hardware.compute, scale);
  return again(step, name);
}
/// The original changes main memory alone and takes the other levels away, so that what lived there moves.
template <class T>
void only_main(SingleNodeQuery<T>& step) {
  if (step.assumptions.analysis != Basis::original) return;
  auto& m = step.hardware.memory;
  const T unstated(std::numeric_limits<double>::quiet_NaN());
  m.sram_capacity = m.flash_capacity = Data<T>{unstated};
  m.sram_bandwidth = m.flash_bandwidth = Bandwidth<T>{unstated};
}
template <class T>
SingleNodeResult<T> with_bandwidth(SingleNodeQuery<T> step, T factor, const char* name) {
  only_main(step);
  auto& m = step.hardware.memory;
  m.bandwidth = m.bandwidth * factor;
  m.sram_bandwidth = m.sram_bandwidth * factor;
  m.flash_bandwidth = m.flash_bandwidth * factor;
  return again(step, name);
}
template <class T>
SingleNodeResult<T> with_capacity(SingleNodeQuery<T> step, T factor, const char* name) {
  only_main(step);
  auto& m = step.hardware.memory;
  m.capacity = m.capacity * factor;
  m.sram_capacity = m.sram_capacity * factor;
  m.flash_capacity = m.flash_capacity * factor;
  return again(step, name);
}
template <class T>
SingleNodeResult<T> with_overhead(SingleNodeQuery<T> step, T factor, const char* name) {
  step.hardware.dispatch_tax = step.hardware.dispatch_tax * factor;
  step.assumptions.layer_overhead = step.assumptions.layer_overhead * factor;
  return again(step, name);
}

template <class T>
T change(const SingleNodeResult<T>& now, const SingleNodeResult<T>& then) {
  return (then.latency - now.latency) / now.latency;
}

/// Which part matters most. What does not fit is bound by capacity, whatever the times that a larger device would have.
template <class T>
T binding(const SensitivityQuery<T>& q, const SensitivityResult<T>& r) {
  const auto index = [](BindingConstraint c) { return T(static_cast<double>(static_cast<int>(c))); };
  const auto size = [](T x) { return max(x, T(0.0) - x); };
  const bool original = q.step.assumptions.analysis == Basis::original;
  const auto& by = original ? r.sensitivities : r.elasticities;
  T most = size(by.peak_flops), binds = index(BindingConstraint::peak_flops);
  const auto consider = [&](T other, BindingConstraint c) {
    binds = select(most < size(other), index(c), binds);
    most = max(most, size(other));
  };
  consider(by.memory_bandwidth, BindingConstraint::memory_bandwidth);
  consider(by.memory_capacity, BindingConstraint::memory_capacity);
  if (original) return binds;
  consider(by.overhead, BindingConstraint::overhead);
  return select(r.memory_headroom < T(1.0), index(BindingConstraint::memory_capacity), binds);
}

}  // namespace sensitivity

template <class T>
SensitivityResult<T> evaluate(const SensitivityQuery<T>& q) {
  using namespace sensitivity;
  const T factor = named(T(1.0) + q.perturbation_pct / T(100.0), "factor"),
          inverse = named(T(1.0) / factor, "1 / factor");
  const SingleNodeResult<T> now = evaluate(q.step);
  SensitivityResult<T> r;
  r.feasible = now.feasible;
  r.baseline_latency = now.latency;
  r.latency_compute = now.latency_compute;
  r.latency_memory = now.latency_memory;
  r.latency_overhead = now.latency_overhead;
  r.perturbation_pct = q.perturbation_pct;
  r.memory_headroom = now.memory_available / now.memory_footprint;
  const auto of = [&](T f, const char* peak, const char* bandwidth, const char* capacity, const char* overhead) {
    return DeviceParts<T>{change(now, with_peak(q.step, f, peak)), change(now, with_bandwidth(q.step, f, bandwidth)),
                          change(now, with_capacity(q.step, f, capacity)),
                          change(now, with_overhead(q.step, f, overhead))};
  };
  r.sensitivities = of(factor, "latency at a higher peak", "latency at a higher bandwidth", "latency with more memory",
                       "latency with a longer fixed time");
  r.sensitivities_down = of(inverse, "latency at a lower peak", "latency at a lower bandwidth",
                            "latency with less memory", "latency with a shorter fixed time");
  r.elasticities.peak_flops = roof_elasticity(now.latency_compute, now.latency_memory, now.latency);
  r.elasticities.memory_bandwidth = roof_elasticity(now.latency_memory, now.latency_compute, now.latency);
  if (q.step.assumptions.overflow ==
      Basis::original)  // what does not fit comes over the host's link, whatever the memory
    r.elasticities.memory_bandwidth =
        select(now.memory_available < now.memory_footprint,
               select(now.peak_bw_actual < q.step.hardware.memory.bandwidth, T(0.0), r.elasticities.memory_bandwidth),
               r.elasticities.memory_bandwidth);
  r.elasticities.memory_capacity = T(0.0);  // capacity decides what fits and where it lives: steps, not slopes
  r.elasticities.overhead = now.latency_overhead / now.latency;
  r.kink = {select(now.latency_compute <= now.latency_memory,
                   select(now.latency_memory <= now.latency_compute, T(1.0), T(0.0)), T(0.0))};
  r.binding_constraint = {binding(q, r)};
  return r;
}

struct SensitivityWall : Declares<SensitivityQuery, SensitivityResult, 21> {
  static constexpr auto name = "sensitivity", python = "SensitivitySolver",
                        doc =
                            "Which part of a device a step depends on most: more arithmetic, bandwidth, memory, or "
                            "less fixed time.";
  static constexpr auto signature = "model, hardware, precision, perturbation_pct, efficiency";
};

}  // namespace mlsysim
