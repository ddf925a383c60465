#include "mlsysim/report/json.hpp"

#include <doctest/doctest.h>

#include <set>

#include "any_question.hpp"
#include "asked.hpp"

using namespace mlsysim;

namespace {
/// Every value of a document, with its path.
template <class F>
void every_value(const Json& json, const std::string& path, F visit) {
  visit(path, json);
  if (json.is_object())
    for (const auto& [key, value] : json.items()) every_value(value, path + "/" + key, visit);
  if (json.is_array())
    for (std::size_t i = 0; i < json.size(); ++i) every_value(json[i], path + "/" + std::to_string(i), visit);
}
Json answered(const Arguments& arguments) {
  const Asked a("single-node", arguments);
  return answer_json(a.question, a.result);
}
const Arguments llama = {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"batch_size", "8"}};
}  // namespace

TEST_CASE("every figure of every wall has a key that ends with its SI unit, once") {
  const std::pair<Dim, const char*> units[] = {{axis::time, "_s"},
                                               {axis::data, "_bytes"},
                                               {axis::work, "_flop"},
                                               {axis::energy, "_j"},
                                               {axis::carbon, "_kgco2e"},
                                               {axis::money, "_usd"},
                                               {axis::water, "_l"},
                                               {axis::text, "_tokens"},
                                               {axis::energy / axis::time, "_w"},
                                               {axis::data / axis::time, "_bytes_per_s"},
                                               {axis::work / axis::time, "_flop_per_s"},
                                               {dimensionless / axis::time, "_per_s"},
                                               {axis::text / axis::time, "_tokens_per_s"},
                                               {axis::work / axis::data, "_flop_per_byte"}};
  for (const Wall* wall : walls())
    for (const Fields& fields : {wall->inputs(), wall->outputs()}) {
      std::set<std::string> keys;
      for (const Field& field : fields.all) {
        const std::string key = json_key(field);
        CHECK_MESSAGE(keys.insert(key).second, key);
        // A path that says its unit already (mtbf_hours) is its own key, and its value is in that unit.
        const bool as_it_is = !field.is_figure() || field.dim == dimensionless || field.carries_unit();
        if (as_it_is) CHECK(key == field.path);
        for (const auto& [dim, unit] : units)
          if (!as_it_is && field.dim == dim) CHECK_MESSAGE(key.ends_with(unit), key);
        CHECK_MESSAGE(key.find("_bytes_bytes") == std::string::npos, key);
      }
    }
}

TEST_CASE(
    "keys of a step: latency_s, memory_footprint_bytes, peak_flops_actual_flop_per_s, offload_spill_bytes, "
    "throughput_per_s") {
  const Json result = answered(llama)["result"];
  for (const char* key : {"latency_s", "memory_footprint_bytes", "peak_flops_actual_flop_per_s", "offload_spill_bytes",
                          "throughput_per_s", "token_throughput_tokens_per_s", "arithmetic_intensity_flop_per_byte",
                          "power_w", "energy_j", "feasible", "bottleneck", "mfu"})
    CHECK_MESSAGE(result.contains(key), std::string(key));
}

TEST_CASE("an answer holds the wall, the assumptions, the question as it was understood, the result and notes") {
  const Json json = answered(llama);
  CHECK(json["wall"] == "single-node");
  CHECK(json["assumptions"] == "first-principles");
  CHECK(json["query"]["model"] == "llama-3-8b");
  CHECK(json["query"]["hardware"] == "h100-sxm-80gb");
  CHECK(json["query"]["batch_size"] == 8.0);
  CHECK(json["query"]["precision"] == "fp16");
  CHECK(json["query"]["is_training"] == false);
  CHECK(json["result"]["feasible"] == true);
  CHECK(json["result"]["bottleneck"] == "Memory");
  CHECK(json["result"]["latency_s"].get<double>() == Asked("single-node", llama)["latency"]);
  CHECK(json["notes"].is_array());
}

TEST_CASE("numbers survive: what is written reads back to the same bits") {
  const Asked a("single-node", llama);
  const Json back = Json::parse(answer_json(a.question, a.result).dump());
  for (std::size_t i = 0; i < a.result.size(); ++i) {
    const Field& field = a.question.table().out.all[i];
    if (field.is_figure()) CHECK_MESSAGE(back["result"][json_key(field)].get<double>() == a.result[i], field.path);
  }
}

TEST_CASE(
    "no answer of any wall holds a null or a NaN: a queue that is unstable waits \"inf\", a search that finds nothing "
    "says so") {
  for (const Wall* wall : walls()) {
    AnyQuestion any(*wall);
    std::set<std::string> nulls;
    for (int i = 0, asked = 0; i < 300 && asked < (wall->search ? 10 : 100); ++i) {
      Question q = any.question();
      if (!q.check()) continue;
      ++asked;
      const Json json = answer_json(q, q.answer());
      every_value(json["result"], "result", [&](const std::string& path, const Json& value) {
        if (value.is_null()) nulls.insert(path);
        CHECK_FALSE(value == "nan");
      });
      const std::string text = json.dump();
      CHECK(text.find(":nan") == std::string::npos);
      CHECK(text.find("NaN") == std::string::npos);
    }
    for (const auto& path : nulls) FAIL_CHECK(std::string(wall->name) << " answers with a null: " << path);
  }
}

TEST_CASE("problems are a list of errors with kind, message, argument and the nearest") {
  const Json json = problems_json(
      Refusal("single-node", {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"batch_sise", "8"}}).question.problems());
  REQUIRE(json["errors"].size() == 1);
  CHECK(json["errors"][0]["kind"] == "input");
  CHECK(json["errors"][0]["argument"] == "batch_sise");
  CHECK(json["errors"][0]["nearest"] == "batch_size");
}

TEST_CASE("an entry as JSON holds each stated figure with unit, kind, source and date, and no unstated one") {
  for (const auto& kind : entry_kinds())
    for (const Entry* entry : built_in().all(kind.name)) {
      const Json json = entry_json(*entry);
      CHECK(json["id"] == entry->id);
      for (const auto& [path, figure] : json["figures"].items()) {
        if (!figure.is_object()) continue;  // a choice
        CHECK_MESSAGE(figure["value"].is_number(), path);
        CHECK_MESSAGE(Catalog::source(figure["source"].get<std::string>()), path);
        if (figure["kind"] == "estimated") CHECK_MESSAGE(figure["range"].size() == 2, path);
      }
    }
  CHECK(entry_json(*built_in().find("accelerator", "h100"))["figures"]["memory.bandwidth"]["value"] == 3.35e12);
  CHECK_FALSE(entry_json(*built_in().find("accelerator", "coral"))["figures"].contains("compute.fp16_dense"));
}

TEST_CASE("a format that is computed in a wider one is noted: int4 on an H100 runs in fp16") {
  const Asked a("single-node", {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"precision", "int4"}});
  const auto said = notes(a.question, a.result);
  REQUIRE_FALSE(said.empty());
  CHECK(said.front().find("arithmetic runs in fp16") != std::string::npos);
}
