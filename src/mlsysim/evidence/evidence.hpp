#pragma once
// Measurements as cases, ready to be predicted again and again under other constants of engines and stacks: what a fit needs.
#include <map>
#include <memory>
#include <string>
#include <vector>
#include "mlsysim/evidence/cases.hpp"
#include "mlsysim/evidence/named.hpp"

namespace mlsysim {

template <>
struct Words<Metric> {
  static constexpr const char* all[] = {"decode_rate",     "itl",     "itl_mixed",  "ttft",
                                        "prefill_rate",    "latency", "throughput", "throughput_in_flight",
                                        "energy_per_token", "step_time", "throughput_per_device", "memory_reserved",
                                        "device_time"};
};
constexpr const char* word(Metric metric) { return Words<Metric>::all[static_cast<int>(metric)]; }
/// More is better: the inverse of a time.
constexpr bool is_rate(Metric metric) {
  return metric == Metric::decode_rate || metric == Metric::prefill_rate || metric == Metric::throughput ||
         metric == Metric::throughput_in_flight || metric == Metric::throughput_per_device;
}
/// Of a prediction, in base units: "token/s", "s", "J/token", "B".
const char* unit_of(Metric metric);
/// A figure as people read it: "120 token/s", "38 ms".
std::string figure_of(double value, Metric metric);

/// The files that were named, or where none was the measurements that ship.
struct MeasurementFiles {
  std::vector<std::unique_ptr<const MeasurementFile>> own;
  std::vector<const MeasurementFile*> all;  // empty where none could be read
  Problems unreadable;                      // rows, and files beside others that could be read
};
MeasurementFiles open_measurements(const std::vector<std::string>& paths);

/// Why a row's unit is not that of its metric; empty where it is, or none is stated.
std::string unit_conflict(const Measurement& row);

/// A file's rows as cases, in order. Of several rates of one run of training one is compared.
std::vector<Case> cases_of(const MeasurementFile& file, const Catalog& catalog);

/// Constants of engines, of training stacks and of kernels in training by "id.field", in base units.
using Constants = std::map<std::string, double>;

/// Predictions of all cases, or, under other constants, of those that they concern: of their engines, and all of training where one is
/// of a stack or of kernels; NaN elsewhere and where a case could not be posed. What a constant is called is looked up once a call, not
/// once a case. `result`, the path of a result of the wall `training`, asks cases of training for that instead of what was measured.
std::vector<double> predicted(const std::vector<Case>& cases, const Constants& constants, Problems& problems,
                              std::string_view result = {});

}  // namespace mlsysim
