#pragma once
// A user's own files: a chip or a model by path wherever a name does, and the folders of $MLSYSIM_PATH.
#include <memory>
#include "mlsysim/catalog/catalog.hpp"

namespace mlsysim {

/// Does this look like a file rather than a name: it has a slash, or ends in .yaml, .yml or .json.
bool is_path(std::string_view text);

/// The whole file, or nothing and why.
std::optional<std::string> read_file(const std::string& path, Problems& problems);

/// An entry from a file: YAML as docs/data-format.md has it, or, for a model, a Hugging Face config.json.
/// `notes` gains what an importer wants a person to know.
std::shared_ptr<OwnedEntry> open_entry(std::string_view kind, const std::string& path, const Catalog& catalog,
                                       Problems& problems, std::vector<std::string>& notes);

/// Adds every *.yaml of the folders in $MLSYSIM_PATH (separated by ":").
void add_user_folders(Catalog& catalog, Problems& problems);

}  // namespace mlsysim
