// Wall 14, worked by hand. Llama-3-70B: 70,553,706,496 parameters, 80 layers of 8,192, 64 heads of 128. Research-256: 32 nodes
// of 8 H100 (989.4 Tflop/s, 3.35 TB/s, 80 GiB, 450 GB/s inside a node), 12.5 GB/s and 30 us between nodes for each device.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
constexpr const char* asks = "distributed";

Arguments step(Arguments more = {}) {
  more.insert(more.begin(), {{"model", "llama-3-70b"}, {"fleet", "research-256"}, {"batch_size", "1024"}});
  return more;
}
Asked asked(Arguments more = {}) { return Asked(asks, step(std::move(more))); }
constexpr double parameters = 70553706496.0;
}  // namespace

TEST_CASE("a step of 1,024 x 2,048 tokens over 256 H100 at half of their peak computes for 7.63 s, whatever the cut") {
  // 6 P + 3 x 4 x 80 x 8192 x 1024 flop a token (causal: half of 2,048): 4.3137e11; x 2,097,152 / 256 / 494.7 Tflop/s
  const double token_work = 6 * parameters + 12. * 80 * 8192 * 1024;
  for (const auto& cut : {Arguments{{"tp", "8"}},
                          {{"tp", "8"}, {"pp", "4"}, {"microbatches", "32"}},
                          {{"tp", "2"}, {"pp", "8"}, {"microbatches", "8"}}}) {
    const Asked a = asked(cut);
    CHECK(a.in("node_profile.latency_compute", s) == near(token_work * 1024 * 2048 / 256 / 494.7e12));
  }
}

TEST_CASE(
    "memory of a device under TP 8: weights and gradients 17.64 GB each, 12 bytes a parameter, 5.7 GB of activations a "
    "sequence") {
  const Asked a = asked({{"tp", "8"}, {"microbatches", "32"}});
  CHECK(a["node_profile.memory_weights"] == near(parameters * 2 / 8));
  CHECK(a["node_profile.memory_gradients"] == near(parameters * 2 / 8));
  CHECK(a["node_profile.memory_optimizer"] == near(parameters * 12 / 8));
  // one sequence at a time: 17 x 2048 x 8192 x 80 / 8 x 2 bytes
  CHECK(a["node_profile.memory_activations"] == near(17. * 2048 * 8192 * 80 / 8 * 2));
  CHECK_FALSE(a.flag("feasible"));  // 146.8 GB
  CHECK(asked({{"tp", "8"}, {"microbatches", "32"}, {"zero_stage", "1"}}).flag("feasible"));
}

TEST_CASE("ZeRO over 32 replicas of TP 8: each stage shards one thing more; stage 3 gathers one layer of 80") {
  const auto part = [](const char* stage, const char* name) {
    return asked({{"tp", "8"}, {"microbatches", "32"}, {"zero_stage", stage}})[name];
  };
  CHECK(part("1", "node_profile.memory_optimizer") == near(parameters * 12 / 8 / 32));
  CHECK(part("1", "node_profile.memory_gradients") == near(parameters * 2 / 8));
  CHECK(part("2", "node_profile.memory_gradients") == near(parameters * 2 / 8 / 32));
  CHECK(part("3", "node_profile.memory_weights") == near(parameters * 2 / 8 * (1. / 32 + 1. / 80)));
}

TEST_CASE(
    "a pipeline of 4 keeps 4 microbatches of a quarter of the layers: the activations of one stage do not shrink") {
  const auto kept = [](Arguments more) { return asked(std::move(more))["node_profile.memory_activations"]; };
  const double whole = 17. * 2048 * 8192 * 80 / 8 * 2;
  CHECK(kept({{"tp", "8"}, {"pp", "4"}, {"microbatches", "128"}}) == near(whole));
  // interleaved in 2 chunks: 1 + 3 / 8 of it
  CHECK(kept({{"tp", "8"}, {"pp", "4"}, {"microbatches", "128"}, {"v_stages", "2"}}) == near(whole * 1.375));
  // recomputed: inputs of 20 blocks for 4 microbatches, and one block at work
  CHECK(kept({{"tp", "8"}, {"pp", "4"}, {"microbatches", "128"}, {"activation_recomputation", "true"}}) ==
        near(2048. * 8192 / 8 * 2 * (4 * 20 + 17)));
}

