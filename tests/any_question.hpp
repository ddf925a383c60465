#pragma once
// Random questions to any wall, made from its table: entities from the catalog, figures within their ranges, choices at random.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "mlsysim/ask/question.hpp"
#include "source_dir.hpp"

class AnyQuestion {
 public:
  explicit AnyQuestion(const mlsysim::Wall& wall) : table(*mlsysim::table(wall.name)), blank_(table, catalog_) {
    for (const auto& field : table.in.all)
      if (field.is_body()) blank_.give(field.path, example(field));
    blank_.settle();
    for (const auto& problem : blank_.problems()) FAIL(wall.name << ": " << mlsysim::sentence(problem));
  }

  const mlsysim::Table& table;
  const mlsysim::Body* const* bodies() const { return blank_.bodies(); }

  /// Entities, choices and figures at random.
  mlsysim::Question question() {
    mlsysim::Question q = typical(false);
    for (const auto& entity : table.in.entities) {
      // A rare few take another set of modelling choices; a part of an entity keeps the row that came with it.
      if (!entity.preset.empty() && !chance(0.3)) continue;
      const auto entries = catalog_.all(entity.kind);
      if (!entries.empty() && !inside_another(entity)) q.bind(entity, *entries[index(entries.size())]);
    }
    draw(q, 1);
    mend(q);
    return q;
  }
  /// The same for the given entries of the entities that must be named, by first principles; half of the arguments keep their
  /// default. Nothing where no draw of some is answered.
  std::optional<mlsysim::Question> question(const std::vector<const mlsysim::Entry*>& entries) {
    for (int i = 0; i < 8; ++i) {
      mlsysim::Question q = blank_;
      std::size_t next = 0;
      for (const auto& entity : table.in.entities) {
        if (inside_another(entity) || entity.kind == "assumptions") continue;
        const auto all = catalog_.all(entity.kind);
        if (entity.preset.empty()) q.bind(entity, *entries[next++]);
        else if (chance(0.5)) q.bind(entity, *all[index(all.size())]);
      }
      draw(q, 0.5);
      mend(q);
      // A figure that an entry does not state is drawn: one chip in fourteen says how fast its storage is.
      while (!q.check()) {
        const int missing = table.input(q.problems().front().argument);
        if (missing < 0 || !table.holder(static_cast<std::size_t>(missing)) ||
            q.given(static_cast<std::size_t>(missing)))
          break;
        if (q.problems().front().argument.find(".compute.") != std::string::npos) break;
        q.give(static_cast<std::size_t>(missing), figure(table.in.all[static_cast<std::size_t>(missing)]));
        q.problems().clear();
      }
      if (q.problems().empty()) return q;
    }
    return std::nullopt;
  }
  /// Every combination of entries that the wall must be given.
  std::vector<std::vector<const mlsysim::Entry*>> combinations() const {
    std::vector<std::vector<const mlsysim::Entry*>> all(1);
    for (const auto& entity : table.in.entities) {
      if (inside_another(entity) || !entity.preset.empty()) continue;
      std::vector<std::vector<const mlsysim::Entry*>> longer;
      for (const auto& one : all)
        for (const auto* entry : catalog_.all(entity.kind)) longer.push_back(one), longer.back().push_back(entry);
      all = std::move(longer);
    }
    return all;
  }
  /// The first entry of each kind, every default; a value for every figure that has none, or for none of them.
  mlsysim::Question typical(bool complete = true) {
    mlsysim::Question q = blank_;
    for (const auto& entity : table.in.entities)
      if (entity.preset.empty() && !inside_another(entity)) q.bind(entity, *catalog_.all(entity.kind).front());
    for (std::size_t f = 0; f < table.in.all.size(); ++f) {
      const auto& field = table.in.all[f];
      if (complete && !table.holder(f) && field.is_figure() && std::isnan(field.preset)) q.give(f, figure(field));
    }
    return q;
  }
  std::vector<double> row() { return question().row(); }
  /// Two rows with the same choices and otherwise as different as they come; some figures of one are not stated.
  std::pair<std::vector<double>, std::vector<double>> two_rows() {
    std::pair both{row(), row()};
    for (std::size_t f = 0; f < both.first.size(); ++f) {
      if (table.in.all[f].is_choice()) both.second[f] = both.first[f];
      else if (table.holder(f) && chance(0.02)) both.second[f] = std::nan("");
    }
    return both;
  }

