// Solvers that search, over fleets, models and accelerators of the catalog: the best is no worse than any candidate that the walls
// themselves answer for, the list is sorted, the counts add up. And the optima of closed forms beat their neighbours.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"
#include "posed.hpp"

using namespace mlsysim;

namespace {
struct Found {
  std::vector<double> out;
  Candidates candidates;
  const Table* table;
  explicit Found(const Posed& p) : out(p.table->out.all.size()), table(p.table) {
    p.table->wall->search(p.row.data(), p.bodies, out.data(), candidates);
  }
  double operator[](const char* result) const { return out.at(static_cast<std::size_t>(table->output(result))); }
  /// A figure of the i-th candidate.
  double of(std::size_t i, const char* figure) const {
    const Fields& fields = *fields_;
    for (std::size_t f = 0; f < fields.all.size(); ++f)
      if (fields.all[f].path == figure) return candidates.rows.at(i).at(f);
    FAIL(std::string(figure));
    return 0;
  }
  /// How many fell to a reason; to all of them.
  double fell(const std::string& reason = "") const {
    double sum = 0;
    for (const auto& [why, count] : candidates.fell)
      if (reason.empty() || why == reason) sum += count;
    return sum;
  }
  std::shared_ptr<Fields> fields_ = std::make_shared<Fields>(table->wall->candidate());
};
/// Wall 14 for the layout of a search; nothing where it refuses.
std::optional<Posed> layout(const Posed& search, double tp, double pp, double ep, double microbatches, int stage,
                            bool recomputed) {
  Posed step{&table_of("distributed"), nullptr, {}, search.name};
  for (const auto& field : step.table->in.all) {
    const int same = search.table->input(field.path);
    const bool given = same >= 0 && !search.table->in.all[static_cast<std::size_t>(same)].is_choice();
    step.row.push_back(given ? search.row[static_cast<std::size_t>(same)] : field.preset);
  }
  for (const char* choice :
       {"model.architecture", "model.forward_unit", "fleet.fabric.topology", "precision", "overlap_comm"})
    step[choice] = search[choice];
  step["tp_size"] = tp, step["pp_size"] = pp, step["ep_size"] = ep, step["microbatch_count"] = microbatches;
  step["zero_stage"] = stage, step["activation_recomputation"] = recomputed;
  Problems problems;
  step.table->wall->refuse(step.row.data(), nullptr, problems);
  return problems.empty() ? std::optional(step) : std::nullopt;
}
}  // namespace

TEST_CASE(
    "parallelism, every fleet: the list is sorted by MFU, each of it is what wall 14 answers, none of any layout is "
    "better") {
  std::size_t compared = 0;
  for (Posed p : posed("parallelism-optimizer")) {
    p["batch_size"] = 8 * p["fleet.nodes"] * p["fleet.node.accelerators"];
    CAPTURE(p.text());
    const Found found(p);
    const double too_large = found.fell("settings do not fit a device's memory"),
                 fit = found["total_searched"] - too_large;
    CHECK(found["search_space_size"] == found["total_searched"] + found.fell() - too_large);
    CHECK(static_cast<double>(found.candidates.rows.size()) == std::fmin(fit, p["top"]));
    CHECK((found["feasible"] != 0) == !found.candidates.rows.empty());
    for (std::size_t i = 0; i < found.candidates.rows.size(); ++i) {
      if (i) CHECK(found.of(i, "mfu") <= found.of(i - 1, "mfu"));
      const auto step =
          layout(p, found.of(i, "config.tp"), found.of(i, "config.pp"), found.of(i, "config.ep"),
                 found.of(i, "config.microbatch_count"), static_cast<int>(found.of(i, "config.zero_stage")),
                 found.of(i, "config.activation_recomputation") != 0);
      REQUIRE(step);
      CHECK(step->result("feasible") == 1);
      CHECK(step->result("mfu") == found.of(i, "mfu"));
      CHECK(step->result("step_latency_total") == found.of(i, "step_time"));
      CHECK(step->result("node_profile.memory_footprint") == found.of(i, "memory_footprint"));
      CHECK(step->result("node_profile.memory_footprint") <= found["memory_available"]);
    }
    // Layouts at random, small and powers of two.
    for (const double tp : {1.0, 2.0, 8.0})
      for (const double pp : {1.0, 2.0, 4.0})
        for (const double ep : {1.0, 8.0})
          for (const double microbatches : {1.0, 2.0, 8.0})
            for (int stage = 0; stage < 4; ++stage) {
              const auto most = [&](const char* limit, double otherwise) {
                return std::isnan(p[limit]) ? otherwise : p[limit];
              };
              if (tp > most("max_tp", p["fleet.node.accelerators"]) || pp > most("max_pp", 1e9) ||
                  ep > most("max_ep", 1e9))
                continue;
              if (p["zero_stage"] != 0 && p["zero_stage"] != stage + 1) continue;
              const bool recomputed = p["activation_recomputation"] == 2;
              const auto step = layout(p, tp, pp, ep, microbatches, stage, recomputed);
              if (!step || step->result("feasible") == 0) continue;
              ++compared;
              CHECK(step->result("mfu") <= found["best_mfu"]);
              CHECK(step->result("step_latency_total") >= found["best_step_time"] * (1 - 1e-12));
            }
  }
  CHECK(compared > 20);
}

