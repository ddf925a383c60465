#include "mlsysim/search/sweep.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {

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
    if (!question.check()) {
      const std::string why = sentence(question.problems().front());
      take({first, length, nullptr, &why});
      continue;
    }
    for (std::size_t begin = 0; begin < length; begin += most) {
      const std::size_t count = std::min(most, length - begin);
      std::vector<Columns::In> in;
      std::vector<Columns::Out> out;
      if (inner) in.push_back({static_cast<std::size_t>(inner->input), &inner->values[begin]});
      for (std::size_t c = 0; c < results_.size(); ++c) {
        columns[c].resize(count);
        out.push_back({results_[c], columns[c].data()});
      }
      t.wall->sweep(question.row().data(), question.bodies(), {count, in, out});
      take({first + begin, count, &columns, nullptr});
    }
  }
}

}  // namespace mlsysim
