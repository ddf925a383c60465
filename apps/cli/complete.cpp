#include "complete.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "mlsysim/ask/formula.hpp"

namespace mlsysim::cli {
namespace {

// Files are what each shell completes by itself where we have nothing to say.
constexpr const char* bash_script = R"(# mlsysim: completion for bash. Load it with: source <(mlsysim --completion bash)
_mlsysim() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done \
    < <("${COMP_WORDS[0]}" --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _mlsysim mlsysim
)";
constexpr const char* zsh_script = R"(#compdef mlsysim
# mlsysim: completion for zsh. Load it with: source <(mlsysim --completion zsh)
_mlsysim() {
  local -a found
  found=("${(@f)$("${words[1]}" --complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( ${#found} )) && [[ -n ${found[1]} ]]; then compadd -Q -- "${found[@]}"; else _files; fi
}
compdef _mlsysim mlsysim
)";
constexpr const char* fish_script = R"(# mlsysim: completion for fish. Load it with: mlsysim --completion fish | source
function __mlsysim
  set -l words (commandline -opc)
  $words[1] --complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c mlsysim -a '(__mlsysim)'
)";

/// The words of a verb's usage at one place: "MODEL HARDWARE | PLAN.yaml" has MODEL and PLAN.yaml at the first.
std::vector<std::string> usage_at(std::string usage, std::size_t place) {
  std::erase_if(usage, [](char c) { return c == '[' || c == ']'; });
  std::vector<std::vector<std::string>> ways(1);
  for (std::size_t start = 0; start < usage.size();) {
    const auto end = std::min(usage.find(' ', start), usage.size());
    const std::string word = usage.substr(start, end - start);
    if (word == "|") ways.emplace_back();
    else if (!word.empty()) ways.back().push_back(word);
    start = end + 1;
  }
  std::vector<std::string> found;
  for (const auto& way : ways) {
    if (place < way.size()) found.push_back(way[place]);
    else if (!way.empty() && way.back().ends_with("…")) found.push_back(way.back());
  }
  for (auto& word : found)
    if (word.ends_with("…")) word.resize(word.size() - std::string_view("…").size());
  return found;
}

void append(std::vector<std::string>& to, std::vector<std::string> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

/// The words that a placeholder of a usage stands for; a word in small letters stands for itself.
std::vector<std::string> words_of(const Command& command, const std::string& placeholder) {
  std::vector<std::string> words;
  if (placeholder == "MODEL") return names_of("model");
  if (placeholder == "HARDWARE") return names_of("accelerator");
  if (placeholder == "WALL")
    for (const Wall* wall : walls()) words.emplace_back(wall->name);
  else if (placeholder == "RESULT")
    for (const auto& field : table("single-node")->out.all) words.push_back(field.path);
  else if (placeholder == "KIND")
    for (const auto& kind : entry_kinds()) words.emplace_back(kind.folder);
  else if (placeholder == "NAME" && std::string_view(command.name) == "formula")
    for (const Formula& formula : formulas()) words.push_back(formula.name);
  else if (placeholder == "NAME")
    for (const auto& kind : entry_kinds()) append(words, names_of(kind.name));
  else if (std::ranges::none_of(placeholder, [](char c) { return c >= 'A' && c <= 'Z'; })) words.push_back(placeholder);
  return words;
}

}  // namespace

std::vector<std::string> names_of(std::string_view kind) {
  Catalog catalog;
  Problems problems;
  add_user_folders(catalog, problems);
  std::vector<std::string> names;
  for (const Entry* entry : catalog.all(kind)) names.emplace_back(entry->id);
  return names;
}

std::string completion_script(std::string_view shell) {
  return shell == "bash" ? bash_script : shell == "zsh" ? zsh_script : shell == "fish" ? fish_script : "";
}

std::vector<std::string> complete(
    const std::vector<std::string>& words,
    const std::function<OptionNames(const Command&, const std::vector<std::string>&)>& options_of) {
  std::vector<std::string> all;
  const std::string typed = words.empty() ? "" : words.back();
  if (words.size() <= 1) {
    for (const auto& command : commands()) all.emplace_back(command.name);
    for (const char* option : {"help", "--help", "--version", "--completion"}) all.emplace_back(option);
  } else if (words[0] == "--completion") {
    all.assign(std::begin(shells), std::end(shells));
  } else if (const auto command = std::ranges::find(commands(), std::string_view(words[0]), &Command::name);
             command != commands().end()) {
    const std::vector<std::string> behind(words.begin() + 1, words.end() - 1);
    const OptionNames options = options_of(*command, behind);
    const std::string before = behind.empty() ? "" : behind.back();
    const bool option = before.starts_with("-");
    std::vector<std::string> values;
    if (option) values = options.values(before);
    if (!values.empty()) all = std::move(values);
    else if (typed.starts_with("-")) all = options.names;
    else if (!option || std::ranges::find(options.names, before) == options.names.end()) {
      // A word: how many stand before it, those behind an option not counted.
      std::size_t place = 0;
      for (std::size_t i = 0; i < behind.size(); ++i)
        if (!behind[i].starts_with("-") && (i == 0 || !behind[i - 1].starts_with("-"))) ++place;
      for (const auto& placeholder : usage_at(command->usage, place)) append(all, words_of(*command, placeholder));
    }
  }
  std::erase_if(all, [&](const std::string& word) { return !word.starts_with(typed); });
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace mlsysim::cli
