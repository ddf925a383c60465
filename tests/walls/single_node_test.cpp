// Walls 1 and 2, worked by hand. Llama-3-8B: 8,030,261,248 parameters, 32 layers of 4,096, 2,048 cache elements a token and
// layer, 128,256 words. H100: 989.4 Tflop/s in fp16, 3.35 TB/s, 80 GiB, 10 us to dispatch. A layer costs 10 us to launch.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/units/quantity.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
constexpr const char* single_node = "single-node";

Asked asked(const std::string& model, const std::string& hardware, Arguments more = {}) {
  more.insert(more.begin(), {{"model", model}, {"hardware", hardware}});
  return Asked(single_node, more);
}

/// The first batch at which arithmetic binds; 0 where none up to `last` does.
int first_compute_bound(const std::string& hardware, const Arguments& more, int last = 100000) {
  Asked a = asked("llama-3-8b", hardware, more);
  std::vector<double> row = a.question.row(), out(a.result.size());
  const auto batch = static_cast<std::size_t>(a.question.table().input("batch_size"));
  const auto bottleneck = static_cast<std::size_t>(a.question.table().output("bottleneck"));
  for (int b = 1; b <= last; ++b) {
    row[batch] = b;
    a.question.table().wall->answer(row.data(), nullptr, out.data());
    if (out[bottleneck] == 0) return b;
  }
  return 0;
}
}  // namespace

TEST_CASE("decode: one token of Llama-3-8B in fp16 takes an H100 5.124 ms, bound by memory") {
  const Asked a = asked("llama-3-8b", "h100");
  // weights 2 x 8,030,261,248 = 16,060,522,496; a cache of one token 2048 x 2 x 32 = 131,072; residual 2 x 32 x 4096 x 2 = 524,288
  CHECK(a["traffic_weights"] == 16060522496.0);
  CHECK(a["traffic_other"] == 655360.0);
  CHECK(a.in("latency_memory", ms) == near(16061177856.0 / 3.35e12 * 1e3));  // 4.794 ms
  // 2 x 8,030,261,248 + 4 x 32 x 4096 x 1 = 16,061,046,784 flop at half of 989.4 Tflop/s
  CHECK(a["work"] == 16061046784.0);
  CHECK(a.in("latency_compute", us) == near(16061046784.0 / 494.7e12 * 1e6));  // 32.47 us
  CHECK(a.in("latency_overhead", us) == near(330.0));                          // 10 + 32 x 10
  CHECK(a.in("latency", ms) == near(16061177856.0 / 3.35e12 * 1e3 + 0.33));
  CHECK(a.word("bottleneck") == "Memory");
  CHECK(a.flag("feasible"));
  CHECK(a["throughput"] == near(1 / a["latency"]));
  CHECK(a["margin"] == near(a["latency_memory"] / a["latency_compute"]));  // 148
}

TEST_CASE("decode: the same token takes an A100 8.212 ms") {
  const Asked a = asked("llama-3-8b", "a100");
  CHECK(a.in("latency_memory", ms) == near(16061177856.0 / 2.039e12 * 1e3));  // 7.877 ms
  CHECK(a.in("latency_compute", us) == near(16061046784.0 / 156e12 * 1e6));
  CHECK(a.in("latency", ms) == near(16061177856.0 / 2.039e12 * 1e3 + 0.335));  // 15 us + 32 x 10 us
}

TEST_CASE("decode: intensity 1.0 flop a byte against a ridge of 147.7 at half of an H100's peak") {
  const Asked a = asked("llama-3-8b", "h100");
  CHECK(a.in("arithmetic_intensity", flop / byte) == near(16061046784.0 / 16061177856.0));
  CHECK(a.in("ridge_point", flop / byte) == near(494.7 / 3.35));
}

TEST_CASE("cache: Llama-3-70B keeps 327,680 bytes a token, 2.684 GB for 4 sequences of 2,048") {
  CHECK(asked("llama-3-70b", "h100", {{"seq_len", "1"}})["memory_kv_cache"] == 327680.0);
  CHECK(asked("llama-3-70b", "h100", {{"seq_len", "2048"}, {"batch_size", "4"}})["memory_kv_cache"] ==
        327680.0 * 2048 * 4);
}

TEST_CASE("crossover without a context: 8B turns compute-bound at batch 77 on an A100, 149 on an H100") {
  // Weights take 16,060,522,496 / 2.039e12 = 7,876.7 us on an A100. A sequence adds 655,360 bytes, 0.321 us, and
  // 16,061,046,784 flop, 102.955 us at 156 Tflop/s: 7,876.7 / 102.634 = 76.7. H100: 4,794.2 / (32.466 - 0.196) = 148.6.
  CHECK(first_compute_bound("a100", {}) == 77);
  CHECK(first_compute_bound("h100", {}) == 149);
}

TEST_CASE("crossover at a context of 512: later on both, 111 and 374, since every sequence brings its cache") {
  // A sequence adds 512 x 131,072 + 524,288 = 67,633,152 bytes and 16,060,522,496 + 4 x 32 x 4096 x 512 = 16,328,957,952 flop.
  // A100: 7,876.7 / (104.673 - 33.170) = 110.2; H100: 4,794.2 / (33.008 - 20.189) = 374.0.
  CHECK(first_compute_bound("a100", {{"seq_len", "512"}}) == 111);
  CHECK(first_compute_bound("h100", {{"seq_len", "512"}}) == 374);
}

