#include "mlsysim/evidence/closest.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "mlsysim/evidence/answer_bands.hpp"
#include "mlsysim/evidence/stored.hpp"
#include "mlsysim/evidence/training_cases.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

/// What rows are compared by, each as its ln; NaN where a row does not say.
enum Dimension { parameters, active, batch, context, devices, bits, bandwidth, peak, dimensions };
using Place = std::array<double, dimensions>;

constexpr double unknown = 0.7;  // ln 2: what a row that does not say may be off
constexpr double another_chip = 1, another_model = 0.5;

double log_of(std::optional<double> x) { return x && *x > 0 ? std::log(*x) : std::numeric_limits<double>::quiet_NaN(); }

/// A chip of a row, and its figures.
struct Chip {
  const Entry* entry = nullptr;
  double bandwidth = 0, peak = 0;
};

/// What of a row costs little to read: what its words mean is looked up once for each spelling.
struct Reader {
  const Catalog& catalog;
  std::unordered_map<std::string_view, const Entry*> engines{};
  std::unordered_map<std::string_view, Chip> chips{};
  std::unordered_map<std::string, std::optional<NamedModel>> models{};
  std::unordered_map<std::string, double> widths{};

  const Entry* engine(const Measurement& row) {
    const auto [at, fresh] = engines.try_emplace(row["engine"]);
    if (fresh) at->second = engine_of(row, catalog);
    return at->second;
  }
  const Chip& chip(const Measurement& row) {
    const auto [at, fresh] = chips.try_emplace(row["chip"].empty() ? row["hardware"] : row["chip"]);
    if (fresh)
      if (const Entry* entry = device_of(row, catalog)) {
        const auto device = loaded<Accelerator>(*entry);
        at->second = {entry, device.memory.bandwidth.base, device.compute.bf16_dense.base};
      }
    return at->second;
  }
  const NamedModel* model(const Measurement& row) {
    std::string key(row["model_name"]);
    for (const char* shape : {"n_layers", "hidden"}) key += '/', key += row[shape];
    const auto [at, fresh] = models.try_emplace(std::move(key));
    if (fresh) at->second = model_of(row, catalog);
    return at->second ? &*at->second : nullptr;
  }
  /// Bits a weight; NaN where the row says something unknown.
  double width(const Measurement& row, const Model<double>& model) {
    std::string key(row["model_name"]);
    for (const char* words : {"precision", "quantization"}) key += '/', key += row[words];
    const auto [at, fresh] = widths.try_emplace(std::move(key));
    if (fresh) {
      const StoredAs s = stored_as(row, model, false, catalog);
      at->second = first_stated(8 * s.weight.base, stored_bits(s.weights));
      if (!s.unknown.empty()) at->second = std::numeric_limits<double>::quiet_NaN();
    }
    return at->second;
  }
};

/// What is asked for: which rows are of its kind, and where it stands.
struct Sought {
  std::string_view engine, chip, model;
  bool in_flight = false;
  Place place{};
};

bool of_kind(const Measurement& row, bool in_flight) {
  if (!row["flag"].empty()) return false;
  const std::string_view metric = row["measured_metric"], scenario = row["scenario"];
  const bool step = metric == "itl_ms" || metric == "tpot_ms" || metric == "tokens_per_s_per_user";
  const bool rate = metric.starts_with("output_tokens_per_s") || metric == "tokens_per_s_per_user";
  if (in_flight) return (step && scenario == "server") || (rate && (scenario == "server" || scenario == "offline"));
  return step || (rate && scenario == "decode");
}

double distance(const Place& a, const Place& b) {
  double sum = 0;
  for (std::size_t i = 0; i < dimensions; ++i) {
    const double apart = a[i] - b[i];
    sum += is_stated(apart) ? apart * apart : unknown * unknown;
  }
  return std::sqrt(sum);
}

struct Found {
  const Measurement* row;
  Place place;
  double distance;
  bool same_chip;
  const Case* posed = nullptr;  // of training
};

