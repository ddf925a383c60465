#pragma once
// The grids that a fleet may stand in.
#include "mlsysim/catalog/ranged_body.hpp"
#include "mlsysim/catalog/system.hpp"

namespace mlsysim {

/// A JSON list of names, or names joined by commas.
struct Regions : RangedBody {
  static constexpr const char* kind = "names of grids";
  std::vector<std::string> names;  // as the catalog prints them
  std::vector<Grid<double>> grids;
  std::vector<const Entry*> entries;

  static std::shared_ptr<const Body> read(std::string_view text, const EntryFinder& finder, Problems& problems);
  std::vector<Figure> figures() const override;
  std::shared_ptr<const Body> with(std::span<const double> values) const override;
};

}  // namespace mlsysim
