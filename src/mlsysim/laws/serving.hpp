#pragma once
// Closed forms of serving a language model: what a prompt attends to, shards, speculation, pages, requests in flight.
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Tokens that each of n new tokens attends to on average, causally, after a prefix that is cached.
///
///     c = p + n / 2
///
/// p  prefix   cached tokens before the new ones   [token]
/// n  tokens   new tokens                          [token]
///
/// Valid:   full causal attention (half a token is left out).
/// Source:  kaplan2020scaling, section 2.1
/// Example: prefix=0 tokens=2048
template <class T>
constexpr Tokens<T> causal_context(Tokens<T> prefix, Tokens<T> tokens) {
  return cite(prefix + tokens * T(0.5), "kaplan2020scaling, section 2.1");
}

/// The same in a layer with a sliding window: the first k of the n tokens still see all before them, the others see w.
///
///     c = (k (p + k / 2) + (n - k) w) / n,   k = min(n, max(0, w - p))
///
/// p  prefix   cached tokens before the new ones   [token]
/// n  tokens   new tokens                          [token]
/// w  window   length of the window                [token]
///
/// Valid:   causal attention; n > 0.
/// Source:  beltagy2020longformer, section 3.1
/// Example: prefix=0 tokens=8192 window=4096
template <class T>
constexpr Tokens<T> causal_window_context(Tokens<T> prefix, Tokens<T> tokens, Tokens<T> window) {
  const Tokens<T> growing = min(tokens, max(Tokens<T>{T(0.0)}, window - prefix));
  const T share = growing / tokens;
  return cite(share * (prefix + growing * T(0.5)) + (T(1.0) - share) * window, "beltagy2020longformer, section 3.1");
}

/// Share of a layer that the busiest of t tensor-parallel devices holds: heads are whole.
///
///     f = ceil(H / t) / H
///
/// H  heads     query heads, or key and value heads for the cache   [1]
/// t  devices   tensor-parallel devices                             [1]
///
/// Valid:   heads sharded evenly; with more devices than heads, some are held twice.
/// Source:  shoeybi2019megatron, section 3; pope2023scaling, section 3.3
/// Example: heads=8 devices=16
template <class T>
constexpr T shard_share(T heads, T devices) {
  return cite(ceil(heads / devices) / heads, "shoeybi2019megatron, section 3");
}

/// Tokens that a verification step yields for each sequence: the accepted ones of K drafted, and one of its own.
///
///     E = (1 - a^(K+1)) / (1 - a)
///
/// a  acceptance   probability that a drafted token is accepted   [1]
/// K  drafted      tokens drafted for each verification           [1]
///
/// Valid:   acceptances independent with one probability; K + 1 at a = 1.
/// Source:  leviathan2023fast, eq. 1
/// Example: acceptance=0.8 drafted=4
template <class T>
T expected_tokens(T acceptance, T drafted) {
  const auto formula = [](double a, double k) { return a < 1 ? (1 - std::pow(a, k + 1)) / (1 - a) : k + 1; };
  return cite(opaque("expected_tokens", formula, acceptance, drafted), "leviathan2023fast, eq. 1");
}

/// Mean over an interval of the larger of two quantities that both change linearly across it.
///
///     m = mean(g) + mean(max(f - g, 0))
///
/// f(0)  f0   the first at one end      [s]
/// f(1)  f1   the first at the other    [s]
/// g(0)  g0   the second at one end     [s]
/// g(1)  g1   the second at the other   [s]
///
/// Valid:   both linear; exact, whether they cross or not.
/// Source:  williams2009roofline, eq. 1, integrated
/// Example: f0=1ms f1=3ms g0=2ms g1=2ms
template <class T>
Time<T> mean_of_larger(Time<T> f0, Time<T> f1, Time<T> g0, Time<T> g1) {
  const auto positive = [](double a, double b) {
    if (a >= 0 && b >= 0) return 0.5 * (a + b);
    if (a <= 0 && b <= 0) return 0.0;
    const double top = std::fmax(a, b);
    return 0.5 * top * top / std::fabs(a - b);
  };
  const T excess = opaque("mean_excess", positive, (f0 - g0).base, (f1 - g1).base);
  return cite((g0 + g1) * T(0.5) + Time<T>{excess}, "williams2009roofline, eq. 1");
}

