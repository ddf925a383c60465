#include "mlsysim/search/sweep.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

/// Whether all that comes before a wall's own refusals is in order: names bound, bodies read, figures in their ranges.
bool may_be_refused(Question question) {
  const Table& t = question.table();
  question.settle();
  for (std::size_t i = 0; i < t.in.all.size(); ++i) {
    question.check_range(i);
    if (t.body_slot[i] >= 0 && !question.bodies()[t.body_slot[i]]) return false;
  }
  for (const auto& entity : t.in.entities) {
    const std::string name = entity.prefix.substr(0, entity.prefix.size() - 1);
    if (entity.preset.empty() && name.find('.') == std::string::npos && !question.bound(name)) return false;
  }
  return question.problems().empty();
}

}  // namespace

Sweep::Sweep(const Question& base, std::vector<Axis> axes, const std::vector<std::string>& results, Problems& problems)
    : base_(base), axes_(std::move(axes)) {
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b)
      if (axes_[a].name == axes_[b].name)
        problems.push_back({.kind = Problem::Kind::input,
                            .argument = axes_[a].name,
                            .message = fmt::format("{} is an axis twice", axes_[a].name)});
    if (axes_[a].size() == 0) continue;
    if (rows_ > static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max()) / axes_[a].size()) {
      problems.push_back(
          {.kind = Problem::Kind::input, .argument = axes_[a].name, .message = "more than 2^63 combinations"});
      rows_ = 0;
    }
    rows_ *= axes_[a].size();
  }
  for (const auto& result : results) {
    if (const int output = table().output(result); output >= 0) {
      results_.push_back(static_cast<std::size_t>(output));
      continue;
    }
    problems.push_back(no_result(table(), result));
  }
  if (results.empty())
    for (std::size_t i = 0; i < table().out.all.size(); ++i) results_.push_back(i);
}

std::vector<std::size_t> Sweep::position(std::size_t row) const {
  std::vector<std::size_t> at(axes_.size());
  for (std::size_t a = axes_.size(); a-- > 0; row /= axes_[a].size()) at[a] = row % axes_[a].size();
  return at;
}

void Sweep::run(const std::function<void(const Block&)>& take) const {
  if (rows_ == 0) return;
  const Table& t = table();
  // The last axis runs inside if it is a figure; everything else is an outer combination, checked once.
  const Axis* inner = !axes_.empty() && axes_.back().is_figure(t) ? &axes_.back() : nullptr;
  const std::size_t length = inner ? inner->size() : 1;
  constexpr std::size_t most = 4096;
  std::vector<std::vector<double>> columns(results_.size());
  for (std::size_t first = 0; first < rows_; first += length) {
    Question question = base_;
    const auto at = position(first);
    for (std::size_t a = 0; a < axes_.size(); ++a) {
      const Axis& axis = axes_[a];
      if (axis.entity) question.bind(*axis.entity, *axis.entries[at[a]]);
      else question.give(static_cast<std::size_t>(axis.input), axis.values[at[a]]);
    }
    // What no single range can say may differ from row to row; the rest is checked once, and before it.
    std::vector<std::string> refused;
    const bool row_by_row = inner && t.wall->refuse && may_be_refused(question);
    const auto refuses = [&](std::size_t i) {
      if (!row_by_row) return false;
      std::vector<double> row = question.row();
      row[static_cast<std::size_t>(inner->input)] = inner->values[i];
      Problems problems;
      t.wall->refuse(row.data(), question.bodies(), problems);
      if (!problems.empty()) refused.push_back(sentence(problems.front()));
      return !problems.empty();
    };
    std::size_t begin = 0;
    while (begin < length && refuses(begin)) {
      take({first + begin, 1, nullptr, &refused.back()});
      ++begin;
    }
    if (begin == length) continue;
    if (inner) question.give(static_cast<std::size_t>(inner->input), inner->values[begin]);
    if (!question.check()) {
      const std::string why = sentence(question.problems().front());
      take({first + begin, length - begin, nullptr, &why});
      continue;
    }
    while (begin < length) {
      std::size_t end = std::min(length, begin + 1);  // the first of them is answered
      bool stop = false;
      while (end < length && end - begin < most && !(stop = refuses(end))) ++end;
      const std::size_t count = end - begin;
      std::vector<Columns::In> in;
      std::vector<Columns::Out> out;
      if (inner) in.push_back({static_cast<std::size_t>(inner->input), &inner->values[begin]});
      for (std::size_t c = 0; c < results_.size(); ++c) {
        columns[c].resize(count);
        out.push_back({results_[c], columns[c].data()});
      }
      t.wall->sweep(question.row().data(), question.bodies(), {count, in, out});
      take({first + begin, count, &columns, nullptr});
      begin = end;
      while (begin < length && (stop || refuses(begin))) {
        take({first + begin, 1, nullptr, &refused.back()});
        stop = false;
        ++begin;
      }
    }
  }
}

}  // namespace mlsysim
