// Cuts and distances of networks against the graphs themselves: every balanced cut counted, every distance walked.
#include "mlsysim/laws/topology.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include <bit>
#include <cstdint>
#include <random>
#include <vector>

#include "near.hpp"

using namespace mlsysim;

namespace {

/// Vertices 0 to nodes - 1 are nodes, those after them switches.
struct Graph {
  int nodes = 0;
  std::vector<std::vector<int>> neighbours;

  explicit Graph(int n, int switches = 0) : nodes(n), neighbours(static_cast<std::size_t>(n + switches)) {}
  void join(int a, int b) {
    neighbours[static_cast<std::size_t>(a)].push_back(b);
    neighbours[static_cast<std::size_t>(b)].push_back(a);
  }
  int vertices() const { return static_cast<int>(neighbours.size()); }

  /// Links between two different nodes, on average.
  double hops() const {
    double sum = 0;
    for (int from = 0; from < nodes; ++from) {
      std::vector<int> far(neighbours.size(), -1), reached{from};
      far[static_cast<std::size_t>(from)] = 0;
      for (std::size_t i = 0; i < reached.size(); ++i)
        for (const int next : neighbours[static_cast<std::size_t>(reached[i])])
          if (far[static_cast<std::size_t>(next)] < 0) {
            far[static_cast<std::size_t>(next)] = far[static_cast<std::size_t>(reached[i])] + 1;
            reached.push_back(next);
          }
      for (int to = 0; to < nodes; ++to) {
        REQUIRE(far[static_cast<std::size_t>(to)] >= 0);
        sum += far[static_cast<std::size_t>(to)];
      }
    }
    return sum / nodes / (nodes - 1);
  }
  int crossed(std::uint64_t side) const {
    int links = 0;
    for (int a = 0; a < vertices(); ++a)
      for (const int b : neighbours[static_cast<std::size_t>(a)]) links += a < b && ((side >> a ^ side >> b) & 1);
    return links;
  }
  /// The fewest links that any cut crosses which has half of the nodes (a smaller half of an odd number) on one side.
  int cut() const {
    int best = 1 << 30;
    const std::uint64_t all = std::uint64_t{1} << vertices(), node_mask = (std::uint64_t{1} << nodes) - 1;
    for (std::uint64_t side = 0; side < all; ++side)
      if (std::popcount(side & node_mask) == nodes / 2) best = std::min(best, crossed(side));
    return best;
  }
};

/// A box with the sides that the law gives, with links around its edges or without.
Graph box(int nodes, int dimensions, bool wraps) {
  const auto [k] = topology::sides(nodes, dimensions);
  const int a = static_cast<int>(k[0]), b = static_cast<int>(k[1]), c = static_cast<int>(k[2]);
  REQUIRE(a * b * c == nodes);
  Graph g(nodes);
  const auto at = [&](int x, int y, int z) { return (x * b + y) * c + z; };
  const auto row = [&](int i, int side, auto vertex) {  // a side of two has one link
    if (i + 1 < side) g.join(vertex(i), vertex(i + 1));
    else if (wraps && side > 2) g.join(vertex(i), vertex(0));
  };
  for (int x = 0; x < a; ++x)
    for (int y = 0; y < b; ++y)
      for (int z = 0; z < c; ++z) {
        row(x, a, [&](int i) { return at(i, y, z); });
        row(y, b, [&](int i) { return at(x, i, z); });
        row(z, c, [&](int i) { return at(x, y, i); });
      }
  return g;
}

/// A fat tree of `ports`-port switches over two tiers: leaves with `down` nodes and `up` links, one to each spine.
Graph two_tiers(int nodes, int down, int up) {
  const int leaves = (nodes + down - 1) / down;
  Graph g(nodes, leaves + up);
  for (int i = 0; i < nodes; ++i) g.join(i, nodes + i / down);
  for (int leaf = 0; leaf < leaves; ++leaf)
    for (int spine = 0; spine < up; ++spine) g.join(nodes + leaf, nodes + leaves + spine);
  return g;
}
/// The k-ary fat tree of three tiers: k pods of k / 2 leaves and k / 2 middle switches, (k / 2)^2 at the top.
Graph three_tiers(int nodes, int k) {
  const int half = k / 2, leaves = k * half, middles = k * half;
  Graph g(nodes, leaves + middles + half * half);
  for (int i = 0; i < nodes; ++i) g.join(i, nodes + i / half);
  for (int pod = 0; pod < k; ++pod)
    for (int middle = 0; middle < half; ++middle) {
      const int m = nodes + leaves + pod * half + middle;
      for (int leaf = 0; leaf < half; ++leaf) g.join(nodes + pod * half + leaf, m);
      for (int up = 0; up < half; ++up) g.join(m, nodes + leaves + middles + middle * half + up);
    }
  return g;
}

/// A balanced dragonfly of its routers: link k of group i leads to group i + k + 1, and hangs on router k / p of the group.
struct Dragonfly {
  int p, a = 2 * p, groups = 2 * p * p + 1;
  int end(int group, int other) const { return ((other - group - 1 + groups) % groups) / p; }  // router of that link
  Graph routers() const {
    Graph g(groups * a);
    for (int i = 0; i < groups; ++i) {
      for (int r = 0; r < a; ++r)
        for (int s = r + 1; s < a; ++s) g.join(i * a + r, i * a + s);
      for (int j = i + 1; j < groups; ++j) g.join(i * a + end(i, j), j * a + end(j, i));
    }
    return g;
  }
  /// Links of the minimal route between nodes, on average: to the router, local, global, local, to the node.
  double hops() const {
    double sum = 0;
    const int nodes = groups * a * p;
    for (int from = 0; from < nodes; ++from)
      for (int to = 0; to < nodes; ++to) {
        if (from == to) continue;
        const int r = from / p, s = to / p, i = r / a, j = s / a;
        sum += 2;
        if (i == j) sum += r != s;
        else sum += 1 + (r % a != end(i, j)) + (s % a != end(j, i));
      }
    return sum / nodes / (nodes - 1);
  }
};

}  // namespace

