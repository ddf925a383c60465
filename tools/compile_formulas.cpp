// Build tool: reads the laws' headers and writes the table of formulas as one C++ source. A law is a function template with a
// comment of the fixed shape (docs/architecture.md); its words come from the comment, its dimensions from the compiler.
//
//   compile_formulas LAWS_FOLDER OUTPUT.cpp
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace fs = std::filesystem;

namespace {

struct Symbol {
  std::string symbol, name, doc, unit;
};
struct Comment {
  std::string summary, equation, valid, source, forms, example, cpp_only;
  std::vector<Symbol> symbols;
};
struct Declared {
  std::string type, name;
};
struct Law {
  std::string header, space, name;
  std::vector<std::string> constants;  // template parameters before `class T`
  std::vector<Declared> parameters;
  Comment comment;
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \n"), last = text.find_last_not_of(" \n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}
std::string literal(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') result += "\\n";
    else result += c;
  }
  return result + "\"";
}
void join(std::string& to, const std::string& more, const char* between = " ") {
  to += (to.empty() ? "" : between) + more;
}

/// The parts of a comment: sentences, an equation indented by four, a line for each symbol, `Valid:`, `Source:` and the rest.
Comment read_comment(const std::vector<std::string>& lines) {
  static const std::regex symbol(R"((\S+) {2,}(\w+)(?: {2,}(.*?))?\s*\[([^\]]+)\])");
  static const std::regex head(R"((Valid|Source|Forms|Example|C\+\+ only): +(.*))");
  Comment comment;
  std::map<std::string, std::string*> parts{{"Valid", &comment.valid},
                                            {"Source", &comment.source},
                                            {"Forms", &comment.forms},
                                            {"Example", &comment.example},
                                            {"C++ only", &comment.cpp_only}};
  std::string* part = nullptr;
  for (const std::string& line : lines) {
    std::smatch match;
    if (std::regex_match(line, match, head)) *(part = parts[match[1]]) = match[2];
    else if (part) join(*part, trimmed(line));
    else if (line.starts_with("    ")) join(comment.equation, line.substr(4), "\n");
    else if (std::regex_match(line, match, symbol)) comment.symbols.push_back({match[1], match[2], match[3], match[4]});
    else if (!line.empty()) join(comment.summary, line);
  }
  return comment;
}

/// Splits at commas that stand in no bracket.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  int depth = 0;
  std::string part;
  for (const char c : text) {
    if (c == '<' || c == '(') ++depth;
    if (c == '>' || c == ')') --depth;
    if (c == ',' && depth == 0) parts.push_back(trimmed(part)), part.clear();
    else part += c;
  }
  if (!trimmed(part).empty()) parts.push_back(trimmed(part));
  return parts;
}
std::string last_word(const std::string& text) { return text.substr(text.find_last_of(" &*") + 1); }

/// A function template's head, from `template` to the brace; nothing for a class.
std::optional<Law> read_head(const std::string& head) {
  static const std::regex shape(R"(template <([^\n]*)>\s+(?:constexpr |inline )*([\w:<>, ]+?) (\w+)\(([^]*)\) \{)");
  std::smatch match;
  if (!std::regex_search(head, match, shape) || match[2].str().starts_with("struct")) return std::nullopt;
  Law law;
  law.name = match[3];
  for (const auto& one : split(match[1]))
    if (one != "class T") law.constants.push_back(last_word(one));
  for (const auto& one : split(std::regex_replace(match[4].str(), std::regex(R"(\s+)"), " "))) {
    const std::string name = last_word(one);
    law.parameters.push_back({trimmed(one.substr(0, one.size() - name.size())), name});
  }
  return law;
}

std::vector<Law> read_header(const fs::path& file) {
  std::vector<Law> found;
  std::vector<std::string> spaces, comment;
  std::ifstream in(file);
  std::string head;
  bool in_head = false, in_comment = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("namespace ") && line.ends_with("{")) spaces.push_back(line.substr(10, line.size() - 12));
    if (line.starts_with("}  // namespace") && !spaces.empty()) spaces.pop_back();
    const bool is_comment = line.starts_with("///");
    if (is_comment) {
      if (!in_comment) comment.clear();
      comment.push_back(line.size() > 4 ? line.substr(4) : "");
    } else if (line.empty()) {
      comment.clear();
    } else if (line.starts_with("template <")) {
      in_head = true, head.clear();
    }
    in_comment = is_comment;
    if (!in_head) continue;
    head += line + "\n";
    if (line.find(" {") == std::string::npos && line.find(';') == std::string::npos) continue;
    in_head = false;
    if (auto law = read_head(head)) {
      law->header = file.filename().string();
      for (const auto& space : spaces)
        if (space.starts_with("mlsysim::")) law->space += space.substr(9) + "::";
        else if (space != "mlsysim") law->space += space + "::";
      law->comment = read_comment(comment);
      found.push_back(std::move(*law));
    }
  }
  // A symbol that no law of its comment takes is a step on the way: it belongs to the equation.
  for (Law& law : found)
    for (const Symbol& symbol : law.comment.symbols) {
      const auto takes = [&](const Law& other) {
        return other.comment.summary == law.comment.summary &&
               std::ranges::find(other.parameters, symbol.name, &Declared::name) != other.parameters.end();
      };
      if (std::ranges::none_of(found, takes))
        join(law.comment.equation, fmt::format("{}: {}, {}", symbol.symbol, symbol.name, symbol.doc), "\n");
    }
  return found;
}

