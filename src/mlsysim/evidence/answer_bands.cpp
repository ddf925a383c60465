#include "mlsysim/evidence/answer_bands.hpp"

#include <algorithm>
#include <string_view>

#include "mlsysim/evidence/training_cases.hpp"

namespace mlsysim {
namespace {

using Bands = std::vector<ResultBand>;

/// The regime of a metric of a query, as measured rows are grouped.
std::string regime(const InferenceQuery<double>& q, Metric metric) {
  Case c;
  c.query = q;
  c.metric = metric;
  return regime_of(c);
}

Bands of_inference(const Question& question, const std::vector<double>& result) {
  constexpr std::pair<const char*, Metric> measured[] = {
      {"ttft", Metric::ttft},
      {"itl", Metric::itl},
      {"latency", Metric::latency},
      {"throughput", Metric::throughput},
      {"throughput_per_user", Metric::decode_rate},
      {"prefill_rate", Metric::prefill_rate},
      {"itl_in_flight", Metric::itl},
      {"itl_mixed", Metric::itl_mixed},
      {"throughput_in_flight", Metric::throughput_in_flight},
      {"energy_per_token", Metric::energy_per_token},
      {"energy_per_token_in_flight", Metric::energy_per_token},
  };
  const auto query = query_of<InferenceQuery>(question);
  const auto engine = engine_class(*question.bound("engine"), question.catalog()).id;
  Bands bands;
  for (const auto& [name, metric] : measured) {
    InferenceQuery<double> asked = query;
    if (std::string_view(name) == "itl_in_flight") asked.max_concurrency = first_stated(asked.max_concurrency, 1.0);
    if (std::string_view(name) == "itl" || metric == Metric::decode_rate)
      asked.max_concurrency = std::numeric_limits<double>::quiet_NaN();  // that of the batch
    ResultBand band{static_cast<std::size_t>(question.table().output(name)), 0, 0, regime(asked, metric)};
    const ErrorBand error = band_of(question.catalog(), engine, band.regime);
    band.low = error.least(result[band.output], metric);
    band.high = error.most(result[band.output], metric);
    band.from = error.from;
    bands.push_back(std::move(band));
  }
  return bands;
}

Bands of_training(const Question& question, const std::vector<double>& result) {
  // What follows from the time of a step is off as that is.
  constexpr std::pair<const char*, Metric> measured[] = {
      {"step_time", Metric::step_time},
      {"throughput", Metric::throughput_per_device},
      {"throughput_per_device", Metric::throughput_per_device},
      {"mfu", Metric::throughput_per_device},
      {"model_flops_per_device", Metric::throughput_per_device},
      {"energy_per_token", Metric::step_time},
      {"duration", Metric::step_time},
      {"device_time", Metric::step_time},
      {"memory_footprint", Metric::memory_reserved},
      {"memory_reserved", Metric::memory_reserved},
  };
  const auto query = query_of<TrainingQuery>(question);
  const auto stack = engine_class(*question.bound("stack"), question.catalog()).id;
  Bands bands;
  for (const auto& [name, metric] : measured) {
    ResultBand band{static_cast<std::size_t>(question.table().output(name)), 0, 0, training_regime(query, metric)};
    const double value = result[band.output];
    if (!is_stated(value)) continue;
    const ErrorBand error = band_of(question.catalog(), stack, band.regime);
    band.low = error.least(value, metric);
    band.high = error.most(value, metric);
    band.from = error.from;
    bands.push_back(std::move(band));
  }
  return bands;
}

Bands of_serving(const Question& question, const std::vector<double>& result) {
  struct Measured {
    const char* regime;
    std::vector<const char*> results;
  };
  static const std::vector<Measured> measured = {
      {"prefill", {"ttft", "ttft_p99"}},
      {"time between tokens", {"tpot", "itl_decode", "itl_mixed", "throughput_per_user", "e2el"}},
      {"throughput at a concurrency",
       {"request_rate_max", "utilization", "devices_needed", "throughput", "request_rate", "million_tokens_usd",
        "million_input_usd", "million_output_usd"}},
  };
  const Table& t = question.table();
  const auto at = [&](const char* name) { return static_cast<std::size_t>(t.output(name)); };
  const auto engine = engine_class(*question.bound("engine"), question.catalog()).id;
  const auto factor = static_cast<std::size_t>(t.input("time_factor")),
             layout = static_cast<std::size_t>(t.input("tp_size"));
  const auto asked_rate = static_cast<std::size_t>(t.input("request_rate"));
  const bool at_rate = question.row()[asked_rate] == question.row()[asked_rate];
  const auto slowed = [&](double by, bool free_rate) {
    Question other = question;
    other.give(factor, question.row()[factor] * by);
    if (!at_rate && !free_rate) other.give(asked_rate, result[at("request_rate")]);  // latencies are those at this rate
    other.give(layout, result[at("best_config.tp_size")]);
    return other.answer();
  };
  Bands bands;
  for (const auto& [regime, results] : measured) {
    const ErrorBand error = band_of(question.catalog(), engine, regime);
    const bool rates = std::string_view(regime).starts_with("throughput");
    const auto quick = slowed(error.low, rates), slow = slowed(error.high, rates);
    for (const char* name : results) {
      const std::size_t i = at(name);
      bands.push_back(
          {i, std::min({quick[i], result[i], slow[i]}), std::max({quick[i], result[i], slow[i]}), regime, error.from});
    }
  }
  const ErrorBand error = band_of(question.catalog(), engine, "energy per token");
  for (const char* name : {"million_tokens_energy", "million_tokens_carbon"})
    bands.push_back({at(name), error.least(result[at(name)], Metric::energy_per_token),
                     error.most(result[at(name)], Metric::energy_per_token), "energy per token", error.from});
  return bands;
}

}  // namespace

const char* fidelity_of(const Question& question, const std::vector<double>& result) {
  const Table& t = question.table();
  for (const char* wall : {"inference", "training", "training-optimizer"})
    if (t.wall->name == std::string_view(wall)) return "operator";
  const int level = t.output("fidelity");
  const bool operators =
      level >= 0 && result[static_cast<std::size_t>(level)] == static_cast<double>(Fidelity::operators);
  return operators ? "operator" : "first-order";
}

std::vector<ResultBand> bands_of(const Question& question, const std::vector<double>& result) {
  const std::string_view wall = question.table().wall->name;
  const int fits = question.table().output("feasible");
  const bool trains = wall == "training";
  if (fidelity_of(question, result) != std::string_view("operator") || !question.bound(trains ? "stack" : "engine") ||
      (fits >= 0 && result[static_cast<std::size_t>(fits)] == 0))
    return {};
  if (trains) return of_training(question, result);
  return wall == "inference" ? of_inference(question, result) : of_serving(question, result);
}

}  // namespace mlsysim
