// The roofline of a fleet, worked by hand. Llama-3-8B: 8,030,261,248 parameters, 32 layers of 4,096. Research-256: 32 nodes of 8
// H100 (989.4 Tflop/s), 450 GB/s inside a node, 12.5 GB/s between nodes for each device.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
constexpr double gradients = 2 * 8030261248.0, work = (6 * 8030261248.0 + 12. * 32 * 4096 * 1024) * 2048;

Asked asked(Arguments more = {}) {
  more.insert(more.begin(), {{"model", "llama-3-8b"}, {"fleet", "research-256"}});
  return Asked("network-roofline", more);
}
}  // namespace

TEST_CASE("one sequence a device: 102 Tflop against 3.89 GB over the fabric, which takes 311 ms against 206 ms") {
  const Asked a = asked();
  CHECK(a["network_bytes"] == near(2 * 31. / 32 * gradients / 8));  // 3.889 GB
  CHECK(a["scale_up_bytes"] == near(2 * 7. / 8 * gradients));       // 28.1 GB
  CHECK(a.in("latency_network", s) == near(2 * 31. / 32 * gradients / 8 / 12.5e9));
  CHECK(a.in("latency_scale_up", s) == near(2 * 7. / 8 * gradients / 450e9));  // 62.5 ms
  CHECK(a.in("latency_compute", s) == near(work / 494.7e12));
  CHECK(a.word("bottleneck") == "Network");
  CHECK(a["latency"] == near(a["latency_network"]));
  CHECK(a["arithmetic_intensity"] == near(work / (2 * 31. / 32 * gradients / 8)));
  CHECK(a["ridge_point"] == near(494.7e12 / 12.5e9));
  CHECK(a["throughput"] == near(256 / a["latency"]));
}

TEST_CASE("from the batch that it names on, arithmetic binds") {
  const Asked one = asked();
  const int batch = static_cast<int>(one["compute_bound_batch"]);
  CHECK(batch == 2);  // 311 / 206 = 1.5
  CHECK(asked({{"batch_size", std::to_string(batch)}}).word("bottleneck") == "Compute");
  CHECK(asked({{"batch_size", "2"}})["achievable_flops"] == near(256 * 494.7e12));
}

TEST_CASE("one node: nothing crosses the fabric; ten times its arithmetic and its own links bind") {
  const Asked a = asked({{"fleet.nodes", "1"}});
  CHECK(a["network_bytes"] == 0.0);
  CHECK(a.word("bottleneck") == "Compute");
  CHECK(
      asked({{"fleet.nodes", "1"}, {"fleet.node.accelerator.compute.fp16_dense", "9894 Tflop/s"}}).word("bottleneck") ==
      "Scale-up links");
}

TEST_CASE("precision narrows weights, not gradients: fp8 arithmetic makes the fabric bind harder") {
  const Asked wide = asked(), narrow = asked({{"precision", "fp8"}});
  CHECK(narrow["network_bytes"] == near(wide["network_bytes"]));
  CHECK(narrow["margin"] == near(wide["margin"] * 1978.9 / 989.4));
}
