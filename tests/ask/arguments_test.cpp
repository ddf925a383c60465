// Arguments as people type them: units, words, ranges, order.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
constexpr const char* single_node = "single-node";
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

Arguments with(Arguments more) {
  more.insert(more.begin(), {{"model", "llama-3-8b"}, {"hardware", "h100"}});
  return more;
}
Refusal refused(const std::string& argument, const std::string& text) {
  return Refusal(single_node, with({{argument, text}}));
}
double cell(const Question& q, const char* path) { return q.row()[static_cast<std::size_t>(q.table().input(path))]; }
}  // namespace

TEST_CASE("names are bound before figures, whatever the order in which they are given") {
  const Arguments first = {{"hardware.memory.bandwidth", "8 TB/s"}, {"hardware", "h100"}, {"model", "llama-3-8b"}};
  const Arguments last = {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"hardware.memory.bandwidth", "8 TB/s"}};
  CHECK(Asked(single_node, first)["latency"] == Asked(single_node, last)["latency"]);
  CHECK(cell(Asked(single_node, first).question, "hardware.memory.bandwidth") == 8e12);
  CHECK(cell(Asked(single_node, first).question, "hardware.memory.capacity") == 85899345920.0);
}

TEST_CASE("the last of two values of one argument counts") {
  CHECK(cell(Asked(single_node, with({{"batch_size", "8"}, {"batch_size", "16"}})).question, "batch_size") == 16);
}

TEST_CASE("a bare number is in the unit of its field: a bandwidth of 8 is 8 TB/s, a capacity of 96 is 96 GiB") {
  CHECK(cell(Asked(single_node, with({{"hardware.memory.bandwidth", "8"}})).question, "hardware.memory.bandwidth") ==
        8e12);
  CHECK(cell(Asked(single_node, with({{"hardware.memory.capacity", "96"}})).question, "hardware.memory.capacity") ==
        96.0 * 1073741824);
  CHECK(cell(Asked(single_node, with({{"hardware.dispatch_tax", "15"}})).question, "hardware.dispatch_tax") ==
        15 / 1e6);
}

TEST_CASE("dashes are underscores, and a second spelling is the first: --context 512 is seq_len 512") {
  for (const std::string name : {"seq_len", "seq-len", "SEQ_LEN", "context"})
    CHECK(cell(Asked(single_node, with({{name, "512"}})).question, "seq_len") == 512);
  CHECK(cell(Asked(single_node, with({{"is_training", "true"}, {"dp", "8"}, {"zero_stage", "1"}})).question,
             "dp_size") == 8);
}

TEST_CASE(
    "a choice is a word, in any case; an unknown one is refused with the list and the nearest: fp17 is near fp16") {
  CHECK(Asked(single_node, with({{"precision", "FP8"}})).word("bottleneck") == "Memory");
  const Problem p = refused("precision", "fp17").problem();
  CHECK(p.argument == "precision");
  CHECK(contains(p.message, "\"fp17\" is not one of fp64, fp32, tf32, fp16"));
  CHECK(p.nearest.starts_with("fp1"));
  CHECK(contains(refused("is_training", "maybe").problem().message, "not one of false, true"));
  CHECK(contains(refused("precision", "").problem().message, "is not one of"));
}

TEST_CASE("a wrong unit is refused, and what was expected is said: a bandwidth in GB, a batch in GB") {
  CHECK(contains(refused("hardware.memory.bandwidth", "8 TB").problem().message,
                 "hardware.memory.bandwidth: \"8 TB\" is in byte, expected a quantity in TB/s"));
  CHECK(contains(refused("batch_size", "8 GB").problem().message, "expected a plain number"));
  CHECK(contains(refused("seq_len", "2048 s").problem().message, "expected a quantity in token"));
  CHECK(contains(refused("hardware.memory.bandwidth", "8 XB/s").problem().message, "is not a unit"));
  CHECK(contains(refused("batch_size", "many").problem().message, "is not a number"));
  CHECK(contains(refused("batch_size", "").problem().message, "is not a number"));
}

TEST_CASE("an unknown argument is refused with the nearest: batch_sise is batch_size") {
  const Problem p = refused("batch_sise", "8").problem();
  CHECK(p.argument == "batch_sise");
  CHECK(p.message == "batch_sise is not an argument of single-node");
  CHECK(p.nearest == "batch_size");
  CHECK(refused("hardware.memory.bandwith", "8").problem().nearest == "hardware.memory.bandwidth");
  CHECK(refused("hardwear", "h100").problem().nearest == "hardware");
  CHECK(refused("contxt", "8").problem().nearest == "context");
  CHECK(refused("zzzzzzzzzzzzzzz", "8").problem().nearest.empty());
}

TEST_CASE("out of range is refused by name, with the value and the range: a batch of 0, 1.5 and -1") {
  for (const std::string batch : {"0", "1.5", "-1"}) {
    const Problem p = refused("batch_size", batch).problem();
    CHECK(p.kind == Problem::Kind::input);
    CHECK(p.argument == "batch_size");
    CHECK(p.message == "batch_size = " + batch + " is out of range: a whole number, at least 1");
  }
}

