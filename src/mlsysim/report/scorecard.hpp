#pragma once
// What became of a plan: the original's scorecard of three levels under its keys, and its assertions.
#include "mlsysim/ask/plan.hpp"
#include "mlsysim/report/json.hpp"

namespace mlsysim {

/// The original's flat record: scenario, f_status, p_status, m_status, f_memory_used_gb, p_latency (ms), p_throughput, p_mfu; of
/// a fleet that trains p_step_latency, p_comm_overhead (ms), p_fleet_throughput; m_carbon_footprint (t), m_energy_cost, m_capex.
Json scorecard_json(const Question& system, const std::vector<double>& result, std::string_view name,
                    const std::vector<Assertion>& assertions = {});
/// [{"metric", "value", "min", "max", "met", "by", "place"}], figures in base units under the metric's JSON key.
Json assertions_json(const Table& table, const std::vector<Assertion>& assertions, const std::vector<double>& result);

/// JSON Schema (2020-12) of a system plan.
Json plan_schema_json();

}  // namespace mlsysim
