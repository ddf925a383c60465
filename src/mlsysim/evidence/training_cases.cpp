#include "mlsysim/evidence/training_cases.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "mlsysim/evidence/stack.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

bool has(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }
std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

struct Posing {
  const Measurement& row;
  const Catalog& catalog;
  TrainingCase c;
  double devices = 0;

  bool refuse(std::string reason) {
    c.reason = std::move(reason);
    return false;
  }
  /// A column that is not stated: `taken` is used, and the prediction may be off by `factor`.
  double assume(std::string_view column, double taken, double factor) {
    if (const auto stated = number(row, column)) return *stated;
    c.assumed *= factor;
    if (factor > 1) c.missing += (c.missing.empty() ? "" : ", ") + std::string(column), c.complete = false;
    return taken;
  }

  bool who();
  bool what();
  bool how();
  bool where();
  bool metric();
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
  return best;
}

bool Posing::who() {
  c.row = &row;
  c.source = row["source_id"];
  if (c.source.empty()) c.source = row["id"].substr(0, row["id"].find('-'));
  c.experiment = row["experiment"];
  if (!row["flag"].empty()) return refuse(fmt::format("flagged: {}", row["flag"]));
  const auto model = model_of(row, catalog);
  c.model = model ? model->id : std::string(row["model_name"]);
  const std::string name = lower(row["model_name"]), notes = lower(row["notes"]);
  if (!model)
    return refuse(fmt::format("no model is called \"{}\", and the row lacks n_layers or hidden", c.model));
  auto& m = c.query.model = model->model;
  if (m.forward_unit != ForwardUnit::token) return refuse(fmt::format("\"{}\" is no language model", c.model));
  const Entry* device = device_of(row, catalog);
  c.chip = device ? std::string(device->id) : std::string(row["hardware"]);
  if (!device) return refuse(fmt::format("no accelerator is called \"{}\"", c.chip));
  c.query.fleet.node.accelerator = loaded<Accelerator>(*device);
  c.generation = generation_of(*device, catalog);
  if (c.generation.empty()) return refuse(fmt::format("the kernels of \"{}\" are not known", c.chip));
  const Entry* stack = stack_of(row, catalog);
  if (!stack) return refuse(fmt::format("no training stack is called \"{}\"", row["framework"]));
  c.stack = stack->id;
  c.query.stack = loaded<TrainingStack>(*stack);
  c.query.is_lora = has(name, "lora") || has(notes, "lora");
  c.query.release = release_of(row);
  const bool experts = m.architecture == Architecture::mixture_of_experts;
  c.regime = m.state_elements > 0 ? "training, recurrent" : experts ? "training, experts" : c.query.is_lora ? "training, adapters" : "training, dense";
  return true;
}

