#include "operators.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mlsysim/report/operators.hpp"
#include "mlsysim/units/parse.hpp"
#include "screen.hpp"

namespace mlsysim::cli {
namespace {

/// A figure of a result, short: three digits, the unit where it has one.
std::string brief(const Field& field, double base, double per) {
  if (!std::isfinite(base)) return "no end";
  const double v = base / per;
  if ((field.dim == axis::time || field.dim == axis::energy) && per == 1) {  // three digits: a band has no fourth
    const std::string text = print_quantity(v, field.dim);
    const auto space = text.rfind(' ');
    return space == text.npos ? text : fmt::format("{:.3g}{}", std::stod(text), text.substr(space));
  }
  return v >= 100 ? grouped(std::round(v)) : v < 1e-3 && v > 0 ? fmt::format("{:.2e}", v) : fmt::format("{:.3g}", v);
}

/// "9.6 to 11.5 ms": one unit where both ends have the same.
std::string span(const Field& field, double low, double high, double per) {
  std::string from = brief(field, low, per), to = brief(field, high, per);
  const auto space = from.rfind(' '), other = to.rfind(' ');
  if (space != from.npos && other != to.npos && from.substr(space) == to.substr(other)) from.resize(space);
  return fmt::format("90 %: {} to {}", from, to);
}

std::string in_unit(double x, Metric metric) {
  if (is_rate(metric)) return fmt::format("{} token/s", grouped(x));
  if (metric == Metric::memory_reserved) return print_quantity(x, axis::data);
  return metric == Metric::energy_per_token ? fmt::format("{:.3g} J/token", x) : print_quantity(x, axis::time);
}

std::string time_table(const StepDetail& d) {
  TextTable table{{"operator", "time", "share", "bound by", "of its roof", "arithmetic", "memory traffic"}, {}};
  for (const auto& row : d.operators) {
    const bool work = row.traffic.base > 0;
    table.rows.push_back({row.name, print_quantity(row.total.base, axis::time),
                          fmt::format("{:.1f} %", 100 * (row.total / d.total)), row.binds,
                          work ? fmt::format("{:.0f} %", 100 * row.of_roof) : "",
                          row.work.base > 0 ? print_quantity(row.work.base, axis::work) : "",
                          work ? print_quantity(row.traffic.base, axis::data) : ""});
  }
  return fmt::format("\nwhere {} of a step go, on each device\n", print_quantity(d.total.base, axis::time)) +
         table.print() +
         wrapped("roof",
                 "time at the data sheet's peak and bandwidth over the time it takes; bound by latency: neither "
                 "arithmetic nor traffic is half of it");
}

std::string memory_table(const StepDetail& d) {
  TextTable table{{"memory of a device", "", "share"}, {}};
  for (const auto& [name, bytes] : {std::pair{"weights", d.weights},
                                    {"cache", d.cache},
                                    {"activations", d.activations},
                                    {"free", d.free},
                                    {"all", d.capacity}})
    table.rows.push_back({name, gibibytes(bytes.base), fmt::format("{:.1f} %", 100 * (bytes / d.capacity))});
  return "\n" + table.print();
}

std::string energy_table(const StepDetail& d) {
  TextTable table{{"energy of a step", "", "share", "a token"}, {}};
  const auto row = [&](const char* name, Energy<double> e) {
    table.rows.push_back({name, print_quantity(e.base, axis::energy), fmt::format("{:.1f} %", 100 * (e / d.energy)),
                          print_quantity(e.base / d.sequences, axis::energy)});
  };
  for (const auto& one : d.operators)
    if (one.energy.base > 0) row(one.name, one.energy);
  row("drawn while serving at all", d.idle);
  row("all", d.energy);
  return fmt::format("\n{} on {:.0f} device{}\n", print_quantity(d.power.base, axis::energy / axis::time), d.devices,
                     d.devices == 1 ? "" : "s") +
         table.print();
}

/// Figures that enter, and the constants of engine and kernels with their intervals.
std::string sources_table(const Question& q) {
  TextTable table{{"figure", "value", "interval", "kind", "from"}, {}};
  const auto& fields = q.table().in.all;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    const bool wanted = field.path.starts_with("engine.") || field.path.starts_with("hardware.kernels.") ||
                        field.path.starts_with("hardware.memory.") || field.path.starts_with("hardware.compute.") ||
                        field.path.starts_with("model.");
    const double v = q.row()[i];
    if (!wanted || !field.is_figure() || v != v) continue;
    const Origin origin = q.origin(i);
    if (!origin.figure) {
      table.rows.push_back({field.path, shown(field, v), "", word(origin.kind), ""});
      continue;
    }
    const auto& f = *origin.figure;
    table.rows.push_back({field.path, shown(field, v),
                          is_stated(f.low) ? fmt::format("{} to {}", shown(field, f.low), shown(field, f.high)) : "",
                          word(f.kind), std::string(f.source)});
  }
  return "\nfigures, with the constants of engine and kernels\n" + table.print();
}

}  // namespace

