#pragma once
// Wall 11: a budget of arithmetic buys a model of one size trained on one number of tokens.
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/laws/scaling.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

enum class ScalingApproach { tokens_per_parameter, isoflop, parametric, parametric_refit };
template <>
struct Words<ScalingApproach> {
  static constexpr const char* all[] = {"tokens_per_parameter", "isoflop", "parametric", "parametric_refit"};
};

template <class T>
struct ScalingQuery {
  Work<T> compute_budget{std::numeric_limits<double>::quiet_NaN()};
  T target_model_size = std::numeric_limits<double>::quiet_NaN();
  ScalingApproach approach = ScalingApproach::parametric_refit;
  Tokens<T> ratio{20.0};
  Time<T> training_time{std::numeric_limits<double>::quiet_NaN()};
  T accelerators = 1.0;
  WorkRate<T> peak_flops{std::numeric_limits<double>::quiet_NaN()};
  T mfu = 0.4;
  Tokens<T> inference_tokens{0.0};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v("compute_budget", q.compute_budget, flop, above(0),
      "arithmetic of the training (not stated: from training_time; in Python a time is taken for one)");
    v("target_model_size", q.target_model_size, one, at_least(1),
      "parameters that the model shall have (not stated: the best number)");
    v("approach", q.approach,
      "20 tokens a parameter; or a fit: isoflop profiles, the parametric loss as printed, or as fitted again");
    v("ratio", q.ratio, token, above(0), "tokens for each parameter, of the approach tokens_per_parameter");
    v("training_time", q.training_time, day, above(0),
      "time that the accelerators train, where no compute_budget is stated");
    v("accelerators", q.accelerators, one, count_from(1), "that train in that time");
    v("peak_flops", q.peak_flops, Tflop / s, above(0),
      "dense peak of one of them (not stated: 989.4 Tflop/s, an H100 in bf16)");
    v("mfu", q.mfu, one, between(0.001, 1), "share of the peak that training reaches (0.3 to 0.55 on large runs)");
    v("inference_tokens", q.inference_tokens, token, at_least(0),
      "tokens that the model will read and write in its life");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct ScalingResult {
  T optimal_parameters{};
  Tokens<T> optimal_tokens;
  Work<T> compute_budget_flops;
  T tokens_per_parameter{}, predicted_loss{}, loss_penalty{}, compute_penalty{}, overtraining{};
  T unconstrained_parameters{};
  Tokens<T> unconstrained_tokens;
  T lifetime_parameters{};
  Tokens<T> lifetime_tokens;
  Work<T> lifetime_compute;
  T lifetime_saving{};
  Flag<T> within_fitted_range;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("optimal_parameters", r.optimal_parameters, one, any, "size of the model: the best, or the one asked for");
    v("optimal_tokens", r.optimal_tokens, token, any, "tokens that the budget trains it on");
    v("compute_budget_flops", r.compute_budget_flops, flop, any, "arithmetic of the training");
    v("tokens_per_parameter", r.tokens_per_parameter, one, any, "tokens for each parameter");
    v("predicted_loss", r.predicted_loss, one, any,
      "in nats a token, by the loss curve (the refit one unless approach is parametric)");
    v("loss_penalty", r.loss_penalty, one, any, "above the least loss that the budget could reach by that curve");
    v("compute_penalty", r.compute_penalty, one, any, "budget over the least that reaches the same loss");
    v("overtraining", r.overtraining, one, any,
      "tokens for each parameter over those of the best size: above 1 a smaller model, cheaper to serve");
    v("unconstrained_parameters", r.unconstrained_parameters, one, any,
      "best size by the approach, whatever was asked for");
    v("unconstrained_tokens", r.unconstrained_tokens, token, any, "its tokens");
    v("lifetime_parameters", r.lifetime_parameters, one, any,
      "size that reaches the budget's least loss with the least arithmetic, inference included");
    v("lifetime_tokens", r.lifetime_tokens, token, any, "tokens to train it on");
    v("lifetime_compute", r.lifetime_compute, flop, any, "its arithmetic, training and inference");
    v("lifetime_saving", r.lifetime_saving, one, any, "share saved against training at the least loss for its budget");
    v("within_fitted_range", r.within_fitted_range,
      "size and tokens lie where the curves were fitted: 70 million to 16 billion, 5 to 500 billion");
  }
};

