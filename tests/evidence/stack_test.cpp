// A stack calibrated from rows of a file: roofs, runs, profiles.
#include "mlsysim/evidence/stack.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include "mlsysim/catalog/load_yaml.hpp"
#include "mlsysim/evidence/profile.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {

const std::string columns =
    "model_name,chip,n_devices,precision,engine,batch_size,input_len,output_len,measured_metric,measured_value,"
    "experiment\n";

struct Stack {
  Problems problems;
  std::unique_ptr<const MeasurementFile> file;
  Catalog catalog;
  Calibrated found;
  explicit Stack(const std::string& rows, const char* engine = nullptr)
      : file(read_measurements(columns + rows, "mine.csv", problems)),
        found(calibrate({file.get()}, catalog, engine ? catalog.find("engine", engine) : nullptr)) {}
};

/// Thirty configurations on a chip under vLLM, each measured at `pace` times what is predicted.
std::string rows_at(double pace, const char* chip = "h100") {
  std::string rows;
  for (int i = 0; i < 30; ++i) {
    const std::string row = fmt::format("{},{},1,bf16,vLLM,{},{},128,{},", i % 2 ? "llama-3-8b" : "qwen2.5-7b", chip,
                                        1 << i % 6, 256 * (1 + i % 5), i % 3 ? "itl_ms" : "ttft_ms");
    const Stack asked(row + "1,\n");
    rows += fmt::format("{}{},\n", row, 1e3 * asked.found.rows[0].predicted * pace);
  }
  return rows;
}
const std::string decode = "llama-3-8b,h100,1,bf16,{},1,128,16,tokens_per_s_per_user,{},{}\n";

}  // namespace

TEST_CASE("rows at 1.2 times our own predictions are a pace of 1.2 within 1 %, inside its interval") {
  const Stack s(rows_at(1.2));
  REQUIRE(s.found.stacks.size() == 1);
  const auto& stack = s.found.stacks[0];
  CHECK(stack.used == 30);
  REQUIRE(stack.chips.size() == 1);
  const Pace pace = stack.chips[0].pace;
  CHECK(pace.value() == near(1.2, 0.01));
  CHECK(pace.low() < 1.2);
  CHECK(pace.high() > 1.2);
  CHECK(stack.elsewhere.low() < pace.low());
  CHECK(stack.elsewhere.high() > pace.high());
}

TEST_CASE("the saved profile of a pace of 1.2 predicts its rows at a pace of 1, and loads as an engine of its class") {
  const std::string rows = rows_at(1.2);
  const Stack s(rows);
  const auto profile = profile_of(s.found.stacks[0], "mine", "mine.csv");
  Problems problems;
  LoadOptions options;
  options.id = "mine";
  options.file = "mine.yaml";
  options.known_sources = false;
  options.find = [&](std::string_view kind, std::string_view name) { return s.catalog.find(kind, name); };
  const auto entry = load_entry(profile.yaml, options, problems);
  REQUIRE(problems.empty());
  CHECK(entry->entry.name == "mine");
  CHECK(engine_class(entry->entry, s.catalog).id == "server");
  const auto again = calibrate({s.file.get()}, s.catalog, &entry->entry);
  REQUIRE(again.stacks.size() == 1);
  CHECK(again.stacks[0].engine == "server");
  CHECK(again.stacks[0].chips[0].pace.value() == near(1.0, 0.01));
}

TEST_CASE(
    "at a scale of 2 rates are halved, times doubled, and sizes stay; at a half no share of a data sheet is above 1") {
  const Catalog catalog;
  const auto engine = loaded<InferenceEngine>(*catalog.find("engine", "server"));
  const auto slow = slowed(engine, 2), quick = slowed(engine, 0.5);
  CHECK(slow.bandwidth_hbm == near(engine.bandwidth_hbm / 2, 1e-12));
  CHECK(slow.compute == near(engine.compute / 2, 1e-12));
  CHECK(slow.layer.base == near(engine.layer.base * 2, 1e-12));
  CHECK(slow.step.base == near(engine.step.base * 2, 1e-12));
  CHECK(slow.memory_share == engine.memory_share);
  CHECK(slow.max_sequences == engine.max_sequences);
  CHECK(quick.bandwidth_hbm == 1);
  CHECK(quick.layer.base == near(engine.layer.base / 2, 1e-12));
}

