// The extension module: entries, questions and answers. It knows no wall; classes, signatures and stubs come from the table.
#include <cmath>
#include <limits>
#include <map>
#include <algorithm>
#include <memory>
#include <mutex>

#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "../apps/cli/command.hpp"
#include "mlsysim/ask/files.hpp"
#include "mlsysim/report/json.hpp"
#include "mlsysim/search/sweep.hpp"
#include "mlsysim/units/parse.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace mlsysim;

namespace {

/// Problems of the files in $MLSYSIM_PATH: raised by whatever asks first.
Problems user_problems;
const Catalog& catalog() {
  static const Catalog all = [] {
    Catalog made;
    add_user_folders(made, user_problems);
    return made;
  }();
  return all;
}

/// A dict from names to values.
nb::dict record(std::initializer_list<std::pair<const char*, nb::object>> items) {
  nb::dict dict;
  for (const auto& [key, value] : items) dict[key] = value;
  return dict;
}

/// The exception classes of mlsysim.errors, set when the package is imported.
nb::object input_error, data_error, lookup_error;

[[noreturn]] void raise(const Problem& problem) {
  const nb::object& type = problem.kind == Problem::Kind::data     ? data_error
                           : problem.kind == Problem::Kind::lookup ? lookup_error
                                                                   : input_error;
  const nb::object error = type(nb::str(sentence(problem).c_str()));
  error.attr("argument") = problem.argument;
  error.attr("place") = problem.place;
  error.attr("nearest") = problem.nearest;
  PyErr_SetObject(type.ptr(), error.ptr());
  throw nb::python_error();
}
void raise_first(const Problems& problems) {
  if (!problems.empty()) raise(problems.front());
}

/// A row of the catalog as Python holds it: a built-in one reads its figures under the set of assumptions in force.
struct Row {
  const Entry* entry = nullptr;
  std::shared_ptr<OwnedEntry> own;  // of a file, or of an object that Python code built

  const Entry& under(std::string_view set) const {
    if (own || set.empty()) return *entry;
    const Entry* other = catalog().find(entry->kind, entry->id, set);
    return other ? *other : *entry;
  }
  const Fields& fields() const { return entry_kind(entry->kind)->fields(); }
  std::size_t index(const std::string& path) const {
    const auto& all = fields().all;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].path == path) return i;
    throw nb::key_error(path.c_str());
  }
};

Row find_row(const std::string& kind, const std::string& name, const std::string& set) {
  catalog();
  raise_first(user_problems);
  Problems problems;
  if (is_path(name)) {
    std::vector<std::string> notes;
    auto own = open_entry(kind, name, catalog(), problems, notes);
    raise_first(problems);
    return {&own->entry, own};
  }
  const Entry* entry = catalog().find(kind, name, set);
  if (!entry) raise(catalog().missing(kind, name));
  return {entry, nullptr};
}

/// A row that Python code builds: figures by path in base units, choices by word.
Row make_row(const std::string& kind_name, const std::string& name, const nb::dict& values,
             const std::optional<Row>& like) {
  const EntryKind* kind = entry_kind(kind_name);
  if (!kind) throw nb::value_error("no such kind of entry");
  auto own = std::make_shared<OwnedEntry>();
  const Fields& fields = kind->fields();
  own->figures.assign(fields.all.size(), Figure{});
  if (like) own->figures.assign(like->entry->figures.begin(), like->entry->figures.end());
  own->entry.kind = kind->name;
  own->entry.id = own->entry.name = own->keep(name);
  own->entry.file = "Python";
  for (std::size_t i = 0; i < fields.all.size(); ++i)
    if (fields.all[i].is_choice() && !like) own->figures[i].value = fields.all[i].preset;
  for (const auto& [key, value] : values) {
    const std::string path = nb::cast<std::string>(key);
    std::size_t i = 0;
    while (i < fields.all.size() && fields.all[i].path != path) ++i;
    if (i == fields.all.size())
      raise({.argument = path, .message = fmt::format("{} is not a field of {}", path, kind->name)});
    const Field& field = fields.all[i];
    Figure figure;
    figure.kind = Kind::given;
    if (value.is_none()) {
      own->figures[i] = Figure{};
      continue;
    }
    if (field.is_choice()) {
      const std::string word = nb::cast<std::string>(value);
      std::size_t w = 0;
      while (w < field.words.size() && word != field.words[w]) ++w;
      if (w == field.words.size())
        raise({.argument = path,
               .message = fmt::format("{}: \"{}\" is not one of {}", path, word, fmt::join(field.words, ", "))});
      figure.value = static_cast<double>(w);
    } else {
      figure.value = nb::cast<double>(value);
      const double shown_value = figure.value * field.over / field.times;
      const bool inside = shown_value >= field.range.low && shown_value <= field.range.high &&
                          !(field.range.above_low && shown_value == field.range.low);
      if (!inside || !std::isfinite(shown_value) || (field.range.whole && shown_value != std::floor(shown_value)))
        raise({.argument = path,
               .message = fmt::format("{} = {:g} is out of range: {}", path, shown_value, range_text(field))});
    }
    own->figures[i] = figure;
  }
  own->entry.figures = own->figures;
  return {&own->entry, own};
}

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

