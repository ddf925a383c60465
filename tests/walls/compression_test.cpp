// Wall 13, worked by hand. Llama-3-8B has 8,030,261,248 parameters; a token takes an H100 5.124 ms in fp16, 0.33 ms of it fixed.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/units/quantity.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) {
  more.insert(more.begin(), {{"model", "llama-3-8b"}, {"hardware", "h100"}});
  return Asked("compression", more);
}
}  // namespace

TEST_CASE("int4 against fp16: 16.06 GB become 4.015, four times less, not eight") {
  const Asked a = asked({{"target_bitwidth", "4"}});
  CHECK(a.in("original_size_gb", GB) == near(16.060522496));
  CHECK(a.in("compressed_size_gb", GB) == near(4.015130624, 1e-6));
  CHECK(a["compression_ratio"] == near(4.0, 1e-6));
  CHECK(a["memory_savings_pct"] == near(75.0, 1e-6));
  const Asked fp32 = asked({{"target_bitwidth", "4"}, {"baseline", "fp32"}});
  CHECK(fp32["compression_ratio"] == near(8.0, 1e-6));
}

TEST_CASE("speed-up is that of the step: 5.124 ms become 1.529, 3.35 times, since launches don't shrink") {
  const Asked a = asked({{"target_bitwidth", "4"}});
  // weights 16,060,522,496 / 4 and a cache and stream of 655,360 bytes at 3.35 TB/s, and 0.33 ms
  const double after = (16060522496.0 / 4 + 655360) / 3.35e12 * 1e3 + 0.33;
  CHECK(a.in("baseline_latency", ms) == near(16061177856.0 / 3.35e12 * 1e3 + 0.33));
  CHECK(a.in("compressed_latency", ms) == near(after, 1e-6));
  CHECK(a["inference_speedup"] == near((16061177856.0 / 3.35e12 * 1e3 + 0.33) / after, 1e-6));
}

TEST_CASE("at a batch of 512 arithmetic binds: narrow weights alone gain nothing, int8 arithmetic doubles it") {
  const Asked weights = asked({{"batch_size", "512"}});
  CHECK(weights.word("baseline_bottleneck") == "Compute");
  CHECK(weights["inference_speedup"] == near(1.0));
  const Asked both = asked({{"batch_size", "512"}, {"quantized_activations", "true"}});
  CHECK(both.in("compressed_latency", ms) - 0.33 ==
        near((both.in("baseline_latency", ms) - 0.33) / 2, 1e-3));  // 1978.9 over 989.4
}

TEST_CASE(
    "unstructured pruning: half of the weights and a bit map are 9/16 of the size, and no faster without kernels for "
    "it") {
  const Asked a = asked({{"method", "pruning"}, {"sparsity", "0.5"}});
  CHECK(a["compression_ratio"] == near(16.0 / 9));
  CHECK(a["inference_speedup"] == near(1.0));
  CHECK(a.word("accuracy_basis") == "published results");
  CHECK(a["estimated_accuracy_delta_low"] == near(-0.058));
  const Asked packed = asked({{"method", "pruning"}, {"sparsity", "0.5"}, {"sparse_kernels", "true"}});
  CHECK(packed["inference_speedup"] == near(5.1243815 / ((16060522496.0 * 9 / 16 + 655360) / 3.35e9 + 0.33), 1e-4));
}

TEST_CASE(
    "structured pruning shrinks everything but the launches; two of four halves arithmetic and keeps 9/16 of the "
    "bytes") {
  const Asked rows = asked({{"method", "pruning"}, {"sparsity", "0.25"}, {"sparsity_type", "structured"}});
  CHECK(rows["compression_ratio"] == near(4.0 / 3));
  CHECK(rows.in("compressed_latency", ms) == near(16061177856.0 * 0.75 / 3.35e9 + 0.33));
  CHECK(rows.word("accuracy_basis") == "no source: an estimate");
  const Asked two =
      asked({{"method", "pruning"}, {"sparsity", "0.5"}, {"sparsity_type", "n_m"}, {"batch_size", "512"}});
  CHECK(two["compression_ratio"] == near(16.0 / 9));
  CHECK(two.in("compressed_latency", ms) - 0.33 == near((two.in("baseline_latency", ms) - 0.33) / 2));
}

