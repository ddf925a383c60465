#pragma once
// The same wall over every combination of its axes. Names and choices are outer loops; numeric axes go through the wall in
// packs, so that a row has the bits of the single call. Rows come in blocks: memory does not grow with their number.
#include <functional>
#include "mlsysim/search/axis.hpp"

namespace mlsysim {

/// Rows first … first + count - 1 in the order of the axes, the last one fastest.
struct Block {
  std::size_t first = 0, count = 0;
  const std::vector<std::vector<double>>* columns = nullptr;  // [selected result][row in the block], base units
  const std::string* refused = nullptr;                       // why none of these rows has an answer, or nullptr
};

class Sweep {
 public:
  /// `base` is settled; it may lack what an axis gives. `results` are paths; all of them where none is named.
  Sweep(const Question& base, std::vector<Axis> axes, const std::vector<std::string>& results, Problems& problems);

  std::size_t rows() const { return rows_; }
  const std::vector<Axis>& axes() const { return axes_; }
  const std::vector<std::size_t>& results() const { return results_; }
  const Table& table() const { return base_.table(); }
  /// The position of a row on each axis.
  std::vector<std::size_t> position(std::size_t row) const;

  void run(const std::function<void(const Block&)>& take) const;

 private:
  const Question& base_;
  std::vector<Axis> axes_;
  std::vector<std::size_t> results_;
  std::size_t rows_ = 1;
};

}  // namespace mlsysim
