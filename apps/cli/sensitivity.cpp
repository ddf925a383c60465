// `mlsysim sensitivity` and `mlsysim plot tornado`: how much a result depends on each figure, ranked.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/analysis.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim::cli {
namespace {

constexpr std::size_t most_rows = 12, half = 9;

std::string per_cent(double share) {
  if (std::isnan(share)) return "-";
  const double x = 100 * share;
  return fmt::format("{:+.{}f} %", x, std::abs(x) < 0.995 ? 2 : std::abs(x) < 99.5 ? 1 : 0);
}
std::string slope(const Response& r) {
  if (r.kink) return fmt::format("{:.2f} | {:.2f}", r.below, r.above);
  return std::isnan(r.elasticity) ? "steps" : fmt::format("{:+.3f}", r.elasticity);
}
std::string repeated(const char* mark, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += mark;
  return text;
}

/// Either side of the present answer: what shortens it to the left, what lengthens it to the right; light marks of a lower
/// figure, dark ones of a higher.
std::string bar(const Response& r, double baseline, double widest) {
  const auto share = [&](double at) { return std::isnan(at) ? 0 : at / baseline - 1; };
  const double low = share(r.at_low), high = share(r.at_high);
  const auto marks = [&](double x) {
    const auto cells = static_cast<std::size_t>(std::round(std::abs(x) / widest * half));
    return x == 0 ? 0 : std::max<std::size_t>(cells, 1);
  };
  const auto side = [&](bool right) {
    const auto here = [&](double x) { return right ? std::max(x, 0.0) : std::min(x, 0.0); };
    const bool light = std::abs(here(low)) > std::abs(here(high));
    return std::pair{marks(light ? here(low) : here(high)), light ? "░" : "█"};
  };
  const auto [left, left_mark] = side(false);
  const auto [right, right_mark] = side(true);
  return std::string(half - left, ' ') + repeated(left_mark, left) + "│" + repeated(right_mark, right);
}

std::string screen(const Question& q, const Sensitivities& s) {
  const Table& t = q.table();
  const Field& field = t.out.all[s.output];
  std::string text = fmt::format("{}: {} {}{}\n  {}; each figure ÷ (░) and × (█) {:g}, counts by at least one\n\n",
                                 subject(q), field.path, shown(field, s.baseline),
                                 does_not_fit(q) ? ", if it fitted" : "", t.wall->name, 1 + s.step);
  if (s.ranked.empty()) return text + "  no figure moves it\n";
  const double widest = std::max(s.ranked.front().swing(s.baseline), 1e-300);
  TextTable table{{"figure", "elasticity", fmt::format("÷ {:g}", 1 + s.step), fmt::format("× {:g}", 1 + s.step), ""},
                  {}};
  std::string turns;
  const auto shows = [&](const Response& r) { return r.swing(s.baseline) >= 5e-5 || r.swing(s.baseline) == 0; };
  const auto enough = static_cast<std::size_t>(std::ranges::count_if(s.ranked, shows));
  const std::size_t rows = std::min({most_rows, s.ranked.size(), std::max<std::size_t>(enough, 1)});
  for (std::size_t i = 0; i < rows; ++i) {
    const Response& r = s.ranked[i];
    const Field& in = t.in.all[r.input];
    table.rows.push_back({in.path, slope(r), per_cent(r.at_low / s.baseline - 1), per_cent(r.at_high / s.baseline - 1),
                          bar(r, s.baseline, widest)});
    for (const bool high : {false, true})
      if (const auto& turned = high ? r.turns_high : r.turns_low; !turned.empty())
        turns += fmt::format("  at {} = {}: {}\n", in.path, shown(in, high ? r.high : r.low), turned);
    if (r.kink) turns += fmt::format("  {} stands at a kink: the slope below | above it\n", in.path);
  }
  text += table.print();
  if (!turns.empty()) text += "\n" + turns;
  if (rows < s.ranked.size())
    text += fmt::format("\n  {} more move it by {} at most (-o csv has all)\n", s.ranked.size() - rows,
                        per_cent(s.ranked[rows].swing(s.baseline)).substr(1));
  if (!s.unmoved.empty())
    text += fmt::format("{}  {} figures of the answer do not move it\n", rows < s.ranked.size() ? "" : "\n",
                        s.unmoved.size());
  return text;
}

std::string csv(const Question& q, const Sensitivities& s) {
  const Field& out = q.table().out.all[s.output];
  const std::string key = json_key(out);
  std::string text = fmt::format(
      "figure,value,elasticity,elasticity_below,elasticity_above,kink,low,{0}_at_low,high,"
      "{0}_at_high\n",
      key);
  const auto cell = [](double x) { return std::isfinite(x) ? fmt::format("{}", x) : std::string(); };
  for (const auto& r : s.ranked)
    text += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", q.table().in.all[r.input].path, cell(r.value),
                        cell(r.elasticity), cell(r.below), cell(r.above), r.kink, cell(r.low), cell(r.at_low),
                        cell(r.high), cell(r.at_high));
  return text;
}

}  // namespace

