#pragma once
// Where a measurement lies beside its prediction, nine times in ten.
#include "mlsysim/evidence/evidence.hpp"

namespace mlsysim {

struct ErrorBand {
  double low = 0, high = 0;  // of the predicted time
  const Entry* from = nullptr;

  /// Of a prediction, in its own unit; `assumed` is the factor by which what was not stated may move it.
  double least(double predicted, Metric metric, double assumed = 1) const {
    return predicted * (is_rate(metric) ? 1 / high : low) / assumed;
  }
  double most(double predicted, Metric metric, double assumed = 1) const {
    return predicted * (is_rate(metric) ? 1 / low : high) * assumed;
  }
};

/// That of a class of engines or stacks in a regime, by their names; where none of it was measured that of all classes in the regime,
/// or else `unmeasured` of the catalog.
ErrorBand band_of(const Catalog& catalog, std::string_view engine, std::string_view regime);
/// The id of a band: "compiled-decode-batch-1-16-bit".
std::string band_id(std::string_view engine, std::string_view regime);

}  // namespace mlsysim
