// The extension module. It knows no wall: classes, signatures and stubs come from the table.
#include "bindings.hpp"

#include <memory>

#include <nanobind/stl/tuple.h>

#include "../apps/cli/command.hpp"
#include "mlsysim/units/parse.hpp"

using namespace nanobind::literals;
using namespace mlsysim;

namespace bindings {

namespace {
Problems problems_of_users;
}
const Catalog& catalog() {
  static const Catalog all = [] {
    Catalog made;
    add_user_folders(made, problems_of_users);
    return made;
  }();
  return all;
}
const Problems& user_problems() {
  catalog();
  return problems_of_users;
}

nb::object input_error, data_error, lookup_error;

[[noreturn]] void raise(const Problem& problem) {
  if (!input_error.is_valid()) nb::module_::import_("mlsysim.assumptions");  // sets them; nothing else was used before
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

}  // namespace bindings

using namespace bindings;

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
  bind_rows(m);
  bind_answers(m);
  bind_sweeps(m);
  bind_formulas(m);
  bind_evidence(m);

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