TEST_CASE("parallelism: more memory on each device, or fewer limits, never make the best layout slower") {
  for (Posed p : posed("parallelism-optimizer")) {
    CAPTURE(p.text());
    double before = p.result("best_mfu");
    p["fleet.node.accelerator.memory.capacity"] *= 2;
    CHECK(p.result("best_mfu") >= before);
    before = p.result("best_mfu");
    p["zero_stage"] = p["activation_recomputation"] = 0;
    CHECK(p.result("best_mfu") >= before);
    before = p.result("best_mfu");
    p["max_pp"] = p["max_ep"] = std::nan("");
    CHECK(p.result("best_mfu") >= before);
  }
}

TEST_CASE(
    "batching, model x accelerator: the counts add up; the best is in time, a slacker objective never takes a smaller "
    "batch") {
  int in_time = 0;
  for (Posed p : posed("batching-optimizer")) {
    p["max_search_batch"] = std::fmin(p["max_search_batch"], 64);
    for (const double rate : {0.1, 10.0})
      for (const double slack : {1.0, 60.0}) {
        p["arrival_rate_qps"] = rate, p["sla_latency_ms"] = slack;
        CAPTURE(p.text());
        const Found found(p);
        CHECK(found["total_searched"] == p["max_search_batch"]);
        if (found["is_feasible"] == 0) {
          CHECK(found.candidates.rows.empty());
          CHECK(found["best_batch_size"] == 0);
          CHECK(found.fell() == found["total_searched"]);
          continue;
        }
        ++in_time;
        CHECK(found["p99_latency"] <= slack);
        CHECK(found["slo_violation_probability"] <= 0.01 * (1 + 1e-9));
        CHECK(found["p99_latency"] == near(found["service_time"] + found["formation_time"] + found["waiting_time"]));
        CHECK(found["utilization"] < 1);
        for (std::size_t i = 1; i < found.candidates.rows.size(); ++i)
          CHECK(found.of(i, "config.max_batch_size") < found.of(i - 1, "config.max_batch_size"));
        Posed slacker = p;
        slacker["sla_latency_ms"] *= 2;
        CHECK(slacker.result("best_batch_size") >= found["best_batch_size"]);
      }
  }
  CHECK(in_time > 3);
}

