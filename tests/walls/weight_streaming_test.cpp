// Wall 6, worked by hand. Llama 3 70B: 70.554e9 parameters in 80 layers, 1.764 GB a layer in fp16.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) {
  Arguments all{{"model", "llama-3-70b"}, {"hardware", "cs3"}, {"seq_len", "4096"}};
  all.insert(all.end(), more.begin(), more.end());
  return Asked("weight-streaming", all);
}
}  // namespace

TEST_CASE("a layer of 1.764 GB takes 11.76 ms over 150 GB/s, and 80 of them 0.94 s whatever the wafer computes") {
  const Asked a = asked({{"batch_size", "8"}});
  const double layer = a.in("layer_weights", GB);
  CHECK(layer == near(1.764, 1e-3));
  CHECK(a.in("layer_injection_time", ms) == near(layer / 150 * 1e3));
  CHECK(a.word("bottleneck") == "Interconnect-Bandwidth-Bound");
  CHECK(a.in("step_time", ms) == near(80 * layer / 150 * 1e3 + 0.001));  // and 1 us of dispatch
  CHECK(a["throughput_tokens_per_sec"] == near(8 / a["step_time"]));
  CHECK(a["link_stall"] == near(1 - 80 * a["layer_compute_time"] / a["step_time"], 1e-5));
}

TEST_CASE("on chip stand the cache of 8 x 4,096 tokens, two layers in flight and the activations: 14.3 of 44 GB") {
  const Asked a = asked({{"batch_size", "8"}});
  CHECK(a.in("kv_cache_size", GB) == near(8.0 * 4096 * 327680 / 1e9));  // 80 layers x 2 x 8 heads x 128 x 2 bytes
  CHECK(a.in("weight_buffers", GB) == near(2 * a.in("layer_weights", GB)));
  CHECK(a.in("memory_required", GB) ==
        near(a.in("kv_cache_size", GB) + a.in("weight_buffers", GB) + a.in("activation_memory", GB)));
  CHECK(a["wafer_memory_utilization"] == near(a.in("memory_required", GB) / 44));
  CHECK(a.flag("feasible"));
  CHECK(a.flag("streaming_needed"));
  const double most = a["batch_max"];
  CHECK(asked({{"batch_size", std::to_string(static_cast<int>(most))}}).flag("feasible"));
  CHECK_FALSE(asked({{"batch_size", std::to_string(static_cast<int>(most) + 1)}}).flag("feasible"));
}

TEST_CASE("the optimal batch is the first whose computing hides the stream: one less does not") {
  for (const char* phase : {"decode", "prefill"})
    for (const char* hardware : {"cs3", "h100", "mi300x"}) {
      CAPTURE(phase);
      CAPTURE(hardware);
      const auto at = [&](double batch) {
        return Asked("weight-streaming", {{"model", "llama-3-70b"},
                                          {"hardware", hardware},
                                          {"seq_len", "512"},
                                          {"phase", phase},
                                          {"batch_size", std::to_string(static_cast<int>(batch))}});
      };
      const double best = at(1)["optimal_batch_size"];
      CHECK(best > 1);
      CHECK(at(best).word("bottleneck") == "Compute-Bound");
      CHECK(at(best - 1).word("bottleneck") == "Interconnect-Bandwidth-Bound");
      CHECK(at(best)["layer_compute_time"] >= at(best)["layer_injection_time"] * (1 - 1e-12));
    }
}

TEST_CASE("a link as fast as is needed hides the stream exactly") {
  const Asked slow = asked({{"batch_size", "8"}});
  const Asked quick = asked(
      {{"batch_size", "8"}, {"injection_bandwidth", std::to_string(slow.in("injection_bandwidth_needed", GB / s))}});
  CHECK(quick["layer_injection_time"] == near(quick["layer_compute_time"], 1e-6));
}

TEST_CASE("a lone prompt waits for its first layer; decoding steps follow each other without a gap") {
  const Asked a = asked({{"phase", "prefill"}});
  const double most = std::fmax(a["layer_compute_time"], a["layer_injection_time"]),
               least = std::fmin(a["layer_compute_time"], a["layer_injection_time"]);
  CHECK(a["step_time"] == near(80 * most + least + 1e-6));
  CHECK(a["throughput_tokens_per_sec"] == near(4096 / a["step_time"]));
}

TEST_CASE("no link is guessed: hardware that states none is refused by name, and one that is given is taken") {
  const Arguments orin{{"model", "llama-3-8b"}, {"hardware", "jetson-orin-nx"}, {"seq_len", "512"}};
  CHECK(Refusal("weight-streaming", orin).text().find("host_link") != std::string::npos);
  Arguments given = orin;
  given.emplace_back("injection_bandwidth", "8 GB/s");
  CHECK(Asked("weight-streaming", given).in("injection_bandwidth", GB / s) == near(8.0));
}

TEST_CASE("weights that fit need no stream") {
  CHECK_FALSE(Asked("weight-streaming", {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"seq_len", "512"}})
                  .flag("streaming_needed"));
  CHECK(Refusal("weight-streaming", {{"model", "resnet-50"}, {"hardware", "h100"}, {"seq_len", "512"}})
            .problem()
            .argument == "model");
}
