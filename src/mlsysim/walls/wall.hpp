#pragma once
// A wall is a question to the system: a query struct, a result struct, and one function `evaluate` between them, all templates
// over their number. This is what a wall declares, and the type-erased record that everything else reads.
// `evaluate` is the bare arithmetic and checks nothing; `solve` (mlsysim.hpp) is what checks a question first.
#include <algorithm>
#include <utility>
#include <vector>
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

/// What a search looked at: the best rows in order, and how many fell to each reason.
struct Candidates {
  std::vector<std::vector<double>> rows;  // cells in the order of the candidate's fields
  std::vector<std::string> labels;        // what a row is called, where it has a name (a region)
  std::vector<std::pair<std::string, double>> fell;
};

/// Rows that differ in some figures: a column for each figure that varies, and one for each result that is wanted.
struct Columns {
  struct In {
    std::size_t input;
    const double* values;
  };
  struct Out {
    std::size_t output;
    double* values;
  };
  std::size_t rows = 0;
  std::span<const In> in{};
  std::span<const Out> out{};
};

struct Wall {
  const char* name;              // the word after `mlsysim solve`
  const char* python;            // the Python class
  std::span<const int> numbers;  // which of the 22 walls it answers; none for a solver that joins several
  const char* doc;
  /// Of the Python class, where its order is not that of the fields: "fleet, duration_days, …"; or "".
  const char* signature;
  Fields (*inputs)();
  Fields (*outputs)();
  void (*answer)(const double* in, const Body* const* bodies, double* out);
  /// Rows of `in` that differ in the columns.
  void (*sweep)(const double* in, const Body* const* bodies, const Columns& columns);
  void (*trace)(const Traced* in, const Body* const* bodies, Traced* out);  // nullptr for a solver that searches
  /// What no single argument's range can say: degrees that do not multiply, a prefix longer than the sequence. Or nullptr.
  void (*refuse)(const double* in, const Body* const* bodies, Problems& problems);
  /// Of a solver that searches: what it looked at, best first.
  Fields (*candidate)();
  void (*search)(const double* in, const Body* const* bodies, double* out, Candidates& candidates);
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
template <template <class> class N>
const std::vector<std::ptrdiff_t>& layout() {
  static const std::vector<std::ptrdiff_t> offsets = [] {
    std::vector<std::ptrdiff_t> all(describe<N>().all.size());
    const N<Pack> object{};
    Locate<Pack> locate{&object, all.data()};
    N<Pack>::fields(object, locate);
    return all;
  }();
  return offsets;
}
template <class N>
Pack& figure(N& object, std::ptrdiff_t offset) {
  return *reinterpret_cast<Pack*>(reinterpret_cast<char*>(&object) + offset);
}
/// Loads the query once, then writes the cells that vary and reads the results that are wanted: storing whole rows costs more
/// than computing them.
template <template <class> class Q, template <class> class R>
void sweep(const double* in, const Body* const* bodies, const Columns& columns) {
  const auto &from = layout<Q>(), &to = layout<R>();
  const std::vector<Pack> cells(in, in + from.size());
  Q<Pack> query;
  Load<Pack> load{cells.data(), bodies};
  Q<Pack>::fields(query, load);
  // What is no figure is the same in every row.
  std::vector<double> first;
  std::vector<std::pair<std::ptrdiff_t, double*>> wanted;
  for (const auto& column : columns.out) {
    if (to[column.output] >= 0) {
      wanted.emplace_back(to[column.output], column.values);
      continue;
    }
    if (first.empty()) first.resize(to.size()), run<Q, R, double>(in, bodies, first.data());
    std::fill_n(column.values, columns.rows, first[column.output]);
  }
  for (std::size_t i = 0; i < columns.rows; i += Pack::width) {
    const bool full = i + Pack::width <= columns.rows;  // the last row of an odd number fills both lanes
    for (const auto& column : columns.in)
      figure(query, from[column.input]).v = Pack::Vector{column.values[i], column.values[full ? i + 1 : i]};
    R<Pack> result = evaluate(query);
    for (const auto& [offset, values] : wanted) {
      const Pack::Vector lanes = figure(result, offset).v;
      if (full) std::memcpy(values + i, &lanes, sizeof lanes);
      else values[i] = lanes[0];
    }
  }
}
/// Row by row, each answered as a single question.
template <template <class> class Q, template <class> class R>
void sweep_by_rows(void (*answer)(const double*, const Body* const*, double*), const double* in,
                   const Body* const* bodies, const Columns& columns) {
  static const std::size_t wide = describe<Q>().all.size(), deep = describe<R>().all.size();
  std::vector<double> row(in, in + wide), result(deep);
  for (std::size_t i = 0; i < columns.rows; ++i) {
    for (const auto& column : columns.in) row[column.input] = column.values[i];
    answer(row.data(), bodies, result.data());
    for (const auto& column : columns.out) column.values[i] = result[column.output];
  }
}
template <int... numbers>
inline constexpr int wall_numbers[] = {numbers..., 0};

template <class W>
constexpr const char* signature_of() {
  if constexpr (requires { W::signature; }) return W::signature;
  else return "";
}
/// A wall may have `static void refuse(const Query& query, Problems& problems)`, Query over double: its ranges hold by then.
template <class W>
constexpr auto refusal_of() -> void (*)(const double*, const Body* const*, Problems&) {
  if constexpr (requires(const typename W::Query& q, Problems& p) { W::refuse(q, p); })
    return [](const double* in, const Body* const* bodies, Problems& problems) {
      typename W::Query query;
      Load<double> load{in, bodies};
      W::Query::fields(query, load);
      W::refuse(query, problems);
    };
  else return nullptr;
}
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
  static void run(const T* in, const Body* const* bodies, T* out) {
    detail::run<Q, R, T>(in, bodies, out);
  }
  static void sweep(const double* in, const Body* const* bodies, const Columns& columns) {
    detail::sweep<Q, R>(in, bodies, columns);
  }
};
template <class W>
constexpr Wall wall() {
  return {W::name,
          W::python,
          W::numbers,
          W::doc,
          detail::signature_of<W>(),
          W::inputs,
          W::outputs,
          &W::template run<double>,
          &W::sweep,
          &W::template run<Traced>,
          detail::refusal_of<W>(),
          nullptr,
          nullptr};
}

