#pragma once
// Look-up of entries by name: those compiled in, those of the set of assumptions in force, and a user's own files.
#include "mlsysim/catalog/entry.hpp"

namespace mlsysim {

/// What the build compiled in from data/.
std::span<const Entry> built_in_entries();
std::span<const Source> built_in_sources();

/// An entry read from a file: owns what its views point to.
struct OwnedEntry {
  std::deque<std::string> texts;
  std::vector<std::string_view> aliases;
  std::vector<Figure> figures;
  Entry entry;
  std::string replaces;
  std::string precision;  // what the file stores weights in, where it says

  OwnedEntry() = default;
  OwnedEntry(const OwnedEntry&) = delete;
  OwnedEntry& operator=(const OwnedEntry&) = delete;
  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
};

class Catalog {
 public:
  /// The compiled-in entries and no other.
  Catalog() = default;

  /// The entry of that kind with that id, registry path or alias; case, "-", "_", "." and spaces do not matter, and a leading
  /// "Hardware.", "Models.", "Systems." or "Infra." is ignored. An entry of `set` comes before the catalog's own, a user's
  /// before both.
  const Entry* find(std::string_view kind, std::string_view name, std::string_view set = {}) const;
  /// The problem to report where `find` found nothing, with the nearest names.
  Problem missing(std::string_view kind, std::string_view name) const;
  /// All entries of a kind, a user's last, those of sets of assumptions left out.
  std::vector<const Entry*> all(std::string_view kind) const;

  /// Takes a user's entry. An id or alias that is taken is a problem unless the entry says `replaces`.
  void add(std::unique_ptr<OwnedEntry> entry, Problems& problems);

  static const Source* source(std::string_view id);

 private:
  std::vector<std::unique_ptr<OwnedEntry>> own_;
};

}  // namespace mlsysim