std::vector<Found> rows_alike(const Sought& sought, const Catalog& catalog) {
  Reader read{catalog};
  std::vector<Found> found;
  for (const Measurement& row : published_inference().rows) {
    if (!of_kind(row, sought.in_flight)) continue;
    const Entry* engine = read.engine(row);
    if (!engine || engine_class(*engine, catalog).id != sought.engine) continue;
    const Chip& chip = read.chip(row);
    const NamedModel* model = chip.entry ? read.model(row) : nullptr;
    if (!model) continue;
    const auto together = number(row, "batch_size") ? number(row, "batch_size") : number(row, "concurrency");
    const auto cut = number(row, "tp") ? number(row, "tp") : number(row, "n_devices");
    const Place place{log_of(model->model.parameters),
                      log_of(first_stated(model->model.active_parameters, model->model.parameters)),
                      log_of(together           ? together
                             : sought.in_flight ? std::nullopt
                                                : std::optional(1.0)),
                      log_of(number(row, "input_len").value_or(16) + 0.5 * number(row, "output_len").value_or(128)),
                      log_of(cut.value_or(1)),
                      log_of(read.width(row, model->model)),
                      log_of(chip.bandwidth),
                      log_of(chip.peak)};
    const bool same_chip = chip.entry->id == sought.chip;
    const double names = (same_chip ? 0 : another_chip) + (model->id == sought.model ? 0 : another_model);
    found.push_back({&row, place, distance(place, sought.place) + names, same_chip});
  }
  std::ranges::stable_sort(found, {}, &Found::distance);
  return found;
}

std::string said_by(const Case& c) {
  const Measurement& row = *c.row;
  const auto flying = c.inference().max_concurrency;
  const bool in_flight = is_stated(flying);
  const double together = in_flight ? flying * c.replicas : c.inference().batch_size;
  const double devices = c.inference().tp_size * c.inference().pp_size * c.replicas;
  return fmt::format("{} on {}{}, {}, {} {:.0f}", row["model_name"],
                     devices > 1 ? fmt::format("{:.0f} x ", devices) : "",
                     row["chip"].empty() ? row["hardware"] : row["chip"],
                     row["engine"].substr(0, row["engine"].find(" (")), in_flight ? "concurrency" : "batch", together);
}

/// Directions in which the place lies outside of all rows, by more than a quarter.
std::vector<std::string> outside(const Sought& sought, const std::vector<Found>& rows) {
  constexpr std::pair<Dimension, const char*> named[] = {{parameters, "parameters"},
                                                         {batch, "sequences at a time"},
                                                         {context, "tokens of context"},
                                                         {devices, "devices"},
                                                         {bandwidth, "bandwidth of the chip"}};
  std::vector<std::string> beyond;
  for (const auto& [dimension, name] : named) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const auto& row : rows)
      if (const double x = row.place[dimension]; is_stated(x)) low = std::min(low, x), high = std::max(high, x);
    const double here = sought.place[dimension], margin = std::log(1.25);
    if (!(low <= high) || (here <= high + margin && here >= low - margin)) continue;
    const auto shown = [&](double x) {
      return dimension == bandwidth ? print_quantity(std::exp(x), axis::data / axis::time) : print_number(std::exp(x));
    };
    beyond.push_back(here > high ? fmt::format("{} {}, measured up to {}", shown(here), name, shown(high))
                                 : fmt::format("{} {}, measured from {}", shown(here), name, shown(low)));
  }
  return beyond;
}

/// Where a question of training stands. Its sequences are those of a device.
Place place_of(const TrainingQuery<double>& q) {
  const auto& device = q.fleet.node.accelerator;
  const double count = q.fleet.nodes * q.fleet.node.accelerators;
  return {log_of(q.model.parameters),
          log_of(first_stated(q.model.active_parameters, q.model.parameters)),
          log_of(q.batch_size / count),
          log_of(q.seq_len.base),
          log_of(count),
          log_of(stored_bits(q.precision)),
          log_of(device.memory.bandwidth.base),
          log_of(device.compute.bf16_dense.base)};
}

std::string said_by_training(const Case& c) {
  const Measurement& row = *c.row;
  const auto& q = c.training();
  std::string layout;
  for (const auto& [name, degree] : {std::pair{"tp", q.tp_size}, {"pp", q.pp_size}, {"cp", q.cp_size}, {"ep", q.ep_size}})
    if (degree > 1) layout += fmt::format(", {} {:.0f}", name, degree);
  return fmt::format("{} on {:.0f} x {}{}, {} tokens, {}", row["model_name"], q.fleet.nodes * q.fleet.node.accelerators,
                     row["hardware"], layout, print_number(q.seq_len.base), row["framework"]);
}

