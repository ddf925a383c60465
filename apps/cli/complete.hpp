#pragma once
// Completion of the command line: small scripts for three shells, which ask `mlsysim --complete WORDS…` at each press of the key.
// What can stand there comes from the tables of verbs, walls and the catalog at that moment.
#include <functional>
#include <string>
#include <vector>
#include "command.hpp"

namespace mlsysim::cli {

/// The options of a verb: their names, and of one the words that it takes.
struct OptionNames {
  std::vector<std::string> names;
  std::function<std::vector<std::string>(const std::string& option)> values;
};

/// The script of a shell; nothing where `shell` is none that we know.
std::string completion_script(std::string_view shell);
inline constexpr const char* shells[] = {"bash", "zsh", "fish"};

/// What the last of `words` may become; `options_of` a verb, for the words behind it.
std::vector<std::string> complete(
    const std::vector<std::string>& words,
    const std::function<OptionNames(const Command&, const std::vector<std::string>&)>& options_of);

/// Ids of a kind of entry, user's folders included.
std::vector<std::string> names_of(std::string_view kind);

}  // namespace mlsysim::cli