/// Tokens of cache that a sequence occupies in whole pages.
///
///     c' = ceil(c / p) p
///
/// c  tokens   tokens in the cache   [token]
/// p  page     tokens of a page      [token]
///
/// Valid:   pages are not shared.
/// Source:  kwon2023paged, section 4
/// Example: tokens=4001 page=16
template <class T>
constexpr Tokens<T> paged_tokens(Tokens<T> tokens, Tokens<T> page) {
  return cite(ceil(tokens / page) * page, "kwon2023paged, section 4");
}

/// The same on average over sequences whose lengths fall anywhere in a page: the last page is half empty.
///
///     c' = c + (p - 1) / 2
///
/// c  tokens   mean tokens in the cache   [token]
/// p  page     tokens of a page           [token]
///
/// Valid:   lengths spread over more than a page.
/// Source:  kwon2023paged, section 4
/// Example: tokens=4001 page=16
template <class T>
constexpr Tokens<T> mean_paged_tokens(Tokens<T> tokens, Tokens<T> page) {
  return cite(tokens + (page - Tokens<T>{T(1.0)}) * T(0.5), "kwon2023paged, section 4");
}

/// Mean tokens in the cache of a request that is in flight: long outputs are met more often than short ones.
///
///     c = s + o (1 + v^2) / 2
///
/// s  prompt   mean tokens of a prompt                     [token]
/// o  output   mean tokens of an output                    [token]
/// v  spread   standard deviation of the output over mean  [1]
///
/// Valid:   steady state; prompt and output independent; a step takes about the same time early and late.
/// Source:  cox1962renewal, section 5.3 (mean age of the interval that a moment falls in)
/// Example: prompt=1000 output=500 spread=1
template <class T>
constexpr Tokens<T> context_in_flight(Tokens<T> prompt, Tokens<T> output, T spread) {
  return cite(prompt + output * (T(1.0) + spread * spread) * T(0.5), "cox1962renewal, section 5.3");
}

/// Expected longest of n lengths, over their mean.
///
///     E = integral over x of 1 - F(x)^n
///
/// n  count    lengths                            [1]
/// v  spread   standard deviation over mean       [1]
///
/// Valid:   independent log-normal lengths (1 where there is no spread).
/// Source:  david2003order, section 3.1
/// Example: count=32 spread=1
template <class T>
T expected_longest(T count, T spread) {
  const auto integral = [](double n, double v) {
    if (!(v > 1e-6) || !(n > 1)) return 1.0;
    // Of a log-normal of mean 1: median e^(-s^2/2), x = e^(s z - s^2/2). In z the integrand is smooth: Simpson's rule.
    const double sigma = std::sqrt(std::log1p(v * v)), low = -9, high = 12;
    constexpr int steps = 400;
    const double step = (high - low) / steps, root = std::sqrt(0.5);
    double sum = 0;
    for (int i = 0; i <= steps; ++i) {
      const double z = low + i * step;
      const double above = 0.5 * std::erfc(z * root);
      const double longest = -std::expm1(n * std::log1p(-std::fmin(above, 1 - 1e-16)));
      const double weight = i == 0 || i == steps ? 1 : i % 2 ? 4 : 2;
      sum += weight * longest * sigma * std::exp(sigma * z - 0.5 * sigma * sigma);
    }
    return sum * step / 3 + std::exp(sigma * low - 0.5 * sigma * sigma);
  };
  return cite(opaque("expected_longest", integral, count, spread), "david2003order, section 3.1");
}

/// Share of the pages of a sequence that holds no tokens.
///
///     f = 1 - c / c',   c' = ceil(c / p) p
///
/// c  tokens   tokens in the cache, > 0   [token]
/// p  page     tokens of a page, > 0      [token]
///
/// Valid:   pages are not shared.
/// Source:  kwon2023paged, section 4
/// Example: tokens=4001 page=16
template <class T>
constexpr T paged_waste(Tokens<T> tokens, Tokens<T> page) {
  return cite(T(1.0) - tokens / paged_tokens(tokens, page), "kwon2023paged, section 4");
}

}  // namespace mlsysim
