// What a step takes, operator by operator: by hand where a hand can follow, and as laws over every model and device.
#include <doctest/doctest.h>

#include "mlsysim/catalog/catalog.hpp"
#include "mlsysim/evidence/named.hpp"
#include "mlsysim/walls/inference.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
template <template <class> class E>
E<double> entry(const char* kind, const char* name) {
  const Entry* found = Catalog{}.find(kind, name);
  REQUIRE(found);
  return loaded<E>(*found);
}
InferenceQuery<double> asked(const char* model = "llama-3-8b", const char* device = "h100",
                             const char* engine = "compiled") {
  InferenceQuery<double> q;
  q.model = entry<Model>("model", model);
  q.hardware = entry<Accelerator>("accelerator", device);
  q.engine = entry<InferenceEngine>("engine", engine);
  return q;
}
}  // namespace

TEST_CASE(
    "a step of one sequence reads every product's weights once: 7.5 of 8.03 billion elements, the table left out") {
  const auto q = asked();
  const auto d = deployment(q);
  const auto s = decode_cost(d, 1.0, 512.0);
  const double weights = (q.model.parameters - d.model.embedding) * 2;
  const double cache = 2.0 * 32 * 1024 * 512 * 2;
  CHECK(s.traffic.base == near(weights + cache, 0.002));  // and activations of one token
}

TEST_CASE("law: twice the devices of a tensor-parallel group never make a device read more") {
  for (const char* name : {"llama-3-8b", "mixtral-8x7b", "gemma-2-9b", "deepseek-v3"}) {
    auto q = asked(name);
    q.batch_size = 16;
    double before = 1e300;
    for (double tp : {1.0, 2.0, 4.0, 8.0}) {
      q.tp_size = tp;
      const double now = decode_cost(deployment(q), 16.0, 1000.0).traffic.base;
      CAPTURE(name);
      CAPTURE(tp);
      CHECK(now <= before);
      before = now;
    }
  }
}

TEST_CASE("a mixture's step of 1 token reads 2 of 8 experts, of 64 tokens nearly all") {
  const auto d = deployment(asked("mixtral-8x7b"));
  const double expert = 32 * 3.0 * 4096 * 14336 * 2;
  CHECK(decode_cost(d, 1.0, 16.0).experts.traffic.base == near(2 * expert, 0.002));
  CHECK(decode_cost(d, 64.0, 16.0).experts.traffic.base == near(8 * expert, 0.03));
}

TEST_CASE("stages of a pipeline leave the time of one token as it was, and share out a prompt's micro-batches") {
  auto q = asked("llama-3-8b", "h100", "llama-cpp");
  q.seq_len = {8192.0};
  const auto alone = evaluate(q);
  q.pp_size = 4;
  const auto staged = evaluate(q);
  CHECK(staged.itl.base == near(alone.itl.base));
  // 16 micro-batches of 512 tokens take 19 turns of a quarter each
  const double fixed = q.engine.step.base + q.engine.request.base + q.engine.sequence.base;
  CHECK((staged.ttft.base - fixed) / (alone.ttft.base - fixed) == near(19.0 / 64));
}

TEST_CASE("4-bit weights with a group scale take 4.16 bits: a quarter of the traffic and a little more") {
  auto q = asked();
  q.precision = Precision::int4;
  q.weight_size = {4.15625 / 8};
  const auto d = deployment(q);
  const auto s = decode_cost(d, 1.0, 16.0);
  const double layers = 6979588096.0;  // elements of the products of layers; the head stays in 16 bits
  CHECK(s.traffic.base == near(layers * 4.15625 / 8 + d.model.head.elements() * 2, 0.005));
}

TEST_CASE("a draft of 4 tokens of which 7 in 10 are kept yields 2.77 tokens a step") {
  auto q = asked();
  const auto plain = evaluate(q);
  q.drafted_tokens = 4;
  q.draft_share = 0;
  const auto drafted = evaluate(q);
  CHECK(plain.itl.base / drafted.itl.base ==
        near((1 - std::pow(0.7, 5)) / 0.3, 0.1));  // a step of 5 rows takes a little longer
}

TEST_CASE("law: on every device that has kernels, more sequences never make a step quicker, and more context neither") {
  int devices = 0;
  for (const Entry* device : Catalog{}.all("accelerator")) {
    auto q = asked();
    q.hardware = loaded<Accelerator>(*device);
    if (!missing_for_operators(q.model, q.hardware).none()) continue;
    ++devices;
    CAPTURE(device->id);
    const auto d = deployment(q);
    double before = 0;
    for (double sequences : {1.0, 2.0, 8.0, 32.0, 128.0, 512.0}) {
      const double now = decode_cost(d, sequences, 1000.0).total.base;
      CHECK(now >= before * 0.97);  // the tile shapes are few: a step may win a little by one more row
      before = now;
    }
    CHECK(decode_cost(d, 8.0, 4000.0).total.base >= decode_cost(d, 8.0, 1000.0).total.base);
  }
  CHECK(devices > 60);
}

TEST_CASE("law: parts of a step add up to the step") {
  for (const char* name : {"llama-3-8b", "mixtral-8x7b", "deepseek-v3", "mamba-2.8b"}) {
    const auto d = deployment(asked(name, "b200", "server"));
    const auto s = decode_cost(d, 16.0, 1000.0);
    const auto sum = s.projections.total + s.feed_forward.total + s.experts.total + s.attention.total + s.head.total +
                     s.elementwise.total + s.communication + s.fixed;
    CAPTURE(name);
    CHECK(sum.base == near(s.total.base));
  }
}

TEST_CASE("TensorRT-LLM of 2023 multiplies eight heads 128 wide together, and others one by one") {
  // Llama 3 70B has 64 query heads on 8 of 128; Mistral 7B 32 on 8; Falcon 180B 232 on 8 of 64
  const auto compute = [](const char* model, const char* engine) {
    return decode_attention_cost(deployment(asked(model, "h200", engine)), 64.0, 2048.0).compute.base;
  };
  CHECK(entry<InferenceEngine>("engine", "tensorrt-llm v0.9").grouping == Grouping::eights);
  CHECK(compute("llama-3-70b", "tensorrt-llm-2023") == compute("llama-3-70b", "compiled"));
  CHECK(compute("mistral-7b", "tensorrt-llm-2023") > 3 * compute("mistral-7b", "compiled"));
  CHECK(multiplied_apart(Grouping::eights, Heads<double>{232, 8, 64}) == 29.0);
  CHECK(multiplied_apart(Grouping::eights, Heads<double>{64, 8, 128}) == 1.0);
  CHECK(multiplied_apart(Grouping::eights, Heads<double>{64, 8, 64}) == 8.0);
  CHECK(multiplied_apart(Grouping::eights, Heads<double>{32, 32, 128}) == 1.0);
}

TEST_CASE("decoding over a latent reads it once, and its queries are multiplied 64 heads at a time") {
  const auto d = deployment(asked("deepseek-v3", "h200"));
  const auto c = decode_attention_cost(d, 32.0, 4096.0);
  CHECK(c.traffic.base == near(32 * 4096 * 576 * 2.0));
  const auto& k = d.device.kernels.latent;
  CHECK(c.compute.base == near(latent_block_time(32.0, 4096.0, 2 * 576.0, 128.0, 132.0,
                                                 latent_rate(d.device, Precision::fp16), k.block, k.split, k.parts)
                                   .base));
}
