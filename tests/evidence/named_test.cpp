// Who is meant by a row: names as sources spell them, and models that only the columns describe.
#include "mlsysim/evidence/named.hpp"

#include <doctest/doctest.h>

#include "near.hpp"

using namespace mlsysim;

namespace {
/// A row of these columns and cells.
struct Row {
  Problems problems;
  std::unique_ptr<const MeasurementFile> file;
  Row(std::string columns, std::string cells)
      : file(read_measurements(
            "measured_metric,measured_value," + std::move(columns) + "\nstep_time_s,1," + std::move(cells) + "\n",
            "mine.csv", problems)) {}
  std::optional<NamedModel> model() const { return model_of(file->rows.at(0), Catalog()); }
};
}  // namespace

TEST_CASE("a name is known with what a source writes behind it: how the model was tuned, stored or run") {
  const auto id = [](std::string name) {
    const auto found = Row("model_name", name).model();
    return found ? found->id : "";
  };
  for (const char* name : {"LLAMA3_70B", "Llama3 70B LoRA", "Llama3 70B 2-node LoRA", "Llama-3.1-70B pre-training",
                           "meta-llama/Llama-3.3-70B-Instruct", "llama3.1-70b-MaxText", "Llama 3 70B (MLPerf)"})
    CHECK_MESSAGE(id(name) == "llama-3-70b", name);
  CHECK(id("Llama-2 70B LoRA fine-tune (MLPerf)") == "llama-2-70b");
  CHECK(id("DeepSeekV3 (w/ MTP)") == "deepseek-v3");
  CHECK(id("DeepSeek-V3 full training") == "deepseek-v3");
  CHECK(id("Qwen3_30B_a3B (tokendrop)") == "qwen3-30b-a3b");
  CHECK(id("Nemotron V3 Ultra 550B (26.04)") == "nemotron-3-ultra-550b-a55b");
  CHECK(id("GPT (best case)").empty());  // no model is called GPT
  CHECK(id("LoRA").empty());
}

TEST_CASE("a name whose shape is another's is described by the shape") {
  // 530B of the catalog has 105 layers.
  const auto other = Row("model_name,n_layers,hidden,n_heads", "GPT-530B,100,20480,128").model();
  REQUIRE(other);
  CHECK(other->id == "GPT-530B");
  CHECK(other->model.layers == 100);
}

TEST_CASE("heads that are not stated are 128 wide, or as near to it as the width divides") {
  const auto heads = [](const char* hidden) {
    return Row("model_name,params_b,n_layers,hidden", std::string("mine,180,72,") + hidden).model()->model.heads;
  };
  CHECK(heads("14336") == 112);
  CHECK(heads("14400") == 120);  // 112.5 of 128 is no number; 120 wide is nearer than 144
}

TEST_CASE("layers that are not stated are those that make up the parameters") {
  // 250000 x 14400 = 3.6e9 of the table; (183e9 - 3.6e9) / (12 x 14400^2 = 2.488e9) = 72.1
  const auto found = Row("model_name,params_b,hidden,vocab", "mine,183,14400,250000").model();
  REQUIRE(found);
  CHECK(found->model.layers == 72);
  CHECK(found->model.parameters == 183e9);
  CHECK_FALSE(Row("model_name,params_b", "mine,183").model());
  CHECK_FALSE(Row("model_name,hidden", "mine,14400").model());
  CHECK_FALSE(Row("model_name,params_b,hidden", "mine,183,0").model());
  CHECK_FALSE(Row("model_name,params_b,hidden", "mine,183,1e300").model());
}

TEST_CASE("what a shape leaves open is what gives the stated parameters: one table or two, positions, a gate") {
  const std::string columns = "model_name,params_b,n_layers,hidden,n_heads,ffn_hidden,vocab,seq_len";
  // 12 layers of 12 x 768^2 = 84,934,656; a table of 50368 x 768 = 38,682,624; 8192 positions x 768 = 6,291,456
  const auto small = Row(columns, "mine,0.13,12,768,12,3072,50368,8192").model()->model;
  CHECK(small.parameters == near(84934656.0 + 38682624 + 6291456));
  CHECK(small.embeddings == Embeddings::tied);
  // Llama 2 7B: 32 layers of 4 x 4096^2 + 3 x 4096 x 11008, two tables of 32000 x 4096: 6.738e9 but for the norms
  const auto gated = Row(columns, "mine,6.7,32,4096,32,11008,32000,4096").model()->model;
  CHECK(gated.parameters == near(32 * (4 * 4096.0 * 4096 + 3 * 4096.0 * 11008) + 2 * 32000.0 * 4096));
  CHECK(gated.embeddings == Embeddings::untied);
}
