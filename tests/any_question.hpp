#pragma once
// Random questions to any wall, made from its table: entities from the catalog, figures within their ranges, choices at random.
#include <cmath>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "mlsysim/ask/question.hpp"

class AnyQuestion {
 public:
  explicit AnyQuestion(const mlsysim::Wall& wall) : table(*mlsysim::table(wall.name)) {
    for (const auto& field : table.in.all)
      if (field.is_body()) held_.push_back(example(field));
    for (const auto& body : held_) bodies_.push_back(body.get());
  }

  const mlsysim::Table& table;
  const mlsysim::Body* const* bodies() const { return bodies_.data(); }

  /// Entities, choices and figures at random.
  mlsysim::Question question() {
    mlsysim::Question q = typical();
    for (const auto& entity : table.in.entities) {
      // A rare few take another set of modelling choices; a part of an entity keeps the row that came with it.
      if (!entity.preset.empty() && !chance(0.3)) continue;
      const auto entries = catalog_.all(entity.kind);
      if (!entries.empty() && !inside_another(entity)) q.bind(entity, *entries[index(entries.size())]);
    }
    for (std::size_t f = 0; f < table.in.all.size(); ++f) {
      const auto& field = table.in.all[f];
      if (field.is_body() || table.holder(f)) continue;
      if (field.is_choice()) q.give(f, static_cast<double>(index(field.words.size())));
      else if (!std::isnan(field.preset) || chance(0.5)) q.give(f, figure(field));
    }
    return q;
  }
  /// The first entry of each kind, every default.
  mlsysim::Question typical() {
    mlsysim::Question q(table, catalog_);
    for (const auto& entity : table.in.entities)
      if (entity.preset.empty() && !inside_another(entity)) q.bind(entity, *catalog_.all(entity.kind).front());
    std::size_t body = 0;
    for (std::size_t f = 0; f < table.in.all.size(); ++f)
      if (table.in.all[f].is_body()) q.bind(f, held_[body++]);
      else if (!table.holder(f) && table.in.all[f].is_figure() && std::isnan(table.in.all[f].preset)) q.give(f, figure(table.in.all[f]));
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
  static std::shared_ptr<const mlsysim::Body> example(const mlsysim::Field& field) {
    std::string file = field.body_kind;
    for (char& c : file)
      if (c == ' ') c = '_';
    file = std::string(MLSYSIM_SOURCE_DIR) + "/tests/bodies/" + file + ".json";
    std::ifstream in(file);
    REQUIRE_MESSAGE(in, "give an example of " << field.body_kind << " in " << file);
    std::stringstream text;
    text << in.rdbuf();
    mlsysim::Problems problems;
    auto body = field.reader(text.str(), problems);
    REQUIRE_MESSAGE(body, file << " can't be read: " << (problems.empty() ? "" : problems.front().message));
    return body;
  }
  bool inside_another(const mlsysim::EntityRange& entity) const {
    for (const auto& other : table.in.entities)
      if (&other != &entity && entity.prefix.starts_with(other.prefix)) return true;
    return false;
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
  std::mt19937_64 random_{20261121};
  std::vector<std::shared_ptr<const mlsysim::Body>> held_;
  std::vector<const mlsysim::Body*> bodies_;
};
