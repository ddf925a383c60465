#include "mlsysim/evidence/training_cases.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "mlsysim/evidence/stack.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

std::string lower(std::string_view text) { return lower_case(text); }

struct Posing {
  const Measurement& row;
  const Catalog& catalog;
  Case c;
  double devices = 0;
  double unsure = 0;  // sum of squares of ln of the factors by which what is not stated may move the prediction

  bool refuse(std::string reason) {
    c.reason = std::move(reason);
    return false;
  }
  /// A column is not stated: the prediction may be off by `factor`.
  void miss(std::string_view column, double factor) {
    if (!(factor > 1)) return;
    unsure += std::log(factor) * std::log(factor);
    c.missing += (c.missing.empty() ? "" : ", ") + std::string(column);
  }
  /// What a column states, else `taken`, and the prediction may be off by `factor`.
  double assume(std::string_view column, double taken, double factor) {
    if (const auto stated = number(row, column)) return *stated;
    miss(column, factor);
    return taken;
  }

  bool who();
  bool what();
  bool where();
  void make_it_fit();
  bool metric();
  void recomputation();
  std::optional<double> counted_rate();
};

/// Years and months of "2024-06", "2023-10/2024-04": a year and a fraction.
double year_of(std::string_view date, double otherwise) {
  double year = 0, month = 6;
  if (date.size() < 4) return otherwise;
  std::from_chars(date.data(), date.data() + 4, year);
  if (date.size() >= 7 && date[4] == '-') std::from_chars(date.data() + 5, date.data() + 7, month);
  return year > 2000 ? year + (month - 0.5) / 12 : otherwise;
}

/// The release that a framework names: "Megatron-Bridge 26.04.01", "NeMo Framework Release 24.09".
double release_of(const Measurement& row) {
  const std::string_view name = row["framework"];
  for (std::size_t at = 0; at + 5 <= name.size(); ++at) {
    double year = 0, month = 0;
    if (name[at + 2] != '.' || (at > 0 && name[at - 1] != ' ')) continue;
    const auto a = std::from_chars(name.data() + at, name.data() + at + 2, year);
    const auto b = std::from_chars(name.data() + at + 3, name.data() + at + 5, month);
    if (a.ptr == name.data() + at + 2 && b.ptr == name.data() + at + 5 && year >= 20 && month >= 1 && month <= 12)
      return 2000 + year + (month - 0.5) / 12;
  }
  return year_of(row["date"], 2024);
}

const Entry* stack_of(const Measurement& row, const Catalog& catalog) {
  const std::string name = folded(row["framework"]);
  const Entry* best = nullptr;
  std::size_t longest = 0;
  for (const Entry* entry : catalog.all("stack"))
    for (const auto alias : entry->aliases)
      if (const std::string key = folded(alias); key.size() > longest && name.find(key) != std::string::npos) {
        best = entry;
        longest = key.size();
      }
  // "Megatron" alone: what it was at the time.
  if (!best && name.find("megatron") != std::string::npos)
    best = catalog.find("stack", release_of(row) < 2023 ? "megatron-2021" : "megatron");
  return best;
}