namespace scaling {

/// What a loss curve says about a size and its tokens.
template <const LossCurve& curve, class T>
void judge(const ScalingQuery<T>& q, ScalingResult<T>& r) {
  const Work<T> budget = r.compute_budget_flops;
  const T best = named(parametric_size<curve>(budget), "size of least loss");
  const Tokens<T> tokens_of_best = trained_tokens(budget, best);
  r.predicted_loss = parametric_loss<curve>(r.optimal_parameters, r.optimal_tokens);
  r.loss_penalty = max(T(0.0), r.predicted_loss - parametric_loss<curve>(best, tokens_of_best));
  r.compute_penalty = max(T(1.0), budget / least_compute<curve>(r.predicted_loss));
  r.lifetime_parameters = lifetime_size<curve>(budget, q.inference_tokens);
  r.lifetime_tokens = tokens_to_match<curve>(budget, r.lifetime_parameters);
  const T train = named(T(6.0), "flop for a parameter and a trained token"),
          answer = named(T(2.0), "flop for a parameter and an answered token");
  const auto life = [&](T size, Tokens<T> tokens) {
    return Work<T>{size * (train * tokens.base + answer * q.inference_tokens.base)};
  };
  r.lifetime_compute = life(r.lifetime_parameters, r.lifetime_tokens);
  r.lifetime_saving = max(T(0.0), T(1.0) - r.lifetime_compute / life(best, tokens_of_best));
}

}  // namespace scaling

template <class T>
ScalingResult<T> evaluate(const ScalingQuery<T>& q) {
  const bool original = q.assumptions.scaling == Basis::original;
  ScalingResult<T> r;
  const WorkRate<T> peak =
      first_stated(q.peak_flops, original ? named(WorkRate<T>{T(989e12)}, "original's H100")
                                          : named(WorkRate<T>{T(989.4e12)}, "H100 in bf16, dense"));
  r.compute_budget_flops = first_stated(q.compute_budget, q.training_time * (q.accelerators * q.mfu) * peak);
  const Work<T> budget = r.compute_budget_flops;

  const ScalingApproach approach = original ? ScalingApproach::tokens_per_parameter : q.approach;
  switch (approach) {
    case ScalingApproach::tokens_per_parameter:
      r.unconstrained_parameters = size_at_ratio(budget, original ? named(T(20.0), "original's ratio") : q.ratio.base);
      break;
    case ScalingApproach::isoflop:
      r.unconstrained_parameters = isoflop_size(budget);
      break;
    case ScalingApproach::parametric:
      r.unconstrained_parameters = parametric_size<hoffmann_curve>(budget);
      break;
    case ScalingApproach::parametric_refit:
      r.unconstrained_parameters = parametric_size<besiroglu_curve>(budget);
      break;
  }
  r.unconstrained_tokens = trained_tokens(budget, r.unconstrained_parameters);
  r.optimal_parameters = first_stated(q.target_model_size, r.unconstrained_parameters);
  r.optimal_tokens = trained_tokens(budget, r.optimal_parameters);
  r.tokens_per_parameter = r.optimal_tokens.base / r.optimal_parameters;
  r.overtraining = r.tokens_per_parameter / (r.unconstrained_tokens.base / r.unconstrained_parameters);
  if (approach == ScalingApproach::parametric) scaling::judge<hoffmann_curve>(q, r);
  else scaling::judge<besiroglu_curve>(q, r);

  const T yes = 1.0, no = 0.0;
  const auto between = [&](T x, double low, double high) {
    return select(T(low) <= x, select(x <= T(high), yes, no), no);
  };
  r.within_fitted_range = {min(between(r.optimal_parameters, 70e6, 16e9), between(r.optimal_tokens.base, 5e9, 500e9))};
  return r;
}

struct ScalingWall : Declares<ScalingQuery, ScalingResult, 11> {
  static constexpr auto name = "scaling", python = "ScalingModel",
                        doc = "Which model size and how many tokens a training budget should buy (Chinchilla).";
};

}  // namespace mlsysim
