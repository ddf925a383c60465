#include "mlsysim/ask/question.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "mlsysim/ask/files.hpp"
#include "mlsysim/ask/fleet_of.hpp"
#include "mlsysim/catalog/precision.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

struct Finder final : EntryFinder {
  Finder(const Catalog& in, std::string_view of) : catalog(in), set(of) {}
  const Entry* find(std::string_view kind, std::string_view name) const override {
    return catalog.find(kind, name, set);
  }
  Problem missing(std::string_view kind, std::string_view name) const override { return catalog.missing(kind, name); }
  const Catalog& catalog;
  std::string_view set;
};

}  // namespace

std::string shown(const Question& question, std::size_t output, double base, const Candidates* found) {
  const Field& field = question.table().out.all[output];
  if (!field.is_name()) return shown(field, base);
  const Entry* entry = question.bound(field.names);
  if (entry) return std::string(entry->name);
  return found && !found->labels.empty() ? found->labels.front() : "";  // the best of what a search found
}

Question::Question(const Table& table, const Catalog& catalog, std::string_view assumptions)
    : table_(&table),
      catalog_(&catalog),
      row_(table.in.all.size()),
      given_(table.in.all.size(), 0),
      entries_(table.in.entities.size(), nullptr),
      bodies_(static_cast<std::size_t>(table.bodies), nullptr) {
  for (std::size_t i = 0; i < row_.size(); ++i) row_[i] = table.in.all[i].preset;
  const auto is_set = [](const EntityRange& entity) { return entity.kind == "assumptions"; };
  for (const bool sets : {true, false})  // the set first: other names are found under it
    for (const auto& entity : table.in.entities) {
      if (is_set(entity) != sets || entity.preset.empty() || entity.preset == optional) continue;
      const bool named = sets && !assumptions.empty();
      const std::string_view name = named ? assumptions : std::string_view(entity.preset);
      if (const Entry* entry = catalog.find(entity.kind, name, set_)) {
        if (named && entry->id != entity.preset) set_ = entry->id;
        bind(entity, *entry);
      } else {
        problems_.push_back(catalog.missing(entity.kind, name));
      }
    }
}

void Question::bind(const EntityRange& entity, const Entry& entry) {
  std::size_t cell = entity.first;
  for (const Figure& figure : entry.figures) {
    if (!given_[cell]) row_[cell] = figure.value;  // a figure that was given stays, whatever it is bound to
    ++cell;
  }
  entries_[static_cast<std::size_t>(&entity - table_->in.entities.data())] = &entry;
}

void Question::bind(const EntityRange& entity, std::shared_ptr<const OwnedEntry> entry) {
  bind(entity, entry->entry);
  // Weights that a file stores in fewer than 16 bits are taken as stored; 16-bit formats cost the same.
  if (const int precision = table_->input("precision");
      precision >= 0 && !entry->precision.empty() && !given_[static_cast<std::size_t>(precision)]) {
    const auto words = table_->in.all[static_cast<std::size_t>(precision)].words;
    for (std::size_t w = 0; w < words.size(); ++w)
      if (entry->precision == words[w] && stored_bits(static_cast<Precision>(w)) < 16) {
        row_[static_cast<std::size_t>(precision)] = static_cast<double>(w);
        notes_.push_back(fmt::format("precision {}: the file stores its weights so", entry->precision));
      }
  }
  files_.push_back(std::move(entry));
}

void Question::bind(std::size_t input, std::shared_ptr<const Body> body) {
  bodies_[static_cast<std::size_t>(table_->body_slot[input])] = body.get();
  held_.push_back(std::move(body));
  given_[input] = 1;
}

void Question::give(std::size_t input, double base) {
  row_[input] = base;
  given_[input] = 1;
}

void Question::give(std::string_view argument, std::string_view text) {
  waiting_.push_back({std::string(argument), std::string(text)});
}

