// What holds for every wall over every combination of catalog entries, with drawn arguments: nothing is negative or undefined,
// units may be scaled, and more of what helps never hurts. A new wall with the usual names is taken in by itself.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "mlsysim/catalog/precision.hpp"
#include "near.hpp"
#include "posed.hpp"

using namespace mlsysim;

namespace {
std::string_view leaf(std::string_view path) { return path.substr(path.rfind('.') + 1); }
bool ends(std::string_view path, std::string_view with) {
  return path == with || path.ends_with("." + std::string(with));
}
/// "wall result", to look up in a table of exceptions.
std::string key(const Posed& p, std::size_t output) {
  return p.table->wall->name + (" " + p.table->out.all[output].path);
}

/// Results that may be infinite, and when.
const std::map<std::string, const char*> endless = {
    {"tail-latency p50_latency", "an unstable queue"},
    {"tail-latency p95_latency", "an unstable queue"},
    {"tail-latency p99_latency", "an unstable queue"},
    {"tail-latency mean_latency", "an unstable queue"},
    {"tail-latency mean_wait", "an unstable queue"},
    {"tail-latency p99_wait", "an unstable queue"},
    {"tail-latency mean_in_system", "an unstable queue"},
    {"tail-latency mean_in_queue", "an unstable queue"},
    {"batching-optimizer p99_latency", "no batch keeps up"},
    {"continuous-batching ttft", "not one request fits"},
    {"continuous-batching itl", "not one request fits"},
    {"continuous-batching itl_mixed", "not one request fits"},
    {"continuous-batching itl_decode", "not one request fits"},
    {"checkpoint optimal_checkpoint_interval", "no failures are counted"},
    {"parallelism-optimizer best_step_time", "no layout fits"},
    {"parallelism-optimizer memory_footprint", "no layout divides"},
    {"training-optimizer step_time", "no layout fits"},
    {"training-optimizer memory_footprint", "no layout is whole"},
    {"serving-capacity ttft", "requests come faster than they are served"},
    {"serving-capacity ttft_p99", "the same"},
    {"serving-capacity e2el", "the same"},
    {"serving-capacity concurrency", "the same"},
    {"serving-capacity utilization", "no rate holds the objectives"},
    {"serving-capacity devices_needed", "no number of replicas holds the objectives"},
    {"serving-capacity million_tokens_energy", "no token is served"},
    {"serving-capacity million_tokens_carbon", "no token is served"},
    {"serving-capacity million_tokens_usd", "no token is served"},
    {"serving-capacity million_input_usd", "no token is served"},
    {"serving-capacity million_output_usd", "no token is served"},
    {"orchestration avg_wait_time_days", "an unstable queue"},
    {"orchestration p50_wait_days", "an unstable queue"},
    {"orchestration p95_wait_days", "an unstable queue"},
    {"orchestration p99_wait_days", "an unstable queue"},
    {"orchestration avg_queue_length", "an unstable queue"},
    {"orchestration avg_turnaround_days", "an unstable queue"},
    {"orchestration avg_jobs", "an unstable queue"},
    {"orchestration cluster_utilization", "a job asks for more devices than there are"},
    {"data storage_bw", "nothing limits it"},
    {"data network_bw", "storage is local"},
    {"data reads_bw", "as many reads as it takes"},
    {"responsible-engineering noise_multiplier", "no noise will do, by the orders of the divergence that are tried"},
    {"responsible-engineering noise_in_gradient", "the same"},
    {"reliability expected_duration", "nothing is ever saved"},
    {"reliability expected_failures", "nothing is ever saved"},
    {"synthesis required_bw", "the fixed time alone exceeds the target"},
    {"synthesis required_flops", "the fixed time alone exceeds the target"},
};
/// Results below zero.
const std::map<std::string, const char*> signed_results = {
    {"compression estimated_accuracy_delta", "accuracy is lost"},
    {"compression estimated_accuracy_delta_low", "accuracy is lost"},
    {"compression estimated_accuracy_delta_high", "accuracy is lost"},
    {"compression memory_savings_pct", "a format wider than before"},
    {"data margin", "supply less demand"},
    {"synthesis time_left", "the fixed time alone exceeds the target"},
    {"sensitivity sensitivities.peak_flops", "more of it, less time"},
    {"sensitivity sensitivities.memory_bandwidth", "more of it, less time"},
    {"sensitivity sensitivities.memory_capacity", "more of it, less time"},
    {"sensitivity sensitivities_down.overhead", "less of it, less time"},
    {"sensitivity elasticities.peak_flops", "more of it, less time"},
    {"sensitivity elasticities.memory_bandwidth", "more of it, less time"},
};
/// Shares by name that may exceed 1.
const std::map<std::string, const char*> more_than_all = {
    {"inference mfu", "devices of the kernel tables ran above the clock of their data sheets"},
    {"topology bisection_bw_fraction", "a full mesh has more links than a fat tree"},
};
bool is_share(std::string_view path) {
  const std::string_view name = leaf(path);
  for (const char* word : {"share", "fraction", "probability", "mfu", "hfu", "goodput_ratio", "hit_ratio",
                           "scaling_efficiency", "mfu_penalty_pct", "mixed_steps", "lifetime_saving"})
    if (name.ends_with(word)) return true;
  return false;
}
}  // namespace

