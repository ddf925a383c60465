// The three numbers a law is written over: Pack and Traced give the bits of double.
#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <utility>

#include "mlsysim/units/traced.hpp"
#include "same_bits.hpp"

using namespace mlsysim;

namespace {
constexpr double absent = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
constexpr std::array values = {0.0,    -0.0,  1.0,    -1.0,     0.1,      3.0,       1.5,   -2.5,
                               1e-300, 1e300, 5e-324, 1e16 + 1, infinite, -infinite, absent};

Pack pack(double a, double b) { return Pack(Pack::Vector{a, b}); }
bool lanes_are(const Pack& p, double a, double b) { return same_bits(p.v[0], a) && same_bits(p.v[1], b); }

/// Every pair of values in lane 0, another pair in lane 1.
template <class F>
void for_mixed_lanes(F check) {
  constexpr std::size_t n = values.size();
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t shift = 1; shift < n; shift += 3)
        check(values[i], values[j], values[(i + shift) % n], values[(j + 2 * shift) % n]);
}

const auto rounded = [](const auto& x) {
  using mlsysim::ceil, mlsysim::floor;  // not those of the C library
  return ceil(x) / floor(x);
};

/// A tape for the length of a test.
struct Recording {
  Tape steps;
  Tape* outer = std::exchange(tape, &steps);
  ~Recording() { tape = outer; }
};
}  // namespace

#define SAME_IN_BOTH_LANES(operation)                                      \
  for_mixed_lanes([](double a, double b, double c, double d) {             \
    const auto f = [](const auto& x, const auto& y) { return operation; }; \
    CHECK(lanes_are(f(pack(a, c), pack(b, d)), f(a, b), f(c, d)));         \
  })
TEST_CASE("a pack adds, subtracts, multiplies and divides each lane as a double does, bit for bit") {
  SAME_IN_BOTH_LANES(x + y);
  SAME_IN_BOTH_LANES(x - y);
  SAME_IN_BOTH_LANES(x * y);
  SAME_IN_BOTH_LANES(x / y);
}

TEST_CASE("a pack compares and selects lane by lane, NaN in one lane included") {
  SAME_IN_BOTH_LANES(select(x < y, x, y));
  SAME_IN_BOTH_LANES(select(x <= y, y, x));
  SAME_IN_BOTH_LANES(max(x, y));
  SAME_IN_BOTH_LANES(min(x, y));
}

TEST_CASE("a pack takes the first stated figure lane by lane: NaN beside 3 gives the second beside 3") {
  SAME_IN_BOTH_LANES(first_stated(x, y));
  CHECK(lanes_are(first_stated(pack(absent, 3), pack(7, 8)), 7, 3));
  CHECK(lanes_are(first_stated(pack(absent, absent), pack(absent, 8)), absent, 8));
}

TEST_CASE("a pack rounds each lane up and down: 1.5 and -2.5 give 2 and -2, 1 and -3") {
  CHECK(lanes_are(mlsysim::ceil(pack(1.5, -2.5)), 2, -2));
  CHECK(lanes_are(mlsysim::floor(pack(1.5, -2.5)), 1, -3));
  SAME_IN_BOTH_LANES(rounded(x) + rounded(y));
}

TEST_CASE("opaque calls the function once a lane: squares of 3 and 5 are 9 and 25") {
  const auto square = [](double x) { return x * x; };
  CHECK(opaque("square", square, 3.0) == 9.0);
  CHECK(lanes_are(opaque("square", square, pack(3, 5)), 9, 25));
  const auto power = [](double x, double y) { return std::pow(x, y); };
  CHECK(lanes_are(opaque("power", power, pack(2, 3), pack(10, 4)), 1024, 81));
  const auto middle = [](double x, double y, double z) {
    return std::fmax(std::fmin(x, y), std::fmin(std::fmax(x, y), z));
  };
  CHECK(lanes_are(opaque("middle", middle, pack(1, 9), pack(5, 5), pack(3, 7)), 3, 7));
}

TEST_CASE("a trace computes what double computes, bit for bit") {
  for (const double a : values)
    for (const double b : values) {
      const auto same = [&](auto operation) {
        Recording recording;
        CHECK(same_bits(value(operation(Traced(Operation::figure, a), Traced(Operation::figure, b))), operation(a, b)));
      };
      same([](auto x, auto y) { return x + y; });
      same([](auto x, auto y) { return x - y; });
      same([](auto x, auto y) { return x * y; });
      same([](auto x, auto y) { return x / y; });
      same([](auto x, auto y) { return max(x, y); });
      same([](auto x, auto y) { return min(x, y); });
      same([](auto x, auto y) { return first_stated(x, y); });
      same([](auto x, auto y) { return select(x < y, x, y); });
      same([](auto x, auto y) { return select(x <= y, x, y); });
      same([](auto x, auto y) { return rounded(x) + rounded(y); });
    }
}

TEST_CASE("opaque in a trace is one step that names the algorithm and holds its three or four arguments") {
  Recording recording;
  const Traced a(Operation::figure, 2), b(Operation::figure, 3), c(Operation::figure, 4), d(Operation::figure, 5);
  const Traced r = opaque(
      "volume", [](double x, double y, double z) { return x * y * z; }, a, b, c);
  CHECK(r.value() == 24.0);
  CHECK(recording.steps.size() == 5);
  CHECK(std::string(recording.steps.back().algorithm) == "volume");
  CHECK(recording.steps.back().children == std::vector{a.id, b.id, c.id});
  const Traced s = opaque(
      "sum", [](double w, double x, double y, double z) { return w + x + y + z; }, a, b, c, d);
  CHECK(s.value() == 14.0);
  CHECK(recording.steps.back().children == std::vector{a.id, b.id, c.id, d.id});
}

TEST_CASE("adding an anonymous 0 and multiplying by an anonymous 1 are no steps; a named one is") {
  Recording recording;
  const Traced a(Operation::figure, 2);
  CHECK((a + Traced()).id == a.id);
  CHECK((a + Traced(0.0)).id == a.id);
  CHECK((a * Traced(1.0)).id == a.id);
  CHECK((a * named(Traced(1.0), "share")).id != a.id);
}

TEST_CASE("first_stated leaves the figure that is not stated out of the trace") {
  Recording recording;
  const Traced missing(Operation::figure, absent), stated(Operation::figure, 5);
  CHECK(first_stated(missing, stated).id == stated.id);
  CHECK(first_stated(stated, missing).id == stated.id);
}

TEST_CASE("cite and named vanish for plain numbers and mark a step of a trace") {
  CHECK(cite(2.0, "x") == 2.0);
  CHECK(named(2.0, "x") == 2.0);
  Recording recording;
  const Traced r = named(cite(Traced(Operation::figure, 2) / Traced(Operation::figure, 4), "somebody2020"), "half");
  CHECK(r.value() == 0.5);
  CHECK(std::string(recording.steps.back().source) == "somebody2020");
  CHECK(recording.steps.back().name == "half");
}
