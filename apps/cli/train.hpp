#pragma once
// What `train` and its screens share.
#include "mlsysim/walls/reliability.hpp"
#include "mlsysim/walls/training_optimizer.hpp"
#include "serve.hpp"

namespace mlsysim::cli {

/// A run as it was asked for, and what became of it: the search over what was left open, and the step of the layout that it chose.
struct TrainingRun {
  Question search;  // of training-optimizer
  std::vector<double> found;
  Candidates candidates;
  bool searched = false;  // more than one setting was priced
  Question step;          // of training, in the best layout
  std::vector<double> result;

  double of_search(const char* output) const { return Reader{search, found}.value(output); }
  double of_step(const char* output) const { return Reader{step, result}.value(output); }
};

/// A fleet as it really runs: interrupted, saved and restarted. Nothing where no tokens are stated.
std::optional<ReliabilityResult<double>> interruptions(const TrainingRun& run);
/// The run's price at that of a device; NaN without one. With the time that interruptions take where they are known.
double run_cost(const TrainingRun& run);

/// "--tp 8 --pp 4 --vpp 5 --mbs 1": the layout as flags.
std::string layout_flags(const TrainingRun& run);

/// A change after which the run fits: more devices, other ones, or what was held.
struct TrainingFix {
  std::string change;
  double needed = 0, available = 0;  // on each device
};
std::vector<TrainingFix> training_fixes(const Request& request, const Question& search);

std::string training_screen(const Request& request, const TrainingRun& run);
std::string no_layout_screen(const Request& request, const Question& search, const std::vector<double>& found,
                             const Candidates& candidates);

}  // namespace mlsysim::cli
