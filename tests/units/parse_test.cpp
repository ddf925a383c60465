// Quantities as people type them.
#include <doctest/doctest.h>

#include "mlsysim/units/parse.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
double base(const std::string& text) {
  const auto parsed = parse_quantity(text);
  REQUIRE_MESSAGE(parsed, text);
  return parsed->value;
}
Dim dim(const std::string& text) {
  const auto parsed = parse_quantity(text);
  REQUIRE_MESSAGE(parsed, text);
  return parsed->dim;
}
bool refused(std::string_view text) { return !parse_quantity(text); }
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("3.35 TB/s is 3.35e12 byte/s") {
  CHECK(base("3.35 TB/s") == 3.35e12);
  CHECK(dim("3.35 TB/s") == axis::data / axis::time);
  CHECK(base("3.35TB/s") == 3.35e12);
  CHECK(base("  3.35  TB / s ") == 3.35e12);
  CHECK(base("+3.35 TB/s") == 3.35e12);
}

TEST_CASE("400 Gbit/s is 50 GB/s") {
  CHECK(base("400 Gbit/s") == 50e9);  // 400e9 / 8
  CHECK(base("400 Gbit/s") == base("50 GB/s"));
  CHECK(base("400 Gbps") == 50e9);
  CHECK(base("8 bit") == 1.0);
}

TEST_CASE("a GB is 1e9 byte and a GiB 2^30: 80 GiB is 85,899,345,920 byte") {
  CHECK(base("16.1 GB") == near(16.1e9));
  CHECK(base("80 GiB") == 85899345920.0);  // 80 x 1,073,741,824
  CHECK(base("1 TiB") == 1099511627776.0);
  CHECK(base("512 KiB") == 524288.0);
}

TEST_CASE("2.5e9 is a bare number, without unit and dimension") {
  const auto parsed = parse_quantity("2.5e9");
  REQUIRE(parsed);
  CHECK(parsed->value == 2.5e9);
  CHECK_FALSE(parsed->has_unit);
  CHECK(parsed->dim == dimensionless);
  CHECK(base("-3") == -3.0);
  CHECK(base("0") == 0.0);
}

TEST_CASE("1/s is a unit: 250 1/s is a rate of 250") {
  CHECK(base("250 1/s") == 250.0);
  CHECK(dim("250 1/s") == dimensionless / axis::time);
  CHECK(base("6 1/min") == near(0.1));
  CHECK(base("250/s") == 250.0);  // as it is printed
  CHECK(dim("250/s") == dimensionless / axis::time);
}

TEST_CASE("429 gCO2e/kWh is 0.429 kg over 3.6e6 J") {
  CHECK(base("429 gCO2e/kWh") == near(0.429 / 3.6e6));
  CHECK(dim("429 gCO2e/kWh") == axis::carbon / axis::energy);
  CHECK(base("1.8 L/kWh") == near(1.8 / 3.6e6));
}

TEST_CASE("vendors' spellings: 989.4 TFLOPS is 989.4 Tflop/s, 4 TOPS is 4e12 flop/s, 10 µs is 10 us") {
  CHECK(base("989.4 TFLOPS") == base("989.4 Tflop/s"));
  CHECK(base("989.4 TFLOPs/s") == base("989.4 Tflop/s"));
  CHECK(base("4 TOPS") == 4e12);
  CHECK(base("10 µs") == base("10 us"));
  CHECK(base("24 h") == base("1 day"));
  CHECK(base("3.5 $") == base("3.5 USD"));
}

TEST_CASE("units are read with their case: mW is a thousandth of a watt, MW a million") {
  CHECK(base("5 mW") == 5 / 1e3);
  CHECK(base("5 MW") == 5e6);
  CHECK(refused("5 tb/s"));
}

TEST_CASE("15 us is 15 / 1e6 bit for bit, which 15 * 1e-6 is not") {
  CHECK(base("15 us") == 15 / 1e6);
  CHECK(15 * 1e-6 != 15 / 1e6);
  CHECK((15.0 * us).base == 15 / 1e6);
  for (int i = 1; i < 2000; ++i) {
    CHECK((i * us).base == i / 1e6);
    CHECK((i * ns).base == i / 1e9);
    CHECK((i * mJ).base == i / 1e3);
    CHECK(parse_quantity(std::to_string(i) + " us")->value == i / 1e6);
    CHECK(parse_quantity(std::to_string(i) + " MB/s")->value == i * 1e6);
  }
}

TEST_CASE("what is not a number with at most one known unit is refused") {
  for (const std::string text :
       {"",       " ",     "GB",  "3 XB/s",  "nan",    "NaN",       "inf",      "-inf",      "1e999",
        "-1e999", "3 GB/", "3 /", "3 GB//s", "3 GB s", "3 GB/s GB", "3,5 GB",   "1_000",     "0x10",
        "--3",    "++3",   "+-3", "3 5",     "e9",     "3e",        "1e308 TB", "3 GB\n4 GB"})
    CHECK_MESSAGE(refused(text), text);
}

TEST_CASE("3 GB/s/s parses as byte/s/s, a dimension no field has") {
  CHECK(dim("3 GB/s/s") == axis::data / axis::time / axis::time);
  CHECK(contains(why_not("3 GB/s/s", axis::data / axis::time, "TB/s"), "byte/s s"));
  CHECK(contains(why_not("3 GB/s/s", axis::data / axis::time, "TB/s"), "TB/s"));
}

TEST_CASE("why a text is refused: the unit that is near, the dimension that it has, the one that was expected") {
  const Dim bandwidth = axis::data / axis::time;
  CHECK(contains(why_not("3 XB/s", bandwidth, "TB/s"), "\"XB/s\" is not a unit (nearest: "));
  CHECK(contains(why_not("9 Tflopp", axis::work, "Tflop"), "(nearest: Tflop)"));
  CHECK(why_not("9 GB", bandwidth, "TB/s") == "\"9 GB\" is in byte, expected a quantity in TB/s");
  CHECK(why_not("9", bandwidth, "TB/s") == "\"9\" has no unit, expected a quantity in TB/s");
  CHECK(why_not("9 GB", dimensionless, "") == "\"9 GB\" is in byte, expected a plain number");
  CHECK(contains(why_not("", bandwidth, "TB/s"), "is not a number"));
  CHECK(contains(why_not("nan", bandwidth, "TB/s"), "is not a number"));
  CHECK(contains(why_not("1e999 GB/s", bandwidth, "TB/s"), "is not a number"));
  CHECK(contains(why_not("5 W s", axis::energy, "J"), "is not a unit"));
}

TEST_CASE("a megabyte of noise is refused in a sentence of under 400 letters") {
  for (const std::string& noise :
       {std::string(1 << 20, 'x'), "3 " + std::string(1 << 20, 'x'), std::string(1 << 20, '9'),
        "3 GB" + std::string(1 << 20, '/'), "3 " + std::string(1 << 20, '\0')}) {
    CHECK(refused(noise));
    CHECK(why_not(noise, axis::data, "GB").size() < 400);
  }
}
