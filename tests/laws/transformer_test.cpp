#include "mlsysim/laws/transformer.hpp"

#include <doctest/doctest.h>

#include "near.hpp"

using namespace mlsysim;

TEST_CASE("forward work: 8.03 billion parameters cost 16.06 Gflop a token") {
  CHECK(forward_work(8030261248.0, 1.0 * token).in(Gflop) == near(16.060522496));
  CHECK(forward_work(8030261248.0, 2048.0 * token).in(Gflop) == near(2048 * 16.060522496));
}

TEST_CASE("attention work: 32 layers of width 4096 over 2,048 cached tokens cost 1.074 Gflop") {
  // 4 x 32 x 4096 x 2048 x 1 = 1,073,741,824
  CHECK(attention_work(32.0, 4096.0, 2048.0 * token, 1.0 * token).in(flop) == 1073741824.0);
}

TEST_CASE("cache: one token of Llama-3-70B keeps 327,680 bytes") {
  // 2 x 8 heads x 128 = 2048 elements x 2 bytes x 80 layers
  CHECK(kv_cache_bytes(2048.0, 2.0 * byte, 80.0, 0.0, 1.0 * token, 1.0 * token).in(byte) == 327680.0);
}

TEST_CASE("cache: 32 windowed layers of 4,096 tokens keep 512 MiB however long the sequence") {
  // 2048 x 2 x 32 x 4096 = 536,870,912
  CHECK(kv_cache_bytes(2048.0, 2.0 * byte, 0.0, 32.0, 32768.0 * token, 4096.0 * token).in(MiB) == 512.0);
  CHECK(kv_cache_bytes(2048.0, 2.0 * byte, 0.0, 32.0, 1024.0 * token, 4096.0 * token).in(MiB) == 128.0);
}

TEST_CASE("cache: half the layers full and half windowed add up") {
  // 100 x 2 x (20 x 8192 + 20 x 4096) = 49,152,000
  CHECK(kv_cache_bytes(100.0, 2.0 * byte, 20.0, 20.0, 8192.0 * token, 4096.0 * token).in(byte) == 49152000.0);
}

TEST_CASE("experts: one token meets exactly 2 of 8, two tokens 3.5, a thousand all") {
  CHECK(distinct_experts(8.0, 2.0, 1.0) == near(2.0, 1e-15));
  CHECK(distinct_experts(8.0, 2.0, 2.0) == near(3.5));    // 8 (1 - 0.75^2)
  CHECK(distinct_experts(8.0, 2.0, 3.0) == near(4.625));  // 8 (1 - 0.421875)
  CHECK(distinct_experts(8.0, 2.0, 1000.0) == near(8.0));
  CHECK(distinct_experts(256.0, 8.0, 1.0) == near(8.0, 1e-14));
}

TEST_CASE("experts: where each token meets all 8, all 8 are met") { CHECK(distinct_experts(8.0, 8.0, 1.0) == 8.0); }

TEST_CASE("experts: more tokens never meet fewer, and never more than there are") {
  double before = 0;
  for (double n = 1; n < 1e6; n *= 1.3) {
    const double met = distinct_experts(160.0, 6.0, n);
    CHECK(met >= before);
    CHECK(met <= 160.0);
    before = met;
  }
}

TEST_CASE("residual stream: a token moves 524,288 bytes through 32 layers of 4,096 at 2 bytes") {
  // 2 x 32 x 4096 x 2
  CHECK(residual_traffic(32.0, 4096.0, 2.0 * byte, 1.0 * token).in(byte) == 524288.0);
}
