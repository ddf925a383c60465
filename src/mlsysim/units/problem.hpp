#pragma once
// What is wrong with a question or a file. The core collects problems and never throws; the C++ and Python faces throw the
// first, the command prints them all.
#include <string>
#include <vector>

namespace mlsysim {

struct Problem {
  enum class Kind {
    input,   // the question is wrong: argument, value, what was expected
    data,    // a file can't be read: place is file:line:column
    lookup,  // no such name
  };
  Kind kind = Kind::input;
  std::string place{};     // file:line:column, or empty
  std::string argument{};  // what it is about: an argument, a key, a kind of entry
  std::string message{};   // the whole sentence, without place and suggestion
  std::string nearest{};   // the nearest valid thing, or empty
  std::string excerpt{};   // the offending line of a file, or empty
};
using Problems = std::vector<Problem>;

/// One line for a person: `place: message; did you mean nearest?`
inline std::string sentence(const Problem& p) {
  std::string text = p.place.empty() ? p.message : p.place + ": " + p.message;
  if (!p.nearest.empty()) text += "; did you mean " + p.nearest + "?";
  return text;
}

}  // namespace mlsysim
