#pragma once
// What a kernel takes on a device of many equal units (multiprocessors, compute units, cores): work is cut into tiles, tiles are
// dealt to the units in waves, and memory traffic runs beside them.
#include <algorithm>
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Time of two activities that run beside each other and get in each other's way where they are about equal.
///
///     t = (a^4 + b^4)^(1/4)
///
/// a  first    time of one alone         [s]
/// b  second   time of the other alone   [s]
///
/// Valid:   any; the larger of both where they differ, a fifth more where they are equal.
/// Source:  mlsysim-kernel-fit, matrix products: exponents of 3 to 5 fit seven GPUs alike
/// Example: first=10us second=30us
template <class T>
Time<T> overlapped(Time<T> first, Time<T> second) {
  const auto norm = [](double a, double b) { return std::sqrt(std::sqrt(a * a * a * a + b * b * b * b)); };
  return {opaque("overlapped", norm, first.base, second.base)};
}

/// Time for which the units of a device are busy with a matrix product: the fastest of six tile shapes, the inner dimension cut
/// into s parts where there are fewer tiles than units. Parts are summed through the cache.
///
///     t = min over a x b and s of  ceil(ceil(m/a) ceil(n/b) s / U) 2 a b ceil(k/s) / R + [s > 1] (t_s + 8 s m n / 5 B)
///
/// m  rows        of the result                               [1]
/// n  columns     of the result                               [1]
/// k  inner       dimension summed over                       [1]
/// U  units       that compute tiles                          [1]
/// R  rate        arithmetic of one unit                      [flop/s]
/// t_s  split     fixed time of summing parts                 [s]
/// B  bandwidth   of main memory; the cache has five times it [byte/s]
///
/// Valid:   tuned libraries; a x b in 64 x 64, 128 x 64, 128 x 128, 128 x 256, 256 x 128, to 16 rows 16 x 128; s in 1, 2 … 16.
/// Source:  mlsysim-kernel-fit, matrix products; tiles and waves as in nvidia-matmul-guide, sections 3 and 4
/// Example: rows=4096 columns=4096 inner=4096 units=132 rate=6Tflop/s split=3us bandwidth=3.35TB/s
template <class T>
Time<T> tile_time(T rows, T columns, T inner, T units, WorkRate<T> rate, Time<T> split, Bandwidth<T> bandwidth) {
  const auto fastest = [](double m, double n, double k, double u, double r, double t_s, double b) {
    constexpr double shapes[][2] = {{16, 128}, {64, 64}, {128, 64}, {128, 128}, {128, 256}, {256, 128}};
    double best = std::numeric_limits<double>::infinity();
    for (const auto& [tile_m, tile_n] : shapes) {
      if (tile_m == 16 && m > 16) continue;
      const double tiles = std::ceil(m / tile_m) * std::ceil(n / tile_n), column = 2 * tile_m * tile_n / r;
      best = std::min(best, std::ceil(tiles / u) * column * k);
      for (double s = 2; s <= 16 && tiles * s < 2 * u && k >= 128 * s; s *= 2)
        best = std::min(best, std::ceil(tiles * s / u) * column * std::ceil(k / s) + t_s + 8 * s * m * n / (5 * b));
    }
    return best;
  };
  return {opaque("tile_time", fastest, rows, columns, inner, units, rate.base, split.base, bandwidth.base)};
}