void Question::set_figure(std::size_t input, std::string_view text) {
  const Field& field = table_->in.all[input];
  const auto wrong = [&](std::string message, std::string nearest = {}) {
    problems_.push_back({.kind = Problem::Kind::input,
                         .argument = field.path,
                         .message = fmt::format("{}: {}", field.path, message),
                         .nearest = std::move(nearest)});
  };
  if (field.is_body()) {
    Problems reading;
    if (auto body = field.reader(text, Finder(*catalog_, set_), reading)) bind(input, std::move(body));
    for (auto& problem : reading) {
      problem.argument = field.path + (problem.argument.empty() ? "" : "." + problem.argument);
      problems_.push_back(std::move(problem));
    }
    return;
  }
  if (field.is_choice()) {
    for (std::size_t word = 0; word < field.words.size(); ++word)
      if (folded(field.words[word]) == folded(text)) return give(input, static_cast<double>(word));
    return wrong(fmt::format("\"{}\" is not one of {}", quotable(text), fmt::join(field.words, ", ")),
                 nearest(text, field.words));
  }
  const auto parsed = parse_quantity(text);
  if (parsed && !parsed->has_unit)
    return give(input, in_base(parsed->value, field.times, field.over));  // a bare number is in the field's unit
  if (parsed && parsed->dim == field.dim && field.dim != dimensionless) return give(input, parsed->value);
  wrong(why_not(text, field.dim, field.unit));
}

void Question::settle() {
  std::vector<Given> figures;
  // An entity before what stands inside it, whose row would else be written over.
  std::ranges::stable_sort(waiting_, {}, [](const Given& given) { return std::ranges::count(given.argument, '.'); });
  for (auto& given : waiting_) {
    if (const EntityRange* entity = table_->entity(given.argument)) {
      const auto devices = entity->kind == "fleet" ? devices_of(given.text) : std::nullopt;
      if (devices) {
        if (auto fleet = fleet_of(*devices, set_, *catalog_, problems_, notes_)) bind(*entity, std::move(fleet));
      } else if (is_path(given.text)) {
        if (auto file = open_entry(entity->kind, given.text, *catalog_, problems_, notes_))
          bind(*entity, std::move(file));
      } else if (const Entry* entry = catalog_->find(entity->kind, given.text, set_)) bind(*entity, *entry);
      else problems_.push_back(catalog_->missing(entity->kind, given.text));
    } else {
      figures.push_back(std::move(given));
    }
  }
  waiting_.clear();
  for (const auto& given : figures) {
    if (const int input = table_->input(given.argument); input >= 0) {
      set_figure(static_cast<std::size_t>(input), given.text);
      continue;
    }
    std::vector<std::string> valid;
    for (const auto& field : table_->in.all) {
      valid.push_back(field.path);
      if (!field.also.empty()) valid.push_back(field.also);
    }
    for (const auto& entity : table_->in.entities) valid.push_back(entity.prefix.substr(0, entity.prefix.size() - 1));
    problems_.push_back(
        {.kind = Problem::Kind::input,
         .argument = given.argument,
         .message = fmt::format("{} is not an argument of {}", quotable(given.argument), table_->wall->name),
         .nearest = nearest(given.argument, valid)});
  }
}

bool Question::check() {
  settle();
  for (std::size_t e = 0; e < entries_.size(); ++e) {
    const EntityRange& entity = table_->in.entities[e];
    if (entries_[e] || !entity.preset.empty()) continue;
    // An entity inside another (a node's accelerator) has its row from the one around it.
    const bool inside = std::ranges::any_of(table_->in.entities, [&](const EntityRange& other) {
      return &other != &entity && entity.prefix.starts_with(other.prefix);
    });
    const bool said = std::ranges::any_of(problems_, [&](const Problem& p) { return p.kind != Problem::Kind::input; });
    if (!inside && !said)
      problems_.push_back({.kind = Problem::Kind::input,
                           .argument = entity.prefix.substr(0, entity.prefix.size() - 1),
                           .message = fmt::format("{} is missing: name {} {} (mlsysim zoo {}s lists all)",
                                                  entity.prefix.substr(0, entity.prefix.size() - 1),
                                                  entity.kind[0] == 'a' ? "an" : "a", entity.kind, entity.kind)});
  }
  for (std::size_t i = 0; i < row_.size(); ++i)
    if (const std::string& path = table_->in.all[i].path;
        table_->body_slot[i] >= 0 && !bodies_[static_cast<std::size_t>(table_->body_slot[i])] &&
        std::ranges::none_of(problems_,
                             [&](const Problem& p) { return p.argument.starts_with(path); }))  // given, and unreadable
      problems_.push_back({.kind = Problem::Kind::input,
                           .argument = table_->in.all[i].path,
                           .message = fmt::format("{} is missing: {}", table_->in.all[i].path, table_->in.all[i].doc)});
  if (!problems_.empty()) return false;
  for (std::size_t i = 0; i < row_.size(); ++i) check_range(i);
  if (problems_.empty() && table_->wall->refuse) table_->wall->refuse(row_.data(), bodies_.data(), problems_);
  if (!problems_.empty()) return false;
  const auto& used = reached();
  for (std::size_t i = 0; i < row_.size(); ++i)
    if (used[i] && row_[i] != row_[i]) check_stated(i);
  return problems_.empty();
}

