#pragma once
// Who is who in a row of measurements: entries of the catalog, or what the row itself says of a model.
#include <optional>
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/catalog/catalog.hpp"
#include "mlsysim/catalog/engine.hpp"
#include "mlsysim/catalog/model.hpp"
#include "mlsysim/evidence/measurements.hpp"

namespace mlsysim {

/// An entry's figures as a struct.
template <template <class> class E>
E<double> loaded(const Entry& entry) {
  std::vector<double> cells;
  for (const Figure& figure : entry.figures) cells.push_back(figure.value);
  E<double> result;
  Load<double> load{cells.data()};
  E<double>::fields(result, load);
  return result;
}

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }
std::string lower_case(std::string_view text);

/// A number in a column; nothing where the cell is empty or no number.
std::optional<double> number(const Measurement& row, std::string_view column);

struct NamedModel {
  std::string id;
  Model<double> model;
};
/// By name where the catalog has it and the row's shape, if any, agrees; else by the row's shape.
std::optional<NamedModel> model_of(const Measurement& row, const Catalog& catalog);
const Entry* device_of(const Measurement& row, const Catalog& catalog);
/// The class whose names occur in the row's engine; nullptr where the row names none that is known.
const Entry* engine_of(const Measurement& row, const Catalog& catalog);
/// The class that an engine or a stack is of: what it is like, to the last; itself where it is like none.
const Entry& engine_class(const Entry& engine, const Catalog& catalog);

}  // namespace mlsysim