Result solve(const std::string& wall, const nb::dict& arguments, const std::string& assumptions,
             const nb::object& quantity) {
  Result result;
  result.question = ask(wall, arguments, assumptions, quantity, result.rows);
  if (!result.question->check()) raise(result.question->problems().front());
  result.values = result.question->answer(result.candidates);
  return result;
}

nb::list describe_fields(const Fields& fields) {
  nb::list list;
  for (const auto& f : fields.all) {
    nb::dict d;
    d["path"] = f.path;
    d["also"] = f.also;
    d["doc"] = f.doc;
    d["unit"] = f.unit;
    d["dimension"] = dimension_name(f.dim);
    d["range"] = range_text(f);
    d["kind"] = f.is_body() ? "body" : f.flag ? "flag" : f.is_choice() ? "choice" : "figure";
    d["whole"] = f.range.whole;
    nb::list words;
    for (const char* word : f.words) words.append(word);
    d["words"] = words;
    if (f.flag) d["preset"] = f.preset != 0;
    else if (f.is_choice()) d["preset"] = f.words[static_cast<std::size_t>(f.preset)];
    else if (f.is_figure() && f.preset == f.preset && f.range.whole)
      d["preset"] = static_cast<long long>(f.preset * f.over / f.times);
    else if (f.is_figure() && f.preset == f.preset) d["preset"] = f.preset * f.over / f.times;
    else d["preset"] = nb::none();
    list.append(d);
  }
  return list;
}

/// Columns of every combination of the axes, in base units; of combinations without an answer, NaN and why.
nb::dict sweep(const std::string& wall, const nb::dict& arguments, const std::vector<std::string>& axes,
               const std::vector<std::string>& results, const std::string& assumptions, const nb::object& quantity) {
  std::vector<Row> rows;
  auto base = ask(wall, arguments, assumptions, quantity, rows);
  base->settle();
  raise_first(base->problems());
  Problems problems;
  std::vector<Axis> parsed;
  for (const auto& text : axes)
    if (auto axis = parse_axis(*base, text, problems)) parsed.push_back(std::move(*axis));
  raise_first(problems);
  // What no axis gives must be there before the first row.
  Question first = *base;
  for (const auto& axis : parsed) {
    if (axis.entity) first.bind(*axis.entity, *axis.entries[0]);
    else first.give(static_cast<std::size_t>(axis.input), axis.values[0]);
  }
  if (!first.check())
    for (const auto& problem : first.problems())
      if (problem.message.ends_with("lists all)")) raise(problem);
  const std::vector<std::string> ignored = first.ignored();
  const Sweep plan(*base, std::move(parsed), results, problems);
  raise_first(problems);
  // Memory of NumPy's own: it asks the system for large pages and is not written twice.
  const nb::object empty = nb::module_::import_("numpy").attr("empty");
  nb::dict out;
  std::vector<double*> columns;
  for (const std::size_t result : plan.results()) {
    const nb::object column = empty(plan.rows());
    out[plan.table().out.all[result].path.c_str()] = column;
    columns.push_back(nb::cast<nb::ndarray<nb::numpy, double, nb::ndim<1>>>(column).data());
  }
  nb::list refused;
  plan.run([&](const Block& block) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      double* const to = columns[c] + block.first;
      if (block.refused) std::fill_n(to, block.count, std::numeric_limits<double>::quiet_NaN());
      else std::copy_n((*block.columns)[c].data(), block.count, to);
    }
    if (block.refused) refused.append(nb::make_tuple(block.first, block.count, *block.refused));
  });
  return record({{"columns", nb::cast(out)},
                 {"rows", nb::cast(plan.rows())},
                 {"refused", nb::cast(refused)},
                 {"ignored", nb::cast(ignored)}});
}

}  // namespace

