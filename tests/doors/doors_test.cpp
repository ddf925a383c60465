// One file is enough: coffee.hpp and operator_sum.hpp are named by nothing but the build, and every door knows them.
#include <doctest/doctest.h>

#include <algorithm>

#include "asked.hpp"
#include "mlsysim/report/explain.hpp"
#include "mlsysim/report/json.hpp"
#include "mlsysim/search/sweep.hpp"
#include "near.hpp"
#include "same_bits.hpp"

using namespace mlsysim;

namespace {
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
const Arguments three_cups = {{"hardware", "h100"}, {"cups", "3"}};
const std::string matmul = R"([{"kind": "matmul", "count": 32, "m": 1, "n": 4096, "k": 4096}])";
const std::string elementwise = R"([{"kind": "elementwise", "count": 10, "m": 128, "n": 4096}])";
}  // namespace

TEST_CASE("coffee: an H100 brews 3 cups in 336.4 s") {
  // 3 x 75 K x 0.25 kg x 4186 J/(kg K) = 235,462.5 J; over 700 W
  const Asked a("coffee", three_cups);
  CHECK(a["heat"] == near(235462.5));
  CHECK(a.in("brewing_time", s) == near(336.375));
  CHECK_FALSE(a.flag("cold"));
  CHECK(Asked("coffee", {{"hardware", "esp32-s3"}}).flag("cold"));
}

TEST_CASE("coffee: a dark roast takes 65 / 75 of the time; mugs are cups; 0 cups and 1,001 are refused by name") {
  CHECK(Asked("coffee", {{"hardware", "h100"}, {"roast", "Dark"}})["heat"] ==
        near(Asked("coffee", {{"hardware", "h100"}})["heat"] * 65 / 75));
  CHECK(Asked("coffee", {{"hardware", "h100"}, {"mugs", "3"}})["heat"] == Asked("coffee", three_cups)["heat"]);
  for (const std::string cups : {"0", "1001", "2.5"}) {
    const Problem p = Refusal("coffee", {{"hardware", "h100"}, {"cups", cups}}).problem();
    CHECK(p.argument == "cups");
    CHECK(p.message == "cups = " + cups + " is out of range: a whole number, 1 to 1000");
  }
  CHECK(Refusal("coffee", {{"hardware", "h100"}, {"cup", "3"}}).problem().nearest == "cups");
  CHECK(Refusal("coffee", {{"hardware", "h100"}, {"roast", "drak"}}).problem().nearest == "dark");
}

TEST_CASE("coffee: JSON has the keys with their units, the schema every argument, the derivation its steps") {
  const Asked a("coffee", three_cups);
  const Json json = answer_json(a.question, a.result);
  CHECK(json["query"]["cups"] == 3.0);
  CHECK(json["query"]["roast"] == "light");
  CHECK(json["result"]["brewing_time_s"].get<double>() == a["brewing_time"]);
  CHECK(json["result"]["heat_j"].get<double>() == a["heat"]);
  CHECK(json["result"]["cold"] == false);
  const Json schema = schema_json(table_of("coffee"));
  CHECK(schema["required"] == Json::array({"hardware"}));
  CHECK(schema["properties"]["cups"]["maximum"] == 1000.0);
  CHECK(schema["properties"]["roast"]["enum"] == Json::array({"light", "dark"}));
  CHECK(schema["properties"].contains("hardware.power.tdp"));
  const std::string text = explanation_text(explain(a.question, {"brewing_time"}));
  CHECK(contains(text, "brewing_time = heat / hardware.power.tdp"));
  CHECK(contains(text, "= 235.5 kJ / 700 W"));
  CHECK(contains(text, "kelvin of a light roast"));
}

TEST_CASE("coffee: a sweep over devices and cups has the bits of single calls") {
  Question q(table_of("coffee"), built_in());
  Problems problems;
  const auto hardware = parse_axis(q, "hardware=h100,t4", problems), cups = parse_axis(q, "cups=1..5", problems);
  REQUIRE_MESSAGE(problems.empty(), all_sentences(problems));
  const Sweep sweep(q, {*hardware, *cups}, {"brewing_time"}, problems);
  std::vector<double> times;
  sweep.run([&](const Block& block) {
    REQUIRE(block.columns);
    times.insert(times.end(), (*block.columns)[0].begin(), (*block.columns)[0].end());
  });
  REQUIRE(times.size() == 10);
  for (int i = 0; i < 10; ++i)
    CHECK(same_bits(
        times[static_cast<std::size_t>(i)],
        Asked("coffee", {{"hardware", i < 5 ? "h100" : "t4"}, {"cups", std::to_string(i % 5 + 1)}})["brewing_time"]));
}

