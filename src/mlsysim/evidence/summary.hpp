#pragma once
// Predictions beside what was measured, row by row and by group.
#include <set>
#include "mlsysim/evidence/bands.hpp"

namespace mlsysim {

/// A row, predicted or with the reason why not.
struct ComparedRow {
  const Case* posed = nullptr;
  std::string reason;              // empty where it is predicted
  std::string nearest;             // names that an unknown model or device may mean
  bool chosen = true;              // of those that are to be shown
  bool complete = false;           // all that a prediction needs is stated
  double predicted = 0;            // in the unit of the metric
  // What a roofline alone says, or of training a constant share of the peak, and the original package; NaN where it says nothing.
  double naive = 0, original = 0;
  double low = 0, high = 0;        // nine in ten measurements lie between them

  bool is_predicted() const { return reason.empty(); }
  double error() const { return predicted / posed->measured - 1; }
  bool inside() const { return low <= posed->measured && posed->measured <= high; }
};

/// Errors are in percent of the measured figure. NaN of a group without a predicted row.
struct ComparedGroup {
  std::string engine, regime;
  std::vector<ComparedRow*> rows;  // also those that were not predicted
  std::set<std::string> metrics, sources;
  std::size_t predicted = 0;
  double median_ape = 0, p90_ape = 0;
  double bias = 0;        // median of predicted over measured, less 1
  double coverage = 0;    // share of rows inside their band
  double half_width = 0;  // median of what a band reaches to a side
  // Mean of ln: width of the band, and 20 times what a row is outside it (Gneiting and Raftery 2007).
  double interval_score = 0;
  double naive_median_ape = 0, naive_p90_ape = 0;
  double original_median_ape = 0, original_p90_ape = 0;  // of the rows that it answers
  std::size_t original_rows = 0;
  ErrorBand band;

  /// "decode, batch 1, 16-bit, compiled"
  std::string name() const { return regime + ", " + engine; }
};

struct Reason {
  std::string text, nearest;
  std::vector<const ComparedRow*> rows;
};

/// Rows of training, run by run.
struct TrainingRuns {
  std::size_t runs = 0, predicted = 0;
  std::size_t complete = 0, settled = 0;  // of them: everything stated that a prediction needs; all but what is computed again
  std::size_t ran = 0, fit = 0;  // configurations that ran, and of them those that are predicted to fit
  // Layouts of one model on one kind of chip, four and more: Spearman's rank correlation of predicted and measured rates.
  std::size_t rankings = 0;
  double ranking_median = 0, ranking_mean = 0;
};

struct Validation {
  std::vector<const MeasurementFile*> files;
  std::vector<Case> cases;
  std::vector<ComparedRow> rows;
  std::vector<ComparedGroup> groups;
  std::vector<Reason> reasons;  // most frequent first
  std::size_t predicted = 0, complete = 0, complete_predicted = 0;
  std::size_t repeated = 0;  // rows of runs that another row stands for
  TrainingRuns training;

  Validation() = default;
  Validation(Validation&&) = default;  // rows point at cases, groups at rows: they move as wholes
  Validation(const Validation&) = delete;
};

Validation validate(std::vector<const MeasurementFile*> files, const Catalog& catalog);

TrainingRuns training_runs(const std::vector<ComparedRow>& rows);

/// Of sorted values, between neighbours in proportion.
double quantile(const std::vector<double>& sorted, double share);

}  // namespace mlsysim
