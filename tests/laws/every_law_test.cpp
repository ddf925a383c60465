// The form of every law: validity and source in its comment, and a citation that data/sources knows.
#include <doctest/doctest.h>

#include "mlsysim/ask/formula.hpp"
#include "mlsysim/catalog/catalog.hpp"
#include "source_text.hpp"

using mlsysim::Formula, mlsysim::formulas;

namespace {

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

TEST_CASE("every law says what it is, where it is valid and which source of data/sources it is from") {
  CHECK(formulas().size() >= 100);
  for (const Formula& law : formulas()) {
    CAPTURE(law.header);
    CHECK_MESSAGE(*law.summary, law.name << " has no summary");
    CHECK_MESSAGE(*law.valid, law.name << " does not say where it is valid");
    CHECK_MESSAGE(std::ranges::any_of(ids(law.source), known),
                  law.name << ": \"" << law.source << "\" begins with no id of data/sources");
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
