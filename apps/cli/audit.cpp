// `mlsysim audit`: three figures of this machine measured, predictions made from them, and each prediction measured too.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>

#include <fmt/format.h>

#include "command.hpp"
#include "machine.hpp"
#include "mlsysim/catalog/load_yaml.hpp"
#include "mlsysim/laws/roofline.hpp"
#include "mlsysim/report/json.hpp"
#include "mlsysim/units/parse.hpp"
#include "screen.hpp"

namespace mlsysim::cli {
namespace {

constexpr std::size_t calibrated = 768;      // the size of the product that the rate is taken from
constexpr double copies = 0.4, each = 0.12;  // seconds
constexpr double quiet = 0.1;                // a median no further than this from the best

/// A kernel that was not measured to make its prediction.
struct Check {
  std::string what;
  int threads = 1;
  double predicted = 0;
  Timing measured{};
  double off() const { return predicted / measured.best - 1; }
};

struct Audit {
  std::string processor, products, date;
  int threads = 1;
  double memory = 0, rate = 0, bandwidth = 0, start = 0;  // byte, flop/s, byte/s, s
  double rate_spread = 0, bandwidth_spread = 0;
  std::vector<Check> checks;

  double predicted(double work, double traffic, int used) const {
    const WorkRate<double> peak{rate * used / threads};
    return roofline_time(Work<double>{work}, Data<double>{traffic}, peak, Bandwidth<double>{bandwidth}).base + start;
  }
  double noise() const {
    double most = std::max(rate_spread, bandwidth_spread);
    for (const auto& check : checks) most = std::max(most, check.measured.spread());
    return most;
  }
  double median_off() const {
    std::vector<double> all;
    for (const auto& check : checks) all.push_back(std::abs(check.off()));
    std::ranges::sort(all);
    return all[all.size() / 2];
  }
};

double flops(std::size_t n) { return 2.0 * std::pow(static_cast<double>(n), 3); }
double square_bytes(std::size_t n) { return 4.0 * static_cast<double>(n) * static_cast<double>(n); }

Audit measure() {
  Audit a;
  Products products;
  a.processor = processor_here();
  a.products = products.by();
  a.threads = threads_here();
  a.memory = memory_here();
  const std::time_t now = std::time(nullptr);
  char date[11] = {};
  std::strftime(date, sizeof date, "%Y-%m-%d", std::gmtime(&now));
  a.date = date;

  const std::size_t bytes = beyond_caches();
  const Timing copy = time_copy(bytes, a.threads, copies);
  a.bandwidth = 2.0 * static_cast<double>(bytes) / copy.best;
  a.bandwidth_spread = copy.spread();
  const Timing product = products.time(calibrated, a.threads, copies);
  a.rate = flops(calibrated) / product.best;
  a.rate_spread = product.spread();
  a.start = products.time(8, a.threads, 0.02).best;

  std::vector<int> counts{a.threads};
  if (a.threads > 1) counts.push_back(1);
  for (const int threads : counts) {
    if (threads == a.threads || products.sets_threads())
      for (const std::size_t n : {std::size_t{256}, std::size_t{512}, std::size_t{1024}})
        a.checks.push_back({fmt::format("product of {0} x {0}", n), threads,
                            a.predicted(flops(n), 3 * square_bytes(n), threads), products.time(n, threads, each)});
    const std::size_t n = 6144;  // 151 MB
    a.checks.push_back({fmt::format("{0} x {0} times a vector", n), threads,
                        a.predicted(2 * square_bytes(n) / 4, square_bytes(n), threads),
                        time_matrix_vector(n, threads, each)});
  }
  return a;
}

/// Measured once, however often it is shown.
const Audit& measured() {
  static const Audit audit = measure();
  return audit;
}

/// This machine as docs/data-format.md has accelerators.
std::string as_yaml(const Audit& a) {
  std::string name = a.processor;
  std::erase_if(name, [](unsigned char c) { return c < 0x20 || c == '"' || c == '\\'; });
  const auto figure = [&](const char* key, const std::string& value, const std::string& kind,
                          const std::string& where) {
    return fmt::format("{}: {{value: {}, kind: {}, source: mlsysim audit, where: \"{}\", read: {}}}\n", key, value,
                       kind, where, a.date);
  };
  const int n = a.threads;
  return fmt::format(
             "# This machine as `mlsysim audit` measured it on {}. The rate is attained by a matrix product, so that "
             "--efficiency 1 fits it.\nkind: accelerator\nname: \"{}, {} threads\"\ncompute:\n",
             a.date, name, n) +
         figure("  fp32_dense", fmt::format("{:.4g} Gflop/s", a.rate / 1e9), "measured",
                fmt::format("products of {0} x {0} on {1} threads by {2}, best; the median was {3:.0f} % slower",
                            calibrated, n, a.products, 100 * a.rate_spread)) +
         "memory:\n" +
         figure("  capacity", fmt::format("{:.4g} GiB", a.memory / gib), "stated",
                "main memory, by the system's count") +
         figure("  bandwidth", fmt::format("{:.4g} GB/s", a.bandwidth / 1e9), "measured",
                fmt::format("copies of {} MiB on {} threads, read and written, best; the median was {:.0f} % slower",
                            beyond_caches() >> 20, n, 100 * a.bandwidth_spread)) +
         figure("dispatch_tax", fmt::format("{:.4g} us", a.start * 1e6), "measured",
                "a call for a product of 8 x 8, best") +
         "power:\n" +
         figure("  tdp", fmt::format("{} W", 8 * n), fmt::format("estimated, range: [{} W, {} W]", 3 * n, 20 * n),
                "not measured: 8 W a thread, between a laptop's and a workstation's");
}

std::shared_ptr<OwnedEntry> as_entry(const Audit& a, const Catalog& catalog, Problems& problems) {
  LoadOptions options;
  options.kind = "accelerator";
  options.id = "this-machine";
  options.file = "this machine";
  options.known_sources = false;
  options.find = [&](std::string_view kind, std::string_view name) { return catalog.find(kind, name); };
  return load_entry(as_yaml(a), options, problems);
}

std::string percent(double share) { return fmt::format("{:+.0f} %", 100 * share); }

std::string screen(const Audit& a) {
  std::string text =
      fmt::format("{}, {} thread{}, {}\n", a.processor, a.threads, a.threads == 1 ? "" : "s", gibibytes(a.memory));
  text +=
      "\n" + row("arithmetic", print_quantity(a.rate, axis::work / axis::time) + " fp32",
                 fmt::format("best product of {0} x {0}; median {1:.0f} % slower", calibrated, 100 * a.rate_spread));
  text +=
      row("bandwidth", print_quantity(a.bandwidth, axis::data / axis::time),
          fmt::format("best copy of {} MiB; median {:.0f} % slower", beyond_caches() >> 20, 100 * a.bandwidth_spread));
  text += row("start", print_quantity(a.start, axis::time), "a call for a product of 8 x 8");
  text += row("products by", a.products, "");
  text += "\npredicted from these, by the roofline, and measured\n";
  TextTable table{{"kernel", "threads", "predicted", "measured", "off", "spread"}, {}};
  for (const auto& c : a.checks)
    table.rows.push_back({c.what, std::to_string(c.threads), print_quantity(c.predicted, axis::time),
                          print_quantity(c.measured.best, axis::time), percent(c.off()),
                          fmt::format("{:.0f} %", 100 * c.measured.spread())});
  text += table.print();
  text += fmt::format("  off: predicted over measured; half of them within {:.0f} %\n\n", 100 * a.median_off());
  if (a.noise() > quiet)
    text +=
        wrapped("note", fmt::format("medians are up to {:.0f} % slower than the best of the same run: something else "
                                    "was using this machine, and no prediction is better than that",
                                    100 * a.noise()));
  text += wrapped("rests on",
                  "one size of product, one copy and one start; threads share the rate evenly and the bandwidth as a "
                  "whole; caches are not counted, so that small matrices beat the memory's roof");
  return text;
}

Json document(const Audit& a) {
  Json json{{"processor", a.processor},
            {"threads", a.threads},
            {"date", a.date},
            {"products_by", a.products},
            {"memory_capacity_bytes", a.memory},
            {"fp32_rate_flop_per_s", a.rate},
            {"fp32_rate_spread", a.rate_spread},
            {"memory_bandwidth_bytes_per_s", a.bandwidth},
            {"memory_bandwidth_spread", a.bandwidth_spread},
            {"dispatch_tax_s", a.start},
            {"checks", Json::array()},
            {"median_error", a.median_off()},
            {"noise", a.noise()}};
  for (const auto& c : a.checks)
    json["checks"].push_back({{"kernel", c.what},
                              {"threads", c.threads},
                              {"predicted_s", c.predicted},
                              {"measured_s", c.measured.best},
                              {"error", c.off()},
                              {"spread", c.measured.spread()},
                              {"runs", c.measured.runs}});
  return json;
}

/// What a model would do here, at the rate that a product attains.
std::string here(const Question& q, const std::vector<double>& result) {
  const Table& t = q.table();
  const auto value = [&](const char* name) { return result[static_cast<std::size_t>(t.output(name))]; };
  std::string text = fmt::format("\n{} here, batch 1, fp16 weights, at the measured rates\n", q.bound("model")->name);
  if (value("feasible") == 0)
    return text + row("does not fit", of(value("memory_footprint"), value("memory_available")), "");
  const bool tokens = value("token_throughput") > 0;
  text += row("step", print_quantity(value("latency"), axis::time),
              value("bottleneck") == 0 ? "compute-bound" : "memory-bound");
  text += row(
      "throughput",
      fmt::format("{} {}/s", grouped(value(tokens ? "token_throughput" : "throughput")), tokens ? "tokens" : "samples"),
      "");
  return text + row("memory", of(value("memory_footprint"), value("memory_available")), "");
}

}  // namespace

int run_audit(const Request& request, const Catalog& catalog, Output& out) {
  Question question(*table("single-node"), catalog, request.assumptions);
  if (!request.workload.empty()) {  // a name that nobody knows is said before anything is measured
    question.give("model", request.workload);
    question.give("efficiency", "1");
    question.settle();
    if (!question.problems().empty()) return refuse(out, question.problems());
  }
  if (!request.save.empty() && !request.save.ends_with(".yaml") && !request.save.ends_with(".yml"))
    return refuse(out, {{.argument = "--save",
                         .message = fmt::format("--save {}: an accelerator is a .yaml file", quotable(request.save))}});
  const Audit& a = measured();
  std::vector<double> result;
  if (!request.workload.empty()) {
    const auto own = as_entry(a, catalog, out.problems);
    if (!own) return wrong;
    question.bind(*question.table().entity("hardware"), own);
    if (!question.check()) return refuse(out, question.problems());
    result = question.answer();
  }
  if (!request.save.empty()) {
    std::ofstream file(request.save, std::ios::binary);
    file << as_yaml(a);
    if (!file.flush()) {
      out.problems.push_back(
          {.argument = "--save",
           .message = fmt::format("{} could not be written: {}", request.save, std::strerror(errno))});
      return failed;
    }
  }
  if (request.output == "json") {
    Json json = document(a);
    if (!result.empty()) json.update(answer_json(question, result));
    out.text = json.dump(2) + "\n";
    return answered;
  }
  out.text = screen(a);
  if (!result.empty()) out.text += here(question, result);
  const std::string file = request.save.empty() ? "here.yaml" : request.save;
  out.text += fmt::format("  next      {}mlsysim eval {} {} --efficiency 1\n",
                          request.save.empty() ? "mlsysim audit --save here.yaml\n            " : "",
                          request.workload.empty() ? "gpt2-xl" : typed(request.workload), typed(file));
  return answered;
}

}  // namespace mlsysim::cli
