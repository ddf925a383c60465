#pragma once
// Networks as graphs: the links that the fewest cuts into halves cross, and how far two nodes are apart on average.
#include <algorithm>
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

namespace topology {

/// Of a box, longest first.
struct Sides {
  double k[3];
  double length() const { return k[0] + k[1] + k[2]; }
  bool operator==(const Sides&) const = default;
};

/// The sides of `nodes` in one, two or three dimensions that are nearest to a line, a square or a cube.
inline Sides sides(double nodes, int dimensions) {
  const auto divides = [](double a, double n) { return a * std::floor(n / a) == n; };
  const auto square = [&](double n) {
    double b = std::floor(std::sqrt(n) + 0.5);
    while (b > 1 && !(b * b <= n && divides(b, n))) --b;
    return b;
  };
  if (!(nodes > 1) || dimensions == 1) return {{std::fmax(1, nodes), 1, 1}};
  if (dimensions == 2) return {{nodes / square(nodes), square(nodes), 1}};
  Sides best{{nodes, 1, 1}};
  for (double a = std::floor(std::cbrt(nodes) + 0.5); a >= 1; --a) {
    // No shape with so short a side is nearer to a cube.
    if (a + 2 * std::sqrt(nodes / a) >= best.length()) break;
    if (!divides(a, nodes)) continue;
    const double b = square(nodes / a), c = nodes / a / b;
    if (a + b + c < best.length()) best = {{std::fmax(b, c), std::fmin(b, c), a}};
  }
  std::sort(best.k, best.k + 3, [](double a, double b) { return a > b; });
  return best;
}

/// Links that the best cut into halves crosses: straight across a side that can be halved, or in steps where the longest can't.
inline double cut(double nodes, int dimensions, bool wraps) {
  const Sides box = sides(std::floor(nodes), dimensions);
  const double n = box.k[0] * box.k[1] * box.k[2];
  const auto links = [&](double side) { return wraps && side > 2 ? 2.0 : 1.0; };  // that a cut through a row crosses
  const auto even = [](double side) { return std::fmod(side, 2) == 0; };
  double steps = 0, rest = n;
  for (const double side : box.k) {
    if (side == 1) break;
    rest /= side;
    steps += links(side) * rest;
    if (even(side)) break;
  }
  double best = steps;
  for (const double side : box.k)
    if (even(side)) best = std::fmin(best, links(side) * n / side);
  return best;
}

/// Mean number of links between two different nodes.
inline double hops(double nodes, int dimensions, bool wraps) {
  const Sides box = sides(std::floor(nodes), dimensions);
  const double n = box.k[0] * box.k[1] * box.k[2];
  double sum = 0;
  for (const double side : box.k)
    sum += !wraps                    ? (side * side - 1) / (3 * side)
           : std::fmod(side, 2) == 0 ? side / 4
                                     : (side * side - 1) / (4 * side);
  return n > 1 ? sum * n / (n - 1) : 0;
}

/// Tiers of switches that a folded Clos of more than one switch needs.
inline double clos_tiers(double nodes, double ports, double leaf) {
  double tiers = 2;
  for (double room = leaf * ports; room < nodes; room *= std::floor(ports / 2)) ++tiers;
  return tiers;
}
/// Mean number of links between two of its nodes: up to the first tier that they share, and down again.
inline double clos_hops(double nodes, double ports, double leaf) {
  const double tiers = clos_tiers(nodes, ports, leaf);
  double sum = 0, nearer = 0, group = leaf;
  for (double tier = 1; tier <= tiers; ++tier) {
    if (tier == tiers) group = nodes;
    const double full = std::floor(nodes / group), rest = nodes - full * group;
    const double pairs = full * group * (group - 1) + rest * (rest - 1);
    sum += 2 * tier * (pairs - nearer);
    nearer = pairs;
    group *= std::floor(ports / 2);
  }
  return nodes > 1 ? sum / (nodes * (nodes - 1)) : 0;
}

/// Nodes on a router of the smallest balanced dragonfly with room for `nodes`.
inline double dragonfly_router(double nodes) {
  double p = 1;
  while (2 * p * p * (2 * p * p + 1) < nodes) ++p;
  return p;
}

}  // namespace topology

