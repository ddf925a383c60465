#pragma once
// The number that remembers how it was computed. A wall run over Traced leaves an expression graph on the tape: the
// derivation that `--explain` prints, and the set of figures that the answer really depends on.
#include <concepts>
#include <initializer_list>
#include <string>
#include <vector>
#include "mlsysim/units/dimension.hpp"
#include "mlsysim/units/number.hpp"

namespace mlsysim {

enum class Operation : char {
  constant,
  figure,
  add,
  subtract,
  multiply,
  divide,
  less,
  less_equal,
  select,
  maximum,
  minimum,
  ceiling,
  floor,
  opaque
};

/// One step of a computation. `children` are indices into the tape, -1 for an untouched zero.
struct Step {
  Operation operation = Operation::constant;
  std::vector<int> children{};
  double value = 0;
  std::string name{};          // how a derivation calls it: a path, or what `named` said
  const char* source = "";     // what `cite` said
  const char* algorithm = "";  // the name given to `opaque`
  Dim dim{};                   // of a step that `named` named
};

using Tape = std::vector<Step>;
/// The tape of the running trace. A plain pointer: a thread_local with a destructor does not link in WebAssembly.
inline thread_local Tape* tape = nullptr;

struct Traced {
  int id = -1;  // -1 is an untouched zero

  Traced() = default;
  Traced(double constant) : Traced(Operation::constant, constant) {}
  Traced(Operation operation, double value, std::initializer_list<int> children = {}) {
    if (!tape) return;
    Step step;
    step.operation = operation;
    step.children = children;
    step.value = value;
    tape->push_back(std::move(step));
    id = static_cast<int>(tape->size()) - 1;
  }
  double value() const { return id < 0 ? 0.0 : (*tape)[static_cast<std::size_t>(id)].value; }

  struct Condition {
    int id;
    bool holds;
  };

  /// An anonymous 0 or 1: adding or multiplying by it is not a step.
  bool is(double constant) const {
    if (id < 0) return constant == 0;
    const Step& step = (*tape)[static_cast<std::size_t>(id)];
    return step.operation == Operation::constant && step.name.empty() && step.value == constant;
  }

  friend Traced operator+(Traced a, Traced b) {
    if (a.is(0)) return b;
    if (b.is(0)) return a;
    return {Operation::add, a.value() + b.value(), {a.id, b.id}};
  }
  friend Traced operator-(Traced a, Traced b) { return {Operation::subtract, a.value() - b.value(), {a.id, b.id}}; }
  friend Traced operator*(Traced a, Traced b) {
    if (a.is(1)) return b;
    if (b.is(1)) return a;
    if (a.is(0) && b.value() == b.value()) return a;
    if (b.is(0) && a.value() == a.value()) return b;
    return {Operation::multiply, a.value() * b.value(), {a.id, b.id}};
  }
  friend Traced operator/(Traced a, Traced b) { return {Operation::divide, a.value() / b.value(), {a.id, b.id}}; }
  friend Condition operator<(Traced a, Traced b) {
    const bool holds = a.value() < b.value();
    return {Traced(Operation::less, holds, {a.id, b.id}).id, holds};
  }
  friend Condition operator<=(Traced a, Traced b) {
    const bool holds = a.value() <= b.value();
    return {Traced(Operation::less_equal, holds, {a.id, b.id}).id, holds};
  }
  friend Traced select(Condition condition, Traced yes, Traced no) {
    if (yes.id == no.id && yes.id >= 0) return yes;
    return {Operation::select, condition.holds ? yes.value() : no.value(), {yes.id, no.id, condition.id}};
  }
  friend Traced max(Traced a, Traced b) { return {Operation::maximum, mlsysim::max(a.value(), b.value()), {a.id, b.id}}; }
  friend Traced min(Traced a, Traced b) { return {Operation::minimum, mlsysim::min(a.value(), b.value()), {a.id, b.id}}; }
  friend Traced ceil(Traced a) { return {Operation::ceiling, std::ceil(a.value()), {a.id}}; }
  friend Traced floor(Traced a) { return {Operation::floor, std::floor(a.value()), {a.id}}; }
  /// The figure that is not stated is not a step: the derivation shows the one that was taken.
  friend Traced first_stated(Traced a, Traced b) { return a.value() == a.value() ? a : b; }
  friend double value(Traced a) { return a.value(); }

  template <class F, class... Arguments>
  static Traced call(const char* algorithm, F f, Arguments... arguments) {
    Traced result(Operation::opaque, f(arguments.value()...), {arguments.id...});
    if (result.id >= 0) (*tape)[static_cast<std::size_t>(result.id)].algorithm = algorithm;
    return result;
  }
};

template <class F, std::same_as<Traced>... Rest>
Traced opaque(const char* name, F f, Traced first, Rest... rest) {
  return Traced::call(name, f, first, rest...);
}

namespace detail {
inline Step* step_of(const Traced& t) { return t.id < 0 || !tape ? nullptr : &(*tape)[static_cast<std::size_t>(t.id)]; }
template <class Q>
Step* step_of(const Q& q) requires requires {
  { q.base } -> std::convertible_to<Traced>;
}
{ return step_of(q.base); }
template <class X>
constexpr bool traced = requires(const X& x) {
  step_of(x);
};
}  // namespace detail

/// Says which published equation a step rests on. Vanishes but in a derivation.
template <class X>
MLSYSIM_INLINE constexpr X cite(X x, [[maybe_unused]] const char* source) {
  if constexpr (detail::traced<X>)
    if (auto* step = detail::step_of(x)) step->source = source;
  return x;
}

/// Names a step that is not a member of the result: a derivation shows it on a line of its own. A constant becomes a named
/// leaf (`bytes per fp16`), which is how a factor in a wall avoids being anonymous.
template <class X>
MLSYSIM_INLINE constexpr X named(X x, [[maybe_unused]] const char* name) {
  if constexpr (detail::traced<X>)
    if (auto* step = detail::step_of(x); step && step->name.empty()) {
      step->name = name;
      if constexpr (requires { X::dim; }) step->dim = X::dim;
    }
  return x;
}

}  // namespace mlsysim
