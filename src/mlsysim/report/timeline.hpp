#pragma once
// One step of training on the stages of a pipeline, as slices of time: what an answer of the wall `training` says, laid out in order.
#include <string>
#include <vector>
#include "mlsysim/walls/training.hpp"

namespace mlsysim {

enum class SliceKind { forward, recomputation, backward, communication, steady, gradients, optimizer, host, straggler };
template <>
struct Words<SliceKind> {
  static constexpr const char* all[] = {"forward",
                                        "recomputation",
                                        "backward",
                                        "exposed communication",
                                        "steady state",
                                        "exchange between replicas",
                                        "optimizer",
                                        "host",
                                        "waiting for the slowest node"};
};

inline const char* word(SliceKind k) { return Words<SliceKind>::all[static_cast<int>(k)]; }

/// What a rank of a stage does for a time. Exposed communication runs on a stream of its own; nothing computes meanwhile.
struct Slice {
  int stage = 0;
  SliceKind kind{};
  int microbatch = -1, chunk = 0;  // -1: of the step
  Time<double> start, length;
};

struct Timeline {
  int stages = 1, microbatches = 1, chunks = 1;
  double ranks = 1;  // devices that do the same in each stage: tensor- and context-parallel ones of all replicas
  Time<double> step;
  std::vector<Slice> slices;  // of a stage in order
  // Of a timeline with its middle left out: what is drawn as one slice a stage.
  int hidden = 0;  // microbatches
  Time<double> hidden_from, hidden_to;
};

/// Simulated in the order that the schedule gives each stage, every stage as slow as the slowest: it ends when the answer says. `zero_bubble`
/// has no order that the answer could be laid out in (drawable says so).
bool drawable(const TrainingQuery<double>& q);
Timeline timeline_of(const TrainingQuery<double>& q, const TrainingResult<double>& r);
/// The same with at most so many slices: the middle of the pipeline's steady state becomes one slice a stage.
Timeline condensed(const Timeline& whole, std::size_t most);

/// Chrome's trace format, which ui.perfetto.dev opens: a process a stage, a thread a stream.
std::string timeline_json(const Timeline& t);
/// A stand-alone SVG: a row a stage.
std::string timeline_svg(const Timeline& t, const std::string& title);

}  // namespace mlsysim
