// Quantities in code: in by naming the unit, out by naming it.
#include <doctest/doctest.h>

#include "mlsysim/units/quantity.hpp"
#include "near.hpp"

using namespace mlsysim;

TEST_CASE("16.06 GB over 3.35 TB/s takes 4.794 ms") {
  const Time<double> t = (16.06 * GB) / (3.35 * TB / s);
  CHECK(t.in(ms) == near(16.06e9 / 3.35e12 * 1e3));
  CHECK(t.in(s) == near(0.0047940298507462685));
}

TEST_CASE("400 Gbit/s comes out as 50 GB/s") {
  const Bandwidth<double> b = 400.0 * Gbit / s;
  CHECK(b.in(GB / s) == 50.0);
  CHECK(b.in(Gbit / s) == 400.0);
}

TEST_CASE("a product of units keeps its name: GB / s is \"GB/s\", gCO2e / kWh is \"gCO2e/kWh\"") {
  CHECK(std::string((GB / s).name.text) == "GB/s");
  CHECK(std::string((gCO2e / kWh).name.text) == "gCO2e/kWh");
  CHECK(std::string((one / s).name.text) == "1/s");
}

TEST_CASE("a sum, a difference, a multiple and a share keep their kind: 3 GB - 1 GB + 2 x 1 GB is 4 GB") {
  const Data<double> x = 3.0 * GB - 1.0 * GB + (1.0 * GB) * 2.0;
  CHECK(x.in(GB) == 4.0);
  CHECK((x / 4.0).in(MB) == 1000.0);
  CHECK((2.0 * x).in(GB) == 8.0);
}

TEST_CASE("a ratio of two of a kind is a plain number: 3 TB / 1.5 TB is 2") {
  const double ratio = (3.0 * TB) / (1.5 * TB);
  CHECK(ratio == 2.0);
  const double days = (86400.0 * s) / day;
  CHECK(days == 1.0);
}

TEST_CASE("watt times second is joule, joule per kWh is a share: 700 W over 1 h is 0.7 kWh") {
  const Energy<double> e = (700.0 * W) * (1.0 * hour);
  CHECK(e.in(kWh) == near(0.7));
  const Carbon<double> c = e * (429.0 * gCO2e / kWh);
  CHECK(c.in(gCO2e) == near(300.3));  // 0.7 x 429
}

TEST_CASE("the inverse of a time is a frequency: 1 / 4 ms is 250 a second") {
  const Frequency<double> f = 1.0 / (4.0 * ms);
  CHECK(f.in(per_s) == near(250.0));
}

TEST_CASE("max, min, select and comparison see the base units: 1 GiB is more than 1 GB") {
  CHECK(max(1.0 * GB, 1.0 * GiB).in(byte) == 1073741824.0);
  CHECK(min(1.0 * GB, 1.0 * GiB).in(GB) == 1.0);
  CHECK(1.0 * GB < 1.0 * GiB);
  CHECK(1000.0 * MB <= 1.0 * GB);
  CHECK(select(1.0 * GB < 1.0 * GiB, 1.0 * s, 2.0 * s).in(s) == 1.0);
}

TEST_CASE("first_stated takes the first that is no NaN") {
  const Data<double> unstated{std::nan("")};
  CHECK(first_stated(unstated, 5.0 * GB).in(GB) == 5.0);
  CHECK(first_stated(3.0 * GB, 5.0 * GB).in(GB) == 3.0);
}

TEST_CASE("every unit is exact both ways: n units in, n units out, for n of 1 to 100") {
  const auto both_ways = [](auto unit) {
    for (int n = 1; n <= 100; ++n) CHECK((n * unit).in(unit) == near(n, 4e-16));
  };
  both_ways(ms), both_ways(us), both_ways(ns), both_ways(hour), both_ways(GiB), both_ways(Gbit), both_ways(mJ),
      both_ways(kWh);
  both_ways(mW), both_ways(gCO2e), both_ways(TB / s), both_ways(Tflop / s), both_ways(gCO2e / kWh);
}