TEST_CASE("crossover at a context of 2,048: never, up to a batch of 100,000") {
  CHECK(first_compute_bound("a100", {{"seq_len", "2048"}}) == 0);
  CHECK(first_compute_bound("h100", {{"seq_len", "2048"}}) == 0);
}

TEST_CASE("training: Llama-3-8B holds 16 bytes a parameter and 9.127 GB of activations for one sequence") {
  const Asked a = asked("llama-3-8b", "h100", {{"is_training", "true"}});
  const double p = 8030261248.0;
  CHECK(a["memory_weights"] == 2 * p);
  CHECK(a["memory_gradients"] == 2 * p);
  CHECK(a["memory_optimizer"] == 12 * p);  // fp32 master weights and two moments
  CHECK(a["memory_kv_cache"] == 0.0);
  CHECK(a["memory_activations"] == 9126805504.0);  // 34 x 2048 x 4096 x 32 (Korthikanti, without scores)
  CHECK(a["memory_footprint"] == near(16 * p + 9126805504.0));
  CHECK_FALSE(a.flag("feasible"));
}

TEST_CASE("training in fp32 holds 16 bytes a parameter too: 4 + 4 + 8") {
  const Asked a = asked("llama-3-8b", "h100", {{"is_training", "true"}, {"precision", "fp32"}});
  CHECK((a["memory_weights"] + a["memory_gradients"] + a["memory_optimizer"]) / 8030261248.0 == near(16.0));
}

TEST_CASE("ZeRO over 8: 16 bytes a parameter become 5.5, 3.75 and 2") {
  const double expected[] = {16, 2 + 2 + 12.0 / 8, 2 + (2 + 12) / 8.0, 16 / 8.0};
  for (const int stage : {0, 1, 2, 3}) {
    const Asked a =
        asked("llama-3-8b", "h100", {{"is_training", "true"}, {"zero_stage", std::to_string(stage)}, {"dp_size", "8"}});
    CHECK((a["memory_weights"] + a["memory_gradients"] + a["memory_optimizer"]) / 8030261248.0 ==
          near(expected[stage]));
  }
}

TEST_CASE("recomputation keeps 0.822 GB instead of 9.127 and costs a fourth pass") {
  const Asked kept = asked("llama-3-8b", "h100", {{"is_training", "true"}});
  const Asked again = asked("llama-3-8b", "h100", {{"is_training", "true"}, {"activation_recomputation", "true"}});
  CHECK(again["memory_activations"] == 822083584.0);  // 2048 x 4096 x (32 + 17) x 2
  CHECK(again["work_executed"] == near(kept["work_executed"] * 4 / 3));
  CHECK(again["work"] == near(kept["work"]));  // the model needs no more: MFU counts 3 passes, HFU 4
  CHECK(again["hfu"] == near(again["mfu"] * 4 / 3));
}

TEST_CASE("training work: 3 passes of 2 x 8.03e9 x 2,048 and causal attention over half of the length") {
  const Asked a = asked("llama-3-8b", "h100", {{"is_training", "true"}});
  // attention 4 x 32 x 4096 x 1024 x 2048 = 1,099,511,627,776
  CHECK(a["work"] == near(3 * (2 * 8030261248.0 * 2048 + 1099511627776.0)));
}

TEST_CASE("LoRA of rank 16: 16,777,216 parameters are trained, 2 + 14 bytes each, beside frozen weights") {
  const Asked a = asked("llama-3-8b", "h100", {{"is_training", "true"}, {"is_lora", "true"}});
  CHECK(a["memory_weights"] == 16060522496.0 + 2 * 16777216.0);
  CHECK(a["memory_gradients"] == 2 * 16777216.0);
  CHECK(a["memory_optimizer"] == 12 * 16777216.0);
  const Asked wide = asked("llama-3-8b", "h100", {{"is_training", "true"}, {"is_lora", "true"}, {"lora_rank", "64"}});
  CHECK(wide["memory_optimizer"] == 4 * a["memory_optimizer"]);
}

TEST_CASE("experts: Mixtral reads its active 25.76 GB at batch 1, all 93.41 GB at a large one") {
  CHECK(asked("mixtral-8x7b", "h100")["traffic_weights"] == near(2 * 12879925248.0, 1e-12));
  // Two tokens meet 3.5 of 8: active plus 1.5 of (46,702,792,704 - 12,879,925,248) / 6 parameters
  CHECK(asked("mixtral-8x7b", "h100", {{"batch_size", "2"}})["traffic_weights"] ==
        near(2 * (12879925248.0 + 1.5 * 33822867456.0 / 6)));
  CHECK(asked("mixtral-8x7b", "h100", {{"batch_size", "1000"}})["traffic_weights"] == near(2 * 46702792704.0));
  CHECK(asked("mixtral-8x7b", "h100")["memory_weights"] == 2 * 46702792704.0);
}

