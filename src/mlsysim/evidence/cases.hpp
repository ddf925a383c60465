#pragma once
// A measured row as a question: which result of which configuration it is a figure of, or why that can't be said.
#include <string>
#include "mlsysim/catalog/catalog.hpp"
#include "mlsysim/evidence/measurements.hpp"
#include "mlsysim/walls/inference.hpp"

namespace mlsysim {

/// What a row measures, in the words of the wall's results.
enum class Metric {
  decode_rate,
  itl,
  itl_mixed,
  ttft,
  prefill_rate,
  latency,
  throughput,
  throughput_in_flight,
  energy_per_token
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
  std::string engine;       // id of the class of engines: the group
  std::string regime;       // of a group: "decode, batch 1, 16-bit"
  std::string model, chip;  // ids, or the names of the row
  std::string source, experiment;
  Metric metric{};
  double measured = 0;  // in base units
  double assumed = 1;   // factor by which columns that are not stated may move the prediction, at least 1
  double replicas = 1;  // that serve beside each other
  InferenceQuery<double> query;

  bool posed() const { return reason.empty(); }
};

/// `catalog` finds the names of models, devices and engines.
Case pose(const Measurement& row, const Catalog& catalog);

/// The regime that a metric of a question belongs to: "decode, batch 1, 16-bit".
std::string regime_of(const Case& c);

/// What a predictor says of a case, in base units: sequences that run, and what their steps take.
struct Steps {
  double batch = 1, in_flight = 1;  // sequences that start together, or that are in flight
  double ttft = 0, itl = 0, itl_in_flight = 0, itl_mixed = 0;
  double energy_per_token = 0;
};
/// The metric of a case, from steps.
double figure(const Case& c, const Steps& steps);

/// What the row would measure, in base units, under these constants of its engine.
double predicted(const Case& c, const InferenceEngine<double>& engine);
inline double predicted(const Case& c) { return predicted(c, c.query.engine); }

}  // namespace mlsysim
