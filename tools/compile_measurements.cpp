// Build tool: writes files of measurements as one C++ source: each different text once, and the rows as places of texts.
// The columns that the reader knows are kept; texts of 2 MB of rows are 0.3 MB so.
//
//   compile_measurements OUTPUT.cpp FILE.csv...
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "mlsysim/evidence/measurements.hpp"

using namespace mlsysim;

namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '?') result += '\\';
    if (c == '\n') result += "\\n";
    else result += c;
  }
  return result;
}

/// The arrays of one file; empty, with what is wrong on stderr, where it can't be written so.
std::string arrays(const std::string& path, std::size_t number, std::string& table) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  Problems problems;
  const auto file = read_measurements(text.str(), std::filesystem::path(path).filename().string(), problems);
  for (const auto& problem : problems) std::cerr << sentence(problem) << "\n";
  if (!file || !problems.empty()) return "";

  std::map<std::string_view, std::size_t> places;
  std::vector<std::string_view> texts;
  const auto place = [&](std::string_view cell) {
    const auto [at, added] = places.emplace(cell, texts.size());
    if (added) texts.push_back(cell);
    return at->second;
  };
  std::string rows, ends, all;
  for (const auto& row : file->rows) {
    rows += fmt::format("{},", row.line);
    for (const auto cell : row.cells) rows += fmt::format("{},", place(cell));
    rows += "\n";
  }
  if (texts.size() > 0xffff || file->rows.back().line > 0xffff) {
    std::cerr << path << ": more than 65,535 lines or different texts: places need more bits\n";
    return "";
  }
  std::size_t end = 0;
  for (const auto t : texts) {
    all += "\"" + escaped(t) + "\"\n";
    ends += fmt::format("{},", end += t.size());
  }
  table = fmt::format("{{\"{}\", {}, texts_{}, ends_{}, rows_{}}}", file->name, file->rows.size(), number, number, number);
  return fmt::format(
      "constexpr const char* texts_{} =\n{};\nconstexpr std::uint32_t ends_{}[] = {{{}}};\n"
      "constexpr std::uint16_t rows_{}[] = {{\n{}}};\n",
      number, all, number, ends, number, rows);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: compile_measurements OUTPUT.cpp FILE.csv...\n";
    return 2;
  }
  std::string source =
      "// Made by tools/compile_measurements.cpp.\n#include \"mlsysim/evidence/published.hpp\"\n"
      "namespace mlsysim::published {\nnamespace {\n";
  std::string tables;
  for (int i = 2; i < argc; ++i) {
    std::string table;
    const std::string made = arrays(argv[i], static_cast<std::size_t>(i), table);
    if (made.empty()) return 1;
    source += made;
    tables += table + ",\n";
  }
  std::ofstream(argv[1]) << source << "}\nconst Table tables[] = {\n" << tables << "};\n}\n";
  return 0;
}
