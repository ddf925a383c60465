#include "mlsysim/evidence/cases.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mlsysim/evidence/stored.hpp"
#include "mlsysim/evidence/training_cases.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

constexpr MeasuredMetric metrics[] = {{"tokens_per_s_per_user", Metric::decode_rate, 1, false, false},
                                      {"itl_ms", Metric::itl, 1e-3, false, false},
                                      {"tpot_ms", Metric::itl, 1e-3, false, false},
                                      {"ttft_ms", Metric::ttft, 1e-3, true, false},
                                      {"prefill_tokens_per_s", Metric::prefill_rate, 1, true, false},
                                      {"latency_ms", Metric::latency, 1e-3, true, true},
                                      {"output_tokens_per_s", Metric::decode_rate, 1, true, true},
                                      {"output_tokens_per_s_per_gpu", Metric::throughput, 1, true, true},
                                      {"samples_per_s", Metric::throughput, 1, true, true},
                                      {"energy_j_per_token", Metric::energy_per_token, 1, true, true}};

/// What is being posed: the row, its case, and factors that unknown columns put on it.
struct Posing {
  const Measurement& row;
  const Catalog& catalog;
  Case c;

  bool refuse(std::string reason) {
    c.reason = std::move(reason);
    return false;
  }
  /// A column that is not stated: `taken` is used, and the prediction may be off by `factor`.
  double assume(std::string_view column, double taken, double factor) {
    if (const auto stated = number(row, column)) return *stated;
    c.assumed *= factor;
    return taken;
  }

  bool who();
  bool what();
  bool how();
  bool where();
  double replica_that_serves_most(double devices) const;
};

bool Posing::who() {
  c.row = &row;
  c.source = row["source_id"];
  c.experiment = row["experiment"];
  if (!row["flag"].empty()) return refuse(fmt::format("flagged in its source: {}", row["flag"]));
  if (!row["family"].empty() && row["family"] != "llm")
    return refuse(fmt::format("\"{}\" models have no operator model yet", row["family"]));
  const auto model = model_of(row, catalog);
  c.model = model ? model->id : std::string(row["model_name"]);
  if (!model)
    return refuse(fmt::format(
        "no model is called \"{}\", and the row does not state a shape: hidden, and n_layers or parameters", c.model));
  c.inference().model = model->model;
  const Entry* device = device_of(row, catalog);
  c.chip = device ? std::string(device->id) : std::string(row["chip"].empty() ? row["hardware"] : row["chip"]);
  if (!device) return refuse(fmt::format("no accelerator is called \"{}\"", c.chip));
  c.inference().hardware = loaded<Accelerator>(*device);
  const Entry* engine = engine_of(row, catalog);
  if (!engine) {
    engine = catalog.find("engine", row["scenario"] == "server" ? "server" : "compiled");
    c.assumed *= row["engine"].empty() ? 1.3 : 1.5;
  }
  c.engine = engine_class(*engine, catalog).id;
  c.inference().engine = loaded<InferenceEngine>(*engine);
  if (!is_stated(c.inference().hardware.kernels.gemm.efficiency_16))
    return refuse(fmt::format("the kernels of \"{}\" are not known", device->id));
  return true;
}

/// The metric, in base units; samples are turned into tokens once it is known how many of them they have.
bool Posing::what() {
  const std::string_view scenario = row["scenario"];
  const auto value = number(row, "measured_value");
  if (!value || !(*value > 0))
    return refuse(fmt::format("measured_value \"{}\" is not a positive number", row["measured_value"]));
  c.measured = *value;
  const MeasuredMetric* metric = measured_metric(row);
  if (row["measured_metric"] == "memory_gb")
    return refuse("memory in use: sources count the engine's pool or runtime too, which are not modelled");
  if (row["measured_metric"] == "peak_wall_power_w")
    return refuse("power at the wall is that of a whole machine; devices are modelled");
  if (!metric) return refuse(fmt::format("\"{}\" is not a metric that is predicted", row["measured_metric"]));
  if (metric->metric == Metric::ttft && scenario == "server" && number(row, "concurrency").value_or(2) > 1)
    return refuse("time to first token under load: how requests arrive is not stated");
  c.metric = metric->metric;
  c.measured *= metric->unit;
  const bool loaded = scenario == "server" || scenario == "offline" || scenario == "throughput";
  if (metric->name == "output_tokens_per_s" && loaded) c.metric = Metric::throughput;
  if (metric->name == "output_tokens_per_s_per_gpu") c.measured *= assume("n_devices", 1, 1);
  return true;
}

