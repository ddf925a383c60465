// Fleets of the catalog: parts sum to the whole, sharding conserves what it shards, and where two walls answer the same question
// they say the same.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"
#include "posed.hpp"

using namespace mlsysim;

namespace {
/// An answer of a wall with some cells of another question's row: those that have the same name.
struct Same {
  Question question;
  Same(const char* wall, const Posed& other) : question(table_of(wall), built_in()) {
    for (std::size_t f = 0; f < other.row.size(); ++f)
      if (const int input = question.table().input(other.table->in.all[f].path); input >= 0)
        question.give(static_cast<std::size_t>(input), other.row[f]);
  }
  void give(const char* input, double base) {
    const int at = question.table().input(input);
    REQUIRE_MESSAGE(at >= 0, std::string(input));
    question.give(static_cast<std::size_t>(at), base);
  }
  double operator[](const char* result) const {
    return question.answer().at(static_cast<std::size_t>(question.table().output(result)));
  }
};
/// The accelerator that a fleet is made of, as the hardware of another question.
void on_one_device(Same& one, const Posed& fleet) {
  const std::string of = "fleet.node.accelerator.";
  for (std::size_t f = 0; f < fleet.row.size(); ++f)
    if (const std::string& path = fleet.table->in.all[f].path; path.starts_with(of))
      one.give(("hardware." + path.substr(of.size())).c_str(), fleet.row[f]);
}
bool refused(const Posed& p) {
  Problems problems;
  if (p.table->wall->refuse) p.table->wall->refuse(p.row.data(), p.bodies, problems);
  return !problems.empty();
}
}  // namespace

TEST_CASE(
    "distributed, every model x fleet: communication is the sum of its kinds, the step the sum of what is not hidden") {
  for (const Posed& p : posed("distributed")) {
    CAPTURE(p.text());
    const double inner = p.result("tp_communication_latency") + p.result("pp_communication_latency") +
                         p.result("ep_communication_latency");
    CHECK(p.result("communication_latency") == near(inner + p.result("dp_communication_latency")));
    CHECK(p.result("step_latency_total") ==
          near(p["straggler_factor"] * (p.result("node_profile.latency") + inner + p.result("pipeline_bubble_latency") +
                                        p.result("dp_communication_exposed"))));
    CHECK(p.result("dp_communication_exposed") <= p.result("dp_communication_latency"));
    if (p["overlap_comm"] == 0) CHECK(p.result("dp_communication_exposed") == p.result("dp_communication_latency"));
    CHECK(p.result("mfu") <= p["efficiency"] * (1 + 1e-12));
    if (p["tp_size"] == 1) CHECK(p.result("tp_communication_latency") == 0);
    if (p["ep_size"] == 1) CHECK(p.result("ep_communication_latency") == 0);
    if (p["pp_size"] > 1) continue;
    CHECK(p.result("pp_communication_latency") == 0);
    CHECK(p.result("pipeline_bubble_latency") == 0);
    CHECK(p.result("bubble_fraction") == 0);
  }
}

TEST_CASE("distributed, every model x fleet: work over all devices is that of one device alone, whatever the cut") {
  for (const Posed& p : posed("distributed")) {
    CAPTURE(p.text());
    Same whole("single-node", p);
    on_one_device(whole, p);
    whole.give("is_training", 1);
    const double devices = p["fleet.nodes"] * p["fleet.node.accelerators"];
    CHECK(p.result("node_profile.work") * devices == near(whole["work"]));
    CHECK(p.result("node_profile.work_executed") * devices == near(whole["work_executed"]));
    CHECK(p.result("node_profile.latency_compute") * devices == near(whole["latency_compute"]));
  }
}

TEST_CASE(
    "distributed, every model x fleet: weights, gradients and optimizer state of all shards are those of one device "
    "alone") {
  int cut = 0;
  for (Posed p : posed("distributed")) {
    CAPTURE(p.text());
    const double tp = p["tp_size"], pp = p["pp_size"], ep = p["ep_size"];
    const double devices = p["fleet.nodes"] * p["fleet.node.accelerators"], replicas = devices / (tp * pp * ep);
    if (p["is_lora"] != 0 || ep > 1) continue;  // adapters are wider than their share; experts are counted below
    Same whole("single-node", p);
    on_one_device(whole, p);
    whole.give("is_training", 1);
    whole.give("zero_stage", 0);
    const double shards = tp * pp;
    cut += shards > 1;
    for (int stage = 0; stage < 4; ++stage) {
      p["zero_stage"] = stage;
      const double gathered =
          stage == 3 ? whole["memory_weights"] / shards / (std::isnan(p["model.layers"]) ? 1 : p["model.layers"] / pp)
                     : 0;
      CHECK((p.result("node_profile.memory_weights") - gathered) * shards * (stage >= 3 ? replicas : 1) ==
            near(whole["memory_weights"]));
      CHECK(p.result("node_profile.memory_gradients") * shards * (stage >= 2 ? replicas : 1) ==
            near(whole["memory_gradients"]));
      CHECK(p.result("node_profile.memory_optimizer") * shards * (stage >= 1 ? replicas : 1) ==
            near(whole["memory_optimizer"]));
    }
  }
  CHECK(cut > 20);
}

