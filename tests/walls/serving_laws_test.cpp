// Serving, over every language model x accelerator: parts, limits, and where two walls answer the same question they say the same.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"
#include "posed.hpp"

using namespace mlsysim;

namespace {
bool stated(double x) { return x == x; }
std::vector<Posed> single_steps(const char* batch, const char* context) {
  return posed("single-node", {{"batch_size", batch}, {"seq_len", context}});
}
}  // namespace

TEST_CASE("serving: memory is the sum of its parts, and a batch fits where the most that fits is no smaller") {
  for (const Posed& p : posed("serving")) {
    CAPTURE(p.text());
    const double need = p.result("total_memory_required"), have = p.result("memory_available");
    CHECK(need == near(p.result("model_weights_size") + p.result("kv_cache_size") + p.result("draft_memory") +
                       p.result("activation_memory")));
    CHECK(p.result("memory_utilization") == near(need / have));
    // To a rounding of the division: with the activations of this batch.
    if (need < have * (1 - 1e-12)) CHECK(p["batch_size"] <= p.result("batch_max"));
    if (need > have * (1 + 1e-12)) CHECK(p["batch_size"] > p.result("batch_max"));
    if (p.result("feasible") != 0) CHECK(need <= have);
  }
}

TEST_CASE(
    "serving: times are the larger roof, launches and sums; latency is the first token and the others; batches add "
    "up") {
  for (const Posed& p : posed("serving")) {
    CAPTURE(p.text());
    const double prefill = std::fmax(p.result("prefill_compute"), p.result("prefill_memory")) +
                           p.result("prefill_launches") + p.result("prefill_communication");
    CHECK(p.result("ttft") == near(prefill + p.result("kv_transfer_time")));
    const double step = std::fmax(p.result("decode_compute"), p.result("decode_memory")) + p.result("decode_launches") +
                        p.result("decode_communication");
    CHECK(p.result("itl") == near((step + p.result("draft_time")) / p.result("tokens_per_step")));
    CHECK(p.result("request_latency") == near(p.result("ttft") + std::fmax(0, p["output_len"] - 1) * p.result("itl")));
    CHECK(p.result("throughput") * p.result("itl") == near(p["batch_size"]));
    CHECK(p.result("tokens_per_step") >= 1);
    CHECK(p.result("tokens_per_step") <= p["drafted_tokens"] + 1);
    if (p["tp_size"] == 1) CHECK(p.result("prefill_communication") + p.result("decode_communication") == 0);
    if (!stated(p["decode_hardware.memory.bandwidth"])) CHECK(p.result("kv_transfer_time") == 0);
  }
}

TEST_CASE(
    "serving: no drafted token is accepted, and a step yields one; all are, and it yields one more than were drafted") {
  int drafting = 0;
  for (Posed p : posed("serving")) {
    if (!stated(p["draft_model.parameters"])) continue;
    CAPTURE(p.text());
    ++drafting;
    p["draft_acceptance_rate"] = 0;
    const double none = p.result("itl");
    CHECK(p.result("tokens_per_step") == 1);
    double before = none;
    for (const double rate : {0.2, 0.5, 0.9, 1.0}) {
      p["draft_acceptance_rate"] = rate;
      CHECK(p.result("itl") <= before);
      before = p.result("itl");
    }
    CHECK(p.result("tokens_per_step") == near(p["drafted_tokens"] + 1));
    CHECK(before * (p["drafted_tokens"] + 1) == near(none));
  }
  CHECK(drafting > 30);
}

TEST_CASE("serving: a longer cached prefix never delays the first token; a request alone is its whole batch") {
  for (Posed p : posed("serving")) {
    CAPTURE(p.text());
    double before = INFINITY;
    for (const double share : {0.0, 0.25, 0.5, 0.999}) {
      p["cached_prefix_len"] = std::floor(share * p["seq_len"]);
      CHECK(p.result("ttft") <= before * (1 + 1e-12));
      before = p.result("ttft");
    }
    p["batch_size"] = 1;
    p["prefill"] = 0;
    const double alone = p.result("ttft");
    p["prefill"] = 1;
    CHECK(p.result("ttft") == alone);
  }
}

