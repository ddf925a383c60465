#include "mlsysim/laws/power.hpp"

#include <doctest/doctest.h>

#include "mlsysim/laws/original.hpp"
#include "near.hpp"

using namespace mlsysim;

TEST_CASE("power: a 700 W device at half its arithmetic and 0.3 of its memory draws 406 W") {
  // 700 (0.12 + 0.65 x 0.5 + 0.45 x 0.3) = 700 x 0.58
  CHECK(device_power(700.0 * W, 0.12, 0.65, 0.5, 0.45, 0.3).in(W) == near(406.0));
}

TEST_CASE("power: a device never draws more than its limit, and its idle share when nothing runs") {
  CHECK(device_power(700.0 * W, 0.12, 0.65, 1.0, 0.45, 1.0).in(W) == 700.0);  // 1.22 of it
  CHECK(device_power(700.0 * W, 0.12, 0.65, 0.0, 0.45, 0.0).in(W) == near(84.0));
}

TEST_CASE("the original's traffic: 32 samples read 16 GB of weights 4.2 times") {
  CHECK(original::traffic(16.0 * GB, 0.1, 32.0).in(GB) == near(67.2));  // 16 (1 + 0.1 x 32)
}

TEST_CASE("the original's hardware utilisation: a tenth over the model's, at most 1") {
  CHECK(original::hardware_utilisation(0.5) == near(0.55));
  CHECK(original::hardware_utilisation(0.95) == 1.0);
}