TEST_CASE("TP 8: 4 all-reduces of 33.6 MB a layer and sequence, inside the node, 6 with recomputation") {
  const Asked a = asked({{"tp", "8"}, {"microbatches", "32"}});
  const double message = 2048. * 8192 * 2, once = 14 * (message / 8 / 450e9 + 1e-6);  // 144.5 us
  CHECK(a.in("tp_communication_latency", s) == near(32 * 80 * 4 * once));             // 1.48 s
  CHECK(asked({{"tp", "8"}, {"microbatches", "32"}, {"activation_recomputation", "true"}})
            .in("tp_communication_latency", s) == near(32 * 80 * 6 * once));
  // Latency is paid for each message: half of the messages of twice the size.
  const double twice = 14 * (2 * message / 8 / 450e9 + 1e-6);
  CHECK(asked({{"tp", "8"}, {"microbatches", "16"}}).in("tp_communication_latency", s) == near(16 * 80 * 4 * twice));
}

TEST_CASE("TP 16 leaves the node: 2 nodes of 8, each device with its own 12.5 GB/s") {
  const double message = 2048. * 8192 * 2;
  const double once = 14 * (message / 8 / 450e9 + 1e-6) + 2 * (message / 8 / 2 / 12.5e9 + 30e-6);
  CHECK(asked({{"tp", "16"}, {"microbatches", "64"}}).in("tp_communication_latency", s) == near(64 * 80 * 4 * once));
}

TEST_CASE("gradients: a replica that fills its node meets the others over the fabric; smaller ones meet inside first") {
  // TP 8: 17.64 GB over 32 nodes: 2 x 31/32 x 17.64 / 12.5 = 2.734 s, and 62 x 30 us
  CHECK(asked({{"tp", "8"}}).in("dp_communication_latency", s) ==
        near(62 * (parameters * 2 / 8 / 32 / 12.5e9 + 30e-6)));
  // TP 2: 70.55 GB over 4 replicas of each of 32 nodes: 6 steps inside, then a quarter between nodes
  CHECK(asked({{"tp", "2"}}).in("dp_communication_latency", s) ==
        near(6 * (parameters / 4 / 450e9 + 1e-6) + 62 * (parameters / 4 / 32 / 12.5e9 + 30e-6)));
  // TP 8 x PP 4: a quarter of the gradients over 8 nodes
  CHECK(asked({{"tp", "8"}, {"pp", "4"}, {"microbatches", "8"}}).in("dp_communication_latency", s) ==
        near(14 * (parameters * 2 / 32 / 8 / 12.5e9 + 30e-6)));
}

TEST_CASE(
    "ZeRO on the wire: stages 1 and 2 send what an all-reduce does, stage 3 half as much again, once a microbatch") {
  const auto dp = [](const char* stage, const char* microbatches) {
    return asked({{"tp", "8"}, {"zero_stage", stage}, {"microbatches", microbatches}})
        .in("dp_communication_latency", s);
  };
  CHECK(dp("1", "1") == near(dp("0", "1")));
  CHECK(dp("2", "1") == near(dp("0", "1")));
  CHECK(dp("3", "1") == near(1.5 * dp("0", "1")));
  CHECK(dp("1", "4") == near(dp("0", "1")));
  CHECK(dp("2", "4") == near(2.5 * dp("0", "1")));  // 4 reduce-scatters and an all-gather
  CHECK(dp("3", "4") == near(6.0 * dp("0", "1")));
}

TEST_CASE("adapters of rank 16 send 42 MB where the whole network would send 17.6 GB") {
  // 8 x 16 x 8192 x 80 / 8 x 2 bytes = 20,971,520
  CHECK(asked({{"tp", "8"}, {"is_lora", "true"}}).in("dp_communication_latency", s) ==
        near(62 * (8. * 16 * 8192 * 80 / 8 * 2 / 32 / 12.5e9 + 30e-6)));
}

TEST_CASE("bubble: 4 stages and 1 microbatch wait three times the time they work; 32 microbatches 3/32 of it") {
  for (const auto& [m, ratio] : {std::pair{"1", 3.0}, {"32", 3. / 32}}) {
    const Asked a = asked({{"tp", "8"}, {"pp", "4"}, {"microbatches", m}});
    const double working = a["node_profile.latency"] + a["tp_communication_latency"] + a["pp_communication_latency"];
    CHECK(a["pipeline_bubble_latency"] == near(ratio * working));
    CHECK(a["bubble_fraction"] == near(ratio / (1 + ratio)));
    CHECK(a["step_latency_total"] == near(working * (1 + ratio) + a["dp_communication_latency"]));
  }
}

TEST_CASE("a stage sends an eighth of 33.6 MB on, forward and backward, over the fabric") {
  CHECK(asked({{"tp", "8"}, {"pp", "4"}, {"microbatches", "128"}}).in("pp_communication_latency", s) ==
        near(2 * 128 * (30e-6 + 2048. * 8192 * 2 / 8 / 12.5e9)));
  // TP 2 x PP 4 fills a node: over its links
  CHECK(asked({{"tp", "2"}, {"pp", "4"}, {"microbatches", "32"}}).in("pp_communication_latency", s) ==
        near(2 * 32 * (1e-6 + 2048. * 8192 * 2 / 2 / 450e9)));
}

