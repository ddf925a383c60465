#pragma once
// A measured row of training as a question, or why it can't be one.
#include <map>
#include "mlsysim/evidence/named.hpp"
#include "mlsysim/walls/training.hpp"

namespace mlsysim {

enum class TrainingMetric { step_time, throughput_per_device, memory };
template <>
struct Words<TrainingMetric> {
  static constexpr const char* all[] = {"step_time", "throughput_per_device", "memory"};
};

struct TrainingCase {
  const Measurement* row = nullptr;
  std::string reason;       // why it can't be predicted; empty where it can
  std::string stack;        // id of the class of stacks: the group
  std::string regime;       // of a group: "training, dense"
  std::string model, chip;  // ids, or the names of the row
  std::string source, experiment;
  TrainingMetric metric{};
  double measured = 0;  // in base units
  double assumed = 1;   // factor by which columns that are not stated may move the prediction, at least 1
  bool complete = true; // all that a prediction needs is stated
  std::string missing;  // columns that are not
  std::string generation;  // id of the device's kernels
  TrainingQuery<double> query;

  bool posed() const { return reason.empty(); }
};

/// Whether a row is one of training.
bool is_training(const Measurement& row);
TrainingCase pose_training(const Measurement& row, const Catalog& catalog);

/// What the row would measure, in base units.
double predicted(const TrainingCase& c, const TrainingStack<double>& stack, const TrainingKernels<double>& kernels);

/// Predictions of all cases under other constants, named "stack-id.field" or "kernels-id.field", in base units; NaN where a case
/// could not be posed. `result` picks another result than the one that was measured, by its path.
std::vector<double> predicted(const std::vector<TrainingCase>& cases, const std::map<std::string, double>& constants,
                              const std::string& result, Problems& problems);

}  // namespace mlsysim
