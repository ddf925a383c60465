#pragma once
// One axis of a sweep, in the one grammar that every door takes:
//   name=a,b,c      a list of figures, words or names
//   name=lo..hi     every whole number (counts only)
//   name=lo..hi:9   that many, evenly spaced
//   name=lo..hi:x2  each twice the one before, and hi
//   name=lo..hi:log9  that many, evenly spaced in the logarithm
// Figures may carry units: hardware.memory.bandwidth=1TB/s..8TB/s:8.
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

struct Axis {
  std::string name;                                      // as the table spells it
  int input = -1;                                        // of a figure or a choice
  const EntityRange* entity = nullptr;                   // of an entity
  std::vector<double> values;                            // figures in base units, choices by index
  std::vector<std::string> names;                        // of entities
  std::vector<const Entry*> entries;                     // the same, found
  std::vector<std::shared_ptr<const OwnedEntry>> files;  // those of them that are files
  bool is_figure(const Table& table) const {
    return input >= 0 && table.in.all[static_cast<std::size_t>(input)].is_figure();
  }
  std::size_t size() const { return entity ? names.size() : values.size(); }
  /// What a table shows for a position on the axis.
  std::string label(const Table& table, std::size_t i) const;
};

/// Nothing where the text does not describe an axis of this wall; why is in `problems`.
std::optional<Axis> parse_axis(const Question& question, std::string_view text, Problems& problems);

}  // namespace mlsysim
