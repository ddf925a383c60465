#include "mlsysim/ask/assertions.hpp"

#include <cmath>

#include <fmt/format.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

/// The original's names of results that are called otherwise here.
constexpr std::pair<std::string_view, std::string_view> renamed[] = {
    {"performance.step_latency", "performance.latency"},
    {"feasibility.memory_used_gb", "feasibility.memory_used"},
};

int find(const Table& table, const std::string& metric) {
  for (const auto& [original, ours] : renamed)
    if (folded(metric) == folded(original))
      if (const int found = table.output(ours); found >= 0) return found;
  return table.output(metric);
}

std::string in_unit(const Field& field, double base) {
  return field.dim == dimensionless ? print_number(base) : print_in(base, field.times, field.over, field.unit);
}

/// A limit: a bare number in the result's unit, or text with a unit of that kind.
std::optional<double> limit(Document& document, const Field& field, const std::string& key, const YAML::Node& value) {
  if (!document.scalar("assert." + key, value)) return std::nullopt;
  const auto parsed = parse_quantity(value.Scalar());
  if (parsed && !parsed->has_unit) return parsed->value * field.times / field.over;
  if (parsed && parsed->dim == field.dim && field.dim != dimensionless) return parsed->value;
  document.report(value.Mark(), "assert." + key,
                  fmt::format("{}: {}", key, why_not(value.Scalar(), field.dim, field.unit)));
  return std::nullopt;
}

}  // namespace

Asserted asserted(const Assertion& a, double value) {
  // What is no number meets nothing.
  const double over = a.most ? value - *a.most : -INFINITY, under = a.least ? *a.least - value : -INFINITY;
  const double worst = std::fmax(over, under);
  return {!std::isnan(value) && worst <= 0, std::abs(worst)};
}

std::string sentence(const Table& table, const Assertion& a, double value) {
  const Field& field = table.out.all[a.output];
  const Asserted is = asserted(a, value);
  const bool above = a.most && value > *a.most;
  const std::string head = fmt::format("{} = {}", field.path, in_unit(field, value));
  if (!is.met) {
    const double at = above || !a.least ? *a.most : *a.least;
    return fmt::format("{} is {} its {} of {} by {}{}", head, above ? "above" : "below", above ? "max" : "min",
                       in_unit(field, at), in_unit(field, is.by),
                       at != 0 && std::isfinite(is.by) ? fmt::format(" ({:.3g} %)", 100 * is.by / std::abs(at)) : "");
  }
  std::string limits;
  if (a.least) limits += fmt::format(", min {}", in_unit(field, *a.least));
  if (a.most) limits += fmt::format(", max {}", in_unit(field, *a.most));
  return head + limits;
}

std::vector<Assertion> read_assertions(Document& document, const Table& table, const YAML::Node& list) {
  std::vector<Assertion> all;
  if (list.IsNull()) return all;
  if (!list.IsSequence()) {
    document.report(list.Mark(), "assert", "assert must be a list of {metric, max, min}");
    return all;
  }
  for (const auto& item : list) {
    if (!item.IsMap() || !item["metric"] || !item["metric"].IsScalar()) {
      document.report(item.Mark(), "assert", "an assertion names a metric, and a max or a min");
      continue;
    }
    const YAML::Node metric = item["metric"];
    const int output = find(table, metric.Scalar());
    if (output < 0) {
      const Problem problem = no_result(table, metric.Scalar());
      std::vector<std::string> names;
      for (const auto& field : table.out.all) {
        names.push_back(field.path);
        names.push_back(field.path.substr(field.path.rfind('.') + 1));
      }
      std::string near = problem.nearest.empty() ? nearest(metric.Scalar(), names) : problem.nearest;
      for (const auto& field : table.out.all)  // a bare leaf is offered by its whole path
        if (!near.empty() && field.path.ends_with("." + near)) {
          near = field.path;
          break;
        }
      document.report(metric.Mark(), metric.Scalar(), problem.message, near);
      continue;
    }
    const Field& field = table.out.all[static_cast<std::size_t>(output)];
    if (!field.is_figure() && !field.flag) {
      document.report(metric.Mark(), metric.Scalar(), fmt::format("{} is a word, and has no max or min", field.path));
      continue;
    }
    Assertion& one = all.emplace_back();
    one.output = static_cast<std::size_t>(output);
    one.place = document.place(metric.Mark());
    for (const auto& pair : item) {
      const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
      if (key == "metric") continue;
      if (key == "max") one.most = limit(document, field, key, pair.second);
      else if (key == "min") one.least = limit(document, field, key, pair.second);
      else
        document.report(pair.first.Mark(), "assert." + key,
                        fmt::format("assert.{} is not a field of an assertion: metric, max, min", quotable(key)),
                        nearest(key, {"metric", "max", "min"}));
    }
    if (document.sound() && !one.most && !one.least)
      document.report(item.Mark(), "assert", fmt::format("{} needs a max or a min", field.path));
    if (one.most && one.least && *one.most < *one.least)
      document.report(item.Mark(), "assert", fmt::format("{}: its max is below its min", field.path));
  }
  return all;
}

}  // namespace mlsysim
