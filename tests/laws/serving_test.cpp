// Closed forms of serving, worked by hand.
#include <doctest/doctest.h>

#include "mlsysim/laws/serving.hpp"
#include "near.hpp"

using namespace mlsysim;
using Count = Tokens<double>;

TEST_CASE("causal context: 100 new tokens after 300 see 350 on average") {
  CHECK(causal_context(Count{300}, Count{100}).base == near(350.0));
}

TEST_CASE("causal context in a window of 400: 100 tokens after 300 fill it, of 300 after 300 two thirds see 400") {
  CHECK(causal_window_context(Count{300}, Count{100}, Count{400}).base == near(350.0));
  CHECK(causal_window_context(Count{300}, Count{300}, Count{400}).base == near((100 * 350 + 200 * 400) / 300.0));
  CHECK(causal_window_context(Count{900}, Count{10}, Count{400}).base == near(400.0));
}

TEST_CASE("shard: 32 heads on 8 devices are an eighth, on 3 devices 11 of 32, on 64 devices one of 32") {
  CHECK(shard_share(32.0, 8.0) == near(0.125));
  CHECK(shard_share(32.0, 3.0) == near(11 / 32.0));
  CHECK(shard_share(32.0, 64.0) == near(1 / 32.0));
  CHECK(shard_share(32.0, 1.0) == 1.0);
}

TEST_CASE("speculation: 4 tokens drafted at 0.7 yield 2.7731, at 1 five, at 0 the one of the verification") {
  // 1 + 0.7 + 0.49 + 0.343 + 0.2401
  CHECK(expected_tokens(0.7, 4.0) == near(2.7731));
  CHECK(expected_tokens(1.0, 4.0) == near(5.0));
  CHECK(expected_tokens(0.0, 4.0) == near(1.0));
}

TEST_CASE(
    "mean of the larger of two lines: 3 where one is above, 2.25 where they cross in the middle of 1 to 3 and 2 to 2") {
  const auto mean = [](double f0, double f1, double g0, double g1) {
    return mean_of_larger(Time<double>{f0}, Time<double>{f1}, Time<double>{g0}, Time<double>{g1}).base;
  };
  CHECK(mean(2, 4, 1, 1) == near(3.0));
  CHECK(mean(1, 1, 2, 4) == near(3.0));
  // below 2 the other is larger: half of the stretch at 2, half from 2 to 3
  CHECK(mean(1, 3, 2, 2) == near(2.25));
  CHECK(mean(3, 1, 2, 2) == near(2.25));
  CHECK(mean(2, 2, 1, 3) == near(2.25));
  CHECK(mean(2, 2, 2, 2) == near(2.0));
}

TEST_CASE("pages of 16: 17 tokens take 32; on average 7.5 tokens of a page are empty") {
  CHECK(paged_tokens(Count{17}, Count{16}).base == 32.0);
  CHECK(paged_tokens(Count{16}, Count{16}).base == 16.0);
  CHECK(mean_paged_tokens(Count{100}, Count{16}).base == near(107.5));
  CHECK(mean_paged_tokens(Count{100}, Count{1}).base == near(100.0));
}

TEST_CASE(
    "context in flight: prompt 1000 and output 400 hold 1200 tokens if all are alike, 1400 if outputs are "
    "exponential") {
  CHECK(context_in_flight(Count{1000}, Count{400}, 0.0).base == near(1200.0));
  CHECK(context_in_flight(Count{1000}, Count{400}, 1.0).base == near(1400.0));
}

TEST_CASE("longest of n log-normal lengths: 1 without spread or alone, mean x (2 Phi(s / sqrt 2)) of two") {
  CHECK(expected_longest(100.0, 0.0) == 1.0);
  CHECK(expected_longest(1.0, 0.8) == 1.0);
  // E max(X, Y) = 2 Phi(s / sqrt 2) of mean 1, s^2 = ln(1 + v^2)
  const double s = std::sqrt(std::log(1.25));
  CHECK(expected_longest(2.0, 0.5) == near(1 + std::erf(s / 2), 1e-6));
  CHECK(expected_longest(256.0, 0.5) > expected_longest(64.0, 0.5));
}
