#pragma once
// The original's plan files: a workload on so many devices, in a region for a time, with what must hold.
#include "mlsysim/ask/plan.hpp"

namespace mlsysim {

bool is_system_plan(const YAML::Node& root);
/// The question that the plan puts to `table`: of the sections' keys, those that the wall has an argument for.
std::optional<Plan> read_system_plan(Document& document, const YAML::Node& root, const Table* table,
                                     BroughtSet assumptions, const Catalog& catalog);
/// `constraints: {assert: […]}`.
void read_constraints(Document& document, const Table& table, const YAML::Node& constraints,
                      std::vector<Assertion>& assertions);

}  // namespace mlsysim
