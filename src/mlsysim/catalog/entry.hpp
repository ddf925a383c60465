#pragma once
// What a catalog entry is at run time: a row of figures in the order of its kind's fields.
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

enum class Kind : char { not_stated, stated, derived, measured, estimated, fitted, original, given, preset };
constexpr const char* word(Kind kind) {
  constexpr const char* words[] = {"not stated", "stated",   "derived", "measured", "estimated",
                                   "fitted",     "original", "given",   "default"};
  return words[static_cast<int>(kind)];
}

/// A number in data/ with where it comes from. `value` is in base units, NaN where nothing is stated; of a choice, the index.
struct Figure {
  double value = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN(), high = std::numeric_limits<double>::quiet_NaN();
  Kind kind = Kind::not_stated;
  int line = 0;
  std::string_view source{}, where{}, read{}, note{};
  std::string_view inherited{};  // the entry it was copied from by `like`
};

struct Source {
  std::string_view id, title, publisher, url, date;
};

struct Entry {
  std::string_view kind, id, name, registry, file;
  std::string_view set{};  // the set of assumptions whose figures it holds; empty for the catalog's own
  std::span<const std::string_view> aliases{};
  std::span<const Figure> figures{};
};

/// The kinds of entry, in the order in which they refer to each other.
struct EntryKind {
  const char* name;    // "accelerator"
  const char* folder;  // "accelerators", also the word after `mlsysim zoo`
  const char* doc;
  const Fields& (*fields)();
};
std::span<const EntryKind> entry_kinds();
const EntryKind* entry_kind(std::string_view name_or_folder);

}  // namespace mlsysim