bool Posing::who() {
  c.row = &row;
  c.source = row["source_id"];
  if (c.source.empty()) c.source = row["id"].substr(0, row["id"].find('-'));
  c.experiment = row["experiment"];
  if (!row["flag"].empty()) return refuse(fmt::format("flagged in its source: {}", row["flag"]));
  if (has(lower(row["framework"]), "offload")) return refuse("weights and states are kept in the host's memory");
  const auto model = model_of(row, catalog);
  c.model = model ? model->id : std::string(row["model_name"]);
  const std::string name = lower(row["model_name"]), notes = lower(row["notes"]);
  if (!model)
    return refuse(fmt::format("no model is called \"{}\", and the row lacks n_layers or hidden", c.model));
  auto& q = c.training();
  auto& m = q.model = model->model;
  if (m.forward_unit != ForwardUnit::token) return refuse(fmt::format("\"{}\" is no language model", c.model));
  const Entry* device = device_of(row, catalog);
  c.chip = device ? std::string(device->id) : std::string(row["hardware"]);
  if (!device) return refuse(fmt::format("no accelerator is called \"{}\"", c.chip));
  q.fleet.node.accelerator = loaded<Accelerator>(*device);
  // Runs that their source calls no surer than this are held to no more.
  if (const auto at = notes.find("source says +/-"); at != notes.npos) {
    double per_cent = 0;
    std::from_chars(notes.data() + at + 15, notes.data() + notes.size(), per_cent);
    unsure += std::log(1 + per_cent / 100) * std::log(1 + per_cent / 100);
  }
  if (!is_stated(q.fleet.node.accelerator.kernels.gemm.efficiency_16))
    return refuse(fmt::format("the kernels of \"{}\" are not known", c.chip));
  const Entry* stack = stack_of(row, catalog);
  if (!stack) {
    stack = catalog.find("stack", has(c.chip, "tpu") ? "xla" : "megatron");
    miss("framework", row["framework"].empty() ? 1.3 : 1.5);
  }
  c.engine = stack->id;
  c.kernels = generation_of(*device, catalog);
  q.stack = loaded<TrainingStack>(*stack);
  q.is_lora = has(name, "lora") || has(notes, "lora");
  q.release = release_of(row);
  return true;
}

/// Lengths, batch, formats, what is recomputed and sharded.
bool Posing::what() {
  auto& q = c.training();
  const bool whole_run = row["measured_metric"] == "total_gpu_hours";
  // The hours of a whole run hardly depend on how many share them.
  if (!number(row, "n_devices") && !whole_run) return refuse("n_devices is not stated");
  devices = assume("n_devices", 256, 1.2);
  if (!number(row, "seq_len")) return refuse("seq_len is not stated");
  q.seq_len = {*number(row, "seq_len")};
  const auto sequences = number(row, "global_batch_seqs"), tokens = number(row, "global_batch_tokens");
  if (!sequences && !tokens && !whole_run) return refuse("neither global_batch_seqs nor global_batch_tokens is stated");
  if (!sequences && !tokens) miss("global_batch_tokens", 1.1);
  q.batch_size = sequences ? *sequences : tokens.value_or(4e6) / q.seq_len.base;
  if (!(q.batch_size >= 1)) return refuse("the global batch is less than a sequence");
  const std::string precision = lower(row["precision"]);
  if (has(precision, "nvfp4")) q.precision = Precision::nvfp4;
  else if (has(precision, "mxfp8") || has(precision, "fp8-mx")) q.precision = Precision::mxfp8;
  else if (has(precision, "fp8")) q.precision = Precision::fp8;
  else if (has(precision, "int8")) q.precision = Precision::int8;
  else if (has(precision, "bf16")) q.precision = Precision::bf16;
  else if (has(precision, "16")) q.precision = Precision::fp16;
  else if (has(precision, "fp32")) q.precision = Precision::fp32;
  else if (precision.empty()) {
    // Entries of MLPerf run in 8 bits wherever the device does.
    const bool eight = has(c.source, "MLP") && q.fleet.node.accelerator.compute.fp8_dense.base > 0;
    q.precision = eight ? Precision::fp8 : Precision::bf16;
    miss("precision", eight ? 1.2 : c.source == "MEGK" || q.release < 2023 ? 1.0 : 1.4);
  } else return refuse(fmt::format("\"{}\" is not a precision that is known", row["precision"]));
  const std::string again = lower(row["activation_recompute"]);
  if (again == "full") q.recomputation = Recomputed::full;
  else if (again == "none") q.recomputation = Recomputed::none;
  else if (has(again, "selective")) q.recomputation = Recomputed::selective;
  else if (again.empty() || has(again, "remat_policy")) q.recomputation = Recomputed::as_needed;
  else return refuse(fmt::format("\"{}\" is not a policy of recomputation that is known", again));
  q.sequence_parallel = q.stack.attention != AttentionKernel::unfused || has(again, "sequence parallel");
  const std::string zero = lower(row["zero_fsdp_stage"]);
  q.zero_stage = Sharding::optimizer;
  // Megatron shards the optimizer's state unless told otherwise: "DDP" says that weights are not.
  if (zero == "none") q.zero_stage = Sharding::none;
  else if (has(zero, "fsdp=0")) q.zero_stage = Sharding::optimizer;
  else if (has(zero, "zero-2") || has(zero, "shard_grad_op")) q.zero_stage = Sharding::gradients;
  else if (has(zero, "fsdp") || has(zero, "zero-3")) q.zero_stage = Sharding::weights;
  else if (zero.empty() && !c.engine.starts_with("megatron")) q.zero_stage = Sharding::weights;
  if (const auto at = zero.find("shard "); at != zero.npos) {
    double size = 0;
    std::from_chars(zero.data() + at + 6, zero.data() + zero.size(), size);
    if (size > 0) q.shard_size = size;
  }
  if (has(zero, "ici_fsdp=32")) q.shard_size = 32;
  if (has(lower(row["notes"]), "offload=true")) return refuse("activations are offloaded to the host");
  return true;
}

