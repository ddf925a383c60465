// The search against a loop that knows nothing of it: every whole number for every degree, asked of wall 14 one at a time.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {

struct Found {
  Question question;
  Candidates candidates;
  std::vector<double> result;

  explicit Found(const Arguments& arguments) : question(table_of("parallelism-optimizer"), built_in()) {
    for (const auto& [name, text] : arguments) question.give(name, text);
    REQUIRE_MESSAGE(question.check(), all_sentences(question.problems()));
    result = question.answer(candidates);
  }
  double operator[](const char* path) const { return result[static_cast<std::size_t>(question.table().output(path))]; }
  double candidate(std::size_t row, std::string_view path) const {
    const Fields fields = question.table().wall->candidate();
    for (std::size_t i = 0; i < fields.all.size(); ++i)
      if (fields.all[i].path == path) return candidates.rows[row][i];
    FAIL("no such column");
    return 0;
  }
  double fell(std::string_view reason) const {
    for (const auto& [why, count] : candidates.fell)
      if (why.find(reason) != std::string::npos) return count;
    return 0;
  }
};

struct Brute {
  double best = 0;
  int fit = 0, priced = 0;
};
/// Every degree from 1 to the number of devices, every microbatch count, stage and recomputation.
Brute brute(const Arguments& question, int devices, int node, int batch) {
  Brute b;
  for (int tp = 1; tp <= node; ++tp)
    for (int pp = 1; pp <= devices; ++pp)
      for (int ep = 1; ep <= devices; ++ep) {
        if (devices % (tp * pp * ep) != 0) continue;
        for (int m = 1; m <= batch; ++m)
          for (int stage = 0; stage < 4; ++stage)
            for (const char* recomputed : {"false", "true"}) {
              Arguments all = question;
              all.insert(all.end(), {{"tp", std::to_string(tp)},
                                     {"pp", std::to_string(pp)},
                                     {"ep", std::to_string(ep)},
                                     {"microbatches", std::to_string(m)},
                                     {"zero_stage", std::to_string(stage)},
                                     {"activation_recomputation", recomputed},
                                     {"overlap_comm", "true"}});
              Question q(table_of("distributed"), built_in());
              for (const auto& [name, text] : all) q.give(name, text);
              if (!q.check()) break;
              ++b.priced;
              const auto out = q.answer();
              const auto value = [&](const char* name) {
                return out[static_cast<std::size_t>(q.table().output(name))];
              };
              if (value("feasible") == 0) continue;
              ++b.fit;
              b.best = std::fmax(b.best, value("mfu"));
            }
      }
  return b;
}

}  // namespace

TEST_CASE("the best of 16 H100 for Llama-3-8B is that of a loop over every whole number, and so are its counts") {
  const Arguments question = {
      {"model", "llama-3-8b"}, {"fleet", "research-256"}, {"fleet.nodes", "2"}, {"batch_size", "48"}};
  const Found f(question);
  const Brute b = brute(question, 16, 8, 48);
  CHECK(f["best_mfu"] == b.best);
  CHECK(f["total_searched"] == b.priced);
  CHECK(f["total_searched"] - f.fell("do not fit") == b.fit);
  CHECK(b.fit > 100);
}

TEST_CASE("experts: the best of 24 H100 for Mixtral is that of the loop") {
  const Arguments question = {
      {"model", "mixtral-8x7b"}, {"fleet", "research-256"}, {"fleet.nodes", "3"}, {"batch_size", "24"}};
  const Found f(question);
  const Brute b = brute(question, 24, 8, 24);
  CHECK(f["best_mfu"] == b.best);
  CHECK(f["total_searched"] == b.priced);
  CHECK(f["total_searched"] - f.fell("do not fit") == b.fit);
  CHECK(b.priced > 100);
}

