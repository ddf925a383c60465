// Wall 3, worked by hand. Llama 3 8B on H100: 8.03e9 parameters, 32 layers of 32 heads of 128, head 4096 x 128256.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) {
  Arguments all{{"model", "llama-3-8b"}, {"hardware", "h100"}};
  all.insert(all.end(), more.begin(), more.end());
  return Asked("efficiency", all);
}
constexpr double head = 4096.0 * 128256, parameters = 8030261248.0, peak = 989.4e12;
// Of the stack `tuned-device`: launch, framework, loader, collector, driver; then occupancy and instructions.
constexpr double running = 0.97 * 0.96 * 0.98 * 0.99 * 0.99, kernels = 0.85 * 0.93;
}  // namespace

TEST_CASE("3.2 % of the work of 2,048 tokens is attention, 90.4 % products with the blocks' weights, 6.3 % the head") {
  const Asked a = asked({});
  // scores: 4 x 32 layers x 4096 wide x 1,024 tokens seen on average, for each token; weights: 2 flop a parameter
  const double scores = 4.0 * 32 * 4096 * 1024, all = 2 * parameters + scores;
  CHECK(a["attention_share"] == near(scores / all, 1e-5));
  CHECK(a["ffn_share"] == near(2 * (parameters - head) / all, 1e-5));
  CHECK(a["other_share"] == near(2 * head / all, 1e-5));
  CHECK(a["attention_share"] + a["ffn_share"] + a["conv_share"] + a["other_share"] == near(1.0));
  CHECK(a["attention_time_share"] + a["ffn_time_share"] + a["conv_time_share"] + a["other_time_share"] == near(1.0));
}

TEST_CASE("a product that arithmetic binds reaches eta: 0.7 where it is stated, the product of the factors where not") {
  const Asked stated = asked({{"efficiency", "0.7"}});
  CHECK(stated["mfu"] == near(0.7));
  CHECK(stated.in("achievable_flops", Tflop / s) == near(0.7 * 989.4));
  CHECK(stated["overhead_breakdown.memory_stall"] == near(0.0));
  CHECK(stated["unexplained"] == near(0.7 / (running * kernels)));
  const Asked composed = asked({});
  CHECK(composed["factor_product"] == near(running * kernels));
  CHECK(composed["mfu"] == near(running * kernels));  // 0.707
  CHECK(composed["unexplained"] == near(1.0));
  CHECK(composed.word("bottleneck") == "Compute");
}

TEST_CASE("unfused attention is bound by its scores, fused attention by arithmetic") {
  const Asked naive = asked({{"workload_type", "attention"}, {"efficiency", "0.5"}});
  // For each token and layer: scores 4 x 32 x 2,048 elements, queries and outputs 2 x 4,096, keys and values 2 x 1,024; 2 bytes.
  const double bytes = 2.0 * 32 * (4.0 * 32 * 2048 + 2 * 4096 + 2 * 1024), work = 4.0 * 32 * 4096 * 1024;
  const double bandwidth = 3.35e12 * 0.87 * running;
  CHECK(naive.in("arithmetic_intensity", flop / byte) == near(2 * work / bytes));  // the whole square is executed
  CHECK(naive["mfu"] == near(work / (bytes / bandwidth) / peak));
  CHECK(naive.word("bottleneck") == "Memory");
  CHECK(naive.word("costliest_factor") == "memory_coalescing");
  const Asked fused = asked({{"workload_type", "attention"}, {"efficiency", "0.5"}, {"use_flash_attention", "true"}});
  CHECK(fused["mfu"] == near(0.5 * 0.75));
  CHECK(fused.word("costliest_factor") == "attention_implementation");
  CHECK(fused["costliest_factor_loss"] == near(0.25));
}

TEST_CASE("where the time goes sums to all of it, for every part and phase") {
  for (const char* part : {"attention", "ffn", "other", "step"})
    for (const char* phase : {"prefill", "decode"})
      for (const char* fused : {"true", "false"}) {
        const Asked a = asked({{"workload_type", part}, {"phase", phase}, {"use_flash_attention", fused}});
        const double lost = a["overhead_breakdown.occupancy_loss"], waits = a["overhead_breakdown.memory_stall"];
        CHECK(a["mfu"] + lost + waits == near(1.0));
        CHECK(lost >= 0);
        CHECK(waits >= -1e-15);
      }
}

TEST_CASE("items 7 and C21: decoding one sequence reaches 0.3 % of the peak whatever eta is, since memory binds") {
  double before = 0;
  for (const char* eta : {"0.5", "0.05", "0.01"}) {
    const Asked a = asked({{"workload_type", "step"}, {"phase", "decode"}, {"efficiency", eta}});
    CHECK(a.word("bottleneck") == "Memory");
    CHECK(a["mfu"] < 0.05);
    if (before > 0) CHECK(a["mfu"] == near(before, 0.2));
    before = a["mfu"];
  }
  CHECK(before == near(0.00276, 0.01));
}

TEST_CASE("a factor that is given changes the product by its ratio, and one that costs most is named") {
  const Asked a = asked({{"software.data_loader", "0.49"}});
  CHECK(a["factor_product"] == near(running * kernels / 2));  // 0.49 of 0.98
  CHECK(a.word("costliest_factor") == "data_loader");
  CHECK(a["costliest_factor_loss"] == near(0.51));
}

TEST_CASE("a format below 16 bits pays for its kernels: 0.85 of its own peak") {
  CHECK(asked({{"precision", "fp8"}, {"batch_size", "8"}})["mfu"] == near(running * kernels * 0.85));
}

TEST_CASE("a convolutional network is one part; a part that a model does not have is refused, with one that it has") {
  const Asked a("efficiency",
                {{"model", "resnet-50"}, {"hardware", "a100"}, {"workload_type", "conv"}, {"batch_size", "64"}});
  CHECK(a["conv_share"] == 1);
  CHECK(a["mfu"] > 0);
  CHECK(Refusal("efficiency", {{"model", "resnet-50"}, {"hardware", "a100"}}).problem().nearest ==
        "workload_type conv");
  CHECK(Refusal("efficiency", {{"model", "llama-3-8b"}, {"hardware", "a100"}, {"workload_type", "conv"}})
            .problem()
            .nearest == "workload_type ffn");
}

TEST_CASE("as the original: attention at eta 0.4 is 0.24, and 56 % is idle units") {
  const Asked a = asked({{"workload_type", "attention"}, {"efficiency", "0.4"}, {"assumptions", "mlsysim-0.1"}});
  CHECK(a["mfu"] == near(0.24));                                // 0.30 x 0.4 / 0.5
  CHECK(a["overhead_breakdown.occupancy_loss"] == near(0.56));  // 1 - 1.1 x 0.4
  CHECK(a["overhead_breakdown.memory_stall"] == near(0.20));    // the rest
}
