// The screen of a plan: does it fit, how fast is it, what does the time take, and what it was to hold.
#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/json.hpp"
#include "mlsysim/units/parse.hpp"
#include "screen.hpp"

namespace mlsysim::cli {
namespace {

class SystemScreen {
 public:
  SystemScreen(const Request& request, const Plan& plan, const std::vector<double>& result)
      : request_(request), plan_(plan), q_(plan.question), result_(result) {}

  std::string print() const {
    const bool fits = value("feasible") != 0;
    std::string text =
        fmt::format("{} on {}{}\n", q_.bound("model")->name, q_.bound("fleet")->name, fits ? "" : ": does not fit");
    if (!plan_.name.empty()) text += fmt::format("  {}\n", quotable(plan_.name));
    text += fmt::format("  {}\n\n", setting()) + memory();
    if (fits) text += speed() + (argument("performance_only") == 0 ? "\n" + costs() : "");
    text += "\n";
    for (const auto& note : notes(q_, result_)) text += "  note      " + note + "\n";
    return text + next(fits);
  }

 private:
  double value(const char* name) const { return result_[static_cast<std::size_t>(q_.table().output(name))]; }
  double argument(const char* name) const { return q_.row()[static_cast<std::size_t>(q_.table().input(name))]; }
  std::string chosen(const char* name) const {
    const auto i = static_cast<std::size_t>(q_.table().input(name));
    return shown(q_.table().in.all[i], q_.row()[i]);
  }
  std::string figure(const char* name) const {
    const auto i = static_cast<std::size_t>(q_.table().output(name));
    return shown(q_.table().out.all[i], result_[i]);
  }
  bool training() const { return argument("is_training") != 0; }
  bool counts_tokens() const { return chosen("model.forward_unit") == "token"; }
  double devices() const { return argument("fleet.nodes") * argument("fleet.node.accelerators"); }

  static std::string dollars(double v) { return grouped(v) + " USD"; }

  std::string setting() const {
    const double length = argument("seq_len");
    std::string text = fmt::format("{}, batch {:.0f}{}", training() ? "one training step" : "one step of each device",
                                   argument("batch_size"), training() && devices() > 1 ? " over the fleet" : "");
    if (counts_tokens())
      text += is_stated(length) ? fmt::format(", {:.0f} tokens each", length)
              : training()      ? ", 2048 tokens each (none stated)"
                                : ", context 1 (none stated)";
    const Entry* set = q_.bound("assumptions");
    return text + fmt::format(", {}, eta {:.3g}, first-order{}", chosen("precision"), argument("efficiency"),
                              set && !q_.set_name().empty() ? fmt::format(", assumptions {}", set->id) : "");
  }

  std::string memory() const {
    std::string parts;
    for (const auto& [name, field] : {std::pair{"weights", "node_profile.memory_weights"},
                                      {"KV", "node_profile.memory_kv_cache"},
                                      {"activations", "node_profile.memory_activations"},
                                      {"gradients", "node_profile.memory_gradients"},
                                      {"optimizer", "node_profile.memory_optimizer"}})
      if (const double bytes = value(field); bytes >= 0.005 * value("feasibility.memory_used"))
        parts +=
            fmt::format("{}{} {}", parts.empty() ? "" : ", ", name,
                        bytes < 0.05 * gib ? print_quantity(bytes, axis::data) : fmt::format("{:.1f}", bytes / gib));
    std::string text =
        row("memory", of(value("feasibility.memory_used"), value("feasibility.memory_available")), parts);
    if (training())
      text += row("layout",
                  fmt::format("tp {:.0f} x pp {:.0f} x dp {:.0f}{}", argument("tp_size"), argument("pp_size"),
                              value("parallelism.dp"),
                              argument("ep_size") > 1 ? fmt::format(" x ep {:.0f}", argument("ep_size")) : ""),
                  fmt::format("{:.0f} microbatch{}, ZeRO {}{}", argument("microbatch_count"),
                              argument("microbatch_count") == 1 ? "" : "es", chosen("zero_stage"),
                              argument("activation_recomputation") != 0 ? ", recomputation" : ""));
    return text;
  }

  std::string speed() const {
    const double step = value("performance.latency");
    std::string text =
        row("step", figure("performance.latency"),
            fmt::format("{}-bound on each device", value("performance.bottleneck") == 0 ? "compute" : "memory"));
    if (counts_tokens())
      text += row("throughput", figure("performance.token_throughput"),
                  training()      ? fmt::format("{} sequences/s", print_number(value("performance.fleet_throughput")))
                  : devices() > 1 ? "of the whole fleet"
                                  : "");
    else
      text += row("throughput", fmt::format("{} samples/s", print_number(value("performance.fleet_throughput"))),
                  devices() > 1 ? "of the whole fleet" : "");
    std::string waits;
    if (training() && devices() > 1)
      waits = fmt::format("communication {:.3g} %, pipeline bubble {:.3g} % of the step",
                          100 * value("performance.comm_overhead") / step,
                          100 * value("performance.pipeline_bubble") / step);
    return text + row(fmt::format("MFU {:.3g} %", 100 * value("performance.mfu")),
                      fmt::format("power {} a device", figure("performance.device_power")), waits);
  }

  std::string costs() const {
    const Entry* grid = q_.bound("grid");
    std::string text = fmt::format("  {:g} days in {}\n", argument("duration_days") / 86400,
                                   grid ? grid->name : "a region of one's own");
    text += row("energy", print_quantity(value("macro.energy"), axis::energy),
                fmt::format("{} of it for machines", print_quantity(value("macro.it_energy"), axis::energy)));
    text += row("carbon", figure("macro.carbon_footprint"), fmt::format("water {}", figure("macro.water")));
    text += row("cost", dollars(value("macro.tco")),
                fmt::format("capital {}, electricity {}, maintenance {}", dollars(value("macro.capex")),
                            dollars(value("macro.energy_cost")), dollars(value("macro.maintenance"))));
    return text + row("",
                      fmt::format("{:.3g} USD a million {}", value("macro.million_tokens"),
                                  counts_tokens() ? "tokens" : "samples"),
                      "busy all the time");
  }

  std::string next(bool fits) const {
    const std::string& file = request_.words[0];
    if (training() && devices() > 1)
      return fmt::format("  next      mlsysim optimize parallelism {}\n", file) +
             (fits ? fmt::format("            mlsysim optimize placement {}\n", file) : "");
    return fits ? fmt::format("  next      mlsysim eval {} --explain\n", file) : "";
  }

  const Request& request_;
  const Plan& plan_;
  const Question& q_;
  const std::vector<double>& result_;
};

}  // namespace

std::string system_screen(const Request& request, const Plan& plan, const std::vector<double>& result) {
  return SystemScreen(request, plan, result).print();
}

}  // namespace mlsysim::cli
