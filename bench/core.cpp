// What the core costs: one answer, a row of a sweep, a derivation, a question, and beside them the limit of this machine, its
// divider. Nothing here asserts a time: `python bench/run.py` prints the figures as ratios against something of the same run.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "mlsysim/mlsysim.hpp"
#include "mlsysim/search/sweep.hpp"

namespace mlsysim {
namespace {

/// What is asked of walls 1 and 2. The name is the last word of a benchmark's.
struct Asked {
  const char *name, *model;
  bool is_training;
};
constexpr Asked inference{"inference", "llama-3-8b", false}, training{"training", "llama-3-8b", true},
    experts{"experts", "mixtral-8x7b", false};
constexpr const char *device = "h100", *batch_size = "32";

const Table& walls_1_and_2() { return *table("single-node"); }

Question question(const Asked& asked) {
  static const Catalog catalog;
  Question q(walls_1_and_2(), catalog);
  q.give("model", asked.model);
  q.give("hardware", device);
  q.give("batch_size", batch_size);
  if (asked.is_training) q.give("is_training", "true");
  return q;
}
Question checked(const Asked& asked) {
  Question q = question(asked);
  if (!q.check()) throw InputError(q.problems().front());
  return q;
}

std::size_t cell(const char* path) { return static_cast<std::size_t>(walls_1_and_2().input(path)); }

/// Divisions that one answer makes: the limit that the wall's arithmetic can't pass.
std::size_t divisions(const Question& q) {
  Tape steps;
  Tape* const outer = std::exchange(tape, &steps);
  std::vector<Traced> in, out(q.table().out.all.size());
  for (const double figure : q.row()) in.emplace_back(Operation::figure, figure);
  q.table().wall->trace(in.data(), q.bodies(), out.data());
  tape = outer;
  return static_cast<std::size_t>(std::ranges::count(steps, Operation::divide, &Step::operation));
}

void rows(benchmark::State& state, std::size_t rows_each) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows_each));
}

// ---- one answer ----------------------------------------------------------------------------------------------------------

/// The wall as everything else calls it: a row of figures in, a row of results out.
void answer(benchmark::State& state, const Asked& asked) {
  const Question q = checked(asked);
  const Wall& wall = *q.table().wall;
  std::vector<double> in = q.row(), out(q.table().out.all.size());
  double& batch = in[cell("batch_size")];
  for (auto _ : state) {
    batch = batch < 512 ? batch + 1 : 1;
    wall.answer(in.data(), q.bodies(), out.data());
    benchmark::ClobberMemory();
  }
  state.counters["inputs"] = static_cast<double>(in.size());
  state.counters["outputs"] = static_cast<double>(out.size());
  state.counters["divisions"] = static_cast<double>(divisions(q));
}

/// The same function on structs: without reading and writing rows.
void evaluate_struct(benchmark::State& state) {
  EngineQuery query{
      .model = model(inference.model), .hardware = accelerator(device), .assumptions = assumptions("first-principles")};
  for (auto _ : state) {
    query.batch_size = query.batch_size < 512 ? query.batch_size + 1 : 1;
    benchmark::DoNotOptimize(evaluate(query));
  }
}

/// The checked C++ face, its entities looked up before.
void face(benchmark::State& state) {
  EngineQuery query{.model = model(inference.model), .hardware = accelerator(device)};
  for (auto _ : state) {
    query.batch_size = query.batch_size < 512 ? query.batch_size + 1 : 1;
    benchmark::DoNotOptimize(solve(query));
  }
}

/// From the words of a command line to the answer: names found, figures parsed, everything checked.
void words_to_answer(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(checked(inference).answer());
}

/// The check alone: ranges, and whether every figure that the answer needs is stated.
void check(benchmark::State& state) {
  Question q = checked(inference);
  for (auto _ : state) benchmark::DoNotOptimize(q.check());
}

/// An answer operator by operator: the prompt, a step, requests in flight.
Question operators() {
  static const Catalog catalog;
  Question q(*table("inference"), catalog);
  q.give("model", inference.model);
  q.give("hardware", device);
  if (!q.check()) throw InputError(q.problems().front());
  return q;
}
void answer_operators(benchmark::State& state) {
  const Question q = operators();
  std::vector<double> in = q.row(), out(q.table().out.all.size());
  double& batch = in[static_cast<std::size_t>(q.table().input("batch_size"))];
  for (auto _ : state) {
    batch = batch < 512 ? batch + 1 : 1;
    q.table().wall->answer(in.data(), q.bodies(), out.data());
    benchmark::ClobberMemory();
  }
}

/// A layout of a training step: Llama 3 70B on 1,024 devices.
void answer_training(benchmark::State& state) {
  static const Catalog catalog;
  Question q(*table("training"), catalog);
  q.give("model", "llama-3-70b");
  q.give("fleet", "h100:1024");
  if (!q.check()) throw InputError(q.problems().front());
  std::vector<double> in = q.row(), out(q.table().out.all.size());
  double& stages = in[static_cast<std::size_t>(q.table().input("pp_size"))];
  double& tensor = in[static_cast<std::size_t>(q.table().input("tp_size"))];
  for (auto _ : state) {
    stages = stages < 16 ? stages * 2 : 1;
    tensor = stages > 1 ? tensor : tensor < 8 ? tensor * 2 : 1;
    q.table().wall->answer(in.data(), q.bodies(), out.data());
    benchmark::ClobberMemory();
  }
}

