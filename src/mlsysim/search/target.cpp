#include "mlsysim/search/target.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "mlsysim/search/probe.hpp"

namespace mlsysim {
namespace {

/// Whether a target is met as a function of one figure.
class Meeting {
 public:
  Meeting(const Question& question, std::size_t input, const Target& target)
      : probe_(question, target.output), input_(input), target_(target) {
    for (const char* flag : {"feasible", "is_feasible", "is_stable"})
      if (const int output = question.table().output(flag); output >= 0)
        needed_.push_back(static_cast<std::size_t>(output));
  }
  bool operator()(double value) {
    const double result = probe_.at(input_, value);
    if (std::isnan(result)) return false;
    for (const auto output : needed_)
      if (probe_.all()[output] == 0) return false;
    return target_.at_most ? result <= target_.bound : result >= target_.bound;
  }

 private:
  Probe probe_;
  std::size_t input_;
  Target target_;
  std::vector<std::size_t> needed_;  // flags without which an answer meets nothing
};

constexpr double stride = 1.1892071150027210667;  // 2^(1/4)
constexpr double reach = 1e9;

}  // namespace

bool meets(const Question& question, const Target& target) {
  Meeting met(question, 0, target);
  return met(question.row()[0]);
}

std::optional<Threshold> threshold(const Question& question, std::size_t input, const Target& target) {
  const Table& t = question.table();
  const Field& field = t.in.all[input];
  const double now = question.row()[input];
  if (!field.is_figure() || !(now > 0) || !std::isfinite(now)) return std::nullopt;
  const bool count = field.range.whole;
  Meeting met(question, input, target);
  Threshold found{input, now, now, true, met(now)};
  const double lowest = std::max(t.low[input], now / reach), highest = std::min(t.high[input], now * reach);
  double before_up = now, before_down = now;
  bool up = true, down = true;
  for (double factor = stride; up || down; factor *= stride) {
    for (const bool upward : {true, false}) {
      bool& open = upward ? up : down;
      if (!open) continue;
      double& before = upward ? before_up : before_down;
      double next = upward ? now * factor : now / factor;
      if (count) next = upward ? std::max(std::round(next), before + 1) : std::min(std::round(next), before - 1);
      next = std::clamp(next, lowest, highest);
      if (next == before || (next == t.low[input] && field.range.above_low)) {
        open = false;
        continue;
      }
      if (met(next) == found.met_now) {
        before = next;
        continue;
      }
      // The turn is between `before`, which is as now, and `next`.
      const double no = found.met_now ? next : before, yes = found.met_now ? before : next;
      found.value = count ? turning_count(no, yes, met) : turning_point(no, yes, met);
      found.upward = upward != found.met_now;
      return found;
    }
  }
  return std::nullopt;
}

std::vector<Threshold> thresholds(const Question& question, const Target& target) {
  std::vector<Threshold> all;
  const auto& used = question.reached();
  for (std::size_t i = 0; i < used.size(); ++i)
    if (used[i])
      if (const auto found = threshold(question, i, target)) all.push_back(*found);
  std::ranges::stable_sort(all, {}, [](const Threshold& x) { return std::abs(std::log(x.value / x.now)); });
  return all;
}

std::vector<Candidate> candidates(const Question& question, const EntityRange& entity, const Target& target) {
  std::vector<Candidate> all;
  for (const Entry* entry : question.catalog().all(entity.kind)) {
    Question with = question;
    const Entry* under = question.catalog().find(entity.kind, entry->id, question.set_name());
    with.bind(entity, under ? *under : *entry);
    with.problems().clear();
    if (!with.check()) continue;
    all.push_back({entry, with.answer()[target.output], meets(with, target)});
  }
  std::ranges::stable_sort(all, [&](const Candidate& a, const Candidate& b) {
    if (a.meets != b.meets) return a.meets;
    return target.at_most ? a.result < b.result : a.result > b.result;
  });
  return all;
}

}  // namespace mlsysim
