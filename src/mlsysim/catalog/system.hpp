#pragma once
// Where accelerators stand: grids, fabrics, nodes, fleets.
#include "mlsysim/catalog/accelerator.hpp"

namespace mlsysim {

template <class T>
struct Grid {
  CarbonIntensity<T> carbon_intensity;
  T pue{};
  WaterUsage<T> water_usage;
  T renewable_share{};
  EnergyPrice<T> electricity_price;

  template <class G, class V>
  static void fields(G& g, V& v) {
    v("carbon_intensity", g.carbon_intensity, gCO2e / kWh, at_least(0), "operational carbon of a kWh consumed");
    v("pue", g.pue, one, at_least(1), "facility energy over IT energy");
    v("water_usage", g.water_usage, L / kWh, at_least(0), "water for a kWh of IT energy");
    v("renewable_share", g.renewable_share, one, between(0, 1), "share of generation that is renewable");
    v("electricity_price", g.electricity_price, USD / kWh, at_least(0), "price of a kWh to a large consumer");
  }
};

/// `torus` has three dimensions, `torus_2d` and `mesh` two, each as near to a cube or a square as the nodes divide.
enum class Topology { fat_tree, rail_optimised, dragonfly, torus, ring, mesh, torus_2d, full_mesh };
template <>
struct Words<Topology> {
  static constexpr const char* all[] = {"fat_tree", "rail_optimised", "dragonfly", "torus_3d",
                                        "ring",     "mesh",           "torus_2d",  "full_mesh"};
};

template <class T>
struct Fabric {
  Topology topology = Topology::fat_tree;
  Bandwidth<T> bandwidth;
  Time<T> latency;
  T oversubscription{}, switch_ports{};

  template <class F, class V>
  static void fields(F& f, V& v) {
    v("topology", f.topology, "how switches are joined");
    v("bandwidth_one_way", f.bandwidth, GB / s, above(0), "one port, one direction");
    v("latency", f.latency, us, at_least(0), "one message between two nodes");
    v("oversubscription", f.oversubscription, one, at_least(1), "bandwidth below a leaf switch over that above it");
    v("switch_ports", f.switch_ports, one, count_from(4), "ports of one switch, at the bandwidth of a port");
  }
};

template <class T>
struct Node {
  Accelerator<T> accelerator;
  T accelerators{}, nics{}, power_supplies{};
  Power<T> host_power;

  template <class N, class V>
  static void fields(N& n, V& v) {
    v.entity("accelerator", "accelerator", n.accelerator, "the device it holds");
    v("accelerators", n.accelerators, one, count_from(1), "devices in a node");
    v("nics", n.nics, one, count_from(0), "network interfaces of a node");
    v("power_supplies", n.power_supplies, one, count_from(1), "power supplies of a node");
    v("host_power", n.host_power, W, at_least(0),
      "power limit of all but the accelerators: processors, memory, network, fans");
  }
};

template <class T>
struct Fleet {
  Node<T> node;
  T nodes{};
  Fabric<T> fabric;

  template <class F, class V>
  static void fields(F& f, V& v) {
    v.entity("node", "node", f.node, "what it is made of");
    v("nodes", f.nodes, one, count_from(1), "nodes in the fleet");
    v.entity("fabric", "fabric", f.fabric, "what joins the nodes");
  }
};

/// Where samples are kept. `local` is in the machine of the device; the others are reached over a network.
enum class StorageTier { local, network_file_system, object_store };
template <>
struct Words<StorageTier> {
  static constexpr const char* all[] = {"local", "network_file_system", "object_store"};
};

template <class T>
struct Storage {
  StorageTier tier = StorageTier::local;
  Bandwidth<T> read_bandwidth, write_bandwidth, stream_bandwidth;
  Time<T> latency;

  template <class S, class V>
  static void fields(S& store, V& v) {
    v("tier", store.tier, "in the machine, a file system over the network, or an object store");
    v("read_bandwidth", store.read_bandwidth, GB / s, above(0),
      "reads of one unit: a drive, an appliance, a TiB of a service");
    v("write_bandwidth", store.write_bandwidth, GB / s, above(0), "writes of one unit");
    v("stream_bandwidth", store.stream_bandwidth, GB / s, above(0), "one read by itself, where that is slower");
    v("latency", store.latency, us, at_least(0), "time of one read to its first byte");
  }
};

/// Samples to train on, as they are stored.
template <class T>
struct Dataset {
  T samples{}, validation_samples{};
  Data<T> size;

  template <class D, class V>
  static void fields(D& d, V& v) {
    v("samples", d.samples, one, count_from(1), "samples of the training set");
    v("validation_samples", d.validation_samples, one, count_from(1), "samples of the validation or test set");
    v("size", d.size, GB, above(0), "bytes of the training set as stored");
  }
};

}  // namespace mlsysim