const ResultBand* BandTexts::find(const char* output) const {
  const auto at = std::ranges::find(bands_, static_cast<std::size_t>(table_.output(output)), &ResultBand::output);
  return at == bands_.end() ? nullptr : &*at;
}
std::string BandTexts::of(const char* output, double per) const {
  const ResultBand* band = find(output);
  return band ? span(table_.out.all[band->output], band->low, band->high, per) : "";
}
std::string BandTexts::with(const char* output, const std::string& more, double per) const {
  const std::string text = of(output, per);
  return text.empty() || more.empty() ? text + more : text + "; " + more;
}

std::string evidence_text(const Question& question, const std::vector<double>& result) {
  const Evidence evidence = evidence_for(question, result);
  const Entry* chip = question.bound("hardware");
  if (evidence.kind.empty()) return "";
  if (evidence.alike == 0)
    return wrapped("based on", fmt::format("kernels alone: nobody measured {} with {}", evidence.kind, evidence.with));
  std::string text =
      wrapped("based on", fmt::format("{} published measurements of {} with {}, {} of them on {}; the closest:",
                                      grouped(static_cast<double>(evidence.alike)), evidence.kind, evidence.with,
                                      evidence.on_chip, chip ? std::string_view(chip->name) : "this chip"));
  for (const auto& near : evidence.near) {
    const Metric metric = near.posed.metric;
    text +=
        wrapped("", fmt::format("- {}: measured {}, predicted {} ({})", near.what, in_unit(near.posed.measured, metric),
                                in_unit(near.predicted, metric), (*near.posed.row)["source_title"]));
  }
  std::string all;
  for (const auto& direction : evidence.beyond) all += (all.empty() ? "" : "; ") + direction;
  return all.empty() ? text : text + wrapped("beyond", "what was measured: " + all);
}

std::string detail_text(const Question& question, const std::vector<double>& result, const std::string& which) {
  if (which == "sources") return sources_table(question);
  const StepDetail detail = step_detail(question, result);
  return which == "time" ? time_table(detail) : which == "memory" ? memory_table(detail) : energy_table(detail);
}

bool detail_known(const Request& request, bool at_operators, Output& out) {
  if (request.detail.empty()) return true;
  const std::vector<std::string> known = {"time", "memory", "energy", "sources"};
  if (std::ranges::find(known, request.detail) == known.end())
    out.problems.push_back(
        {.argument = "--detail",
         .message = fmt::format("\"{}\" is not a detail: time, memory, energy, sources", quotable(request.detail)),
         .nearest = nearest(request.detail, known)});
  else if (!at_operators)
    out.problems.push_back(
        {.argument = "--detail",
         .message =
             fmt::format("--detail {} is of the operator level, and this answer is first-order", request.detail)});
  return out.problems.empty();
}

std::string bar(std::string_view lead, std::string_view name, double seconds, double longest) {
  std::string blocks;
  for (int i = 0; i < static_cast<int>(std::round(32 * seconds / longest)); ++i) blocks += "█";
  std::string line = fmt::format("  {:<9} {:<13} {:<10} {}", lead, name, print_quantity(seconds, axis::time), blocks);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

}  // namespace mlsysim::cli
