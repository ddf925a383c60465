#include "mlsysim/ask/files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "mlsysim/catalog/load_yaml.hpp"
#include "mlsysim/workload/hf_config.hpp"

namespace mlsysim {
namespace fs = std::filesystem;

bool is_path(std::string_view text) {
  return text.find('/') != std::string_view::npos || text.ends_with(".yaml") || text.ends_with(".yml") ||
         text.ends_with(".json");
}

std::optional<std::string> read_file(const std::string& path, Problems& problems) {
  const auto unreadable = [&](const char* why) {
    problems.push_back({.kind = Problem::Kind::data,
                        .place = path,
                        .argument = path,
                        .message = fmt::format("can't be read: {}", why)});
    return std::nullopt;
  };
  std::error_code error;
  if (fs::is_directory(path, error)) return unreadable("it is a folder");
  std::ifstream in(path, std::ios::binary);
  if (!in) return unreadable(std::strerror(errno));
  std::stringstream text;
  text << in.rdbuf();
  if (in.bad()) return unreadable(std::strerror(errno));
  return text.str();
}

std::shared_ptr<OwnedEntry> open_entry(std::string_view kind, const std::string& path, const Catalog& catalog,
                                       Problems& problems, std::vector<std::string>& notes) {
  const auto text = read_file(path, problems);
  if (!text) return nullptr;
  // A model in JSON is a Hugging Face config unless it has the keys of an entry.
  if (kind == "model" && path.ends_with(".json") && text->find("\"forward_unit\"") == std::string::npos) {
    auto imported = import_hf_config(*text, path, problems);
    if (!imported) return nullptr;
    for (auto& note : imported->notes) notes.push_back(std::move(note));
    imported->entry->precision = imported->weight_precision;
    return std::move(imported->entry);
  }
  LoadOptions options;
  options.kind = kind;
  options.id = fs::path(path).stem().string();
  options.file = path;
  options.known_sources = false;
  options.find = [&](std::string_view of, std::string_view name) { return catalog.find(of, name); };
  options.nearest = [&](std::string_view of, std::string_view name) { return catalog.missing(of, name).nearest; };
  return load_entry(*text, options, problems);
}

void add_user_folders(Catalog& catalog, Problems& problems) {
  const char* folders = std::getenv("MLSYSIM_PATH");
  std::stringstream list(folders ? folders : "");
  for (std::string folder; std::getline(list, folder, ':');) {
    if (folder.empty()) continue;
    std::error_code error;
    std::vector<fs::path> files;
    for (const auto& file : fs::directory_iterator(folder, error))
      if (file.path().extension() == ".yaml" || file.path().extension() == ".yml") files.push_back(file.path());
    if (error) {
      problems.push_back({.kind = Problem::Kind::data,
                          .place = folder,
                          .argument = "MLSYSIM_PATH",
                          .message = fmt::format("can't be read: {}", error.message())});
      continue;
    }
    std::ranges::sort(files);
    for (const auto& file : files) {
      const auto text = read_file(file.string(), problems);
      if (!text) continue;
      LoadOptions options;
      options.id = file.stem().string();
      options.file = file.string();
      options.known_sources = false;
      options.find = [&](std::string_view kind, std::string_view name) { return catalog.find(kind, name); };
      options.nearest = [&](std::string_view kind, std::string_view name) {
        return catalog.missing(kind, name).nearest;
      };
      if (auto own = load_entry(*text, options, problems)) catalog.add(std::move(own), problems);
    }
  }
}

}  // namespace mlsysim
