#pragma once
// Scaling laws of language models: which size and how many tokens a budget of arithmetic should buy.
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// L = E + A / N^alpha + B / D^beta, fitted to the same runs by two groups.
struct LossCurve {
  double irreducible, size_factor, data_factor, size_exponent, data_exponent;

  double loss(double parameters, double tokens) const {
    return irreducible + size_factor * std::pow(parameters, -size_exponent) +
           data_factor * std::pow(tokens, -data_exponent);
  }
  /// The size that minimises the loss at 6 N D = compute.
  double best_parameters(double compute) const {
    const double sum = size_exponent + data_exponent;
    return std::pow(size_exponent * size_factor / (data_exponent * data_factor), 1 / sum) *
           std::pow(compute / 6, data_exponent / sum);
  }
  double best_loss(double compute) const {
    const double n = best_parameters(compute);
    return loss(n, compute / 6 / n);
  }
  /// The budget at which the best size reaches a loss: both terms fall as compute^-(alpha beta / (alpha + beta)).
  double compute_for(double loss) const {
    const double power = size_exponent * data_exponent / (size_exponent + data_exponent);
    return std::pow((loss - irreducible) / (best_loss(1) - irreducible), -1 / power);
  }
  /// The tokens on which a size reaches a loss; infinite where it never does.
  double tokens_for(double parameters, double loss) const {
    const double left = loss - irreducible - size_factor * std::pow(parameters, -size_exponent);
    return left > 0 ? std::pow(left / data_factor, -1 / data_exponent) : INFINITY;
  }
  /// The size that reaches the best loss of a budget with the least arithmetic for training (6 N D) and inference (2 N tokens).
  double lifetime_parameters(double compute, double inference_tokens) const {
    const double most = best_parameters(compute), target = best_loss(compute);
    const auto total = [&](double log_size) {
      const double n = std::exp(log_size);
      return 6 * n * tokens_for(n, target) + 2 * n * inference_tokens;
    };
    if (inference_tokens <= 0) return most;
    // From the size that would need endless data up to the best for training alone; the total has one minimum between them.
    double low = std::log(size_factor / (target - irreducible)) / size_exponent, high = std::log(most);
    const double golden = 0.6180339887498949;
    double a = high - golden * (high - low), b = low + golden * (high - low), at_a = total(a), at_b = total(b);
    for (int i = 0; i < 60; ++i) {
      if (at_a < at_b) high = b, b = a, at_b = at_a, a = high - golden * (high - low), at_a = total(a);
      else low = a, a = b, at_a = at_b, b = low + golden * (high - low), at_b = total(b);
    }
    return std::exp(0.5 * (low + high));
  }
};
/// Approach 3 of Hoffmann et al., with the coefficients as printed.
inline constexpr LossCurve hoffmann_curve{1.69, 406.4, 410.7, 0.34, 0.28};
/// The same runs fitted again by Besiroglu et al.; agrees with approaches 1 and 2, which the printed coefficients do not.
inline constexpr LossCurve besiroglu_curve{1.8172, 482.01, 2085.43, 0.3478, 0.3658};

/// Tokens that a budget trains a model of a size on.
///
///     D = C / 6 N
///
/// C  compute      budget of arithmetic   [flop]
/// N  parameters   of the model           [1]
///
/// Valid:   dense transformers; attention over the context left out.
/// Source:  kaplan2020scaling, section 2.1
/// Example: compute=1e21flop parameters=2.887e9
template <class T>
constexpr Tokens<T> trained_tokens(Work<T> compute, T parameters) {
  return cite(Tokens<T>{compute.base / (named(T(6.0), "flop for a parameter and a token") * parameters)},
              "kaplan2020scaling, section 2.1");
}

/// Size at a fixed number of tokens for each parameter.
///
///     N = sqrt(C / 6 k)
///
/// C  compute   budget of arithmetic         [flop]
/// k  ratio     tokens for each parameter, > 0   [1]
///
/// Valid:   k = 20 is what Hoffmann et al. find near 6e23 flop; the best k drifts with the budget.
/// Source:  hoffmann2022training, table 3
/// Example: compute=1e21flop ratio=20
template <class T>
T size_at_ratio(Work<T> compute, T ratio) {
  const auto formula = [](double c, double k) { return std::sqrt(c / (6 * k)); };
  return cite(opaque("size_at_ratio", formula, compute.base, ratio), "hoffmann2022training, table 3");
}