TEST_CASE(
    "every wall over the catalog: nothing is undefined, negative or endless but where it is said; shares lie in [0, "
    "1]") {
  std::set<std::string> endless_seen;
  for (const Wall* wall : walls())
    for (const Posed& p : posed(*wall)) {
      const auto out = p.answer();
      for (std::size_t r = 0; r < out.size(); ++r) {
        const Field& field = p.table->out.all[r];
        if (!field.is_figure()) continue;
        const double x = out[r];
        const bool finite = std::isfinite(x) || (x > 0 && endless.contains(key(p, r)));
        const bool positive = x >= 0 || signed_results.contains(key(p, r));
        const bool share = !is_share(field.path) || more_than_all.contains(key(p, r)) || x <= 1 + 1e-12;
        if (!finite || !positive || !share) FAIL_CHECK(field.path << " = " << x << ": " << p.text());
      }
    }
}

namespace {
int exponent(Dim d, Dim axis) {
  if (axis == axis::time) return static_cast<int>(d.time);
  if (axis == axis::money) return static_cast<int>(d.money);
  if (axis == axis::carbon) return static_cast<int>(d.carbon);
  if (axis == axis::energy) return static_cast<int>(d.energy);
  return static_cast<int>(d.water);
}
/// Walls in which a constant has that dimension.
const std::map<std::string, const char*> with_constants = {
    {"economics time", "payments are yearly, and a year is a number of seconds"},
    {"serving-capacity time", "a link whose latency is not stated takes 0.7 us"},
    {"reliability time", "what is not stated has published hours, and a day is a number of seconds"},
    {"scaling time", "a peak that is not stated is an H100's"},
    {"data time", "a drive whose latency is not stated answers in 100 us"},
    {"placement time", "payments are yearly"},
    {"system time", "payments are yearly, and a link inside a node answers in a microsecond"},
};
/// Results that are rates, though their name alone says so.
const std::set<std::string> rates_by_name = {"continuous-batching throughput_tokens_per_sec"};
}  // namespace