TEST_CASE("an efficiency of 0, 1.01, -0.5, nan and inf is refused; 1 and 1e-9 are not") {
  for (const std::string efficiency : {"0", "1.01", "-0.5"}) {
    const Problem p = refused("efficiency", efficiency).problem();
    CHECK(p.argument == "efficiency");
    CHECK(contains(p.message, "efficiency = " + efficiency + " is out of range: 1e-09 to 1"));
  }
  CHECK(contains(refused("efficiency", "nan").problem().message, "is not a number"));
  CHECK(contains(refused("efficiency", "inf").problem().message, "is not a number"));
  CHECK(refused("efficiency", "1").answered);
  CHECK(refused("efficiency", "1e-9").answered);
  Question q(table_of(single_node), built_in());
  q.give("model", "llama-3-8b");
  q.give("hardware", "h100");
  q.give(static_cast<std::size_t>(q.table().input("efficiency")), std::nan(""));
  CHECK_FALSE(q.check());
  CHECK(contains(all_sentences(q.problems()), "efficiency = nan is out of range"));
}

TEST_CASE("a figure of an entity has its range too: a bandwidth of 0 or -1 TB/s is refused") {
  CHECK(contains(refused("hardware.memory.bandwidth", "0 TB/s").problem().message,
                 "hardware.memory.bandwidth = 0 TB/s is out of range: above 0 TB/s"));
  CHECK_FALSE(refused("hardware.memory.bandwidth", "-1 TB/s").answered);
  CHECK_FALSE(refused("model.layers", "2.5").answered);
}

TEST_CASE("several mistakes are said together") {
  const Refusal r(single_node, with({{"batch_sise", "8"}, {"precision", "fp17"}, {"seq_len", "1 GB"}}));
  CHECK(r.question.problems().size() == 3);
}

TEST_CASE("a format that a chip has no unit for, nor a wider one, is refused by name: Coral in fp16 states int8") {
  const Problem p = Refusal(single_node, {{"model", "mobilenet-v2"}, {"hardware", "coral"}}).problem();
  CHECK(p.argument == "precision");
  CHECK(contains(p.message, "Google Coral Dev Board (Edge TPU) has no unit for fp16"));
  CHECK(contains(p.message, "it states int8_dense"));
  CHECK(contains(p.nearest, "int8"));
  CHECK(Refusal(single_node, {{"model", "mobilenet-v2"}, {"hardware", "coral"}, {"precision", "int8"}}).answered);
}

TEST_CASE(
    "a figure that the answer needs and nobody states is refused by name, and can be given: ResNet-50 without its "
    "work") {
  Refusal r(single_node, {{"model", "resnet-50"}, {"hardware", "h100"}, {"model.forward_unit", "token"}});
  CHECK_FALSE(r.answered);
  CHECK(contains(r.text(), "ResNet-50 states no "));
  CHECK(contains(r.text(), "--set model."));
  CHECK(Refusal(single_node,
                {{"model", "mobilenet-v2"}, {"hardware", "coral"}, {"hardware.compute.fp16_dense", "1 Tflop/s"}})
            .answered);
}

TEST_CASE("what was given and does not enter the answer is listed: lora_rank without is_lora, int8 peak in fp16") {
  const Asked without(single_node, with({{"lora_rank", "8"}}));
  CHECK(without.question.ignored() == std::vector<std::string>{"lora_rank"});
  const Asked with_lora(single_node, with({{"lora_rank", "8"}, {"is_lora", "true"}, {"is_training", "true"}}));
  CHECK(with_lora.question.ignored().empty());
  CHECK(Asked(single_node, with({{"hardware.compute.int8_dense", "700"}})).question.ignored() ==
        std::vector<std::string>{"hardware.compute.int8_dense"});
  CHECK(Asked(single_node, with({{"dp_size", "8"}})).question.ignored() == std::vector<std::string>{"dp_size"});
  CHECK(Asked(single_node, with({{"batch_size", "8"}})).question.ignored().empty());
}

TEST_CASE("an overridden figure says that it was given; the others keep their entry and source") {
  const Asked a(single_node, with({{"hardware.memory.bandwidth", "8 TB/s"}}));
  const Origin given =
      a.question.origin(static_cast<std::size_t>(a.question.table().input("hardware.memory.bandwidth")));
  CHECK(given.kind == Kind::given);
  const Origin kept = a.question.origin(static_cast<std::size_t>(a.question.table().input("hardware.memory.capacity")));
  CHECK(kept.kind == Kind::stated);
  REQUIRE(kept.entry);
  CHECK(kept.entry->id == "h100-sxm-80gb");
  CHECK(kept.figure->source == "nvidia-h100-datasheet");
  const Origin preset = a.question.origin(static_cast<std::size_t>(a.question.table().input("efficiency")));
  CHECK(preset.kind == Kind::preset);
}

TEST_CASE("a question that is checked twice says the same") {
  Asked a(single_node, with({{"batch_size", "8"}}));
  CHECK(a.question.check());
  CHECK(a.question.answer() == a.result);
}