void Question::check_range(std::size_t i) {
  const double v = row_[i];
  const Field& field = table_->in.all[i];
  if (field.is_choice()) return;
  const bool inside = v >= table_->low[i] && v <= table_->high[i] && !(field.range.above_low && v == table_->low[i]);
  const bool whole = !field.range.whole || v == std::floor(v);
  if ((inside && whole && std::isfinite(v)) || (std::isnan(v) && !given_[i])) return;
  const std::string value = std::isnan(v)        ? "nan"
                            : field.unit.empty() ? fmt::format("{:g}", v)
                                                 : print_in(v, field.times, field.over, field.unit);
  problems_.push_back({.kind = Problem::Kind::input,
                       .argument = field.path,
                       .message = fmt::format("{} = {} is out of range: {}", field.path, value, range_text(field))});
}

void Question::check_stated(std::size_t i) {
  const Field& field = table_->in.all[i];
  const EntityRange* holder = table_->holder(i);
  if (!holder) {
    problems_.push_back({.kind = Problem::Kind::input,
                         .argument = field.path,
                         .message = fmt::format("{} is missing: {}", field.path, range_text(field))});
    return;
  }
  const Entry* entry = entries_[static_cast<std::size_t>(holder - table_->in.entities.data())];
  // What the entry does state of the same group is the nearest valid thing: the rates of a chip that has no fp16.
  const std::string group = field.path.substr(0, field.path.rfind('.') + 1);
  std::string stated;
  if (group != holder->prefix)
    for (std::size_t other = holder->first; other < holder->first + holder->count; ++other)
      if (table_->in.all[other].path.starts_with(group) && row_[other] == row_[other])
        stated += (stated.empty() ? "" : ", ") + table_->in.all[other].path.substr(group.size());
  // Of a rate: the format asked for, since the cell that is missing is that of the widest format tried.
  const int precision = table_->input("precision");
  if (group.ends_with("compute.") && precision >= 0 && !stated.empty()) {
    const auto cell = static_cast<std::size_t>(precision);
    const std::string nearest = stated.substr(0, stated.find("_dense"));
    problems_.push_back(
        {.kind = Problem::Kind::input,
         .argument = "precision",
         .message =
             fmt::format("{} has no unit for {} or a wider format; it states {}", entry ? entry->name : holder->kind,
                         table_->in.all[cell].words[static_cast<std::size_t>(row_[cell])], stated),
         .nearest = "precision " + nearest});
    return;
  }
  std::string message = fmt::format("{} states no {} ({})", entry ? entry->name : holder->kind,
                                    field.path.substr(holder->prefix.size()), field.doc);
  if (!stated.empty()) message += fmt::format("; it states {}", stated);
  message += fmt::format("; give one with --set {}=…{}", field.path, field.unit.empty() ? "" : " " + field.unit);
  problems_.push_back({.kind = Problem::Kind::input, .argument = field.path, .message = std::move(message)});
}

