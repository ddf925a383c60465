// Wall 19, worked by hand. Llama-3-70B has 70,553,706,496 parameters; an H100 has 7 GB/s of storage and 64 GB/s to its host.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/laws/checkpointing.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
constexpr double parameters = 70553706496.0;
Asked asked(Arguments more = {}) {
  more.insert(more.begin(), {{"model", "llama-3-70b"}, {"hardware", "h100"}});
  return Asked("checkpoint", more);
}
}  // namespace

TEST_CASE("Adam in mixed precision: 4 + 2 bytes of weights and 8 of moments, 987.8 GB for Llama-3-70B") {
  const Asked a = asked();
  CHECK(a["checkpoint_weights"] == near(6 * parameters));
  CHECK(a["checkpoint_optimizer"] == near(8 * parameters));
  CHECK(a["checkpoint_size"] == near(14 * parameters));
}

TEST_CASE("what is saved keeps the weights with every optimizer: 14, 8, 10, 6 and 2 bytes a parameter") {
  for (const auto& [optimizer, bytes] :
       {std::pair{"adam", 14.0}, {"adam_8bit", 8.0}, {"sgd_momentum", 10.0}, {"sgd", 6.0}, {"weights_only", 2.0}})
    CHECK(asked({{"optimizer", optimizer}})["checkpoint_size"] == near(bytes * parameters));
  CHECK(asked({{"save_compute_copy", "false"}})["checkpoint_size"] == near(12 * parameters));
}

TEST_CASE("one writer at 7 GB/s takes 141 s, 1 % of four hours; 256 writers meet the file system's 500 GB/s in 2 s") {
  const Asked one = asked();
  CHECK(one.in("write_time_seconds", s) == near(14 * parameters / 7e9));
  CHECK(one["mfu_penalty_pct"] == near(14 * parameters / 7e9 / 14400));
  CHECK(one.flag("storage_bottleneck"));  // 141 s is above 60 s
  CHECK(one.flag("keeps_up"));
  const Asked many = asked({{"n_writers", "256"}});
  CHECK(many.in("max_bandwidth_required", GB / s) == near(1792.0));
  CHECK(many.in("bandwidth", GB / s) == near(500.0));
  CHECK(many.in("write_time_seconds", s) == near(14 * parameters / 500e9));
  CHECK_FALSE(many.flag("storage_bottleneck"));
}

TEST_CASE("behind the training: the stop is the copy to the host, 15.4 s at 64 GB/s, and the write goes on for 141 s") {
  const Asked a = asked({{"asynchronous", "true"}});
  CHECK(a.in("stall_seconds", s) == near(14 * parameters / 64e9));
  CHECK(a.in("write_time_seconds", s) == near(14 * parameters / 7e9));
  CHECK_FALSE(a.flag("storage_bottleneck"));
  // Every minute it can't be written before the next is due.
  const Asked often = asked({{"asynchronous", "true"}, {"checkpoint_interval_hours", "0.01666666"}});
  CHECK_FALSE(often.flag("keeps_up"));
  CHECK(often.flag("storage_bottleneck"));
}

TEST_CASE("behind the training: a failure in the 125.4 s before a checkpoint is written undoes an interval more") {
  const Arguments every = {{"asynchronous", "true"}, {"checkpoint_interval_hours", "1"}, {"mtbf_hours", "3"}};
  const Asked a = asked(every);
  const double M = 10800, d = 14 * parameters / 64e9, t = 3600 - d, late = 14 * parameters / 7e9 - d;
  CHECK(late == near(125.7, 1e-2));
  CHECK(a["goodput_ratio"] == near(std::exp(-late / M) * t / M / std::expm1(3600 / M)));
  // 1.16 % less than if the copy to the hosts were enough; 100 devices that write at once lose a hundredth of that.
  CHECK(1 - std::exp(-late / M) == near(0.0116, 1e-2));
}

TEST_CASE("an hour between failures: the best interval is Daly's, and any other leaves less") {
  const Asked a = asked({{"mtbf_hours", "3"}, {"n_writers", "8"}});
  const double d = 14 * parameters / 56e9, M = 10800, x = d / (2 * M);
  CHECK(a.in("optimal_checkpoint_interval", s) == near(std::sqrt(2 * d * M) * (1 + std::sqrt(x) / 3 + x / 9)));
  CHECK(a["goodput_ratio"] == near((14400 - d) / M / std::expm1(14400 / M)));
  CHECK(a["optimal_goodput_ratio"] > a["goodput_ratio"]);
}

TEST_CASE("without failures there is nothing to gain from checkpoints") {
  const Asked a = asked();
  CHECK(std::isinf(a["optimal_checkpoint_interval"]));
  CHECK(a["goodput_ratio"] == near(1 - a["mfu_penalty_pct"]));
  CHECK(a["optimal_goodput_ratio"] == 1);
}

TEST_CASE("an interval shorter than the write leaves no time to train") {
  const Asked a = asked({{"checkpoint_interval_hours", "0.01"}});
  CHECK(a["mfu_penalty_pct"] == 1);
  CHECK(a["goodput_ratio"] == 0);
  CHECK_FALSE(a.flag("keeps_up"));
}

TEST_CASE("storage that is not stated is asked for, with the figure to give") {
  Arguments all = {{"model", "resnet-50"}, {"hardware", "nrf52840"}};
  const Refusal r("checkpoint", all);
  CHECK_FALSE(r.answered);
  CHECK(r.problem().argument == "hardware.storage.bandwidth");
  CHECK(r.text().find("--set hardware.storage.bandwidth") != std::string::npos);
  all.push_back({"hardware.storage.bandwidth", "1 GB/s"});
  CHECK(Asked("checkpoint", all)["write_time_seconds"] > 0);
}

TEST_CASE(
    "the original: 14 bytes with Adam, 4 without weights otherwise, the bandwidth of one writer as the one required") {
  const Asked adam = asked({{"assumptions", "mlsysim-0.1"}, {"n_writers", "8"}});
  CHECK(adam["checkpoint_size"] /
            adam.question.row()[static_cast<std::size_t>(adam.question.table().input("model.parameters"))] ==
        near(14.0));
  CHECK(adam.in("max_bandwidth_required", GB / s) == near(7.0));
  const Asked sgd = asked({{"assumptions", "mlsysim-0.1"}, {"optimizer", "sgd"}});
  CHECK(sgd["checkpoint_size"] / adam["checkpoint_size"] == near(4.0 / 14));
}

TEST_CASE("refused by name: an optimizer that is not known, no writer, no interval") {
  for (const auto& [name, text] : Arguments{{"optimizer", "bogus"},
                                            {"n_writers", "0"},
                                            {"checkpoint_interval_hours", "-1"},
                                            {"filesystem_limit_gbs", "0"},
                                            {"stall_limit_s", "0"},
                                            {"mtbf_hours", "0"}}) {
    const Refusal r("checkpoint", {{"model", "llama-3-8b"}, {"hardware", "h100"}, {name, text}});
    CHECK_FALSE(r.answered);
    CHECK(r.problem().argument == name);
  }
}
