#pragma once
// How a training step is cut over a fleet: the rules that a cut must keep. A search counts by rule what one that asks is told of.
#include <cmath>
#include <vector>
#include "mlsysim/catalog/model.hpp"

namespace mlsysim {

/// The whole numbers that divide `whole`, up to `most`, in order.
inline std::vector<double> divisors(double whole, double most) {
  std::vector<double> low, high;
  for (double d = 1; d * d <= whole; ++d)
    if (std::fmod(whole, d) == 0) {
      low.push_back(d);
      if (d * d != whole) high.push_back(whole / d);
    }
  low.insert(low.end(), high.rbegin(), high.rend());
  while (!low.empty() && low.back() > most) low.pop_back();
  return low;
}

/// ZeRO stages that a search looks at.
enum class AnyZeroStage { any, none, optimizer, gradients, weights };
template <>
struct Words<AnyZeroStage> {
  static constexpr const char* all[] = {"any", "0", "1", "2", "3"};
};

/// Degrees and sizes as they are asked for. What is NaN is left open, and no rule is broken by it.
struct TrainingCut {
  double devices, batch, length, tp, pp, cp, ep, chunks, microbatch, shard;

  double copies() const { return devices / (tp * pp); }  // of the weights of layers
  double replicas() const { return copies() / cp; }
  double microbatches() const { return batch / (replicas() * microbatch); }
};

/// In the order in which they are looked at.
enum class CutRule {
  none,
  heads,         // tp divides heads and width
  layers,        // pp x chunks divides the layers, or layers and both tables
  sequence,      // cp divides a sequence
  fleet,         // tp x pp x cp divides the devices
  experts,       // ep divides the experts of a layer
  expert_group,  // ep divides the devices of a stage
  chunks,        // a pipeline of one stage has nothing to interleave
  batch,         // whole microbatches for every replica
  interleaving,  // its microbatches come in groups of as many as there are stages
  shard,         // shards of a copy divide the copies
};
CutRule first_broken(const Model<double>& m, const TrainingCut& cut);

/// The first rule that the cut breaks, with its numbers and the nearest that would not.
void refuse_training_cut(const Model<double>& m, const TrainingCut& cut, Problems& problems);

}  // namespace mlsysim