TEST_CASE("distributed: experts over all devices are all experts, and the rest is held by each") {
  int cut = 0;
  for (const Posed& p : posed("distributed")) {
    if (p["ep_size"] <= 1 || p["zero_stage"] == 3 || p["is_lora"] != 0) continue;
    CAPTURE(p.text());
    ++cut;
    Same whole("single-node", p);
    on_one_device(whole, p);
    whole.give("is_training", 1);
    whole.give("zero_stage", 0);
    const double routed = p["model.experts"] * (p["model.parameters"] - p["model.active_parameters"]) /
                          (p["model.experts"] - p["model.experts_per_token"]);
    const double rest = 1 - routed / p["model.parameters"], ep = p["ep_size"];
    CHECK(p.result("node_profile.memory_weights") * p["tp_size"] * p["pp_size"] * ep ==
          near(whole["memory_weights"] * (1 - rest + ep * rest)));
  }
  CHECK(cut > 0);
}

TEST_CASE("distributed, every model x fleet: more nodes at the same batch hold no more and compute less each") {
  int grown = 0;
  for (const Posed& p : posed("distributed", {{"batch_size", "3276800"}, {"zero_stage", "1"}})) {
    Posed more = p;
    more["fleet.nodes"] *= 2;
    if (refused(more)) continue;
    ++grown;
    CAPTURE(p.text());
    CHECK(more.result("node_profile.memory_footprint") <= p.result("node_profile.memory_footprint") * (1 + 1e-12));
    CHECK(more.result("node_profile.latency_compute") * 2 == near(p.result("node_profile.latency_compute")));
    CHECK(more.result("feasible") >= p.result("feasible"));
  }
  CHECK(grown > 50);
}

TEST_CASE(
    "ZeRO 1 and 2 send the bytes of plain data parallelism, 3 half as much again (rajbhandari2020zero, section 7)") {
  for (Posed p : posed("distributed", {{"batch_size", "409600"}, {"precision", "bf16"}})) {
    CAPTURE(p.name);
    const double plain = p.result("dp_communication_latency");
    for (int stage = 1; stage < 3; ++stage) {
      p["zero_stage"] = stage;
      CHECK(p.result("dp_communication_latency") == near(plain));
    }
    p["zero_stage"] = 3;
    CHECK(p.result("dp_communication_latency") == near(1.5 * plain));
  }
}

TEST_CASE("the network roofline of a fleet is data parallelism without latencies, and one device's arithmetic") {
  int asked = 0;
  for (const Posed& roof : posed("network-roofline")) {
    CAPTURE(roof.text());
    Same step("distributed", roof);
    const double devices = roof["fleet.nodes"] * roof["fleet.node.accelerators"];
    step.give("batch_size", roof["batch_size"] * devices);
    step.give("scale_up_latency", 0);
    step.give("fleet.fabric.latency", 0);
    ++asked;
    CHECK(step["dp_communication_latency"] == near(roof.result("latency_scale_up") + roof.result("latency_network")));
    CHECK(step["node_profile.latency_compute"] == near(roof.result("latency_compute")));
    CHECK(roof.result("latency") <= step["step_latency_total"]);
    // From the smallest whole batch at which arithmetic binds, it does.
    Posed bound = roof;
    bound["batch_size"] = roof.result("compute_bound_batch");
    CHECK(bound.result("margin") <= 1 + 1e-12);
    bound["batch_size"] -= 1;
    if (bound["batch_size"] >= 1) CHECK(bound.result("margin") > 1 - 1e-12);
  }
  CHECK(asked > 100);
}

