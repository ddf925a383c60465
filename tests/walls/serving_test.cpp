// Wall 4, worked by hand.
#include <doctest/doctest.h>

#include <cmath>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(const char* model, const char* hardware, const char* seq_len, Arguments more = {}) {
  more.insert(more.begin(), {{"model", model}, {"hardware", hardware}, {"seq_len", seq_len}});
  return Asked("serving", more);
}
Refusal refusal(Arguments more) {
  more.insert(more.begin(), {{"hardware", "h100"}});
  return Refusal("serving", more);
}
constexpr double parameters = 8030261248;                    // Llama-3-8B
constexpr double cache_of_a_token = 2.0 * 8 * 128 * 2 * 32;  // two of 8 heads of 128, 2 bytes, 32 layers: 131,072 bytes
}  // namespace

TEST_CASE(
    "serving: a prompt of 2,048 on Llama-3-8B and an H100 takes 68.7 ms of arithmetic, a step of 32 sequences 7.4 ms "
    "of memory") {
  const Asked a = asked("llama-3-8b", "h100", "2048", {{"batch_size", "32"}});
  // 2 P n, and 4 L h n S / 2 of causal attention
  const double work = 2 * parameters * 2048 + 4.0 * 32 * 4096 * 2048 * 1024;
  CHECK(a["prefill_compute"] == near(work / (989.4e12 * 0.5)));
  CHECK(a["ttft"] == near(work / (989.4e12 * 0.5) + 330e-6));  // a dispatch of 10 us and 32 layers of 10 us
  const double traffic = 2 * parameters + 32 * 2048 * cache_of_a_token + 2.0 * 32 * 4096 * 32 * 2;
  CHECK(a["decode_memory"] == near(traffic / 3.35e12));
  CHECK(a["itl"] == near(traffic / 3.35e12 + 330e-6));
  CHECK(a["throughput"] == near(32 / a["itl"]));
  CHECK(a["kv_cache_size"] == 32 * 2048 * cache_of_a_token);
  CHECK(a["model_weights_size"] == 2 * parameters);
  CHECK(a.word("prefill_bottleneck") == "Compute");
  CHECK(a.word("decode_bottleneck") == "Memory");
  CHECK(a.flag("feasible"));
}

TEST_CASE(
    "serving: one more token is the step that the single-node wall prices, for every model that emits tokens and four "
    "devices") {
  int compared = 0;
  for (const Entry* model : built_in().all("model")) {
    for (const char* hardware : {"h100", "a100", "mi300x", "tpu-v5p"}) {
      const std::string id(model->id);
      const Arguments same = {{"model", id}, {"hardware", hardware}, {"seq_len", "3000"}, {"batch_size", "7"}};
      Refusal can("serving", same);
      if (!can.answered) continue;
      CHECK(Asked("serving", same)["itl"] == near(Asked("single-node", same)["latency"], 1e-12));
      ++compared;
    }
  }
  CHECK(compared >= 60);
}

TEST_CASE("serving: the whole batch at once waits for the arithmetic of all its prompts, in runs of a chunk") {
  const Asked one = asked("llama-3-8b", "h100", "2048", {{"batch_size", "32"}});
  const Asked all = asked("llama-3-8b", "h100", "2048", {{"batch_size", "32"}, {"prefill", "batch"}});
  CHECK(all["prefill_compute"] == near(32 * one["prefill_compute"]));
  CHECK(all["prefill_launches"] == near(8 * 330e-6));  // 65,536 tokens, 8,192 at once
  CHECK(all["itl"] == one["itl"]);
}

TEST_CASE("serving: a step of 1,024 short sequences is bound by arithmetic") {
  const Asked a = asked("llama-3-8b", "h100", "16", {{"batch_size", "1024"}});
  CHECK(a.word("decode_bottleneck") == "Compute");
  // 2 P B and 4 L h S B: 33.2 ms against 5.6 ms of memory
  CHECK(a["decode_compute"] == near((2 * parameters * 1024 + 4.0 * 32 * 4096 * 16 * 1024) / (989.4e12 * 0.5)));
  CHECK(a["itl"] > a["decode_compute"]);
}

TEST_CASE("serving: half of a prompt cached leaves half of the tokens, which see three quarters of it") {
  const Asked a = asked("llama-3-8b", "h100", "4096", {{"cached_prefix_len", "2048"}});
  CHECK(a["prompt_cache_hit_ratio"] == 0.5);
  CHECK(a["prefill_compute"] == near((2 * parameters * 2048 + 4.0 * 32 * 4096 * 2048 * 3072) / (989.4e12 * 0.5)));
  CHECK(a["itl"] == asked("llama-3-8b", "h100", "4096")["itl"]);
}

