// The laws, callable from Python: numbers and quantities in, checked, a value in base units out.
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "mlsysim/report/formula.hpp"
#include "mlsysim/units/parse.hpp"

using namespace nanobind::literals;
using namespace mlsysim;

namespace bindings {
namespace {

/// The most symbols that a law has.
constexpr std::size_t most = 16;
struct Cells {
  double all[most];
  std::size_t count;
  std::span<const double> view() const { return {all, count}; }
};

[[noreturn]] void raise_input(const char* argument, std::string message) {
  raise({.argument = argument, .message = std::move(message)});
}

/// One argument in base units. `quantity` turns a pint quantity into (base value, dimension name).
double read(const Formula& f, std::size_t i, nb::handle value, const nb::object& quantity) {
  const Parameter& p = f.parameters[i];
  PyObject* const x = value.ptr();
  if (PyFloat_CheckExact(x)) return PyFloat_AS_DOUBLE(x);
  if (PyBool_Check(x)) {
    if (f.slots[i] == Slot::flag) return x == Py_True;
    raise_input(p.name, fmt::format("{} must be a number, not {}", p.name, x == Py_True ? "True" : "False"));
  }
  if (PyLong_CheckExact(x)) {
    const double number = PyLong_AsDouble(x);
    if (!PyErr_Occurred()) return number;
    PyErr_Clear();
    return std::numeric_limits<double>::infinity();  // an integer of 400 digits
  }
  if (nb::isinstance<nb::str>(value)) {
    Problems problems;
    const auto cell = read_argument(f, i, nb::cast<std::string>(value), problems);
    if (!cell) raise(problems.front());
    return *cell;
  }
  nb::object given;
  try {
    given = quantity(value);
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_ValueError)) throw;
    raise_input(p.name, fmt::format("{}: {}", p.name, nb::cast<std::string>(nb::str(error.value()))));
  }
  const auto [base, dimension] = nb::cast<std::pair<double, std::string>>(given);
  if (dimension != "number" && dimension != dimension_name(f.dims[i]))
    raise_input(p.name, fmt::format("{} is in {}, expected {}", p.name, dimension,
                                    f.dims[i] == dimensionless ? "a plain number" : p.unit));
  return base;
}

/// Positions and keywords to cells. `quantity` as above.
Cells cells_of(const Formula& f, const nb::args& args, const nb::kwargs& kwargs, const nb::object& quantity) {
  if (!f.call) raise_input(f.name, fmt::format("{} is called from C++ only: {}", f.name, f.cpp_only));
  Cells cells{{}, f.parameters.size()};
  bool given[most] = {};
  if (args.size() > cells.count)
    raise_input(f.name, fmt::format("{} takes {} arguments, {} were given", f.name, cells.count, args.size()));
  for (std::size_t i = 0; i < args.size(); ++i) cells.all[i] = read(f, i, args[i], quantity), given[i] = true;
  for (const auto [key, value] : kwargs) {
    const char* name = nb::cast<const char*>(key);
    std::size_t i = 0;
    while (i < cells.count && std::string_view(f.parameters[i].name) != name) ++i;
    if (i == cells.count)
      raise({.argument = name,
             .message = fmt::format("{} is not an argument of {}", quotable(name), f.name),
             .nearest = nearest(name, f.parameters, &Parameter::name)});
    if (given[i]) raise_input(name, fmt::format("{} is given twice", name));
    cells.all[i] = read(f, i, value, quantity), given[i] = true;
  }
  for (std::size_t i = 0; i < cells.count; ++i)
    if (!given[i])
      raise_input(f.parameters[i].name, fmt::format("{} is missing: {} [{}]", f.parameters[i].name, f.parameters[i].doc,
                                                    f.parameters[i].unit));
  if (const Problems problems = check_arguments(f, cells.view()); !problems.empty()) raise(problems.front());
  return cells;
}

double value_of(const Formula& f, const Cells& cells) {
  const double value = f.call(cells.all);
  if (const auto problem = check_value(f, value)) raise(*problem);
  return value;
}

}  // namespace

void bind_formulas(nb::module_& m) {
  nb::class_<Formula>(m, "Formula", "A law: its words and its value.")
      .def_prop_ro("name", [](const Formula& f) { return f.name; })
      .def_prop_ro("callable", [](const Formula& f) { return f.call != nullptr; })
      .def_prop_ro("dimension", [](const Formula& f) { return dimension_name(f.dim); })
      .def("text", [](const Formula& f) { return formula_text(f); })
      .def("to_json", [](const Formula& f) { return formula_json(f).dump(); })
      .def(
          "explain",
          [](const Formula& f, const nb::object& quantity, const nb::args& args, const nb::kwargs& kwargs) {
            const Cells cells = cells_of(f, args, kwargs, quantity);
            return formula_text(f, cells.view(), value_of(f, cells));
          },
          "quantity"_a, "args"_a, "kwargs"_a,
          "The equation with these arguments in it, its value, validity and source.")
      .def(
          "value",
          [](const Formula& f, const nb::object& quantity, const nb::args& args, const nb::kwargs& kwargs) {
            return value_of(f, cells_of(f, args, kwargs, quantity));
          },
          "quantity"_a, "args"_a, "kwargs"_a, "The value in base units.")
      .def(
          "worked_example",
          [](const Formula& f) -> nb::object {
            Cells cells{{}, f.parameters.size()};
            std::string_view left = f.example;
            Problems problems;
            if (left.empty() || !f.call) return nb::none();
            for (; !left.empty(); left.remove_prefix(std::min(left.find(' ') + 1, left.size()))) {
              const auto one = left.substr(0, left.find(' ')), name = one.substr(0, one.find('='));
              const int i = f.parameter(name);
              const auto cell =
                  i < 0 ? std::nullopt
                        : read_argument(f, static_cast<std::size_t>(i), one.substr(name.size() + 1), problems);
              if (!cell) raise_input(f.name, fmt::format("the example of {} has no {} that can be read", f.name, name));
              cells.all[i] = *cell;
              if (left.find(' ') == left.npos) break;
            }
            if (problems = check_arguments(f, cells.view()); !problems.empty()) raise(problems.front());
            const double value = value_of(f, cells);
            return nb::make_tuple(worked(f, cells.view()), print_quantity(value, f.dim), value);
          },
          "The example of the law's comment: its numbers in the equation, its value as text and in base units.");
  m.def(
      "formulas",
      [] {
        std::vector<const Formula*> all;
        for (const Formula& f : formulas()) all.push_back(&f);
        return all;
      },
      nb::rv_policy::reference, "Every law.");
  m.def(
      "formula",
      [](const std::string& name) {
        const Formula* found = formula(name);
        if (!found) raise(no_formula(name));
        return found;
      },
      nb::rv_policy::reference, "name"_a, "The law with that name. Raises LookupError.");
}

}  // namespace bindings
