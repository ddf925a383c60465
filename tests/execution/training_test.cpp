// A training step, operator by operator: published hand-worked cases exactly, and laws over models, devices and layouts.
#include <doctest/doctest.h>

#include "mlsysim/catalog/catalog.hpp"
#include "mlsysim/evidence/named.hpp"
#include "mlsysim/walls/training.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
template <template <class> class E>
E<double> entry(const char* kind, const char* name) {
  const Entry* found = Catalog{}.find(kind, name);
  REQUIRE(found);
  return loaded<E>(*found);
}
/// `devices` of H100, eight to a machine.
TrainingQuery<double> asked(const char* model = "llama-3-8b", double devices = 64, const char* stack = "megatron") {
  TrainingQuery<double> q;
  q.model = entry<Model>("model", model);
  q.stack = entry<TrainingStack>("stack", stack);
  q.fleet.node.accelerator = entry<Accelerator>("accelerator", "h100");
  q.fleet.node.accelerators = q.fleet.node.nics = std::min(8.0, devices);
  q.fleet.nodes = devices / q.fleet.node.accelerators;
  q.fleet.fabric = entry<Fabric>("fabric", "infiniband-ndr");
  return q;
}
/// A GPT of the paper on sequence-parallel activations: width h, a heads, s tokens, b sequences.
TrainingPart<double> gpt(double h, double heads, double tensor, bool sequence_parallel, Recomputed recomputed) {
  auto q = asked("gpt-3", 8, "megatron-2021");
  q.model.hidden_dim = h;
  q.model.heads = q.model.kv_heads = heads;
  q.model.head_dim = h / heads;
  q.model.layers = q.model.attention_layers = 48;
  q.model.vocab_size = 51200;
  q.model.kv_elements = 2 * h;
  q.model.embeddings = Embeddings::tied;
  q.model.parameters = 48 * 12 * h * h + 51200 * h;
  q.seq_len = {2048.0};
  q.microbatch_size = 4;
  q.tp_size = tensor;
  q.sequence_parallel = sequence_parallel;
  q.recomputation = recomputed;
  return training::part_of(q);
}
}  // namespace

TEST_CASE("activations of a layer of the 22B model are s b h (10 + 24/t + 5 a s / h t), with t = 8 and a = 64") {
  const double sbh = 2048.0 * 4 * 6144;
  const auto whole = layer_memory(gpt(6144, 64, 8, false, Recomputed::none));
  CHECK(whole.whole.base == near(sbh * (10 + 24 / 8.0 + 5 * 64 * 2048 / (6144.0 * 8)), 1e-9));
  CHECK(whole.input.base == near(2 * sbh, 1e-9));
}
TEST_CASE("with sequence parallelism they are s b h / t (34 + 5 a s / h), and selective recomputation drops the scores") {
  const double sbh = 2048.0 * 4 * 6144;
  CHECK(layer_memory(gpt(6144, 64, 8, true, Recomputed::none)).whole.base ==
        near(sbh / 8 * (34 + 5 * 64 * 2048 / 6144.0), 1e-9));
  CHECK(layer_memory(gpt(6144, 64, 8, true, Recomputed::selective)).whole.base == near(sbh / 8 * 34, 1e-9));
}
TEST_CASE("without parallelism they are 34 s b h + 5 a s^2 b") {
  const double sbh = 2048.0 * 4 * 6144;
  CHECK(layer_memory(gpt(6144, 64, 1, true, Recomputed::none)).whole.base ==
        near(34 * sbh + 5 * 64 * 2048.0 * 2048 * 4, 1e-9));
}

TEST_CASE("states of Llama 3 8B under ZeRO 1 on 8 devices: 2 + 4 bytes a parameter, and 12 over 8") {
  auto q = asked("llama-3-8b", 8);
  q.recomputation = Recomputed::none;
  const auto r = evaluate(q);
  const double n = 8030261248.0 - 65 * 4096;  // norms are not among the products
  CHECK(r.memory_weights.base == near(2 * n, 1e-3));
  CHECK(r.memory_gradients.base == near(4 * n, 1e-3));
  CHECK(r.memory_optimizer.base == near(12 * n / 8, 1e-3));
  q.zero_stage = Sharding::none;
  CHECK(evaluate(q).memory_optimizer.base == near(12 * n, 1e-3));
}