std::vector<std::string> Question::ignored() const {
  std::vector<std::string> result;
  const auto& used = reached();
  for (std::size_t i = 0; i < row_.size(); ++i)
    if (given_[i] && !used[i] && table_->in.all[i].is_figure()) result.push_back(table_->in.all[i].path);
  if (!table_->wall->trace) return result;  // a search looks at everything
  // A choice is read before anything is traced: it counts where another word is refused or answers otherwise.
  for (std::size_t i = 0; i < row_.size(); ++i) {
    const Field& field = table_->in.all[i];
    if (!given_[i] || !field.is_choice() || row_[i] == field.preset) continue;
    const auto mine = answer();
    bool counts = false;
    for (std::size_t word = 0; word < field.words.size() && !counts; ++word) {
      Question other = *this;
      other.row_[i] = static_cast<double>(word);
      counts = !other.check() || other.answer() != mine;
    }
    if (!counts) result.push_back(field.path);
  }
  return result;
}

const std::vector<char>& Question::reached() const {
  // What is reached depends on the choices and on which figures are stated, not on values: traced once for each such pattern.
  struct Known {
    const Table* table;
    std::vector<double> pattern;
    std::vector<const Body*> bodies;
    std::vector<std::shared_ptr<const Body>> held;  // alive, so that no other body takes the address of one
    std::vector<char> used;
  };
  thread_local std::deque<Known> cache;
  const auto pattern_of = [&](std::size_t i) {
    return table_->in.all[i].is_choice() ? row_[i] : row_[i] == row_[i] ? 1.0 : 0.0;
  };
  for (const auto& known : cache) {
    if (known.table != table_ || known.bodies != bodies_) continue;
    bool same = true;
    for (std::size_t i = 0; same && i < row_.size(); ++i) same = known.pattern[i] == pattern_of(i);
    if (same) return known.used;
  }
  if (cache.size() > 256) cache.clear();
  Known& known = cache.emplace_back();
  known.table = table_;
  known.bodies = bodies_;
  known.held = held_;
  for (std::size_t i = 0; i < row_.size(); ++i) known.pattern.push_back(pattern_of(i));
  if (!table_->wall->trace) {  // a search looks at everything that is stated
    for (const double cell : row_) known.used.push_back(is_stated(cell));
    return known.used;
  }

  Tape local;
  Tape* const outer = std::exchange(tape, &local);
  std::vector<Traced> in(row_.size()), out(table_->out.all.size());
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = Traced(Operation::figure, row_[i]);
  table_->wall->trace(in.data(), bodies_.data(), out.data());
  std::vector<char> seen(local.size(), 0);
  std::vector<int> todo;
  for (const Traced& t : out) todo.push_back(t.id);
  while (!todo.empty()) {
    const int id = todo.back();
    todo.pop_back();
    if (id < 0 || seen[static_cast<std::size_t>(id)]) continue;
    seen[static_cast<std::size_t>(id)] = 1;
    for (const int child : local[static_cast<std::size_t>(id)].children) todo.push_back(child);
  }
  seen.resize(row_.size());
  known.used = std::move(seen);
  tape = outer;
  return known.used;
}

std::vector<double> Question::answer(Candidates& candidates) const {
  std::vector<double> out(table_->out.all.size());
  if (table_->wall->search) table_->wall->search(row_.data(), bodies_.data(), out.data(), candidates);
  else answer(out.data());
  return out;
}

std::vector<double> Question::answer() const {
  std::vector<double> out(table_->out.all.size());
  answer(out.data());
  return out;
}

Origin Question::origin(std::size_t input) const {
  if (given_[input]) return {Kind::given, nullptr, nullptr};
  // The innermost bound entity that holds the cell owns its figure: it was bound after those around it.
  std::size_t owner = entries_.size();
  for (std::size_t e = 0; e < entries_.size(); ++e) {
    const EntityRange& entity = table_->in.entities[e];
    if (!entries_[e] || input < entity.first || input >= entity.first + entity.count) continue;
    if (owner == entries_.size() || entity.count < table_->in.entities[owner].count) owner = e;
  }
  if (owner == entries_.size()) return {Kind::preset, nullptr, nullptr};
  const Figure& figure = entries_[owner]->figures[input - table_->in.entities[owner].first];
  return {figure.kind, entries_[owner], &figure};
}

const Entry* Question::bound(std::string_view name) const {
  const EntityRange* entity = table_->entity(name);
  return entity ? entries_[static_cast<std::size_t>(entity - table_->in.entities.data())] : nullptr;
}

}  // namespace mlsysim
