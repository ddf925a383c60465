#pragma once
// What others say of a case, in the unit of `predicted(case)`: a roofline alone or a constant, and the original package. What the
// operators and the constants of engines and stacks are worth is measured by them.
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/evidence/cases.hpp"

namespace mlsysim {

/// A step of inference takes the longer of its arithmetic at half of the peak and its bytes at the bandwidth of the data sheet; a device draws its
/// power limit. No kernel, no engine, nothing fitted.
double roofline_alone(const Case& c);

/// A step of training reaches a share of the peak: the median one of the published runs of its chip that other sources report, of
/// any chip where there are none. A device holds 16 bytes for each parameter, shared out over those that cut the model.
class ConstantShares {
 public:
  explicit ConstantShares(const std::vector<Case>& published);
  double predicted(const Case& c) const;

 private:
  struct Run {
    std::string chip, source;
    double share;
  };
  std::vector<Run> runs_;
};

/// The serving model of the original package (0.1.1), or its model of distributed training, on our figures of model and devices. NaN
/// where it is not made for the case: serving on several devices, sequences that several devices share.
double original_package(const Case& c, const Assumptions<double>& set);

}  // namespace mlsysim
