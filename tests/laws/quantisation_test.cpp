// What compression does to size, and the table of accuracies.
#include <doctest/doctest.h>

#include "mlsysim/laws/quantisation.hpp"
#include "near.hpp"

using namespace mlsysim;

TEST_CASE("4 bits with a 16-bit scale for 128 weights are 4.125 of 16: 3.88 times smaller") {
  CHECK(quantised_share(4.0, 128.0, 16.0) == near(4.125 / 16));
  CHECK(quantised_share(4.0, 1e9, 16.0) == near(0.25, 1e-7));
  CHECK(quantised_share(16.0, 128.0, 16.0) == 1);  // no scales
}

TEST_CASE("pruning: half of 16-bit weights and a bit map are 9 of 16; a tenth gone still saves, a twentieth does not") {
  CHECK(pruned_share(0.5, 1.0, 16.0) == near(9.0 / 16));
  CHECK(pruned_share(0.1, 1.0, 16.0) == near(0.9625));
  CHECK(pruned_share(0.05, 1.0, 16.0) == 1);
  CHECK(pruned_share(0.3, 0.0, 16.0) == near(0.7));
}

TEST_CASE("accuracy: a row is its published value, and between rows it is on the line") {
  const auto row = compression::between_rows(compression::vision_sparsity, 0.75);
  CHECK(row.low == near(-0.029));   // MobileNet 70.6 to 67.7
  CHECK(row.high == near(-0.020));  // Inception 78.1 to 76.1
  const auto middle = compression::between_rows(compression::language_bits, 6);
  CHECK(middle.likely == near(-0.0125));
}

TEST_CASE("accuracy never rises with fewer bits or more sparsity, and the likely value lies between the extremes") {
  const auto falls = [](const auto& rows, double step, int sign) {
    AccuracyChange before = compression::between_rows(rows, sign > 0 ? 0.0 : 64.0);
    for (int i = 0; i <= 640; ++i) {
      const double at = sign > 0 ? i * step : 64 - i * step;
      const AccuracyChange now = compression::between_rows(rows, at);
      CAPTURE(at);
      CHECK(now.low <= now.likely);
      CHECK(now.likely <= now.high);
      CHECK(now.likely <= before.likely + 1e-15);
      before = now;
    }
  };
  falls(compression::language_bits, 0.1, -1);
  falls(compression::vision_bits, 0.1, -1);
  falls(compression::language_sparsity, 1 / 640.0, 1);
  falls(compression::vision_sparsity, 1 / 640.0, 1);
}
