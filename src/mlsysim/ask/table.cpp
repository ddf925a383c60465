#include "mlsysim/ask/table.hpp"

#include <cctype>
#include <cmath>
#include <deque>

#include <fmt/format.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

/// Paths are compared as typed on a command line: "kv-cache-dtype" is kv_cache_dtype. Dots stay: they separate levels.
std::string key(std::string_view path) {
  std::string result;
  for (const char c : path)
    if (c != '-' && c != '_' && c != ' ') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

Table::Table(const Wall& of) : wall(&of), in(of.inputs()), out(of.outputs()) {
  for (std::size_t i = 0; i < in.all.size(); ++i) {
    const Field& f = in.all[i];
    inputs_[key(f.path)] = static_cast<int>(i);
    if (!f.also.empty()) inputs_[key(f.also)] = static_cast<int>(i);
    low.push_back(f.range.low * f.times / f.over);
    high.push_back(f.range.high * f.times / f.over);
    body_slot.push_back(f.is_body() ? bodies++ : -1);
  }
  for (std::size_t i = 0; i < out.all.size(); ++i) outputs_[key(out.all[i].path)] = static_cast<int>(i);
}

int Table::input(std::string_view path) const {
  const auto at = inputs_.find(key(path));
  return at == inputs_.end() ? -1 : at->second;
}
int Table::output(std::string_view path) const {
  const auto at = outputs_.find(key(path));
  return at == outputs_.end() ? -1 : at->second;
}
const EntityRange* Table::entity(std::string_view name) const {
  const std::string prefix = key(name) + ".";
  for (const auto& entity : in.entities)
    if (key(entity.prefix) == prefix || (!entity.also.empty() && key(entity.also) + "." == prefix)) return &entity;
  return nullptr;
}
const EntityRange* Table::holder(std::size_t input) const {
  const EntityRange* innermost = nullptr;
  for (const auto& entity : in.entities)
    if (input >= entity.first && input < entity.first + entity.count) innermost = &entity;
  return innermost;
}

const Table* table(std::string_view name) {
  // A deque: tables are pointed to.
  static const std::deque<Table> tables = [] {
    std::deque<Table> all;
    for (const Wall* wall : walls()) all.emplace_back(*wall);
    return all;
  }();
  for (const auto& t : tables)
    if (folded(t.wall->name) == folded(name) || folded(t.wall->python) == folded(name)) return &t;
  return nullptr;
}

Problem no_wall(std::string_view name) {
  std::vector<std::string> names;
  for (const Wall* wall : walls()) names.emplace_back(wall->name);
  return {.kind = Problem::Kind::lookup,
          .argument = "wall",
          .message = fmt::format("no wall is called \"{}\" (mlsysim walls lists all)", quotable(name)),
          .nearest = nearest(name, names)};
}

Problem no_result(const Table& table, std::string_view name) {
  return {.kind = Problem::Kind::lookup,
          .argument = std::string(name),
          .message = fmt::format("{} is not a result of {}", quotable(name), table.wall->name),
          .nearest = nearest(name, table.out.all, &Field::path)};
}

std::string range_text(const Field& field) {
  if (field.is_choice()) return fmt::format("one of {}", fmt::join(field.words, ", "));
  const std::string unit = field.unit.empty() ? "" : " " + field.unit;
  const std::string kind = field.range.whole ? "a whole number, " : "";
  const bool low = std::isfinite(field.range.low), high = std::isfinite(field.range.high);
  if (low && high) return fmt::format("{}{:g} to {:g}{}", kind, field.range.low, field.range.high, unit);
  if (low) return fmt::format("{}{} {:g}{}", kind, field.range.above_low ? "above" : "at least", field.range.low, unit);
  return field.range.whole ? "a whole number" : unit.empty() ? "a number" : "a number in" + unit;
}

std::string shown(const Field& field, double base) {
  if (field.carries_unit() && std::isfinite(base)) return print_in(base, field.times, field.over, field.unit);
  if (field.is_choice()) return field.words[static_cast<std::size_t>(base)];
  return field.dim == dimensionless ? print_number(base) : print_quantity(base, field.dim);
}

}  // namespace mlsysim