/// Time for which the units are busy with attention of one new token of each sequence: a block for each sequence and key head,
/// the cache of long sequences cut into s parts where there are fewer blocks than units. Queries that share a key head are
/// multiplied sixteen at a time.
///
///     t = min over s of  ceil(C s / U) (t_b + 4 max(64, n/s) d 16 ceil(g/16) / R) + [s > 1] t_s
///
/// C  blocks      sequences times key heads   [1]
/// n  context     tokens in the cache         [1]
/// d  head_dim    width of a head             [1]
/// g  group       query heads of a key head   [1]
/// U  units       that compute blocks         [1]
/// R  rate        arithmetic of one unit      [flop/s]
/// t_b  block     fixed time of a block       [s]
/// t_s  split     fixed time of joining parts [s]
///
/// Valid:   kernels that share keys within a group; s in 1, 2, 4 … 64, and no part below 32 tokens.
/// Source:  mlsysim-kernel-fit, decoding attention; the split as in dao2023flashdecoding
/// Example: blocks=512 context=8192 head_dim=128 group=4 units=132 rate=1Tflop/s block=1.5us split=2us
template <class T>
Time<T> decode_block_time(T blocks, T context, T head_dim, T group, T units, WorkRate<T> rate, Time<T> block,
                          Time<T> split) {
  const auto fastest = [](double c, double n, double d, double g, double u, double r, double t_b, double t_s) {
    const double column = 4 * d * 16 * std::ceil(g / 16) / r;
    const auto part = [&](double s) { return t_b + std::max(64.0, 64 * std::ceil(n / s / 64)) * column; };
    double best = std::ceil(c / u) * part(1);
    for (double s = 2; s <= 64 && n >= 32 * s; s *= 2) best = std::min(best, std::ceil(c * s / u) * part(s) + t_s);
    return best;
  };
  return {
      opaque("decode_block_time", fastest, blocks, context, head_dim, group, units, rate.base, block.base, split.base)};
}

/// Time for which the units are busy with attention of one new token of each sequence over latents that every head shares: a block
/// for each sequence, cut into s parts where there are fewer than units. Query heads are multiplied 64 at a time.
///
///     t = min over s <= p of  ceil(C s / U) (t_b + 2 max(64, n/s) w 64 ceil(h/64) / R) + [s > 1] t_s
///
/// C  blocks   sequences                              [1]
/// n  context  tokens in the cache                    [1]
/// w  width    of a key and of a value, together      [1]
/// h  heads    query heads, times tokens of a sequence [1]
/// U  units    that compute blocks                    [1]
/// R  rate     arithmetic of one unit                 [flop/s]
/// t_b  block  fixed time of a block                  [s]
/// t_s  split  fixed time of joining parts            [s]
/// p  parts    most parts that kernels cut into       [1]
///
/// Valid:   queries and outputs projected into and out of the latent apart; s in 1, 2, 4 … 64, and no part below 32 tokens.
/// Source:  mlsysim-kernel-fit, latent attention; the latent as in deepseek2024v2, section 2.1
/// Example: blocks=64 context=8192 width=1088 heads=128 units=132 rate=5Tflop/s block=5us split=4us parts=64
template <class T>
Time<T> latent_block_time(T blocks, T context, T width, T heads, T units, WorkRate<T> rate, Time<T> block,
                          Time<T> split, T parts) {
  const auto fastest = [](double c, double n, double w, double h, double u, double r, double t_b, double t_s,
                          double p) {
    const double column = 2 * w * 64 * std::ceil(h / 64) / r;
    const auto part = [&](double s) { return t_b + std::max(64.0, 64 * std::ceil(n / s / 64)) * column; };
    double best = std::ceil(c / u) * part(1);
    for (double s = 2; s <= p && n >= 32 * s; s *= 2) best = std::min(best, std::ceil(c * s / u) * part(s) + t_s);
    return best;
  };
  return {opaque("latent_block_time", fastest, blocks, context, width, heads, units, rate.base, block.base, split.base,
                 parts)};
}