/// Gigabytes a second of one device to other machines.
double network_of(const Measurement& row, std::string_view chip) {
  const std::string text = lower(row["interconnect"]);
  const auto before = [&](std::string_view unit) {
    const auto at = text.find(unit);
    if (at == text.npos) return 0.0;
    auto start = text.find_last_not_of("0123456789.", at - 1);
    start = start == text.npos ? 0 : start + 1;
    double value = 0;
    std::from_chars(text.data() + start, text.data() + at, value);
    return value;
  };
  if (has(text, "4 x 100 gbps/node")) return 50 / number(row, "node_size").value_or(8);
  if (const double gbits = before(" gbps/node")) return gbits / 8 / number(row, "node_size").value_or(8);
  if (const double gbits = before(" gbps/gpu")) return gbits / 8;
  if (has(text, "8x50 gb/s")) return 50;
  if (has(text, "10g ethernet") || has(text, "25gb/s ethernet /") || has(text, "giga ethernet")) return 50;
  for (const auto& [name, rate] : {std::pair{"v100", 6.25}, {"a100", 25.0}, {"gb300", 100.0}, {"b300", 100.0}, {"tpu", 12.5}, {"trainium", 12.5}, {"l40s", 50.0}})
    if (has(chip, name)) return rate;
  return 50;
}

/// Passes whose gradients a replica adds up in a step, as entries of MLPerf log them; 0 where that is not stated.
double stated_passes(const Measurement& row) {
  const std::string_view notes = row["notes"];
  double passes = 0;
  if (const auto at = notes.find("grad_accum="); at != notes.npos)
    std::from_chars(notes.data() + at + 11, notes.data() + notes.size(), passes);
  return passes;
}