TEST_CASE("300 tokens a second of 15.0 GB read for each at 3.35 TB/s are 1.34 times the roof, and refused by line") {
  // 8.03 billion weights less the table that is looked up (128256 x 4096): 7.505 billion x 2 B = 15.01 GB, and 137 tokens of cache
  // at 131 kB: 15.03 GB. 3.35 TB/s reads that 222.9 times a second; 300 / 222.9 = 1.346.
  const Stack s(fmt::format(fmt::runtime(decode), "vLLM", 300, "") +
                fmt::format(fmt::runtime(decode), "vLLM", 120, ""));
  const auto& row = s.found.rows[0];
  CHECK(row.fate == CalibratedRow::Fate::impossible);
  CHECK(roof_share(*row.posed).share == near(1.346, 0.01));
  CHECK(place_of(*row.posed) == "mine.csv:2");
  CHECK(row.why.find("times the roof of h100-sxm-80gb") != row.why.npos);
  CHECK(row.why.find("in fp8") != row.why.npos);
  CHECK(row.why.find("speculative decoding") != row.why.npos);
  CHECK(s.found.rows[1].fate == CalibratedRow::Fate::used);
  CHECK(s.found.stacks[0].used == 1);
}

TEST_CASE("no prediction of ours is beyond the roof of its device") {
  const Catalog catalog;
  for (const auto& c : cases_of(published_inference(), catalog)) {
    if (!c.posed() || c.metric == Metric::energy_per_token) continue;
    Case ours = c;
    ours.measured = predicted(c);
    INFO(c.model, " ", c.chip, " ", c.regime, " ", (*c.row)["id"]);
    CHECK_FALSE(roof_share(ours).impossible(1));
  }
}

TEST_CASE("three metrics of one run are one run: their median counts once") {
  const auto row = [](double value, const char* run) { return fmt::format(fmt::runtime(decode), "vLLM", value, run); };
  const Stack one(row(100, "a") + row(101, "a") + row(99, "a")), three(row(100, "") + row(101, "") + row(99, ""));
  CHECK(one.found.stacks[0].runs == 1);
  CHECK(three.found.stacks[0].runs == 3);
  CHECK(one.found.stacks[0].used == 3);
  CHECK(one.found.stacks[0].own.deviation > three.found.stacks[0].own.deviation);
}

TEST_CASE("an engine that nobody knows is of the class that is told, and rows of another class say so") {
  const auto row = [](const char* engine) { return fmt::format(fmt::runtime(decode), engine, 120, ""); };
  const Stack s(row("our own") + row("TensorRT-LLM"), "server");
  CHECK(s.found.rows[0].fate == CalibratedRow::Fate::used);
  CHECK(s.found.rows[0].posed->engine == "server");
  CHECK(s.found.rows[0].posed->assumed == 1);
  CHECK(s.found.rows[1].fate == CalibratedRow::Fate::not_usable);
  CHECK(s.found.rows[1].why == "its engine is of the class compiled, not server");
}

TEST_CASE("chips of one generation share kernels; one whose kernels nobody measured is a generation by itself") {
  const Catalog catalog;
  const auto of = [&](const char* chip) { return generation_of(*catalog.find("accelerator", chip), catalog); };
  CHECK(of("h100") == "hopper");
  CHECK(of("h200") == "hopper");
  CHECK(of("b200") == "blackwell");
  CHECK(of("mi300x") == "cdna3");
  CHECK(of("v100-sxm2-32gb") == "v100-sxm2-32gb");
}
