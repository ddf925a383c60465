#include "mlsysim/mlsysim.hpp"

#include <algorithm>

#include "mlsysim/ask/files.hpp"

namespace mlsysim::detail {
namespace {

[[noreturn]] void raise(const Problem& problem) {
  switch (problem.kind) {
    case Problem::Kind::data:
      throw DataError(problem);
    case Problem::Kind::lookup:
      throw LookupError(problem);
    case Problem::Kind::input:
      break;
  }
  throw InputError(problem);
}

/// The catalog with the folders of $MLSYSIM_PATH.
const Catalog& catalog() {
  struct Opened {
    Catalog catalog;
    Problems problems;
    Opened() { add_user_folders(catalog, problems); }
  };
  static const Opened opened;
  if (!opened.problems.empty()) raise(opened.problems.front());
  return opened.catalog;
}

/// Its id. A set that does not exist would be the catalog's own figures in silence.
std::string_view set_named(std::string_view name) {
  if (name.empty()) return {};
  const Entry* set = catalog().find("assumptions", name);
  if (!set) raise(catalog().missing("assumptions", name));
  return set->id;
}

bool same(const Figure& figure, double cell) {
  return figure.value == cell || (!is_stated(figure.value) && !is_stated(cell));
}

/// The entry of the catalog that holds exactly these figures, so that a derivation can name their sources.
const Entry* holding(std::string_view kind, std::span<const double> cells) {
  const auto holds = [&](const Entry& entry) {
    return entry.kind == kind && std::ranges::equal(entry.figures, cells, same);
  };
  for (const Entry* entry : catalog().all(kind))
    if (holds(*entry)) return entry;
  for (const Entry& entry : built_in_entries())
    if (holds(entry)) return &entry;
  return nullptr;
}

std::shared_ptr<OwnedEntry> own_entry(std::string_view kind, std::string_view name, std::span<const double> cells) {
  auto own = std::make_shared<OwnedEntry>();
  own->entry.kind = kind;
  own->entry.id = own->entry.name = own->keep(std::string(name));
  for (const double cell : cells)
    own->figures.push_back({.value = cell, .kind = is_stated(cell) ? Kind::given : Kind::not_stated});
  own->entry.figures = own->figures;
  return own;
}

}  // namespace

std::vector<double> row(std::string_view kind, std::string_view name_or_path, std::string_view set) {
  std::shared_ptr<OwnedEntry> file;
  const Entry* entry = nullptr;
  if (is_path(name_or_path)) {
    Problems problems;
    std::vector<std::string> notes;
    file = open_entry(kind, std::string(name_or_path), catalog(), problems, notes);
    if (!file) raise(problems.front());
    entry = &file->entry;
  } else {
    entry = catalog().find(kind, name_or_path, set_named(set));
    if (!entry) raise(catalog().missing(kind, name_or_path));
  }
  std::vector<double> cells;
  for (const Figure& figure : entry->figures) cells.push_back(figure.value);
  return cells;
}

const Table& built_in_table(Fields (*inputs)()) {
  for (const Wall* wall : walls())
    if (wall->inputs == inputs) return *table(wall->name);
  raise({.argument = "query", .message = "no wall of the library asks this query; name your own: solve<Wall>(query)"});
}

std::shared_ptr<const Body> body(BodyReader reader, std::string_view text, std::string_view set) {
  struct Finder final : EntryFinder {
    explicit Finder(std::string_view of) : set(of) {}
    const Entry* find(std::string_view kind, std::string_view name) const override {
      return catalog().find(kind, name, set);
    }
    Problem missing(std::string_view kind, std::string_view name) const override {
      return catalog().missing(kind, name);
    }
    std::string_view set;
  };
  Problems problems;
  auto read = reader(text, Finder(set_named(set)), problems);
  if (!read) raise(problems.front());
  return read;
}

Question checked(const Table& table, const std::vector<double>& cells, const std::vector<const Body*>& bodies) {
  Question question(table, catalog());
  std::vector<char> bound(cells.size(), 0);
  for (const EntityRange& entity : table.in.entities) {
    if (entity.count == 0 || bound[entity.first]) continue;  // inside another, which has its figures
    std::fill_n(bound.begin() + static_cast<std::ptrdiff_t>(entity.first), entity.count, char{1});
    const auto figures = std::span(cells).subspan(entity.first, entity.count);
    if (std::ranges::all_of(figures, [](double cell) { return cell == 0; }))
      continue;  // untouched: the default, or missing
    const std::string_view name(entity.prefix.data(), entity.prefix.size() - 1);
    if (const Entry* entry = holding(entity.kind, figures)) question.bind(entity, *entry);
    else question.bind(entity, own_entry(entity.kind, name, figures));
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const double preset = table.in.all[i].preset;
    const bool untouched = cells[i] == preset || (!is_stated(cells[i]) && !is_stated(preset));
    if (!bound[i] && !untouched && table.body_slot[i] < 0) question.give(i, cells[i]);
  }
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (const int slot = table.body_slot[i]; slot >= 0 && bodies[static_cast<std::size_t>(slot)])
      question.bind(
          i, {std::shared_ptr<const Body>(), bodies[static_cast<std::size_t>(slot)]});  // the caller's: not owned
  if (!question.check()) raise(question.problems().front());
  return question;
}

}  // namespace mlsysim::detail
