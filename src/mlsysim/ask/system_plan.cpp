#include "mlsysim/ask/system_plan.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "mlsysim/catalog/model.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

constexpr const char* joined = "";  // given together with others
constexpr PlanKey keys[] = {
    {"workload", "name", "model", "the network: a name or a file"},
    {"workload", "batch_size", "batch_size", "sequences or samples of a step"},
    {"workload", "seq_len", "seq_len", "tokens of each sequence (a language model: 2048)"},
    {"workload", "is_training", "is_training", "train together (more than one device: true)"},
    {"workload", "is_lora", "is_lora", "train low-rank adapters"},
    {"workload", "activation_recomputation", "activation_recomputation", "recompute activations"},
    {"workload", "kv_precision", "kv_precision", "number format of the cache"},
    {"hardware", "name", joined, "the device: a name or a file"},
    {"hardware", "nodes", joined, "how many of it: accelerators, as in the original (1)"},
    {"hardware", "precision", "precision", "number format of weights and arithmetic"},
    {"hardware", "efficiency", "efficiency", "share of the compute peak that kernels reach (eta)"},
    {"hardware", "fabric", "fleet.fabric", "what joins nodes (infiniband-ndr)"},
    {"hardware", "tp_size", "tp_size", "tensor parallelism"},
    {"hardware", "pp_size", "pp_size", "pipeline stages"},
    {"hardware", "ep_size", "ep_size", "expert parallelism"},
    {"hardware", "microbatch_count", "microbatch_count", "microbatches of a replica"},
    {"hardware", "zero_stage", "zero_stage", "ZeRO stage"},
    {"hardware", "overlap_comm", "overlap_comm", "gradients are exchanged during the backward pass (training: true)"},
    {"ops", "region", "grid", "where the machines stand"},
    {"ops", "duration_days", "duration_days", "time of use (30)"},
    {"ops", "kwh_price", "kwh_price", "price of electricity (the region's)"},
    {"ops", "amortization_years", "amortization_years", "life of the machines"},
    {"ops", "infrastructure_multiplier", "infrastructure_multiplier", "price of all over that of accelerators"},
};
/// What decides how training is split: where a plan says none of it, the best is searched for.
constexpr std::string_view layout[] = {"tp_size",          "pp_size",    "ep_size",
                                       "microbatch_count", "zero_stage", "activation_recomputation"};
constexpr const char* sections[] = {"version", "name", "workload", "hardware", "ops", "constraints", "assumptions"};

std::string text_of(const YAML::Node& node) { return node && node.IsScalar() ? node.Scalar() : ""; }

struct Reader {
  Document& document;
  Plan& plan;
  const Table& table;
  std::map<std::string, std::pair<YAML::Node, YAML::Node>> found{};  // "hardware.nodes": key and value

  bool asks(std::string_view argument) const { return table.input(argument) >= 0 || table.entity(argument); }
  std::string given(const char* path) const {
    const auto at = found.find(path);
    return at == found.end() ? "" : at->second.second.Scalar();
  }

  void section(const char* name, const YAML::Node& node) {
    if (node.IsNull()) return;
    if (!node.IsMap()) return document.report(node.Mark(), name, fmt::format("{} must be a mapping", name));
    for (const auto& pair : node) {
      const std::string key = text_of(pair.first), path = fmt::format("{}.{}", name, key);
      const auto known = std::ranges::find_if(
          keys, [&](const PlanKey& one) { return one.section == std::string_view(name) && key == one.key; });
      if (known == std::end(keys) && (name != std::string_view("hardware") || key.find('.') == std::string::npos)) {
        std::vector<std::string> near;
        for (const auto& one : keys)
          if (one.section == std::string_view(name)) near.emplace_back(one.key);
        document.report(pair.first.Mark(), path, fmt::format("{} is not a field of {}", quotable(path), name),
                        nearest(key, near));
        continue;
      }
      if (!found.emplace(path, std::pair(pair.first, pair.second)).second) {
        document.report(pair.first.Mark(), path, fmt::format("{} is given twice", path));
        continue;
      }
      if (!document.scalar(path, pair.second)) continue;
      // A figure of the device by its path: hardware: {memory.bandwidth: 8 TB/s}.
      const std::string argument = known != std::end(keys) ? known->argument
                                   : table.entity("fleet") ? "fleet.node.accelerator." + key
                                                           : path;
      if (argument == joined || (known != std::end(keys) && !asks(argument))) continue;
      if (argument == "grid" && !honours_regions(pair.second.Scalar())) continue;
      document.give(plan.question, argument, pair.second.Scalar(), pair.first, pair.second);
    }
  }

  bool original() const { return plan.question.set_name() == "mlsysim-0.1"; }
  /// The original reads a region and does not look at it.
  bool honours_regions(const std::string& region) {
    if (!original()) return true;
    if (folded(region) != folded("US_Avg"))
      plan.question.remark(fmt::format("ops.region {} is not looked at, as in the original: US average", region));
    return false;
  }

