// `mlsysim walls`, `schema`: what can be asked, and in which form.
#include <algorithm>

#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/scorecard.hpp"
#include "mlsysim/report/validation.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim::cli {

int run_walls(const Request& request, const Catalog&, Output& out) {
  if (request.output == "json") {
    Json json = Json::array();
    for (const Wall* wall : walls())
      json.push_back({{"name", wall->name},
                      {"python", wall->python},
                      {"numbers", wall->numbers},
                      {"doc", wall->doc},
                      {"command", fmt::format("mlsysim solve {}", wall->name)},
                      {"schema", fmt::format("mlsysim schema {}", wall->name)},
                      {"page", fmt::format("docs/walls/{}.md", wall->name)}});
    out.text = json.dump(2) + "\n";
    return answered;
  }
  TextTable table{{"wall", "name", "Python", ""}, {}};
  std::vector<const Wall*> in_order(walls().begin(), walls().end());
  std::ranges::stable_sort(in_order, {},
                           [](const Wall* wall) { return wall->numbers.empty() ? 99 : *wall->numbers.begin(); });
  for (const Wall* wall : in_order) {
    std::string numbers;
    for (const int number : wall->numbers) numbers += (numbers.empty() ? "" : ", ") + std::to_string(number);
    table.rows.push_back({numbers, wall->name, wall->python, wall->doc});
  }
  out.text = table.print("") +
             "\n  mlsysim solve NAME asks one (--help shows its arguments); mlsysim schema NAME is its JSON Schema;\n"
             "  mlsysim.CLASS().solve(…) asks it in Python; docs/walls/NAME.md is its page\n";
  return answered;
}

int run_schema(const Request& request, const Catalog&, Output& out) {
  if (!request.type.empty() && !request.words.empty())
    return refuse(out, {{.argument = "--type", .message = "name what the schema is of once: as a word, or by --type"}});
  const std::string& asked = request.words.empty() ? request.type : request.words[0];
  // The original's words for what it has schemas of.
  const std::string name = asked.empty()         ? "single-node"
                           : asked == "hardware" ? "accelerator"
                           : asked == "workload" ? "model"
                                                 : asked;
  if (name == "plan") out.text = plan_schema_json().dump(2) + "\n";
  else if (name == "measurement") out.text = measurement_schema_json().dump(2) + "\n";
  else if (const Table* t = table(name)) out.text = schema_json(*t).dump(2) + "\n";
  else if (const EntryKind* kind = entry_kind(name)) out.text = schema_json(*kind).dump(2) + "\n";
  else {
    Problem problem = no_wall(name);
    problem.message = fmt::format(
        "\"{}\" is neither plan nor measurement, nor a wall (mlsysim walls), nor a kind of entry (mlsysim zoo)", name);
    if (problem.nearest.empty()) problem.nearest = nearest(name, entry_kinds(), &EntryKind::name);
    if (problem.nearest.empty()) problem.nearest = nearest(name, {"plan", "measurement", "hardware", "workload"});
    return refuse(out, {problem});
  }
  return answered;
}

}  // namespace mlsysim::cli
