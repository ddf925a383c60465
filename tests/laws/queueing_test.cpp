// Queues against textbook values. All times are in mean service times.
#include <doctest/doctest.h>

#include "mlsysim/laws/queueing.hpp"
#include "near.hpp"

using namespace mlsysim;

TEST_CASE("Erlang C: load 8 on 10 servers makes 40.92 % wait") {
  // B(1) = 8/9, B(n) = 8 B / (n + 8 B), …, B(10) = 0.12166; C = 10 B / (10 - 8 (1 - B)) = 1.2166 / 2.9733
  CHECK(erlang_c(10.0, 8.0) == near(0.4092, 1e-4));
}

TEST_CASE("Erlang C: one server makes the share wait that it is busy; two at load 1.5 make 9/14 wait") {
  CHECK(erlang_c(1.0, 0.8) == near(0.8));
  // c = 2: C = 2 u^2 / (1 + u) with u = 0.75: 1.125 / 1.75
  CHECK(erlang_c(2.0, 1.5) == near(9.0 / 14));
}

TEST_CASE(
    "Erlang C: the eye clinic of Gross and Harris, 3 doctors at load 2, makes 4/9 wait, 8/9 of a patient on average") {
  // p0 = 1 / (1 + 2 + 2 + (8/6) 3) = 1/9; C = (8/6) 3 p0 = 4/9; Lq = C u / (1 - u) = (4/9) 2
  const double waits = erlang_c(3.0, 2.0);
  CHECK(waits == near(4.0 / 9));
  CHECK(waits / waiting_decay(3.0, 2.0, 1.0, 1.0) * 2 == near(8.0 / 9));
}

TEST_CASE(
    "Erlang C: no load, nobody waits; at and above the number of servers everybody does; a million servers do not "
    "overflow") {
  CHECK(erlang_c(4.0, 0.0) == 0);
  CHECK(erlang_c(4.0, 4.0) == 1);
  CHECK(erlang_c(4.0, 5.0) == 1);
  const double waits = erlang_c(1e6, 999000.0);
  // Halfin and Whitt: beta = (1 - 0.999) sqrt(1e6) = 1; 1 / (1 + beta Phi(beta) / phi(beta)) = 1 / (1 + 0.84134 / 0.24197) = 0.2234
  CHECK(waits == near(0.2234, 1e-3));
}

TEST_CASE("sojourn of M/M/1 at 80 %: exponential of mean 5, so 99 % are done in 5 ln 100 = 23.03 service times") {
  CHECK(sojourn_quantile<99>("p99", 0.8, 0.2, 1.0) == near(5 * std::log(100.0), 1e-12));
  CHECK(sojourn_quantile<50>("p50", 0.8, 0.2, 1.0) == near(5 * std::log(2.0), 1e-12));
  CHECK(sojourn_exceeds(0.8, 0.2, 1.0, 7.0) == near(std::exp(-1.4), 1e-12));
}

TEST_CASE("sojourn of M/M/2 at load 1.5: P(T > 2) is e^-2 + (9/14) (e^-1 - e^-2) / (1 - 0.5) = 43.4 %") {
  const double by_hand = std::exp(-2.0) + 9.0 / 14 * (std::exp(-1.0) - std::exp(-2.0)) / 0.5;
  CHECK(sojourn_exceeds(9.0 / 14, 0.5, 1.0, 2.0) == near(by_hand));
}

TEST_CASE("sojourn where waiting and service fall off alike (c - a = 1): e^-x (1 + C x)") {
  for (const double x : {0.1, 1.0, 4.0, 20.0})
    CHECK(sojourn_exceeds(4.0 / 9, 1.0, 1.0, x) == near(std::exp(-x) * (1 + 4.0 / 9 * x)));
}

TEST_CASE("M/D/1 at 80 %: the mean wait is u / (2 (1 - u)) = 2 service times, half of M/M/1's 4") {
  CHECK(0.8 / waiting_decay(1.0, 0.8, 1.0, 0.0) == near(2.0));
  CHECK(0.8 / waiting_decay(1.0, 0.8, 1.0, 1.0) == near(4.0));
}

TEST_CASE(
    "Erlang-4 service (spread 1/2): P(T > 3) with C = 0.4, d = 0.3 sums a gamma tail and its share with the wait") {
  // P(S > 3) = e^-12 (1 + 12 + 72 + 288) = 373 e^-12; the second part, by quadrature in 40 digits, is 0.552820020764113
  CHECK(queueing::service_exceeds(3, 0.5) == near(373 * std::exp(-12.0), 1e-8));
  CHECK(queueing::waiting_pushes_over(3, 0.3, 0.5) == near(0.552820020764113, 1e-12));
}

TEST_CASE("a quantile is where its own tail is: every spread, decay and share of waiting") {
  for (const double spread : {0.01, 0.1, 0.3, 0.7, 0.999, 1.0, 1.5, 4.0, 20.0})
    for (const double decay : {1e-4, 0.05, 0.5, 1.0, 1.0000001, 3.0, 80.0, 1e4})
      for (const double waits : {0.0, 1e-6, 0.02, 0.5, 1.0}) {
        CAPTURE(spread);
        CAPTURE(decay);
        CAPTURE(waits);
        const double x = sojourn_quantile<99>("p99", waits, decay, spread);
        CHECK(sojourn_exceeds(waits, decay, spread, x) == near(0.01, 1e-8));
        CHECK(sojourn_quantile<95>("p95", waits, decay, spread) <= x);
        CHECK(sojourn_quantile<50>("p50", waits, decay, spread) <= sojourn_quantile<95>("p95", waits, decay, spread));
        CHECK(waiting_quantile<99>("p99_wait", waits, decay) <= x * (1 + 1e-12));
      }
}

TEST_CASE("the tail falls from 1 to 0, and more waiting never shortens it") {
  for (const double spread : {0.0, 0.2, 1.0, 3.0})
    for (const double decay : {0.01, 1.0, 50.0}) {
      double before = 1;
      for (double x = 0.01; x < 1000; x *= 1.3) {
        const double tail = sojourn_exceeds(0.3, decay, spread, x);
        CHECK(tail <= before * (1 + 1e-12));
        CHECK(tail >= 0);
        CHECK(sojourn_exceeds(0.6, decay, spread, x) >= tail);
        before = tail;
      }
    }
}

TEST_CASE("nothing drains the queue: every quantile is infinite") {
  CHECK(sojourn_quantile<50>("p50", 1.0, 0.0, 1.0) == queueing::unbounded);
  CHECK(sojourn_quantile<99>("p99", 1.0, -2.0, 1.0) == queueing::unbounded);
  CHECK(waiting_quantile<99>("p99_wait", 1.0, -2.0) == queueing::unbounded);
}

TEST_CASE("Little: 1,000 requests a second of 50 ms each are 50 in the system") {
  CHECK(littles_law(Frequency<double>{1000}, Time<double>{0.05}) == near(50.0));
}