TEST_CASE(
    "economics, every fleet: cost is capital, electricity and maintenance; energy and carbon are those of wall 18") {
  for (const Posed& p : posed("economics")) {
    CAPTURE(p.text());
    CHECK(p.result("tco_usd") == near(p.result("capex_usd") + p.result("total_opex_usd")));
    CHECK(p.result("total_opex_usd") == near(p.result("opex_energy_usd") + p.result("opex_maintenance_usd")));
    CHECK(p.result("total_energy_kwh") == near(p.result("it_energy_kwh") * p["grid.pue"]));
    Same used("sustainability", p);
    CHECK(p.result("carbon_footprint_kg") == near(used["operational_carbon_kg"]));
    CHECK(p.result("water_usage_liters") == near(used["water_usage_liters"]));
    CHECK(p.result("it_energy_kwh") == near(used["it_power"] * p["duration_days"]));
    // Twice the nodes are twice of everything but the price of an hour.
    Posed twice = p;
    twice["fleet.nodes"] *= 2;
    for (const char* total : {"tco_usd", "capex_usd", "opex_energy_usd", "opex_maintenance_usd", "it_energy_kwh",
                              "carbon_footprint_kg", "water_usage_liters"})
      CHECK(twice.result(total) == near(2 * p.result(total)));
    CHECK(twice.result("device_hour_usd") == near(p.result("device_hour_usd")));
    // No time: nothing is spent, and an hour costs what it costs.
    Posed none = p;
    none["duration_days"] = 0;
    for (const char* total : {"tco_usd", "capex_usd", "total_opex_usd", "total_energy_kwh", "carbon_footprint_kg"})
      CHECK(none.result(total) == 0);
    CHECK(none.result("device_hour_usd") == near(p.result("device_hour_usd")));
    CHECK(none.result("million_tokens_usd") == near(p.result("million_tokens_usd")));
  }
}

TEST_CASE(
    "sustainability, every fleet: carbon is operation and manufacture; a grid without carbon leaves manufacture") {
  for (Posed p : posed("sustainability")) {
    CAPTURE(p.text());
    CHECK(p.result("carbon_footprint_kg") == near(p.result("operational_carbon_kg") + p.result("embodied_carbon_kg")));
    CHECK(p.result("it_energy_kwh") == near(p.result("it_power") * p["duration_days"]));
    CHECK(p.result("accelerator_power") <= p["fleet.node.accelerator.power.tdp"] * (1 + 1e-12));
    p["grid.carbon_intensity"] = 0;
    CHECK(p.result("operational_carbon_kg") == 0);
    CHECK(p.result("carbon_footprint_kg") == p.result("embodied_carbon_kg"));
    p["duration_days"] = 0;
    CHECK(p.result("carbon_footprint_kg") == 0);
    CHECK(p.result("total_energy_kwh") == 0);
  }
}

TEST_CASE(
    "reliability, every fleet: shares of the time sum to 1; rarer failures leave all of it, no interval more than the "
    "best") {
  for (Posed p : posed("reliability")) {
    CAPTURE(p.text());
    CHECK(p.result("goodput_ratio") + p.result("checkpoint_share") + p.result("lost_share") +
              p.result("recovery_share") ==
          near(1));
    CHECK(p.result("node_mtbf") == near(p.result("fleet_mtbf") * p["fleet.nodes"]));
    p["checkpoint_interval_s"] = std::nan("");
    const double best = p.result("optimal_checkpoint_interval"), most = p.result("goodput_ratio");
    for (const double factor : {0.5, 0.8, 1.25, 2.0, 10.0})
      if (best > 0 && most > 0) {
        p["checkpoint_interval_s"] = best * factor;
        CHECK(p.result("goodput_ratio") <= most * (1 + 2e-3));
      }
    p["checkpoint_interval_s"] = std::nan("");
    p["mtbf_hours"] = 1e18;
    CHECK(p.result("goodput_ratio") == near(1, 1e-4));
    CHECK(p.result("failure_probability") < 1e-6);
  }
}

TEST_CASE("checkpoint and reliability agree: the same interval, stop and failures leave the same share of the time") {
  int asked = 0;
  for (Posed p : posed("checkpoint")) {
    CHECK(p.result("checkpoint_size") == near(p.result("checkpoint_weights") + p.result("checkpoint_optimizer")));
    CHECK(p.result("write_time_seconds") == near(p.result("checkpoint_size") / p.result("bandwidth")));
    CHECK(p.result("stall_seconds") <= p.result("write_time_seconds"));
    const double work = p["checkpoint_interval_hours"] - p.result("stall_seconds");
    if (std::isnan(p["mtbf_hours"]) || work <= 0) continue;
    CAPTURE(p.text());
    ++asked;
    Same job("reliability", posed("reliability").front());
    job.give("mtbf_hours", p["mtbf_hours"]);
    job.give("checkpoint_time_s", p.result("stall_seconds"));
    job.give("checkpoint_interval_s", work);
    // A failure before a checkpoint is written behind the training goes back to the one before.
    job.give("avg_recovery_time_s", p.result("write_time_seconds") - p.result("stall_seconds"));
    CHECK(p.result("goodput_ratio") == near(job["goodput_ratio"]));
  }
  CHECK(asked > 100);
}