/// Pairs of a query and a key that one head of a causal prefill computes: queries come in blocks of 128, the last key block of
/// each is half masked, and a window hides what lies before it.
///
///     P = q c + q (q + 1) / 2 + 64 q,  q = 128 ceil(S / 128);  with a window w: at most w + 128 keys a query
///
/// S  tokens    new tokens                          [1]
/// c  prefix    tokens in the cache before them     [1]
/// w  window    keys that a query sees (not stated: all) [1]
///
/// Valid:   fused kernels that skip blocks above the diagonal and before the window.
/// Source:  dao2023flashattention2, section 3.1
/// Example: tokens=2048 prefix=0 window=1024
template <class T>
T prefill_pairs(T tokens, T prefix, T window) {
  const T queries = ceil(tokens / T(128.0)) * T(128.0);
  const T seen = first_stated(window + T(128.0), prefix + queries);
  const T growing = min(queries, max(T(0.0), seen - prefix));  // queries that still see all before them
  return growing * prefix + growing * (growing + T(1.0)) * T(0.5) + (queries - growing) * seen + queries * T(64.0);
}

/// Time for which the units are busy with attention of new tokens: scores are multiplied by the matrix units and go through the
/// exponential of the softmax one at a time. Heads are shared out evenly; one block of queries runs on one unit.
///
///     t = max(H P / U, P_1) (4 d / R + 1 / E) + H ceil(S / 128) / U t_b
///
/// H  heads       query heads of all sequences                    [1]
/// P  pairs       of one head of one sequence                     [1]
/// P_1  longest   pairs of the block of queries that has most     [1]
/// S  tokens      new tokens of a sequence                        [1]
/// d  head_dim    width of a head                                 [1]
/// U  units       that compute blocks                             [1]
/// R  rate        arithmetic of one unit                          [flop/s]
/// E  score_rate  exponentials of one unit                        [1/s]
/// t_b  block     fixed time of a block                           [s]
///
/// Valid:   fused kernels; long prompts, or many.
/// Source:  mlsysim-kernel-fit, prefill attention; the exponential as in shah2024flashattention3, section 3.2
/// Example: heads=32 pairs=2.2e6 longest=262144 tokens=2048 head_dim=128 units=132 rate=6Tflop/s score_rate=3e10 block=1us
template <class T>
Time<T> prefill_block_time(T heads, T pairs, T longest, T tokens, T head_dim, T units, WorkRate<T> rate,
                           Frequency<T> score_rate, Time<T> block) {
  const Time<T> pair = Work<T>{T(4.0) * head_dim} / rate + T(1.0) / score_rate;
  return max(heads * pairs / units, longest) * pair + heads * ceil(tokens / T(128.0)) / units * block;
}

/// Time for which the units are busy with the experts of a layer: each expert that some token met is a product of its own, whose
/// rows are padded to a tile, and the tiles of all experts are dealt to the units together.
///
///     t = min over a in 16, 64, 128 of  sum over both products of  ceil(M n / 128 / U) 256 a k / R,  M = max(A, N / a + A / 2)
///
/// A  experts   met by some token                    [1]
/// N  tokens    routed to them, all together         [1]
/// h  hidden    width of the residual stream         [1]
/// f  inner     width of an expert                   [1]
/// q  products  of width f that lead in: 2 where gated [1]
/// U  units     that compute tiles                   [1]
/// R  rate      arithmetic of one unit               [flop/s]
///
/// Valid:   grouped products of tuned libraries; tokens spread over experts at random.
/// Source:  mlsysim-kernel-fit, experts
/// Example: experts=32 tokens=512 hidden=7168 inner=2048 products=2 units=132 rate=4Tflop/s
template <class T>
Time<T> expert_tile_time(T experts, T tokens, T hidden, T inner, T products, T units, WorkRate<T> rate) {
  const auto fastest = [](double met, double n, double h, double f, double q, double u, double r) {
    double best = std::numeric_limits<double>::infinity();
    for (const double rows : {16.0, 64.0, 128.0}) {
      const double tiles = std::max(met, n / rows + 0.5 * met), column = 2 * rows * 128 / r;
      best =
          std::min(best, std::ceil(tiles * q * f / 128 / u) * column * h + std::ceil(tiles * h / 128 / u) * column * f);
    }
    return best;
  };
  return {opaque("expert_tile_time", fastest, experts, tokens, hidden, inner, products, units, rate.base)};
}

