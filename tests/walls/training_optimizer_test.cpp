// The search against loops that know nothing of it: every whole number for every degree, asked of the wall `training` one at a time.
#include <doctest/doctest.h>

#include <cmath>

#include "asked.hpp"
#include "mlsysim/evidence/answer_bands.hpp"
#include "mlsysim/walls/training_optimizer.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {

TrainingOptimizerQuery<double> space(const Arguments& arguments) {
  Question q(table_of("training-optimizer"), built_in());
  for (const auto& [name, text] : arguments) q.give(name, text);
  REQUIRE_MESSAGE(q.check(), all_sentences(q.problems()));
  return query_of<TrainingOptimizerQuery>(q);
}
double fell(const Optimum<TrainingOptimizerResult<double>, TrainingCandidate<double>>& o, std::string_view reason) {
  for (const auto& [why, count] : o.fell)
    if (why.find(reason) != std::string::npos) return count;
  return 0;
}

struct Brute {
  double time = std::numeric_limits<double>::infinity(), cost = time, energy = time;
  int fit = 0, priced = 0;
};
/// Every degree up to the devices, every number of chunks and of sequences; what is refused is not priced.
void brute(const TrainingOptimizerQuery<double>& q, int devices, Brute& b) {
  const int node = static_cast<int>(q.fleet.node.accelerators), batch = static_cast<int>(q.batch_size),
            chunks = static_cast<int>(q.model.layers) + 2,
            experts = is_stated(q.model.experts) ? static_cast<int>(q.model.experts) : 1;
  for (int tp = 1; tp <= node; ++tp)
    for (int pp = 1; pp <= devices; ++pp)
      for (int cp = 1; cp <= devices; ++cp) {
        if (devices % (tp * pp * cp) != 0) continue;
        for (int ep = 1; ep <= experts; ++ep)
          for (int v = 1; v <= chunks; ++v)
            for (int microbatch = 1; microbatch <= batch; ++microbatch) {
              TrainingSetting<double> l;
              l.devices = devices;
              l.tp = tp;
              l.pp = pp;
              l.cp = cp;
              l.ep = ep;
              l.v_stages = v;
              l.microbatch_size = microbatch;
              Problems problems;
              TrainingWall::refuse(training::step_of(q, l), problems);
              if (!problems.empty()) continue;
              for (const double stage : {0., 1., 2., 3.})
                for (const Recomputed again : {Recomputed::as_needed, Recomputed::selective}) {
                  l.zero_stage = {stage};
                  l.recomputation = {static_cast<double>(again)};
                  const auto r = evaluate(training::step_of(q, l));
                  ++b.priced;
                  if (r.feasible.index == 0) continue;
                  ++b.fit;
                  b.time = std::fmin(b.time, r.step_time.base);
                  b.cost = std::fmin(b.cost, r.step_time.base * devices);
                  b.energy = std::fmin(b.energy, r.energy_per_token.base);
                }
            }
      }
}

void equals_loop(const Arguments& arguments, int devices, int least) {
  const auto q = space(arguments);
  const auto o = optimise(q);
  Brute b;
  brute(q, devices, b);
  CHECK(o.result.step_time.base == b.time);
  CHECK(o.result.total_searched == b.priced);
  CHECK(o.result.total_searched - fell(o, "do not fit") == b.fit);
  CHECK(b.fit > least);
}

}  // namespace

TEST_CASE(
    "the fastest step of Llama 3 8B on 16 H100 is that of a loop over every whole number, and so are the counts") {
  equals_loop({{"model", "llama-3-8b"}, {"fleet", "h100:16"}, {"batch_size", "24"}}, 16, 500);
}
TEST_CASE("the same on 24 devices, where thirds fall") {
  equals_loop({{"model", "llama-3-8b"}, {"fleet", "h100:24"}, {"batch_size", "12"}, {"seq_len", "8192"}}, 24, 100);
}
TEST_CASE("experts: the same of Mixtral on 16 H100, 8 experts spread over 1 to 8 devices") {
  equals_loop({{"model", "mixtral-8x7b"}, {"fleet", "h100:16"}, {"batch_size", "16"}}, 16, 100);
}

