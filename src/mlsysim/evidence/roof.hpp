#pragma once
// What no engine can beat: weights and caches read once at the full bandwidth of the data sheet, arithmetic at the full peak of
// the fastest format that the weights allow.
#include "mlsysim/evidence/cases.hpp"

namespace mlsysim {

struct RoofShare {
  double share = 0;        // of the roof that the measurement implies: above 1 can't be
  double predicted = 0;    // what a device at its roof would measure, in the unit of the metric
  bool by_memory = false;  // which of the two it is

  /// Beyond what is rounded in figures and published lengths, and what the row doesn't state.
  bool impossible(double assumed) const { return share > slack * assumed; }

  static constexpr double slack = 1.05;
};

/// Share 0 of energy, which has no such roof, and of training, whose share is its MFU.
RoofShare roof_share(const Case& c);

/// What usually makes such a figure, the likeliest first, with what it would come to.
std::string likely_causes(const Case& c, const RoofShare& roof);

}  // namespace mlsysim
