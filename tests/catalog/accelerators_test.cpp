// Every accelerator against physics and its peers.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "mlsysim/catalog/catalog.hpp"

using namespace mlsysim;

namespace {
const Figure& figure(const Entry& entry, std::string_view path) {
  const auto& all = entry_kind("accelerator")->fields().all;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].path == path) return entry.figures[i];
  FAIL("no field is called " << path);
  return entry.figures[0];
}
double value(const Entry& entry, std::string_view path) { return figure(entry, path).value; }
double rate(const Entry& entry, std::string_view format) {
  return value(entry, "compute." + std::string(format) + "_dense");
}
bool stated(double x) { return x == x; }
/// The rate of what networks run in: 16 bits where the chip has it, else 8, else 32.
double working_rate(const Entry& entry) {
  for (const char* format : {"fp16", "bf16", "int8", "fp32"})
    if (stated(rate(entry, format))) return rate(entry, format);
  return std::nan("");
}
std::string_view registry_class(const Entry& entry) { return entry.registry.substr(0, entry.registry.find('.')); }
/// Is this pair excepted in the data itself: a figure with a note says why it is far from its peers.
bool noted(const Entry& entry, std::string_view format) {
  return !figure(entry, "compute." + std::string(format) + "_dense").note.empty();
}
}  // namespace

TEST_CASE("every accelerator states a rate, a memory, its bandwidth and its power") {
  for (const Entry* chip : Catalog().all("accelerator")) {
    CAPTURE(chip->id);
    CHECK(stated(working_rate(*chip)));
    for (const std::string path : {"memory.capacity", "memory.bandwidth", "power.tdp", "dispatch_tax", "release_year"})
      CHECK_MESSAGE(stated(value(*chip, path)), path);
    CHECK_FALSE(chip->registry.empty());
  }
}

TEST_CASE(
    "a narrower format is never slower: fp4 >= fp8 >= fp16 >= tf32 >= fp32 and int4 >= int8 >= fp16, unless the figure "
    "has a note") {
  const std::vector<std::vector<std::string>> orders = {{"fp4", "fp6", "fp8", "fp16", "tf32", "fp32"},
                                                        {"fp4", "fp8", "bf16", "tf32", "fp32"},
                                                        {"int4", "int8", "fp16", "fp32"}};
  for (const Entry* chip : Catalog().all("accelerator"))
    for (const auto& order : orders)
      for (std::size_t narrow = 0; narrow < order.size(); ++narrow)
        for (std::size_t wide = narrow + 1; wide < order.size(); ++wide) {
          const double fast = rate(*chip, order[narrow]), slow = rate(*chip, order[wide]);
          if (!stated(fast) || !stated(slow) || noted(*chip, order[narrow]) || noted(*chip, order[wide])) continue;
          CHECK_MESSAGE(fast >= slow,
                        chip->id << ": " << order[narrow] << " " << fast << ", " << order[wide] << " " << slow);
        }
}

TEST_CASE("no format is more than 64 times faster than fp32 where both are stated, unless the figure has a note") {
  for (const Entry* chip : Catalog().all("accelerator"))
    for (const char* format : {"fp4", "fp8", "fp16", "bf16", "int8", "int4"}) {
      if (!stated(rate(*chip, format)) || !stated(rate(*chip, "fp32")) || noted(*chip, format)) continue;
      const int allowed = format == std::string("fp4") || format == std::string("int4") ? 128 : 64;
      CHECK_MESSAGE(rate(*chip, format) <= allowed * rate(*chip, "fp32"), chip->id << ": " << format);
    }
}

TEST_CASE("every ridge point lies between 0.05 and 2,000 flop a byte") {
  const std::map<std::string_view, std::string> exceptions = {};  // id: reason
  for (const Entry* chip : Catalog().all("accelerator")) {
    const double ridge = working_rate(*chip) / value(*chip, "memory.bandwidth");
    if (exceptions.contains(chip->id)) {
      MESSAGE("skipped " << std::string(chip->id) << ": " << exceptions.at(chip->id));
      continue;
    }
    CHECK_MESSAGE(ridge >= 0.05, chip->id << ": " << ridge);
    CHECK_MESSAGE(ridge <= 2000, chip->id << ": " << ridge);
  }
}

