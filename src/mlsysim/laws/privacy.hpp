#pragma once
// Differentially private training: how much noise a budget asks for, and what clipping each example's gradient costs.
#include <cmath>
#include <limits>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

namespace privacy {
inline constexpr double too_much = 1e6;  // a noise multiplier that no budget in range needs

/// Renyi divergence of order `a` of one step: log of the sum over k of C(a, k) (1 - q)^(a - k) q^k e^(k (k - 1) / 2 s^2), over a - 1.
inline double renyi(int a, double q, double s) {
  if (q >= 1) return a / (2 * s * s);
  double top = -std::numeric_limits<double>::infinity(), sum = 0;
  double choose = 0;  // log C(a, k)
  for (int k = 0; k <= a; ++k) {
    if (k > 0) choose += std::log(a - k + 1.0) - std::log(k);
    const double term = choose + (a - k) * std::log1p(-q) + k * std::log(q) + k * (k - 1.0) / (2 * s * s);
    if (term > top) sum = sum * std::exp(top - term) + 1, top = term;
    else sum += std::exp(term - top);
  }
  return (top + std::log(sum)) / (a - 1);
}
/// Epsilon of `steps` steps with noise `s`, over the orders 2 to 64 and then powers of 2 to 1024.
inline double epsilon(double s, double delta, double q, double steps) {
  double best = std::numeric_limits<double>::infinity();
  for (int a = 2; a <= 1024; a = a < 64 ? a + 1 : 2 * a) {
    const double spent = steps * renyi(a, q, s) + std::log1p(-1.0 / a) - (std::log(delta) + std::log(a)) / (a - 1);
    best = std::fmin(best, std::fmax(spent, 0.0));
  }
  return best;
}
}  // namespace privacy

/// Privacy that steps of Gaussian noise on a random sample spend.
///
///     epsilon = min over a of T R(a) + log((a - 1) / a) - (log delta + log a) / (a - 1)
///     R(a)    = log(sum over k of C(a, k) (1 - q)^(a - k) q^k e^(k (k - 1) / (2 s^2))) / (a - 1)
///
/// s      noise      standard deviation over the clipping norm, > 0                [1]
/// delta  delta      probability with which epsilon may fail, 1e-15 to 0.5          [1]
/// q      sampling   probability with which an example is in a step, 1e-9 to 1      [1]
/// T      steps      steps taken, >= 1                                              [1]
///
/// Valid:   Poisson sampling, add or remove one example; whole orders a from 2 to 1024: an upper bound.
/// Source:  mironov2019renyi, section 3.3; balle2020hypothesis, theorem 21
/// Example: noise=1.3 delta=1e-5 sampling=0.00427 steps=3516
template <class T>
T privacy_spent(T noise, T delta, T sampling, T steps) {
  return cite(opaque("privacy_spent", &privacy::epsilon, noise, delta, sampling, steps),
              "mironov2019renyi, section 3.3; balle2020hypothesis, theorem 21");
}

/// The least noise that keeps within a budget: the inverse of `privacy_spent`.
///
///     s : privacy_spent(s, delta, q, T) = epsilon
///
/// epsilon  epsilon    the budget, > 0                                                [1]
/// delta    delta      probability with which it may fail, 1e-15 to 0.5               [1]
/// q        sampling   probability with which an example is in a step, 1e-9 to 1      [1]
/// T        steps      steps taken, >= 1                                              [1]
///
/// Valid:   as privacy_spent; by bisection to 1e-12; unlimited where an order up to 1024 can't reach epsilon.
/// Source:  mironov2019renyi, section 3.3; abadi2016deep, section 3
/// Example: epsilon=1 delta=1e-5 sampling=0.01 steps=1000
template <class T>
T noise_multiplier(T epsilon, T delta, T sampling, T steps) {
  const auto inverse = [](double budget, double d, double q, double t) {
    double low = 1e-3, high = 1;
    while (privacy::epsilon(high, d, q, t) > budget) {
      low = high, high *= 2;
      if (high > privacy::too_much) return std::numeric_limits<double>::infinity();
    }
    for (int i = 0; i < 60 && high - low > 1e-12 * high; ++i) {
      const double middle = 0.5 * (low + high);
      (privacy::epsilon(middle, d, q, t) > budget ? low : high) = middle;
    }
    return high;
  };
  return cite(opaque("noise_multiplier", inverse, epsilon, delta, sampling, steps), "mironov2019renyi, section 3.3");
}

/// Work of a training step with further backward passes over one with a single one; a backward pass is two forward ones.
///
///     f = (1 + 2 b) / (1 + 2)
///
/// b  backward_passes   backward passes of a step, >= 1   [1]
///
/// Valid:   ghost clipping has two: one for each example's gradient norm, one for the clipped sum; the norms are free.
/// Source:  li2022large, section 4; kaplan2020scaling, section 2.1
/// Example: backward_passes=2
template <class T>
constexpr T repeated_backward_cost(T backward_passes) {
  return cite((T(1.0) + T(2.0) * backward_passes) / T(3.0), "li2022large, section 4");
}

}  // namespace mlsysim
