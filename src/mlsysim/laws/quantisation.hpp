#pragma once
// What compression does to size and to accuracy. Accuracy is a table of published results, never a law: each row says whose.
#include <algorithm>
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Change of accuracy, in points of 1 (-0.01 is one percentage point), between the published extremes.
struct AccuracyChange {
  double low, likely, high;
};
/// What a change rests on: nothing is lost by definition; a published row; rows on both sides; no source at all.
enum class AccuracyBasis { exact, published, bracketed, no_source };

namespace compression {

struct Row {
  double at;  // bits, or sparsity
  AccuracyChange change;
};

/// Weights of language models, after training. 8 bits: 1 to 3 % lost at most, 4 bits rival them (kurtic2024give, abstract).
/// 3 and 2 bits: no source; estimates with wide ranges.
inline constexpr Row language_bits[] = {{1, {-0.60, -0.45, -0.30}}, {2, {-0.60, -0.30, -0.05}},
                                        {3, {-0.20, -0.06, -0.02}}, {4, {-0.03, -0.015, 0}},
                                        {8, {-0.03, -0.01, 0}},     {16, {0, 0, 0}}};
/// Image networks. 8 bits: within 2 % after training, within 1 % when trained for it; 4 bits, trained for it: 2 to 10 % lost
/// (krishnamoorthi2018quantizing, abstract). 3 bits and fewer: no source.
inline constexpr Row vision_bits[] = {{1, {-0.60, -0.40, -0.15}}, {2, {-0.40, -0.20, -0.05}},
                                      {3, {-0.20, -0.10, -0.03}}, {4, {-0.10, -0.05, -0.02}},
                                      {8, {-0.02, -0.01, 0}},     {16, {0, 0, 0}}};
/// Language models, unstructured, after training: half of the weights of LLaMA 7B to 65B, mean of seven zero-shot tasks:
/// 59.99 to 54.21 at worst, 66.97 to 66.67 at best (sun2024simple, table 2). Above half: no source.
inline constexpr Row language_sparsity[] = {
    {0, {0, 0, 0}}, {0.5, {-0.058, -0.03, -0.003}}, {0.7, {-0.30, -0.15, -0.05}}, {1, {-0.60, -0.60, -0.30}}};
/// The same with two of four kept: 59.99 to 48.53 at worst (sun2024simple, table 2); the better end is an estimate.
inline constexpr AccuracyChange language_two_of_four{-0.115, -0.08, -0.04};
/// Image networks pruned while they are trained: MobileNet loses most (70.6 to 69.5, 67.7, 61.8, 53.6 at 50, 75, 90, 95 %), Inception
/// least (78.1 to 78.0, 76.1, 74.6 at 50, 75, 87.5 %) (zhu2017prune, tables 1 and 2). Above 95 %: no source.
inline constexpr Row vision_sparsity[] = {{0, {0, 0, 0}},
                                          {0.5, {-0.011, -0.006, -0.001}},
                                          {0.75, {-0.029, -0.025, -0.020}},
                                          {0.90, {-0.088, -0.06, -0.038}},
                                          {0.95, {-0.170, -0.11, -0.06}},
                                          {1, {-0.75, -0.75, -0.70}}};
/// A student of 60 % of BERT's size keeps 97 % of its GLUE score, 79.5 to 77.0 (sanh2019distilbert, table 1). Other sizes: no source.
inline constexpr Row distilled[] = {{0, {-0.60, -0.50, -0.30}}, {0.6, {-0.03, -0.025, -0.02}}, {1, {0, 0, 0}}};

/// The change at a place in a table: a row's own, or on the straight line between two.
///
/// Valid:   where a table's comment names a source; an estimate elsewhere.
/// Source:  sun2024simple, table 2, and what the tables above name
/// C++ only: it takes a table of rows, and gives three numbers.
template <std::size_t n>
AccuracyChange between_rows(const Row (&rows)[n], double at) {
  if (at <= rows[0].at) return rows[0].change;
  for (std::size_t i = 1; i < n; ++i)
    if (at <= rows[i].at) {
      const double share = (at - rows[i - 1].at) / (rows[i].at - rows[i - 1].at);
      const auto mix = [&](double a, double b) { return a + share * (b - a); };
      const auto &a = rows[i - 1].change, &b = rows[i].change;
      return {mix(a.low, b.low), mix(a.likely, b.likely), mix(a.high, b.high)};
    }
  return rows[n - 1].change;
}

}  // namespace compression

/// Size of weights of fewer bits over that of the baseline, scales included.
///
///     r = (b + 16 / g) / B
///
/// b  bits           of a stored weight                     [1]
/// g  group          weights that share one 16-bit scale    [1]
/// B  baseline_bits  of a weight before                     [1]
///
/// Valid:   b < 16; formats of 16 bits and more have no scales.
/// Source:  frantar2023gptq, section 4
/// Example: bits=4 group=128 baseline_bits=16
template <class T>
constexpr T quantised_share(T bits, T group, T baseline_bits) {
  const T scales = select(bits < T(16.0), named(T(16.0), "bits of a scale") / group, T(0.0));
  return cite((bits + scales) / baseline_bits, "frantar2023gptq, section 4");
}

/// Size of a pruned matrix over that of the dense one: what is kept, and where it stands.
///
///     r = min(1, (1 - s) + i / B)
///
/// s  sparsity        share of the weights that is gone                                     [1]
/// i  index_bits      bits that say, for each weight of the dense matrix, what is kept      [1]
/// B  baseline_bits   of a weight                                                           [1]
///
/// Valid:   a bit map (i = 1) for any pattern; two of four kept: two indices of two bits for four weights, 1 too; none for rows
///          and columns that are taken out.
/// Source:  mishra2021accelerating, section 3; gale2020sparse, section 2
/// Example: sparsity=0.5 index_bits=1 baseline_bits=16
template <class T>
constexpr T pruned_share(T sparsity, T index_bits, T baseline_bits) {
  return cite(min(T(1.0), T(1.0) - sparsity + index_bits / baseline_bits), "mishra2021accelerating, section 3");
}

}  // namespace mlsysim
