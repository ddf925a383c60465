#pragma once
// The field list. An entity, a query and a result each have one static `fields(self, visitor)`; Load, Store, Locate and Describe
// are the only visitors that ever look at it. Describe fills the run-time table from which flags, keywords, JSON, schema, axes,
// derivations and documentation come, without templates.
//
// A field is a figure (a T), a choice (an enumeration, constant inside a sweep), or a body (an immutable value of variable
// length, held by pointer, bound outside the loop like a choice).
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include "mlsysim/units/problem.hpp"
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// What a figure may be, in the unit of its field.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool whole = false;      // a count: 1, 2, 3…; differenced by one step in a sensitivity
  bool above_low = false;  // low itself is outside
};
inline constexpr Range any{};
constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range between(double low, double high) { return {.low = low, .high = high}; }
constexpr Range above(double low) { return {.low = low, .above_low = true}; }
constexpr Range count_from(double low) { return {.low = low, .whole = true}; }
constexpr Range count_between(double low, double high) { return {.low = low, .high = high, .whole = true}; }

/// The words of a choice, in the order of its enumerators.
template <class E>
struct Words;
template <>
struct Words<bool> {
  static constexpr const char* all[] = {"false", "true"};
};

/// A choice or a flag that depends on values: a bool has no place in a Pack.
template <class T, class E>
struct Answer {
  T index{};
  E plain() const { return static_cast<E>(static_cast<int>(value(index))); }
};
template <class T>
using Flag = Answer<T, bool>;

/// An immutable value of variable length: operator groups, a measured curve, a list of regions.
struct Body {
  virtual ~Body() = default;
};
struct Entry;
/// How a body that lists names finds them: in the catalog, under the set of assumptions in force.
struct EntryFinder {
  virtual ~EntryFinder() = default;
  /// nullptr where nothing has that name; `missing` is then the problem to report.
  virtual const Entry* find(std::string_view kind, std::string_view name) const = 0;
  virtual Problem missing(std::string_view kind, std::string_view name) const = 0;
};
/// Reads a body from text (JSON, YAML, or a list of names); on failure nothing, and why in `problems`.
using BodyReader = std::shared_ptr<const Body> (*)(std::string_view text, const EntryFinder& finder,
                                                   Problems& problems);

/// How a query holds a body of type B. B has `static constexpr const char* kind`, and `static … read(text, problems)` or
/// `read(text, finder, problems)`.
template <class B>
struct Held {
  const B* body = nullptr;
  const B& operator*() const { return *body; }
  const B* operator->() const { return body; }
};

template <class B>
inline constexpr BodyReader reader_of =
    [](std::string_view text, const EntryFinder& finder, Problems& problems) -> std::shared_ptr<const Body> {
  if constexpr (requires { B::read(text, finder, problems); }) return B::read(text, finder, problems);
  else return B::read(text, problems);
};

/// A second spelling that flags, JSON and Python accept; the first is the one printed.
struct Spelling {
  const char* also = "";
};

/// The preset of an entity that may be left out: its figures are then not stated.
inline constexpr const char* optional = "-";

/// One line of the run-time table.
struct Field {
  std::string path;
  std::string also;  // second spelling, or empty
  std::string doc;
  std::string unit;  // as the field list names it: "TB/s"
  Dim dim{};
  double times = 1, over = 1;  // of the unit, to base units
  Range range{};
  double preset = 0;                     // in base units; NaN where nothing is stated
  std::span<const char* const> words{};  // of a choice; empty for a figure
  bool flag = false;                     // the words are false and true
  BodyReader reader = nullptr;           // of a body
  const char* body_kind = "";
  std::string names;  // of a result that is the name of what is bound to this entity ("grid"); empty for all others

  /// The name says the unit (`it_energy_kwh`, `service_latency_ms`): machines get the bare number in that unit under that name.
  bool carries_unit() const;
  bool is_name() const { return !names.empty(); }
  bool is_choice() const { return !words.empty(); }
  bool is_body() const { return reader != nullptr; }
  bool is_figure() const { return !is_choice() && !is_body() && !is_name(); }
};

/// A group of fields that a name can fill: `hardware` with the row of an accelerator.
struct EntityRange {
  std::string prefix;  // "hardware."
  std::string kind;    // "accelerator"
  std::string doc;
  std::string preset;  // the name taken when none is given; empty: one must be; `optional`: none need be
  std::string also;    // second spelling, or empty
  std::size_t first = 0, count = 0;
};

struct Fields {
  std::vector<Field> all;
  std::vector<EntityRange> entities;
};

/// Flat cells to a struct.
template <class T>
struct Load {
  const T* cells;
  const Body* const* bodies = nullptr;

  template <Dim D>
  void operator()(const char*, Quantity<D, T>& x, Unit<D>, Range, const char*, Spelling = {}) {
    x.base = *cells++;
  }
  void operator()(const char*, T& x, Unit<dimensionless>, Range, const char*, Spelling = {}) { x = *cells++; }
  template <class E>
  requires(std::is_enum_v<E> || std::is_same_v<E, bool>) void operator()(const char*, E& x, const char*,
                                                                         Spelling = {}) {
    x = static_cast<E>(static_cast<int>(value(*cells++)));
  }
  template <class E>
  void operator()(const char*, Answer<T, E>& x, const char*) {
    x.index = *cells++;
  }
  template <class B>
  void operator()(const char*, Held<B>& x, const char*) {
    ++cells;
    x.body = static_cast<const B*>(*bodies++);
  }
  template <class N>
  void entity(const char*, const char*, N& x, const char*, const char* = "", Spelling = {}) {
    N::fields(x, *this);
  }
  void name_of(const char*, const char*, const char*) { ++cells; }
};