TEST_CASE("the parts of a step add up to it, whatever the layout") {
  for (const char* model : {"llama-3-8b", "llama-3-70b", "mixtral-8x7b", "deepseek-v3"})
    for (double tp : {1.0, 2.0, 8.0})
      for (double pp : {1.0, 4.0})
        for (double ep : {1.0, 8.0})
          for (const auto sharding : {Sharding::none, Sharding::optimizer, Sharding::weights}) {
            auto q = asked(model, 128);
            if (q.model.architecture != Architecture::mixture_of_experts && ep > 1) continue;
            q.tp_size = tp;
            q.pp_size = pp;
            q.ep_size = ep;
            q.zero_stage = sharding;
            const auto r = evaluate(q);
            const Time<double> sum = r.time_products + r.time_attention + r.time_experts + r.time_elementwise +
                                     r.time_quantise + r.time_recomputation + r.time_head + r.time_tensor +
                                     r.time_context + r.time_exchange + r.time_stages + r.time_bubble + r.time_data +
                                     r.time_optimizer + r.time_fixed + r.time_straggler;
            CAPTURE(model);
            CAPTURE(tp);
            CAPTURE(pp);
            CHECK(sum.base == near(r.step_time.base, 1e-9));
            const Data<double> held = r.memory_weights + r.memory_gradients + r.memory_optimizer +
                                      r.memory_activations + r.memory_logits + q.stack.workspace;
            CHECK(held.base == near(r.memory_footprint.base, 1e-9));
          }
}

TEST_CASE("law: computing activations again takes longer and holds less") {
  for (const char* model : {"llama-3-8b", "qwen3-30b-a3b", "deepseek-v3"}) {
    auto q = asked(model, 64);
    double time = 0, held = 1e300;
    for (const auto again : {Recomputed::none, Recomputed::half, Recomputed::full}) {
      q.recomputation = again;
      const auto r = evaluate(q);
      CAPTURE(model);
      CHECK(r.step_time.base > time);
      CHECK(r.memory_activations.base < held);
      time = r.step_time.base;
      held = r.memory_activations.base;
    }
  }
}

TEST_CASE("law: a longer batch takes longer, and more tokens a second") {
  auto q = asked("llama-3-70b", 512);
  q.tp_size = 8;
  q.pp_size = 4;
  double step = 0, rate = 0;
  for (double batch : {64.0, 128.0, 256.0, 1024.0}) {
    q.batch_size = batch;
    const auto r = evaluate(q);
    CHECK(r.step_time.base > step);
    CHECK(r.throughput.base > rate);
    step = r.step_time.base;
    rate = r.throughput.base;
  }
}

TEST_CASE("a pipeline of 8 stages and 16 microbatches waits for 7 of them; interleaved in 4 chunks for a quarter of that") {
  auto q = asked("llama-3-70b", 64);
  q.tp_size = 8;
  q.pp_size = 8;
  q.batch_size = 16;
  q.recomputation = Recomputed::none;
  const auto r = evaluate(q);
  const double stage = (r.step_time - r.time_bubble - r.time_data - r.time_optimizer - r.time_straggler).base - q.stack.step.base;
  CHECK(r.time_bubble.base == near(stage / 16 * 7, 1e-9));
  q.v_stages = 4;
  const auto chunked = evaluate(q);
  const double other =
      (chunked.step_time - chunked.time_bubble - chunked.time_data - chunked.time_optimizer - chunked.time_straggler).base - q.stack.step.base;
  CHECK(chunked.time_bubble.base == near(other / 16 * 7 / 4, 1e-9));
}

TEST_CASE("a product whose width divides by 8 alone takes (1 + a)^3 of one that divides by 64") {
  CHECK(misalignment(1800.0, 0.2) == near(1.2 * 1.2 * 1.2, 1e-12));
  CHECK(misalignment(1792.0, 0.2) == 1);
}
TEST_CASE("a token of 8 experts on 8 machines is sent to 5.25 of them") {
  CHECK(nodes_met(8.0, 8.0) == near(8 * (1 - std::pow(7 / 8.0, 8)), 1e-12));
  CHECK(nodes_met(1.0, 8.0) == 1);
}
