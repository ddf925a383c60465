// The form of every law: validity and source in its comment, and a citation that data/sources knows.
#include <doctest/doctest.h>

#include "mlsysim/catalog/catalog.hpp"
#include "source_text.hpp"

namespace {

struct Law {
  std::string file, name, comment;
};

/// The function that a `template` line introduces; empty for a class or an alias.
std::string function_name(const std::vector<std::string>& lines, std::size_t at) {
  std::string declaration;
  for (std::size_t i = at; i < lines.size() && i < at + 4; ++i) {
    declaration += lines[i] + " ";
    if (const auto paren = declaration.find('(', declaration.find('>')); paren != std::string::npos) {
      if (declaration.find("struct ") < paren || declaration.find("using ") < paren) return {};
      const auto end = declaration.find_last_not_of(' ', paren - 1);
      return declaration.substr(declaration.find_last_of(" >&*", end) + 1, end - declaration.find_last_of(" >&*", end));
    }
  }
  return {};
}

/// A function that follows another without a blank line is a second form of the same law and shares its comment.
std::vector<Law> laws() {
  std::vector<Law> found;
  for (const auto& file : sources_under("src/mlsysim/laws")) {
    std::string comment;
    bool inside = false;
    const auto lines = lines_of(file);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string& line = lines[i];
      if (line.starts_with("///")) {
        if (!inside) comment.clear();
        comment += line + "\n";
      } else if (line.empty()) {
        comment.clear();
      } else if (line.starts_with("template")) {
        if (const std::string name = function_name(lines, i); !name.empty())
          found.push_back({file.filename().string(), name, comment});
      }
      inside = line.starts_with("///");
    }
  }
  return found;
}

/// The strings that `cite` is given in a text: the last literal at the depth of its own parenthesis.
std::vector<std::string> citations(const std::string& text) {
  std::vector<std::string> found;
  for (auto at = text.find("cite("); at != std::string::npos; at = text.find("cite(", at + 5)) {
    int depth = 0;
    std::string last;
    for (auto i = at + 4; i < text.size(); ++i) {
      if (text[i] == '(') ++depth;
      if (text[i] == ')' && --depth == 0) break;
      if (text[i] != '"') continue;
      const auto end = text.find('"', i + 1);
      if (depth == 1) last = text.substr(i + 1, end - i - 1);
      i = end;
    }
    if (!last.empty()) found.push_back(last);
  }
  return found;
}

/// "williams2009roofline, eq. 1; hu2021lora, section 4" cites two ids.
std::vector<std::string> ids(const std::string& citation) {
  std::vector<std::string> found;
  std::stringstream parts(citation);
  for (std::string part; std::getline(parts, part, ';');) {
    part.erase(0, part.find_first_not_of(' '));
    found.push_back(part.substr(0, part.find_first_of(", (")));
  }
  return found;
}

/// A law that holds by the meaning of its words (`Source: definition`) needs no paper.
bool known(const std::string& id) { return id == "definition" || mlsysim::Catalog::source(id) != nullptr; }

}  // namespace

TEST_CASE("every law says where it is valid and which source it is from") {
  const auto all = laws();
  CHECK(all.size() >= 15);
  for (const Law& law : all) {
    CAPTURE(law.file);
    CHECK_MESSAGE(law.comment.find("Valid:") != std::string::npos, law.name << " does not say where it is valid");
    CHECK_MESSAGE(law.comment.find("Source:") != std::string::npos, law.name << " names no source");
  }
}

TEST_CASE("every law's comment names a source of data/sources") {
  for (const Law& law : laws()) {
    CAPTURE(law.file);
    const auto at = law.comment.find("Source:");
    if (at == std::string::npos) continue;
    const auto first = law.comment.find_first_not_of(' ', at + 7);
    const std::string source = law.comment.substr(first, law.comment.find('\n', at) - first);
    CHECK_MESSAGE(std::ranges::any_of(ids(source), known),
                  law.name << ": \"" << source << "\" begins with no id of data/sources");
  }
}

TEST_CASE("everything that is cited, in laws and walls, is an id of data/sources") {
  std::size_t count = 0;
  for (const char* folder :
       {"src/mlsysim/laws", "src/mlsysim/walls", "src/mlsysim/execution", "src/mlsysim/workload"}) {
    if (!std::filesystem::is_directory(std::filesystem::path(source_dir) / folder)) continue;
    for (const auto& file : sources_under(folder))
      for (const auto& citation : citations(text_of(file)))
        for (const auto& id : ids(citation)) {
          ++count;
          CHECK_MESSAGE(known(id), file.filename().string()
                                       << " cites \"" << citation << "\", and no source is called " << id);
        }
  }
  CHECK(count >= 10);
}
