#pragma once
// The C++ face, and the only header to include: entries by name, questions checked and answered, derivations.
//
//     using namespace mlsysim;
//     auto p = solve(EngineQuery{.model = model("llama-3-8b"), .hardware = accelerator("h100"), .batch_size = 32});
//     p.latency.in(ms);
//
// `solve` checks a question and then asks the wall as the library compiled it. A wall's own function is called `evaluate`: bare
// arithmetic over any number, which is what sweeps and derivations run. Two names, because one would mean the checked or the
// bare one depending on which header a file has included. Mistakes are thrown here and nowhere deeper.
#include <initializer_list>
#include <stdexcept>
#include "mlsysim/catalog/system.hpp"
#include "mlsysim/report/explain.hpp"
#include "mlsysim/walls/all.hpp"  // made by the build: every header of walls/

namespace mlsysim {

/// What is wrong; `what()` is the whole sentence.
class Error : public std::runtime_error {
 public:
  explicit Error(const Problem& problem)
      : std::runtime_error(sentence(problem)),
        argument(problem.argument),
        place(problem.place),
        nearest(problem.nearest) {}
  std::string argument, place, nearest;
};
/// The question is wrong: the argument, its value, what it may be.
struct InputError : Error {
  using Error::Error;
};
/// A file can't be read: `place` is file:line:column.
struct DataError : Error {
  using Error::Error;
};
/// No entry has that name; `nearest` has those that look like it.
struct LookupError : Error {
  using Error::Error;
};

namespace detail {
/// The figures of an entry: of the catalog, of a set of assumptions where one is named, of a file where the name is a path.
std::vector<double> row(std::string_view kind, std::string_view name_or_path, std::string_view set);
const Table& built_in_table(Fields (*inputs)());
/// The question whose inputs are these cells and bodies, checked.
Question checked(const Table& table, const std::vector<double>& cells, const std::vector<const Body*>& bodies);
std::shared_ptr<const Body> body(BodyReader reader, std::string_view text, std::string_view set);

template <class E>
E load(const std::vector<double>& cells) {
  E to;
  Load<double> visitor{cells.data()};
  E::fields(to, visitor);
  return to;
}
template <class Query>
Question checked(const Table& table, const Query& query) {
  std::vector<double> cells(table.in.all.size());
  std::vector<const Body*> bodies;
  Store<double> visitor{cells.data(), &bodies};
  Query::fields(query, visitor);
  return checked(table, cells, bodies);
}
template <template <class> class Q>
Question checked(const Q<double>& query) {
  static const Table& table = built_in_table(&describe<Q>);
  return checked(table, query);
}
template <class W>
const Table& table_of() {
  static const Wall declared = wall<W>();
  static const Table table(declared);
  return table;
}
}  // namespace detail

// Entries by name or by path: an id, an alias, a registry path (llama-3-8b, Llama3_8B, Models.Llama3_8B), or a YAML file; for a
// model a Hugging Face config.json too. With the name of a set of assumptions ("mlsysim-0.1"), the figures of that set.
inline Accelerator<double> accelerator(std::string_view name_or_path, std::string_view set = {}) {
  return detail::load<Accelerator<double>>(detail::row("accelerator", name_or_path, set));
}
inline Model<double> model(std::string_view name_or_path, std::string_view set = {}) {
  return detail::load<Model<double>>(detail::row("model", name_or_path, set));
}
inline Grid<double> grid(std::string_view name_or_path, std::string_view set = {}) {
  return detail::load<Grid<double>>(detail::row("grid", name_or_path, set));
}
inline Fabric<double> fabric(std::string_view name_or_path, std::string_view set = {}) {
  return detail::load<Fabric<double>>(detail::row("fabric", name_or_path, set));
}
inline Node<double> node(std::string_view name_or_path, std::string_view set = {}) {
  return detail::load<Node<double>>(detail::row("node", name_or_path, set));
}
inline Fleet<double> fleet(std::string_view name_or_path, std::string_view set = {}) {
  return detail::load<Fleet<double>>(detail::row("fleet", name_or_path, set));
}
inline Storage<double> storage(std::string_view name_or_path, std::string_view set = {}) {
  return detail::load<Storage<double>>(detail::row("storage", name_or_path, set));
}
inline Dataset<double> dataset(std::string_view name_or_path, std::string_view set = {}) {
  return detail::load<Dataset<double>>(detail::row("dataset", name_or_path, set));
}
inline Assumptions<double> assumptions(std::string_view name_or_path) {
  return detail::load<Assumptions<double>>(detail::row("assumptions", name_or_path, {}));
}

/// A list or a curve that a query holds, from text: body<Regions>("quebec, norway"). It has to live as long as the query.
template <class B>
std::shared_ptr<const B> body(std::string_view text, std::string_view set = {}) {
  return std::static_pointer_cast<const B>(detail::body(reader_of<B>, text, set));
}

/// The answer to a question to one of the library's walls. Assumptions that the query leaves untouched are the default ones.
/// Throws InputError, naming the argument, where a figure is out of range or one that the answer needs is not stated.
template <template <class> class Q>
auto solve(const Q<double>& query) -> decltype(evaluate(query)) {
  return detail::load<decltype(evaluate(query))>(detail::checked(query).answer());
}
/// The same of a solver that searches: its result, the best candidates in order, and how many fell to each reason.
template <template <class> class Q>
auto solve(const Q<double>& query) -> decltype(optimise(query)) {
  Candidates found;
  decltype(optimise(query)) optimum;
  optimum.result = detail::load<decltype(optimum.result)>(detail::checked(query).answer(found));
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    auto& one = optimum.best.emplace_back(detail::load<typename decltype(optimum.best)::value_type>(found.rows[i]));
    if constexpr (requires { one.label; }) one.label = found.labels[i];
  }
  optimum.fell = std::move(found.fell);
  return optimum;
}
/// The same under these assumptions.
template <template <class> class Q>
auto solve(Q<double> query, const Assumptions<double>& assumptions) -> decltype(solve(query)) {
  query.assumptions = assumptions;
  return solve(query);
}
/// The answer of a wall of your own: solve<CoffeeWall>(CoffeeQuery<double>{.cups = 2}).
template <class W>
typename W::Result solve(const typename W::Query& query) {
  return detail::load<typename W::Result>(detail::checked(detail::table_of<W>(), query).answer());
}

/// The derivation of the named results, or of all: explanation_text(explain(query, {"latency"})). Figures that are a catalog
/// entry's, unchanged, carry its sources.
template <template <class> class Q>
requires requires(const Q<double>& query) { evaluate(query); }
Explanation explain(const Q<double>& query, const std::vector<std::string>& results = {}) {
  return explain(detail::checked(query), results);
}
template <class W>
Explanation explain(const typename W::Query& query, const std::vector<std::string>& results = {}) {
  return explain(detail::checked(detail::table_of<W>(), query), results);
}

}  // namespace mlsysim