/// The end of a symbol's line says its range: "devices in the ring, >= 1". It is cut off, and written as a Range.
std::string take_range(std::string& doc) {
  static const std::regex bound(R"(^(.*?)(?:^|, )(>=|>) ([\d.e+-]+)$)"),
      span(R"(^(.*?)(?:^|, )([\d.e-]+) to ([\d.e-]+)$)"), none(R"(^(.*?)(?:^|, )any sign$)");
  std::smatch match;
  std::string range = "at_least(0)";
  if (std::regex_match(doc, match, bound))
    range = fmt::format("{}({})", match[2] == ">" ? "above" : "at_least", match[3].str());
  else if (std::regex_match(doc, match, span)) range = fmt::format("between({}, {})", match[2].str(), match[3].str());
  else if (std::regex_match(doc, match, none)) range = "any";
  return range;
}

bool is_callable(const Law& law) {
  static const std::regex known(R"(T|[A-Z]\w+<T>|Quantity<[^&]*, T>|bool|int|const char\*)");
  return std::ranges::all_of(law.parameters, [](const Declared& p) { return std::regex_match(p.type, known); }) &&
         (law.constants.empty() || !law.comment.forms.empty());
}

class Writer {
 public:
  explicit Writer(std::ostream& out) : out_(out) {}

  void law(const Law& law) {
    if (law.constants.empty() || law.comment.forms.empty()) return one(law, "");
    for (const auto& form : split(law.comment.forms)) one(law, form);
  }
  const std::string& rows() const { return rows_; }

 private:
  void one(const Law& law, const std::string& form) {
    std::string name = law.space + law.name, called = law.space + law.name;
    for (std::size_t at; (at = name.find("::")) != std::string::npos;) name.replace(at, 2, "_");
    if (!form.empty()) {
      name += "_" + (form.ends_with("_curve") ? form.substr(0, form.size() - 6) : form);
      called += "<" + form + ">";
    }
    std::vector<std::string> declared, passed;
    std::string table;
    for (const auto& p : is_callable(law) ? law.parameters : std::vector<Declared>{}) {
      if (p.type == "const char*") {  // what a derivation calls the step
        passed.push_back(literal(law.name));
        continue;
      }
      declared.push_back(p.type + " " + p.name);
      passed.push_back(p.name);
      const auto at = std::ranges::find(law.comment.symbols, p.name, &Symbol::name);
      Symbol symbol = at == law.comment.symbols.end() ? Symbol{} : *at;
      const std::string range = take_range(symbol.doc);
      table += fmt::format("    {{{}, {}, {}, {}, {}}},\n", literal(p.name), literal(symbol.symbol),
                           literal(symbol.doc), literal(symbol.unit), range);
    }
    const Comment& c = law.comment;
    // Laws that share a comment share its example: each takes what it has a parameter for.
    std::string example;
    std::istringstream given(c.example);
    for (std::string one; given >> one;)
      if (std::ranges::find(law.parameters, one.substr(0, one.find('=')), &Declared::name) != law.parameters.end())
        join(example, one);
    std::string row =
        fmt::format("{{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}}", literal(name), literal(called), literal(law.header),
                    literal(c.summary), literal(c.equation), literal(c.valid), literal(c.source), literal(example),
                    literal(c.cpp_only), table.empty() ? "{}" : fmt::format("symbols_{}", count_));
    if (!table.empty()) out_ << fmt::format("constexpr Parameter symbols_{}[] = {{\n{}}};\n", count_, table);
    if (is_callable(law)) {
      const std::string arguments = form.empty() ? "<T>" : fmt::format("<{}, T>", form);
      out_ << fmt::format(
          "struct Law{} {{\n  template <class T>\n  static auto call({}) {{\n    return {}{}({});\n  }}\n}};\n", count_,
          fmt::join(declared, ", "), law.space + law.name, arguments, fmt::join(passed, ", "));
      row = fmt::format("with_signature<Law{}>({})", count_, row);
    } else {
      row = "Formula" + row;
    }
    rows_ += "      " + row + ",\n";
    ++count_;
  }

  std::ostream& out_;
  std::string rows_;
  int count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: compile_formulas LAWS_FOLDER OUTPUT.cpp\n";
    return 2;
  }
  std::vector<fs::path> headers;
  for (const auto& file : fs::directory_iterator(argv[1]))
    if (file.path().extension() == ".hpp") headers.push_back(file.path());
  std::ranges::sort(headers);

  std::ofstream out(argv[2]);
  out << "// Made from src/mlsysim/laws by tools/compile_formulas.cpp.\n#include \"mlsysim/ask/formula.hpp\"\n";
  for (const auto& header : headers) out << fmt::format("#include \"mlsysim/laws/{}\"\n", header.filename().string());
  out << "\nnamespace mlsysim {\nnamespace {\n";
  Writer writer(out);
  for (const auto& header : headers)
    for (const Law& law : read_header(header)) writer.law(law);
  out << "}  // namespace\n\nstd::span<const Formula> formulas() {\n  static const Formula all[] = {\n"
      << writer.rows() << "  };\n  return all;\n}\n\n}  // namespace mlsysim\n";
  if (!out.flush()) {
    std::cerr << argv[2] << ": could not be written\n";
    return 1;
  }
}
