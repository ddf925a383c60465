// Questions and answers in Python. Nothing here knows a wall.
#include <limits>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "bindings.hpp"
#include "mlsysim/ask/fleet_of.hpp"
#include "mlsysim/evidence/answer_bands.hpp"
#include "mlsysim/report/analysis.hpp"
#include "mlsysim/report/scorecard.hpp"
#include "mlsysim/search/layout.hpp"
#include "mlsysim/units/parse.hpp"

using namespace nanobind::literals;
using namespace mlsysim;

namespace bindings {
namespace {

/// An answer: the question it belongs to and its results.
struct Result {
  std::shared_ptr<Question> question;
  std::vector<double> values;
  std::vector<Row> rows;  // keeps what the question is bound to
  Candidates candidates;  // of a solver that searches

  nb::object cell(std::size_t i) const {
    const Field& field = question->table().out.all[i];
    if (field.is_name()) return nb::str(shown(*question, i, 0, &candidates).c_str());
    if (field.flag) return nb::bool_(values[i] != 0);
    if (field.is_choice()) return nb::str(field.words[static_cast<std::size_t>(values[i])]);
    return nb::float_(values[i]);
  }
};

std::size_t output_index(const Table& table, const std::string& name) {
  const int i = table.output(name);
  if (i < 0) throw nb::attribute_error(name.c_str());
  return static_cast<std::size_t>(i);
}

/// Gives one keyword argument to a question. `quantity` turns a pint quantity into (base value, dimension name).
void give(Question& question, std::vector<Row>& rows, const std::string& name, nb::handle value,
          const nb::object& quantity) {
  const Table& table = question.table();
  if (const EntityRange* entity = table.entity(name)) {
    nb::object held = nb::hasattr(value, "_row") ? nb::borrow(value.attr("_row")) : nb::borrow(value);
    if (nb::isinstance<Row>(held)) {
      const Row& row = rows.emplace_back(nb::cast<Row>(held));
      if (row.entry->kind != entity->kind)
        raise({.argument = name,
               .message = fmt::format("{} must be {} {}, not the {} {}", name, entity->kind[0] == 'a' ? "an" : "a",
                                      entity->kind, row.entry->kind, row.entry->name)});
      question.bind(*entity, row.under(question.set_name()));
      return;
    }
    if (nb::isinstance<nb::str>(value)) return question.give(name, nb::cast<std::string>(value));
    raise({.argument = name,
           .message = fmt::format("{} must be {} {} of the catalog, its name, or a file", name,
                                  entity->kind[0] == 'a' ? "an" : "a", entity->kind)});
  }
  const int found = table.input(name);
  // A list of names, a distribution, groups of operators: a body has a reader of its own.
  if (found >= 0 && table.in.all[static_cast<std::size_t>(found)].is_body() && !nb::isinstance<nb::str>(value))
    return question.give(name, nb::cast<std::string>(nb::module_::import_("json").attr("dumps")(value)));
  if (found < 0) return question.give(name, "1");  // the question says what is near
  const auto input = static_cast<std::size_t>(found);
  const Field& field = table.in.all[input];
  if (nb::isinstance<nb::str>(value)) return question.give(name, nb::cast<std::string>(value));
  if (field.flag && nb::isinstance<nb::bool_>(value)) return question.give(input, nb::cast<bool>(value) ? 1 : 0);
  if (field.is_choice()) return question.give(name, nb::cast<std::string>(nb::str(value)));
  if (nb::isinstance<nb::bool_>(value))
    raise({.argument = name,
           .message = fmt::format("{} must be {}, not {}", name, range_text(field),
                                  nb::cast<bool>(value) ? "True" : "False")});
  double number = 0;
  if (PyFloat_CheckExact(value.ptr()) || PyLong_CheckExact(value.ptr())) {
    number = PyLong_CheckExact(value.ptr()) ? PyLong_AsDouble(value.ptr()) : PyFloat_AS_DOUBLE(value.ptr());
    if (PyErr_Occurred()) PyErr_Clear(), number = std::numeric_limits<double>::infinity();  // an integer of 400 digits
    return question.give(input, number * field.times / field.over);
  }
  nb::object read;
  try {
    read = quantity(value);
  } catch (nb::python_error& error) {
    if (!error.matches(input_error)) throw;
    raise({.argument = name, .message = fmt::format("{}: {}", name, nb::cast<std::string>(nb::str(error.value())))});
  }
  const auto [base, dimension] = nb::cast<std::pair<double, std::string>>(read);
  if (dimension != "number" && dimension != dimension_name(field.dim))
    raise({.argument = name,
           .message = fmt::format("{} is in {}, expected {}", name, dimension.empty() ? "no unit" : dimension,
                                  field.unit.empty() ? "a plain number" : field.unit)});
  question.give(input, dimension == "number" ? base * field.times / field.over : base);
}

Result solve(const std::string& wall, const nb::dict& arguments, const std::string& assumptions,
             const nb::object& quantity) {
  Result result;
  result.question = ask(wall, arguments, assumptions, quantity, result.rows);
  if (!result.question->check()) raise(result.question->problems().front());
  result.values = result.question->answer(result.candidates);
  return result;
}

/// The wall `system`, its layout searched for where `layout` is not stated.
Result solve_system(const nb::dict& arguments, bool layout_stated, const std::string& assumptions,
                    const nb::object& quantity) {
  Result result;
  result.question = ask("system", arguments, assumptions, quantity, result.rows);
  if (!layout_stated) choose_layout(*result.question);
  if (!result.question->check()) raise(result.question->problems().front());
  result.values = result.question->answer();
  return result;
}

/// A plan file: its answer, its name and what became of its assertions, as JSON.
nb::tuple solve_plan(const std::string& path, const std::string& assumptions) {
  Problems problems;
  auto plan = read_plan(path, assumptions, catalog(), problems);
  raise_first(problems);
  if (!plan || !plan->sections)
    raise({.kind = Problem::Kind::data,
           .place = path,
           .argument = path,
           .message = "is not the plan of a system: workload, hardware, ops (mlsysim schema plan)"});
  if (!plan->layout_stated) choose_layout(plan->question);
  if (!plan->question.check()) raise(plan->question.problems().front());
  Result result;
  result.question = std::make_shared<Question>(plan->question);
  result.values = result.question->answer(result.candidates);
  const std::string asserts = assertions_json(plan->question.table(), plan->assertions, result.values).dump();
  return nb::make_tuple(std::move(result), plan->name, asserts);
}

}  // namespace

std::shared_ptr<Question> ask(const std::string& wall, const nb::dict& arguments, const std::string& assumptions,
                              const nb::object& quantity, std::vector<Row>& rows) {
  const Table* t = table(wall);
  if (!t) raise(no_wall(wall));
  auto question = std::make_shared<Question>(*t, catalog(), assumptions);
  // Names before figures, whatever the order: a figure that was given stays.
  std::map<int, std::string> given;
  for (const auto& [key, value] : arguments) {
    if (value.is_none()) continue;
    const std::string name = nb::cast<std::string>(key);
    if (const int input = t->input(name); input >= 0)
      if (const auto [other, fresh] = given.emplace(input, name); !fresh)
        raise(
            {.argument = name, .message = fmt::format("{} and {} are one argument, given twice", other->second, name)});
    give(*question, rows, name, value, quantity);
  }
  return question;
}

void bind_answers(nb::module_& m) {
  nb::class_<Result>(m, "Result", "An answer of a wall.")
      .def_prop_ro("wall", [](const Result& r) { return std::string(r.question->table().wall->name); })
      .def_prop_ro("names",
                   [](const Result& r) {
                     std::vector<std::string> all;
                     for (const auto& f : r.question->table().out.all) all.push_back(f.path);
                     return all;
                   })
      .def(
          "cell",
          [](const Result& r, const std::string& name) { return r.cell(output_index(r.question->table(), name)); },
          "A result: a bool, a word, or a number in base units.")
      .def(
          "unit",
          [](const Result& r, const std::string& name) {
            return r.question->table().out.all[output_index(r.question->table(), name)].unit;
          },
          "The unit that a result is usually shown in; empty for a plain number.")
      .def(
          "bare",
          [](const Result& r, const std::string& name) {
            return r.question->table().out.all[output_index(r.question->table(), name)].carries_unit();
          },
          "The name of the result says its unit.")
      .def("dimension",
           [](const Result& r, const std::string& name) {
             return dimension_name(r.question->table().out.all[output_index(r.question->table(), name)].dim);
           })
      .def(
          "shown",
          [](const Result& r, const std::string& name) {
            const std::size_t i = output_index(r.question->table(), name);
            return shown(*r.question, i, r.values[i], &r.candidates);
          },
          "A result as a person reads it.")
      .def("doc",
           [](const Result& r, const std::string& name) {
             return r.question->table().out.all[output_index(r.question->table(), name)].doc;
           })
      .def(
          "bands",
          [](const Result& r) {
            nb::dict bands;
            for (const auto& band : bands_of(*r.question, r.values)) {
              const Field& field = r.question->table().out.all[band.output];
              bands[field.path.c_str()] =
                  nb::make_tuple(band.low, band.high, shown(field, band.low), shown(field, band.high));
            }
            return bands;
          },
          "Of each result that somebody measured the like of: low and high in base units, and as a person reads them.")
      .def(
          "based_on", [](const Result& r) { return evidence_json(evidence_for(*r.question, r.values)).dump(); },
          "The closest published measurements, as JSON.")
      .def("explain",
           [](const Result& r, const std::vector<std::string>& results) {
             for (const auto& name : results) output_index(r.question->table(), name);
             return explanation_text(explain(*r.question, results));
           })
      .def("sources",
           [](const Result& r) {
             nb::list list;
             for (const auto& l : sources_of(*r.question))
               list.append(record({{"name", nb::cast(l.name)},
                                   {"value", nb::cast(l.value)},
                                   {"kind", nb::cast(l.kind)},
                                   {"source", nb::cast(l.source)},
                                   {"where", nb::cast(l.where)}}));
             return list;
           })
      .def(
          "candidates",
          [](const Result& r) {
            return r.question->table().wall->candidate ? candidates_json(*r.question->table().wall, r.candidates).dump()
                                                       : std::string("null");
          },
          "What a search looked at, as JSON; null of a wall.")
      .def(
          "scorecard",
          [](const Result& r, const std::string& name) { return scorecard_json(*r.question, r.values, name).dump(); },
          "name"_a, "The original's record of an answer of the wall `system`, and of no other, as JSON.")
      .def("notes", [](const Result& r) { return notes(*r.question, r.values); })
      .def("ignored", [](const Result& r) { return r.question->ignored(); })
      .def("to_json", [](const Result& r) { return answer_json(*r.question, r.values, &r.candidates).dump(); })
      .def(
          "sensitivities",
          [](const Result& r, const std::string& name, double step) {
            Problems problems;
            const auto found = sensitivities(*r.question, name, step, problems);
            raise_first(problems);
            return sensitivities_json(*r.question, *found).dump();
          },
          "result"_a, "step"_a, "How much a result depends on each figure, as JSON.")
      .def(
          "difference",
          [](const Result& r, const Result& other, const std::string& name) {
            Problems problems;
            const auto found = difference(*r.question, *other.question, name, problems);
            raise_first(problems);
            return difference_json(*r.question, *found).dump();
          },
          "other"_a, "result"_a, "What makes `other` differ from this answer, as JSON.")
      .def(
          "threshold",
          [](const Result& r, const std::string& figure, const std::string& name, double bound, bool at_most) {
            const Table& t = r.question->table();
            const int input = t.input(figure);
            if (input < 0 || !t.in.all[static_cast<std::size_t>(input)].is_figure())
              raise({.argument = figure,
                     .message = fmt::format("{} is not a figure of {}", quotable(figure), t.wall->name),
                     .nearest = nearest(figure, t.in.all, &Field::path)});
            const auto found =
                threshold(*r.question, static_cast<std::size_t>(input), {output_index(t, name), bound, at_most});
            return found ? threshold_json(*r.question, *found).dump() : std::string("null");
          },
          "figure"_a, "result"_a, "bound"_a, "at_most"_a, "Where a figure turns a bound from missed to met, as JSON.")
      .def("__eq__", [](const Result& a, const nb::object& other) {
        return nb::isinstance<Result>(other) && nb::cast<const Result&>(other).values == a.values &&
               &nb::cast<const Result&>(other).question->table() == &a.question->table();
      });

  m.def("solve", &solve, "wall"_a, "arguments"_a, "assumptions"_a, "quantity"_a, "Answers one question.");
  m.def(
      "fleet_of",
      [](const Row& device, double count, const std::string& set) {
        Problems problems;
        auto own = fleet_of(device.under(set), count, device.own, set, catalog(), problems);
        raise_first(problems);
        return Row{&own->entry, own};
      },
      "device"_a, "count"_a, "set"_a, "So many of a device, as a fleet.");
  m.def("solve_system", &solve_system, "arguments"_a, "layout_stated"_a, "assumptions"_a, "quantity"_a,
        "Answers for a system; where its layout is not stated, with the fastest that fits.");
  m.def("solve_plan", &solve_plan, "path"_a, "assumptions"_a, "A plan file: (answer, name, assertions as JSON).");
}

}  // namespace bindings
