#include "mlsysim/report/scorecard.hpp"

#include <algorithm>

namespace mlsysim {
namespace {

struct Score {
  const char *key, *path;
  double over;  // base units of one in the original's unit
};
constexpr Score alone[] = {{"p_latency", "performance.latency", 1e-3},
                           {"p_throughput", "performance.throughput", 1},
                           {"p_mfu", "performance.mfu", 1}};
constexpr Score together[] = {{"p_step_latency", "performance.latency", 1e-3},
                              {"p_comm_overhead", "performance.comm_overhead", 1e-3},
                              {"p_fleet_throughput", "performance.fleet_throughput", 1},
                              {"p_mfu", "performance.mfu", 1}};
constexpr Score macro[] = {{"m_carbon_footprint", "macro.carbon_footprint", 1000},
                           {"m_energy_cost", "macro.energy_cost", 1},
                           {"m_capex", "macro.capex", 1}};

/// The figures of one entity of a system, at their places in the fields of the wall.
Json properties_of(const Table& table, std::string_view section) {
  // What the wall's own schema says of each argument.
  const Json wall = schema_json(table);
  const Json text{{"type", "string"}};
  Json properties;
  for (const PlanKey& key : plan_keys()) {
    if (key.section != section) continue;
    Json one = text;
    const std::string argument = key.argument;
    if (table.input(argument) >= 0) one = wall["properties"][argument];
    else if (argument == "model" || argument == "grid" || argument == "fleet.fabric")
      one["x-catalog"] = argument == "fleet.fabric" ? "fabric" : argument;
    else if (key.key == std::string_view("name")) one["x-catalog"] = "accelerator";
    else one = {{"type", "integer"}, {"minimum", 1}, {"default", 1}};
    if (argument == "zero_stage")  // a number to YAML, a word to the wall
      for (int stage = 0; stage < 4; ++stage) one["enum"].push_back(stage);
    for (const auto& [name, preset] : {std::pair{"duration_days", Json(30)}, {"overlap_comm", Json(nullptr)}})
      if (argument == name) preset.is_null() ? void(one.erase("default")) : void(one["default"] = preset);
    if (argument == "is_training") one.erase("default");
    one["description"] = key.doc;
    properties[key.key] = std::move(one);
  }
  return properties;
}

}  // namespace

Json scorecard_json(const Question& q, const std::vector<double>& result, std::string_view name,
                    const std::vector<Assertion>& assertions) {
  const Table& t = q.table();
  const auto value = [&](const char* path) { return result[static_cast<std::size_t>(t.output(path))]; };
  const auto argument = [&](const char* path) { return q.row()[static_cast<std::size_t>(t.input(path))]; };
  const auto missed = [&](std::string_view level) {
    return std::ranges::any_of(assertions, [&](const Assertion& a) {
      return t.out.all[a.output].path.starts_with(level) && !asserted(a, result[a.output]).met;
    });
  };
  const bool fits = value("feasible") != 0, costs = argument("performance_only") == 0;
  // The original passes the speed of what does not fit.
  const bool answered = fits || q.set_name() == "mlsysim-0.1";
  Json json{{"scenario", name},
            {"f_status", !fits || missed("feasib") ? "FAIL" : "PASS"},
            {"p_status", !answered                ? "SKIPPED"
                         : missed("performance.") ? "FAIL"
                                                  : "PASS"},
            {"m_status", !costs             ? "SKIPPED"
                         : missed("macro.") ? "FAIL"
                                            : "PASS"}};
  const auto put = [&](const auto& scores) {
    for (const Score& score : scores) json[score.key] = value(score.path) / score.over;
  };
  json["f_memory_used_gb"] = value("feasibility.memory_used") / 1e9;
  if (argument("is_training") != 0) put(together);
  else put(alone);
  if (costs) put(macro);
  return json;
}

Json assertions_json(const Table& table, const std::vector<Assertion>& assertions, const std::vector<double>& result) {
  Json all = Json::array();
  for (const Assertion& a : assertions) {
    const Field& field = table.out.all[a.output];
    const Asserted is = asserted(a, result[a.output]);
    Json one{{"metric", json_key(field)}, {"value", json_cell(field, result[a.output])}};
    if (a.least) one["min"] = json_cell(field, *a.least);
    if (a.most) one["max"] = json_cell(field, *a.most);
    const int fits = table.output("feasible");  // nothing is asserted of what does not fit
    one["met"] = fits >= 0 && result[static_cast<std::size_t>(fits)] == 0 ? Json(nullptr) : Json(is.met);
    one[is.met ? "room" : "by"] = json_cell(field, is.by);
    one["place"] = a.place;
    all.push_back(std::move(one));
  }
  return all;
}

Json plan_schema_json() {
  const Table& table = *mlsysim::table("system");
  Json json{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
            {"title", "plan"},
            {"description", "a model on so many devices, in a region for a time, and what must hold"},
            {"type", "object"}};
  Json& properties = json["properties"];
  properties["version"] = {{"type", Json::array({"string", "number"})}, {"description", "of the format: any"}};
  properties["name"] = {{"type", "string"}, {"description", "what the answer is called"}};
  properties["assumptions"] = {{"type", "string"}, {"x-catalog", "assumptions"}};
  for (const char* section : {"workload", "hardware", "ops"}) {
    Json& one = properties[section];
    one = {{"type", "object"}, {"properties", properties_of(table, section)}, {"additionalProperties", false}};
    if (section != std::string_view("ops")) one["required"] = {"name"};
  }
  // A figure of the device by its path.
  properties["hardware"]["patternProperties"] = {{"\\.", {{"type", Json::array({"number", "string"})}}}};
  const Json limit{{"type", Json::array({"number", "string"})},
                   {"description", "a bare number is in the metric's own unit"}};
  Json metric{{"type", "string"}, {"examples", Json::array()}};
  for (const Field& field : table.out.all)
    if (field.is_figure()) metric["examples"].push_back(field.path);
  properties["constraints"] = {{"type", "object"},
                               {"properties",
                                {{"assert",
                                  {{"type", "array"},
                                   {"items",
                                    {{"type", "object"},
                                     {"properties", {{"metric", metric}, {"max", limit}, {"min", limit}}},
                                     {"required", {"metric"}},
                                     {"anyOf", Json::array({{{"required", {"max"}}}, {{"required", {"min"}}}})},
                                     {"additionalProperties", false}}}}}}},
                               {"additionalProperties", false}};
  json["required"] = {"workload", "hardware"};
  json["additionalProperties"] = false;
  return json;
}

}  // namespace mlsysim