std::optional<double> step_of(const Request& request, Output& out) {
  std::string text = request.step;
  const bool per_cent = text.ends_with('%');
  if (per_cent) text.pop_back();
  const auto parsed = parse_quantity(text);
  if (parsed && !parsed->has_unit && parsed->value > 0) return parsed->value / (per_cent ? 100 : 1);
  refuse(out, {{.argument = "--step",
                .message = fmt::format("--step {} is not a share of a figure: a number above 0, 0.1 for a tenth",
                                       quotable(request.step))}});
  return std::nullopt;
}

int run_sensitivity(const Request& request, const Catalog& catalog, Output& out) {
  const Table* table = wall_of(request, out);
  const auto step = step_of(request, out);
  if (!table || !step) return wrong;
  Question question = make_question(request, catalog, *table, {});
  if (!answerable(question, out)) return wrong;
  const auto found = sensitivities(question, request.words[0], *step, out.problems);
  if (!found) return wrong;
  out.text = request.output == "json"  ? sensitivities_json(question, *found).dump(2) + "\n"
             : request.output == "csv" ? csv(question, *found)
                                       : screen(question, *found);
  return does_not_fit(question) ? infeasible : answered;
}

int plot_tornado(const Request& request, const Catalog& catalog, Output& out) {
  if (request.words.size() != 2)
    return refuse(out,
                  {{.message = "plot tornado takes one result: mlsysim plot tornado latency --model … --hardware …"}});
  const Table* table = wall_of(request, out);
  const auto step = step_of(request, out);
  if (!table || !step) return wrong;
  Question question = make_question(request, catalog, *table, {});
  if (!answerable(question, out)) return wrong;
  const auto found = sensitivities(question, request.words[1], *step, out.problems);
  if (!found) return wrong;
  out.text = tornado_svg(question, *found, subject(question));
  if (!request.output_file.empty())
    out.notes.push_back(
        fmt::format("{}: {} figures move {}", request.output_file, found->ranked.size(), request.words[1]));
  return answered;
}

std::string why_text(const Question& before, const Question& after, std::string_view result, Problems& problems) {
  const auto found = difference(before, after, result, problems);
  if (!found) return {};
  const Table& t = before.table();
  const Field& field = t.out.all[found->output];
  const auto name = [&](const Question& q) {
    const Entry* entry = q.bound("hardware");
    return entry ? std::string(entry->id) : subject(q);
  };
  const auto signed_value = [&](double x) { return (x < 0 ? "-" : "+") + shown(field, std::abs(x)); };
  std::string text = fmt::format("why {} is {} on {} and {} on {}\n", field.path, shown(field, found->before),
                                 name(before), shown(field, found->after), name(after));
  TextTable table{{"changed", "from", "to", field.path, "factor"}, {}};
  for (const auto& part : found->parts)
    table.rows.push_back({part.name, part.before, part.after, signed_value(part.difference),
                          std::isnan(part.factor) ? "-" : fmt::format("{:.3f}x", part.factor)});
  table.rows.push_back(
      {"all", "", "", signed_value(found->after - found->before),
       found->before > 0 && found->after > 0 ? fmt::format("{:.3f}x", found->after / found->before) : "-"});
  text += table.print();
  if (found->without_effect) text += fmt::format("  {} more figures differ, without effect\n", found->without_effect);
  if (!found->exact) text += "  averaged over a sample of orders\n";
  return text;
}

}  // namespace mlsysim::cli
