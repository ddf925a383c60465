// Wall 9, worked by hand.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) {
  more.insert(more.begin(), {{"batch_size", "256"}, {"accelerator_step_time", "50 ms"}});
  return Asked("transformation", more);
}
const Arguments stored = {{"sample_size_bytes", "500 KB"}, {"cpu_throughput", "2 GB/s"}};
Arguments with(Arguments more) {
  more.insert(more.begin(), stored.begin(), stored.end());
  return more;
}
}  // namespace

TEST_CASE("256 samples of 500 KB at 2 GB/s take 64 ms beside a step of 50: the device computes 78 % of the time") {
  const Asked a = asked(stored);
  CHECK(a.in("transform_time", ms) == near(64));
  CHECK(a.flag("is_bottleneck"));
  CHECK(a["accelerator_utilization"] == near(0.78125));
  CHECK(a["slowdown_factor"] == near(1.28));
  CHECK(a.in("step_time", ms) == near(64));
  CHECK(a.in("wait_time", ms) == near(14));
  CHECK(a["throughput"] == near(4000));
  CHECK(a["workers_needed"] == 2);  // 64 / 50 of one
  CHECK(a["worker_utilization"] == 1);
}

TEST_CASE("two workers need 32 ms and keep up; eight devices want 256 ms of them, and 11 workers") {
  const Asked two = asked(with({{"workers", "2"}}));
  CHECK_FALSE(two.flag("is_bottleneck"));
  CHECK(two["accelerator_utilization"] == 1);
  CHECK(two["worker_utilization"] == near(0.64));
  const Asked eight = asked(with({{"workers", "2"}, {"devices", "8"}}));
  CHECK(eight.in("transform_time", ms) == near(256));
  CHECK(eight["workers_needed"] == 11);  // 8 x 64 / 50 = 10.24
  CHECK(asked(with({{"workers", "11"}, {"devices", "8"}}))["slowdown_factor"] == 1);
  CHECK(asked(with({{"workers", "10"}, {"devices", "8"}}))["slowdown_factor"] == near(1.024));
}

TEST_CASE("one after the other, the device waits for all of the 64 ms") {
  const Asked a = asked(with({{"overlapped", "false"}}));
  CHECK(a.in("step_time", ms) == near(114));
  CHECK(a["accelerator_utilization"] == near(50 / 114.));
  CHECK(a["throughput"] == near(256 / 0.114));
}

TEST_CASE("a worker that decodes 120 images a second, 64 of them: 256 images in 33.3 ms, whatever their size") {
  const Asked a = asked({{"cpu_sample_rate", "120"}, {"workers", "64"}});
  CHECK(a.in("transform_time", ms) == near(100 / 3.));
  CHECK(a["transform_throughput"] == near(7680));
}

TEST_CASE("a data set gives the size of a sample: CIFAR-10 has 3,073 bytes") {
  const Asked a = asked({{"dataset", "cifar-10"}, {"cpu_throughput", "0.1 GB/s"}});
  CHECK(a.in("transform_time", s) == near(256 * 3073 / 1e8));
}

TEST_CASE("refused by name: no rate, no size, no samples, a rate of 0") {
  const auto refused = [](Arguments all) {
    all.push_back({"accelerator_step_time", "50"});
    return Refusal("transformation", all).problem().argument;
  };
  CHECK(refused({{"batch_size", "1"}, {"sample_size_bytes", "5"}}) == "cpu_throughput");
  CHECK(refused({{"batch_size", "1"}, {"cpu_throughput", "5"}}) == "sample_size_bytes");
  CHECK(refused({{"batch_size", "0"}, {"cpu_throughput", "5"}, {"sample_size_bytes", "5"}}) == "batch_size");
  CHECK(refused({{"batch_size", "1"}, {"cpu_throughput", "0"}, {"sample_size_bytes", "5"}}) == "cpu_throughput");
}