  /// The device, so many times: as a fleet, or alone to a wall that asks for one.
  void machines(const YAML::Node& hardware) {
    const std::string device = given("hardware.name");
    if (device.empty()) {
      if (!hardware || !hardware.IsMap() || !found.contains("hardware.name"))
        document.report(hardware ? hardware.Mark() : YAML::Mark::null_mark(), "hardware.name",
                        "hardware.name is missing: the device (mlsysim zoo accelerators lists all)");
      return;
    }
    const auto& [key, value] = found.at("hardware.name");
    if (!table.entity("fleet")) return document.give(plan.question, "hardware", device, key, value);
    // The nodes of the original are accelerators, eight to a node; so many of them, and at least one node.
    const bool stated = found.contains("hardware.nodes");
    const std::string count = stated ? given("hardware.nodes") : "1";
    const auto number = parse_quantity(count);
    std::string fleet = fmt::format("{}:{}", device, count);
    if (!number || number->has_unit || number->value < 1 || number->value != std::floor(number->value))
      return document.report(found.at("hardware.nodes").second.Mark(), "hardware.nodes",
                             fmt::format("hardware.nodes = {} must be a whole number, at least 1", quotable(count)));
    const double devices = number->value;
    const bool many = devices > 1;
    if (original() && many) {
      fleet = fmt::format("{}:{:.0f}", device, std::max(1.0, std::floor(devices / 8)) * 8);
      plan.question.give("fleet.node.accelerator.scale_up.bandwidth_one_way", "450 GB/s");
      if (asks("tp_size") && !found.contains("hardware.tp_size"))
        plan.question.give("tp_size", fmt::format("{:.0f}", devices));
    }
    const auto& blamed = stated ? found.at("hardware.nodes") : found.at("hardware.name");
    const bool unknown = !plan.question.catalog().find("accelerator", device, plan.question.set_name());
    document.give(plan.question, "fleet", fleet, key, unknown ? value : blamed.second);
    if (asks("is_training") && many && !found.contains("workload.is_training"))
      plan.question.give("is_training", "true");
    const bool trains = found.contains("workload.is_training") ? folded(given("workload.is_training")) == "true" : many;
    if (asks("overlap_comm") && many && trains && !original() && !found.contains("hardware.overlap_comm"))
      plan.question.give("overlap_comm", "true");
    plan.layout_stated =
        original() || !many || !trains || std::ranges::any_of(layout, [&](std::string_view name) {
          return found.contains(fmt::format("hardware.{}", name)) || found.contains(fmt::format("workload.{}", name));
        });
  }

  /// What the format says where the file is silent.
  void presets() {
    if (asks("duration_days") && !found.contains("ops.duration_days")) plan.question.give("duration_days", "30");
    plan.question.settle();
    // The length of a sequence is a matter of language models.
    const int unit = table.input("model.forward_unit");
    if (!found.contains("workload.seq_len") && asks("seq_len") && unit >= 0 &&
        plan.question.row()[static_cast<std::size_t>(unit)] == static_cast<double>(ForwardUnit::token) && !original())
      plan.question.give("seq_len", "2048");
  }
};

}  // namespace

std::span<const PlanKey> plan_keys() { return keys; }

bool is_system_plan(const YAML::Node& root) { return root["workload"] || root["version"] || root["ops"]; }

void read_constraints(Document& document, const Table& table, const YAML::Node& node,
                      std::vector<Assertion>& assertions) {
  if (node.IsNull()) return;
  if (!node.IsMap()) return document.report(node.Mark(), "constraints", "constraints must be a mapping: assert");
  for (const auto& pair : node) {
    const std::string key = text_of(pair.first);
    if (key == "assert") assertions = read_assertions(document, table, pair.second);
    else
      document.report(pair.first.Mark(), "constraints." + key,
                      fmt::format("constraints.{} is not a field of constraints: assert", quotable(key)),
                      nearest(key, {"assert"}));
  }
}

std::optional<Plan> read_system_plan(Document& document, const YAML::Node& root, const Table* table,
                                     BroughtSet assumptions, const Catalog& catalog) {
  const std::string set = text_of(root["assumptions"]);
  Plan plan{
      .question = Question(*table, catalog, assumptions.or_own(set)), .name = text_of(root["name"]), .sections = true};
  Reader reader{document, plan, *table};
  std::map<std::string, int> seen;
  for (const auto& pair : root) {
    const std::string key = text_of(pair.first);
    if (std::ranges::find(sections, key) == std::end(sections))
      document.report(pair.first.Mark(), key, fmt::format("{} is not a section of a plan", quotable(key)),
                      nearest(key, sections));
    else if (++seen[key] > 1) document.report(pair.first.Mark(), key, fmt::format("{} is given twice", key));
    else if (key == "workload" || key == "hardware" || key == "ops")
      reader.section(key == "ops" ? "ops" : key == "workload" ? "workload" : "hardware", pair.second);
    else if (key == "constraints" && table->wall->name == std::string_view("system"))
      read_constraints(document, *table, pair.second, plan.assertions);
    else if (key != "constraints") document.scalar(key, pair.second);
  }
  for (const char* required : {"workload", "hardware"})
    if (!seen.contains(required))
      document.report(root.Mark(), required,
                      fmt::format("{} is missing: a plan needs workload and hardware", required));
  if (seen.contains("workload") && !reader.found.contains("workload.name"))
    document.report(root["workload"].Mark(), "workload.name",
                    "workload.name is missing: the network (mlsysim zoo models lists all)");
  if (seen.contains("hardware")) reader.machines(root["hardware"]);
  if (document.sound()) reader.presets();
  return plan;
}

}  // namespace mlsysim