// ---- rows of a sweep over batch_size -------------------------------------------------------------------------------------

constexpr std::size_t block = 512;

std::vector<double> batch_sizes() {
  std::vector<double> all(block);
  for (std::size_t i = 0; i < block; ++i) all[i] = static_cast<double>(i + 1);
  return all;
}

/// Packs of two rows, every result stored.
void rows_packed(benchmark::State& state, const Asked& asked) {
  const Question q = checked(asked);
  const auto axis = batch_sizes();
  std::vector<std::vector<double>> results(q.table().out.all.size(), std::vector<double>(block));
  const Columns::In in{cell("batch_size"), axis.data()};
  std::vector<Columns::Out> out;
  for (std::size_t r = 0; r < results.size(); ++r) out.push_back({r, results[r].data()});
  for (auto _ : state) {
    q.table().wall->sweep(q.row().data(), q.bodies(), {block, {&in, 1}, out});
    benchmark::ClobberMemory();
  }
  rows(state, block);
}

/// The same a row a call.
void rows_scalar(benchmark::State& state, const Asked& asked) {
  const Question q = checked(asked);
  const Wall& wall = *q.table().wall;
  std::vector<double> in = q.row(), out(q.table().out.all.size());
  double& batch = in[cell("batch_size")];
  const auto axis = batch_sizes();
  for (auto _ : state)
    for (const double size : axis) {
      batch = size;
      wall.answer(in.data(), q.bodies(), out.data());
      benchmark::ClobberMemory();
    }
  rows(state, block);
}

/// Through Sweep, as the command and Python run it: selected results into columns, checks included.
void rows_swept(benchmark::State& state, const std::vector<std::string>& results) {
  const Question base = checked(inference);
  Problems problems;
  auto axis = parse_axis(base, "batch_size=1..100000", problems);
  if (!axis) throw InputError(problems.front());
  const Sweep sweep(base, {std::move(*axis)}, results, problems);
  if (!problems.empty()) throw InputError(problems.front());
  for (auto _ : state) sweep.run([](const Block& rows) { benchmark::DoNotOptimize((*rows.columns)[0].data()); });
  rows(state, sweep.rows());
}

void swept_operators(benchmark::State& state) {
  const Question base = operators();
  Problems problems;
  auto axis = parse_axis(base, "batch_size=1..2000", problems);
  if (!axis) throw InputError(problems.front());
  const Sweep sweep(base, {std::move(*axis)}, {"itl", "ttft", "throughput_in_flight", "feasible"}, problems);
  if (!problems.empty()) throw InputError(problems.front());
  for (auto _ : state) sweep.run([](const Block& rows) { benchmark::DoNotOptimize((*rows.columns)[0].data()); });
  rows(state, sweep.rows());
}

// ---- derivations ---------------------------------------------------------------------------------------------------------

void trace(benchmark::State& state) {
  const Question q = checked(inference);
  for (auto _ : state) benchmark::DoNotOptimize(divisions(q));
}

void explain_text(benchmark::State& state, const std::vector<std::string>& results) {
  const Question q = checked(inference);
  for (auto _ : state) benchmark::DoNotOptimize(explanation_text(explain(q, results)));
}

// ---- the machine ---------------------------------------------------------------------------------------------------------

/// Divisions that depend on none before: what the divider does in a second, in the numbers that walls are written over.
template <class T>
void divider(benchmark::State& state) {
  constexpr std::size_t lanes = sizeof(T) / sizeof(double), independent = 8;
  std::array<T, independent> above, below;
  above.fill(T(3.35e12)), below.fill(T(1.7e9));
  for (auto _ : state)
    for (std::size_t i = 0; i < independent; ++i) {
      T quotient = above[i] / below[i];
      benchmark::DoNotOptimize(quotient);
    }
  rows(state, independent * lanes);
}

const std::vector<std::string> four{"latency", "throughput", "memory_footprint", "feasible"};

BENCHMARK_CAPTURE(answer, inference, inference);
BENCHMARK_CAPTURE(answer, training, training);
BENCHMARK_CAPTURE(answer, experts, experts);
BENCHMARK(answer_operators);
BENCHMARK(answer_training);
BENCHMARK(swept_operators);
BENCHMARK(evaluate_struct)->Name("evaluate");
BENCHMARK(face);
BENCHMARK(words_to_answer);
BENCHMARK(check);
BENCHMARK_CAPTURE(rows_packed, inference, inference);
BENCHMARK_CAPTURE(rows_packed, training, training);
BENCHMARK_CAPTURE(rows_packed, experts, experts);
BENCHMARK_CAPTURE(rows_scalar, inference, inference);
BENCHMARK_CAPTURE(rows_scalar, training, training);
BENCHMARK_CAPTURE(rows_scalar, experts, experts);
BENCHMARK_CAPTURE(rows_swept, four, four);
BENCHMARK_CAPTURE(rows_swept, all, std::vector<std::string>{});
BENCHMARK(trace);
BENCHMARK_CAPTURE(explain_text, latency, std::vector<std::string>{"latency"});
BENCHMARK_CAPTURE(explain_text, all, std::vector<std::string>{});
BENCHMARK(divider<Pack>);
BENCHMARK(divider<double>);

}  // namespace
}  // namespace mlsysim

BENCHMARK_MAIN();