TEST_CASE("overlap hides gradients behind the backward pass of the last microbatch, and no more") {
  const auto exposed = [](const char* microbatches, const char* share) {
    const Asked a =
        asked({{"tp", "8"}, {"microbatches", microbatches}, {"overlap_comm", "true"}, {"overlap_efficiency", share}});
    return std::pair{a["dp_communication_exposed"] / a["dp_communication_latency"],
                     a["node_profile.latency"] * 2 / 3 / a["dp_communication_latency"]};
  };
  CHECK(exposed("1", "1").first == near(0.0));  // 5.1 s of backward pass hide 2.7 s
  CHECK(exposed("1", "0.85").first == near(0.15));
  const auto [left, window] = exposed("32", "0.85");
  CHECK(left == near(1 - 0.85 * window / 32));
}

TEST_CASE("experts: Mixtral over EP 8 sends each token's 2 copies there and back, 4 times a layer") {
  const Asked a(asks, {{"model", "mixtral-8x7b"}, {"fleet", "research-256"}, {"batch_size", "256"}, {"ep", "8"}});
  // one sequence a device: 2048 x 4096 x 2 bytes x 2 experts = 33.55 MB inside a node of 8; 32 layers x 2 ways x 2 passes
  CHECK(a.in("ep_communication_latency", s) == near(32 * 4 * 7 * (2048. * 4096 * 2 * 2 / 8 / 450e9 + 1e-6)));
  CHECK(a["parallelism.dp"] == 32.0);
  // 8 x (46,702,792,704 - 12,879,925,248) / 6 = 45,097,156,608 parameters are experts': an eighth of them, and all the rest
  const double routed = 8 * (46702792704.0 - 12879925248.0) / 6, dense = 46702792704.0 - routed;
  CHECK(a["node_profile.memory_weights"] == near(2 * (dense + routed / 8)));
  // the rest is exchanged by all 256, an expert by its 32 copies, one in each node
  const double all = 14 * (2 * dense / 8 / 450e9 + 1e-6) + 62 * (2 * dense / 8 / 32 / 12.5e9 + 30e-6);
  CHECK(a.in("dp_communication_latency", s) == near(all + 62 * (2 * routed / 8 / 32 / 12.5e9 + 30e-6)));
}

TEST_CASE(
    "experts over more than a node: a ring of nodes gives all-to-all a share of its links, a fat tree all of them") {
  const auto ep = [](const char* topology) {
    return Asked(asks, {{"model", "deepseek-v3"},
                        {"fleet", "production-2k"},
                        {"batch_size", "2048"},
                        {"ep", "128"},
                        {"topology_override", topology},
                        {"fleet.fabric.latency", "0"}})
        .in("ep_communication_latency", s);
  };
  CHECK(ep("none") == near(ep("fat_tree")));
  CHECK(ep("ring") == near(2 * ep("fat_tree")));  // 16 nodes: 4 x 2 / 16
  CHECK(ep("mesh") == near(ep("fat_tree")));      // 4 x 4 / 16
}

TEST_CASE("throughput counts the batch once: 1,024 sequences over the step, whatever the cut") {
  const Asked a = asked({{"tp", "8"}, {"pp", "4"}, {"microbatches", "32"}});
  CHECK(a["effective_throughput"] == near(1024 / a["step_latency_total"]));
  CHECK(a["token_throughput"] == near(1024 * 2048. / a["step_latency_total"]));
  const double work = (6 * parameters + 12. * 80 * 8192 * 1024) * 1024 * 2048;
  CHECK(a["mfu"] == near(work / (256 * 989.4e12 * a["step_latency_total"])));
  CHECK(a["scaling_efficiency"] == near(a["node_profile.latency"] / a["step_latency_total"]));
}

TEST_CASE("accumulation works the batch off in parts: activations and messages shrink, gradients leave once") {
  const Asked once = asked({{"tp", "8"}, {"microbatches", "8"}}),
              four = asked({{"tp", "8"}, {"microbatches", "8"}, {"gradient_accumulation_steps", "4"}});
  CHECK(four["node_profile.memory_activations"] == near(once["node_profile.memory_activations"] / 4));
  CHECK(four["dp_communication_latency"] == near(once["dp_communication_latency"]));
  CHECK(four["node_profile.latency_compute"] == near(once["node_profile.latency_compute"]));
}

TEST_CASE("congestion multiplies communication, a straggler the step") {
  const Asked quiet = asked({{"tp", "8"}}), busy = asked({{"tp", "8"}, {"congestion_factor", "2"}}),
              slow = asked({{"tp", "8"}, {"straggler_factor", "1.2"}});
  CHECK(busy["communication_latency"] == near(2 * quiet["communication_latency"]));
  CHECK(slow["step_latency_total"] == near(1.2 * quiet["step_latency_total"]));
}