TEST_CASE("distillation needs its student: by name, or by size") {
  const Refusal r("compression", {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"method", "distillation"}});
  CHECK_FALSE(r.answered);
  CHECK(r.text().find("student") != std::string::npos);
  const Asked size = asked({{"method", "distillation"}, {"student_size", "0.25"}});
  CHECK(size["compression_ratio"] == near(4.0));
  const Asked named = Asked(
      "compression",
      {{"model", "llama-3-70b"}, {"hardware", "b200"}, {"method", "distillation"}, {"student_model", "llama-3-8b"}});
  CHECK(named["compression_ratio"] == near(70553706496.0 / 8030261248.0));
  CHECK(named.in("compressed_size_gb", GB) == near(16.060522496));
}

TEST_CASE("what does not fit before may fit after: Llama-3-70B in int8 on an H100") {
  const Asked a = Asked("compression", {{"model", "llama-3-70b"}, {"hardware", "h100"}});
  CHECK_FALSE(a.flag("fits_before"));
  CHECK(a.flag("fits_after"));
}

TEST_CASE("accuracy says what it rests on: rows, between rows, or nothing") {
  for (const auto& [bits, basis] : {std::pair{"16", "exact: nothing is lost"},
                                    {"8", "published results"},
                                    {"6", "between published results"},
                                    {"4", "published results"},
                                    {"3", "no source: an estimate"}})
    CHECK(asked({{"target_bitwidth", bits}}).word("accuracy_basis") == basis);
  CHECK(asked({{"target_bitwidth", "32"}})["estimated_accuracy_delta"] == 0);
}

TEST_CASE("the original: against fp32, constants for accuracy") {
  const Asked a = asked({{"target_bitwidth", "4"}, {"assumptions", "mlsysim-0.1"}});
  CHECK(a["compression_ratio"] == near(8.0));
  CHECK(a["inference_speedup"] == near(8.0));
  CHECK(a["estimated_accuracy_delta"] == near(-0.025));
}

TEST_CASE("refused by name: an unknown method, no bits, two of four at another sparsity, everything pruned") {
  for (const Arguments& wrong :
       {Arguments{{"method", "bogus"}}, Arguments{{"target_bitwidth", "0"}}, Arguments{{"sparsity", "1.1"}},
        Arguments{{"sparsity", "0.4"}, {"method", "pruning"}, {"sparsity_type", "n_m"}},
        Arguments{{"sparsity", "1"}, {"method", "pruning"}}, Arguments{{"group_size", "0"}},
        Arguments{{"student_size", "2"}}, Arguments{{"batch_size", "0"}}, Arguments{{"efficiency", "0"}},
        Arguments{{"seq_len", "0"}}}) {
    Arguments all = {{"model", "llama-3-8b"}, {"hardware", "h100"}};
    all.insert(all.end(), wrong.begin(), wrong.end());
    const Refusal r("compression", all);
    CHECK_FALSE(r.answered);
    CHECK(r.problem().argument == wrong.front().first);
  }
}

TEST_CASE("arithmetic in 4 bits on a device that has only units for 8 runs at their rate, twice that of 16") {
  const Arguments many = {{"batch_size", "512"}, {"quantized_activations", "true"}};
  const Asked eight = asked(many);
  Arguments narrow = many;
  narrow.emplace_back("target_bitwidth", "4");
  const Asked four = asked(narrow);  // an H100 has no int4
  CHECK(four.in("compressed_latency", ms) == near(eight.in("compressed_latency", ms)));
}