Evidence evidence_of_training(const Question& question, std::size_t most) {
  Evidence evidence{.kind = "training", .with = std::string(question.bound("stack")->name), .near = {}, .beyond = {}};
  const auto stack = engine_class(*question.bound("stack"), question.catalog()).id;
  const auto q = query_of<TrainingQuery>(question);
  const Sought sought{stack, {}, {}, false, place_of(q)};
  const auto regime = training_regime(q, Metric::step_time);
  const auto& chip = q.fleet.node.accelerator;
  const auto cases = cases_of(published_training(), question.catalog());
  std::vector<Found> rows;
  for (const auto& c : cases) {
    if (!c.posed() || c.engine != stack || c.regime != regime) continue;
    const auto& device = c.training().fleet.node.accelerator;
    const bool same_chip = device.compute.bf16_dense.base == chip.compute.bf16_dense.base &&
                           device.memory.bandwidth.base == chip.memory.bandwidth.base;
    const Place place = place_of(c.training());
    rows.push_back({c.row, place, distance(place, sought.place) + (same_chip ? 0 : another_chip), same_chip, &c});
  }
  std::ranges::stable_sort(rows, {}, &Found::distance);
  evidence.alike = rows.size();
  evidence.on_chip = static_cast<std::size_t>(std::ranges::count(rows, true, &Found::same_chip));
  if (!rows.empty()) evidence.beyond = outside(sought, rows);
  std::set<std::string> told;  // one run of a source about a model on so many chips
  for (const auto& row : rows) {
    if (evidence.near.size() == most) break;
    const Measurement& m = *row.row;
    if (!told.insert(fmt::format("{}/{}/{}/{}", row.posed->source, m["model_name"], m["hardware"], m["n_devices"])).second)
      continue;
    evidence.near.push_back({*row.posed, predicted(*row.posed), row.distance, said_by_training(*row.posed)});
  }
  return evidence;
}

}  // namespace

Evidence evidence_for(const Question& question, const std::vector<double>& result, std::size_t most) {
  if (question.table().wall->name == std::string_view("training"))
    return question.bound("stack") ? evidence_of_training(question, most) : Evidence{};
  Evidence evidence;
  const Entry *engine = question.bound("engine"), *model = question.bound("model"), *chip = question.bound("hardware");
  if (fidelity_of(question, result) != std::string_view("operator") || !engine || !model || !chip) return evidence;
  Sought sought{engine_class(*engine, question.catalog()).id, chip->id, model->id};
  const auto at = [&](const auto& m, const Accelerator<double>& h, double together, double tokens, double cut,
                      Precision p) {
    sought.place = {log_of(m.parameters),
                    log_of(first_stated(m.active_parameters, m.parameters)),
                    log_of(together),
                    log_of(tokens),
                    log_of(cut),
                    log_of(stored_bits(p)),
                    log_of(h.memory.bandwidth.base),
                    log_of(h.compute.bf16_dense.base)};
  };
  if (question.table().wall->name == std::string_view("inference")) {
    const auto q = query_of<InferenceQuery>(question);
    at(q.model, q.hardware, q.batch_size, q.seq_len.base + 0.5 * q.output_len.base, q.tp_size, q.precision);
  } else {
    const auto q = query_of<ServingCapacityQuery>(question);
    const auto of = [&](const char* name) { return result[static_cast<std::size_t>(question.table().output(name))]; };
    sought.in_flight = true;
    at(q.model, q.hardware, std::max(1.0, of("decoding")), q.seq_len.base + 0.5 * q.output_len.base,
       std::max(1.0, of("best_config.tp_size")), q.precision);
  }
  evidence.kind = sought.in_flight ? "serving" : "decoding";
  evidence.with = engine->name;
  const auto rows = rows_alike(sought, question.catalog());
  evidence.alike = rows.size();
  evidence.on_chip = static_cast<std::size_t>(std::ranges::count(rows, true, &Found::same_chip));
  if (!rows.empty()) evidence.beyond = outside(sought, rows);
  if (!rows.empty() && evidence.on_chip == 0) evidence.beyond.push_back(fmt::format("no row is of {}", chip->name));
  std::set<std::string> told;  // one row of a source about a model on so many chips
  std::size_t tried = 0;
  for (const auto& row : rows) {
    if (evidence.near.size() == most || tried == 40) break;
    const Measurement& m = *row.row;
    const std::string about = fmt::format("{}/{}/{}/{}", m["source_id"], m["model_name"], m["chip"], m["n_devices"]);
    if (told.contains(about)) continue;
    ++tried;
    NearMeasurement near{pose(m, question.catalog()), 0, row.distance, ""};
    if (!near.posed.posed()) continue;
    told.insert(about);
    near.predicted = predicted(near.posed);
    near.what = said_by(near.posed);
    evidence.near.push_back(std::move(near));
  }
  return evidence;
}

}  // namespace mlsysim
