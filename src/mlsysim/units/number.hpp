#pragma once
// The numbers that a law, an entity and a wall are written over:
//   double   one answer
//   Pack     two configurations at once, lane by lane the same bits as double (sweeps)
//   Traced   the same computation as an expression graph (derivations); see traced.hpp
// What all three can do is the vocabulary of laws: + - * /, < <=, min, max, select, ceil, floor, first_stated, opaque.
// There is no `if` on a number: a branch would decide for both lanes of a Pack and be invisible to a derivation.
#include <cmath>
#include <concepts>
#include <cstring>

#define MLSYSIM_INLINE [[gnu::always_inline]] inline

namespace mlsysim {

constexpr double select(bool condition, double yes, double no) { return condition ? yes : no; }
constexpr double max(double a, double b) { return a < b ? b : a; }
constexpr double min(double a, double b) { return b < a ? b : a; }
inline double ceil(double a) { return std::ceil(a); }
inline double floor(double a) { return std::floor(a); }
/// `a` where a source states it, else `b`: a figure that no source states is a NaN in its row.
constexpr double first_stated(double a, double b) { return a == a ? a : b; }
/// The plain value, for a choice (which never varies inside a Pack).
constexpr double value(double a) { return a; }

/// Two configurations at once: the vector width of every x86-64 and arm64. Wider packs were measured and lose.
struct Pack {
  static constexpr int width = 2;
  using Vector [[gnu::vector_size(16)]] = double;
  using Mask [[gnu::vector_size(16)]] = long long;
  Vector v{};

  Pack() = default;
  MLSYSIM_INLINE Pack(double x) : v(Vector{} + x) {}
  MLSYSIM_INLINE explicit Pack(Vector x) : v(x) {}
  MLSYSIM_INLINE friend Pack operator+(const Pack& a, const Pack& b) { return Pack(a.v + b.v); }
  MLSYSIM_INLINE friend Pack operator-(const Pack& a, const Pack& b) { return Pack(a.v - b.v); }
  MLSYSIM_INLINE friend Pack operator*(const Pack& a, const Pack& b) { return Pack(a.v * b.v); }
  MLSYSIM_INLINE friend Pack operator/(const Pack& a, const Pack& b) { return Pack(a.v / b.v); }
  MLSYSIM_INLINE friend Mask operator<(const Pack& a, const Pack& b) { return a.v < b.v; }
  MLSYSIM_INLINE friend Mask operator<=(const Pack& a, const Pack& b) { return a.v <= b.v; }
};

MLSYSIM_INLINE Pack select(const Pack::Mask& condition, const Pack& yes, const Pack& no) {
  return Pack(condition ? yes.v : no.v);
}
MLSYSIM_INLINE Pack max(const Pack& a, const Pack& b) { return select(a < b, b, a); }
MLSYSIM_INLINE Pack min(const Pack& a, const Pack& b) { return select(b < a, b, a); }
MLSYSIM_INLINE Pack first_stated(const Pack& a, const Pack& b) { return select(a.v == a.v, a, b); }
MLSYSIM_INLINE double value(const Pack& a) { return a.v[0]; }

/// Whether a source states a figure, of any of the numbers: structure, which is the same in every row of a sweep. Where rows may
/// differ in it, `first_stated`.
template <class T>
constexpr bool is_stated(const T& a) {
  return value(a) == value(a);
}

/// Calls `f` for each lane: for what the vector unit has no instruction for.
template <class F, class... Packs>
MLSYSIM_INLINE Pack each_lane(F f, const Packs&... packs) {
  Pack result;
  for (int lane = 0; lane < Pack::width; ++lane) result.v[lane] = f(packs.v[lane]...);
  return result;
}
MLSYSIM_INLINE Pack ceil(const Pack& a) {
  return each_lane([](double x) { return std::ceil(x); }, a);
}
MLSYSIM_INLINE Pack floor(const Pack& a) {
  return each_lane([](double x) { return std::floor(x); }, a);
}

/// A law that is an algorithm (a loop, a table, a function of the C library) is called through `opaque`: lane by lane in a
/// sweep, one named step in a derivation.
template <class F, std::same_as<double>... Rest>
double opaque(const char*, F f, double first, Rest... rest) {
  return f(first, rest...);
}
template <class F, std::same_as<Pack>... Rest>
Pack opaque(const char*, F f, const Pack& first, const Rest&... rest) {
  return each_lane(f, first, rest...);
}

}  // namespace mlsysim