/// Formats, lengths, batch.
bool Posing::how() {
  auto& q = c.inference();
  const std::string_view scenario = row["scenario"];
  for (std::string_view column : {"quantization", "notes", "engine", "scenario"}) {
    const std::string text = lower_case(row[column]);
    if (has(text, "speculative") || has(text, "lmcache"))
      return refuse("speculative decoding or a shared cache, whose rate of hits is not stated");
  }
  const StoredAs s = stored_as(row, q.model, c.engine == "compiled", catalog);
  if (!s.unknown.empty()) return refuse(fmt::format("\"{}\" is not a precision that is known", s.unknown));
  if (!s.stated) {
    if (c.engine == "llama-cpp") return refuse("precision and quantization are not stated");
    c.assumed *= 1.25;
  }
  q.precision = s.weights;
  q.kv_precision = s.cache;
  q.narrowed = s.narrowed;
  q.weight_size = s.weight;
  q.head_size = s.head;

  const bool loaded = scenario == "server" || scenario == "offline" || c.metric == Metric::energy_per_token ||
                      (scenario == "throughput" && !number(row, "batch_size"));
  const auto batch = number(row, "batch_size"), concurrency = number(row, "concurrency");
  if (loaded) {
    const auto flying = batch ? batch : concurrency;
    if (flying) q.max_concurrency = *flying;
    else if (c.metric == Metric::itl || (scenario == "server" && !has(c.source, "mlperf")))
      return refuse("neither batch_size nor concurrency is stated");
    if (c.metric == Metric::itl && row["unit"].find("median") == std::string_view::npos) c.metric = Metric::itl_mixed;
    if (c.metric == Metric::throughput) c.metric = Metric::throughput_in_flight;
  } else {
    q.batch_size = std::max(1.0, batch.value_or(concurrency.value_or(1)));
    if (row["measured_metric"] == "tokens_per_s_per_user") c.measured *= q.batch_size;
  }
  const bool decodes = c.metric == Metric::decode_rate || (c.metric == Metric::itl && !loaded);
  if (const Entry* benchmark = catalog.find("benchmark", row["model_name"]); benchmark && has(c.source, "mlperf")) {
    const auto lengths = mlsysim::loaded<Benchmark>(*benchmark);
    q.seq_len = lengths.seq_len;
    q.output_len = lengths.output_len;
  } else {
    const double in = decodes ? number(row, "input_len").value_or(16) : assume("input_len", 256, 1.15);
    q.seq_len = {std::max(1.0, in)};
    q.output_len = {
        std::max(1.0, decodes ? assume("output_len", 128, 1.02) : assume("output_len", 256, loaded ? 1.2 : 1.0))};
  }
  if (c.metric == Metric::latency && !number(row, "output_len")) return refuse("output_len is not stated");
  if ((c.metric == Metric::ttft || c.metric == Metric::prefill_rate) && !number(row, "input_len"))
    return refuse("input_len is not stated");
  if (row["measured_metric"] == "samples_per_s") c.measured *= q.output_len.base;
  return true;
}

/// Devices of each of the replicas that together serve most; all of them where no weights fit.
double Posing::replica_that_serves_most(double devices) const {
  InferenceQuery<double> q = c.inference();
  double best = 0, size = devices;
  for (q.tp_size = 1; q.tp_size <= devices; q.tp_size *= 2) {
    const auto r = evaluate(q);
    const double rate = r.feasible.index > 0 ? r.throughput_in_flight.base * devices / q.tp_size : 0;
    if (rate > best) best = rate, size = q.tp_size;
  }
  return size;
}