TEST_CASE("a layout that does not divide is refused with the rule, the numbers and the nearest that does") {
  const auto refused = [](Arguments more, const std::string& argument, const std::string& message,
                          const std::string& nearest) {
    const Refusal r(asks, step(std::move(more)));
    CHECK_FALSE(r.answered);
    CHECK(r.problem().argument == argument);
    CHECK(r.problem().message == message);
    CHECK(r.problem().nearest == nearest);
  };
  refused({{"tp", "12"}}, "tp_size", "tp_size = 12 does not divide the 64 attention heads of the model", "tp_size 8");
  refused({{"tp", "512"}}, "tp_size", "tp_size = 512 does not divide the 64 attention heads of the model",
          "tp_size 64");
  refused({{"tp", "8"}, {"pp", "32"}}, "pp_size", "pp_size = 32 does not divide the 80 layers of the model",
          "pp_size 16");
  refused({{"ep", "8"}}, "ep_size", "ep_size = 8 shares experts out, and this network has none", "ep_size 1");
  refused({{"v_stages", "2"}}, "v_stages", "v_stages = 2 interleaves the stages of a pipeline, and pp_size is 1",
          "v_stages 1");
  refused({{"pp", "4"}, {"v_stages", "2"}, {"microbatches", "6"}}, "microbatch_count",
          "microbatch_count = 6 is no multiple of pp_size = 4, which interleaving (v_stages 2) needs",
          "microbatch_count 8");
  refused({{"tp", "8"}, {"batch_size", "1000"}}, "batch_size",
          "batch_size = 1000 does not divide over 32 replicas x 1 microbatch = 32 parts", "batch_size 992");
  refused({{"tp", "8"}, {"microbatches", "3"}}, "batch_size",
          "batch_size = 1024 does not divide over 32 replicas x 3 microbatches = 96 parts", "batch_size 1056");
  const Refusal images(asks, {{"model", "resnet-50"}, {"fleet", "research-256"}, {"batch_size", "256"}, {"tp", "2"}});
  CHECK(images.problem().argument == "tp_size");
}

TEST_CASE("a network of samples is replicated: ResNet-50 on 256 H100 exchanges 2 bytes a parameter") {
  const Asked a(asks, {{"model", "resnet-50"}, {"fleet", "research-256"}, {"batch_size", "8192"}});
  CHECK(a["tp_communication_latency"] == 0.0);
  CHECK(a["pipeline_bubble_latency"] == 0.0);
  CHECK(a.flag("feasible"));
}

TEST_CASE("one device of one node: nothing is communicated, the step is that of walls 1 and 2") {
  const Arguments one = {{"model", "llama-3-8b"}, {"batch_size", "2"}};
  Arguments fleet = one, device = one;
  fleet.insert(fleet.end(), {{"fleet", "research-256"}, {"fleet.nodes", "1"}, {"fleet.node.accelerators", "1"}});
  device.insert(device.end(), {{"hardware", "h100"}, {"is_training", "true"}, {"seq_len", "2048"}});
  const Asked a(asks, fleet), b("single-node", device);
  CHECK(a["communication_latency"] == 0.0);
  for (const char* name : {"latency", "memory_footprint", "work", "traffic", "energy"})
    CHECK(a[(std::string("node_profile.") + name).c_str()] == near(b[name]));
  CHECK(a["step_latency_total"] == near(b["latency"]));
}

TEST_CASE(
    "more bandwidth, less latency, fewer stragglers never slow a step down; a bigger replica never needs more memory") {
  const std::vector<Arguments> cuts = {{{"tp", "8"}},
                                       {{"tp", "4"}, {"pp", "4"}, {"microbatches", "16"}},
                                       {{"pp", "16"}, {"microbatches", "16"}},
                                       {{"tp", "16"}}};
  for (const auto& cut : cuts) {
    const double before = asked(cut)["step_latency_total"];
    for (const auto& better : {std::pair{"fleet.fabric.bandwidth_one_way", "100 GB/s"},
                               {"fleet.fabric.latency", "1 us"},
                               {"scale_up_latency", "0.5 us"},
                               {"fleet.node.accelerator.scale_up.bandwidth_one_way", "900 GB/s"},
                               {"fleet.node.accelerator.memory.bandwidth", "8 TB/s"}}) {
      Arguments more = cut;
      more.push_back(better);
      CHECK(asked(more)["step_latency_total"] <= before);
    }
  }
  double last = 1e300;
  for (const char* tp : {"1", "2", "4", "8", "16"}) {
    const double now = asked({{"tp", tp}, {"microbatches", "4"}})["node_profile.memory_weights"];
    CHECK(now < last);
    last = now;
  }
}
