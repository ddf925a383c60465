#pragma once
// Files of published measurements, one row a figure that somebody measured (docs/measurement-format.md).
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "mlsysim/evidence/columns.hpp"
#include "mlsysim/units/problem.hpp"

namespace mlsysim {

struct MeasurementFile;

/// A row, by the names of its columns.
struct Measurement {
  const MeasurementFile* file = nullptr;
  int line = 0;
  std::vector<std::string_view> cells;  // of the known columns, in alphabetical order; views into the file

  /// What stands in a column, without surrounding spaces; empty where the file has no such column.
  std::string_view operator[](std::string_view column) const;
};

/// Rows and what they view: stays where it was read.
struct MeasurementFile {
  std::string name;
  std::vector<Measurement> rows;
  std::deque<std::string> texts;

  MeasurementFile() = default;
  MeasurementFile(const MeasurementFile&) = delete;
  MeasurementFile& operator=(const MeasurementFile&) = delete;
};

/// Reads comma-separated rows under a line of column names (RFC 4180: cells in double quotes may hold commas, quotes and
/// lines). Nothing where it is no such file; a row that can't be read is a problem with its line, and the others are kept.
std::unique_ptr<const MeasurementFile> read_measurements(std::string text, std::string_view name, Problems& problems);

/// The rows that ship.
const MeasurementFile& published_inference();
const MeasurementFile& published_training();

}  // namespace mlsysim