TEST_CASE("rings, tori and meshes of 2 to 18 nodes: the law's cut is the best of all, its distance the mean of all") {
  for (int n = 2; n <= 18; ++n) {
    CAPTURE(n);
    const double nodes = n;
    const Graph ring = box(n, 1, true), flat = box(n, 2, true), solid = box(n, 3, true), open = box(n, 2, false);
    CHECK(torus_cut<1>("", nodes) == ring.cut());
    CHECK(torus_cut<2>("", nodes) == flat.cut());
    CHECK(torus_cut<3>("", nodes) == solid.cut());
    CHECK(mesh_cut(nodes) == open.cut());
    CHECK(torus_hops<1>("", nodes) == near(ring.hops()));
    CHECK(torus_hops<2>("", nodes) == near(flat.hops()));
    CHECK(torus_hops<3>("", nodes) == near(solid.hops()));
    CHECK(mesh_hops(nodes) == near(open.hops()));
  }
}

TEST_CASE("larger boxes: distances walked, and the cut of 4 x 4 x 4 is 32 links, two faces") {
  for (const int n : {27, 36, 60, 64, 100, 125, 210}) {
    CAPTURE(n);
    const double nodes = n;
    CHECK(torus_hops<3>("", nodes) == near(box(n, 3, true).hops()));
    CHECK(mesh_hops(nodes) == near(box(n, 2, false).hops()));
  }
  CHECK(torus_cut<3>("", 64.0) == 32);
  CHECK(torus_cut<3>("", 4096.0) == 512);      // 2 x 16 x 16
  CHECK(torus_cut<3>("", 8960.0) == 2 * 320);  // 28 x 20 x 16: 2 x 8960 / 28
  CHECK(torus_cut<3>("", 27.0) == 26);         // odd sides, in steps: 2 (9 + 3 + 1)
  CHECK(topology::sides(8960, 3) == topology::Sides{{28, 20, 16}});
}

TEST_CASE("a full mesh of 7 nodes: 12 links between 3 and 4 of them") {
  Graph g(7);
  for (int a = 0; a < 7; ++a)
    for (int b = a + 1; b < 7; ++b) g.join(a, b);
  CHECK(full_mesh_cut(7.0) == g.cut());
  CHECK(g.hops() == 1);
}