/// Size by the isoflop profiles (approach 2).
///
///     N = 1e9 (C / 1.20e20)^0.49
///
/// C  compute   budget of arithmetic   [flop]
///
/// Valid:   6e18 to 3e21 flop, where the profiles were taken; the anchor is the published projection for 1e9 parameters.
/// Source:  hoffmann2022training, table 2 and table A3
/// Example: compute=1e21flop
template <class T>
T isoflop_size(Work<T> compute) {
  const auto formula = [](double c) { return 1e9 * std::pow(c / 1.20e20, 0.49); };
  return cite(opaque("isoflop_size", formula, compute.base), "hoffmann2022training, table 2");
}

/// Size that minimises the parametric loss L = E + A / N^a + B / D^b at 6 N D = C.
///
///     N = (a A / b B)^(1 / (a + b)) (C / 6)^(b / (a + b))
///
/// C  compute   budget of arithmetic   [flop]
///
/// Valid:   70 million to 16 billion parameters on 5 to 500 billion tokens; an extrapolation beyond.
/// Source:  hoffmann2022training, eq. 4; besiroglu2024chinchilla for the second fit
/// Forms:   hoffmann_curve, besiroglu_curve
/// Example: compute=1e21flop
template <const LossCurve& curve, class T>
T parametric_size(Work<T> compute) {
  const auto formula = [](double c) { return curve.best_parameters(c); };
  return cite(opaque("parametric_size", formula, compute.base), "hoffmann2022training, eq. 4");
}

/// Loss after training, in nats a token of the authors' text.
///
///     L = E + A / N^a + B / D^b
///
/// N  parameters   of the model    [1]
/// D  tokens       trained on      [token]
///
/// Valid:   as parametric_size; one data set and tokeniser: differences carry over better than values.
/// Source:  hoffmann2022training, eq. 2; besiroglu2024chinchilla for the second fit
/// Forms:   hoffmann_curve, besiroglu_curve
/// Example: parameters=70e9 tokens=1.4e12
template <const LossCurve& curve, class T>
T parametric_loss(T parameters, Tokens<T> tokens) {
  const auto formula = [](double n, double d) { return curve.loss(n, d); };
  return cite(opaque("parametric_loss", formula, parameters, tokens.base), "hoffmann2022training, eq. 2");
}

/// Least arithmetic that reaches a loss: parametric_size and parametric_loss solved for the budget.
///
///     C = 6 ((L - E) / K)^(-(a + b) / a b),   K the loss above E at 6 flop
///
/// L  loss   above E   [1]
///
/// Valid:   as parametric_size.
/// Source:  hoffmann2022training, eq. 4
/// Forms:   hoffmann_curve, besiroglu_curve
/// Example: loss=2.2
template <const LossCurve& curve, class T>
Work<T> least_compute(T loss) {
  const auto formula = [](double l) { return curve.compute_for(l); };
  return cite(Work<T>{opaque("least_compute", formula, loss)}, "hoffmann2022training, eq. 4");
}

/// Size that reaches the best loss of a training budget with the least arithmetic over its life: the more it answers, the smaller.
///
///     min 6 N D + 2 N I   with   L(N, D) = L(C)
///
/// C  compute            training budget that sets the loss    [flop]
/// I  inference_tokens   tokens read and written in its life   [token]
///
/// Valid:   as parametric_size; arithmetic alone: inference is often bound by memory, which favours small models more.
/// Source:  sardana2023beyond, eq. 3
/// Forms:   hoffmann_curve, besiroglu_curve
/// Example: compute=1e23flop inference_tokens=1e12
template <const LossCurve& curve, class T>
T lifetime_size(Work<T> compute, Tokens<T> inference_tokens) {
  const auto formula = [](double c, double i) { return curve.lifetime_parameters(c, i); };
  return cite(opaque("lifetime_size", formula, compute.base, inference_tokens.base), "sardana2023beyond, eq. 3");
}

/// Tokens on which a size reaches the best loss of a training budget.
///
///     B / D^b = L(C) - E - A / N^a
///
/// C  compute      training budget that sets the loss    [flop]
/// N  parameters   of the model                          [1]
///
/// Valid:   as parametric_size; infinite for a model too small to reach it.
/// Source:  sardana2023beyond, eq. 3
/// Forms:   hoffmann_curve, besiroglu_curve
/// Example: compute=1e23flop parameters=20e9
template <const LossCurve& curve, class T>
Tokens<T> tokens_to_match(Work<T> compute, T parameters) {
  const auto formula = [](double c, double n) { return curve.tokens_for(n, curve.best_loss(c)); };
  return cite(Tokens<T>{opaque("tokens_to_match", formula, compute.base, parameters)}, "sardana2023beyond, eq. 3");
}

}  // namespace mlsysim