/// Tokens of the busiest of the devices that experts are spread over, over the mean: a sum over the experts of a device scatters less
/// than one expert, and the largest of n normal draws lies about sqrt(2 ln n) - 0.6 deviations above their mean.
///
///     b = 1 + v sqrt(n / A) (sqrt(2 ln n) - 0.6)
///
/// A  experts  of a layer                                                          [1]
/// n  devices  that share them out whole                                           [1]
/// v  scatter  standard deviation of the tokens of an expert over their mean       [1]
///
/// Valid:   tokens choose experts alike; a device meets each token at most once an expert, so the share has a limit of its own.
/// Source:  mlsysim-kernel-fit, experts: 1.4 to 2.4 for loads that follow a power law fit five generations
/// Example: experts=128 devices=8 scatter=2
template <class T>
T busiest_share(T experts, T devices, T scatter) {
  const auto above = [](double a, double n) {
    return n > 1 ? std::sqrt(n / a) * (std::sqrt(2 * std::log(n)) - 0.6) : 0.0;
  };
  return T(1.0) + scatter * opaque("largest_of", above, experts, devices);
}

/// Time of an all-reduce of a library: a fixed time, more for each further device, bytes over the rate that is reached, and a ramp
/// until the links are full.
///
///     t = a + b (N - 1) + V / e B + sqrt(V t_r / e B),   V = 2 (N - 1) / N M
///
/// M  message     bytes that every device holds              [byte]
/// N  devices     that sum                                    [1]
/// B  bandwidth   of one device, one direction                [byte/s]
/// e  efficiency  share of it that is reached                 [1]
/// a  latency     of the smallest message between two         [s]
/// b  hop         added by each further device                [s]
/// t_r  ramp      time within which the links fill            [s]
///
/// Valid:   devices joined by switches or a full mesh; nothing is sent by one device.
/// Source:  mlsysim-kernel-fit, collectives
/// Example: message=1GB devices=8 bandwidth=450GB/s efficiency=0.8 latency=5us hop=2us ramp=10us
template <class T>
Time<T> library_all_reduce_time(Data<T> message, T devices, Bandwidth<T> bandwidth, T efficiency, Time<T> latency,
                                Time<T> hop, Time<T> ramp) {
  const T others = devices - T(1.0);
  const Time<T> sending = T(2.0) * others / devices * message / (bandwidth * efficiency);
  const auto root = [](double x) { return std::sqrt(x); };
  const Time<T> filling{opaque("sqrt", root, sending.base * ramp.base)}, none{T(0.0)};
  return select(devices <= T(1.0), none, latency + others * hop + sending + filling);
}

/// Time of an all-reduce by a kernel that reads the other devices' memory: all of it in one shot while that is little, else a
/// part of it each and then the sums.
///
///     t = min(a + b (N - 1) + (N - 1) M / e B,  2 a + 2 b (N - 1) + 2 (N - 1) / N M / e B)
///
/// M  message     bytes that every device holds        [byte]
/// N  devices     that sum                              [1]
/// B  bandwidth   of one device, one direction          [byte/s]
/// e  efficiency  share of it that is reached           [1]
/// a  latency     of the smallest message between two   [s]
/// b  hop         added by each further device          [s]
///
/// Valid:   devices that read each other's memory; nothing is sent by one device.
/// Source:  mlsysim-kernel-fit, collectives
/// Example: message=128KB devices=8 bandwidth=450GB/s efficiency=0.7 latency=3us hop=0.1us
template <class T>
Time<T> direct_all_reduce_time(Data<T> message, T devices, Bandwidth<T> bandwidth, T efficiency, Time<T> latency,
                               Time<T> hop) {
  const T others = devices - T(1.0);
  const Time<T> whole = message / (bandwidth * efficiency), none{T(0.0)};
  const Time<T> start = latency + others * hop;
  const Time<T> one_shot = start + others * whole, two_shot = T(2.0) * (start + others / devices * whole);
  return select(devices <= T(1.0), none, min(one_shot, two_shot));
}

}  // namespace mlsysim