TEST_CASE("serving: more tensor-parallel devices never hold more each, and compute no longer") {
  for (Posed p : posed("serving")) {
    CAPTURE(p.text());
    double memory = INFINITY, compute = INFINITY;
    for (const double devices : {1.0, 2.0, 4.0, 8.0, 64.0}) {
      p["tp_size"] = devices;
      CHECK(p.result("total_memory_required") <= memory);
      CHECK(p.result("decode_compute") <= compute);
      memory = p.result("total_memory_required"), compute = p.result("decode_compute");
    }
  }
}

TEST_CASE("a decoding step of wall 4 is the step of walls 1 and 2: time, memory and energy") {
  int asked = 0;
  for (const auto& [batch, context] : {std::pair{"1", "2048"}, {"64", "512"}})
    for (const Posed& step : single_steps(batch, context)) {
      if (step["model.forward_unit"] != 0) continue;
      CAPTURE(step.name);
      Question q(table_of("serving"), built_in());
      for (std::size_t f = 0; f < step.row.size(); ++f)
        if (const int input = q.table().input(step.table->in.all[f].path); input >= 0)
          q.give(static_cast<std::size_t>(input), step.row[f]);
      const auto out = q.answer();
      const auto result = [&](const char* name) { return out.at(static_cast<std::size_t>(q.table().output(name))); };
      ++asked;
      CHECK(result("model_weights_size") == near(step.result("memory_weights")));
      CHECK(result("kv_cache_size") == near(step.result("memory_kv_cache")));
      CHECK(result("decode_compute") == near(step.result("latency_compute")));
      // On-chip memory is the single step's own: serving keeps weights in main memory.
      if (step.result("peak_bw_actual") != step["hardware.memory.bandwidth"] ||
          stated(step["hardware.memory.sram_capacity"]))
        continue;
      CHECK(result("decode_memory") == near(step.result("latency_memory")));
      CHECK(result("itl") == near(step.result("latency")));
      CHECK(result("energy_per_token") * step["batch_size"] == near(step.result("energy")));
    }
  CHECK(asked > 300);
}

TEST_CASE("thinking: a query is its prefill and its tokens, its energy at most that of devices at their limit") {
  for (const Posed& p : posed("inference-scaling")) {
    CAPTURE(p.text());
    const double tokens = p["reasoning_steps"] * p["tokens_per_step"];
    CHECK(p.result("tokens_generated") == tokens);
    CHECK(p.result("total_reasoning_time") == near(p.result("ttft") + tokens * p.result("itl")));
    CHECK(p.result("itl_first") <= p.result("itl") * (1 + 1e-12));
    CHECK(p.result("itl") <= p.result("itl_last") * (1 + 1e-12));
    const double limit = p["tp_size"] * p["hardware.power.tdp"] / p["batch_size"];
    CHECK(p.result("energy_prefill") <= limit * p.result("ttft") * (1 + 1e-12));
    CHECK(p.result("energy_per_query") <= limit * p.result("total_reasoning_time") * (1 + 1e-12));
    CHECK(p.result("energy_prefill") <= p.result("energy_per_query"));
  }
}

