#include "mlsysim/laws/roofline.hpp"

#include <doctest/doctest.h>

#include "near.hpp"

using namespace mlsysim;

TEST_CASE("roofline: 10 Tflop over 20 GB takes the 100 ms of its compute term") {
  // max(10e12 / 100e12, 20e9 / 2e12) = max(100 ms, 10 ms)
  CHECK(roofline_time(10.0 * Tflop, 20.0 * GB, 100.0 * Tflop / s, 2.0 * TB / s).in(ms) == near(100.0));
}

TEST_CASE("roofline: 1 Tflop over 400 GB takes the 200 ms of its memory term") {
  // max(1e12 / 100e12, 400e9 / 2e12) = max(10 ms, 200 ms)
  CHECK(roofline_time(1.0 * Tflop, 400.0 * GB, 100.0 * Tflop / s, 2.0 * TB / s).in(ms) == near(200.0));
}

TEST_CASE("intensity: 10 Tflop over 20 GB is 500 flop a byte") {
  CHECK(arithmetic_intensity(10.0 * Tflop, 20.0 * GB).in(flop / byte) == near(500.0));
}

TEST_CASE("ridge point: an H100 in fp16 turns compute-bound at 295.3 flop a byte") {
  // 989.4e12 / 3.35e12
  CHECK(ridge_point(989.4 * Tflop / s, 3.35 * TB / s).in(flop / byte) == near(295.34328358208957));
}

TEST_CASE("at the ridge point both roofs take the same time") {
  const auto peak = 312.0 * Tflop / s;
  const auto bandwidth = 2.039 * TB / s;
  const auto traffic = 3.0 * GB;
  const auto work = traffic * ridge_point(peak, bandwidth);
  CHECK((work / peak).in(ms) == near((traffic / bandwidth).in(ms)));
}