NB_MODULE(_core, m) {
  m.doc() = "The core of mlsysim: catalog rows, questions and answers.";

  m.def(
      "set_errors",
      [](nb::object input, nb::object data, nb::object lookup) {
        input_error = std::move(input), data_error = std::move(data), lookup_error = std::move(lookup);
      },
      "The exception classes that wrong questions, unreadable files and unknown names raise.");
  nb::module_::import_("atexit").attr("register")(
      nb::cpp_function([] { input_error.reset(), data_error.reset(), lookup_error.reset(); }));

  nb::class_<Row>(m, "Row", "A row of the catalog.")
      .def_prop_ro("id", [](const Row& r) { return std::string(r.entry->id); })
      .def_prop_ro("name", [](const Row& r) { return std::string(r.entry->name); })
      .def_prop_ro("kind", [](const Row& r) { return std::string(r.entry->kind); })
      .def_prop_ro("registry", [](const Row& r) { return std::string(r.entry->registry); })
      .def_prop_ro("own", [](const Row& r) { return r.own != nullptr; })
      .def_prop_ro("aliases",
                   [](const Row& r) {
                     std::vector<std::string> all;
                     for (const auto alias : r.entry->aliases) all.emplace_back(alias);
                     return all;
                   })
      .def(
          "under",
          [](const Row& r, const std::string& set) {
            return Row{&r.under(set), r.own};
          },
          "The row under a set of assumptions.")
      .def(
          "cell",
          [](const Row& r, const std::string& path, const std::string& set) -> nb::object {
            const std::size_t i = r.index(path);
            const Field& field = r.fields().all[i];
            const double v = r.under(set).figures[i].value;
            if (field.is_choice()) return nb::str(field.words[static_cast<std::size_t>(v)]);
            if (v != v) return nb::none();
            return nb::float_(v);
          },
          "path"_a, "set"_a = "", "A figure in base units, a choice as its word, None where nothing is stated.")
      .def(
          "figure",
          [](const Row& r, const std::string& path, const std::string& set) {
            const Figure& f = r.under(set).figures[r.index(path)];
            const Source* source = Catalog::source(f.source);
            const std::string title(source ? source->title : f.source), url(source ? source->url : "");
            return record({{"value", nb::cast(f.value)},
                           {"kind", nb::cast(word(f.kind))},
                           {"source", nb::cast(title)},
                           {"url", nb::cast(url)},
                           {"where", nb::cast(std::string(f.where))},
                           {"read", nb::cast(std::string(f.read))},
                           {"note", nb::cast(std::string(f.note))},
                           {"low", nb::cast(f.low)},
                           {"high", nb::cast(f.high)}});
          },
          "path"_a, "set"_a = "", "A figure with where it comes from.")
      .def(
          "to_json", [](const Row& r, const std::string& set) { return entry_json(r.under(set)).dump(); }, "set"_a = "")
      .def("__eq__",
           [](const Row& a, const nb::object& other) {
             if (!nb::isinstance<Row>(other)) return false;
             const Row& b = nb::cast<const Row&>(other);
             if (a.entry == b.entry) return true;
             if (a.entry->kind != b.entry->kind || a.entry->name != b.entry->name) return false;
             for (std::size_t i = 0; i < a.entry->figures.size(); ++i) {
               const double x = a.entry->figures[i].value, y = b.entry->figures[i].value;
               if (!(x == y || (x != x && y != y))) return false;
             }
             return true;
           })
      .def("__hash__", [](const Row& r) { return std::hash<std::string_view>{}(r.entry->name); });

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
      .def("notes", [](const Result& r) { return notes(*r.question, r.values); })
      .def("ignored", [](const Result& r) { return r.question->ignored(); })
      .def("to_json", [](const Result& r) { return answer_json(*r.question, r.values, &r.candidates).dump(); })
      .def("__eq__", [](const Result& a, const nb::object& other) {
        return nb::isinstance<Result>(other) && nb::cast<const Result&>(other).values == a.values &&
               &nb::cast<const Result&>(other).question->table() == &a.question->table();
      });

  m.def("find", &find_row, "kind"_a, "name"_a, "set"_a = "", "The entry of that kind with that name, or of that file.");
  m.def("make", &make_row, "kind"_a, "name"_a, "values"_a, "like"_a = nb::none(), "A row that Python code builds.");
  m.def(
      "rows",
      [](const std::string& kind) {
        std::vector<Row> all;
        for (const Entry* entry : catalog().all(kind)) all.push_back({entry, nullptr});
        return all;
      },
      "kind"_a, "Every entry of a kind.");
  m.def("kinds", [] {
    std::vector<std::string> all;
    for (const auto& kind : entry_kinds()) all.emplace_back(kind.name);
    return all;
  });
  m.def(
      "entry_fields", [](const std::string& kind) { return describe_fields(entry_kind(kind)->fields()); }, "kind"_a);
  m.def(
      "walls",
      [] {
        nb::list list;
        for (const Wall* wall : walls()) {
          const Table* t = table(wall->name);
          nb::list entities;
          for (const auto& e : t->in.entities)
            entities.append(record({{"name", nb::cast(e.prefix.substr(0, e.prefix.size() - 1))},
                                    {"kind", nb::cast(e.kind)},
                                    {"doc", nb::cast(e.doc)},
                                    {"preset", nb::cast(e.preset)},
                                    {"also", nb::cast(e.also)},
                                    {"position", nb::cast(e.first)}}));
          nb::list in, all = describe_fields(t->in);
          for (std::size_t i = 0; i < t->in.all.size(); ++i)
            if (!t->holder(i)) {
              all[i]["position"] = i;
              in.append(all[i]);
            }
          std::vector<int> numbers(wall->numbers.begin(), wall->numbers.end());
          list.append(record({{"name", nb::cast(wall->name)},
                              {"python", nb::cast(wall->python)},
                              {"numbers", nb::cast(numbers)},
                              {"doc", nb::cast(wall->doc)},
                              {"signature", nb::cast(wall->signature)},
                              {"entities", entities},
                              {"inputs", in},
                              {"outputs", describe_fields(t->out)}}));
        }
        return list;
      },
      "Every wall with its arguments and results.");
  m.def("solve", &solve, "wall"_a, "arguments"_a, "assumptions"_a, "quantity"_a, "Answers one question.");
  m.def("sweep", &sweep, "wall"_a, "arguments"_a, "axes"_a, "results"_a, "assumptions"_a, "quantity"_a,
        "Columns over every combination of axes.");
  m.def(
      "parse",
      [](const std::string& text) -> nb::object {
        const auto parsed = parse_quantity(text);
        if (!parsed) return nb::none();
        return nb::make_tuple(parsed->value, parsed->has_unit ? dimension_name(parsed->dim) : "number");
      },
      "text"_a, "A quantity in base units and its dimension, or None.");
  m.def(
      "main",
      [](const std::vector<std::string>& words) {
        std::vector<const char*> argv;
        for (const auto& word : words) argv.push_back(word.c_str());
        return cli::run(static_cast<int>(argv.size()), argv.data());
      },
      "words"_a, "The command line; returns its exit code.");
}
