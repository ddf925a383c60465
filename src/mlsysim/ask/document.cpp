#include "mlsysim/ask/document.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

std::string line_of(std::string_view text, int line) {
  std::size_t at = 0;
  for (int i = 0; i < line; ++i) {
    at = text.find('\n', at);
    if (at == std::string_view::npos) return {};
    ++at;
  }
  return std::string(text.substr(at, std::min<std::size_t>(text.find('\n', at) - at, 160)));
}

}  // namespace

std::string Document::place(const YAML::Mark& mark) const {
  return mark.line < 0 ? path_ : fmt::format("{}:{}:{}", path_, mark.line + 1, mark.column + 1);
}

void Document::report(const YAML::Mark& mark, std::string argument, std::string message, std::string nearest) {
  problems_.push_back({.kind = Problem::Kind::data,
                       .place = place(mark),
                       .argument = std::move(argument),
                       .message = std::move(message),
                       .nearest = std::move(nearest),
                       .excerpt = line_of(text_, mark.line)});
}

void Document::report(const YAML::Node& key, const YAML::Node& value, const Problems& problems) {
  for (const auto& problem : problems) {
    const bool unknown = problem.message.find("is not an argument") != std::string::npos;
    report(unknown ? key.Mark() : value.Mark(), problem.argument, problem.message, problem.nearest);
  }
}

bool Document::scalar(const std::string& key, const YAML::Node& value, std::string_view hint) {
  if (value.IsScalar()) return true;
  report(value.Mark(), key, fmt::format("{} must be a single value{}", quotable(key), hint));
  return false;
}

void Document::give(Question& question, const std::string& argument, const std::string& text, const YAML::Node& key,
                    const YAML::Node& value) {
  const Table& table = question.table();
  Question alone(table, question.catalog(), question.set_name());
  alone.give(argument, text);
  alone.settle();
  if (const int input = table.input(argument); input >= 0 && alone.problems().empty())
    alone.check_range(static_cast<std::size_t>(input));
  report(key, value, alone.problems());
  question.give(argument, text);
}

}  // namespace mlsysim
