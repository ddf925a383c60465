#include "mlsysim/evidence/summary.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "mlsysim/evidence/beside.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

constexpr double outside = 2 / 0.1;  // what the interval score of a 90 % band asks of a row outside it

std::vector<double> sorted_over(const std::vector<ComparedRow*>& rows, double (*of)(const ComparedRow&)) {
  std::vector<double> values;
  for (const auto* row : rows)
    if (row->is_predicted()) values.push_back(of(*row));
  std::ranges::sort(values);
  return values;
}
double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double x : values) sum += x;
  return sum / static_cast<double>(values.size());
}

double interval_score(const ComparedRow& row) {
  const double x = std::log(row.posed->measured), low = std::log(row.low), high = std::log(row.high);
  return high - low + outside * std::max({0.0, low - x, x - high});
}

void summarise(ComparedGroup& g) {
  for (const auto* row : g.rows) {
    g.sources.insert(row->posed->source);
    if (row->is_predicted()) g.metrics.insert(word(row->posed->metric)), ++g.predicted;
  }
  const auto errors = sorted_over(g.rows, [](const ComparedRow& r) { return 100 * std::abs(r.error()); });
  g.median_ape = quantile(errors, 0.5);
  g.p90_ape = quantile(errors, 0.9);
  g.bias = quantile(sorted_over(g.rows, [](const ComparedRow& r) { return 100 * r.error(); }), 0.5);
  g.coverage = mean(sorted_over(g.rows, [](const ComparedRow& r) { return r.inside() ? 1.0 : 0.0; }));
  g.half_width =
      quantile(sorted_over(g.rows, [](const ComparedRow& r) { return 100 * (std::sqrt(r.high / r.low) - 1); }), 0.5);
  g.interval_score = mean(sorted_over(g.rows, interval_score));
  const auto beside = [&](double ComparedRow::*who) {
    std::vector<double> errors_of;
    for (const auto* row : g.rows)
      if (row->is_predicted() && !std::isnan(row->*who))
        errors_of.push_back(100 * std::abs(row->*who / row->posed->measured - 1));
    std::ranges::sort(errors_of);
    return errors_of;
  };
  const auto naive = beside(&ComparedRow::naive), original = beside(&ComparedRow::original);
  g.naive_median_ape = quantile(naive, 0.5);
  g.naive_p90_ape = quantile(naive, 0.9);
  g.original_median_ape = quantile(original, 0.5);
  g.original_p90_ape = quantile(original, 0.9);
  g.original_rows = original.size();
}

/// Whether everything is stated that a prediction needs, flagged rows and metrics that nobody predicts left out.
bool is_complete(const Case& c, const Catalog& catalog) {
  const Measurement& row = *c.row;
  if (c.trains()) return c.posed() && c.missing.empty();
  const auto any = [&](auto... columns) { return (!row[columns].empty() || ...); };
  const auto all = [&](auto... columns) { return (!row[columns].empty() && ...); };
  if (!row["flag"].empty() || !number(row, "measured_value")) return false;
  if (!all("n_layers", "hidden", "n_heads", "n_kv_heads", "ffn_hidden") && !model_of(row, catalog)) return false;
  if (!any("chip", "hardware") || !any("n_devices", "tp") || !any("precision", "quantization")) return false;
  if (!any("batch_size", "concurrency")) return false;
  const MeasuredMetric* metric = measured_metric(row);
  return metric && (!metric->prompt || all("input_len")) && (!metric->generated || all("output_len"));
}

/// The constant that training is compared with, made when the first row of training is.
struct Naive {
  const Catalog& catalog;
  std::optional<ConstantShares> shares{};

  double operator()(const Case& c) {
    if (!c.trains()) return roofline_alone(c);
    if (!shares) shares.emplace(cases_of(published_training(), catalog));
    return shares->predicted(c);
  }
};

ComparedRow compared(const Case& c, const Catalog& catalog, const Assumptions<double>& set, Naive& naive) {
  ComparedRow row{.posed = &c, .reason = c.reason, .nearest = {}};
  if (c.posed()) {
    row.predicted = predicted(c);
    row.naive = naive(c);
    row.original = original_package(c, set);
    if (!(row.predicted > 0) || std::isinf(row.predicted)) row.reason = "the prediction is no positive number";
  } else if (!c.chip.empty() && !catalog.find("accelerator", c.chip)) {
    row.nearest = catalog.missing("accelerator", c.chip).nearest;
  } else if (c.chip.empty() && !c.model.empty() && !model_of(*c.row, catalog)) {
    row.nearest = catalog.missing("model", c.model).nearest;
  }
  row.complete = is_complete(c, catalog);
  return row;
}

/// The same for reasons that differ in a figure only.
std::string kind_of(std::string_view reason) {
  std::string key;
  bool quoted = false;
  for (const char c : reason) {
    if (c == '"') quoted = !quoted;
    const bool digit = !quoted && c >= '0' && c <= '9';
    if (!digit || key.empty() || key.back() != '#') key += digit ? '#' : c;
  }
  return key;
}

}  // namespace

double quantile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const double next = sorted[std::min(below + 1, sorted.size() - 1)];
  return sorted[below] + (at - static_cast<double>(below)) * (next - sorted[below]);
}

Validation validate(std::vector<const MeasurementFile*> files, const Catalog& catalog) {
  Validation v;
  v.files = std::move(files);
  for (const auto* file : v.files)
    for (auto& c : cases_of(*file, catalog)) v.cases.push_back(std::move(c));
  v.rows.reserve(v.cases.size());
  const auto set = loaded<Assumptions>(*catalog.find("assumptions", "mlsysim-0.1"));
  Naive naive{catalog};
  std::map<std::pair<std::string, std::string>, ComparedGroup> groups;
  std::map<std::string, Reason> reasons;
  for (const auto& c : v.cases) {
    ComparedRow& row = v.rows.emplace_back(compared(c, catalog, set, naive));
    v.predicted += row.is_predicted();
    v.repeated += c.repeated;
    v.complete += row.complete;
    v.complete_predicted += row.complete && row.is_predicted();
    if (!row.is_predicted()) {
      auto& reason = reasons.try_emplace(kind_of(row.reason), Reason{row.reason, row.nearest, {}}).first->second;
      reason.rows.push_back(&row);
    }
    if (c.engine.empty() || c.regime.empty()) continue;
    auto [at, made] = groups.try_emplace({c.regime, c.engine});
    ComparedGroup& group = at->second;
    if (made) group.engine = c.engine, group.regime = c.regime, group.band = band_of(catalog, c.engine, c.regime);
    row.low = group.band.least(row.predicted, c.metric, c.assumed);
    row.high = group.band.most(row.predicted, c.metric, c.assumed);
    group.rows.push_back(&row);
  }
  for (auto& [key, group] : groups) {
    summarise(group);
    v.groups.push_back(std::move(group));
  }
  std::ranges::stable_sort(v.groups, {}, [](const ComparedGroup& g) { return g.rows.front()->posed->metric; });
  for (auto& [key, reason] : reasons) v.reasons.push_back(std::move(reason));
  std::ranges::stable_sort(v.reasons, std::ranges::greater{}, [](const Reason& r) { return r.rows.size(); });
  v.training = training_runs(v.rows);
  return v;
}

}  // namespace mlsysim
