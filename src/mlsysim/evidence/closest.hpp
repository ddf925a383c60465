#pragma once
// The published measurements that are closest to a question: what an answer rests on.
#include "mlsysim/ask/question.hpp"
#include "mlsysim/evidence/evidence.hpp"

namespace mlsysim {

struct NearMeasurement {
  Case posed;
  double predicted = 0;  // in the unit of its metric
  double distance = 0;   // root of the sum of squares of ln ratios, and a little for another chip or model
  std::string what;      // "Llama-3.1-8B on H100, batch 34, vLLM"
};

struct Evidence {
  std::string kind;                    // "decoding", "training": what rows were looked at
  std::string with;                    // the engine or the stack
  std::size_t alike = 0, on_chip = 0;  // rows of this class of engines and kind; of them on this chip
  std::vector<NearMeasurement> near;   // the closest first, one of each source, model, chip and count
  // In which directions the question lies outside all of them: "4,096 sequences at a time, measured up to 512".
  std::vector<std::string> beyond;
};

/// Of the walls that answer operator by operator: steps for `inference` and `training`, throughput and time between tokens for
/// serving capacity. Nothing of other walls and of questions at first order.
Evidence evidence_for(const Question& question, const std::vector<double>& result, std::size_t most = 3);

}  // namespace mlsysim