TEST_CASE(
    "training in a window: Mistral-7B at 8,192 tokens sees 3,072 on average, 4,096 / 2 in the first half, then 4,096") {
  const Asked a = asked("mistral-7b", "h100", {{"is_training", "true"}, {"seq_len", "8192"}});
  const double parameters = a.question.row()[static_cast<std::size_t>(a.question.table().input("model.parameters"))];
  // Three passes of 2 P S, and attention of 32 layers: 4 x 32 x 4096 x 3072 x 8192.
  CHECK(a.in("work", flop) == near(3 * (2 * parameters * 8192 + 4.0 * 32 * 4096 * 3072 * 8192)));
}

TEST_CASE("sliding windows: Mistral-7B keeps 512 MiB at a context of 4,096 and of 32,768") {
  // 2048 x 2 x 32 x 4096 = 536,870,912
  CHECK(asked("mistral-7b", "h100", {{"seq_len", "4096"}}).in("memory_kv_cache", MiB) == 512.0);
  CHECK(asked("mistral-7b", "h100", {{"seq_len", "32768"}}).in("memory_kv_cache", MiB) == 512.0);
  CHECK(asked("mistral-7b", "h100", {{"seq_len", "1024"}}).in("memory_kv_cache", MiB) == 128.0);
}

TEST_CASE("quantised weights keep a 16-bit cache: int4 halves int8's 8.03 GB and leaves 268 MB of cache") {
  for (const auto& [precision, bytes] :
       {std::pair{"fp16", 2.0}, {"int8", 1.0}, {"fp8", 1.0}, {"int4", 0.5}, {"mxfp4", 4.25 / 8}, {"nvfp4", 4.5 / 8}}) {
    const Asked a = asked("llama-3-8b", "h100", {{"precision", precision}, {"seq_len", "2048"}});
    CHECK(a["memory_weights"] == near(bytes * 8030261248.0));
    CHECK(a["memory_kv_cache"] == 268435456.0);  // 2048 x 2 x 32 x 2048
  }
  CHECK(asked("llama-3-8b", "h100", {{"kv_precision", "fp8"}, {"seq_len", "2048"}})["memory_kv_cache"] == 134217728.0);
  CHECK(asked("llama-3-8b", "h100", {{"precision", "fp32"}, {"seq_len", "2048"}})["memory_kv_cache"] == 536870912.0);
  // Never narrower than asked, beside wide weights too.
  const Arguments wide = {{"precision", "fp32"}, {"kv_precision", "fp64"}, {"seq_len", "2048"}};
  CHECK(asked("llama-3-8b", "h100", wide)["memory_kv_cache"] == 1073741824.0);
}

TEST_CASE("what does not fit is an answer: Llama-3-70B exceeds 80 GiB by its need less its have") {
  const Asked a = asked("llama-3-70b", "h100");
  CHECK_FALSE(a.flag("feasible"));
  CHECK(a["memory_available"] == 85899345920.0);
  CHECK(a["offload_spill_bytes"] == near(a["memory_footprint"] - 85899345920.0));
  CHECK(a["memory_footprint"] > 141107412992.0);  // its weights
  CHECK(a["latency"] > 0);                        // the time it would take if it did
  CHECK(asked("llama-3-8b", "h100")["offload_spill_bytes"] == 0.0);
}

TEST_CASE("overhead: MobileNet on an H100 is dominated by its launches, Llama-3-8B is not") {
  const Asked small = asked("mobilenet-v2", "h100");
  CHECK(small.flag("overhead_dominated"));
  CHECK(small["latency_overhead"] > std::fmax(small["latency_compute"], small["latency_memory"]));
  CHECK_FALSE(asked("llama-3-8b", "h100").flag("overhead_dominated"));
}

TEST_CASE("power: the mean of a step lies between the idle share and the limit, energy is power times time") {
  const Asked a = asked("llama-3-8b", "h100");
  CHECK(a.in("power", W) >= 0.12 * 700);
  CHECK(a.in("power", W) <= 700.0);
  CHECK(a["energy"] == near(a["power"] * a["latency"]));
  // 700 (0.12 + 0.65 compute time / time + 0.45 memory time / time)
  CHECK(a["power"] == near(700 * (0.12 + (0.65 * a["latency_compute"] + 0.45 * a["latency_memory"]) / a["latency"])));
}

TEST_CASE("efficiency scales the compute roof alone: 0.25 instead of 0.5 doubles it") {
  const Asked half = asked("llama-3-8b", "h100"), quarter = asked("llama-3-8b", "h100", {{"efficiency", "0.25"}});
  CHECK(quarter["latency_compute"] == near(2 * half["latency_compute"]));
  CHECK(quarter["latency_memory"] == half["latency_memory"]);
}

TEST_CASE("a microcontroller: DS-CNN in int8 lives in the flash of an ESP32-S3 and fits it") {
  const Asked a = asked("ds-cnn", "esp32-s3", {{"precision", "int8"}});
  CHECK(a.flag("feasible"));
  CHECK(a["latency"] > 1e-3);
  CHECK(a["latency"] < 1.0);
}
