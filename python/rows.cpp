// Rows of the catalog in Python: built in, of a file, or built by Python code.
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <nanobind/stl/optional.h>

#include "bindings.hpp"
#include "mlsysim/report/json.hpp"

using namespace nanobind::literals;
using namespace mlsysim;

namespace bindings {
namespace {

Row find_row(const std::string& kind, const std::string& name, const std::string& set) {
  raise_first(user_problems());
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

/// A figure of another row, with words of its own: that row may go first.
Figure kept(OwnedEntry& own, Figure figure) {
  for (auto* words : {&figure.source, &figure.where, &figure.read, &figure.note, &figure.inherited})
    if (!words->empty()) *words = own.keep(std::string(*words));
  return figure;
}

/// A row that Python code builds: figures by path in base units, choices by word; `parts` are rows whose figures stand under a
/// prefix ("node").
Row make_row(const std::string& kind_name, const std::string& name, const nb::dict& values,
             const std::optional<Row>& like, const nb::dict& parts) {
  const EntryKind* kind = entry_kind(kind_name);
  if (!kind) throw nb::value_error("no such kind of entry");
  auto own = std::make_shared<OwnedEntry>();
  const Fields& fields = kind->fields();
  own->figures.assign(fields.all.size(), Figure{});
  if (like)
    for (std::size_t i = 0; i < fields.all.size(); ++i) own->figures[i] = kept(*own, like->entry->figures[i]);
  own->entry.kind = kind->name;
  own->entry.id = own->entry.name = own->keep(name);
  own->entry.file = "Python";
  for (std::size_t i = 0; i < fields.all.size(); ++i)
    if (fields.all[i].is_choice() && !like) own->figures[i].value = fields.all[i].preset;
  for (const auto& [key, value] : parts) {
    const std::string prefix = nb::cast<std::string>(key) + ".";
    const Row& part = nb::cast<const Row&>(value);
    for (std::size_t i = 0; i < fields.all.size(); ++i)
      if (const std::string_view path = fields.all[i].path; path.starts_with(prefix))
        own->figures[i] = kept(*own, part.entry->figures[part.index(std::string(path.substr(prefix.size())))]);
  }
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

/// What stands under a prefix of a row, as a row of its own: the entry of the catalog that has these figures, else a nameless one.
Row part_of(const Row& row, const std::string& prefix, const std::string& kind_name, const std::string& set) {
  const EntryKind* kind = entry_kind(kind_name);
  const auto& whole = row.under(set).figures;
  const auto& fields = kind->fields().all;
  const auto figure = [&](std::size_t i) -> const Figure& { return whole[row.index(prefix + "." + fields[i].path)]; };
  const auto same = [](double a, double b) { return a == b || (a != a && b != b); };
  for (const Entry* entry : catalog().all(kind->name)) {
    const Entry* under = set.empty() ? entry : catalog().find(kind->name, entry->id, set);
    bool equal = under != nullptr;
    for (std::size_t i = 0; equal && i < fields.size(); ++i) equal = same(under->figures[i].value, figure(i).value);
    if (equal) return {entry, nullptr};
  }
  auto own = std::make_shared<OwnedEntry>();
  own->entry.kind = kind->name;
  own->entry.id = own->entry.name = own->keep(std::string(row.under(set).name) + ": " + prefix);
  own->entry.file = "Python";
  for (std::size_t i = 0; i < fields.size(); ++i) own->figures.push_back(kept(*own, figure(i)));
  own->entry.figures = own->figures;
  return {&own->entry, own};
}

}  // namespace

void bind_rows(nb::module_& m) {
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
      .def("part", &part_of, "prefix"_a, "kind"_a, "set"_a = "", "What stands under a prefix, as a row of its own.")
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

  m.def("find", &find_row, "kind"_a, "name"_a, "set"_a = "", "The entry of that kind with that name, or of that file.");
  m.def("make", &make_row, "kind"_a, "name"_a, "values"_a, "like"_a = nb::none(), "parts"_a = nb::dict(),
        "A row that Python code builds.");
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
}

}  // namespace bindings