/// Devices.
bool Posing::where() {
  auto& q = c.inference();
  const auto stated = number(row, "tp");
  const double pp = std::max(1.0, number(row, "pp").value_or(1));
  double devices = number(row, "n_devices").value_or(stated.value_or(1) * pp);
  // llama.cpp and ExLlama share out layers, one device after another, whatever a table calls it.
  if (c.engine == "llama-cpp" || has(folded(row["engine"]), "exllama")) {
    q.pp_size = devices;
  } else if (stated && *stated > 1) {
    q.tp_size = *stated;
    q.pp_size = number(row, "pp") ? pp : 1;
    c.replicas = std::max(1.0, std::floor(devices / (q.tp_size * q.pp_size)));
  } else if (devices > 1 && c.engine == "server" && stated) {  // experts are spread out, attention is cut
    q.tp_size = devices;
    if (q.model.architecture == Architecture::mixture_of_experts) q.ep_size = devices;
  } else if (devices > 1) {  // not stated how: a static batch runs on all of them, requests in flight on replicas
    const bool whole = c.metric == Metric::throughput || c.metric == Metric::decode_rate;
    q.tp_size = whole ? devices : replica_that_serves_most(devices);
    c.replicas = std::floor(devices / q.tp_size);
  }
  if (c.replicas > 1) q.max_concurrency = q.max_concurrency / c.replicas;
  const auto r = evaluate(q);
  if (!(r.itl.base > 0) || !(r.ttft.base > 0)) return refuse("figures of the device or the model are missing");
  const bool in_flight =
      c.metric == Metric::throughput_in_flight || c.metric == Metric::energy_per_token || c.metric == Metric::itl_mixed;
  if (in_flight && !(r.memory_weights < r.memory_available))
    return refuse(fmt::format("weights of {:.0f} GB do not fit {} devices of {:.0f} GB",
                              r.memory_weights.in(GB)*devices, devices, q.hardware.memory.capacity.in(GB)));
  return true;
}

}  // namespace

const MeasuredMetric* measured_metric(const Measurement& row) {
  const auto at = std::ranges::find(metrics, row["measured_metric"], &MeasuredMetric::name);
  return at == std::end(metrics) ? nullptr : at;
}

std::string regime_of(const Case& c) {
  if (c.trains()) return training_regime(c.training(), c.metric);
  const auto& q = c.inference();
  const bool narrow = stored_bits(q.precision) < 16;
  const std::string format = narrow ? ", 4/8-bit" : ", 16-bit";
  const std::string cut = q.tp_size > 1 ? ", TP" : "";
  switch (c.metric) {
    case Metric::decode_rate:
    case Metric::itl:
      if (is_stated(q.max_concurrency)) return "time between tokens";
      return q.batch_size > 1 ? "decode, batched" : "decode, batch 1" + format + cut;
    case Metric::itl_mixed:
      return "time between tokens, with prompts";
    case Metric::ttft:
    case Metric::prefill_rate:
      return "prefill";
    case Metric::latency:
      return "request";
    case Metric::throughput:
      return "static batch";
    case Metric::throughput_in_flight:
      if (has(c.source, "mlperf")) return (*c.row)["scenario"] == "server" ? "MLPerf server" : "MLPerf offline";
      return is_stated(q.max_concurrency) ? "throughput at a concurrency" : "throughput in flight";
    case Metric::energy_per_token:
      return "energy per token";
    default:
      return "";
  }
}

Case pose(const Measurement& row, const Catalog& catalog) {
  if (is_training(row)) return pose_training(row, catalog);
  Posing p{row, catalog, {}};
  if (p.who() && p.what() && p.how() && p.where()) p.c.regime = regime_of(p.c);
  return std::move(p.c);
}

double figure(const Case& c, const Steps& s) {
  const auto& q = c.inference();
  switch (c.metric) {
    case Metric::decode_rate:
      return s.batch / s.itl;
    case Metric::itl:
      return is_stated(q.max_concurrency) ? s.itl_in_flight : s.itl;
    case Metric::itl_mixed:
      return s.itl_mixed;
    case Metric::ttft:
      return s.ttft;
    case Metric::prefill_rate:
      return s.batch * q.seq_len.base / s.ttft;
    case Metric::latency:
      return s.ttft + (q.output_len.base - 1) * s.itl;
    case Metric::throughput:
      return s.batch * q.output_len.base / (s.ttft + (q.output_len.base - 1) * s.itl) * c.replicas;
    case Metric::throughput_in_flight:
      return s.in_flight / s.itl_mixed * c.replicas;
    case Metric::energy_per_token:
      return s.energy_per_token;
    default:
      return 0;
  }
}

double predicted(const Case& c) {
  return c.trains() ? predicted(c, c.training().stack, c.training().fleet.node.accelerator.kernels.training)
                    : predicted(c, c.inference().engine);
}

double predicted(const Case& c, const InferenceEngine<double>& engine) {
  InferenceQuery<double> q = c.inference();
  q.engine = engine;
  const auto r = evaluate(q);
  return figure(c, {.batch = q.batch_size,
                    .in_flight = r.concurrency,
                    .ttft = r.ttft.base,
                    .itl = r.itl.base,
                    .itl_in_flight = r.itl_in_flight.base,
                    .itl_mixed = r.itl_mixed.base,
                    .energy_per_token = r.energy_per_token_in_flight.base});
}

}  // namespace mlsysim
