// Build tool: reads data/ with the loader that also reads a user's files and writes it as one C++ source of constants. YAML
// costs 0.7 ms a file, so the catalog is compiled in; this program does not compile the walls.
//
//   compile_catalog DATA_FOLDER OUTPUT.cpp
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "mlsysim/catalog/load_yaml.hpp"

namespace fs = std::filesystem;
using namespace mlsysim;

// The catalog that this program makes is empty while it runs.
std::span<const Entry> mlsysim::built_in_entries() { return {}; }
std::span<const Source> mlsysim::built_in_sources() { return {}; }

namespace {

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}
std::vector<fs::path> yaml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  if (fs::is_directory(folder))
    for (const auto& file : fs::directory_iterator(folder))
      if (file.path().extension() == ".yaml") files.push_back(file.path());
  std::ranges::sort(files);
  // What is like another comes after it.
  std::ranges::stable_partition(files, [](const fs::path& file) { return contents(file).find("\nlike:") == std::string::npos; });
  return files;
}
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') result += "\\n";
    else result += c;
  }
  return result + "\"";
}
std::string exact(double x) { return std::isnan(x) ? "nan" : fmt::format("{:a}", x); }

struct Made {
  std::unique_ptr<OwnedEntry> own;
  std::string set;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: compile_catalog DATA_FOLDER OUTPUT.cpp\n";
    return 2;
  }
  const fs::path data = argv[1];
  Problems problems;
  std::deque<std::string> texts;
  std::vector<Source> sources;
  for (const auto& file : yaml_files(data / "sources"))
    load_sources(contents(file), fs::relative(file, data.parent_path()).string(), texts, sources, problems);

  std::vector<Made> made;
  const auto find_in = [&](std::string_view set) {
    return [&made, set](std::string_view kind, std::string_view name) -> const Entry* {
      const Entry* plain = nullptr;
      for (const auto& one : made)
        if (one.own->entry.kind == kind && one.own->entry.id == name) {
          if (one.set == set) return &one.own->entry;
          if (one.set.empty()) plain = &one.own->entry;
        }
      return plain;
    };
  };
  const auto load = [&](const EntryKind& kind, const fs::path& file, const std::string& set, const Entry* base) {
    const auto find = find_in(set);
    LoadOptions options{
        kind.name, file.stem().string(), fs::relative(file, data.parent_path()).string(), true, sources, find, base};
    if (auto own = load_entry(contents(file), options, problems)) {
      own->entry.set = own->keep(set);
      made.push_back({std::move(own), set});
    }
  };
  for (const auto& kind : entry_kinds())
    for (const auto& file : yaml_files(data / kind.folder)) load(kind, file, "", nullptr);

  std::vector<fs::path> overlays;
  if (fs::is_directory(data / "overlays"))
    for (const auto& folder : fs::directory_iterator(data / "overlays")) overlays.push_back(folder.path());
  std::ranges::sort(overlays);
  for (const auto& overlay : overlays) {
    const std::string set = overlay.filename().string();
    for (const auto& kind : entry_kinds()) {
      for (const auto& file : yaml_files(overlay / kind.folder)) {
        const Entry* base = find_in("")(kind.name, file.stem().string());
        if (base) load(kind, file, set, base);
        else
          problems.push_back({.kind = Problem::Kind::data,
                              .place = file.string(),
                              .message = "an overlay of an entry that does not exist"});
      }
    }
    // Nodes and fleets hold rows of accelerators: in this set they are made of the set's.
    for (const char* name : {"node", "fleet"}) {
      const EntryKind& kind = *entry_kind(name);
      for (const auto& file : yaml_files(data / kind.folder)) {
        const bool own_file = fs::exists(overlay / kind.folder / file.filename());
        if (!own_file) load(kind, file, set, nullptr);
      }
    }
  }
  if (!problems.empty()) {
    for (const auto& problem : problems) std::cerr << sentence(problem) << '\n';
    return 1;
  }

  std::ofstream out(argv[2]);
  out << "// Made from data/ by tools/compile_catalog.cpp.\n#include \"mlsysim/catalog/catalog.hpp\"\n\nnamespace "
         "mlsysim {\nnamespace {\n"
         "constexpr double nan = std::numeric_limits<double>::quiet_NaN();\n";
  for (std::size_t i = 0; i < made.size(); ++i) {
    const Entry& e = made[i].own->entry;
    if (!e.aliases.empty()) {
      out << "constexpr std::string_view a" << i << "[] = {";
      for (const auto alias : e.aliases) out << quoted(alias) << ", ";
      out << "};\n";
    }
    out << "constexpr Figure f" << i << "[] = {\n";
    for (const auto& f : e.figures) {
      if (f.kind == Kind::not_stated && std::isnan(f.value)) out << "  {},\n";
      else
        out << fmt::format("  {{{}, {}, {}, Kind::{}, {}, {}, {}, {}, {}, {}}},\n", exact(f.value), exact(f.low),
                           exact(f.high), f.kind == Kind::not_stated ? "not_stated" : word(f.kind), f.line,
                           quoted(f.source), quoted(f.where), quoted(f.read), quoted(f.note), quoted(f.inherited));
    }
    out << "};\n";
  }
  out << "constexpr Entry entries[] = {\n";
  for (std::size_t i = 0; i < made.size(); ++i) {
    const Entry& e = made[i].own->entry;
    out << fmt::format("  {{{}, {}, {}, {}, {}, {}, {}, f{}}},\n", quoted(e.kind), quoted(e.id), quoted(e.name),
                       quoted(e.registry), quoted(e.file), quoted(e.set),
                       e.aliases.empty() ? "{}" : fmt::format("a{}", i), i);
  }
  out << "};\nconstexpr Source sources[] = {\n";
  for (const auto& s : sources)
    out << fmt::format("  {{{}, {}, {}, {}, {}}},\n", quoted(s.id), quoted(s.title), quoted(s.publisher), quoted(s.url),
                       quoted(s.date));
  out << "};\n}  // namespace\nstd::span<const Entry> built_in_entries() { return entries; }\n"
         "std::span<const Source> built_in_sources() { return sources; }\n}  // namespace mlsysim\n";
  if (!out.flush()) {
    std::cerr << argv[2] << ": could not be written\n";
    return 1;
  }
}
