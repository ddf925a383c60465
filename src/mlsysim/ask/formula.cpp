#include "mlsysim/ask/formula.hpp"

#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

std::string range_text(const Parameter& p, Dim dim) {
  const auto number = [&](double x) { return dim == dimensionless ? fmt::format("{:g}", x) : print_quantity(x, dim); };
  if (std::isfinite(p.range.low) && std::isfinite(p.range.high))
    return fmt::format("from {} to {}", number(p.range.low), number(p.range.high));
  if (std::isfinite(p.range.low))
    return fmt::format("{} {}", p.range.above_low ? "above" : "at least", number(p.range.low));
  return "a number";
}

}  // namespace

int Formula::parameter(std::string_view wanted) const {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (folded(parameters[i].name) == folded(wanted)) return static_cast<int>(i);
  return -1;
}

const Formula* formula(std::string_view name) {
  const std::string key = folded(name);
  if (key.empty()) return nullptr;
  const Formula* begins = nullptr;
  int beginning = 0;
  for (const Formula& one : formulas()) {
    const std::string called = folded(one.name);
    if (called == key) return &one;
    if (called.starts_with(key)) ++beginning, begins = &one;
  }
  return beginning == 1 ? begins : nullptr;
}

Problem no_formula(std::string_view name) {
  std::string several;
  const std::string key = folded(name);
  for (const Formula& one : formulas())
    if (!key.empty() && folded(one.name).starts_with(key))
      several += (several.empty() ? "" : ", ") + std::string(one.name);
  Problem problem{.kind = Problem::Kind::lookup, .argument = "formula"};
  problem.message = several.empty()
                        ? fmt::format("no formula is called \"{}\" (mlsysim formula lists all)", quotable(name))
                        : fmt::format("\"{}\" begins several names: {}", quotable(name), several);
  if (several.empty()) problem.nearest = nearest(name, formulas(), &Formula::name);
  return problem;
}

std::optional<double> read_argument(const Formula& formula, std::size_t parameter, std::string_view text,
                                    Problems& problems) {
  const Parameter& p = formula.parameters[parameter];
  if (formula.slots[parameter] == Slot::flag) {
    if (text == "true") return 1;
    if (text == "false") return 0;
    problems.push_back(
        {.argument = p.name, .message = fmt::format("{}: \"{}\" is neither true nor false", p.name, quotable(text))});
    return std::nullopt;
  }
  const Dim dim = formula.dims[parameter];
  const auto parsed = parse_quantity(text);
  if (parsed && (!parsed->has_unit || (parsed->dim == dim && dim != dimensionless))) return parsed->value;
  problems.push_back({.argument = p.name, .message = fmt::format("{}: {}", p.name, why_not(text, dim, p.unit))});
  return std::nullopt;
}

Problems check_arguments(const Formula& formula, std::span<const double> cells) {
  Problems problems;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Parameter& p = formula.parameters[i];
    const Range& range = p.range;
    const double x = cells[i];
    const bool whole = formula.slots[i] != Slot::figure;
    const bool inside = x >= range.low && x <= range.high && !(range.above_low && x == range.low);
    if (inside && !(whole && (x != std::floor(x) || std::abs(x) > 1e6))) continue;
    const Dim dim = formula.dims[i];
    problems.push_back({.argument = p.name,
                        .message = fmt::format("{} = {} is out of range: {}{}", p.name,
                                               dim == dimensionless ? fmt::format("{:g}", x) : print_quantity(x, dim),
                                               whole ? "a whole number, " : "", range_text(p, dim))});
  }
  return problems;
}

std::optional<Problem> check_value(const Formula& formula, double value) {
  if (!std::isnan(value)) return std::nullopt;
  return Problem{
      .argument = formula.name,
      .message = fmt::format("{} has no value for these arguments; it is valid for: {}", formula.name, formula.valid)};
}

}  // namespace mlsysim
