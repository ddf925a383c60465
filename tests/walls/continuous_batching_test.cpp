// Wall 5, worked by hand.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) {
  more.insert(more.begin(), {{"model", "llama-3-8b"}, {"hardware", "h100"}});
  return Asked("continuous-batching", more);
}
constexpr double cache_of_a_token = 131072;  // Llama-3-8B, 16 bits
}  // namespace

TEST_CASE("in flight: a prompt of 2,048 and an output of 256 hold 2,208 tokens on average, in pages of 16") {
  const Asked a = asked({{"seq_len", "2048"}, {"max_batch_size", "64"}});
  // 2048 + 256 (1 + 0.5^2) / 2 = 2208; a last page is 7.5 tokens empty
  CHECK(a["mean_context"] == near(2208.0));
  CHECK(a["max_active_requests"] == 64.0);
  CHECK(a["paged_kv_cache_size"] == near(64 * 2215.5 * cache_of_a_token));
  CHECK(a["memory_fragmentation_pct"] == near(7.5 / 2215.5));
}

TEST_CASE(
    "in flight: each step of 64 requests lets 512 prompt tokens in, so that a quarter of the steps carry a chunk of "
    "2,048") {
  const Asked a = asked({{"seq_len", "2048"}, {"max_batch_size", "64"}});
  CHECK(a["mixed_steps"] == near(64 * 2048 / 256.0 / 2048));
  CHECK(a["itl"] == near(0.25 * a["itl_mixed"] + 0.75 * a["itl_decode"]));
  CHECK(a["throughput_tokens_per_sec"] == near(64 / a["itl"]));
  CHECK(a["request_rate"] == near(64 / a["itl"] / 256));
  CHECK(a["ttft"] == near(a["itl_mixed"]));
  CHECK(a["itl_mixed"] > a["itl_decode"]);
}

TEST_CASE("in flight: memory limits what the batch does not, and prompts limit what memory does not") {
  const Asked a = asked({{"seq_len", "4096"}, {"max_batch_size", "100000"}});
  CHECK(a["max_active_requests"] < 200);
  CHECK(a["paged_kv_cache_size"] <= a["memory_left"]);
  // a chunk of 512 and eight prompt tokens for each output token feed 64 requests
  CHECK(asked({{"seq_len", "2048"}, {"max_batch_size", "256"}, {"prefill_chunk", "512"}})["max_active_requests"] ==
        near(64.0));
}

TEST_CASE("static batches wait for their longest request: the gain grows with the spread of lengths") {
  const auto gain = [](const char* spread) {
    return asked({{"seq_len", "512"},
                  {"output_len", "512"},
                  {"max_batch_size", "64"},
                  {"length_cv", spread}})["speedup_vs_static"];
  };
  CHECK(gain("0") == near(1.0, 0.1));
  CHECK(gain("0.5") > 1.5);
  CHECK(gain("1") > gain("0.5"));
}

TEST_CASE("larger pages waste more and hold fewer requests") {
  const auto paged = [](const char* page) {
    return asked({{"seq_len", "1000"},
                  {"max_batch_size", "100000"},
                  {"output_len", "1000"},
                  {"prefill_chunk", "8192"},
                  {"page_size", page}});
  };
  const Asked fine = paged("16"), coarse = paged("256");
  CHECK(coarse["memory_fragmentation_pct"] > fine["memory_fragmentation_pct"]);
  CHECK(coarse["max_active_requests"] <= fine["max_active_requests"]);
}

TEST_CASE("what does not fit is an answer: no request of Llama-3-70B fits an H100, its tokens never come") {
  const Asked a("continuous-batching", {{"model", "llama-3-70b"}, {"hardware", "h100"}, {"seq_len", "1000"}});
  CHECK_FALSE(a.flag("feasible"));
  CHECK(a["throughput_tokens_per_sec"] == 0.0);
  CHECK(a["max_active_requests"] == 0.0);
  CHECK(a["itl"] == INFINITY);
  CHECK(Asked("continuous-batching", {{"model", "llama-3-70b"}, {"hardware", "h100"}, {"seq_len", "1000"}, {"tp", "4"}})
            .flag("feasible"));
}

TEST_CASE("a model that emits no tokens has no batch in flight") {
  CHECK(Refusal("continuous-batching", {{"model", "resnet-50"}, {"hardware", "h100"}, {"seq_len", "64"}})
            .problem()
            .argument == "model");
}
