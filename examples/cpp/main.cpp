// The first calls: one answer, ridge points, the batch at which a model turns compute-bound, and what a mistake looks like.
#include <cstdio>
#include <mlsysim/mlsysim.hpp>

using namespace mlsysim;

int main() {
  const auto llama = model("llama-3-8b");
  const auto h100 = accelerator("h100");

  auto p = solve(EngineQuery{.model = llama, .hardware = h100, .batch_size = 32});
  std::printf("Llama-3-8B on H100, batch 32: %.2f ms, %.0f tokens/s, %s-bound, %.1f GB\n", p.latency.in(ms),
              p.token_throughput.in(token / s), p.bottleneck.plain() == Bottleneck::memory ? "memory" : "compute",
              p.memory_footprint.in(GB));

  for (const char* name : {"a100", "h100", "b200"}) {
    const auto chip = accelerator(name);
    const auto ridge = chip.compute.peak(Precision::fp16) / chip.memory.bandwidth;
    std::printf("%s turns compute-bound at %.0f flop/byte\n", name, ridge.in(flop / byte));
  }

  for (const char* name : {"a100", "h100"}) {
    EngineQuery query{.model = llama, .hardware = accelerator(name)};
    while (query.batch_size < 4096 && solve(query).bottleneck.plain() == Bottleneck::memory) query.batch_size += 1;
    std::printf("%s: compute-bound from batch %.0f at efficiency %g\n", name, query.batch_size, query.efficiency);
  }

  // A chip that does not exist yet is a copy with other figures.
  auto next = h100;
  next.memory.bandwidth = 8.0 * TB / s;
  const auto faster = solve(EngineQuery{.model = llama, .hardware = next, .batch_size = 32});
  std::printf("with 8 TB/s: %.2f ms, %.2f times as fast\n", faster.latency.in(ms), p.latency / faster.latency);

  // Figures and modelling choices of the original package.
  const auto set = "mlsysim-0.1";
  const auto original =
      solve(EngineQuery{.model = model("llama-3-8b", set), .hardware = accelerator("h100", set), .batch_size = 32},
            assumptions(set));
  std::printf("as the original package, 0.1.1: %.2f ms\n", original.latency.in(ms));

  try {
    solve(EngineQuery{.model = llama, .hardware = h100, .batch_size = 0});
  } catch (const InputError& error) {
    std::printf("%s: %s\n", error.argument.c_str(), error.what());
  }
  try {
    accelerator("h1OO");
  } catch (const LookupError& error) {
    std::printf("%s\n", error.what());
  }
}