/// A struct to flat cells.
template <class T>
struct Store {
  T* cells;
  std::vector<const Body*>* bodies = nullptr;  // takes those of a query, where it is asked to

  template <Dim D>
  void operator()(const char*, const Quantity<D, T>& x, Unit<D>, Range, const char*, Spelling = {}) {
    *cells++ = x.base;
  }
  void operator()(const char*, const T& x, Unit<dimensionless>, Range, const char*, Spelling = {}) { *cells++ = x; }
  template <class E>
  requires(std::is_enum_v<E> || std::is_same_v<E, bool>) void operator()(const char*, const E& x, const char*,
                                                                         Spelling = {}) {
    *cells++ = T(static_cast<double>(static_cast<int>(x)));
  }
  template <class E>
  void operator()(const char*, const Answer<T, E>& x, const char*) {
    *cells++ = x.index;
  }
  template <class B>
  void operator()(const char*, const Held<B>& x, const char*) {
    *cells++ = T(0.0);
    if (bodies) bodies->push_back(x.body);
  }
  template <class N>
  void entity(const char*, const char*, const N& x, const char*, const char* = "", Spelling = {}) {
    N::fields(x, *this);
  }
  void name_of(const char*, const char*, const char*) { *cells++ = T(0.0); }
};

/// Where each cell lives in a struct, as an offset; -1 where it is no figure. A sweep loads a query once and then writes and
/// reads the few cells that it is about.
template <class T>
struct Locate {
  const void* object;
  std::ptrdiff_t* offsets;

  template <Dim D>
  void operator()(const char*, const Quantity<D, T>& x, Unit<D>, Range, const char*, Spelling = {}) {
    at(&x.base);
  }
  void operator()(const char*, const T& x, Unit<dimensionless>, Range, const char*, Spelling = {}) { at(&x); }
  template <class E>
  requires(std::is_enum_v<E> || std::is_same_v<E, bool>) void operator()(const char*, const E&, const char*,
                                                                         Spelling = {}) {
    *offsets++ = -1;
  }
  template <class E>
  void operator()(const char*, const Answer<T, E>& x, const char*) {
    at(&x.index);
  }
  template <class B>
  void operator()(const char*, const Held<B>&, const char*) {
    *offsets++ = -1;
  }
  template <class N>
  void entity(const char*, const char*, const N& x, const char*, const char* = "", Spelling = {}) {
    N::fields(x, *this);
  }
  void name_of(const char*, const char*, const char*) { *offsets++ = -1; }

 private:
  void at(const T* x) { *offsets++ = reinterpret_cast<const char*>(x) - static_cast<const char*>(object); }
};

/// A struct's declaration to the run-time table.
struct Describe {
  Fields& to;
  std::string prefix{};
  bool absent = false;  // inside an entity that has no row yet: its figures are not stated

  template <Dim D>
  void operator()(const char* name, const Quantity<D, double>& x, Unit<D> unit, Range range, const char* doc,
                  Spelling spelling = {}) {
    figure(name, x.base, D, unit.times, unit.over, unit.name.text, range, doc, spelling);
  }
  void operator()(const char* name, const double& x, Unit<dimensionless> unit, Range range, const char* doc,
                  Spelling spelling = {}) {
    figure(name, x, {}, unit.times, unit.over, unit.name.text, range, doc, spelling);
  }
  template <class E>
  requires(std::is_enum_v<E> || std::is_same_v<E, bool>) void operator()(const char* name, const E& x, const char* doc,
                                                                         Spelling spelling = {}) {
    choice(name, static_cast<double>(static_cast<int>(x)), Words<E>::all, std::is_same_v<E, bool>, doc, spelling);
  }
  template <class E>
  void operator()(const char* name, const Answer<double, E>&, const char* doc) {
    choice(name, 0, Words<E>::all, std::is_same_v<E, bool>, doc, {});
  }
  template <class B>
  void operator()(const char* name, const Held<B>&, const char* doc) {
    body(name, reader_of<B>, B::kind, doc);
  }
  template <class N>
  void entity(const char* name, const char* kind, const N& x, const char* doc, const char* preset = "",
              Spelling spelling = {}) {
    // A group without a kind ("compute", "memory") only lends its prefix.
    const bool named = *kind != 0;
    const std::size_t first = to.all.size(), slot = to.entities.size();
    if (named) to.entities.push_back({prefix + name + ".", kind, doc, preset, spelling.also, first, 0});
    Describe inner{to, prefix + name + ".", absent || named};
    N::fields(x, inner);
    if (named) to.entities[slot].count = to.all.size() - first;
  }
  /// A result that is the name of what is bound to an entity of the query.
  void name_of(const char* name, const char* entity, const char* doc);

 private:
  void figure(const char* name, double preset, Dim, double times, double over, const char* unit, Range, const char* doc,
              Spelling);
  void choice(const char* name, double preset, std::span<const char* const> words, bool flag, const char* doc,
              Spelling);
  void body(const char* name, BodyReader, const char* kind, const char* doc);
};

template <template <class> class N>
Fields describe() {
  Fields fields;
  Describe visitor{fields};
  const N<double> object{};
  N<double>::fields(object, visitor);
  return fields;
}

}  // namespace mlsysim
