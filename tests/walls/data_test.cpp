// Wall 8, worked by hand.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) { return Asked("data", more); }
}  // namespace

TEST_CASE("10 GB/s wanted of a drive that reads 7: the device waits 30 % of the time") {
  const Asked a = asked({{"workload_data_rate", "10 GB/s"}, {"hardware", "h100"}});
  CHECK(a.flag("is_stalled"));
  CHECK(a["utilization"] == near(10 / 7.));
  CHECK(a.in("supply_bw", GB / s) == near(7));
  CHECK(a.in("margin", GB / s) == near(-3));
  CHECK(a.word("bottleneck") == "Storage");
  CHECK(a["stall_share"] == near(0.3));
  CHECK(a["slowdown_factor"] == near(10 / 7.));
}

TEST_CASE("as much as the drive reads is no stall") {
  const Asked a = asked({{"workload_data_rate", "7 GB/s"}, {"hardware", "h100"}});
  CHECK_FALSE(a.flag("is_stalled"));
  CHECK(a["stall_share"] == 0);
  CHECK(a["slowdown_factor"] == 1);
}

TEST_CASE("3,000 images of ImageNet a second: 138 GiB over 1,281,167 samples, 347 MB/s") {
  const Asked a = asked({{"sample_rate", "3000"}, {"dataset", "imagenet"}, {"hardware", "h100"}});
  CHECK(a.in("demand_bw", byte / s) == near(3000 * 138 * 1073741824. / 1281167));
  const Asked b = asked({{"sample_rate", "3000"}, {"sample_size_bytes", "110"}, {"hardware", "h100"}});
  CHECK(b.in("demand_bw", MB / s) == near(330));
}

TEST_CASE("four drives that eight devices share bring 6.5 GB/s to each; decoded tenfold, the host link 6.4") {
  const Arguments drives = {{"workload_data_rate", "1"},
                            {"hardware", "h100"},
                            {"storage", "nvme-gen5"},
                            {"storage_units", "4"},
                            {"readers", "8"}};
  const Asked a = asked(drives);
  CHECK(a.in("storage_bw", GB / s) == near(6.5));
  CHECK(a.word("bottleneck") == "Storage");
  Arguments decoded = drives;
  decoded.push_back({"expansion", "10"});
  const Asked b = asked(decoded);
  CHECK(b.in("supply_bw", GB / s) == near(6.4));
  CHECK(b.word("bottleneck") == "Host link");
}

TEST_CASE("48 TiB of a file system at 1 GB/s each for 2 devices: a 100 Gbit/s port binds at 12.5 GB/s") {
  const Asked a = asked({{"workload_data_rate", "1"},
                         {"hardware", "h100"},
                         {"storage", "lustre"},
                         {"storage_units", "48"},
                         {"readers", "2"},
                         {"fabric", "100g"}});
  CHECK(a.in("storage_bw", GB / s) == near(24));
  CHECK(a.in("supply_bw", GB / s) == near(12.5));
  CHECK(a.word("bottleneck") == "Network");
}

TEST_CASE("an object store, 8 MiB a read: 150 ms and 95.9 ms of streaming, 32 reads bring 1.09 GB/s, 2 GB/s need 59") {
  const Arguments store = {{"workload_data_rate", "2 GB/s"},
                           {"hardware", "h100"},
                           {"storage", "s3"},
                           {"fabric", "100g"},
                           {"read_size", "8 MiB"}};
  const double read = 0.150 + 8388608 / 87.5e6;
  const Asked free = asked(store);
  CHECK_FALSE(free.flag("is_stalled"));  // as many reads as it takes
  CHECK(free["reads_needed"] == std::ceil(2e9 * read / 8388608));
  CHECK(free.in("prefetch_bytes", MiB) == near(59 * 8));
  Arguments few = store;
  few.push_back({"reads_in_flight", "32"});
  const Asked held = asked(few);
  CHECK(held.in("supply_bw", byte / s) == near(32 * 8388608 / read));
  CHECK(held.word("bottleneck") == "Reads in flight");
}

TEST_CASE("what is not stated is asked for: a rate, a storage, what joins it") {
  const Refusal rate("data", {{"hardware", "h100"}});
  CHECK(rate.problem().argument == "workload_data_rate");
  const Refusal half("data", {{"hardware", "h100"}, {"sample_rate", "10"}});
  CHECK(half.problem().argument == "workload_data_rate");
  const Refusal storage("data", {{"hardware", "v100"}, {"workload_data_rate", "1"}});
  CHECK(storage.problem().argument == "storage");
  const Refusal fabric("data", {{"hardware", "v100"}, {"workload_data_rate", "1"}, {"storage", "s3"}});
  CHECK(fabric.problem().argument == "fabric");
  const Refusal volume("data", {{"hardware", "h100"}, {"workload_data_rate", "5 GB"}});
  CHECK(volume.problem().argument == "workload_data_rate");
  const Refusal typo("data", {{"hardware", "h100"}, {"workload_data_rate", "1"}, {"storage", "nvme-gen6"}});
  CHECK(typo.problem().nearest.find("nvme-gen") != std::string::npos);
}

TEST_CASE("the original: a device without storage has none, and even no demand stalls") {
  const Asked a = asked({{"workload_data_rate", "0"}, {"hardware", "v100"}, {"assumptions", "mlsysim-0.1"}});
  CHECK(a.flag("is_stalled"));
  CHECK(a["supply_bw"] == 0);
  CHECK(std::isinf(a["utilization"]));
  CHECK(a.word("bottleneck") == "Interconnect");
}