/// Links that the cut of a torus into two equal halves crosses, and the mean number of links between two of its nodes; a ring
/// is a torus of one dimension.
///
///     C = min over cuts;  2 N / k where the longest side k is even
///     h = N / (N - 1) (h(k1) + h(k2) + h(k3)),   h(k) = k / 4 for an even side, (k^2 - 1) / (4 k) for an odd one
///
/// N  nodes   as a line, a rectangle or a box with sides as equal as N divides                [1]
///
/// Valid:   one link in each direction between neighbours; a side of two has one link, not two.
/// Source:  arocafernandez2014bisection, theorem on tori; dally2004interconnection, section 5.2
/// Forms:   1, 2, 3
/// Example: nodes=512
template <int dimensions, class T>
T torus_cut(const char* name, T nodes) {
  return cite(opaque(
                  name, [](double n) { return topology::cut(n, dimensions, true); }, nodes),
              "arocafernandez2014bisection");
}
template <int dimensions, class T>
T torus_hops(const char* name, T nodes) {
  return cite(opaque(
                  name, [](double n) { return topology::hops(n, dimensions, true); }, nodes),
              "dally2004interconnection, section 5.2");
}

/// The same of a mesh of two dimensions, which has no links around its edges.
///
///     C = min over cuts;  N / k where the longest side k is even
///     h = N / (N - 1) (h(k1) + h(k2)),   h(k) = (k^2 - 1) / (3 k)
///
/// N  nodes   as a rectangle with sides as equal as N divides   [1]
///
/// Valid:   one link in each direction between neighbours.
/// Source:  arocafernandez2014bisection, theorem on arrays; dally2004interconnection, section 5.2
/// Example: nodes=64
template <class T>
T mesh_cut(T nodes) {
  return cite(opaque(
                  "mesh_cut", [](double n) { return topology::cut(n, 2, false); }, nodes),
              "arocafernandez2014bisection");
}
template <class T>
T mesh_hops(T nodes) {
  return cite(opaque(
                  "mesh_hops", [](double n) { return topology::hops(n, 2, false); }, nodes),
              "dally2004interconnection, section 5.2");
}

/// Links that the cut of a full mesh into halves crosses: one for each pair.
///
///     C = floor(N / 2) ceil(N / 2)
///
/// N  nodes   each with a link to every other   [1]
///
/// Valid:   one link in each direction for each pair.
/// Source:  dally2004interconnection, section 3.3
/// Example: nodes=8
template <class T>
T full_mesh_cut(T nodes) {
  const T half = T(0.5);
  return cite(floor(half * nodes) * ceil(half * nodes), "dally2004interconnection, section 3.3");
}

/// Links into the middle of a fat tree (folded Clos), in bandwidths of one node.
///
///     C = floor(N / 2) / o
///
/// N  nodes              [1]
/// o  oversubscription   bandwidth below a leaf switch over that above it; 1 where one switch joins all   [1]
///
/// Valid:   leaf switches filled, and as many in each half; tiers above the leaves do not block.
/// Source:  leiserson1985fattrees; alfares2008commodity, section 2
/// Example: nodes=64 oversubscription=2
template <class T>
T clos_cut(T nodes, T oversubscription) {
  return cite(floor(T(0.5) * nodes) / oversubscription, "alfares2008commodity, section 2");
}

/// What each node can send when all send to all and the cut into halves binds, in bandwidths of a link.
///
///     b = C (N - 1) / (floor(N / 2) ceil(N / 2))
///
/// C  cut     links across the cut, one direction   [1]
/// N  nodes   at least 2                            [1]
///
/// Valid:   traffic spread evenly over all pairs; reached by ideal routing on a ring, a torus of even sides and a full mesh.
/// Source:  dally2004interconnection, section 3.3
/// Example: cut=32 nodes=64
template <class T>
T all_to_all_links(T cut, T nodes) {
  const T half = T(0.5);
  return cite(cut * (nodes - T(1.0)) / (floor(half * nodes) * ceil(half * nodes)),
              "dally2004interconnection, section 3.3");
}