TEST_CASE(
    "fat trees: distances of every fill of two tiers of 4-port switches and of three, cuts where leaves are full") {
  const double ports = 4, leaf = clos_leaf(4.0, 1.0, 1.0);
  CHECK(leaf == 2);
  for (int n = 5; n <= 8; ++n) CHECK(clos_hops(1.0 * n, ports, leaf, 1.0) == near(two_tiers(n, 2, 2).hops()));
  for (int n = 9; n <= 16; ++n) {
    CHECK(clos_tiers(1.0 * n, ports, leaf, 1.0) == 3);
    CHECK(clos_hops(1.0 * n, ports, leaf, 1.0) == near(three_tiers(n, 4).hops()));
  }
  for (int n = 17; n <= 54; n += 7)  // 6-port switches: 18 nodes on two tiers, 54 on three
    CHECK(clos_hops(1.0 * n, 6.0, 3.0, 1.0) == near(n <= 18 ? two_tiers(n, 3, 3).hops() : three_tiers(n, 6).hops()));
  CHECK(clos_cut(8.0, 1.0) == two_tiers(8, 2, 2).cut());
  // 6 ports, twice as many down as up: two leaves of 4 nodes and 2 links upwards
  CHECK(clos_leaf(6.0, 2.0, 1.0) == 4);
  CHECK(clos_cut(8.0, 2.0) == two_tiers(8, 4, 2).cut());
  // Under one switch a node is 2 links from another, alone it is none.
  CHECK(clos_hops(4.0, ports, leaf, 1.0) == 2);
  CHECK(clos_hops(1.0, ports, leaf, 1.0) == 0);
}

TEST_CASE("fat trees grow as k^2 / 2 and k^3 / 4: 64-port switches join 2,048 nodes in two tiers, 65,536 in three") {
  const double leaf = clos_leaf(64.0, 1.0, 1.0);
  CHECK(leaf == 32);
  CHECK(clos_tiers(64.0, 64.0, leaf, 1.0) == 1);
  CHECK(clos_tiers(65.0, 64.0, leaf, 1.0) == 2);
  CHECK(clos_tiers(2048.0, 64.0, leaf, 1.0) == 2);
  CHECK(clos_tiers(2049.0, 64.0, leaf, 1.0) == 3);
  CHECK(clos_tiers(65536.0, 64.0, leaf, 1.0) == 3);
  CHECK(clos_tiers(65537.0, 64.0, leaf, 1.0) == 4);
}

TEST_CASE("dragonflies of 6, 72 and 342 nodes: minimal routes walked, and the cut is the best that is found") {
  for (const int p : {1, 2, 3}) {
    const Dragonfly d{p};
    CAPTURE(p);
    const double nodes = d.groups * d.a * p;
    CHECK(dragonfly_router(nodes) == p);
    CHECK(dragonfly_router(nodes + 1) == p + 1);
    CHECK(dragonfly_hops(nodes) == near(d.hops()));
  }
  CHECK(dragonfly_cut(6.0) == near(Dragonfly{1}.routers().cut()));  // a ring of six routers: 2
  // 72 nodes on 36 routers: a group is split, its first half goes with the groups that it leads to: 4 x 4 + 2 x 2
  const Graph g = Dragonfly{2}.routers();
  std::uint64_t side = 0b0011;
  for (int r = 4; r < 20; ++r) side |= std::uint64_t{1} << r;
  CHECK(g.crossed(side) == 20);
  CHECK(dragonfly_cut(72.0) == near(20));
  // No exchange of routers from 300 random halves leads below it.
  std::mt19937 random(7);
  int best = 1 << 30;
  for (int start = 0; start < 300; ++start) {
    std::vector<int> order(36);
    for (int i = 0; i < 36; ++i) order[static_cast<std::size_t>(i)] = i;
    std::shuffle(order.begin(), order.end(), random);
    std::uint64_t half = 0;
    for (std::size_t i = 0; i < 18; ++i) half |= std::uint64_t{1} << order[i];
    int now = g.crossed(half);
    for (bool better = true; better;) {
      better = false;
      for (int a = 0; a < 36 && !better; ++a)
        for (int b = 0; b < 36 && !better; ++b) {
          if (!(half >> a & 1) || (half >> b & 1)) continue;
          const std::uint64_t swapped = half ^ (std::uint64_t{1} << a) ^ (std::uint64_t{1} << b);
          if (const int then = g.crossed(swapped); then < now) half = swapped, now = then, better = true;
        }
    }
    best = std::min(best, now);
  }
  CHECK(best == 20);
}

TEST_CASE(
    "all to all on a ring of 8: 2 links x 7 / 16 = 0.875 of a link for each node, what its 16 links carry at 16/7 "
    "hops") {
  CHECK(all_to_all_links(2.0, 8.0) == near(0.875));
  CHECK(all_to_all_links(2.0, 8.0) == near(16 / (8 * torus_hops<1>("", 8.0))));
  CHECK(all_to_all_links(16.0, 8.0) == near(7));  // a full mesh: every link of every node
}
