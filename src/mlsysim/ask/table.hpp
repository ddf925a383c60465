#pragma once
// What a wall takes and gives, by name: the table that questions, screens, JSON, Python and axes read.
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

/// A wall's fields as everything else reads them, made once.
struct Table {
  const Wall* wall = nullptr;
  Fields in, out;
  std::vector<double> low, high;  // ranges in base units
  std::vector<int> body_slot;     // of each input, -1 where it is no body
  int bodies = 0;

  Table() = default;
  explicit Table(const Wall& wall);

  /// The input with this path or second spelling ("tp_size", "tp", "tp-size"), or -1.
  int input(std::string_view path) const;
  int output(std::string_view path) const;
  /// The entity with this name ("hardware"), or nullptr.
  const EntityRange* entity(std::string_view name) const;
  /// The entity whose row holds this input, or nullptr.
  const EntityRange* holder(std::size_t input) const;

 private:
  std::unordered_map<std::string, int> inputs_, outputs_;
};
/// By the wall's name or its Python class; nullptr where there is none.
const Table* table(std::string_view wall);
/// Why `table` found none, with the nearest.
Problem no_wall(std::string_view name);
/// Why `table.output` found none, with the nearest.
Problem no_result(const Table& table, std::string_view name);

/// "at least 1", "1e-09 to 1", "a whole number, at least 1 token".
std::string range_text(const Field& field);
/// The word of a choice, `true` or `false` of a flag, the number with unit of a figure.
std::string shown(const Field& field, double base);

}  // namespace mlsysim
