#pragma once
// How many samples a small group needs.
#include <cmath>
#include <limits>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

namespace sampling {
/// Two-sided quantile of the normal distribution: |Z| exceeds it with probability 1 - c.
inline double normal_quantile(double confidence) {
  double low = 0, high = 40;
  const double outside = 1 - confidence;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (std::erfc(middle * std::sqrt(0.5)) > outside ? low : high) = middle;
  }
  return 0.5 * (low + high);
}
/// Regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz).
inline double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
  constexpr double tiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  d = 1 / (std::fabs(d) < tiny ? tiny : d);
  double f = d;
  for (int m = 1; m < 200000; ++m) {
    const auto next = [&](double term) {
      d = 1 + term * d, c = 1 + term / c;
      if (std::fabs(d) < tiny) d = tiny;
      if (std::fabs(c) < tiny) c = tiny;
      d = 1 / d;
      f *= d * c;
      return d * c;
    };
    next(m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)));
    if (std::fabs(next(-(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))) - 1) < 1e-15) break;
  }
  // Stirling's series, since a difference of log-gammas of millions loses the digits that the exponential needs.
  const auto rest = [](double z) {  // lgamma(z) - ((z - 1/2) log z - z + log(2 pi) / 2)
    return z < 10 ? std::lgamma(z) - ((z - 0.5) * std::log(z) - z + 0.91893853320467274)
                  : (1 - (1 / 30. - 1 / (105 * z * z)) / (z * z)) / (12 * z);
  };
  const double n = a + b;
  const double log_front = a * std::log(x * n / a) + b * (std::log1p(-x) + std::log(n / b)) +
                           0.5 * std::log(a * b / n) - 0.91893853320467274 + rest(n) - rest(a) - rest(b);
  return std::exp(log_front) * f / a;
}
}  // namespace sampling

/// Samples that estimate a share within a margin.
///
///     n = ceil(z^2 / (4 x^2)),   P(|Z| > z) = 1 - c
///
/// x  margin       half of the width of the interval, 1e-6 to 0.5                [1]
/// c  confidence   probability that the interval holds the share, 0.001 to 0.9999   [1]
///
/// Valid:   normal approximation, n above about 30; a share of one half, the worst case.
/// Source:  cochran1977sampling, section 4.4
/// Example: margin=0.05 confidence=0.95
template <class T>
T samples_within(T margin, T confidence) {
  const auto formula = [](double x, double c) {
    const double z = sampling::normal_quantile(c);
    return std::ceil(z * z / (4 * x * x));
  };
  return cite(opaque("samples_within", formula, margin, confidence), "cochran1977sampling, section 4.4");
}

/// The least sample that holds n of a group, with a given probability.
///
///     N : P(Binomial(N, p) >= n) >= c,   P(Binomial(N, p) >= n) = I_p(n, N - n + 1)
///
/// n  wanted       members of the group that are wanted, >= 1                   [1]
/// p  prevalence   share of the group in what is sampled, 1e-9 to 1             [1]
/// c  confidence   probability that the sample holds as many, 0.001 to 0.9999   [1]
///
/// Valid:   independent draws; exact.
/// Source:  cochran1977sampling, section 4.5; feller1968probability, VI.10
/// Example: wanted=385 prevalence=0.01 confidence=0.95
template <class T>
T samples_to_hold(T wanted, T prevalence, T confidence) {
  const auto search = [](double n, double p, double c) {
    if (p >= 1) return n;
    const auto enough = [&](double size) { return sampling::incomplete_beta(n, size - n + 1, p) >= c; };
    double low = n - 1, high = std::ceil(n / p);  // low is too few
    while (!enough(high)) low = high, high = std::ceil(1.5 * high) + 1;
    while (high - low > 1) {
      const double middle = std::floor(0.5 * (low + high));
      (enough(middle) ? high : low) = middle;
      if (middle == low && middle == high) break;
    }
    return high;
  };
  return cite(opaque("samples_to_hold", search, wanted, prevalence, confidence), "cochran1977sampling, section 4.5");
}

}  // namespace mlsysim
