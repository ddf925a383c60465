#pragma once
// Wall 10: how a network is joined decides what crosses its middle, and how far its nodes are apart.
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/execution/fleet_links.hpp"
#include "mlsysim/laws/original_operations.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

/// `of_fabric`, or one of Topology in its order.
enum class AskedTopology { of_fabric, fat_tree, rail_optimised, dragonfly, torus, ring, mesh, torus_2d, full_mesh };
template <>
struct Words<AskedTopology> {
  static constexpr const char* all[] = {"of_fabric", "fat_tree", "rail_optimised", "dragonfly", "torus_3d",
                                        "ring",      "mesh",     "torus_2d",       "full_mesh"};
};

template <class T>
struct TopologyQuery {
  Fabric<T> fabric;
  AskedTopology topology = AskedTopology::of_fabric;
  T num_nodes = 64.0, ports_per_node = 1.0;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("fabric", "fabric", q.fabric, "ports, switches and their bandwidth");
    v("topology", q.topology, "how nodes are joined: the fabric's own, or another with the same ports");
    v("num_nodes", q.num_nodes, one, count_between(1, 1e6), "nodes, all of them in use");
    v("ports_per_node", q.ports_per_node, one, count_between(1, 64),
      "links of a node into a fat tree, all to one leaf; rail-optimised: one to each rail");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct TopologyResult {
  Bandwidth<T> effective_bw, bisection_bw;
  T bisection_bw_fraction{}, hops_avg{};
  Answer<T, Topology> topology;
  T num_nodes{};
  T bisection_links{}, switch_tiers{}, nodes_per_leaf{};
  Time<T> latency;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("effective_bw", r.effective_bw, GB / s, any, "what each node can send when all send to all");
    v("bisection_bw", r.bisection_bw, GB / s, any,
      "through the cut into halves that the fewest links cross, one direction");
    v("bisection_bw_fraction", r.bisection_bw_fraction, one, any,
      "that over half of the nodes' ports (of a direct network, one port each): 1 is a fat tree that never blocks");
    v("hops_avg", r.hops_avg, one, any, "links between two nodes, on average, those to switches counted");
    v("topology", r.topology, "how the nodes are joined");
    v("num_nodes", r.num_nodes, one, any, "nodes");
    v("bisection_links", r.bisection_links, one, any, "links across that cut, in bandwidths of one port");
    v("switch_tiers", r.switch_tiers, one, any, "tiers of switches of a fat tree; 0 in a network without them");
    v("nodes_per_leaf", r.nodes_per_leaf, one, any, "nodes on one switch; 1 where each node is one");
    v("latency", r.latency, us, any, "one message between two nodes, as the fabric states it");
  }
};

namespace locality {

template <class T>
T hops(Topology kind, T nodes, T ports, T leaf, T links) {
  switch (kind) {
    case Topology::ring:
      return torus_hops<1>("ring_hops", nodes);
    case Topology::torus:
      return torus_hops<3>("torus_hops", nodes);
    case Topology::torus_2d:
      return torus_hops<2>("torus_hops", nodes);
    case Topology::mesh:
      return mesh_hops(nodes);
    case Topology::full_mesh:
      return select(nodes <= T(1.0), T(0.0), T(1.0));
    case Topology::dragonfly:
      return dragonfly_hops(nodes);
    case Topology::fat_tree:
    case Topology::rail_optimised:
      break;
  }
  return clos_hops(nodes, ports, leaf, links);
}

/// The original's factor and distance; a fat tree's for every name that it does not know.
template <class T>
T original_share(Topology kind, T nodes) {
  if (kind == Topology::dragonfly) return named(T(0.85), "original's share of a dragonfly");
  if (kind == Topology::torus) return original::torus_share(nodes);
  if (kind == Topology::ring) return named(T(2.0), "original's links of a ring") / nodes;
  return named(T(1.0), "original's share of a fat tree");
}
template <class T>
T original_hops(Topology kind, T nodes) {
  if (kind == Topology::dragonfly) return named(T(3.0), "original's hops of a dragonfly");
  if (kind == Topology::torus) return original::torus_hops(nodes);
  if (kind == Topology::ring) return nodes / named(T(4.0), "original's quarter of a ring");
  return named(T(4.0), "original's hops of a fat tree");
}

inline Topology kind(AskedTopology asked, Topology of_fabric) {
  return asked == AskedTopology::of_fabric ? of_fabric : static_cast<Topology>(static_cast<int>(asked) - 1);
}

}  // namespace locality

