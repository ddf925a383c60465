// Wall 12, worked by hand.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(const char* model, Arguments more) {
  more.insert(more.begin(), {{"model", model}, {"hardware", "h100"}});
  return Asked("inference-scaling", more);
}
double step(const char* model, double context) {
  return Asked("serving",
               {{"model", model}, {"hardware", "h100"}, {"seq_len", std::to_string(static_cast<int>(context))}})["itl"];
}
}  // namespace

TEST_CASE(
    "thinking 8 steps of 50 tokens behind a prompt of 2,048 takes the prefill and 400 tokens at 2,248 on average") {
  const Asked a = asked("llama-3-8b", {});
  CHECK(a["tokens_generated"] == 400.0);
  CHECK(a["itl_first"] == near(step("llama-3-8b", 2048)));
  CHECK(a["itl_last"] == near(step("llama-3-8b", 2448)));
  CHECK(a["itl"] == near(step("llama-3-8b", 2248)));  // memory-bound throughout: a straight line
  CHECK(a["total_reasoning_time"] == near(a["ttft"] + 400 * a["itl"]));
  CHECK(a["time_per_step"] == near(50 * a["itl"]));
  CHECK(a["serving_detail.itl"] == near(a["itl"]));
  CHECK(a["serving_detail.kv_cache_size"] == 2448 * 131072.0);
}

TEST_CASE("a thought of 32,768 tokens: the mean step equals the sum over its contexts, token by token") {
  const Arguments thought = {
      {"reasoning_steps", "64"}, {"tokens_per_step", "512"}, {"context_length", "1024"}, {"batch_size", "4"}};
  const Asked a = asked("llama-3-8b", thought);
  double sum = 0;
  constexpr int parts = 64;
  for (int i = 0; i < parts; ++i) {
    const double context = 1024 + (i + 0.5) * 32768 / parts;
    const std::string length = std::to_string(static_cast<int>(context));
    sum += Asked("serving",
                 {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"batch_size", "4"}, {"seq_len", length}})["itl"];
  }
  CHECK(a["itl"] == near(sum / parts, 1e-9));
  CHECK(a["itl_last"] > a["itl_first"]);
}

TEST_CASE(
    "a sliding window stops the growth: Mistral's 4,096 are reached in the middle of a thought from 2,048 to 6,144") {
  const Asked a =
      asked("mistral-7b", {{"reasoning_steps", "8"}, {"tokens_per_step", "512"}, {"context_length", "2048"}});
  // half of the thought at 3,072 on average, half at the window
  CHECK(a["itl"] == near(0.5 * step("mistral-7b", 3072) + 0.5 * step("mistral-7b", 4096)));
  CHECK(a["itl_last"] == near(step("mistral-7b", 5000)));
}

TEST_CASE("energy is power by use, not the limit: decoding of one query draws less than 0.75 of it") {
  const Asked a = asked("llama-3-8b", {{"reasoning_steps", "128"}});
  CHECK(a["energy_per_query"] < 0.75 * 700 * a["total_reasoning_time"]);
  CHECK(a["energy_per_query"] > 0.12 * 700 * a["total_reasoning_time"]);
  CHECK(a["energy_prefill"] < 700 * a["ttft"]);
}

TEST_CASE("queries that think together share the weights' traffic") {
  const Asked one = asked("llama-3-8b", {{"reasoning_steps", "64"}});
  const Asked many = asked("llama-3-8b", {{"reasoning_steps", "64"}, {"batch_size", "32"}});
  CHECK(many["energy_per_query"] < 0.3 * one["energy_per_query"]);
  CHECK(many["itl"] < 2 * one["itl"]);
}

TEST_CASE("a thought that outgrows the memory is not feasible") {
  CHECK(asked("llama-3-8b", {{"reasoning_steps", "1000"}}).flag("feasible"));
  CHECK_FALSE(asked("llama-3-8b", {{"reasoning_steps", "20000"}}).flag("feasible"));
}
