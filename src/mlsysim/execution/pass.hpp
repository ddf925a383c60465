#pragma once
// What one forward pass of a language model costs on a device, or on a group of them that shares every layer.
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/laws/collectives.hpp"
#include "mlsysim/laws/power.hpp"
#include "mlsysim/laws/roofline.hpp"
#include "mlsysim/workload/transformer.hpp"

namespace mlsysim {

/// Tensor-parallel devices of one kind, and how well kernels use them.
template <class T>
struct Group {
  T devices{};
  Data<T> capacity;
  Bandwidth<T> bandwidth, link;
  WorkRate<T> peak;
  Time<T> dispatch;
  Power<T> tdp;
  T efficiency{}, bandwidth_efficiency{};
  Time<T> layer_overhead, link_latency;
};

/// The rate of the link over which `devices` sum: that of the scale-up domain as far as it reaches; past it, or where there is
/// none, the network, through the host's link.
template <class T>
Bandwidth<T> group_link(const Accelerator<T>& h, T devices, Bandwidth<T> network) {
  const Bandwidth<T> outside = min(network, first_stated(h.host_link, network));
  return select(devices <= first_stated(h.scale_up_devices, T(1.0)), first_stated(h.scale_up, outside), outside);
}

template <class T>
struct Pass {
  Work<T> work;     // of the whole group
  Data<T> traffic;  // of the busiest device
  Time<T> compute, memory, launches, communication, total;
};

/// A pass in `runs` runs (chunks of a prompt) of `run` tokens: weights are met, kernels launched and sums exchanged in each.
/// `cache` is read or written on the busiest device. Roofs overlap; launches and exchanges do not.
template <class T>
Pass<T> forward_pass(const Model<T>& m, const Stored<T>& s, const Group<T>& g, Tokens<T> run, T runs,
                     Work<T> attention_work, Data<T> cache) {
  const Tokens<T> tokens = runs * run;
  const T layers = first_stated(m.layers, T(1.0));
  const T share = first_stated(shard_share(m.heads, g.devices), T(1.0) / g.devices);
  Pass<T> p;
  p.work = forward_work(first_stated(m.active_parameters, m.parameters), tokens) + attention_work;
  p.traffic = runs * (share * weights_met(m, s.weights, s.element, run)) + cache +
              residual_traffic(layers, m.hidden_dim, s.activation_element, tokens);
  p.compute = share * p.work / (g.peak * g.efficiency);
  p.memory = p.traffic / (g.bandwidth * g.bandwidth_efficiency);
  p.launches = runs * (g.dispatch + layers * g.layer_overhead);
  const T sums = named(T(2.0), "sums over the group, each layer") * layers * runs;
  const Data<T> message = run.base * m.hidden_dim * s.activation_element;
  p.communication = sums * ring_all_reduce_time(message, g.devices, g.link, g.link_latency);
  p.total = cite(max(p.compute, p.memory), "williams2009roofline, eq. 1") + p.launches + p.communication;
  return p;
}

/// Names the steps of a pass in a derivation, where no result does.
template <class T>
Pass<T> named_pass(Pass<T> p, const char* work, const char* traffic, const char* total) {
  p.work = named(p.work, work);
  p.traffic = named(p.traffic, traffic);
  p.total = named(p.total, total);
  return p;
}

/// Energy of a pass on the whole group. Units are busy while they run at the rate they attain, as in the single step.
template <class T>
Energy<T> pass_energy(const Pass<T>& p, const Group<T>& g, const Assumptions<T>& a) {
  return g.devices *
         device_power(g.tdp, a.idle_power, a.compute_power, p.compute / p.total, a.memory_power, p.memory / p.total) *
         p.total;
}

}  // namespace mlsysim
