#pragma once
// A question and its answer by name, as a person would ask it:
//
//     Asked a("single-node", {{"model", "llama-3-8b"}, {"hardware", "h100"}});
//     a.in("latency", ms)
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "mlsysim/ask/question.hpp"

using Arguments = std::vector<std::pair<std::string, std::string>>;

inline const mlsysim::Catalog& built_in() {
  static const mlsysim::Catalog catalog;
  return catalog;
}
inline const mlsysim::Table& table_of(const char* wall) {
  const mlsysim::Table* t = mlsysim::table(wall);
  REQUIRE_MESSAGE(t, "no wall is called " << wall);
  return *t;
}
inline std::string all_sentences(const mlsysim::Problems& problems) {
  std::string text;
  for (const auto& p : problems) text += mlsysim::sentence(p) + "\n";
  return text;
}

/// A question that need not be answerable: its problems are what a test looks at.
struct Refusal {
  mlsysim::Question question;
  bool answered;

  Refusal(const char* wall, const Arguments& arguments, const mlsysim::Catalog& catalog = built_in())
      : question(table_of(wall), catalog) {
    for (const auto& [name, text] : arguments) question.give(name, text);
    answered = question.check();
  }
  /// The one problem; an empty one where there is none or more than one.
  mlsysim::Problem problem() const {
    return question.problems().size() == 1 ? question.problems().front() : mlsysim::Problem{};
  }
  std::string text() const { return all_sentences(question.problems()); }
};

struct Asked {
  mlsysim::Question question;
  std::vector<double> result;

  Asked(const char* wall, const Arguments& arguments, const mlsysim::Catalog& catalog = built_in())
      : question(table_of(wall), catalog) {
    for (const auto& [name, text] : arguments) question.give(name, text);
    REQUIRE_MESSAGE(question.check(), all_sentences(question.problems()));
    result = question.answer();
  }
  /// A result in base units.
  double operator[](const char* path) const {
    const int at = question.table().output(path);
    REQUIRE_MESSAGE(at >= 0, path << " is not a result");
    return result[static_cast<std::size_t>(at)];
  }
  template <mlsysim::Dim D>
  double in(const char* path, mlsysim::Unit<D> unit) const {
    const double base = (*this)[path];
    REQUIRE(question.table().out.all[static_cast<std::size_t>(question.table().output(path))].dim == D);
    return base * unit.over / unit.times;
  }
  bool flag(const char* path) const { return (*this)[path] != 0; }
  std::string word(const char* path) const {
    const auto& field = question.table().out.all[static_cast<std::size_t>(question.table().output(path))];
    return field.words[static_cast<std::size_t>((*this)[path])];
  }
};
