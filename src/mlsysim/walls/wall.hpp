#pragma once
// A wall is a question to the system: a query struct, a result struct, and one function `evaluate` between them, all templates
// over their number. This is what a wall declares, and the type-erased record that everything else reads.
// `evaluate` is the bare arithmetic and checks nothing; `solve` (mlsysim.hpp) is what checks a question first.
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

struct Wall {
  const char* name;           // the word after `mlsysim solve`
  const char* python;         // the Python class
  std::span<const int> numbers;  // which of the 22 walls it answers; none for a solver that joins several
  const char* doc;
  Fields (*inputs)();
  Fields (*outputs)();
  void (*answer)(const double* in, const Body* const* bodies, double* out);
  void (*sweep)(const Pack* in, const Body* const* bodies, Pack* out);
  void (*trace)(const Traced* in, const Body* const* bodies, Traced* out);
};

namespace detail {
template <template <class> class Q, template <class> class R, class T>
void run(const T* in, const Body* const* bodies, T* out) {
  Q<T> query;
  Load<T> load{in, bodies};
  Q<T>::fields(query, load);
  const R<T> result = evaluate(query);
  Store<T> store{out};
  R<T>::fields(result, store);
}
template <int... numbers>
inline constexpr int wall_numbers[] = {numbers..., 0};
}  // namespace detail

/// What a file of `walls/` ends with: `struct ServingWall : Declares<ServingQuery, ServingResult, 4>` with `name`, `python` and
/// `doc`. The build makes one source file a wall from it; nothing else lists walls.
template <template <class> class Q, template <class> class R, int... wall_numbers>
struct Declares {
  using Query = Q<double>;
  using Result = R<double>;
  static constexpr std::span<const int> numbers{detail::wall_numbers<wall_numbers...>, sizeof...(wall_numbers)};
  static constexpr auto inputs = &describe<Q>;
  static constexpr auto outputs = &describe<R>;
  template <class T>
  static void run(const T* in, const Body* const* bodies, T* out) { detail::run<Q, R, T>(in, bodies, out); }
};
template <class W>
constexpr Wall wall() {
  return {W::name, W::python, W::numbers, W::doc, W::inputs, W::outputs,
          &W::template run<double>, &W::template run<Pack>, &W::template run<Traced>};
}

/// Every wall that was built in: one for each file of the folder `walls/` that declares one.
std::span<const Wall* const> walls();

}  // namespace mlsysim