/// Nodes on a leaf switch.
///
///     d = max(1, floor(R o / (1 + o) / m))
///
/// R  ports              of a switch                                               [1]
/// o  oversubscription   bandwidth below a leaf switch over that above it          [1]
/// m  links              of a node to this leaf                                    [1]
///
/// Valid:   ports of one speed, up and down.
/// Source:  alfares2008commodity, section 2.2
/// Example: ports=64 oversubscription=1 links=1
template <class T>
T clos_leaf(T ports, T oversubscription, T links) {
  const T one = T(1.0);
  return cite(max(one, floor(ports * oversubscription / (one + oversubscription) / links)),
              "alfares2008commodity, section 2.2");
}

/// Tiers of switches of a fat tree, and the mean number of links between two of its nodes: 2 under one switch, 4 over two
/// tiers, 6 over three.
///
///     room: one switch R / m nodes, two tiers d R, each further tier R / 2 times as many
///
/// N  nodes    filling one leaf switch after the other   [1]
/// R  ports    of a switch, at least 4                   [1]
/// d  leaf     nodes on a leaf switch                    [1]
/// m  links    of a node to its leaf                     [1]
///
/// Valid:   shortest paths; switches of one size.
/// Source:  alfares2008commodity, section 2.2
/// Example: nodes=1024 ports=64 leaf=32 links=1
template <class T>
T clos_tiers(T nodes, T ports, T leaf, T links) {
  const T several = opaque("clos_tiers", topology::clos_tiers, nodes, ports, leaf);
  return cite(select(nodes * links <= ports, T(1.0), several), "alfares2008commodity, section 2.2");
}
template <class T>
T clos_hops(T nodes, T ports, T leaf, T links) {
  const T several = opaque("clos_hops", topology::clos_hops, nodes, ports, leaf);
  const T under_one = select(nodes <= T(1.0), T(0.0), T(2.0));
  return cite(select(nodes * links <= ports, under_one, several), "alfares2008commodity, section 2.2");
}

/// A balanced dragonfly: p nodes on a router, 2 p routers in a group, p links of each to other groups, one link between any
/// two groups. Links that the cut into halves crosses, in bandwidths of one node, and the mean number of links of a minimal
/// route.
///
///     M = 2 p^2 (2 p^2 + 1) >= N,   C = N / 2 (p^2 + 1) / (2 p^2 + 1)
///     h = (2 (p - 1) + 3 (2 p - 1) p + (5 - 1/p) (M - 2 p^2)) / (M - 1)
///
/// N  nodes    that the machine is to hold                      [1]
/// p  router   nodes on a router: the smallest that has room    [1]
/// M  room     nodes of the whole machine                       [1]
///
/// Valid:   the whole machine; N nodes have their part of its cut. Minimal routes: local, global, local.
/// Source:  kim2008dragonfly, section 3
/// Example: nodes=1024
template <class T>
T dragonfly_router(T nodes) {
  return cite(opaque("dragonfly_router", topology::dragonfly_router, nodes), "kim2008dragonfly, section 3.1");
}
template <class T>
T dragonfly_cut(T nodes) {
  const T p = dragonfly_router(nodes), square = p * p, one = T(1.0);
  const T share = (square + one) / (square + square + one);
  return cite(select(nodes <= one, T(0.0), T(0.5) * nodes * share), "kim2008dragonfly, section 3.1");
}
template <class T>
T dragonfly_hops(T nodes) {
  const T one = T(1.0), p = dragonfly_router(nodes), group = T(2.0) * p * p, machine = group * (group + one);
  const T near = T(2.0) * (p - one) + T(3.0) * (T(2.0) * p - one) * p;
  const T far = (T(5.0) - one / p) * (machine - group);
  return cite(select(nodes <= one, T(0.0), (near + far) / (machine - one)), "kim2008dragonfly, section 3.1");
}

}  // namespace mlsysim
