// Kernels on tiles and waves: one case of each law worked by hand.
#include "mlsysim/laws/kernels.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "near.hpp"

using namespace mlsysim;

TEST_CASE("two activities of 1 s that run beside each other take 2^(1/4) = 1.189 s, of 1 s and 3 s 3.009 s") {
  CHECK(overlapped(1.0 * s, 1.0 * s).base == near(std::pow(2.0, 0.25)));
  CHECK(overlapped(1.0 * s, 3.0 * s).base == near(std::pow(82.0, 0.25)));
}

TEST_CASE("a product of 256 x 256 x 1024 on 4 units of 1 Tflop/s: 4 tiles of 128 x 128, one wave, 33.6 us") {
  // 2 x 128 x 128 x 1024 flop / 1 Tflop/s = 33.55 us; 16 tiles of 64 x 64 take four waves of 8.39 us, which is the same
  const auto t = tile_time(256.0, 256.0, 1024.0, 4.0, 1.0 * Tflop / s, 1000.0 * us, 1.0 * TB / s);
  CHECK(t.base == near(2 * 128 * 128 * 1024 / 1e12));
}

TEST_CASE("a product with one tile on 16 units is cut in 16 parts of 128: 1.05 us, the sum and 0.1 us of partials") {
  // 2 x 64 x 64 x 128 flop / 1 Tflop/s = 1.049 us
  const double parts = 2.0 * 64 * 64 * 128 / 1e12, sum = 1e-6, partials = 8.0 * 16 * 64 * 64 / (5 * 1e12);
  CHECK(tile_time(64.0, 64.0, 2048.0, 16.0, 1.0 * Tflop / s, 1.0 * us, 1.0 * TB / s).base ==
        near(parts + sum + partials));
  // where joining takes 100 us it is not cut: 2 x 64 x 64 x 2048 / 1e12 = 16.8 us
  CHECK(tile_time(64.0, 64.0, 2048.0, 16.0, 1.0 * Tflop / s, 100.0 * us, 1.0 * TB / s).base == near(16.777216e-6));
}

TEST_CASE("decoding 8 sequences with 8 key heads on 64 units is one wave; on 63 it is two") {
  const auto time = [](double units) {
    return decode_block_time(64.0, 64.0, 128.0, 4.0, units, 1.0 * Tflop / s, 1.0 * us, 1000.0 * us).base;
  };
  CHECK(time(64.0) == near(1e-6 + 4.0 * 64 * 128 * 16 / 1e12));
  CHECK(time(63.0) == near(2 * time(64.0)));
}

TEST_CASE("a prefill of 128 tokens computes 128 x 129 / 2 pairs and half a block of masked ones: 16,448") {
  constexpr double all = std::numeric_limits<double>::quiet_NaN();
  CHECK(prefill_pairs(128.0, 0.0, all) == 128.0 * 129 / 2 + 64 * 128);
  CHECK(prefill_pairs(1.0, 0.0, all) == prefill_pairs(128.0, 0.0, all));  // a block is computed whole
  // with a window of 128 no query sees more than 256 keys, its own block counted: 1,024 tokens
  CHECK(prefill_pairs(1024.0, 0.0, 128.0) == 256.0 * 257 / 2 + 768.0 * 256 + 64 * 1024);
}

TEST_CASE(
    "scores go through matrix units and exponential: 1 Tflop/s and 1e9 scores a second at width 128 are 1.512 ns a "
    "pair") {
  const auto t =
      prefill_block_time(1.0, 1e6, 0.0, 128.0, 128.0, 1.0, 1.0 * Tflop / s, Frequency<double>{1e9}, 0.0 * us);
  CHECK(t.base == near(1e6 * (4 * 128 / 1e12 + 1e-9)));
}

TEST_CASE(
    "8 experts met by 8 tokens, hidden 128, inner 128, gated: 8 tiles of 16 rows for 2 x 128 columns, then 8 for 128") {
  // a = 16: M = max(8, 8/16 + 4) = 8; on one unit 16 tiles and then 8, each 2 x 16 x 128 x 128 flop
  CHECK(expert_tile_time(8.0, 8.0, 128.0, 128.0, 2.0, 1.0, 1.0 * Tflop / s).base ==
        near(24 * 2.0 * 16 * 128 * 128 / 1e12));
}

TEST_CASE("an all-reduce of 1 GB over 8 devices at 100 GB/s: 17.5 ms, 5 us and 7 us of latency, and a ramp") {
  const auto t = library_all_reduce_time(1.0 * GB, 8.0, 100.0 * GB / s, 1.0, 5.0 * us, 1.0 * us, 0.0 * us);
  CHECK(t.base == near(2.0 * 7 / 8 * 1e9 / 1e11 + 12e-6));
  CHECK(library_all_reduce_time(1.0 * GB, 1.0, 100.0 * GB / s, 1.0, 5.0 * us, 1.0 * us, 1.0 * us).base == 0.0);
}

TEST_CASE("a small message is summed in one shot, a large one in two") {
  const auto time = [](Data<double> message) {
    return direct_all_reduce_time(message, 8.0, 100.0 * GB / s, 1.0, 3.0 * us, 0.0 * us).base;
  };
  CHECK(time(1.0 * KB) == near(3e-6 + 7 * 1e3 / 1e11));
  CHECK(time(100.0 * MB) == near(6e-6 + 2.0 * 7 / 8 * 1e8 / 1e11));
}

TEST_CASE("latents of 64 sequences on 64 units are one wave of blocks; 65 heads cost two blocks of 64") {
  const auto time = [](double heads, double units) {
    return latent_block_time(64.0, 64.0, 1088.0, heads, units, 1.0 * Tflop / s, 1.0 * us, 1.0 * us, 1.0).base;
  };
  // 2 x 64 keys x 1088 x 64 heads flop / 1 Tflop/s = 8.91 us, and 1 us for the block
  CHECK(time(16.0, 64.0) == near(1e-6 + 2.0 * 64 * 1088 * 64 / 1e12));
  CHECK(time(64.0, 64.0) == time(16.0, 64.0));
  CHECK(time(65.0, 64.0) == near(1e-6 + 2 * 2.0 * 64 * 1088 * 64 / 1e12));
  CHECK(time(64.0, 63.0) == near(2 * time(64.0, 64.0)));
}

TEST_CASE("one sequence of 2,048 latents on 32 units is cut in 32 parts of 64, where kernels cut at all") {
  const auto time = [](double parts) {
    return latent_block_time(1.0, 2048.0, 1088.0, 128.0, 32.0, 1.0 * Tflop / s, 1.0 * us, 2.0 * us, parts).base;
  };
  const double column = 2 * 2.0 * 1088 * 64 / 1e12;  // 128 heads are two blocks of 64
  CHECK(time(64.0) == near(1e-6 + 64 * column + 2e-6));
  CHECK(time(1.0) == near(1e-6 + 2048 * column));
}

TEST_CASE("the busiest of 8 devices with 16 of 128 experts each, whose tokens scatter by 2, has 1.72 times the mean") {
  // sqrt(8 / 128) = 0.25; sqrt(2 ln 8) - 0.6 = 1.439; 1 + 2 x 0.25 x 1.439 = 1.720
  CHECK(busiest_share(128.0, 8.0, 2.0) == near(1 + 2 * 0.25 * (std::sqrt(2 * std::log(8.0)) - 0.6)));
  CHECK(busiest_share(128.0, 1.0, 2.0) == 1.0);
  CHECK(busiest_share(128.0, 8.0, 0.0) == 1.0);
}
