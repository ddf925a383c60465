#include "mlsysim/evidence/published.hpp"

#include "mlsysim/evidence/measurements.hpp"

namespace mlsysim {
namespace {

std::unique_ptr<const MeasurementFile> opened(const published::Table& table) {
  auto made = std::make_unique<MeasurementFile>();
  made->name = table.name;
  const std::size_t columns = measurement_columns().size();
  made->rows.reserve(table.row_count);
  const std::uint16_t* cell = table.rows;
  for (std::size_t i = 0; i < table.row_count; ++i) {
    Measurement& row = made->rows.emplace_back(Measurement{made.get(), *cell++, {}});
    row.cells.reserve(columns);
    for (std::size_t c = 0; c < columns; ++c, ++cell) {
      const std::uint32_t begin = *cell ? table.ends[*cell - 1] : 0;
      row.cells.emplace_back(table.texts + begin, table.ends[*cell] - begin);
    }
  }
  return made;
}

}  // namespace

const MeasurementFile& published_inference() {
  static const auto file = opened(published::tables[0]);
  return *file;
}
const MeasurementFile& published_training() {
  static const auto file = opened(published::tables[1]);
  return *file;
}

}  // namespace mlsysim