TEST_CASE("in flight: pages of one token waste nothing; steps are mixed as prompts come in; Little's law holds") {
  for (Posed p : posed("continuous-batching")) {
    CAPTURE(p.text());
    const double mixed = p.result("mixed_steps");
    if (p.result("feasible") != 0) {
      CHECK(p.result("itl") == near(mixed * p.result("itl_mixed") + (1 - mixed) * p.result("itl_decode")));
      CHECK(p.result("itl_decode") <= p.result("itl_mixed") * (1 + 1e-12));
      const double active = std::fmax(1, p.result("max_active_requests"));
      CHECK(p.result("throughput_tokens_per_sec") * p.result("itl") == near(active));
      CHECK(p.result("request_rate") * p["output_len"] == near(p.result("throughput_tokens_per_sec")));
      CHECK(p.result("paged_kv_cache_size") <= p.result("memory_left") * (1 + 1e-12));
    }
    double waste = 0;
    for (const double page : {1.0, 16.0, 256.0}) {
      p["page_size"] = page;
      if (p.result("feasible") == 0) break;
      if (page == 1) CHECK(p.result("memory_fragmentation_pct") == 0);
      CHECK(p.result("memory_fragmentation_pct") >= waste);
      waste = p.result("memory_fragmentation_pct");
    }
  }
}

TEST_CASE(
    "compression: before is the step of walls 1 and 2; to the same format, sparsity 0 or a student as large: nothing "
    "changes") {
  for (Posed p : posed("compression")) {
    CAPTURE(p.text());
    CHECK(p.result("compression_ratio") * p.result("compressed_size_gb") == near(p.result("original_size_gb")));
    CHECK(p.result("memory_savings_pct") ==
          near(100 * (1 - p.result("compressed_size_gb") / p.result("original_size_gb")), 1e-6));
    CHECK(p.result("inference_speedup") * p.result("compressed_latency") == near(p.result("baseline_latency")));
    CHECK(p.result("estimated_accuracy_delta_low") <= p.result("estimated_accuracy_delta"));
    CHECK(p.result("estimated_accuracy_delta") <= p.result("estimated_accuracy_delta_high"));
    Posed same = p;
    same["sparsity_type"] = 0;
    same["target_bitwidth"] = same["baseline"] == 0 ? 16 : 32;
    same["sparsity"] = 0;
    for (const char* figure : {"parameters", "inference_flops"})
      same[("student_model." + std::string(figure)).c_str()] = same[("model." + std::string(figure)).c_str()];
    for (int method = 0; method < 3; ++method) {
      same["method"] = method;
      if (method == 2 && !stated(same["model.parameters"])) same["student_size"] = 1;
      CHECK(same.result("compression_ratio") == near(1));
      CHECK(same.result("inference_speedup") == near(1));
      CHECK(same.result("estimated_accuracy_delta") == 0);
      CHECK(same.result("fits_after") == same.result("fits_before"));
    }
  }
}

TEST_CASE("compression: fewer bits, more sparsity or a smaller student is never larger, slower or more accurate") {
  const std::tuple<int, const char*, std::vector<double>> ways[] = {{0, "target_bitwidth", {16, 8, 6, 4, 3, 2}},
                                                                    {1, "sparsity", {0, 0.1, 0.5, 0.75, 0.9}},
                                                                    {2, "student_size", {1, 0.6, 0.3, 0.1}}};
  for (Posed p : posed("compression"))
    for (const auto& [method, argument, values] : ways)
      for (const int type : {0, 1}) {
        CAPTURE(p.text());
        CAPTURE(std::string(argument));
        p["method"] = method, p["sparsity_type"] = type, p["student_model.parameters"] = std::nan("");
        p["student_model.inference_flops"] = std::nan("");
        double size = INFINITY, time = INFINITY, accuracy = 0, fits = 0;
        for (const double value : values) {
          p[argument] = value;
          // 16-bit weights have no scales: a group of one or two costs more than the bits that a step down saves.
          if (method == 0 && stated(p["group_size"]) && p["group_size"] < 16) p["group_size"] = 16;
          CHECK(p.result("compressed_size_gb") <= size * (1 + 1e-12));
          CHECK(p.result("compressed_latency") <= time * (1 + 1e-12));
          CHECK(p.result("estimated_accuracy_delta") <= accuracy);
          CHECK(p.result("fits_after") >= fits);
          size = p.result("compressed_size_gb"), time = p.result("compressed_latency");
          accuracy = p.result("estimated_accuracy_delta"), fits = p.result("fits_after");
        }
      }
}
