#pragma once
// Reads one entry from YAML (of which JSON is a part). The build's generator and a user's own files share this loader.
#include <functional>
#include <memory>
#include "mlsysim/catalog/catalog.hpp"

namespace mlsysim {

struct LoadOptions {
  std::string kind;           // "accelerator"; empty: the file says `kind:`
  std::string id;             // the file's name
  std::string file;           // how errors name the file
  bool known_sources = true;  // a source must be an id of data/sources (else any text)
  std::span<const Source> sources{};
  // Finds entries that this one refers to, or is like.
  std::function<const Entry*(std::string_view kind, std::string_view name)> find;
  const Entry* base = nullptr;  // of an overlay: the row whose figures it changes
  std::function<std::string(std::string_view kind, std::string_view name)> nearest{};  // where `find` finds nothing
};

/// Nothing where the text can't be read; what is wrong is in `problems`, each with file:line:column.
std::unique_ptr<OwnedEntry> load_entry(std::string_view text, const LoadOptions& options, Problems& problems);

/// data/sources/*.yaml: id to title, publisher, url, date.
void load_sources(std::string_view text, std::string_view file, std::deque<std::string>& texts,
                  std::vector<Source>& sources, Problems& problems);

}  // namespace mlsysim
