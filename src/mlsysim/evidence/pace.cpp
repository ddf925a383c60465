#include "mlsysim/evidence/pace.hpp"

#include <algorithm>

#include "mlsysim/evidence/summary.hpp"

namespace mlsysim {
namespace {

/// Scatters up to which a run counts in full: 95 % efficient on normal runs (Huber 1964); and beyond which it is an outlier.
constexpr double full_weight = 1.345, too_far = 3;
/// A normal deviation over the median of the absolute one.
constexpr double of_median = 1.4826;
/// Of each kind: more than enough to settle.
constexpr int rounds = 60;

using Matrix = std::vector<std::vector<double>>;

/// Of a symmetric positive matrix, in place: Gauss and Jordan without pivots.
void invert(Matrix& m) {
  const std::size_t n = m.size();
  for (std::size_t k = 0; k < n; ++k) {
    const double pivot = m[k][k];
    m[k][k] = 1;
    for (double& x : m[k]) x /= pivot;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = m[i][k];
      m[i][k] = 0;
      for (std::size_t j = 0; j < n; ++j) m[i][j] -= factor * m[k][j];
    }
  }
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return quantile(values, 0.5);
}

}  // namespace

StackPaces::StackPaces(std::vector<PacedRun> runs, const Spread<double>& spread)
    : runs_(std::move(runs)), spread_(spread), weights_(runs_.size(), 1.0) {
  for (const auto& run : runs_) generations_.try_emplace(run.generation, 1 + generations_.size());
  for (const auto& run : runs_) chips_.try_emplace(run.chip, 1 + generations_.size() + chips_.size());
  effects_.assign(1 + generations_.size() + chips_.size(), 0.0);
  std::vector<double> all;
  for (const auto& run : runs_) all.push_back(run.ln_pace);
  if (!all.empty()) effects_[0] = median(all);
  scatter_ = std::hypot(spread_.runs, spread_.metrics);
  // Far runs are weighed down first; only when the rest agree is it said which are outliers, as long as that changes anything.
  for (int i = 0; i < rounds; ++i) rescale(), weigh(false), solve();
  for (int i = 0; i < rounds; ++i) {
    const auto before = weights_;
    rescale(), weigh(true), solve();
    if (weights_ == before) break;
  }
}

double StackPaces::residual(std::size_t i) const {
  return runs_[i].ln_pace - effects_[0] - effects_[generations_.at(runs_[i].generation)] -
         effects_[chips_.at(runs_[i].chip)];
}

/// A run of several metrics scatters less than one of one.
double StackPaces::relative(std::size_t i) const {
  const double single = std::hypot(spread_.runs, spread_.metrics);
  return std::hypot(spread_.runs, spread_.metrics / std::sqrt(runs_[i].metrics)) / single;
}

void StackPaces::rescale() {
  std::vector<double> sizes;
  for (std::size_t i = 0; i < runs_.size(); ++i) sizes.push_back(std::abs(residual(i)) / relative(i));
  if (sizes.empty()) return;
  const double known = std::hypot(spread_.runs, spread_.metrics), own = of_median * median(sizes);
  const double runs = static_cast<double>(runs_.size()),
               told = std::max(0.0, runs - static_cast<double>(chips_.size()));
  scatter_ = std::sqrt((spread_.counted * known * known + told * own * own) / (spread_.counted + told));
}

void StackPaces::weigh(bool set_aside) {
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const double size = std::abs(residual(i)) / (relative(i) * scatter_);
    weights_[i] = set_aside && size > too_far ? 0 : size > full_weight ? full_weight / size : 1;
  }
}

/// Henderson's equations of the mixed model: effects, and how well they are known.
void StackPaces::solve() {
  const std::size_t n = effects_.size();
  Matrix m(n, std::vector<double>(n, 0.0));
  std::vector<double> right(n, 0.0);
  const auto known = [](double deviation) { return 1 / (deviation * deviation); };
  m[0][0] = known(spread_.stacks);
  for (const auto& [name, at] : generations_) m[at][at] = known(spread_.generations);
  for (const auto& [name, at] : chips_) m[at][at] = known(spread_.chips);
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const double weight = weights_[i] * known(relative(i) * scatter_);
    const std::size_t of[] = {0, generations_.at(runs_[i].generation), chips_.at(runs_[i].chip)};
    for (const std::size_t a : of) {
      right[a] += weight * runs_[i].ln_pace;
      for (const std::size_t b : of) m[a][b] += weight;
    }
  }
  invert(m);
  for (std::size_t a = 0; a < n; ++a) {
    effects_[a] = 0;
    for (std::size_t b = 0; b < n; ++b) effects_[a] += m[a][b] * right[b];
  }
  covariance_ = std::move(m);
}

Pace StackPaces::on(const std::string& generation, const std::string& chip) const {
  std::vector<std::size_t> of{0};
  double apart = 0;  // variance of what was not measured
  if (const auto at = generations_.find(generation); at != generations_.end()) of.push_back(at->second);
  else apart += spread_.generations * spread_.generations;
  if (const auto at = chips_.find(chip); at != chips_.end()) of.push_back(at->second);
  else apart += spread_.chips * spread_.chips;
  Pace pace;
  for (const std::size_t a : of) {
    pace.ln += effects_[a];
    for (const std::size_t b : of) apart += covariance_[a][b];
  }
  pace.deviation = std::sqrt(apart);
  return pace;
}

}  // namespace mlsysim
