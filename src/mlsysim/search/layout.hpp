#pragma once
// How the training of a system is split, where the question does not say.
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

/// Gives the question of a system the fastest layout that fits, as the parallelism optimizer finds it, and remarks so. Where
/// none fits, the question stays as it is and is remarked with what the smallest needs. Nothing happens to a question that
/// does not train.
void choose_layout(Question& system);

}  // namespace mlsysim
