#pragma once
// What the kernels of a device take: laws of tiles and waves with the constants of its generation. A device whose data sheet does
// not say how many units it has is taken as one: tiles are padded, waves are not counted.
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/catalog/engine.hpp"
#include "mlsysim/laws/kernels.hpp"

namespace mlsysim {

/// What so many elements take in memory.
template <class T>
Data<T> stored_size(T elements, Precision p) {
  return elements * element_size<T>(p);
}

/// The share of the peak that tiles reach with operands of a format.
template <class T, class K>
T tile_efficiency(const K& kernels, Precision p) {
  const double width = stored_bits(p);
  const T eight = first_stated(kernels.efficiency_8, kernels.efficiency_16);
  return width > 8.5 ? kernels.efficiency_16 : width > 6 ? eight : first_stated(kernels.efficiency_4, eight);
}

template <class T>
T units_of(const Accelerator<T>& h) {
  return first_stated(h.units, named(T(1.0), "units (none stated)"));
}

/// How the operands of a product are held: weights may be narrower than what is multiplied (4-bit weights are widened to 16 bits).
struct Formats {
  Precision weights = Precision::bf16, arithmetic = Precision::bf16;
};

template <class T>
struct Kernel {
  Work<T> work;
  Data<T> traffic;
  Time<T> compute, memory, launch, total;
};

/// Arithmetic of one unit inside a tile, for the share of the peak that tiles reach.
template <class T>
WorkRate<T> unit_rate(const Accelerator<T>& h, Precision arithmetic, T efficiency) {
  return h.compute.peak(arithmetic) * efficiency / units_of(h);
}
template <class T, class K>
Time<T> transfer_time(const Accelerator<T>& h, const K& kernels, Data<T> traffic) {
  return traffic / (h.memory.bandwidth * kernels.bandwidth_efficiency);
}

/// rows x inner by inner x columns; weights are the columns, results 16-bit.
template <class T>
Kernel<T> gemm(const Accelerator<T>& h, const Formats& f, T rows, T columns, T inner) {
  const auto& k = h.kernels.gemm;
  const T units = units_of(h);
  const WorkRate<T> rate = unit_rate(h, f.arithmetic, tile_efficiency<T>(k, f.arithmetic));
  Kernel<T> g;
  g.work = {T(2.0) * rows * columns * inner};
  g.traffic = stored_size(rows * inner, f.arithmetic) + stored_size(columns * inner, f.weights) +
              stored_size(rows * columns, Precision::fp16);
  g.compute = tile_time(rows, columns, inner, units, rate, k.split, h.memory.bandwidth);
  g.memory = transfer_time(h, k, g.traffic);
  g.launch = k.launch;
  g.total = g.launch + overlapped(g.compute, g.memory);
  return g;
}

/// Activations that are quantised before a product: read in 16 bits, written in the narrow format. One launch where the scale is
/// known, a pass over each token where it is not.
enum class Quantise { no, launched, by_row };
template <>
struct Words<Quantise> {
  static constexpr const char* all[] = {"no", "launched", "by_row"};
};
template <class T>
Time<T> quantise_time(const Accelerator<T>& h, Quantise how, Precision p, T rows, T inner) {
  const auto& k = h.kernels.gemm;
  if (how == Quantise::no) return {T(0.0)};
  const Data<T> moved = stored_size(rows * inner, Precision::fp16) + stored_size(rows * inner, p);
  const Time<T> launch = stored_bits(p) > 6 ? k.quantise_launch : k.quantise_launch_4;
  const Time<T> fixed = how == Quantise::launched ? launch : ceil(rows / units_of(h)) * k.quantise_row;
  return fixed + transfer_time(h, k, moved);
}

/// Heads of a layer on one device.
template <class T>
struct Heads {
  T query{}, key{}, dim{}, value_dim = std::numeric_limits<double>::quiet_NaN();  // not stated: that of a key
  /// Mean width of a key and a value.
  T width() const { return T(0.5) * (dim + first_stated(value_dim, dim)); }
};
/// What the cache holds: keys and values of each key head, or one latent that is both to all heads.
enum class Cached { heads, latent };
template <>
struct Words<Cached> {
  static constexpr const char* all[] = {"heads", "latent"};
};

/// The constants of a library's kernels.
template <class T>
const DecodeKernels<T>& decode_kernels(const Accelerator<T>& h, Library library) {
  return library == Library::flash ? h.kernels.decode : h.kernels.decode_trtllm;
}
template <class T>
const PrefillKernels<T>& prefill_kernels(const Accelerator<T>& h, Library library) {
  return library == Library::flash ? h.kernels.prefill : h.kernels.prefill_trtllm;
}

template <class T>
const ExpertKernels<T>& expert_kernels(const Accelerator<T>& h, Library library) {
  return library == Library::flash ? h.kernels.experts : h.kernels.experts_trtllm;
}

/// One new token of each of `sequences` that have `context` tokens cached.
template <class T>
Kernel<T> decode_attention_kernel(const Accelerator<T>& h, Library library, Precision cache, T sequences, T context,
                                  const Heads<T>& heads) {
  const auto& k = decode_kernels(h, library);
  const T units = units_of(h);
  const WorkRate<T> rate = unit_rate(h, Precision::bf16, k.efficiency);
  Kernel<T> a;
  a.work = {T(4.0) * sequences * heads.query * heads.width() * context};
  a.traffic = stored_size(T(2.0) * sequences * heads.key * heads.width() * context, cache) +
              stored_size(T(2.0) * sequences * heads.query * heads.width(), Precision::bf16);
  a.compute = decode_block_time(sequences * heads.key, context, heads.width(), heads.query / heads.key, units, rate,
                                k.block, k.split);
  a.memory = transfer_time(h, k, a.traffic);
  a.launch = k.launch;
  a.total = a.launch + overlapped(a.compute, a.memory);
  return a;
}

/// What one unit reaches over latents: in the format of the cache, where the device multiplies in it.
template <class T>
WorkRate<T> latent_rate(const Accelerator<T>& h, Precision cache) {
  const auto& k = h.kernels.latent;
  return stored_bits(cache) < 16 ? unit_rate(h, Precision::fp8, k.efficiency_8)
                                 : unit_rate(h, Precision::bf16, k.efficiency_16);
}

/// The same over latents as wide as a key, of which the values are the first part.
template <class T>
Kernel<T> latent_attention_kernel(const Accelerator<T>& h, Precision cache, T sequences, T context,
                                  const Heads<T>& heads) {
  const auto& k = h.kernels.latent;
  const T both = T(2.0) * heads.width();
  Kernel<T> a;
  a.work = {T(2.0) * sequences * heads.query * both * context};
  a.traffic = stored_size(sequences * heads.dim * context, cache) +
              stored_size(sequences * heads.query * both, Precision::bf16);
  a.compute = latent_block_time(sequences, context, both, heads.query, units_of(h), latent_rate(h, cache), k.block,
                                k.split, k.parts);
  a.memory = transfer_time(h, k, a.traffic);
  a.launch = k.launch;
  a.total = a.launch + overlapped(a.compute, a.memory);
  return a;
}

/// Pairs of the block of 128 queries that sees most keys: the last of its sequence.
template <class T>
T longest_block(T tokens, T prefix, T window) {
  return T(128.0) * min(prefix + tokens, first_stated(window + T(128.0), prefix + tokens));
}

/// `tokens` new tokens of each of `sequences`, after `prefix` cached ones, causally.
template <class T>
Kernel<T> prefill_attention_kernel(const Accelerator<T>& h, Library library, Precision arithmetic, Precision cache,
                                   Cached cached, T sequences, T tokens, T prefix, T window, const Heads<T>& heads) {
  const auto& k = prefill_kernels(h, library);
  const T units = units_of(h), queries = sequences * heads.query;
  const WorkRate<T> rate = unit_rate(h, arithmetic, k.efficiency);
  const T pairs = prefill_pairs(tokens, prefix, window);
  Kernel<T> a;
  a.work = {T(4.0) * queries * heads.width() * pairs};
  // Queries and results; keys and values that are read; those of the new tokens that are written to the cache, where a latent is
  // little beside them.
  const T written = cached == Cached::latent ? T(0.0) : T(2.0) * sequences * heads.key * heads.width() * tokens;
  a.traffic = stored_size(T(2.0) * queries * heads.width() * tokens +
                              T(2.0) * sequences * heads.key * heads.width() * (prefix + tokens),
                          Precision::bf16) +
              stored_size(written, cache);
  a.compute = prefill_block_time(queries, pairs, longest_block(tokens, prefix, window), tokens, heads.width(), units,
                                 rate, k.score_rate, k.block);
  a.memory = transfer_time(h, k, a.traffic);
  a.launch = k.launch;
  a.total = a.launch + a.compute + a.memory;
  return a;
}

/// The experts of a layer, shared out over `expert_parallel` devices and each cut in `tensor_parallel` parts.
template <class T>
struct ExpertLayer {
  T experts{}, per_token{}, hidden{}, inner{}, lead_in = 2.0, tensor_parallel = 1.0, expert_parallel = 1.0;
};
/// What runs before and after the products of experts: routing of `tokens`, gathering and scattering of those `routed` to the `met`.
template <class T>
Time<T> gathering_time(const ExpertKernels<T>& k, T tokens, T per_token, T hidden, T met, T routed) {
  return k.launch + met * k.expert + routed * k.token + tokens * (per_token + hidden / T(1000.0)) * k.route;
}
enum class Routing { balanced, skewed };
template <>
struct Words<Routing> {
  static constexpr const char* all[] = {"balanced", "skewed"};
};
template <class T>
Kernel<T> expert_kernel(const Accelerator<T>& h, Library library, const Formats& f, Routing routing, T tokens,
                        const ExpertLayer<T>& e) {
  const auto& k = expert_kernels(h, library);
  const T one = 1.0, units = units_of(h), local = e.experts / e.expert_parallel;
  const T hottest = routing == Routing::skewed ? busiest_share(e.experts, e.expert_parallel, k.imbalance) : one;
  const T routed = min(tokens * e.per_token / e.expert_parallel * hottest, tokens * min(e.per_token, local));
  const auto drawn = [](double experts, double n) { return experts * (1 - std::exp(-n / experts)); };
  const T met = min(local, max(one, routing == Routing::skewed ? opaque("experts_met", drawn, local, routed) : routed));
  const T inner = e.inner / e.tensor_parallel;
  const WorkRate<T> rate = unit_rate(h, f.arithmetic, tile_efficiency<T>(k, f.arithmetic));
  Kernel<T> g;
  g.work = {T(2.0) * routed * e.hidden * inner * (e.lead_in + one)};
  g.traffic = stored_size(met * e.hidden * inner * (e.lead_in + one), f.weights) +
              stored_size(routed * (T(2.0) * e.hidden + inner * (e.lead_in + one)), Precision::bf16);
  g.compute = expert_tile_time(met, routed, e.hidden, inner, e.lead_in, units, rate);
  g.memory = transfer_time(h, k, g.traffic);
  g.launch = gathering_time(k, tokens, e.per_token, e.hidden, met, routed);
  g.total = g.launch + overlapped(g.compute, g.memory);
  return g;
}

/// A sum over `devices` by a collective library, by a kernel that reads the others' memory, or by whichever is faster.
template <class T>
Time<T> library_all_reduce(const Accelerator<T>& h, Data<T> message, T devices, Bandwidth<T> link) {
  const auto& k = h.kernels.reduce;
  return library_all_reduce_time(message, devices, link, k.efficiency, k.latency, k.hop, k.ramp);
}
template <class T>
Time<T> direct_all_reduce(const Accelerator<T>& h, Data<T> message, T devices, Bandwidth<T> link) {
  const auto& k = h.kernels.reduce;
  return direct_all_reduce_time(message, devices, link, k.direct_efficiency, k.direct_latency, k.direct_hop);
}
template <class T>
Time<T> all_reduce(const Accelerator<T>& h, Data<T> message, T devices, Bandwidth<T> link) {
  const Time<T> library = library_all_reduce(h, message, devices, link);
  return min(library, first_stated(direct_all_reduce(h, message, devices, link), library));
}

}  // namespace mlsysim
