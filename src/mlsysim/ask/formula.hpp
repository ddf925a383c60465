#pragma once
// The laws one by one, by name. The table is made by tools/compile_formulas.cpp from the headers in laws/: words from a law's own
// comment, dimensions from its C++ signature. Nothing else lists the laws.
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <vector>
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

/// One symbol of a law, as its comment has it. No symbol is negative unless its line says so.
struct Parameter {
  const char *name, *symbol, *doc, *unit;
  Range range;  // in base units
};

/// What a parameter is in C++: a quantity or a number, a whole number (`int`), a flag (`bool`).
enum class Slot : char { figure, whole, flag };

struct Formula {
  const char* name;    // "ring_all_reduce_time"
  const char* law;     // as C++ calls it: "original::traffic", "sojourn_quantile<99>"
  const char* header;  // "collectives.hpp"
  const char *summary, *equation, *valid, *source;
  const char* example;   // "message=1GB devices=8"; empty where the law has none
  const char* cpp_only;  // why it can't be called from here; empty for all that can
  std::span<const Parameter> parameters;

  // From the signature.
  std::span<const Dim> dims{};
  std::span<const Slot> slots{};
  Dim dim{};
  double (*call)(const double* cells) = nullptr;
  Traced (*trace)(const Traced* cells) = nullptr;

  int parameter(std::string_view name) const;
};

/// Every law, in the order of the headers.
std::span<const Formula> formulas();
/// By its name, or by what only one name begins with: `ring-all-reduce`. Case, "-" and "_" do not matter. nullptr for none.
const Formula* formula(std::string_view name);
Problem no_formula(std::string_view name);

/// Reads one argument as people type it: "1 GB", or a bare number in base units. On failure nothing, and why in `problems`.
std::optional<double> read_argument(const Formula& formula, std::size_t parameter, std::string_view text,
                                    Problems& problems);
/// What is wrong with the arguments (base units, in order): a symbol out of its range. Empty where nothing is.
Problems check_arguments(const Formula& formula, std::span<const double> cells);
/// The problem of a value that is no number although every argument is in its range; nothing of any other.
std::optional<Problem> check_value(const Formula& formula, double value);

namespace detail {

template <class X>
struct Signature;
template <class R, class... A>
struct Signature<R (*)(A...)> {
  template <class X>
  static constexpr Dim dim_of() {
    if constexpr (requires { X::dim; }) return X::dim;
    else return {};
  }
  template <class X>
  static constexpr Slot slot_of() {
    return std::is_same_v<X, bool> ? Slot::flag : std::is_same_v<X, int> ? Slot::whole : Slot::figure;
  }
  static constexpr Dim result = dim_of<R>();
  static constexpr std::array<Dim, sizeof...(A)> dims{dim_of<A>()...};
  static constexpr std::array<Slot, sizeof...(A)> slots{slot_of<A>()...};

  template <class X, class T>
  static X argument(const T& cell) {
    if constexpr (std::is_same_v<X, bool>) return value(cell) != 0;
    else if constexpr (std::is_same_v<X, int>) return static_cast<int>(value(cell));
    else return X{cell};
  }
  template <class T, class F>
  static T apply(F f, const T* cells) {
    return [&]<std::size_t... i>(std::index_sequence<i...>) {
      const R result = f(argument<A>(cells[i])...);
      if constexpr (requires { result.base; }) return result.base;
      else return result;
    }
    (std::index_sequence_for<A...>{});
  }
};

}  // namespace detail

/// Adds what the signature says. `L::call<T>` is the law.
template <class L>
Formula with_signature(Formula formula) {
  using Plain = detail::Signature<decltype(&L::template call<double>)>;
  using Steps = detail::Signature<decltype(&L::template call<Traced>)>;
  formula.dims = Plain::dims;
  formula.slots = Plain::slots;
  formula.dim = Plain::result;
  formula.call = [](const double* cells) { return Plain::apply(&L::template call<double>, cells); };
  formula.trace = [](const Traced* cells) { return Steps::apply(&L::template call<Traced>, cells); };
  return formula;
}

}  // namespace mlsysim
