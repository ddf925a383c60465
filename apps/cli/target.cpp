// `mlsysim target`: a result's bound, and what meets it: the nearest value of each figure, and devices of the catalog.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/analysis.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim::cli {
namespace {

constexpr std::size_t most_figures = 12, most_devices = 8;

/// The bound in base units, from --at-most or --at-least.
std::optional<Target> target_of(const Request& request, const Table& t, Output& out) {
  const std::string& name = request.words[0];
  const auto wrong_with = [&](Problem problem) {
    refuse(out, {std::move(problem)});
    return std::nullopt;
  };
  const int output = t.output(name);
  if (output < 0) return wrong_with(no_result(t, name));
  const auto o = static_cast<std::size_t>(output);
  const Field& field = t.out.all[o];
  if (!field.is_figure() && !field.flag)
    return wrong_with({.argument = name, .message = fmt::format("{} is no number: it has no bound", field.path)});
  if (request.at_most.empty() == request.at_least.empty())
    return wrong_with({.argument = "--at-most",
                       .message = fmt::format("say one bound of {0}: --at-most{1} or --at-least{1}", field.path,
                                              field.unit.empty() ? " 1" : " 1" + field.unit)});
  const bool at_most = !request.at_most.empty();
  const std::string& text = at_most ? request.at_most : request.at_least;
  const auto parsed = parse_quantity(text);
  if (!parsed || (parsed->has_unit && !(parsed->dim == field.dim)))
    return wrong_with({.argument = name, .message = fmt::format("{}: {}", name, why_not(text, field.dim, field.unit))});
  return Target{o, parsed->has_unit ? parsed->value : parsed->value * field.times / field.over, at_most};
}

std::string bound_text(const Field& field, const Target& target) {
  if (field.flag) return target.at_most && target.bound < 1 ? "to be false" : "to be true";
  return fmt::format("{} {}", target.at_most ? "at most" : "at least", shown(field, target.bound));
}

/// How far a figure has to move.
std::string move_text(const Threshold& x) {
  const double factor = x.value / x.now;
  if (x.met_now) return fmt::format("holds {} {:.3g}x", x.upward ? "down to" : "up to", factor);
  return factor >= 1 ? fmt::format("{:.3g}x", factor) : fmt::format("1/{:.3g}", 1 / factor);
}

std::string figures_text(const Table& t, const std::vector<Threshold>& found, const std::vector<std::size_t>& never) {
  std::string text;
  if (!found.empty()) {
    TextTable table{{"figure", "now", "met at", "", "change"}, {}};
    for (std::size_t i = 0; i < std::min(found.size(), most_figures); ++i) {
      const Field& in = t.in.all[found[i].input];
      table.rows.push_back({in.path, shown(in, found[i].now), shown(in, found[i].value),
                            found[i].upward ? "and above" : "and below", move_text(found[i])});
    }
    text += table.print();
    if (found.size() > most_figures)
      text += fmt::format("  {} more figures would (-o csv has all)\n", found.size() - most_figures);
  }
  for (const auto input : never) text += fmt::format("  no value of {} changes that\n", t.in.all[input].path);
  return text;
}

}  // namespace

int run_target(const Request& request, const Catalog& catalog, Output& out) {
  const Table* t = wall_of(request, out);
  if (!t) return wrong;
  const auto target = target_of(request, *t, out);
  if (!target) return wrong;
  const Field& field = t->out.all[target->output];
  Question question = make_question(request, catalog, *t, {});
  question.settle();
  if (!question.problems().empty()) return refuse(out, question.problems());
  // Without a device, only the catalog is asked.
  const EntityRange* device = t->entity("hardware");
  const bool whole = !device || question.bound("hardware");
  if (whole && !answerable(question, out)) return wrong;

  std::vector<Threshold> found;
  std::vector<std::size_t> never;
  if (!request.vary.empty()) {
    if (!whole) return refuse(out, {{.argument = "hardware", .message = "--vary needs a device to start from"}});
    for (std::size_t begin = 0; begin <= request.vary.size();) {
      const std::size_t end = std::min(request.vary.find(',', begin), request.vary.size());
      const std::string name = request.vary.substr(begin, end - begin);
      begin = end + 1;
      const int input = t->input(name);
      if (input < 0 || !t->in.all[static_cast<std::size_t>(input)].is_figure())
        return refuse(out, {{.argument = "--vary",
                             .message = fmt::format("{} is not a figure of {}", quotable(name), t->wall->name),
                             .nearest = nearest(name, t->in.all, &Field::path)}});
      if (const auto one = threshold(question, static_cast<std::size_t>(input), *target)) found.push_back(*one);
      else never.push_back(static_cast<std::size_t>(input));
    }
  } else if (whole) {
    found = thresholds(question, *target);
  }
  std::vector<Candidate> devices;
  if (device && request.vary.empty()) devices = candidates(question, *device, *target);
  const auto meeting = static_cast<std::size_t>(std::ranges::count_if(devices, &Candidate::meets));
  const bool met = whole && meets(question, *target);
  const double now = whole ? question.answer()[target->output] : 0;
  // An objective that nothing asked about meets: 4.
  const int code = met || (!whole && meeting) ? answered : missed;

  if (request.output == "json") {
    Json json{{"wall", t->wall->name},
              {"result", field.path},
              {target->at_most ? "at_most" : "at_least", target->bound},
              {"unit", dimension_name(field.dim)},
              {"met", met}};
    if (whole) json["now"] = json_cell(field, now);
    json["figures"] = Json::array();
    for (const auto& one : found) json["figures"].push_back(threshold_json(question, one));
    for (const auto input : never) json["no_value_of"].push_back(t->in.all[input].path);
    for (const auto& one : devices)
      json["devices"].push_back(
          {{"hardware", one.entry->id}, {json_key(field), json_cell(field, one.result)}, {"meets", one.meets}});
    out.text = json.dump(2) + "\n";
    return code;
  }
  if (request.output == "csv") {
    out.text = "figure,now,value,met\n";
    for (const auto& one : found)
      out.text += fmt::format("{},{},{},{}\n", t->in.all[one.input].path, one.now, one.value,
                              one.upward ? "at and above" : "at and below");
    return code;
  }
  out.text = fmt::format("{}: {} {}", subject(question), field.path, bound_text(field, *target));
  if (whole) {
    const bool room = !does_not_fit(question);
    out.text += fmt::format("; it is {}: {}\n\n", shown(field, now),
                            met    ? "met"
                            : room ? "not met"
                                   : "not met, it does not fit");
    out.text += met && !found.empty() ? "it holds for each figure alone within\n"
                : !found.empty()      ? "each figure alone would meet it\n"
                                      : "no figure alone changes that\n";
    out.text += figures_text(*t, found, never);
  } else {
    out.text += "\n";
  }
  if (!devices.empty()) {
    out.text += fmt::format("\n{} of the {} devices that can be asked meet it\n", meeting, devices.size());
    TextTable table{{"device", field.path}, {}};
    for (std::size_t i = 0; i < std::min(meeting, most_devices); ++i)
      table.rows.push_back({std::string(devices[i].entry->id), shown(field, devices[i].result)});
    if (meeting) out.text += table.print();
    if (meeting > most_devices) out.text += fmt::format("  and {} more (-o json has all)\n", meeting - most_devices);
  }
  return code;
}

}  // namespace mlsysim::cli
