#pragma once
// A question as a document, in YAML or JSON. Either the arguments of a wall as keys (`mlsysim schema WALL` prints its schema), or
// a system in the sections of the original's plan files: workload, hardware, ops, constraints (`mlsysim schema plan`).
#include "mlsysim/ask/assertions.hpp"

namespace mlsysim {

struct Plan {
  Question question;
  std::vector<Assertion> assertions{};
  std::string name{};         // of a system plan
  bool sections = false;      // a system plan
  bool layout_stated = true;  // it says how training is split, or does not train
};

/// A key of a section, and the argument that it gives. `hardware.name` and `hardware.nodes` give one together: a fleet.
struct PlanKey {
  const char *section, *key, *argument, *doc;
};
std::span<const PlanKey> plan_keys();

/// The set of assumptions that whoever reads a plan brings. One that the environment names holds unless the plan states its own.
struct BroughtSet {
  std::string_view name;
  bool unless_stated = false;
  BroughtSet(std::string_view set, bool unless = false) : name(set), unless_stated(unless) {}
  BroughtSet(const std::string& set, bool unless = false) : name(set), unless_stated(unless) {}
  std::string_view or_own(std::string_view own) const {
    return !own.empty() && (name.empty() || unless_stated) ? own : name;
  }
};

/// Nothing, and no problem, where the file is not a plan (no `hardware`, `wall`, `model` or `workload` key: a model or a chip).
/// Problems carry file:line:column. A figure of an entry is given by its path: `hardware.memory.bandwidth: 8 TB/s`.
std::optional<Plan> read_plan(const std::string& path, BroughtSet assumptions, const Catalog& catalog,
                              Problems& problems);
/// The question that a system plan puts to another wall, such as a solver: those of its arguments that the wall has.
std::optional<Plan> read_plan_for(const Table& table, const std::string& path, BroughtSet assumptions,
                                  const Catalog& catalog, Problems& problems);

}  // namespace mlsysim
