#pragma once
// A measured row as a question: which result of which configuration it is a figure of, or why that can't be said.
#include <string>
#include <variant>
#include "mlsysim/catalog/catalog.hpp"
#include "mlsysim/evidence/measurements.hpp"
#include "mlsysim/walls/inference.hpp"
#include "mlsysim/walls/training.hpp"

namespace mlsysim {

/// What a row measures, in the words of the results of the walls `inference` and `training`.
enum class Metric {
  decode_rate,
  itl,
  itl_mixed,
  ttft,
  prefill_rate,
  latency,
  throughput,
  throughput_in_flight,
  energy_per_token,
  step_time,
  throughput_per_device,
  memory_reserved,
  device_time
};

/// A word of the column `measured_metric`.
struct MeasuredMetric {
  std::string_view name;
  Metric metric;           // of sequences that start together
  double unit;             // over the base unit
  bool prompt, generated;  // it depends on the tokens of a prompt, on those of an output
};
/// Nothing where that is no metric that is predicted.
const MeasuredMetric* measured_metric(const Measurement& row);

struct Case {
  const Measurement* row = nullptr;
  std::string reason;       // why it can't be predicted; empty where it can
  std::string engine;       // id of the class of engines, or of training stacks: the group
  std::string regime;       // of a group: "decode, batch 1, 16-bit"
  std::string model, chip;  // ids, or the names of the row
  std::string kernels;      // of training: id of the kernels of the chip's generation
  std::string missing;      // columns that are not stated and move the prediction
  std::string source, experiment;
  Metric metric{};
  double measured = 0;  // in base units
  double assumed = 1;   // factor by which columns that are not stated may move the prediction, at least 1
  double replicas = 1;  // that serve beside each other
  bool repeated = false;  // another row of its run is compared
  std::variant<InferenceQuery<double>, TrainingQuery<double>> query;

  bool posed() const { return reason.empty(); }
  bool trains() const { return std::holds_alternative<TrainingQuery<double>>(query); }
  InferenceQuery<double>& inference() { return std::get<InferenceQuery<double>>(query); }
  const InferenceQuery<double>& inference() const { return std::get<InferenceQuery<double>>(query); }
  TrainingQuery<double>& training() { return std::get<TrainingQuery<double>>(query); }
  const TrainingQuery<double>& training() const { return std::get<TrainingQuery<double>>(query); }
};

/// `catalog` finds the names of models, devices, engines and stacks.
Case pose(const Measurement& row, const Catalog& catalog);

/// The regime that a metric of a question belongs to: "decode, batch 1, 16-bit".
std::string regime_of(const Case& c);

/// What a predictor says of a case, in base units: sequences that run, and what their steps take.
struct Steps {
  double batch = 1, in_flight = 1;  // sequences that start together, or that are in flight
  double ttft = 0, itl = 0, itl_in_flight = 0, itl_mixed = 0;
  double energy_per_token = 0;
};
/// The metric of a case of inference, from steps.
double figure(const Case& c, const Steps& steps);

/// What the row would measure, in base units.
double predicted(const Case& c);
/// The same under these constants of its engine.
double predicted(const Case& c, const InferenceEngine<double>& engine);

}  // namespace mlsysim