TEST_CASE("figures lie within what their class of device has: a power in watts is not one in milliwatts") {
  struct Bounds {
    const char* path;
    double low, high;  // base units
  };
  const std::map<std::string_view, std::vector<Bounds>> classes = {{"Cloud",
                                                                    {{"power.tdp", 50, 200e3},
                                                                     {"memory.capacity", 8e9, 20e12},
                                                                     {"memory.bandwidth", 0.2e12, 30e15},
                                                                     {"unit_cost", 1e3, 5e6},
                                                                     {"dispatch_tax", 1e-6, 50e-6},
                                                                     {"release_year", 2015, 2027},
                                                                     {"host_link.bandwidth_one_way", 8e9, 100e12},
                                                                     {"embodied_carbon", 30, 50e3}}},
                                                                   {"Workstation",
                                                                    {{"power.tdp", 20, 1e3},
                                                                     {"memory.capacity", 8e9, 1e12},
                                                                     {"memory.bandwidth", 50e9, 5e12},
                                                                     {"unit_cost", 500, 50e3},
                                                                     {"dispatch_tax", 1e-6, 1e-3},
                                                                     {"release_year", 2015, 2027}}},
                                                                   {"Mobile",
                                                                    {{"power.tdp", 1, 20},
                                                                     {"memory.capacity", 1e9, 64e9},
                                                                     {"memory.bandwidth", 10e9, 500e9},
                                                                     {"unit_cost", 50, 3e3},
                                                                     {"dispatch_tax", 10e-6, 10e-3},
                                                                     {"battery_capacity", 5 * 3600, 50 * 3600},
                                                                     {"release_year", 2018, 2027}}},
                                                                   {"Edge",
                                                                    {{"power.tdp", 1, 1e3},
                                                                     {"memory.capacity", 0.5e9, 1e12},
                                                                     {"memory.bandwidth", 1e9, 1e12},
                                                                     {"unit_cost", 20, 50e3},
                                                                     {"dispatch_tax", 10e-6, 10e-3},
                                                                     {"release_year", 2015, 2027}}},
                                                                   {"Tiny",
                                                                    {{"power.tdp", 0.001, 2},
                                                                     {"memory.capacity", 100e3, 100e6},
                                                                     {"memory.bandwidth", 1e6, 10e9},
                                                                     {"unit_cost", 0.2, 100},
                                                                     {"dispatch_tax", 10e-6, 20e-3},
                                                                     {"release_year", 2010, 2027}}}};
  for (const Entry* chip : Catalog().all("accelerator")) {
    CAPTURE(chip->id);
    const auto bounds = classes.find(registry_class(*chip));
    REQUIRE_MESSAGE(bounds != classes.end(), "no class of devices is called " << std::string(registry_class(*chip)));
    for (const auto& [path, low, high] : bounds->second) {
      const double x = value(*chip, path);
      if (!stated(x)) continue;
      CHECK_MESSAGE(x >= low, std::string(path) << " = " << x);
      CHECK_MESSAGE(x <= high, std::string(path) << " = " << x);
    }
  }
}

TEST_CASE(
    "rate and bandwidth of a cloud device are within a factor 10 of the median of devices within two years, but for "
    "wafers and racks") {
  const std::map<std::string_view, std::string> exceptions = {
      {"cerebras-cs3", "a whole wafer with its memory on chip"},
      {"gb200-nvl72", "a rack of 72 devices, where the entry counts the rack"},
  };
  for (const Entry* chip : Catalog().all("accelerator")) {
    if (registry_class(*chip) != "Cloud") continue;
    bool outside = false;
    for (const bool arithmetic : {true, false}) {
      const auto of = [&](const Entry& e) { return arithmetic ? working_rate(e) : value(e, "memory.bandwidth"); };
      std::vector<double> peers;
      for (const Entry* other : Catalog().all("accelerator"))
        if (registry_class(*other) == "Cloud" &&
            std::abs(value(*other, "release_year") - value(*chip, "release_year")) <= 2)
          peers.push_back(of(*other));
      std::ranges::sort(peers);
      const double median = peers[peers.size() / 2], x = of(*chip);
      outside |= x > 10 * median || x < median / 10;
      if (!exceptions.contains(chip->id))
        CHECK_MESSAGE(!outside, chip->id << (arithmetic ? " rate " : " bandwidth ") << x << ", median " << median);
    }
    if (!exceptions.contains(chip->id)) continue;
    MESSAGE("skipped " << std::string(chip->id) << ": " << exceptions.at(chip->id));
    CHECK_MESSAGE(outside, chip->id << " needs no exception");
  }
}

TEST_CASE("energy of an operation: every device lies between 0.05 and 5,000 pJ a flop of its working format") {
  for (const Entry* chip : Catalog().all("accelerator")) {
    const double picojoules = value(*chip, "power.tdp") / working_rate(*chip) * 1e12;
    CHECK_MESSAGE(picojoules >= 0.05, chip->id << ": " << picojoules);
    CHECK_MESSAGE(picojoules <= 5000, chip->id << ": " << picojoules);
  }
}

TEST_CASE(
    "on-chip memory is faster than main memory, and smaller, where a chip states both, unless a note says why not") {
  for (const Entry* chip : Catalog().all("accelerator")) {
    CAPTURE(chip->id);
    if (const double sram = value(*chip, "memory.sram_bandwidth"); stated(sram))
      CHECK(sram >= value(*chip, "memory.bandwidth"));
    if (const double sram = value(*chip, "memory.sram_capacity"); stated(sram))
      CHECK(sram <= value(*chip, "memory.capacity"));
  }
}

TEST_CASE("H100: 989.4 Tflop/s in bf16, 3.35 TB/s, 80 GiB, 700 W, as its data sheet and white paper say") {
  const Entry* h100 = Catalog().find("accelerator", "h100");
  REQUIRE(h100);
  CHECK(rate(*h100, "bf16") == 989.4e12);
  CHECK(rate(*h100, "fp8") == 1978.9e12);
  CHECK(value(*h100, "memory.bandwidth") == 3.35e12);
  CHECK(value(*h100, "memory.capacity") == 85899345920.0);
  CHECK(value(*h100, "power.tdp") == 700);
}