/// Degrees and links.
bool Posing::where() {
  auto& q = c.training();
  auto& node = q.fleet.node;
  const double domain = first_stated(node.accelerator.scale_up_devices, number(row, "node_size").value_or(8));
  double each = std::min(domain, devices);
  while (each > 1 && std::fmod(devices, each) != 0) --each;
  node.accelerators = each;
  node.nics = each;
  q.fleet.nodes = devices / each;
  q.fleet.fabric.bandwidth = network_of(row, c.chip) * (GB / s);
  q.fleet.fabric.latency = 5 * us;
  q.fleet.fabric.oversubscription = 1;
  const bool one_device = devices <= 1;
  const bool pure = q.zero_stage == Sharding::weights && !c.engine.starts_with("megatron");
  // Fewer sequences in a pass than devices are shared out by more than replicas: adapters cut sequences, whole models stages.
  const double passes = stated_passes(row), share = std::ceil(devices * std::max(1.0, passes) / q.batch_size);
  const double replica = std::max(1.0, share), cut = std::min({replica, domain, 8.0});
  const double rest = row["tp"].empty() && row["cp"].empty() ? std::max(1.0, std::floor(replica / cut)) : 1;
  q.tp_size = assume("tp", cut, one_device || pure ? 1 : 1.25);
  q.pp_size = assume("pp", q.is_lora || pure ? 1 : rest, one_device || pure ? 1 : 1.18);
  q.cp_size = assume("cp", q.is_lora || pure ? rest : 1, 1);
  const bool experts = q.model.architecture == Architecture::mixture_of_experts;
  q.ep_size = experts ? assume("ep", one_device ? 1 : std::min(devices, 8.0), one_device ? 1 : 1.3) : 1;
  if (const auto dp = number(row, "dp"); dp && !number(row, "tp") && !number(row, "pp")) {
    // How many devices hold a replica is stated, not how: inside a machine, then in stages.
    const double held = devices / *dp;
    q.tp_size = std::min(held, 8.0);
    q.pp_size = std::max(1.0, held / q.tp_size);
  }
  const double replicas = devices / (q.tp_size * q.pp_size * q.cp_size);
  if (!(replicas >= 1) || replicas != std::floor(replicas))
    return refuse(fmt::format("tp {:.0f} x pp {:.0f} x cp {:.0f} do not divide {:.0f} devices", q.tp_size, q.pp_size,
                              q.cp_size, devices));
  const double each_replica = q.batch_size / replicas;
  // XLA takes a replica's share at once, but for a pipeline.
  const bool at_once = q.pp_size <= 1 && (c.engine == "xla" || passes > 0);
  if (at_once || each_replica <= 1)
    q.microbatch_size = number(row, "micro_batch").value_or(each_replica / std::max(1.0, passes));
  else q.microbatch_size = assume("micro_batch", 1, 1.2);
  if (q.microbatch_size > each_replica) q.microbatch_size = each_replica;
  if (q.microbatch_size * q.cp_size * q.tp_size < 1e-3) return refuse("the batch is smaller than the replicas");
  // DeepSpeed's pipeline has no interleaving.
  const bool interleaves = q.pp_size > 1 && !has(lower(row["framework"]), "deepspeed");
  q.v_stages = assume("vpp", 1, !interleaves ? 1 : each_replica / q.microbatch_size <= 2 * q.pp_size ? 1.3 : 1.15);
  if (!pure) make_it_fit();
  return true;
}

/// Degrees that are not stated are no smaller than it takes to hold the model.
void Posing::make_it_fit() {
  auto& q = c.training();
  const bool free_experts = q.ep_size > 1 && row["ep"].empty();
  const bool free_stages = row["pp"].empty() && row["dp"].empty();
  while (!(evaluate(q).feasible.index > 0)) {
    const double replicas = devices / (q.tp_size * q.pp_size * q.cp_size);
    if (free_experts && 2 * q.ep_size <= std::min({devices, q.model.experts, 64.0})) q.ep_size *= 2;
    else if (free_stages && 2 * q.pp_size <= q.model.layers && std::fmod(replicas, 2) == 0) q.pp_size *= 2;
    else return;
  }
}

/// The figure, in base units.
bool Posing::metric() {
  const auto value = number(row, "measured_value");
  if (!value || !(*value > 0))
    return refuse(fmt::format("measured_value \"{}\" is not a positive number", row["measured_value"]));
  const std::string_view name = row["measured_metric"];
  const auto is = [&](Metric m, double measured) {
    c.metric = m;
    c.measured = measured;
    return true;
  };
  auto& q = c.training();
  if (name == "step_time_s") return is(Metric::step_time, *value);
  if (name == "tokens_per_s_per_gpu") return is(Metric::throughput_per_device, *value);
  if (name == "memory_gb") return is(Metric::memory_reserved, *value * 1e9);
  if (name == "tflops_per_gpu" || name == "mfu" || name == "hfu") {
    const auto rate = counted_rate();
    return rate && is(Metric::throughput_per_device, *rate);
  }
  if (name == "total_gpu_hours") {
    const auto tokens = number(row, "training_tokens");
    if (!tokens) return refuse("device-hours of a run whose training_tokens are not stated");
    q.training_tokens = {*tokens};
    // What is published holds restarts and what else a campaign ran.
    miss("restarts", 1.25);
    return is(Metric::device_time, *value * 3600);
  }
  if (name == "time_to_train_min")
    return refuse("time to a quality, not of a step: how many steps it took is not stated");
  return refuse(fmt::format("\"{}\" is not a metric that is predicted", name));
}

