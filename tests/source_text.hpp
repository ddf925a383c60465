#pragma once
// The source tree as text, for the tests that hold its form.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "source_dir.hpp"

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}
inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::stringstream text(text_of(path));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}
/// Headers and sources under a folder of the repository, in order.
inline std::vector<std::filesystem::path> sources_under(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(source_dir) / folder))
    if (file.path().extension() == ".hpp" || file.path().extension() == ".cpp") files.push_back(file.path());
  std::ranges::sort(files);
  return files;
}
