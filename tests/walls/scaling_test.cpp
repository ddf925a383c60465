// Wall 11, worked by hand.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/laws/scaling.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
Asked asked(Arguments more) { return Asked("scaling", more); }
}  // namespace

TEST_CASE(
    "1e21 flop at 20 tokens a parameter: 2.887 billion parameters, 57.7 billion tokens, whatever unit the budget is "
    "in") {
  for (const char* budget : {"1e21 flop", "1e9 Tflop", "1000 Eflop", "1 Zflop", "1e21"}) {
    const Asked a = asked({{"compute_budget", budget}, {"approach", "tokens_per_parameter"}});
    CHECK(a["optimal_parameters"] == near(std::sqrt(1e21 / 120)));
    CHECK(a["optimal_tokens"] == near(20 * std::sqrt(1e21 / 120)));
    CHECK(a["tokens_per_parameter"] == near(20.0));
    CHECK(a["compute_budget_flops"] == near(1e21));
    CHECK(a["overtraining"] == near(1.0));
  }
}

TEST_CASE("the default minimises the loss of the refit curve: 2.78 billion at 1e21 flop, no penalty") {
  const Asked a = asked({{"compute_budget", "1e21 flop"}});
  CHECK(a["optimal_parameters"] == near(2.78e9, 0.01));
  CHECK(a["predicted_loss"] == near(besiroglu_curve.best_loss(1e21)));
  CHECK(a["loss_penalty"] == near(0.0));
  CHECK(a["compute_penalty"] == near(1.0));
  CHECK(a.flag("within_fitted_range"));
}

TEST_CASE(
    "an 8-billion model on 15e12 tokens is 50 to 90 times overtrained and costs more arithmetic than its loss needs") {
  // 6 x 8.03e9 x 15e12 = 7.227e23 flop
  const Asked a = asked(
      {{"compute_budget", "7.227e23 flop"}, {"target_model_size", "8.03e9"}, {"approach", "tokens_per_parameter"}});
  CHECK(a["optimal_parameters"] == 8.03e9);
  CHECK(a["optimal_tokens"] == near(15e12, 1e-9));
  CHECK(a["tokens_per_parameter"] == near(15e12 / 8.03e9));
  CHECK(a["overtraining"] == near(15e12 / 8.03e9 / 20));  // 93
  CHECK(a["predicted_loss"] == near(besiroglu_curve.loss(8.03e9, 15e12)));
  CHECK(a["loss_penalty"] > 0.02);
  CHECK(a["compute_penalty"] > 2);
  CHECK_FALSE(a.flag("within_fitted_range"));
}

TEST_CASE("a budget as time: 30 days of 1,024 accelerators at 989.4 Tflop/s and 40 % are 1.05e24 flop") {
  const Asked a = asked({{"training_time", "30 day"}, {"accelerators", "1024"}});
  CHECK(a["compute_budget_flops"] == near(30.0 * 86400 * 1024 * 989.4e12 * 0.4));
  const Asked slower =
      asked({{"training_time", "30 day"}, {"accelerators", "1024"}, {"peak_flops", "312"}, {"mfu", "0.5"}});
  CHECK(slower["compute_budget_flops"] == near(30.0 * 86400 * 1024 * 312e12 * 0.5));
}

TEST_CASE("each approach has its size") {
  const auto size = [](const char* approach) {
    return asked({{"compute_budget", "5.76e23 flop"}, {"approach", approach}})["optimal_parameters"];
  };
  CHECK(size("tokens_per_parameter") == near(69.3e9, 0.01));
  CHECK(size("isoflop") == near(63.7e9, 0.01));
  CHECK(size("parametric") == near(32.2e9, 0.01));
  CHECK(size("parametric_refit") == near(72e9, 0.02));
  CHECK(asked({{"compute_budget", "1.2e20 flop"},
               {"approach", "tokens_per_parameter"},
               {"ratio", "200"}})["optimal_parameters"] == near(std::sqrt(1e17)));
}

TEST_CASE("a life of 1e13 answered tokens asks for a smaller model than training alone, for the same loss") {
  const Asked a = asked({{"compute_budget", "5.76e23 flop"}, {"inference_tokens", "1e13"}});
  CHECK(a["lifetime_parameters"] < a["optimal_parameters"]);
  CHECK(a["lifetime_tokens"] > a["optimal_tokens"]);
  CHECK(besiroglu_curve.loss(a["lifetime_parameters"], a["lifetime_tokens"]) == near(a["predicted_loss"], 1e-6));
  CHECK(a["lifetime_compute"] == near(a["lifetime_parameters"] * (6 * a["lifetime_tokens"] + 2e13)));
  CHECK(a["lifetime_saving"] > 0.05);
  CHECK(asked({{"compute_budget", "5.76e23 flop"}})["lifetime_saving"] == near(0.0));
}

TEST_CASE("the original: 20 tokens a parameter whatever was asked for, an H100 of 989 Tflop/s") {
  const Asked a = asked({{"training_time", "1 day"}, {"target_model_size", "7e9"}, {"assumptions", "mlsysim-0.1"}});
  CHECK(a["compute_budget_flops"] == near(3.417984e19));
  CHECK(a["optimal_tokens"] == near(3.417984e19 / 6 / 7e9));
  const Asked b = asked({{"compute_budget", "1e21 flop"}, {"approach", "isoflop"}, {"assumptions", "mlsysim-0.1"}});
  CHECK(b["optimal_parameters"] == near(std::sqrt(1e21 / 120)));
}

TEST_CASE("refused by name: no budget at all, a budget of nothing, a size below one, a budget in bytes") {
  CHECK_FALSE(Refusal("scaling", {}).answered);
  for (const auto& [name, text] : Arguments{{"compute_budget", "0"},
                                            {"target_model_size", "0"},
                                            {"mfu", "1.1"},
                                            {"ratio", "0"},
                                            {"inference_tokens", "-1"},
                                            {"compute_budget", "3 GB"}}) {
    Arguments all = {{"compute_budget", "1e21 flop"}};
    if (name == "compute_budget") all.clear();
    all.push_back({name, text});
    const Refusal r("scaling", all);
    CHECK_FALSE(r.answered);
    CHECK(r.problem().argument == name);
  }
}
