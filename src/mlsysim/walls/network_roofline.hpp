#pragma once
// The roofline of a fleet that trains by data parallelism: operations against the bytes that gradients send over its links.
#include "mlsysim/execution/fleet_links.hpp"
#include "mlsysim/walls/single_node.hpp"

namespace mlsysim {

enum class FleetBottleneck { compute, scale_up, network };
template <>
struct Words<FleetBottleneck> {
  static constexpr const char* all[] = {"Compute", "Scale-up links", "Network"};
};

template <class T>
struct NetworkRooflineQuery {
  Model<T> model;
  Fleet<T> fleet;
  Precision precision = Precision::fp16;
  T efficiency = 0.5, batch_size = 1.0;
  Tokens<T> seq_len{2048.0};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the network");
    v.entity("fleet", "fleet", q.fleet, "nodes and what joins them");
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v("batch_size", q.batch_size, one, count_from(1),
      "sequences or samples that each device works on between two exchanges");
    v("seq_len", q.seq_len, token, count_from(1), "tokens of each sequence", Spelling{"context"});
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct NetworkRooflineResult {
  Answer<T, FleetBottleneck> bottleneck;
  Time<T> latency, latency_compute, latency_scale_up, latency_network;
  T margin{}, compute_bound_batch{};
  Frequency<T> throughput;
  Intensity<T> arithmetic_intensity, ridge_point, scale_up_intensity, scale_up_ridge;
  Data<T> network_bytes, scale_up_bytes;
  WorkRate<T> peak_flops, achievable_flops;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("bottleneck", r.bottleneck, "the roof that binds");
    v("latency", r.latency, ms, any, "one step, communication fully overlapped");
    v("latency_compute", r.latency_compute, ms, any, "arithmetic of a device alone");
    v("latency_scale_up", r.latency_scale_up, ms, any, "bytes over its links inside the node alone");
    v("latency_network", r.latency_network, ms, any, "bytes over the fabric alone");
    v("margin", r.margin, one, any, "communication time over compute time");
    v("compute_bound_batch", r.compute_bound_batch, one, any,
      "sequences or samples a device from which arithmetic binds");
    v("throughput", r.throughput, per_s, any, "sequences or samples a second, the whole fleet");
    v("arithmetic_intensity", r.arithmetic_intensity, flop / byte, any, "operations for each byte over the fabric");
    v("ridge_point", r.ridge_point, flop / byte, any, "that at which the fabric stops binding");
    v("scale_up_intensity", r.scale_up_intensity, flop / byte, any, "operations for each byte inside the node");
    v("scale_up_ridge", r.scale_up_ridge, flop / byte, any, "that at which those links stop binding");
    v("network_bytes", r.network_bytes, GB, any, "what a device sends over the fabric in a step");
    v("scale_up_bytes", r.scale_up_bytes, GB, any, "what it sends inside its node");
    v("peak_flops", r.peak_flops, Pflop / s, any, "peak of the fleet");
    v("achievable_flops", r.achievable_flops, Pflop / s, any, "rate that the binding roof allows");
  }
};

template <class T>
NetworkRooflineResult<T> evaluate(const NetworkRooflineQuery<T>& q) {
  SingleNodeQuery<T> device;
  device.model = q.model;
  device.batch_size = q.batch_size;
  device.precision = q.precision;
  device.is_training = true;
  device.seq_len = q.seq_len;
  device.assumptions = q.assumptions;
  const auto s = single_node::shape(device);
  const Work<T> work = named(s.passes * single_node::forward(device, s), "work of a device");

  const FleetLinks<T> links = fleet_links(q.fleet, Time<T>{T(0.0)});
  const T devices = q.fleet.nodes * q.fleet.node.accelerators;
  const Ranks<T> all = ranks(devices, links.domain, "devices in a domain", "domains of the fleet");
  const Data<T> gradients = named(s.weights / s.element * s.activation_element, "gradients");
  const T twice = named(T(2.0), "reduced and gathered");
  NetworkRooflineResult<T> r;
  r.scale_up_bytes = cite(twice * (all.inside - T(1.0)) / all.inside * gradients, "patarasuk2009ring, theorem 1");
  r.network_bytes =
      cite(twice * (all.domains - T(1.0)) / all.domains * (gradients / all.inside), "cho2019blueconnect, section 3");

  const WorkRate<T> rate = q.fleet.node.accelerator.compute.peak(q.precision) * q.efficiency;
  r.latency_compute = work / rate;
  r.latency_scale_up = r.scale_up_bytes / links.inside;
  r.latency_network = r.network_bytes / links.between;
  const Time<T> moved = max(r.latency_scale_up, r.latency_network);
  r.latency = cite(max(r.latency_compute, moved), "williams2009roofline, eq. 1");
  const T compute = 0.0, scale_up = 1.0, network = 2.0;
  r.bottleneck = {
      select(moved <= r.latency_compute, compute, select(r.latency_network < r.latency_scale_up, scale_up, network))};
  r.margin = moved / r.latency_compute;
  r.compute_bound_batch = max(T(1.0), ceil(q.batch_size * r.margin));
  r.throughput = {devices * q.batch_size / r.latency.base};
  r.arithmetic_intensity = arithmetic_intensity(work, r.network_bytes);
  r.ridge_point = ridge_point(rate, links.between);
  r.scale_up_intensity = arithmetic_intensity(work, r.scale_up_bytes);
  r.scale_up_ridge = ridge_point(rate, links.inside);
  r.peak_flops = devices * q.fleet.node.accelerator.compute.peak(q.precision);
  r.achievable_flops = devices * work / r.latency;
  return r;
}

struct NetworkRooflineWall : Declares<NetworkRooflineQuery, NetworkRooflineResult> {
  static constexpr auto name = "network-roofline", python = "NetworkRooflineModel",
                        doc =
                            "A fleet that trains by data parallelism: bound by arithmetic, by the links inside a node, "
                            "or by the network.";
};

}  // namespace mlsysim