TEST_CASE("serving: an output of 1,000 tokens is decoded at half of it on average, and kept whole") {
  const Asked a = asked("llama-3-8b", "h100", "2000", {{"output_len", "1000"}});
  CHECK(a["itl"] == near(asked("llama-3-8b", "h100", "2500")["itl"]));
  CHECK(a["kv_cache_size"] == 3000 * cache_of_a_token);
  CHECK(a["request_latency"] == near(a["ttft"] + 999 * a["itl"]));
}

TEST_CASE("serving: eight devices hold an eighth of Llama-3-70B each and sum twice a layer") {
  const Asked one = asked("llama-3-70b", "h100", "4000", {{"batch_size", "8"}});
  const Asked eight = asked("llama-3-70b", "h100", "4000", {{"batch_size", "8"}, {"tp", "8"}});
  CHECK_FALSE(one.flag("feasible"));
  CHECK(eight.flag("feasible"));
  CHECK(eight["model_weights_size"] == near(one["model_weights_size"] / 8));
  CHECK(eight["kv_cache_size"] == near(one["kv_cache_size"] / 8));
  CHECK(eight["decode_compute"] == near(one["decode_compute"] / 8));
  CHECK(one["decode_communication"] == 0.0);
  // 160 ring all-reduces of 8 x 8192 x 2 bytes: 14 steps of an eighth at 450 GB/s, and 0.7 us each
  CHECK(eight["decode_communication"] == near(160 * 14 * (8 * 8192 * 2.0 / 8 / 450e9 + 0.7e-6)));
}

TEST_CASE(
    "serving: heads are whole: 16 devices keep one of 8 key and value heads each, a latent cache is kept by all") {
  const Asked many = asked("llama-3-70b", "h100", "4000", {{"tp", "16"}}), one = asked("llama-3-70b", "h100", "4000");
  CHECK(many["kv_cache_size"] == near(one["kv_cache_size"] / 8));
  CHECK(many["model_weights_size"] == near(one["model_weights_size"] / 16));
  // DeepSeek-V3: 576 elements, 61 layers, 2 bytes a token on each device
  CHECK(asked("deepseek-v3", "h200", "4000", {{"tp", "8"}})["kv_cache_size"] == near(4000 * 576.0 * 61 * 2));
}

TEST_CASE("serving: an 8-bit cache is half of a 16-bit one, whatever the weights") {
  const Asked a = asked("llama-3-8b", "h100", "2048", {{"precision", "int4"}});
  CHECK(a["kv_cache_size"] == 2048 * cache_of_a_token);
  const Asked narrow = asked("llama-3-8b", "h100", "2048", {{"precision", "int4"}, {"kv_cache_dtype", "fp8"}});
  CHECK(narrow["kv_cache_size"] == 2048 * cache_of_a_token / 2);
}

TEST_CASE("serving: another device decodes with its own memory, and the prompt's cache crosses the network first") {
  const Asked a = asked("llama-3-8b", "h100", "8192",
                        {{"batch_size", "8"}, {"decode_hardware", "h200"}, {"network_bandwidth", "50 GB/s"}});
  CHECK(a["kv_transfer_time"] == near(8192 * cache_of_a_token / 50e9));
  CHECK(a["ttft"] == near(asked("llama-3-8b", "h100", "8192")["ttft"] + a["kv_transfer_time"]));
  CHECK(a["itl"] == near(asked("llama-3-8b", "h200", "8192", {{"batch_size", "8"}})["itl"]));
  CHECK(a["memory_available"] == near(asked("llama-3-8b", "h200", "8192")["memory_available"]));
  CHECK(asked("llama-3-8b", "h100", "8192")["kv_transfer_time"] == 0.0);
}

