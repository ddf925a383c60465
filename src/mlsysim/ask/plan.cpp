#include "mlsysim/ask/plan.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "mlsysim/ask/files.hpp"
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

std::optional<Question> read_plan(const std::string& path, std::string_view assumptions, const Catalog& catalog,
                                  Problems& problems) {
  const auto text = read_file(path, problems);
  if (!text) return std::nullopt;
  const auto report = [&](const YAML::Mark& mark, std::string argument, std::string message, std::string nearest = {}) {
    problems.push_back({.kind = Problem::Kind::data,
                        .place = mark.line < 0 ? path : fmt::format("{}:{}:{}", path, mark.line + 1, mark.column + 1),
                        .argument = std::move(argument),
                        .message = std::move(message),
                        .nearest = std::move(nearest),
                        .excerpt = line_of(*text, mark.line)});
  };
  try {
    const YAML::Node root = YAML::Load(*text);
    if (!root.IsMap()) {
      report(root.Mark(), "", "expected a mapping of arguments at the top");
      return std::nullopt;
    }
    if (!root["hardware"] && !root["wall"] && !root["model"]) return std::nullopt;
    const std::string wall = root["wall"] && root["wall"].IsScalar() ? root["wall"].Scalar() : "single-node";
    const Table* t = table(wall);
    if (!t) {
      const Problem problem = no_wall(wall);
      report(root["wall"].Mark(), problem.argument, problem.message, problem.nearest);
      return std::nullopt;
    }
    const YAML::Node set = root["assumptions"];
    Question question(*t, catalog,
                      set && set.IsScalar() && assumptions.empty() ? std::string_view(set.Scalar()) : assumptions);
    std::map<std::string, std::string> given;
    for (const auto& pair : root) {
      const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
      const int input = t->input(key);
      const auto [other, fresh] =
          given.emplace(input >= 0 ? t->in.all[static_cast<std::size_t>(input)].path : key, key);
      if (!fresh) {
        report(pair.first.Mark(), key,
               other->second == key
                   ? fmt::format("{} is given twice", quotable(key))
                   : fmt::format("{} and {} are one argument, given twice", other->second, quotable(key)));
        continue;
      }
      if (key == "wall" || key == "assumptions") continue;
      if (!pair.second.IsScalar()) {
        report(pair.second.Mark(), key,
               fmt::format("{} must be a single value; a figure of an entry is written as {}.memory.bandwidth: 8 TB/s",
                           key, key));
        continue;
      }
      // Each argument is settled on its own, so that what is wrong with it has its line.
      Question alone(*t, catalog, question.set_name());
      alone.give(key, pair.second.Scalar());
      alone.settle();
      if (input >= 0 && alone.problems().empty()) alone.check_range(static_cast<std::size_t>(input));
      for (const auto& problem : alone.problems()) {
        const bool unknown = problem.message.find("is not an argument") != std::string::npos;
        report(unknown ? pair.first.Mark() : pair.second.Mark(), problem.argument, problem.message, problem.nearest);
      }
      question.give(key, pair.second.Scalar());
    }
    if (!problems.empty()) return std::nullopt;
    return question;
  } catch (const YAML::Exception& e) {
    report(e.mark, "", (path.ends_with(".json") ? "not JSON: " : "not YAML: ") + e.msg);
    return std::nullopt;
  }
}

}  // namespace mlsysim
