// `mlsysim validate`: predictions beside what was measured and published, or beside somebody's own file.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/validation.hpp"
#include "mlsysim/units/parse.hpp"
#include "screen.hpp"

namespace mlsysim::cli {
namespace {

std::string percent(double x, bool sign = false) {
  if (std::isnan(x)) return "-";
  const bool coarse = std::abs(x) >= 9.95;
  return sign ? fmt::format("{:+.{}f} %", x, coarse ? 0 : 1) : fmt::format("{:.{}f} %", x, coarse ? 0 : 1);
}
std::string plain(double x) { return x < 1000 ? fmt::format("{:.4g}", x) : grouped(x); }
std::string in_unit(double x, Metric metric) {
  const std::string_view unit = unit_of(metric);
  return unit == "s" || unit == "B" ? figure_of(x, metric) : fmt::format("{} {}", plain(x), unit);
}
/// "4.3 ms to 39 ms", "53 to 480": the unit of a rate stands beside it already.
std::string band(const ComparedRow& row) {
  const std::string_view unit = unit_of(row.posed->metric);
  const auto end = [&](double x) { return unit == "s" || unit == "B" ? figure_of(x, row.posed->metric) : plain(x); };
  return fmt::format("{} to {}", end(row.low), end(row.high));
}
/// What a band reaches to a side: "±30 %", "x3.0".
std::string reach(double half_width) {
  if (std::isnan(half_width)) return "-";
  return half_width < 100 ? fmt::format("±{:.0f} %", half_width) : fmt::format("x{:.1f}", 1 + half_width / 100);
}
/// Where a row stands, by which it can be found.
std::string place(const Case& c) {
  const std::string_view id = (*c.row)["id"];
  return id.empty() ? fmt::format("{}:{}", c.row->file->name, c.row->line) : std::string(id);
}

/// Keeps the groups and rows that were asked for; false where there are none such, with the problem in `out`.
bool select(const Request& request, Validation& v, Output& out) {
  const auto keep = [&](const char* option, const std::string& wanted, auto names) {
    if (wanted.empty()) return true;
    std::vector<std::string> known;
    for (const auto& group : v.groups)
      for (const auto& name : names(group)) known.push_back(name);
    const auto is = [&](const std::string& name) { return folded(name).find(folded(wanted)) != std::string::npos; };
    if (std::ranges::none_of(known, is)) {
      out.problems.push_back({.argument = option,
                              .message = fmt::format("{} \"{}\" is in no group's name", option, quotable(wanted)),
                              .nearest = nearest(wanted, known)});
      return false;
    }
    std::erase_if(v.groups, [&](const ComparedGroup& group) { return std::ranges::none_of(names(group), is); });
    return true;
  };
  if (!keep("--group", request.group, [](const ComparedGroup& g) { return std::set{g.name()}; }) ||
      !keep("--metric", request.metric, [](const ComparedGroup& g) { return g.metrics; }))
    return false;
  for (auto& row : v.rows) row.chosen = request.group.empty() && request.metric.empty();
  for (const auto& group : v.groups)
    for (auto* row : group.rows) row->chosen = true;
  return true;
}

std::string group_table(const Validation& v) {
  TextTable table{{"group", "n", "median", "p90", "bias", "in band", "band", "naive"}, {}};
  for (const auto& g : v.groups)
    table.rows.push_back({g.name(), std::to_string(g.predicted), percent(g.median_ape), percent(g.p90_ape),
                          percent(g.bias, true), g.predicted ? fmt::format("{:.0f} %", 100 * g.coverage) : "-",
                          reach(g.half_width), percent(g.naive_median_ape)});
  return table.print();
}

std::string row_table(const ComparedGroup& g) {
  TextTable table{{"row", "model", "chip", "measured", "predicted", "90 %", "error"}, {}};
  auto rows = g.rows;
  std::ranges::stable_sort(rows, std::ranges::greater{},
                           [](const auto* r) { return r->is_predicted() ? std::abs(std::log(1 + r->error())) : -1; });
  for (const auto* row : rows) {
    const Case& c = *row->posed;
    if (row->is_predicted())
      table.rows.push_back({place(c), c.model, c.chip, in_unit(c.measured, c.metric), in_unit(row->predicted, c.metric),
                            band(*row), percent(100 * row->error(), true)});
  }
  return fmt::format("\n{}: the worst first\n", g.name()) + table.print();
}

std::string reasons(const Validation& v) {
  constexpr std::size_t shown = 3;
  std::string text = fmt::format("\nnot predicted: {}\n", v.rows.size() - v.predicted);
  for (const auto& reason : v.reasons) {
    std::string places;
    for (std::size_t i = 0; i < std::min(shown, reason.rows.size()); ++i)
      places += (i ? ", " : "") + place(*reason.rows[i]->posed);
    if (reason.rows.size() > shown) places += ", …";
    text += fmt::format("  {:>5}  {}{}\n         {}\n", reason.rows.size(), reason.text,
                        reason.nearest.empty() ? "" : fmt::format("; did you mean {}?", reason.nearest), places);
  }
  return text;
}

std::string screen(const Request& request, const Validation& v, const Problems& unreadable) {
  const double share =
      v.rows.empty() ? 0 : 100.0 * static_cast<double>(v.predicted) / static_cast<double>(v.rows.size() - v.repeated);
  std::string text = fmt::format(
      "Predicted against {} {} ({:.0f} % of {}{})\n\n", grouped(static_cast<double>(v.predicted)),
      fmt::format("{}measurement{}", request.words.empty() ? "published " : "", v.predicted == 1 ? "" : "s"), share,
      grouped(static_cast<double>(v.rows.size() - v.repeated)),
      request.why_not || v.predicted == v.rows.size() - v.repeated ? "" : "; --why-not lists the rest");
  if (v.groups.empty()) text += "  no row could be predicted\n";
  else text += group_table(v);
  text += "\n";
  if (v.complete) {
    const double done = static_cast<double>(v.complete_predicted) / static_cast<double>(v.complete);
    text += wrapped("complete", fmt::format("{:.0f} % of the {} rows that state everything needed are predicted",
                                            100 * done, grouped(static_cast<double>(v.complete))));
  }
  if (const auto& t = v.training; t.runs) {
    text += wrapped("training", fmt::format("{} of {} runs are predicted, {} of them with everything stated, {} with all but what is "
                                            "computed again; {} of {} configurations "
                                            "that ran are said to fit{}",
                                            t.predicted, t.runs, t.complete, t.settled, t.fit, t.ran,
                                            t.rankings ? fmt::format("; layouts of one model and chip are ranked with a median "
                                                                     "correlation of {:.2f} ({} sets)",
                                                                     t.ranking_median, t.rankings)
                                                       : ""));
  }
  text +=
      wrapped("columns",
              "median and p90 of the absolute error; bias: median of predicted over measured; in band: share of rows "
              "inside their 90 % band, which reaches so far to a side; naive: median error of a roofline alone, of training of a "
              "constant share of the peak");
  if (request.rows)
    for (const auto& group : v.groups) text += row_table(group);
  if (request.why_not) text += reasons(v);
  if (!unreadable.empty()) {
    text += fmt::format("\nnot read: {}\n", unreadable.size());
    for (const auto& problem : unreadable) text += "  " + sentence(problem) + "\n";
  }
  return text;
}

std::string csv(const Validation& v) {
  std::string text;
  for (const auto& row : v.rows) {
    if (!row.chosen) continue;
    const Json json = row_json(row);
    std::string line;
    if (text.empty()) {
      for (const auto& [key, cell] : json.items()) line += (line.empty() ? "" : ",") + key;
      text = line + "\n";
      line.clear();
    }
    bool first = true;
    for (const auto& cell : json) {
      line += first ? "" : ",";
      first = false;
      if (cell.is_string()) line += csv_cell(cell.get_ref<const std::string&>());
      else if (!cell.is_null()) line += cell.dump();
    }
    text += line + "\n";
  }
  return text;
}

}  // namespace

int run_validate(const Request& request, const Catalog& catalog, Output& out) {
  const MeasurementFiles files = open_measurements(request.words);
  if (files.all.empty()) return refuse(out, files.unreadable);
  Validation v = validate(files.all, catalog);
  if (!select(request, v, out)) return wrong;
  if (!request.picture.empty()) {
    std::ofstream file(request.picture, std::ios::binary);
    file << validation_svg(v);
    if (!file.flush()) {
      out.problems.push_back(
          {.argument = "--picture",
           .message = fmt::format("{} could not be written: {}", request.picture, std::strerror(errno))});
      return failed;
    }
  }
  if (request.output == "json")
    out.text =
        validation_json(v, files.unreadable, !request.page).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  else if (request.output == "csv") out.text = csv(v);
  else if (request.output == "svg") out.text = validation_svg(v);
  else out.text = screen(request, v, files.unreadable);
  return answered;
}

}  // namespace mlsysim::cli
