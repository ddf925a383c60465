// One kernel on one device, with the constants of its generation.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/walls/all_reduce.hpp"
#include "mlsysim/walls/attention.hpp"
#include "mlsysim/walls/experts.hpp"
#include "mlsysim/walls/gemm.hpp"

using namespace mlsysim;

namespace {
/// A device of ten units with constants that a hand can follow.
Accelerator<double> plain() {
  Accelerator<double> h;
  h.units = 10;
  h.compute.bf16_dense = 10.0 * Tflop / s;
  h.memory.bandwidth = 1.0 * TB / s;
  h.scale_up = 100.0 * GB / s;
  h.kernels.gemm = {1, 1, 1, 0.5, 2.0 * us, 1.0 * s, 1.0 * us, 1.0 * us, 1.0 * us};
  return h;
}
}  // namespace

TEST_CASE(
    "a product of one row is bound by its weights: 4096 x 4096 in 16 bits at half of 1 TB/s take 67 us, and a launch") {
  GemmQuery<double> q;
  q.hardware = plain();
  q.rows = 1, q.columns = 4096, q.inner = 4096;
  const auto r = evaluate(q);
  // 32 tiles of 16 x 128 in 4 waves of 2 x 16 x 128 x 4096 flop at 1 Tflop/s
  CHECK(r.latency_compute.base == doctest::Approx(4 * 2.0 * 16 * 128 * 4096 / 1e12));
  CHECK(r.latency_memory.base == doctest::Approx(2.0 * (4096 + 4096.0 * 4096 + 4096) / 0.5e12));
  CHECK(r.latency_launch.base == 2e-6);
}

TEST_CASE("weights of 4 bits are read at a quarter of the bytes and multiplied in 16 bits") {
  GemmQuery<double> q;
  q.hardware = plain();
  q.rows = 1, q.columns = 4096, q.inner = 4096;
  const auto wide = evaluate(q);
  q.weights = Precision::int4;
  const auto narrow = evaluate(q);
  CHECK(narrow.latency_compute.base == wide.latency_compute.base);
  CHECK(narrow.traffic.base == doctest::Approx(2.0 * 2 * 4096 + 0.5 * 4096 * 4096));
}

TEST_CASE("one device has nothing to sum") {
  AllReduceQuery<double> q;
  q.hardware = plain();
  q.message = 1.0 * MB;
  q.devices = 1;
  q.by = ReduceBy::library;
  CHECK(evaluate(q).latency.base == 0.0);
  CHECK(evaluate(q).bus_bandwidth.base == 0.0);
}

TEST_CASE(
    "a latent is read once for keys and values: 10 sequences of 1,000 x 576 x 2 bytes, and 128 heads in and out") {
  AttentionQuery<double> q;
  q.hardware = plain();
  q.hardware.kernels.latent = {1, 1, 0.5, 64, 2.0 * us, 1.0 * us, 1.0 * s};
  q.cached = Cached::latent;
  q.sequences = 10, q.heads = 128, q.head_dim = 576, q.value_dim = 512;
  q.context = {1000.0};
  const auto r = evaluate(q);
  const double moved = 2.0 * (10.0 * 1000 * 576 + 10.0 * 128 * (576 + 512));
  CHECK(r.traffic.base == doctest::Approx(moved));
  CHECK(r.work.base == doctest::Approx(2.0 * 10 * 128 * (576 + 512) * 1000));
  CHECK(r.latency_memory.base == doctest::Approx(moved / 0.5e12));
  // one block a unit of 1 Tflop/s: 1,024 keys, two blocks of 64 heads
  CHECK(r.latency_compute.base == doctest::Approx(1e-6 + 2.0 * 1024 * 1088 * 128 / 1e12));
}

TEST_CASE("heads of 192 whose values have 128 are heads of 160 in a prefill; their latent adds no keys to the cache") {
  AttentionQuery<double> q;
  q.hardware = plain();
  q.hardware.kernels.prefill = {1, 1, Frequency<double>{1e12}, 0.0 * us, 0.0 * us};
  q.phase = Phase::prefill;
  q.heads = q.kv_heads = 16;
  q.tokens = {1024.0};
  q.head_dim = 160;
  const auto same = evaluate(q);
  q.head_dim = 192, q.value_dim = 128;
  const auto apart = evaluate(q);
  CHECK(apart.latency.base == same.latency.base);
  q.cached = Cached::latent;
  const auto latent = evaluate(q);
  CHECK(latent.latency_compute.base == same.latency_compute.base);
  CHECK(same.traffic.base - latent.traffic.base == doctest::Approx(2.0 * 2 * 16 * 160 * 1024));
}

TEST_CASE("experts have the constants of the library that runs them") {
  ExpertsQuery<double> q;
  q.hardware = plain();
  q.hardware.kernels.experts = {0.5, 0.5, 0.5, 1, 0, 0.0 * us, 0.0 * us, 0.0 * ns, 0.0 * ns};
  q.hardware.kernels.experts_trtllm = {1, 1, 1, 1, 0, 0.0 * us, 0.0 * us, 0.0 * ns, 0.0 * ns};
  q.tokens = 4096, q.hidden = 1024, q.inner = 1024, q.experts = 8, q.experts_per_token = 2;
  const auto vllm = evaluate(q);
  q.library = Library::trtllm;
  CHECK(vllm.latency_compute.base == doctest::Approx(2 * evaluate(q).latency_compute.base));
}