/// Lengths, batch, formats, what is recomputed and sharded.
bool Posing::what() {
  auto& q = c.query;
  const auto n = number(row, "n_devices");
  if (!n) return refuse("n_devices is not stated");
  devices = *n;
  if (!number(row, "seq_len")) return refuse("seq_len is not stated");
  q.seq_len = {*number(row, "seq_len")};
  const auto sequences = number(row, "global_batch_seqs"), tokens = number(row, "global_batch_tokens");
  if (!sequences && !tokens) return refuse("neither global_batch_seqs nor global_batch_tokens is stated");
  q.batch_size = sequences ? *sequences : *tokens / q.seq_len.base;
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
    assume("precision", 0, eight ? 1.2 : 1.4);
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
  else if (zero.empty() && !c.stack.starts_with("megatron")) q.zero_stage = Sharding::weights;
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

/// Degrees and links.
bool Posing::where() {
  auto& q = c.query;
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
  const bool pure = q.zero_stage == Sharding::weights && !c.stack.starts_with("megatron");
  const double unknown = one_device || pure ? 1 : 1.25;
  q.tp_size = assume("tp", 1, unknown);
  q.pp_size = assume("pp", 1, unknown);
  q.cp_size = assume("cp", 1, 1);
  const bool experts = q.model.architecture == Architecture::mixture_of_experts;
  q.ep_size = experts ? assume("ep", one_device ? 1 : std::min(devices, 8.0), one_device ? 1 : 1.3) : 1;
  q.v_stages = assume("vpp", 1, q.pp_size > 1 ? 1.15 : 1);
  if (const auto dp = number(row, "dp"); dp && !number(row, "tp") && !number(row, "pp")) {
    // How many devices hold a replica is stated, not how: inside a machine, then in stages.
    const double replica = devices / *dp;
    q.tp_size = std::min(replica, 8.0);
    q.pp_size = std::max(1.0, replica / q.tp_size);
  }
  const double replicas = devices / (q.tp_size * q.pp_size * q.cp_size);
  if (!(replicas >= 1) || replicas != std::floor(replicas))
    return refuse(fmt::format("tp {:.0f} x pp {:.0f} x cp {:.0f} do not divide {:.0f} devices", q.tp_size, q.pp_size, q.cp_size, devices));
  q.microbatch_size = assume("micro_batch", 1, 1.1);
  const double microbatches = q.batch_size / (replicas * q.microbatch_size);
  if (microbatches < 1) q.microbatch_size = q.batch_size / replicas;
  if (q.microbatch_size * q.cp_size * q.tp_size < 1e-3) return refuse("the batch is smaller than the replicas");
  return true;
}

/// The figure, in base units.
bool Posing::metric() {
  const auto value = number(row, "measured_value");
  if (!value || !(*value > 0))
    return refuse(fmt::format("measured_value \"{}\" is not a positive number", row["measured_value"]));
  const std::string_view name = row["measured_metric"];
  const auto is = [&](TrainingMetric m, double measured) {
    c.metric = m;
    c.measured = measured;
    return true;
  };
  if (name == "step_time_s") return is(TrainingMetric::step_time, *value);
  if (name == "tokens_per_s_per_gpu") return is(TrainingMetric::throughput_per_device, *value);
  if (name == "memory_gb") return is(TrainingMetric::memory, *value * 1e9);
  const auto& m = c.query.model;
  const std::string definition = lower(row["metric_definition"]), unit = lower(row["unit"]);
  if (name == "tflops_per_gpu") {
    // Operations of a token by the formulas that sources name: 6 N and attention over whole sequences; a third more recomputed.
    const bool hardware = has(definition, "hardware flops") || has(definition, "hw flops") || has(unit, "hardware");
    const bool formula = has(definition, "megatron formula") || has(definition, "megatron sc21") || has(definition, "korthikanti");
    if (!formula) return refuse("arithmetic a second, by a definition that is not known: tokens a second or the time of a step are compared");
    const double products = 6 * (first_stated(m.active_parameters, m.parameters) - (m.embeddings == Embeddings::tied ? 0 : m.vocab_size * m.hidden_dim));
    const double token = (products + 12 * m.layers * m.hidden_dim * c.query.seq_len.base) * (hardware ? 4.0 / 3 : 1);
    return is(TrainingMetric::throughput_per_device, *value * 1e12 / token);
  }
  if (name == "mfu" || name == "hfu") return refuse("a share of a peak: tokens a second or the time of a step are compared");
  if (name == "time_to_train_min") return refuse("time to a quality, not of a step: how many steps it took is not stated");
  if (name == "total_gpu_hours") return refuse("device-hours of a run: its tokens are in no column");
  return refuse(fmt::format("\"{}\" is not a metric that is predicted", name));
}

struct Constant {
  std::ptrdiff_t offset;
  double value;
};
template <class E>
E with(E entity, const std::vector<Constant>* constants) {
  if (constants)
    for (const auto& c : *constants) *reinterpret_cast<double*>(reinterpret_cast<char*>(&entity) + c.offset) = c.value;
  return entity;
}
/// Places of the figures of an entity.
template <template <class> class E>
const std::vector<std::ptrdiff_t>& places() {
  static const std::vector<std::ptrdiff_t> all = [] {
    std::vector<std::ptrdiff_t> found(describe<E>().all.size());
    const E<double> entity{};
    Locate<double> locate{&entity, found.data()};
    E<double>::fields(entity, locate);
    return found;
  }();
  return all;
}
template <template <class> class E>
std::optional<std::ptrdiff_t> place_of(std::string_view field) {
  static const Fields fields = describe<E>();
  const auto at = std::ranges::find(fields.all, field, &Field::path);
  if (at == fields.all.end()) return {};
  const auto place = places<E>()[static_cast<std::size_t>(at - fields.all.begin())];
  return place < 0 ? std::nullopt : std::optional(place);
}

}  // namespace

