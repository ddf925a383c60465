#pragma once
// A measured row of training as a question, or why it can't be one.
#include "mlsysim/evidence/cases.hpp"

namespace mlsysim {

/// Whether a row is one of training.
bool is_training(const Measurement& row);
Case pose_training(const Measurement& row, const Catalog& catalog);
/// "training, dense"; of what is trained, memory and whole runs apart.
std::string training_regime(const TrainingQuery<double>& q, Metric metric);

/// What the row would measure, in base units.
double predicted(const Case& c, const TrainingStack<double>& stack, const TrainingKernels<double>& kernels);

/// Of several rows of one run, one time or rate is compared: tokens a second before the time of a step before arithmetic. The
/// others are refused, and say so.
void compare_runs_once(std::vector<Case>& cases);

/// Tokens of a step, for each device: what turns the time of a step into a rate.
double tokens_per_device(const TrainingQuery<double>& q);

}  // namespace mlsysim
