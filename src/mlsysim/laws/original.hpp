#pragma once
// Closed forms of the original package (0.1.1) that first principles do not support. They are computed only under the
// assumptions `mlsysim-0.1`, so that its documents print its figures; docs/differences.md says why each one is not ours.
#include "mlsysim/units/quantity.hpp"

namespace mlsysim::original {

/// Weights, and a tenth of them again for every sample.
///
///     Q = W (1 + r B)
///
/// W  weights   bytes of weights                       [byte]
/// r  rereads   share read again for each sample, 0.1  [1]
/// B  batch     samples                                [1]
///
/// Valid:   nowhere: intensity saturates at 2 P / (r W), so that a language model never becomes compute-bound.
/// Source:  mlsysim-0.1.1, Engine.solve
/// Example: weights=16.06GB rereads=0.1 batch=32
template <class T>
constexpr Data<T> traffic(Data<T> weights, T rereads, T batch) {
  return cite(weights * (T(1.0) + rereads * batch), "mlsysim-0.1.1, Engine.solve");
}

/// Hardware utilisation as a fixed tenth over model utilisation.
///
///     HFU = min(1, 1.1 MFU)
///
/// MFU  mfu   utilisation of the model   [1]
///
/// Valid:   nowhere: the ratio depends on what is recomputed.
/// Source:  mlsysim-0.1.1, Engine.solve
/// Example: mfu=0.4
template <class T>
constexpr T hardware_utilisation(T mfu) {
  return cite(min(T(1.0), T(1.1) * mfu), "mlsysim-0.1.1, Engine.solve");
}

}  // namespace mlsysim::original