TEST_CASE("coffee: a figure of a device can be overridden, and what does not enter the answer is listed") {
  CHECK(Asked("coffee", {{"hardware", "h100"}, {"hardware.power.tdp", "1.4 kW"}})["brewing_time"] ==
        near(Asked("coffee", {{"hardware", "h100"}})["brewing_time"] / 2));
  CHECK(Asked("coffee", {{"hardware", "h100"}, {"hardware.memory.bandwidth", "8"}}).question.ignored() ==
        std::vector<std::string>{"hardware.memory.bandwidth"});
}

TEST_CASE("operators: 32 products of a vector and a 4096 x 4096 matrix read 1.074 GB and take an H100 320.7 us") {
  // A product moves (4096 + 16,777,216 + 4096) x 2 = 33,570,816 bytes: 33,570,816 / 3.35e12 = 10.02 us, 32 times.
  const Asked a("operator-sum", {{"operators", matmul}, {"hardware", "h100"}});
  CHECK(a["traffic"] == 32 * 33570816.0);
  CHECK(a["work"] == 32 * 2.0 * 4096 * 4096);
  CHECK(a.in("latency", us) == near(32 * 33570816.0 / 3.35e12 * 1e6));
}

TEST_CASE("operators: the derivation shows a step for each group, by its name") {
  const std::string both = matmul.substr(0, matmul.size() - 1) + ", " + elementwise.substr(1);
  const Asked a("operator-sum", {{"operators", both}, {"hardware", "h100"}});
  const Explanation e = explain(a.question, {"latency"});
  CHECK(e.steps.front().equation == "matmul 0 + elementwise 1");
  for (const std::string name : {"matmul 0", "elementwise 1"})
    CHECK_MESSAGE(std::ranges::count(e.steps, name, &ExplainedStep::name) == 1, name);
  CHECK(contains(explanation_text(e), "williams2009roofline"));
}

TEST_CASE("operators: its own reader says what is wrong with which group") {
  const auto refused = [](const std::string& text) {
    return Refusal("operator-sum", {{"operators", text}, {"hardware", "h100"}}).problem();
  };
  CHECK(contains(refused("").message, "must be a list of groups"));
  CHECK(contains(refused("[]").message, "must be a list of groups"));
  CHECK(contains(refused("[{").message, "must be a list of groups"));
  CHECK(refused(R"([{"kind": "conv"}])").argument == "operators.0.kind");
  CHECK(contains(refused(R"([{"kind": "matmul"}, {"kind": "matmul", "m": 0}])").argument, "operators.1.m"));
  CHECK(contains(Refusal("operator-sum", {{"hardware", "h100"}}).text(), "operators is missing"));
}

TEST_CASE("operators: what is reached depends on the body, even where one body takes the place of another in memory") {
  // Element-wise steps need no rate: Coral answers in fp16. Products do, and Coral has none.
  for (int again = 0; again < 50; ++again) {
    CHECK(Refusal("operator-sum", {{"operators", elementwise}, {"hardware", "coral"}}).answered);
    const Refusal product("operator-sum", {{"operators", matmul}, {"hardware", "coral"}});
    CHECK_FALSE(product.answered);
    CHECK(contains(product.text(), "no unit for fp16"));
  }
}

TEST_CASE("operators: the schema takes the body as text, list or object, and asks for it") {
  const Json schema = schema_json(table_of("operator-sum"));
  CHECK(schema["properties"]["operators"]["type"] == Json::array({"string", "object", "array"}));
}

TEST_CASE("walls() lists the three that this executable was built with, and each has a table") {
  std::vector<std::string> names;
  for (const Wall* wall : walls()) names.emplace_back(wall->name);
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"coffee", "operator-sum", "single-node"});
  CHECK(contains(no_wall("cofee").nearest, "coffee"));
}