TEST_CASE("a candidate is what wall 14 answers for it") {
  const Found f({{"model", "llama-3-70b"},
                 {"fleet", "production-2k"},
                 {"fleet.nodes", "128"},
                 {"batch_size", "2048"},
                 {"top", "20"}});
  REQUIRE(f.candidates.rows.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) {
    const auto text = [&](const char* path) { return std::to_string(static_cast<int>(f.candidate(i, path))); };
    const Asked a("distributed", {{"model", "llama-3-70b"},
                                  {"fleet", "production-2k"},
                                  {"fleet.nodes", "128"},
                                  {"batch_size", "2048"},
                                  {"overlap_comm", "true"},
                                  {"tp", text("config.tp")},
                                  {"pp", text("config.pp")},
                                  {"microbatches", text("config.microbatch_count")},
                                  {"zero_stage", text("config.zero_stage")},
                                  {"activation_recomputation",
                                   f.candidate(i, "config.activation_recomputation") != 0 ? "true" : "false"}});
    CHECK(a.flag("feasible"));
    CHECK(a["mfu"] == f.candidate(i, "mfu"));
    CHECK(a["step_latency_total"] == f.candidate(i, "step_time"));
    CHECK(a["node_profile.memory_footprint"] == f.candidate(i, "memory_footprint"));
    CHECK(a["parallelism.dp"] == f.candidate(i, "config.dp"));
    if (i) CHECK(f.candidate(i, "mfu") <= f.candidate(i - 1, "mfu"));
  }
}

TEST_CASE(
    "what falls is counted: 5 layouts of 96 devices cut 32 layers in thirds, and a batch of 100 fits few replicas") {
  const Found f({{"model", "llama-3-8b"},
                 {"fleet", "research-256"},
                 {"fleet.nodes", "12"},
                 {"batch_size", "96"},
                 {"max_tp", "1"}});
  // pp of 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 96: 3, 6, 12, 24, 48, 96 do not divide 32
  CHECK(f.fell("pp does not divide") == 6.0);
  const Found odd({{"model", "llama-3-8b"},
                   {"fleet", "research-256"},
                   {"fleet.nodes", "12"},
                   {"batch_size", "100"},
                   {"max_tp", "1"}});
  CHECK(odd.fell("the batch does not divide") == 6.0);  // 96 / pp replicas: 96, 48, 24, 12, 6, 3
  CHECK(odd["feasible"] == 0.0);
  CHECK(odd["total_searched"] == 0.0);
}

TEST_CASE("nothing fits: GPT-3 on 8 H100 needs more on each device than it has, and the answer says how much") {
  const Found f({{"model", "gpt-3"}, {"fleet", "research-256"}, {"fleet.nodes", "1"}, {"batch_size", "64"}});
  CHECK(f["feasible"] == 0.0);
  CHECK(f.candidates.rows.empty());
  CHECK(f["best_mfu"] == 0.0);
  CHECK(f["memory_footprint"] > f["memory_available"]);
  CHECK(std::isinf(f["best_step_time"]));
}

TEST_CASE("a limit is kept: no more than 2 tensor-parallel devices, no recomputation, ZeRO as asked") {
  const Found f({{"model", "llama-3-70b"},
                 {"fleet", "production-2k"},
                 {"batch_size", "2048"},
                 {"max_tp", "2"},
                 {"max_pp", "8"},
                 {"zero_stage", "1"},
                 {"activation_recomputation", "true"},
                 {"top", "100"}});
  REQUIRE_FALSE(f.candidates.rows.empty());
  for (std::size_t i = 0; i < f.candidates.rows.size(); ++i) {
    CHECK(f.candidate(i, "config.tp") <= 2);
    CHECK(f.candidate(i, "config.pp") <= 8);
    CHECK(f.candidate(i, "config.zero_stage") == 1);
    CHECK(f.candidate(i, "config.activation_recomputation") == 1);
  }
}

TEST_CASE("a batch must be given") {
  const Refusal r("parallelism-optimizer", {{"model", "llama-3-8b"}, {"fleet", "research-256"}});
  CHECK_FALSE(r.answered);
  CHECK(r.problem().argument == "batch_size");
}