TEST_CASE("the cheapest token of Llama 3 8B on up to 32 H100 is that of loops over 1, 2 and 4 nodes") {
  for (const char* objective : {"cost", "energy"}) {
    const auto q =
        space({{"model", "llama-3-8b"}, {"fleet", "h100:32"}, {"batch_size", "16"}, {"objective", objective}});
    const auto o = optimise(q);
    Brute b;
    for (const int devices : {8, 16, 32}) brute(q, devices, b);
    CHECK(o.result.total_searched == b.priced);
    const auto& best = o.best.front();
    if (std::string_view(objective) == "cost") CHECK(best.step_time.base * best.config.devices == b.cost);
    else CHECK(best.energy_per_token.base == b.energy);
    CHECK(best.config.devices < 32);  // fewer devices wait less for each other
  }
}

TEST_CASE("a run that must end in time takes the devices that it needs: what is slower falls, and is counted") {
  const Arguments whole = {{"model", "llama-3-8b"}, {"fleet", "h100:32"},        {"batch_size", "16"},
                           {"objective", "cost"},   {"training_tokens", "1e11"}, {"top", "1"}};
  const auto free = optimise(space(whole));
  const double days = free.result.duration.base / 86400;
  REQUIRE(free.result.best_config.devices == 8);
  Arguments sooner = whole;
  sooner.push_back({"max_duration", std::to_string(days * 0.7) + " day"});
  const auto o = optimise(space(sooner));
  CHECK(o.result.best_config.devices == 16);
  CHECK(o.result.duration.base <= days * 0.7 * 86400);
  CHECK(fell(o, "take longer") > 0);
}

TEST_CASE("each of the best 50 of Llama 3 70B on 1,024 H100 is bit for bit what the wall training answers, in order") {
  const auto q = space(
      {{"model", "llama-3-70b"}, {"fleet", "h100:1024"}, {"batch_size", "512"}, {"seq_len", "8192"}, {"top", "50"}});
  const auto o = optimise(q);
  REQUIRE(o.best.size() == 50);
  for (std::size_t i = 0; i < o.best.size(); ++i) {
    const auto& one = o.best[i];
    const auto step = training::step_of(q, one.config);
    Problems problems;
    TrainingWall::refuse(step, problems);
    CHECK(problems.empty());
    const auto r = evaluate(step);
    CHECK(r.feasible.index == 1.0);
    CHECK(r.step_time.base == one.step_time.base);
    CHECK(r.memory_footprint.base == one.memory_footprint.base);
    CHECK(r.mfu == one.mfu);
    CHECK(r.dp == one.config.dp);
    CHECK(r.microbatches == one.config.microbatches);
    if (i) CHECK(o.best[i - 1].step_time.base <= one.step_time.base);
  }
}

TEST_CASE("what is given is held, and limits are kept") {
  const auto o = optimise(space({{"model", "llama-3-70b"},
                                 {"fleet", "h100:512"},
                                 {"batch_size", "512"},
                                 {"pp_size", "4"},
                                 {"max_tp", "4"},
                                 {"max_cp", "1"},
                                 {"zero_stage", "1"},
                                 {"recomputation", "full"},
                                 {"top", "100"}}));
  REQUIRE_FALSE(o.best.empty());
  for (const auto& one : o.best) {
    CHECK(one.config.pp == 4);
    CHECK(one.config.tp <= 4);
    CHECK(one.config.cp == 1);
    CHECK(one.config.zero_stage.plain() == Sharding::optimizer);
    CHECK(one.recomputed == 1);
  }
}

TEST_CASE("nothing fits: Llama 3.1 405B on 8 H100, and the answer says what the smallest setting needs") {
  const auto o = optimise(space({{"model", "llama-3-405b"}, {"fleet", "h100:8"}, {"batch_size", "8"}}));
  CHECK(o.result.feasible.index == 0);
  CHECK(o.best.empty());
  CHECK(o.result.memory_available < o.result.memory_footprint);
  CHECK(fell(o, "do not fit") == o.result.total_searched);
}

TEST_CASE("a batch must be given, and a longest run has tokens to train on") {
  CHECK(Refusal("training-optimizer", {{"model", "llama-3-8b"}, {"fleet", "h100:8"}}).problem().argument ==
        "batch_size");
  const Refusal endless("training-optimizer",
                        {{"model", "llama-3-8b"}, {"fleet", "h100:8"}, {"batch_size", "8"}, {"max_duration", "3 day"}});
  CHECK(endless.problem().argument == "max_duration");
  // What is given and can never be whole is refused, whatever the rest.
  const Refusal thirds("training-optimizer",
                       {{"model", "llama-3-8b"}, {"fleet", "h100:8"}, {"batch_size", "8"}, {"tp_size", "3"}});
  CHECK(thirds.problem().nearest == "tp_size 2");
}
