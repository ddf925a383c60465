// What a network holds by itself, worked by hand. Llama-3-8B: 8,030,261,248 parameters, 32 layers of 4,096, 8 heads of keys and
// values, 128 wide.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
constexpr double parameters = 8030261248;

Asked asked(Arguments more = {}) {
  more.insert(more.begin(), {"model", "llama-3-8b"});
  return Asked("footprint", more);
}
}  // namespace

TEST_CASE("4,096 tokens of Llama-3-8B keep 2 x 32 x 8 x 128 x 4096 x 2 bytes = 536,870,912, in int8 half of it") {
  CHECK(asked({{"seq_len", "4096"}})["kv_cache_size"] == 536870912);
  CHECK(asked({{"seq_len", "4096"}, {"kv_precision", "int8"}})["kv_cache_size"] == 536870912 / 2);
  CHECK(asked({{"seq_len", "4096"}, {"batch_size", "3"}})["kv_cache_size"] == 3. * 536870912);
}

TEST_CASE("a token costs 2 flop a parameter, and attention to itself") {
  const Asked a = asked();
  CHECK(a["weight_bytes"] == 2 * parameters);
  CHECK(a["total_ops"] == near(2 * parameters + 4. * 32 * 4096));
  CHECK(a["arithmetic_intensity"] == near(a["total_ops"] / a["weight_bytes"]));
}

TEST_CASE("training keeps 2 + 2 + 12 bytes a parameter with Adam, 2 + 2 + 4 with SGD, and 34 bytes of each residual element") {
  const Asked adam = asked(), sgd = asked({{"optimizer", "sgd"}});
  const double activations = 34. * 2048 * 4096 * 32;
  CHECK(adam["training_memory"] == near(16 * parameters + activations));
  CHECK(sgd["training_memory"] == near(8 * parameters + activations));
  CHECK(asked({{"strategy", "none"}})["training_memory"] == adam["training_memory"]);  // attention is fused
}

TEST_CASE("full recomputation keeps the input of 32 layers and one layer at work: 2 x (32 + 17) bytes an element") {
  CHECK(asked({{"strategy", "full"}})["training_activations"] == near(2. * (32 + 17) * 2048 * 4096));
}

TEST_CASE("ZeRO 3 over 8 devices leaves an eighth of 16 bytes a parameter") {
  const Asked whole = asked(), eighth = asked({{"zero_stage", "3"}, {"dp_size", "8"}});
  CHECK(eighth["training_memory"] - eighth["training_activations"] ==
        near((whole["training_memory"] - whole["training_activations"]) / 8));
}

TEST_CASE("fp32 weights need no master copy: 4 + 4 + 8 bytes with Adam, 4 + 4 with SGD") {
  CHECK(asked({{"precision", "fp32"}})["training_optimizer"] == near(8 * parameters));
  CHECK(asked({{"precision", "fp32"}, {"optimizer", "sgd"}})["training_optimizer"] == 0);
}

TEST_CASE("a state-space model keeps the same state for any length, and no cache") {
  const Arguments mamba = {{"model", "mamba-2.8b"}};
  const Asked a("footprint", mamba);
  CHECK(a["state_cache_size"] == near(2 * 6553600.));
  CHECK(a["kv_cache_size"] == 0);
}
