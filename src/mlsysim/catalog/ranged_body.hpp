#pragma once
// A body that holds figures of catalog entries: they may have ranges, like figures that are arguments.
#include <span>
#include "mlsysim/catalog/entry.hpp"

namespace mlsysim {

struct RangedBody : Body {
  /// All its figures, in a fixed order.
  virtual std::vector<Figure> figures() const = 0;
  /// The same body with these values of them.
  virtual std::shared_ptr<const Body> with(std::span<const double> values) const = 0;
};

}  // namespace mlsysim