TEST_CASE(
    "speculative decoding: four tokens of Llama-3-8B for Llama-3-70B lower the time between tokens at 0.7 and raise it "
    "at 0") {
  const Arguments drafted = {{"draft_model", "llama-3-8b"}, {"tp", "4"}};
  const Asked plain = asked("llama-3-70b", "h100", "2048", {{"tp", "4"}}),
              a = asked("llama-3-70b", "h100", "2048", drafted);
  CHECK(a["tokens_per_step"] == near(2.7731));
  CHECK(a["draft_time"] == near(4 * asked("llama-3-8b", "h100", "2048", {{"tp", "4"}})["itl"]));
  CHECK(a["decode_compute"] == near(5 * plain["decode_compute"]));  // the verification works on five tokens
  CHECK(a["itl"] < plain["itl"]);
  Arguments never = drafted;
  never.push_back({"draft_acceptance_rate", "0"});
  CHECK(asked("llama-3-70b", "h100", "2048", never)["itl"] > plain["itl"]);
  CHECK(plain["draft_memory"] == 0.0);
  CHECK(a["draft_memory"] == near((2 * parameters + 2048 * cache_of_a_token) / 4));
}

TEST_CASE("speculative decoding stops paying once verification is bound by arithmetic") {
  const Arguments many = {{"batch_size", "512"}, {"tp", "4"}};
  Arguments drafted = many;
  drafted.push_back({"draft_model", "llama-3-8b"});
  CHECK(asked("llama-3-70b", "h200", "128", drafted)["itl"] > asked("llama-3-70b", "h200", "128", many)["itl"]);
}

TEST_CASE("what fits: the largest batch is feasible and one more is not") {
  const double most = asked("llama-3-8b", "h100", "4096", {{"batch_size", "8"}})["batch_max"];
  CHECK(most > 100);
  CHECK(asked("llama-3-8b", "h100", "4096", {{"batch_size", std::to_string(static_cast<int>(most))}}).flag("feasible"));
  CHECK_FALSE(asked("llama-3-8b", "h100", "4096", {{"batch_size", std::to_string(static_cast<int>(most) + 1)}})
                  .flag("feasible"));
}

TEST_CASE("a mixture of experts reads those that some token meets: Mixtral's batch of one reads 2 of 8, a prompt all") {
  const Asked one = asked("mixtral-8x7b", "h200", "64"),
              many = asked("mixtral-8x7b", "h200", "64", {{"batch_size", "256"}});
  CHECK(one["decode_memory"] == near((2 * 12879925248.0 + 64 * cache_of_a_token + 2.0 * 32 * 4096 * 2) / 4.8e12, 1e-6));
  CHECK(many["decode_memory"] > 2 * 46.7e9 / 4.8e12);
}

TEST_CASE("what serving refuses, by name") {
  CHECK(refusal({{"model", "llama-3-8b"}, {"seq_len", "4096"}, {"cached_prefix_len", "4096"}}).problem().argument ==
        "cached_prefix_len");
  CHECK(refusal({{"model", "resnet-50"}, {"seq_len", "64"}}).problem().argument == "model");
  const std::string drafts = refusal({{"model", "llama-3-8b"}, {"seq_len", "64"}, {"draft_model", "resnet-50"}}).text();
  CHECK(drafts.find("draft_model: it emits no tokens") != std::string::npos);
  const std::string half =
      refusal({{"model", "llama-3-8b"}, {"seq_len", "64"}, {"decode_hardware.memory.bandwidth", "3 TB/s"}}).text();
  CHECK(half.find("decode_hardware: it states no memory.capacity") != std::string::npos);
  CHECK(refusal({{"model", "llama-3-8b"}}).problem().argument == "seq_len");
}

TEST_CASE("a sweep past the prompt's length has rows without an answer, not negative times") {
  const Asked a = asked("llama-3-8b", "h100", "2048");
  std::vector<double> row = a.question.row(), out(a.result.size());
  row[static_cast<std::size_t>(a.question.table().input("cached_prefix_len"))] = 4096;
  a.question.table().wall->answer(row.data(), a.question.bodies(), out.data());
  CHECK(std::isnan(out[static_cast<std::size_t>(a.question.table().output("ttft"))]));
}

TEST_CASE("what is ignored is said: an acceptance rate without a draft model") {
  const Asked a = asked("llama-3-8b", "h100", "2048", {{"draft_acceptance_rate", "0.9"}});
  CHECK(a.question.ignored() == std::vector<std::string>{"draft_acceptance_rate"});
}

TEST_CASE("energy of a token is the power of all devices over the tokens they emit") {
  const Asked a = asked("llama-3-8b", "h100", "2048", {{"batch_size", "32"}});
  const double compute = a["decode_compute"] / a["itl"], memory = a["decode_memory"] / a["itl"];
  CHECK(a["energy_per_token"] == near(700 * (0.12 + 0.65 * compute + 0.45 * memory) * a["itl"] / 32));
}