  std::vector<double> answer(const std::vector<double>& row) const {
    std::vector<double> out(table.out.all.size());
    table.wall->answer(row.data(), bodies(), out.data());
    return out;
  }
  std::vector<double> traced(const std::vector<double>& row) const {
    mlsysim::Tape steps;
    mlsysim::Tape* const outer = std::exchange(mlsysim::tape, &steps);
    std::vector<mlsysim::Traced> in, out(table.out.all.size());
    for (const double cell : row) in.emplace_back(mlsysim::Operation::figure, cell);
    table.wall->trace(in.data(), bodies(), out.data());
    std::vector<double> values;
    for (const auto& t : out) values.push_back(t.value());
    mlsysim::tape = outer;
    return values;
  }

 private:
  /// tests/bodies/<kind of body>.json is an example of each.
  static std::string example(const mlsysim::Field& field) {
    std::string file = field.body_kind;
    for (char& c : file)
      if (c == ' ' || c == '-') c = '_';
    file = std::string(source_dir) + "/tests/bodies/" + file + ".json";
    std::ifstream in(file);
    REQUIRE_MESSAGE(in, "give an example of " << std::string(field.body_kind) << " in " << file);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  /// Takes what a refusal offers instead ("batch_size 256"), where it offers a number: random degrees hardly ever divide.
  void mend(mlsysim::Question& q) const {
    for (int i = 0; table.wall->refuse && i < 12; ++i) {
      mlsysim::Problems problems;
      table.wall->refuse(q.row().data(), q.bodies(), problems);
      if (problems.empty()) return;
      const auto& [argument, nearest] = std::pair{problems.front().argument, problems.front().nearest};
      const int input = table.input(argument);
      if (input < 0 || !nearest.starts_with(argument + " ")) return;
      const auto& field = table.in.all[static_cast<std::size_t>(input)];
      if (field.is_figure())
        q.give(static_cast<std::size_t>(input),
               std::strtod(nearest.c_str() + argument.size(), nullptr) * field.times / field.over);
    }
  }
  bool inside_another(const mlsysim::EntityRange& entity) const {
    for (const auto& other : table.in.entities)
      if (&other != &entity && entity.prefix.starts_with(other.prefix)) return true;
    return false;
  }
  /// Arguments that are no entity's: each with that probability where it has a default.
  void draw(mlsysim::Question& q, double share) {
    for (std::size_t f = 0; f < table.in.all.size(); ++f) {
      const auto& field = table.in.all[f];
      if (field.is_body() || table.holder(f)) continue;
      if (!(std::isnan(field.preset) ? chance(0.7) : share >= 1 || chance(share))) continue;
      q.give(f, field.is_choice() ? static_cast<double>(index(field.words.size())) : figure(field));
    }
  }
  bool chance(double p) { return std::uniform_real_distribution<double>(0, 1)(random_) < p; }
  std::size_t index(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  /// Within the range, spread over magnitudes; an open end is ten thousand times the low one.
  double figure(const mlsysim::Field& field) {
    const auto& range = field.range;
    const double low = std::isfinite(range.low) ? range.low : 0;
    const double high = std::isfinite(range.high) ? range.high : std::fmax(1, std::abs(low)) * 1e4;
    const double bottom = low > 0 ? std::fmax(low, high * 1e-6) : high * 1e-6;
    double x = low < 0 ? std::uniform_real_distribution<double>(low, high)(random_)
                       : std::exp(std::uniform_real_distribution<double>(std::log(bottom), std::log(high))(random_));
    if (range.whole) x = std::fmax(range.low, std::floor(x));
    return std::fmin(std::fmax(x, low), high) * field.times / field.over;
  }

  mlsysim::Catalog catalog_;
  mlsysim::Question blank_;  // holds the bodies
  std::mt19937_64 random_{20261121};
};