/// What `optimise` of a searching solver returns: its result, the best candidates in order, and why the others fell.
template <class R, class C>
struct Optimum {
  R result;
  std::vector<C> best;
  std::vector<std::pair<std::string, double>> fell;
};

/// The same for a solver that searches: `struct PlacementOptimizerWall : Searches<Query, Result, Candidate>`, with a function
/// `Optimum<Result<double>, Candidate<double>> optimise(const Query<double>&)`. It is asked like a wall and has no derivation.
template <template <class> class Q, template <class> class R, template <class> class C>
struct Searches {
  using Query = Q<double>;
  using Result = R<double>;
  static constexpr std::span<const int> numbers{};
  static constexpr auto inputs = &describe<Q>;
  static constexpr auto outputs = &describe<R>;
  static constexpr auto candidate = &describe<C>;
  static void search(const double* in, const Body* const* bodies, double* out, Candidates& candidates) {
    Q<double> query;
    Load<double> load{in, bodies};
    Q<double>::fields(query, load);
    auto optimum = optimise(query);
    Store<double> store{out};
    R<double>::fields(optimum.result, store);
    candidates.fell = std::move(optimum.fell);
    const std::size_t cells = describe<C>().all.size();
    for (const C<double>& one : optimum.best) {
      if constexpr (requires { one.label; }) candidates.labels.push_back(one.label);
      Store<double> row{candidates.rows.emplace_back(cells).data()};
      C<double>::fields(one, row);
    }
  }
  static void answer(const double* in, const Body* const* bodies, double* out) {
    Candidates ignored;
    search(in, bodies, out, ignored);
  }
  static void sweep(const double* in, const Body* const* bodies, const Columns& columns) {
    detail::sweep_by_rows<Q, R>(&answer, in, bodies, columns);
  }
};
template <class W>
requires requires { W::candidate; }
constexpr Wall wall() {
  return {W::name,    W::python,  W::numbers, W::doc,  detail::signature_of<W>(), W::inputs,
          W::outputs, &W::answer, &W::sweep,  nullptr, detail::refusal_of<W>(),   W::candidate,
          &W::search};
}

/// Every wall that was built in: one for each file of the folder `walls/` that declares one.
std::span<const Wall* const> walls();

}  // namespace mlsysim