TEST_CASE(
    "placement, every fleet: the order is that of wall 17's cost with carbon priced in, and no region is better than "
    "the first") {
  for (const Posed& p : posed("placement-optimizer")) {
    CAPTURE(p.text());
    const Found found(p);
    CHECK(found["total_searched"] == static_cast<double>(found.candidates.rows.size()));
    CHECK(found["objective_value"] == found.of(0, "objective"));
    for (std::size_t i = 0; i < found.candidates.rows.size(); ++i) {
      if (i) CHECK(found.of(i, "objective") >= found.of(i - 1, "objective"));
      Question q(table_of("economics"), built_in());
      q.give("grid", found.candidates.labels[i]);
      q.settle();
      for (std::size_t f = 0; f < p.row.size(); ++f)
        if (const int input = q.table().input(p.table->in.all[f].path); input >= 0)
          q.give(static_cast<std::size_t>(input), p.row[f]);
      const auto cost = q.answer();
      const double tco = cost[static_cast<std::size_t>(q.table().output("tco_usd"))],
                   carbon = cost[static_cast<std::size_t>(q.table().output("carbon_footprint_kg"))];
      CHECK(found.of(i, "tco") == tco);
      CHECK(found.of(i, "objective") == near(tco + p["carbon_tax_per_ton"] * carbon / 1000));
    }
  }
}

TEST_CASE("scaling: the budget is 6 N D; no other size has less loss, and a larger budget has less") {
  for (Posed p : posed("scaling")) {
    CAPTURE(p.text());
    p["target_model_size"] = std::nan("");
    if (p["approach"] < 2) p["approach"] = 3;  // the others are fits of the optimum, not of the loss
    const double budget = p.result("compute_budget_flops"), best = p.result("optimal_parameters"),
                 loss = p.result("predicted_loss");
    CHECK(6 * best * p.result("optimal_tokens") == near(budget));
    CHECK(p.result("loss_penalty") < 1e-9);
    CHECK(p.result("compute_penalty") == near(1, 1e-6));
    for (const double factor : {0.5, 0.9, 1.1, 2.0}) {
      if (best * factor < 1) continue;
      p["target_model_size"] = best * factor;
      CHECK(p.result("predicted_loss") > loss);
      CHECK(p.result("compute_penalty") > 1);
      CHECK(p.result("overtraining") == near(1 / factor / factor));
    }
    p["target_model_size"] = std::nan("");
    const double life = p.result("lifetime_parameters");
    CHECK(life <= best * (1 + 1e-6));
    p["inference_tokens"] = 0;
    CHECK(p.result("lifetime_parameters") == near(best));
    CHECK(p.result("lifetime_saving") < 1e-9);
    p["compute_budget"] = budget * 1.1;
    CHECK(p.result("predicted_loss") < loss);
    CHECK(p.result("optimal_parameters") > best);
  }
}

TEST_CASE(
    "a queue: one server and spread 1 is M/M/1; more replicas at the same load each wait less; Little's law; quantiles "
    "in order") {
  for (Posed p : posed("tail-latency")) {
    CAPTURE(p.text());
    const double rate = p["arrival_rate_qps"], service = p["service_latency_ms"];
    if (p.result("is_stable") == 0) continue;
    CHECK(p.result("p50_latency") <= p.result("p95_latency"));
    CHECK(p.result("p95_latency") <= p.result("p99_latency"));
    CHECK(p.result("mean_in_system") == near(p.result("mean_in_queue") + rate * service));
    CHECK(p.result("mean_in_system") == near(rate * p.result("mean_latency")));
    CHECK(p.result("replicas_needed") <= p["num_replicas"]);
    if (p["num_replicas"] > 1e5) continue;
    Posed pooled = p;
    pooled["num_replicas"] *= 2, pooled["arrival_rate_qps"] *= 2;
    CHECK(pooled.result("mean_wait") <= p.result("mean_wait") * (1 + 1e-12));
    Posed one = p;
    one["num_replicas"] = 1, one["service_time_cv"] = 1, one["arrival_cv"] = 1;
    one["arrival_rate_qps"] = p.result("queue_utilization") / service;
    const double free = 1 / service - one["arrival_rate_qps"];
    CHECK(one.result("mean_latency") == near(1 / free, 1e-6));
    CHECK(one.result("p99_latency") == near(std::log(100) / free, 1e-6));
    CHECK(one.result("slo_violation_probability") == near(std::exp(-free * one.result("slo_latency")), 1e-6));
  }
}
