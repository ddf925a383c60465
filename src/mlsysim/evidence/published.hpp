#pragma once
// The measurements that ship, as tools/compile_measurements.cpp writes them.
#include <cstddef>
#include <cstdint>

namespace mlsysim::published {

struct Table {
  const char* name;  // of the file
  std::size_t row_count;
  const char* texts;          // every different text, one behind the other
  const std::uint32_t* ends;  // of each text
  const std::uint16_t* rows;  // for each row its line, then the place of the text of each column
};
/// Inference, training.
extern const Table tables[2];

}  // namespace mlsysim::published
