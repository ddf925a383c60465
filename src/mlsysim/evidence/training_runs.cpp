#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "mlsysim/evidence/summary.hpp"
#include "mlsysim/evidence/training_cases.hpp"

namespace mlsysim {
namespace {

constexpr std::size_t fewest = 4;  // layouts of a ranking

/// Runs of one layout together: sums of ln of their rates.
struct OneLayout {
  double predicted = 0, measured = 0, runs = 0;
};

/// Places in order, those of equal values in the middle of theirs.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<double> places;
  for (const double x : values) {
    const auto below = std::ranges::count_if(values, [&](double y) { return y < x; });
    const auto equal = std::ranges::count(values, x);
    places.push_back(static_cast<double>(below) + 0.5 * static_cast<double>(equal - 1));
  }
  return places;
}

double spearman(const std::vector<double>& a, const std::vector<double>& b) {
  const auto x = ranks(a), y = ranks(b);
  const double middle = 0.5 * static_cast<double>(a.size() - 1);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - middle) * (y[i] - middle);
    xx += (x[i] - middle) * (x[i] - middle);
    yy += (y[i] - middle) * (y[i] - middle);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

/// A prediction or a measurement of a case as tokens a second of one device.
double rate(const Case& c, double value) {
  return c.metric == Metric::step_time ? tokens_per_device(c.training()) / value : value;
}

}  // namespace

TrainingRuns training_runs(const std::vector<ComparedRow>& rows) {
  TrainingRuns all;
  struct Run {
    bool predicted = false, complete = false, settled = false;
  };
  std::map<std::pair<std::string, std::string>, Run> runs;
  std::map<std::string, std::map<std::string, OneLayout>> layouts;
  for (const auto& row : rows) {
    const Case& c = *row.posed;
    if (!c.trains()) continue;
    const bool named = !c.experiment.empty();
    Run& run = runs[named ? std::pair{c.source, c.experiment} : std::pair{c.row->file->name, std::to_string(c.row->line)}];
    run.predicted = run.predicted || row.is_predicted();
    run.complete = run.complete || (row.is_predicted() && row.complete);
    run.settled = run.settled || (row.is_predicted() && (row.complete || c.missing == "activation_recompute"));
    if (!row.is_predicted() || c.metric == Metric::device_time) continue;
    ++all.ran;
    all.fit += evaluate(c.training()).feasible.index > 0;
    if (c.metric == Metric::memory_reserved) continue;
    const auto& q = c.training();
    OneLayout& layout = layouts[fmt::format("{} {} {}", c.model, c.chip, q.is_lora)][fmt::format(
        "{} {} {} {} {} {} {} {} {} {} {} {}", q.fleet.nodes * q.fleet.node.accelerators, q.batch_size, q.seq_len.base,
        q.microbatch_size, q.tp_size, q.pp_size, q.cp_size, q.ep_size, q.v_stages, word(q.precision),
        static_cast<int>(q.zero_stage), static_cast<int>(q.recomputation))];
    layout.predicted += std::log(rate(c, row.predicted));
    layout.measured += std::log(rate(c, c.measured));
    ++layout.runs;
  }
  all.runs = runs.size();
  for (const auto& [name, run] : runs)
    all.predicted += run.predicted, all.complete += run.complete, all.settled += run.settled;
  std::vector<double> found;
  for (const auto& [name, group] : layouts) {
    if (group.size() < fewest) continue;
    std::vector<double> predicted, measured;
    for (const auto& [key, layout] : group) {
      predicted.push_back(layout.predicted / layout.runs);
      measured.push_back(layout.measured / layout.runs);
    }
    found.push_back(spearman(predicted, measured));
  }
  std::ranges::sort(found);
  all.rankings = found.size();
  all.ranking_median = quantile(found, 0.5);
  for (const double x : found) all.ranking_mean += x / static_cast<double>(found.size());
  return all;
}

}  // namespace mlsysim
