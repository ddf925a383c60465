#pragma once
// What a group of devices has to talk over: links inside a node, the fabric between nodes. A replica of the model lies on
// consecutive devices: tensor-parallel neighbours innermost, then expert-parallel, then pipeline stages; replicas follow.
#include "mlsysim/catalog/system.hpp"
#include "mlsysim/laws/collectives.hpp"
#include "mlsysim/laws/topology.hpp"

namespace mlsysim {

/// The two kinds of link that a device has, one direction.
template <class T>
struct FleetLinks {
  T domain;                      // devices that the inner links join
  Bandwidth<T> inside, between;  // of one device
  Time<T> inside_latency, between_latency;
};

/// Devices without links of their own talk through the host's. A node's network interfaces are shared out among its devices.
template <class T>
FleetLinks<T> fleet_links(const Fleet<T>& f, Time<T> scale_up_latency) {
  const auto& device = f.node.accelerator;
  const T each = f.node.accelerators;
  const T interfaces = first_stated(f.node.nics, named(T(1.0) * each, "one network interface a device (none stated)"));
  return {.domain = named(min(each, first_stated(device.scale_up_devices, each)), "devices in a scale-up domain"),
          .inside = first_stated(device.scale_up, device.host_link),
          .between = named(f.fabric.bandwidth * interfaces / (each * f.fabric.oversubscription),
                           "fabric bandwidth of a device"),
          .inside_latency = scale_up_latency,
          .between_latency = f.fabric.latency};
}

/// `devices` that work together, `inside` of them in one domain, so that they span `domains`.
template <class T>
struct Ranks {
  T devices, inside, domains;
};
template <class T>
Ranks<T> ranks(T devices, T most_inside, const char* inside_name, const char* domains_name) {
  const T inside = named(min(devices, max(T(1.0), floor(most_inside))), inside_name);
  return {devices, inside, named(ceil(devices / inside), domains_name)};
}

template <class T>
Time<T> all_reduce_time(const FleetLinks<T>& l, const Ranks<T>& g, Data<T> message) {
  return hierarchical_all_reduce_time(message, g.inside, g.domains, l.inside, l.inside_latency, l.between,
                                      l.between_latency);
}
/// An all-gather takes the same time.
template <class T>
Time<T> reduce_scatter_time(const FleetLinks<T>& l, const Ranks<T>& g, Data<T> message) {
  return hierarchical_reduce_scatter_time(message, g.inside, g.domains, l.inside, l.inside_latency, l.between,
                                          l.between_latency);
}

/// Links through the middle of a fabric of `nodes`, in bandwidths of one node. Oversubscription counts where it is not already
/// in the bandwidth of a node (`FleetLinks::between`).
template <class T>
T middle_links(Topology topology, T nodes, T oversubscription = T(1.0)) {
  switch (topology) {
    case Topology::ring:
      return torus_cut<1>("ring_cut", nodes);
    case Topology::torus:
      return torus_cut<3>("torus_cut", nodes);
    case Topology::torus_2d:
      return torus_cut<2>("torus_cut", nodes);
    case Topology::mesh:
      return mesh_cut(nodes);
    case Topology::full_mesh:
      return full_mesh_cut(nodes);
    case Topology::dragonfly:
      return dragonfly_cut(nodes);
    case Topology::fat_tree:
    case Topology::rail_optimised:
      break;
  }
  return clos_cut(nodes, oversubscription);
}

/// Inside one domain, or else over the fabric, whose middle all groups share.
template <class T>
Time<T> all_to_all_time(const FleetLinks<T>& l, const Ranks<T>& g, Topology topology, Data<T> message) {
  const Time<T> near = all_to_all_time(message, g.devices, l.inside, l.inside_latency);
  const Bandwidth<T> share = l.between * bisection_share(middle_links(topology, g.domains), g.domains);
  const Time<T> far = all_to_all_time(message, g.devices, share, l.between_latency);
  return select(g.domains <= T(1.0), near, far);
}

}  // namespace mlsysim