template <class T>
TopologyResult<T> evaluate(const TopologyQuery<T>& q) {
  const Topology kind = locality::kind(q.topology, q.fabric.topology);
  const bool switched = kind == Topology::fat_tree || kind == Topology::rail_optimised;
  const T yes = 1.0, no = 0.0, n = q.num_nodes, half = named(T(0.5), "half");
  TopologyResult<T> r;
  r.topology = {T(static_cast<double>(static_cast<int>(kind)))};
  r.num_nodes = n;
  r.latency = q.fabric.latency;
  r.switch_tiers = r.nodes_per_leaf = no;
  if (q.assumptions.locality == Basis::original) {
    r.bisection_bw_fraction = locality::original_share(kind, n);
    r.hops_avg = locality::original_hops(kind, n);
    r.effective_bw = q.fabric.bandwidth * r.bisection_bw_fraction / q.fabric.oversubscription;
    r.bisection_bw = r.effective_bw * n * half;
    r.bisection_links = r.bisection_bw / q.fabric.bandwidth;
    return r;
  }
  // A node's links into a fat tree share a leaf; of rails, each has a tree of its own.
  const T links = switched ? q.ports_per_node : yes, to_leaf = kind == Topology::fat_tree ? links : yes;
  T oversubscription = yes, leaf = yes, leaving = yes;
  if (switched) {
    const T tapered = clos_leaf(q.fabric.switch_ports, q.fabric.oversubscription, to_leaf);
    r.switch_tiers = clos_tiers(n, q.fabric.switch_ports, tapered, to_leaf);
    oversubscription = named(select(r.switch_tiers <= yes, yes, q.fabric.oversubscription), "oversubscription met");
    leaf = select(r.switch_tiers <= yes, n, tapered);
    leaving = named(max(no, n - leaf) / max(yes, n - yes), "share of traffic that leaves its leaf");
  }
  r.nodes_per_leaf = kind == Topology::dragonfly ? dragonfly_router(n) : leaf;
  r.hops_avg = locality::hops(kind, n, switched ? q.fabric.switch_ports : yes, leaf, to_leaf);
  r.bisection_links = links * middle_links(kind, n, oversubscription);
  r.bisection_bw = q.fabric.bandwidth * r.bisection_links;
  r.bisection_bw_fraction = select(n <= yes, yes, r.bisection_links / (half * n * links));
  // A node of a direct network has a link to each neighbour; behind a switch it has its own.
  const T through = select(n <= yes, yes, all_to_all_links(r.bisection_links, max(n, named(T(2.0), "a pair"))));
  const T spread = switched                      ? yes / max(yes, leaving * oversubscription)
                   : kind == Topology::dragonfly ? min(yes, through)
                                                 : through;
  r.effective_bw = q.fabric.bandwidth * links * spread;
  return r;
}

struct TopologyWall : Declares<TopologyQuery, TopologyResult, 10> {
  static constexpr auto name = "topology", python = "TopologyModel", signature = "fabric, topology, num_nodes",
                        doc =
                            "What crosses the middle of a network and how far its nodes are apart, by how they are "
                            "joined.";

  static void refuse(const TopologyQuery<double>& q, Problems& problems) {
    if (q.assumptions.locality == Basis::original) return;
    const Topology kind = locality::kind(q.topology, q.fabric.topology);
    const double ports = q.fabric.switch_ports;
    if ((kind == Topology::fat_tree || kind == Topology::rail_optimised) && ports < 2 * q.ports_per_node)
      problems.push_back({.kind = Problem::Kind::input,
                          .argument = "ports_per_node",
                          .message =
                              "ports_per_node is more than half of the ports of a switch: a leaf has no room for a "
                              "node's links and as many upwards",
                          .nearest = "ports_per_node " + std::to_string(static_cast<int>(ports / 2))});
    const double p = topology::dragonfly_router(q.num_nodes), room = std::floor((ports + 1) / 4);
    if (kind == Topology::dragonfly && p > room) {
      const double most = 2 * room * room * (2 * room * room + 1);
      problems.push_back({.kind = Problem::Kind::input,
                          .argument = "num_nodes",
                          .message = "num_nodes is more than a balanced dragonfly of these routers has room for",
                          .nearest = "num_nodes " + std::to_string(static_cast<long>(most))});
    }
  }
};

}  // namespace mlsysim
