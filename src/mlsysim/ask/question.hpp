#pragma once
// A question: a wall, the names bound to its entities, the arguments given. Everything that asks (command, Python, JSON, C++)
// goes through here; nothing here knows a particular wall.
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "mlsysim/ask/table.hpp"
#include "mlsysim/catalog/catalog.hpp"

namespace mlsysim {

/// Where a cell of a question came from.
struct Origin {
  Kind kind = Kind::preset;
  const Entry* entry = nullptr;
  const Figure* figure = nullptr;
};

class Question {
 public:
  /// `assumptions` names the set whose choices and figures are in force; empty for the default.
  Question(const Table& table, const Catalog& catalog, std::string_view assumptions = {});

  const Table& table() const { return *table_; }
  const Catalog& catalog() const { return *catalog_; }
  std::string_view set_name() const { return set_; }
  const std::vector<double>& row() const { return row_; }
  const Body* const* bodies() const { return bodies_.data(); }

  /// Gives an argument as a person types it: the name of an entry for an entity, a word for a choice, a number with or without
  /// its unit for a figure. Names are bound before figures whatever the order in which they are given.
  void give(std::string_view argument, std::string_view text);
  /// Gives a figure in base units, or a choice by index.
  void give(std::size_t input, double base);
  void bind(const EntityRange& entity, const Entry& entry);
  /// The same with an entry from a file, which the question keeps.
  void bind(const EntityRange& entity, std::shared_ptr<const OwnedEntry> entry);
  void bind(std::size_t input, std::shared_ptr<const Body> body);

  /// Binds what was given: names, then figures.
  void settle();
  /// Settles, then checks ranges and stated figures. True where the question can be answered.
  bool check();
  /// One argument against its range; what is wrong is added to the problems.
  void check_range(std::size_t input);
  const Problems& problems() const { return problems_; }
  Problems& problems() { return problems_; }
  /// What the reader of a file wants a person to know.
  const std::vector<std::string>& notes() const { return notes_; }
  void remark(std::string note) { notes_.push_back(std::move(note)); }
  /// Arguments that were given and do not enter the answer with these choices.
  std::vector<std::string> ignored() const;

  std::vector<double> answer() const;
  /// Of a solver that searches: its result, and what it looked at.
  std::vector<double> answer(Candidates& candidates) const;
  void answer(double* out) const { table_->wall->answer(row_.data(), bodies_.data(), out); }

  Origin origin(std::size_t input) const;
  const Entry* bound(std::string_view entity) const;
  bool given(std::size_t input) const { return given_[input] != 0; }
  /// Which inputs the answer depends on, for these choices and stated figures.
  const std::vector<char>& reached() const;

 private:
  struct Given {
    std::string argument, text;
  };
  void set_figure(std::size_t input, std::string_view text);
  void check_stated(std::size_t input);

  const Table* table_;
  const Catalog* catalog_;
  std::string set_;
  std::vector<Given> waiting_;
  std::vector<double> row_;
  std::vector<char> given_;
  std::vector<const Entry*> entries_;  // parallel to table.in.entities
  std::vector<const Body*> bodies_;
  std::vector<std::shared_ptr<const Body>> held_;
  std::vector<std::shared_ptr<const OwnedEntry>> files_;
  std::vector<std::string> notes_;
  Problems problems_;
};

/// The same of a result, which may be the name of something that the question is bound to.
std::string shown(const Question& question, std::size_t output, double base, const Candidates* found = nullptr);

}  // namespace mlsysim