TEST_CASE(
    "every wall over the catalog: a unit twice as large halves what is measured in it (all rates doubled halve all "
    "times)") {
  const std::pair<const char*, Dim> axes[] = {{"time", axis::time},
                                              {"money", axis::money},
                                              {"carbon", axis::carbon},
                                              {"energy", axis::energy},
                                              {"water", axis::water}};
  for (const Wall* wall : walls())
    for (const auto& [axis_name, axis] : axes) {
      if (with_constants.contains(wall->name + (" " + std::string(axis_name)))) continue;
      if (mlsysim::table(wall->name)->bodies) continue;  // what a body holds is not in the row
      for (const Posed& p : posed(*wall)) {
        Posed scaled = p;
        bool any = false;
        for (std::size_t f = 0; f < p.row.size(); ++f)
          if (const int e = exponent(p.table->in.all[f].dim, axis)) scaled.row[f] *= std::exp2(-e), any = true;
        if (!any) break;
        const auto before = p.answer(), after = scaled.answer();
        for (std::size_t r = 0; r < before.size(); ++r) {
          const Field& field = p.table->out.all[r];
          const bool rate = axis == axis::time && rates_by_name.contains(key(p, r));
          const double expected = before[r] * std::exp2(rate ? 1 : -exponent(field.dim, axis));
          if (!(after[r] == near(expected, 1e-9)) && !(after[r] != after[r] && expected != expected))
            FAIL_CHECK(std::string(axis_name)
                       << ": " << field.path << " = " << after[r] << " instead of " << expected << ": " << p.text());
        }
      }
    }
}