/// Tera-operations a second behind "fraction of 312", "/ 989 TFLOP/s", "peak 312"; 0 where none is stated.
double stated_peak(const std::string& text) {
  for (const std::string_view before : {"fraction of ", "/ ", "peak "})
    if (const auto at = text.find(before); at != text.npos) {
      double peak = 0;
      std::from_chars(text.data() + at + before.size(), text.data() + text.size(), peak);
      if (peak > 1) return peak * 1e12;
    }
  return 0;
}

/// Tokens a second of a device, from arithmetic a second by the definition that the source names. Two are usual for attention, which
/// count the half of it that a causal model needs or all of it: where none is named, between them, if they are near each other.
std::optional<double> Posing::counted_rate() {
  const std::string_view name = row["measured_metric"];
  const std::string definition = lower(row["metric_definition"]), unit = lower(row["unit"]);
  const auto& q = c.training();
  const auto& m = q.model;
  double rate = *number(row, "measured_value") * 1e12;
  if (name != "tflops_per_gpu") {
    const double of_unit = stated_peak(unit), peak = of_unit > 0 ? of_unit : stated_peak(definition);
    if (!(peak > 0)) return refuse("a share of a peak that is not stated"), std::nullopt;
    rate *= peak / 1e12;
  }
  const bool hardware = name == "hfu" || has(definition, "hardware flops") || has(definition, "hw flops") || has(unit, "hardware");
  if (hardware && q.recomputation != Recomputed::full)
    return refuse("arithmetic a second with what is computed again, whose share is not stated"), std::nullopt;
  if (q.is_lora) return refuse("arithmetic a second of adapters: what is counted is not stated"), std::nullopt;
  const double again = hardware ? 4.0 / 3 : 1;
  const double table = first_stated(m.vocab_size, 0.0) * m.hidden_dim;
  const double layers = first_stated(m.active_parameters, m.parameters) - (m.embeddings == Embeddings::tied ? 1 : 2) * table;
  const double scores = 12 * m.layers * m.heads * m.head_dim * q.seq_len.base;
  const auto token = [&](double counted) { return again * (6 * layers + counted * scores) + 6 * table; };
  const bool whole = hardware || has(definition, "full") || has(definition, "formula") || has(definition, "korthikanti") || has(definition, "2205.05198");
  // Megatron-Core's own log, since 2025.
  const bool half = has(definition, "causal") || (has(unit, "model") && c.engine == "megatron" && q.release >= 2025);
  if (whole) return rate / token(1);
  if (half) return rate / token(0.5);
  const double apart = token(1) / token(0.5);
  if (apart > 1.15)
    return refuse(fmt::format("arithmetic a second by a definition that is not stated: the usual ones differ by {:.0f} %", 100 * (apart - 1))), std::nullopt;
  miss("metric_definition", std::sqrt(apart));
  return rate / std::sqrt(token(1) * token(0.5));
}

/// What is computed again is not stated: as much as memory asks for is taken. Where that is any, it may be more or less.
void Posing::recomputation() {
  auto q = c.training();
  if (q.recomputation != Recomputed::as_needed || !(evaluate(q).recomputed > 0.02)) return;
  q.recomputation = Recomputed::full;
  const double all = evaluate(q).step_time.base;
  q.recomputation = Recomputed::none;
  miss("activation_recompute", std::sqrt(all / evaluate(q).step_time.base));
}

}  // namespace

