// Rows of training: which run a row is of, what a constant says beside it, how layouts are ranked.
#include "mlsysim/evidence/training_cases.hpp"

#include <doctest/doctest.h>

#include "mlsysim/evidence/beside.hpp"
#include "mlsysim/evidence/summary.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
const std::string columns =
    "source_id,experiment,model_name,chip,n_devices,precision,framework,seq_len,global_batch_seqs,micro_batch,tp,pp,"
    "activation_recompute,measured_metric,measured_value\n";
std::string run(const std::string& source, const std::string& experiment, const std::string& tp,
                const std::string& metric, const std::string& value) {
  return source + "," + experiment + ",llama-3-8b,h100,64,bf16,NeMo 24.09,8192,128,1," + tp + ",1,none," + metric + "," +
         value + "\n";
}
struct Trained {
  Problems problems;
  std::unique_ptr<const MeasurementFile> file;
  Catalog catalog;
  explicit Trained(const std::string& rows) : file(read_measurements(columns + rows, "mine.csv", problems)) {}
  std::vector<Case> cases() const { return cases_of(*file, catalog); }
};
}  // namespace

TEST_CASE("of a run told by the time of its step, its arithmetic and its tokens, the tokens are compared") {
  const Trained t(run("a", "x", "1", "step_time_s", "2") + run("a", "x", "1", "tokens_per_s_per_gpu", "8192") +
                  run("a", "x", "1", "mfu", "0.4") + run("a", "y", "1", "step_time_s", "2"));
  const auto cases = t.cases();
  REQUIRE(cases.size() == 4);
  CHECK(cases[0].reason == "the same experiment is compared by its tokens a second");
  CHECK(cases[1].posed());
  CHECK(cases[2].repeated);
  CHECK(cases[3].posed());
  CHECK(cases[3].regime == "training, dense");
  // 128 sequences of 8,192 tokens on 64 devices.
  CHECK(tokens_per_device(cases[1].training()) == near(16384, 1e-12));
}

TEST_CASE("a constant share of the peak is the median one of other sources on the chip: their figure, for the same run") {
  const Trained t(run("a", "x", "1", "tokens_per_s_per_gpu", "8000") + run("b", "x", "1", "tokens_per_s_per_gpu", "6000") +
                  run("c", "x", "1", "step_time_s", "4"));
  const auto cases = t.cases();
  const ConstantShares shares(cases);
  // For a: of 6,000 tokens/s and 16,384 / 4 s = 4,096, the middle is 5,048.
  CHECK(shares.predicted(cases[0]) == near(5048, 1e-9));
  // For c, 7,000 tokens/s: 16,384 / 7,000 s.
  CHECK(shares.predicted(cases[2]) == near(16384.0 / 7000, 1e-9));
}

TEST_CASE("four layouts measured in the order in which they are predicted rank 1; runs are counted, not rows") {
  const Trained t(run("a", "x", "1", "tokens_per_s_per_gpu", "8000") + run("a", "y", "2", "tokens_per_s_per_gpu", "7000") +
                  run("a", "z", "4", "tokens_per_s_per_gpu", "6000") + run("a", "w", "8", "step_time_s", "4") +
                  run("a", "w", "8", "memory_gb", "40"));
  const Validation v = validate({t.file.get()}, t.catalog);
  CHECK(v.training.runs == 4);
  CHECK(v.training.predicted == 4);
  CHECK(v.training.rankings == 1);
  CHECK(v.training.ranking_median == near(1, 1e-12));
}

TEST_CASE("the rows of training that ship are those of data/measurements/training.csv: 1,608") {
  CHECK(published_training().rows.size() == 1608);
}