namespace {
/// More of any of these inputs never makes any of these results larger (or smaller).
struct Monotone {
  const char* sentence;
  std::vector<const char*> inputs, outputs;
  bool rises;  // the results may rise with the input, and never fall; else the other way round
  double slack = 1e-12;
};
const std::vector<const char*> times = {"latency",
                                        "step_latency_total",
                                        "ttft",
                                        "itl",
                                        "request_latency",
                                        "total_reasoning_time",
                                        "compressed_latency",
                                        "baseline_latency",
                                        "p50_latency",
                                        "p95_latency",
                                        "p99_latency",
                                        "mean_latency",
                                        "mean_wait",
                                        "write_time_seconds",
                                        "stall_seconds"};
const std::vector<const char*> sizes = {"memory_footprint",   "total_memory_required", "kv_cache_size",
                                        "model_weights_size", "activation_memory",     "prefill_memory_required",
                                        "checkpoint_size",    "draft_memory"};
const std::vector<const char*> fits = {"feasible", "is_feasible", "is_stable", "keeps_up", "fits_before", "fits_after"};
const std::vector<const char*> costs = {
    "tco_usd",         "capex_usd",         "total_opex_usd", "opex_energy_usd", "opex_maintenance_usd",
    "device_hour_usd", "million_tokens_usd"};

std::vector<const char*> joined(std::vector<const char*> a, const std::vector<const char*>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
const std::vector<const char*> rates_of_devices = {
    "memory.bandwidth",           "memory.sram_bandwidth", "memory.flash_bandwidth",
    "compute.fp32_dense",         "compute.fp16_dense",    "compute.bf16_dense",
    "compute.fp8_dense",          "compute.int8_dense",    "host_link.bandwidth_one_way",
    "scale_up.bandwidth_one_way", "storage.bandwidth",     "fabric.bandwidth_one_way",
    "network_bandwidth",          "filesystem_limit_gbs",  "efficiency",
    "bandwidth_efficiency"};

const Monotone laws[] = {
    {"faster parts never take longer", rates_of_devices, times, false},
    {"faster parts never lower throughput",
     rates_of_devices,
     {"throughput", "effective_throughput", "token_throughput", "throughput_tokens_per_sec", "request_rate"},
     true},
    {"faster or larger parts never fit less",
     joined(rates_of_devices, {"memory.capacity", "num_replicas", "n_writers"}), fits, true},
    {"more replicas or writers never take longer", {"num_replicas", "n_writers"}, times, false},
    {"more memory never lowers the batch that fits",
     {"memory.capacity"},
     {"batch_max", "max_active_requests", "memory_available", "memory_left", "throughput_tokens_per_sec"},
     true},
    {"more to do never takes less time or memory",
     {"batch_size", "seq_len", "output_len", "context_length", "reasoning_steps", "tokens_per_step", "arrival_rate_qps",
      "service_latency_ms"},
     joined(times, sizes),
     true},
    {"more to do never fits better",
     {"batch_size", "seq_len", "output_len", "context_length", "reasoning_steps", "tokens_per_step", "arrival_rate_qps",
      "service_latency_ms"},
     fits,
     false},
    {"longer requests are never finished faster", {"seq_len", "output_len"}, {"request_rate", "batch_max"}, false},
    {"overheads never save time",
     {"dispatch_tax", "link_latency", "scale_up_latency", "fabric.latency", "layer_overhead", "training_overhead",
      "congestion_factor", "straggler_factor", "fabric.oversubscription"},
     times,
     true},
    {"a wider spread never shortens the mean wait",
     {"service_time_cv", "arrival_cv"},
     {"mean_wait", "mean_latency"},
     true},
    {"a request more never makes others exceed their objective less",
     {"arrival_rate_qps", "service_latency_ms"},
     {"slo_violation_probability", "wait_probability", "queue_utilization", "mean_in_system"},
     true},
    {"what is dearer never costs less",
     {"kwh_price", "electricity_price", "unit_cost", "discount_rate", "maintenance_rate", "infrastructure_multiplier",
      "grid.pue", "power.tdp", "host_power", "mfu", "host_use"},
     costs,
     true},
    {"a longer use never costs, emits or drinks less",
     {"duration_days"},
     {"tco_usd", "capex_usd", "total_opex_usd", "total_energy_kwh", "carbon_footprint_kg", "water_usage_liters"},
     true},
    {"a longer life of the machines never costs more",
     {"amortization_years", "lifetime_days"},
     {"tco_usd", "capex_usd", "carbon_footprint_kg", "embodied_carbon_kg"},
     false},
    {"a dirtier grid, a wasteful facility or a hungrier device never emits less",
     {"carbon_intensity", "grid.pue", "power.tdp", "host_power", "embodied_carbon", "embodied_carbon_per_device",
      "mfu"},
     {"carbon_footprint_kg", "operational_carbon_kg", "embodied_carbon_kg", "total_energy_kwh"},
     true},
    {"a thirstier grid never drinks less",
     {"water_usage", "power.tdp", "host_power", "mfu"},
     {"water_usage_liters"},
     true},
    {"rarer failures never lower goodput, to the 0.2 % of the interval that is taken for the best",
     {"mtbf_hours", "gpu_mtbf_hours", "hbm_mtbf_hours", "sdc_mtbf_hours", "nic_mtbf_hours", "switch_mtbf_hours",
      "psu_mtbf_hours", "host_mtbf_hours", "software_mtbf_hours"},
     {"goodput_ratio", "optimal_goodput_ratio", "fleet_mtbf"},
     true,
     2e-3},
    {"rarer failures never lengthen the job",
     {"mtbf_hours", "gpu_mtbf_hours", "hbm_mtbf_hours", "sdc_mtbf_hours", "host_mtbf_hours"},
     {"expected_duration", "failure_probability", "interruptions_per_day"},
     false,
     2e-3},
    {"longer checkpoints and restarts never raise goodput",
     {"checkpoint_time_s", "avg_recovery_time_s"},
     {"goodput_ratio", "optimal_goodput_ratio"},
     false,
     2e-3},
    {"a longer job never fails less",
     {"job_duration_hours"},
     {"failure_probability", "expected_failures", "expected_duration"},
     true},
    {"a larger fleet never fails less", {"fleet.nodes"}, {"interruptions_per_day", "failure_probability"}, true},
};
/// "wall input result": where more is not better, and why.
const std::map<std::string, const char*> not_monotone = {
    {"inference batch_size ttft", "one micro-batch more lets the stages of a pipeline work beside each other"},
    {"inference batch_size latency", "the same"},
    {"inference seq_len ttft", "the same"},
    {"inference seq_len latency", "the same"},
    {"training batch_size memory_footprint",
     "as_needed: where it is short, more layers are computed again, whole ones"},
    {"training seq_len memory_footprint", "the same"},
    {"continuous-batching seq_len itl", "longer requests leave room for fewer, whose step is shorter"},
    {"continuous-batching seq_len ttft", "the same"},
    {"continuous-batching output_len itl", "the same"},
    {"continuous-batching output_len ttft", "the same"},
};

void check_law(const Monotone& law, const Posed& p, std::size_t f, const std::vector<std::size_t>& results) {
  const Field& field = p.table->in.all[f];
  if (p.row[f] != p.row[f]) return;
  Posed q = p;
  auto before = p.answer();
  for (const double factor : {1.01, 2.0, 8.0, 1e3}) {
    const double step = field.range.whole ? std::ceil(factor) : factor;
    q.row[f] = p.row[f] > 0 ? p.row[f] * step : step * field.times / field.over;
    if (q.row[f] > p.table->high[f]) return;
    Problems problems;  // a degree that no longer divides is no question
    if (p.table->wall->refuse) p.table->wall->refuse(q.row.data(), q.bodies, problems);
    if (!problems.empty()) continue;
    const auto after = q.answer();
    for (const std::size_t r : results) {
      const double slack = law.slack * std::fabs(before[r]);
      if (law.rises ? after[r] >= before[r] - slack : after[r] <= before[r] + slack) continue;
      if (after[r] == before[r]) continue;
      FAIL_CHECK(std::string(law.sentence)
                 << ": " << field.path << " x " << step << " takes " << p.table->out.all[r].path << " from "
                 << before[r] << " to " << after[r] << ": " << p.text());
    }
    before = after;
  }
}
}  // namespace

TEST_CASE("every wall over the catalog: more of what helps never hurts, more of what costs never helps") {
  for (const Wall* wall : walls()) {
    if (wall->search) continue;  // a search may change its mind: optimisers have laws of their own
    for (const Monotone& law : laws) {
      const Table& table = *mlsysim::table(wall->name);
      for (std::size_t f = 0; f < table.in.all.size(); ++f) {
        if (std::ranges::none_of(law.inputs, [&](const char* input) { return ends(table.in.all[f].path, input); }))
          continue;
        std::vector<std::size_t> results;
        for (std::size_t r = 0; r < table.out.all.size(); ++r) {
          const std::string& path = table.out.all[r].path;
          const std::string exception = std::string(wall->name) + " " + table.in.all[f].path + " " + path;
          if (not_monotone.contains(exception)) continue;
          if (std::ranges::any_of(law.outputs, [&](const char* output) { return path == output; }))
            results.push_back(r);
        }
        if (!results.empty())
          for (const Posed& p : posed(*wall)) check_law(law, p, f, results);
      }
    }
  }
}

TEST_CASE("every wall over the catalog: a narrower format never needs more memory") {
  for (const Wall* wall : walls()) {
    const Table& table = *mlsysim::table(wall->name);
    if (wall->search) continue;
    if (wall->name == std::string_view("training"))
      continue;  // narrow products keep a copy; fp16 sums gradients in itself
    for (const char* argument : {"precision", "kv_precision"}) {
      const int input = table.input(argument);
      if (input < 0) continue;
      const auto words = table.in.all[static_cast<std::size_t>(input)].words;
      std::vector<std::size_t> formats(words.size());
      for (std::size_t w = 0; w < words.size(); ++w) formats[w] = w;
      std::ranges::stable_sort(formats, [](std::size_t a, std::size_t b) {
        return stored_bits(static_cast<Precision>(a)) > stored_bits(static_cast<Precision>(b));
      });
      for (Posed p : posed(*wall)) {
        std::vector<double> before(table.out.all.size(), INFINITY);
        for (const std::size_t format : formats) {
          p.row[static_cast<std::size_t>(input)] = static_cast<double>(format);
          const auto after = p.answer();
          for (std::size_t r = 0; r < after.size(); ++r) {
            const std::string name(leaf(table.out.all[r].path));
            if (std::ranges::none_of(sizes, [&](const char* size) { return name == size; })) continue;
            if (after[r] > before[r] * (1 + 1e-12))
              FAIL_CHECK(std::string(words[format]) << ": " << table.out.all[r].path << " = " << after[r] << " after "
                                                    << before[r] << ": " << p.text());
            if (after[r] == after[r]) before[r] = after[r];
          }
        }
      }
    }
  }
}