bool is_training(const Measurement& row) {
  for (const std::string_view column : {"framework", "global_batch_seqs", "global_batch_tokens", "training_tokens"})
    if (!row[column].empty()) return true;
  for (const std::string_view metric : {"tokens_per_s_per_gpu", "step_time_s", "tflops_per_gpu", "mfu", "hfu", "time_to_train_min", "total_gpu_hours"})
    if (row["measured_metric"] == metric) return true;
  return false;
}

std::string training_regime(const TrainingQuery<double>& q, Metric metric) {
  if (metric == Metric::memory_reserved) return "training, memory";
  if (metric == Metric::device_time) return "training, whole run";
  if (q.model.state_elements > 0) return "training, recurrent";
  if (q.model.architecture == Architecture::mixture_of_experts) return "training, experts";
  return q.is_lora ? "training, adapters" : "training, dense";
}

Case pose_training(const Measurement& row, const Catalog& catalog) {
  Posing p{row, catalog, {}};
  p.c.query.emplace<TrainingQuery<double>>();
  if (p.who() && p.what() && p.where() && p.metric()) {
    p.recomputation();
    p.c.assumed = std::exp(std::sqrt(p.unsure));
    p.c.regime = regime_of(p.c);
  }
  return std::move(p.c);
}

double predicted(const Case& c, const TrainingStack<double>& stack, const TrainingKernels<double>& kernels) {
  TrainingQuery<double> q = c.training();
  q.stack = stack;
  q.fleet.node.accelerator.kernels.training = kernels;
  const auto r = evaluate(q);
  switch (c.metric) {
    case Metric::step_time:
      return r.step_time.base;
    case Metric::throughput_per_device:
      return r.throughput_per_device.base;
    case Metric::memory_reserved:
      return r.memory_reserved.base;
    case Metric::device_time:
      return r.device_time.base;
    default:
      return 0;
  }
}

void compare_runs_once(std::vector<Case>& cases) {
  constexpr std::pair<std::string_view, std::string_view> rates[] = {{"tokens_per_s_per_gpu", "tokens a second"},
                                                                     {"step_time_s", "time of a step"},
                                                                     {"tflops_per_gpu", "arithmetic a second"},
                                                                     {"mfu", "share of the peak"},
                                                                     {"hfu", "share of the peak"},
                                                                     {"time_to_train_min", "time to a quality"}};
  const auto rank = [&](const Case& c) {
    return std::ranges::find(rates, (*c.row)["measured_metric"], [](const auto& r) { return r.first; }) - rates;
  };
  std::map<std::pair<std::string, std::string>, Case*> best;
  const auto is_rate_of_run = [](const Case& c) {
    return c.trains() && !c.experiment.empty() && (c.metric == Metric::step_time || c.metric == Metric::throughput_per_device);
  };
  for (auto& c : cases)
    if (c.posed() && is_rate_of_run(c))
      if (auto [at, fresh] = best.try_emplace({c.source, c.experiment}, &c); !fresh && rank(c) < rank(*at->second)) at->second = &c;
  // A log of MLPerf states the time of a step and that to a quality: one run, whatever it is called.
  std::map<std::pair<std::string, std::string_view>, std::string> logs;
  for (const auto& [run, c] : best) logs.try_emplace({run.first, (*c->row)["source_ref"]}, run.second);
  for (auto& c : cases) {
    if (const auto log = logs.find({c.source, (*c.row)["source_ref"]}); log != logs.end() && !c.posed() && c.trains() &&
        (*c.row)["measured_metric"] == "time_to_train_min")
      c.experiment = log->second;
    const auto at = best.find({c.source, c.experiment});
    if (!c.trains() || !(*c.row)["flag"].empty() || at == best.end() || at->second == &c || rank(c) == std::ssize(rates)) continue;
    c.repeated = true;
    c.regime.clear();
    c.reason = fmt::format("the same experiment is compared by its {}", rates[rank(*at->second)].second);
  }
}

double tokens_per_device(const TrainingQuery<double>& q) {
  return q.batch_size * q.seq_len.base / (q.fleet.nodes * q.fleet.node.accelerators);
}

}  // namespace mlsysim