bool is_training(const Measurement& row) {
  return !row["framework"].empty() || !row["global_batch_seqs"].empty() || !row["global_batch_tokens"].empty();
}

TrainingCase pose_training(const Measurement& row, const Catalog& catalog) {
  Posing p{row, catalog, {}, 0};
  if (p.who() && p.what() && p.where()) p.metric();
  if (p.c.metric == TrainingMetric::memory) p.c.regime = "training, memory";
  return std::move(p.c);
}

double predicted(const TrainingCase& c, const TrainingStack<double>& stack, const TrainingKernels<double>& kernels) {
  TrainingQuery<double> q = c.query;
  q.stack = stack;
  q.fleet.node.accelerator.kernels.training = kernels;
  const auto r = evaluate(q);
  switch (c.metric) {
    case TrainingMetric::step_time:
      return r.step_time.base;
    case TrainingMetric::throughput_per_device:
      return r.throughput_per_device.base;
    case TrainingMetric::memory:
      return r.memory_reserved.base;
  }
  return 0;
}

std::vector<double> predicted(const std::vector<TrainingCase>& cases, const std::map<std::string, double>& constants,
                              const std::string& result, Problems& problems) {
  std::map<std::string, std::vector<Constant>, std::less<>> by_entry;
  for (const auto& [name, value] : constants) {
    const auto dot = name.find('.');
    const std::string field = dot == name.npos ? name : name.substr(dot + 1);
    auto place = place_of<TrainingStack>(field);
    if (!place) place = place_of<TrainingKernels>(field);
    if (dot == name.npos || !place)
      problems.push_back({.argument = name, .message = name + " is not a constant of a stack or of kernels in training"});
    else by_entry[name.substr(0, dot)].push_back({*place, value});
  }
  static const Fields results = describe<TrainingResult>();
  const auto wanted = std::ranges::find(results.all, result, &Field::path);
  if (!result.empty() && wanted == results.all.end())
    problems.push_back({.argument = "result", .message = result + " is not a result of the wall training"});
  std::vector<double> all(cases.size(), std::numeric_limits<double>::quiet_NaN());
  if (!problems.empty()) return all;
  const auto own = [&](const std::string& id) {
    const auto found = by_entry.find(id);
    return found == by_entry.end() ? nullptr : &found->second;
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const TrainingCase& c = cases[i];
    if (!c.posed()) continue;
    const auto stack = with(c.query.stack, own(c.stack));
    const auto kernels = with(c.query.fleet.node.accelerator.kernels.training, own(c.generation));
    if (result.empty()) {
      all[i] = predicted(c, stack, kernels);
      continue;
    }
    TrainingQuery<double> q = c.query;
    q.stack = stack;
    q.fleet.node.accelerator.kernels.training = kernels;
    std::vector<double> row(results.all.size());
    Store<double> store{row.data()};
    const auto answer = evaluate(q);
    TrainingResult<double>::fields(answer, store);
    all[i] = row[static_cast<std::size_t>(wanted - results.all.begin())];
  }
  return all;
}

}  // namespace mlsysim
