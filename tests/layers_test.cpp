// The order of the layers, and what the core never does, read from the source tree itself.
#include <doctest/doctest.h>

#include <map>

#include "source_text.hpp"

namespace {
// docs/design: a layer includes only from itself and from those before it.
const std::vector<std::string> order = {"units", "laws", "catalog", "workload", "execution",
                                        "walls", "ask",  "search",  "evidence", "report"};

int rank(const std::string& layer) {
  const auto at = std::ranges::find(order, layer);
  return at == order.end() ? -1 : static_cast<int>(at - order.begin());
}
/// The folder under src/mlsysim/ that a file is in; empty for the public header.
std::string layer_of(const std::filesystem::path& file) {
  const auto inside = std::filesystem::relative(file, std::filesystem::path(source_dir) / "src/mlsysim");
  return inside.has_parent_path() ? inside.begin()->string() : "";
}
/// The text without comments and string literals.
std::string code_of(const std::filesystem::path& file) {
  std::string code;
  for (std::string line : lines_of(file)) {
    std::string kept;
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (!quoted && line.compare(i, 2, "//") == 0) break;
      if (line[i] == '"' && (i == 0 || line[i - 1] != '\\')) quoted = !quoted;
      else if (!quoted) kept += line[i];
    }
    code += kept + "\n";
  }
  return code;
}
}  // namespace

TEST_CASE("every folder under src/mlsysim is a layer that the order knows") {
  for (const auto& file : sources_under("src/mlsysim"))
    if (const auto layer = layer_of(file); !layer.empty()) CHECK_MESSAGE(rank(layer) >= 0, file.string());
}

TEST_CASE("a layer includes only from itself and the layers before it") {
  std::size_t includes = 0;
  for (const auto& file : sources_under("src/mlsysim")) {
    const std::string layer = layer_of(file);
    if (layer.empty()) continue;  // the public header holds all
    for (const auto& line : lines_of(file)) {
      if (!line.starts_with("#include \"")) continue;
      const std::string path = line.substr(10, line.rfind('"') - 10);
      CHECK_MESSAGE(path.starts_with("mlsysim/"), file.string() << " includes " << path << ": write the whole path");
      if (!path.starts_with("mlsysim/")) continue;
      const std::string from = path.substr(8, path.find('/', 8) - 8);
      ++includes;
      CHECK_MESSAGE((rank(from) >= 0 && rank(from) <= rank(layer)), file.string()
                                                                        << ": " << layer << " includes " << path);
    }
  }
  CHECK(includes > 30);
}

TEST_CASE("laws know no strings, files or options: they include quantities and mathematics only") {
  for (const auto& file : sources_under("src/mlsysim/laws"))
    for (const auto& line : lines_of(file))
      if (line.starts_with("#include <"))
        CHECK_MESSAGE((line == "#include <cmath>" || line == "#include <limits>" || line == "#include <algorithm>"),
                      file.string() << ": " << line);
}

TEST_CASE("the core never throws: problems are collected, exceptions live in the faces") {
  for (const auto& file : sources_under("src/mlsysim")) {
    if (layer_of(file).empty()) continue;  // the C++ face
    const std::string code = code_of(file);
    CHECK_MESSAGE(code.find("throw ") == std::string::npos, file.string() << " throws");
    for (auto at = code.find("assert("); at != std::string::npos; at = code.find("assert(", at + 1))
      CHECK_MESSAGE(code.substr(at < 7 ? 0 : at - 7, 7) == "static_", file.string()
                                                                          << " asserts: a user's mistake is a problem");
  }
}

TEST_CASE("YAML is read where files are, never in units, laws, workload, walls, search or report") {
  for (const auto& file : sources_under("src/mlsysim"))
    for (const auto& line : lines_of(file))
      if (line.find("<yaml-cpp/") != std::string::npos)
        CHECK_MESSAGE((layer_of(file) == "catalog" || layer_of(file) == "ask"), file.string());
}

TEST_CASE("a wall's header lists nothing of other walls but what it includes: no file lists all walls") {
  // The build makes the list. A header that names two `Declares` is two ideas.
  for (const auto& file : sources_under("src/mlsysim/walls")) {
    const std::string code = code_of(file);
    std::size_t declared = 0;
    for (auto at = code.find(": Declares<"); at != std::string::npos; at = code.find(": Declares<", at + 1)) ++declared;
    CHECK_MESSAGE(declared <= 1, file.string());
  }
}

TEST_CASE("no file of the core, the command, the tools or the tests is longer than 500 lines") {
  for (const char* folder : {"src/mlsysim", "tests", "apps", "tools"})
    for (const auto& file : sources_under(folder)) {
      const auto lines = lines_of(file);
      CHECK_MESSAGE(lines.size() <= 500, file.string() << ": " << lines.size() << " lines");
    }
}
