// The first screens of `mlsysim train`.
#include <algorithm>
#include <cmath>

#include "operators.hpp"
#include "mlsysim/report/json.hpp"
#include "train.hpp"

namespace mlsysim::cli {
namespace {

std::string lower(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}
std::string counted(double n, const char* what) { return fmt::format("{} {}{}", grouped(n), what, n == 1 ? "" : "s"); }
/// Three digits and the group of thousands: "15 trillion tokens", "4.19 million tokens".
std::string amount(double v) {
  return v >= 1e12  ? fmt::format("{:.4g} trillion", v / 1e12)
         : v >= 1e9 ? fmt::format("{:.4g} billion", v / 1e9)
                    : grouped(v);
}
std::string money(double usd) {
  return usd >= 1e6 ? fmt::format("{:.3g} million USD", usd / 1e6) : fmt::format("{} USD", grouped(std::round(usd)));
}
std::string energy(double joules) {
  const double kwh = joules / 3.6e6;
  return kwh >= 1e6   ? fmt::format("{:.3g} GWh", kwh / 1e6)
         : kwh >= 1e3 ? fmt::format("{:.3g} MWh", kwh / 1e3)
                      : fmt::format("{:.3g} kWh", kwh);
}

std::string largest(const std::string& limit) {
  return limit == "Fixed" ? "launches, the host" : limit == "Pipeline" ? "waiting in the pipeline" : lower(limit);
}

struct Part {
  const char *name, *result;
};
constexpr Part work[] = {
    {"products", "time_products"},       {"attention", "time_attention"}, {"experts", "time_experts"},
    {"elementwise", "time_elementwise"}, {"narrowing", "time_quantise"},  {"recomputation", "time_recomputation"},
    {"head and loss", "time_head"},      {"optimizer", "time_optimizer"}, {"launches, host", "time_fixed"}};
constexpr Part exposed[] = {{"tensor", "time_tensor"},
                            {"context", "time_context"},
                            {"experts", "time_exchange"},
                            {"stages", "time_stages"},
                            {"replicas", "time_data"}};
constexpr Part waiting[] = {{"bubble", "time_bubble"}, {"slowest node", "time_straggler"}};
constexpr Part held[] = {{"weights", "memory_weights"},
                         {"gradients", "memory_gradients"},
                         {"optimizer", "memory_optimizer"},
                         {"activations", "memory_activations"},
                         {"scores", "memory_logits"}};

std::string line(const std::string& lead, const std::string& name, const std::string& figure, double share) {
  std::string blocks;
  for (int i = 0; i < static_cast<int>(std::round(32 * share)); ++i) blocks += "█";
  std::string text = fmt::format("  {:<9} {:<17} {:>10} {:>5.1f} %  {}", lead, name, figure, 100 * share, blocks);
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

/// "of all … layers", "of 29 %".
std::string again(const std::string& chosen, double share) {
  if (chosen == "selective") return "selective recomputation";
  if (share == 0) return "nothing recomputed";
  return share == 1 ? "all layers recomputed" : fmt::format("{:.2g} % of the layers recomputed", 100 * share);
}

class TrainingScreen {
 public:
  TrainingScreen(const Request& request, const TrainingRun& run)
      : request_(request), run_(run), r_{run.step, run.result}, bands_(run.step, run.result) {}

  std::string print() const {
    std::string text =
        fmt::format("{}: {} a step\n  {} of {} tokens, {}, stack {}, operator level\n", title(), r_.time("step_time"),
                    counted(r_.argument("batch_size"), "sequence"), grouped(r_.argument("seq_len")),
                    r_.chosen("precision"), run_.step.bound("stack")->id);
    text += layout() + "\n" + headline() + "\n" + time() + "\n" + memory();
    if (request_.best) text += "\n" + ranking();
    for (const auto& note : notes(run_.step, run_.result)) text += wrapped("note", note);
    return text + "\n" + next();
  }

 private:
  double devices() const { return r_.argument("fleet.nodes") * r_.argument("fleet.node.accelerators"); }
  double share(const char* part) const { return r_.value(part) / r_.value("step_time"); }
  std::string title() const {
    const Entry *fleet = run_.step.bound("fleet"), *model = run_.step.bound("model");
    const double all = Reader{run_.search, {}}.argument("fleet.nodes") * r_.argument("fleet.node.accelerators");
    return fmt::format("{} on {}{}", model->name, devices() < all ? fmt::format("{:.0f} of ", devices()) : "",
                       fleet->name);
  }

  std::string layout() const {
    const auto degree = [&](const char* input) { return r_.argument(input); };
    std::string text = fmt::format("tp {:.0f} x pp {:.0f} x cp {:.0f} x dp {:.0f}", degree("tp_size"),
                                   degree("pp_size"), degree("cp_size"), r_.value("dp"));
    if (degree("ep_size") > 1) text += fmt::format(", ep {:.0f}", degree("ep_size"));
    if (degree("v_stages") > 1) text += fmt::format(", {:.0f} chunks a stage", degree("v_stages"));
    text += fmt::format(
        ", {} of {}, ZeRO {}, {}",
        r_.value("microbatches") == 1 ? "1 microbatch" : grouped(r_.value("microbatches")) + " microbatches",
        counted(degree("microbatch_size"), "sequence"), r_.chosen("zero_stage"),
        again(r_.chosen("recomputation"), r_.value("recomputed")));
    std::string all = wrapped("layout", text);
    if (run_.searched) {
      const double fit = run_.of_search("total_searched") - fell("do not fit") - fell("max_duration");
      all += wrapped("", fmt::format("the best of {} that fit, of {} that were priced{}", counted(fit, "setting"),
                                     grouped(run_.of_search("total_searched")),
                                     request_.best ? "" : "; --optimize lists the next"));
    }
    return all;
  }
  double fell(std::string_view reason) const {
    for (const auto& [why, count] : run_.candidates.fell)
      if (why.find(reason) != std::string::npos) return count;
    return 0;
  }

  std::string headline() const {
    std::string text =
        row("step", r_.time("step_time"), bands_.with("step_time", "largest part: " + largest(r_.word("bottleneck"))));
    text += row("throughput", grouped(r_.value("throughput")) + " tokens/s",
                grouped(r_.value("throughput_per_device")) + " tokens/s for each device");
    text += row("arithmetic", fmt::format("{:.0f} Tflop/s a device", r_.value("model_flops_per_device") / 1e12),
                fmt::format("MFU {:.1f} %, of the peak of {}", 100 * r_.value("mfu"), r_.chosen("precision")));
    text += row(
        "memory", of(r_.value("memory_footprint"), r_.value("memory_available")),
        fmt::format("{} reserved, on the {}", gibibytes(r_.value("memory_reserved")), lower(r_.word("worst_rank"))));
    text += row("power", print_quantity(r_.value("power"), axis::energy / axis::time),
                fmt::format("{} a token, accelerators", print_quantity(r_.value("energy_per_token"), axis::energy)));
    if (!r_.stated("training_tokens")) {
      if (const double price = Reader{run_.search, {}}.argument("price"); price == price)
        text += row("cost", fmt::format("{:.3g} USD/M tokens", price * devices() / r_.value("throughput") * 1e6),
                    "nothing failing");
      return text;
    }
    const double tokens = r_.argument("training_tokens"), day = 86400;
    const auto i = interruptions(run_);
    text += row("run", fmt::format("{:.1f} days", (i ? i->expected_duration.base : r_.value("duration")) / day),
                fmt::format("{} tokens, {} steps", amount(tokens),
                            grouped(std::ceil(tokens / r_.argument("batch_size") / r_.argument("seq_len")))));
    if (i)
      text += row("", fmt::format("{:.1f} without failures", r_.value("duration") / day),
                  fmt::format("{} interruptions, goodput {:.1f} %", grouped(std::round(i->expected_failures)),
                              100 * i->goodput_ratio));
    const double goodput = i ? i->goodput_ratio : 1;
    text += row("device-hours", amount(r_.value("device_time") / 3600 / goodput), "");
    if (const double cost = run_cost(run_); cost == cost)
      text += row("cost", money(cost),
                  fmt::format("{} a device, interruptions paid for",
                              fmt::format("{:.2f} USD/h", Reader{run_.search, {}}.argument("price") * 3600)));
    text += row("energy", energy(r_.value("energy_per_token") * tokens), "of the accelerators, nothing failing");
    return text;
  }

  std::string time() const {
    std::string text;
    double computing = 0, talking = 0, idle = 0;
    for (const auto& part : work) computing += share(part.result);
    for (const auto& part : exposed) talking += share(part.result);
    for (const auto& part : waiting) idle += share(part.result);
    const auto group = [&](const char* name, auto& parts, double sum) {
      if (sum < 0.0005) return;
      text += fmt::format("  {:<9} {:<28} {:>5.1f} %\n", text.empty() ? "time" : "", name, 100 * sum);
      for (const auto& part : parts)
        if (share(part.result) >= 0.0005)
          text += line("", std::string("  ") + part.name, r_.time(part.result), share(part.result));
    };
    group("work", work, computing);
    group("exposed communication", exposed, talking);
    group("waiting", waiting, idle);
    return text;
  }

  std::string memory() const {
    std::string text;
    const double all = r_.value("memory_available");
    double sum = 0;
    for (const auto& part : held) {
      sum += r_.value(part.result);
      if (r_.value(part.result) / all >= 0.0005)
        text += line(text.empty() ? "memory" : "", part.name, gibibytes(r_.value(part.result)),
                     r_.value(part.result) / all);
    }
    const double rest = r_.value("memory_footprint") - sum;
    return text + line("", "runtime", gibibytes(rest), rest / all) +
           line("", "free", gibibytes(all - r_.value("memory_footprint")), 1 - r_.value("memory_footprint") / all);
  }

  std::string ranking() const {
    const Fields fields = run_.search.table().wall->candidate();
    TextTable table{{"tp", "pp", "cp", "dp", "ep", "vpp", "mbs", "ZeRO", "recompute", "step", "MFU", "memory"}, {}};
    const bool fewer = std::ranges::any_of(run_.candidates.rows, [&](const auto& row) {
      return Cells{fields, row}["config.devices"] != Cells{fields, run_.candidates.rows.front()}["config.devices"];
    });
    if (fewer) table.header.insert(table.header.begin(), "devices");
    for (const auto& row : run_.candidates.rows) {
      const Cells c{fields, row};
      std::vector<std::string> cells;
      if (fewer) cells.push_back(fmt::format("{:.0f}", c["config.devices"]));
      for (const char* degree : {"config.tp", "config.pp", "config.cp", "config.dp", "config.ep", "config.v_stages",
                                 "config.microbatch_size", "config.zero_stage"})
        cells.push_back(fmt::format("{:.0f}", c[degree]));
      const bool cheap = c["config.recomputation"] == static_cast<double>(Recomputed::selective);
      cells.push_back(cheap                  ? "selective"
                      : c["recomputed"] == 0 ? "none"
                                             : fmt::format("{:.0f} %", 100 * c["recomputed"]));
      cells.push_back(print_quantity(c["step_time"], axis::time));
      cells.push_back(fmt::format("{:.1f} %", 100 * c["mfu"]));
      cells.push_back(gibibytes(c["memory_footprint"]));
      table.rows.push_back(std::move(cells));
    }
    std::string text = "best first\n" + table.print() + "\n";
    for (const auto& [reason, count] : run_.candidates.fell)
      text += fmt::format("  {:>9} fell: {}\n", grouped(count), reason);
    return text;
  }

  std::string next() const {
    std::string text = wrapped("next", "mlsysim train … --timeline step.svg");
    if (!request_.best && run_.searched) text += wrapped("", "mlsysim train … --optimize --top 10");
    if (run_.searched) text += wrapped("", "mlsysim train … " + layout_flags(run_));
    return text;
  }

  const Request& request_;
  const TrainingRun& run_;
  Reader r_;
  BandTexts bands_;
};

}  // namespace

std::string training_screen(const Request& request, const TrainingRun& run) {
  return TrainingScreen(request, run).print();
}

std::vector<TrainingFix> training_fixes(const Request& request, const Question& search) {
  std::vector<TrainingFix> fixes;
  const Reader asked{search, {}};
  // The question without some of its arguments, on so many times the nodes.
  const auto attempt = [&](const std::string& change, const std::vector<const char*>& without, double more) {
    Request other = request;
    std::erase_if(other.arguments, [&](const auto& one) {
      return std::ranges::any_of(without, [&](const char* name) { return one.first == name; });
    });
    Question q = make_question(other, search.catalog(), search.table(), {"model", "fleet"});
    q.settle();
    q.give("batch_size", fmt::format("{:.0f}", asked.argument("batch_size")));
    if (more > 1) q.give("fleet.nodes", fmt::format("{:.0f}", more * asked.argument("fleet.nodes")));
    if (!q.check()) return false;
    const auto then = q.answer();
    const Reader r{q, then};
    if (r.value("feasible") == 0) return false;
    fixes.push_back({change, r.value("memory_footprint"), r.value("memory_available")});
    return true;
  };
  // What was held and need not be, and the flags that say it.
  constexpr std::pair<const char*, const char*> degrees[] = {{"--tp", "tp_size"},
                                                             {"--pp", "pp_size"},
                                                             {"--cp", "cp_size"},
                                                             {"--ep", "ep_size"},
                                                             {"--vpp", "v_stages"},
                                                             {"--mbs", "microbatch_size"},
                                                             {"--zero", "zero_stage"},
                                                             {"--recompute", "recomputation"},
                                                             {"--max-tp", "max_tp"},
                                                             {"--max-pp", "max_pp"},
                                                             {"--max-cp", "max_cp"},
                                                             {"--max-ep", "max_ep"},
                                                             {"--max-duration", "max_duration"}};
  std::vector<const char*> all;
  std::string flags;
  for (const auto& [flag, argument] : degrees)
    if (std::ranges::any_of(request.arguments, [&](const auto& one) { return one.first == argument; })) {
      all.push_back(argument);
      flags += fmt::format(" {}", flag);
      attempt(fmt::format("without {}", flag), {argument}, 1);
    }
  if (fixes.empty() && all.size() > 1) attempt("without" + flags, all, 1);
  const Entry* fleet = search.bound("fleet");
  const auto colon = fleet->id.rfind(':');
  const double devices = asked.argument("fleet.nodes") * asked.argument("fleet.node.accelerators");
  for (double more = 2; more <= 1024; more *= 2)
    if (attempt(colon == std::string_view::npos
                    ? fmt::format("--set fleet.nodes={:.0f}", more * asked.argument("fleet.nodes"))
                    : fmt::format("--on {}:{:.0f}", fleet->id.substr(0, colon), more * devices),
                {}, more))
      break;
  return fixes;
}

std::string no_layout_screen(const Request& request, const Question& search, const std::vector<double>& found,
                             const Candidates& candidates) {
  const Reader r{search, found};
  const bool memory = r.value("memory_available") < r.value("memory_footprint");
  std::string text = fmt::format("{} on {}: {}\n", search.bound("model")->name, search.bound("fleet")->name,
                                 memory ? "does not fit" : "nothing is left");
  if (memory)
    text += fmt::format("  the smallest of {} needs {} on a device; there are {}\n",
                        counted(r.value("total_searched"), "setting"), gibibytes(r.value("memory_footprint")),
                        gibibytes(r.value("memory_available")));
  for (const auto& [reason, count] : candidates.fell) text += fmt::format("  {:>9} fell: {}\n", grouped(count), reason);
  const char* lead = "what fits";
  for (const auto& fix : training_fixes(request, search)) {
    text += fmt::format("  {:<9} {:<32} {} on a device\n", lead, fix.change, of(fix.needed, fix.available));
    lead = "";
  }
  return text;
}

}  // namespace mlsysim::cli
