// Failures and checkpoints, worked by hand.
#include <doctest/doctest.h>

#include "mlsysim/laws/reliability.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Time<double> seconds_(double x) { return {x}; }
}  // namespace

TEST_CASE("rates add: 16,384 parts of 50,000 hours fail every 3.05 hours together") {
  const auto rate = series_failure_rate(16384.0, 50000 * hour);
  CHECK((1.0 / rate).in(hour) == near(50000.0 / 16384));
}

TEST_CASE("at least one failure in a mean time between failures: 1 - 1/e = 63.2 %") {
  CHECK(failure_probability(1 * hour, 1 * hour) == near(1 - std::exp(-1.0)));
  CHECK(failure_probability(0 * hour, 1 * hour) == 0);
  CHECK(failure_probability(seconds_(1e-9), 1 * hour) == near(1e-9 / 3600, 1e-12));
}

TEST_CASE("Young: 60 s of checkpoint and an hour between failures ask for one every 657 s, sqrt(432,000)") {
  CHECK(young_interval(60 * s, 3600 * s).in(s) == near(std::sqrt(432000.0)));
  CHECK(young_interval(0 * s, 100 * s).in(s) == 0);
}

TEST_CASE("Daly: the same with 60 s less and a third of sqrt(60/7200) more") {
  const double x = 60.0 / 7200;
  CHECK(daly_interval(60 * s, 3600 * s).in(s) == near(std::sqrt(432000.0) * (1 + std::sqrt(x) / 3 + x / 9) - 60));
  CHECK(daly_interval(7200 * s, 3600 * s).in(s) == 3600);  // a checkpoint of two means or more: once a mean
  CHECK(daly_interval(1 * s, 1e8 * s).in(s) == near(young_interval(1 * s, 1e8 * s).in(s), 1e-3));
}

TEST_CASE(
    "saved work: 540 s and 60 s of checkpoint against an hour between failures are 0.15 / (e^(1/6) - 1) = 82.7 %") {
  CHECK(saved_share(540 * s, 60 * s, 3600 * s) == near(0.15 / std::expm1(1.0 / 6)));
  CHECK(saved_share(540 * s, 60 * s, 1e15 * s) == near(0.9));  // no failures: 540 of 600
  CHECK(saved_share(0 * s, 0 * s, 3600 * s) == 1);             // free checkpoints all the time
  CHECK(saved_share(1e9 * s, 60 * s, 3600 * s) == near(0.0));  // never done
  CHECK(running_share(360 * s, 3600 * s) == near(std::exp(-0.1)));
}

TEST_CASE(
    "Daly's interval is the best one: every other saves less, within 0.2 % where a checkpoint takes as long as a "
    "failure is away") {
  for (const double cost : {0.1, 10.0, 300.0, 3000.0, 30000.0})
    for (const double mtbf : {600.0, 3600.0, 1e5, 1e7}) {
      const Time<double> d{cost}, m{mtbf};
      const double best = saved_share(daly_interval(d, m), d, m);
      for (double factor = 0.1; factor < 10; factor *= 1.1)
        CHECK(saved_share(daly_interval(d, m) * factor, d, m) <= best * 1.002);
    }
}

TEST_CASE("a failure undoes half of a short stretch, and at most a mean time between failures of a long one") {
  CHECK(lost_work(540 * s, 60 * s, 1e7 * s).in(s) == near(300.0, 1e-4));
  CHECK(lost_work(1e7 * s, 60 * s, 3600 * s).in(s) == near(3600.0));
  // Both forms meet where the series takes over.
  CHECK(lost_work(seconds_(0.99999e-4), 0 * s, 1 * s).in(s) ==
        near(lost_work(seconds_(1.00001e-4), 0 * s, 1 * s).in(s), 1e-4));
}

TEST_CASE("what is saved, checkpointed, lost and restarted adds up to the time") {
  for (const double interval : {100.0, 1000.0, 5000.0})
    for (const double mtbf : {2000.0, 20000.0}) {
      const Time<double> t{interval}, d{60}, R{300}, M{mtbf};
      const double goodput = running_share(R, M) * saved_share(t, d, M), checkpoints = goodput * 60 / interval;
      // Failures come every M; each loses work and starts a restart of M (1 - e^(-R/M)) on average. Those that interrupt a restart lose none.
      const double restarts = 1 - running_share(R, M);
      const double lost = running_share(R, M) * lost_work(t, d, M).in(s) / mtbf;
      CHECK(goodput + checkpoints + restarts + lost == near(1.0));
    }
}
