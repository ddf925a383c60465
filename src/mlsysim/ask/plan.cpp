#include "mlsysim/ask/plan.hpp"

#include <map>

#include <fmt/format.h>

#include "mlsysim/ask/files.hpp"
#include "mlsysim/ask/system_plan.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

/// The arguments of a wall as keys.
std::optional<Plan> read_arguments(Document& document, const YAML::Node& root, BroughtSet assumptions,
                                   const Catalog& catalog) {
  const std::string wall = root["wall"] && root["wall"].IsScalar() ? root["wall"].Scalar() : "single-node";
  const Table* t = table(wall);
  if (!t) {
    const Problem problem = no_wall(wall);
    document.report(root["wall"].Mark(), problem.argument, problem.message, problem.nearest);
    return std::nullopt;
  }
  const YAML::Node set = root["assumptions"];
  Plan plan{Question(*t, catalog, assumptions.or_own(set && set.IsScalar() ? set.Scalar() : std::string_view()))};
  std::map<std::string, std::string> given;
  for (const auto& pair : root) {
    const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
    const int input = t->input(key);
    const auto [other, fresh] = given.emplace(input >= 0 ? t->in.all[static_cast<std::size_t>(input)].path : key, key);
    if (!fresh)
      document.report(pair.first.Mark(), key,
                      other->second == key
                          ? fmt::format("{} is given twice", quotable(key))
                          : fmt::format("{} and {} are one argument, given twice", other->second, quotable(key)));
    else if (key == "constraints") read_constraints(document, *t, pair.second, plan.assertions);
    else if (key == "assert") plan.assertions = read_assertions(document, *t, pair.second);
    else if (key != "wall" && key != "assumptions" &&
             document.scalar(key, pair.second,
                             fmt::format("; a figure of an entry is written as {}.memory.bandwidth: 8 TB/s", key)))
      document.give(plan.question, key, pair.second.Scalar(), pair.first, pair.second);
  }
  return plan;
}

std::optional<Plan> read(const Table* other, const std::string& path, BroughtSet assumptions, const Catalog& catalog,
                         Problems& problems) {
  const auto text = read_file(path, problems);
  if (!text) return std::nullopt;
  Document document(path, *text, problems);
  try {
    const YAML::Node root = YAML::Load(*text);
    if (!root.IsMap()) {
      document.report(root.Mark(), "", "expected a mapping of arguments at the top");
      return std::nullopt;
    }
    std::optional<Plan> plan;
    if (is_system_plan(root))
      plan = read_system_plan(document, root, other ? other : table("system"), assumptions, catalog);
    else if (other) document.report(root.Mark(), "", "expected a plan: workload, hardware, ops (mlsysim schema plan)");
    else if (root["hardware"] || root["wall"] || root["model"])
      plan = read_arguments(document, root, assumptions, catalog);
    if (!problems.empty()) return std::nullopt;
    return plan;
  } catch (const YAML::Exception& e) {
    document.report(e.mark, "", (path.ends_with(".json") ? "not JSON: " : "not YAML: ") + e.msg);
    return std::nullopt;
  }
}

}  // namespace

std::optional<Plan> read_plan(const std::string& path, BroughtSet assumptions, const Catalog& catalog,
                              Problems& problems) {
  return read(nullptr, path, assumptions, catalog, problems);
}

std::optional<Plan> read_plan_for(const Table& table, const std::string& path, BroughtSet assumptions,
                                  const Catalog& catalog, Problems& problems) {
  return read(&table, path, assumptions, catalog, problems);
}

}  // namespace mlsysim
