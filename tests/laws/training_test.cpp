#include "mlsysim/laws/training.hpp"

#include <doctest/doctest.h>

#include "near.hpp"

using namespace mlsysim;

TEST_CASE("a training step is 3 forward passes, 4 with recomputation, 2 with frozen weights") {
  CHECK(training_passes<double>(true, false) == 3.0);
  CHECK(training_passes<double>(true, true) == 4.0);
  CHECK(training_passes<double>(false, false) == 2.0);
  CHECK(training_passes<double>(false, true) == 3.0);
}

TEST_CASE("activations: 2,048 tokens through 32 layers of 4,096 keep 9.127 GB, 0.822 GB recomputed") {
  // 2048 x 4096 x 32 x 17 elements x 2 bytes = 9,126,805,504; that is Korthikanti's 34 s b h L
  CHECK(kept_activations(2048.0 * token, 4096.0, 32.0, 2.0 * byte, 17.0).in(byte) == 9126805504.0);
  // 2048 x 4096 x (32 + 17) x 2 = 822,083,584
  CHECK(recomputed_activations(2048.0 * token, 4096.0, 32.0, 2.0 * byte, 17.0, 1.0).in(byte) == 822083584.0);
}

TEST_CASE("ZeRO over 8: stage 1 shards the optimizer alone, stage 3 everything") {
  constexpr int optimizer = 1, gradients = 2, weights = 3;
  CHECK(zero_share(0, optimizer, 8.0) == 1.0);
  CHECK(zero_share(1, optimizer, 8.0) == 0.125);
  CHECK(zero_share(1, gradients, 8.0) == 1.0);
  CHECK(zero_share(2, gradients, 8.0) == 0.125);
  CHECK(zero_share(2, weights, 8.0) == 1.0);
  CHECK(zero_share(3, weights, 8.0) == 0.125);
}

TEST_CASE("adapters of rank 16 on Llama-3-8B hold 16.8 million parameters") {
  // 2 x 16 x 4096 x 4 x 32 = 16,777,216
  CHECK(adapter_parameters(16.0, 4096.0, 32.0) == 16777216.0);
}
