// Wall 10, worked by hand.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/execution/fleet_links.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(const char* topology, const char* nodes, Arguments more = {}) {
  more.insert(more.end(), {{"fabric", "infiniband-ndr"}, {"topology", topology}, {"num_nodes", nodes}});
  return Asked("topology", more);
}
}  // namespace

TEST_CASE("64 nodes under one 64-port switch: 32 links of 50 GB/s between halves, 2 links from node to node") {
  const Asked a = asked("fat_tree", "64");
  CHECK(a.in("bisection_bw", GB / s) == near(1600));
  CHECK(a["bisection_bw_fraction"] == 1);
  CHECK(a.in("effective_bw", GB / s) == near(50));
  CHECK(a["hops_avg"] == 2);
  CHECK(a["switch_tiers"] == 1);
  CHECK(a.word("topology") == "fat_tree");
  CHECK(a["num_nodes"] == 64);
}

TEST_CASE("256 nodes on two tiers: 31 of 255 others are under the same leaf at 2 links, the rest at 4") {
  const Asked a = asked("fat_tree", "256");
  CHECK(a["hops_avg"] == near((31 * 2 + 224 * 4) / 255.));
  CHECK(a["nodes_per_leaf"] == 32);
}

TEST_CASE("oversubscription 3 on two tiers: a third of the cut, and a third of what leaves a leaf of 48 nodes") {
  const Asked a = asked("fat_tree", "480", {{"fabric.oversubscription", "3"}});
  CHECK(a["nodes_per_leaf"] == 48);
  CHECK(a["bisection_bw_fraction"] == near(1 / 3.));
  CHECK(a.in("effective_bw", GB / s) == near(50 / (3 * 432 / 479.)));  // 432 of 479 others are elsewhere
  // Under one switch there is nothing to oversubscribe.
  CHECK(asked("fat_tree", "64", {{"fabric.oversubscription", "3"}})["bisection_bw_fraction"] == 1);
}

TEST_CASE("eight links a node: 4 nodes on a leaf of a fat tree, 32 on a leaf of each rail, the same bisection") {
  const Asked tree = asked("fat_tree", "512", {{"ports_per_node", "8"}});
  const Asked rail = asked("rail_optimised", "512", {{"ports_per_node", "8"}});
  CHECK(tree["nodes_per_leaf"] == 4);
  CHECK(rail["nodes_per_leaf"] == 32);
  CHECK(tree["switch_tiers"] == 3);
  CHECK(rail["switch_tiers"] == 2);
  CHECK(rail["hops_avg"] == near((31 * 2 + 480 * 4) / 511.));
  CHECK(tree["bisection_bw"] == near(rail["bisection_bw"]));
  CHECK(tree.in("bisection_bw", TB / s) == near(256 * 8 * 0.05));
  CHECK(tree.in("effective_bw", GB / s) == near(400));
}

TEST_CASE("a ring of 64: two links through the middle, 64^2 / 4 / 63 = 16.25 hops, 12.3 % of a link for each node") {
  const Asked a = asked("ring", "64");
  CHECK(a.in("bisection_bw", GB / s) == near(100));
  CHECK(a["bisection_bw_fraction"] == near(1 / 16.));
  CHECK(a["hops_avg"] == near(1024 / 63.));
  CHECK(a.in("effective_bw", GB / s) == near(50 * 2 * 63 / 1024.));
}

TEST_CASE(
    "4,096 TPU v4 chips: 16 x 16 x 16, 512 links through the middle, 12 hops, and the fabric says it is a torus") {
  const Asked a("topology", {{"fabric", "tpu-v4-ici"}, {"num_nodes", "4096"}});
  CHECK(a.word("topology") == "torus_3d");
  CHECK(a.in("bisection_bw", TB / s) == near(25.6));
  CHECK(a["hops_avg"] == near(12 * 4096 / 4095.));
  CHECK(a.in("effective_bw", GB / s) == near(50 * 512 * 4095. / (2048. * 2048)));
}

TEST_CASE("a balanced dragonfly of 72 nodes: 5/9 of full bisection, full bandwidth for traffic that is spread evenly") {
  const Asked a = asked("dragonfly", "72");
  CHECK(a["bisection_bw_fraction"] == near(5 / 9.));
  CHECK(a.in("effective_bw", GB / s) == near(50));
  CHECK(a["hops_avg"] == near((2 * 1 + 3 * 6 + 4.5 * 64) / 71.));
}

TEST_CASE("a node alone has nothing to cut, nowhere to go and all of its bandwidth") {
  for (const char* topology :
       {"fat_tree", "rail_optimised", "dragonfly", "torus_3d", "torus_2d", "mesh", "ring", "full_mesh"}) {
    CAPTURE(topology);
    const Asked a = asked(topology, "1");
    CHECK(a["bisection_bw"] == 0);
    CHECK(a["hops_avg"] == 0);
    CHECK(a.in("effective_bw", GB / s) == near(50));
  }
}

TEST_CASE("the training wall and this one have one law of the middle of a network") {
  for (int t = 0; t < 8; ++t)
    for (const double n : {2., 9., 64., 100.}) {
      CAPTURE(t);
      CAPTURE(n);
      const Asked a("topology", {{"fabric", "infiniband-ndr"},
                                 {"topology", Words<Topology>::all[t]},
                                 {"num_nodes", std::to_string(static_cast<int>(n))}});
      CHECK(a["bisection_links"] == near(middle_links(static_cast<Topology>(t), n)));
    }
}

TEST_CASE("the original: a factor a topology, one link through a ring, a fat tree for a mesh") {
  const auto original = [](const char* topology, const char* nodes) {
    return asked(topology, nodes, {{"assumptions", "mlsysim-0.1"}});
  };
  CHECK(original("ring", "8")["bisection_bw_fraction"] == 0.25);
  CHECK(original("ring", "8").in("bisection_bw", GB / s) == near(50));
  CHECK(original("dragonfly", "8").in("effective_bw", GB / s) == near(42.5));
  CHECK(original("torus_3d", "1000")["hops_avg"] == near(7.5));
  CHECK(original("mesh", "64")["hops_avg"] == 4);
}

TEST_CASE("refused by name: an unknown topology, half a node, a dragonfly larger than its routers allow") {
  const Refusal unknown("topology", {{"fabric", "ndr"}, {"topology", "torus"}});
  CHECK(unknown.problem().argument == "topology");
  CHECK(unknown.problem().nearest.find("torus_") != std::string::npos);
  CHECK(Refusal("topology", {{"fabric", "ndr"}, {"num_nodes", "1.5"}}).problem().argument == "num_nodes");
  // 64 ports: 16 nodes on a router, 512 in a group, 513 groups
  CHECK(asked("dragonfly", "262656")["nodes_per_leaf"] == 16);
  const Refusal large("topology", {{"fabric", "ndr"}, {"topology", "dragonfly"}, {"num_nodes", "262657"}});
  CHECK(large.problem().nearest == "num_nodes 262656");
  const Refusal wide("topology", {{"fabric", "ndr"}, {"ports_per_node", "33"}});
  CHECK(wide.problem().nearest == "ports_per_node 32");
}
