#pragma once
// What a microbatch of training takes on one device of a group, layer by layer: the laws of kernels for what runs on the device, the
// constants of the stack for what runs between them. Identical layers are costed once.
#include "mlsysim/catalog/stack.hpp"
#include "mlsysim/execution/fleet_links.hpp"
#include "mlsysim/execution/kernels.hpp"
#include "mlsysim/laws/training_step.hpp"
#include "mlsysim/workload/operators.hpp"

namespace mlsysim {

/// What of the activations is computed again: nothing; what is cheap (scores and softmax where attention is not fused, else norms
/// and gates); half of the layers; all of them; as many layers as memory forces.
enum class Recomputed { as_needed, none, selective, half, full };
template <>
struct Words<Recomputed> {
  static constexpr const char* all[] = {"as_needed", "none", "selective", "half", "full"};
};
/// What is sharded over replicas: nothing, the optimizer's state, gradients too, weights too (FSDP).
enum class Sharding { none, optimizer, gradients, weights };
template <>
struct Words<Sharding> {
  static constexpr const char* all[] = {"0", "1", "2", "3"};
};
enum class Schedule { one_forward_one_backward, all_forward, zero_bubble };
template <>
struct Words<Schedule> {
  static constexpr const char* all[] = {"1f1b", "gpipe", "zero_bubble"};
};
/// One device's part of a model in training. Tensor-parallel devices are neighbours, then context-parallel ones, then replicas
/// (which experts are spread over), then stages.
template <class T>
struct TrainingPart {
  Lowered<T> model;
  Accelerator<T> device;
  TrainingStack<T> stack;
  Precision precision = Precision::bf16;
  T sequences{}, length{};  // of a microbatch
  T tensor = 1.0, context = 1.0, expert = 1.0, data = 1.0, pipeline = 1.0;
  T chunks = 1.0, microbatches = 1.0;
  // `spread`: experts lie whole on different devices.
  bool sequence_parallel = true, weights_trained = true, spread = false;
  Sharding sharding = Sharding::optimizer;
  Recomputed recomputation = Recomputed::as_needed;
  Schedule schedule = Schedule::one_forward_one_backward;
  T shard_size{}, adapters{};  // devices that share a copy of what is sharded; trained elements where weights are frozen
  T years = 0.0;               // since the release that the stack's constants are of
  FleetLinks<T> links;

  T tokens() const { return sequences * length / context; }
  /// Bytes in which a gradient is summed: fp16 sums in itself, and scales the loss.
  Data<T> gradient() const { return precision == Precision::fp16 ? element_size<T>(Precision::fp16) : stack.gradient; }
  /// Devices that hold the same weights: of layers, and of experts.
  T copies() const { return data * context; }
  T expert_copies() const { return spread ? max(T(1.0), data * context * tensor / expert) : copies(); }
  /// Devices that share a copy of what is sharded.
  T shards() const { return min(first_stated(shard_size, copies()), copies()); }
  T expert_shards() const { return min(shards(), expert_copies()); }
  bool shards_from(Sharding first) const { return static_cast<int>(sharding) >= static_cast<int>(first); }
};

/// A pass through one layer.
template <class T>
struct LayerTime {
  Time<T> products, attention, experts, elementwise, quantise, tensor, context, exchange, fixed;
  Time<T> total() const {
    return products + attention + experts + elementwise + quantise + tensor + context + exchange + fixed;
  }
  /// What gathers of weights hide behind.
  Time<T> busy() const { return products + attention + experts + elementwise + quantise; }
};
template <class T>
LayerTime<T> operator+(const LayerTime<T>& a, const LayerTime<T>& b) {
  return {a.products + b.products, a.attention + b.attention, a.experts + b.experts, a.elementwise + b.elementwise,
          a.quantise + b.quantise, a.tensor + b.tensor,       a.context + b.context, a.exchange + b.exchange,
          a.fixed + b.fixed};
}
template <class T>
LayerTime<T> times(T n, const LayerTime<T>& a) {
  return {n * a.products, n * a.attention, n * a.experts,  n * a.elementwise, n * a.quantise,
          n * a.tensor,   n * a.context,   n * a.exchange, n * a.fixed};
}

namespace training {

template <class T>
T sustained(const TrainingKernels<T>& k, Precision p) {
  const double width = stored_bits(p);
  if (p == Precision::int8) return k.sustained_integer;
  return width > 8.5 ? k.sustained_16 : width > 6 ? k.sustained_8 : k.sustained_4;
}

template <class T>
Time<T> moved(const TrainingPart<T>& d, Data<T> traffic) {
  return transfer_time(d.device, d.device.kernels.gemm, traffic);
}

/// rows x inner by inner x columns, at the rate that lasts.
template <class T>
Time<T> product_time(const TrainingPart<T>& d, T rows, T columns, T inner, Precision p) {
  const auto& k = d.device.kernels;
  const T units = units_of(d.device);
  const T uneven = misalignment(columns, k.training.misaligned) * misalignment(inner, k.training.misaligned);
  const WorkRate<T> rate =
      unit_rate(d.device, p, tile_efficiency<T>(k.gemm, p) * sustained(k.training, p) / uneven);
  const Time<T> compute = tile_time(rows, columns, inner, units, rate, k.gemm.split, d.device.memory.bandwidth);
  const Time<T> memory =
      moved(d, stored_size(inner * (rows + columns), p) + stored_size(rows * columns, Precision::bf16));
  return k.gemm.launch + overlapped(compute, memory);
}

/// Forward, and backward: gradients of the activations and, where weights are trained, of the weights.
template <class T>
struct Both {
  Time<T> forward, backward;
};
template <class T>
Both<T> product_times(const TrainingPart<T>& d, T rows, T columns, T inner, Precision p) {
  const Time<T> inputs = product_time(d, rows, inner, columns, p), none{T(0.0)};
  const Time<T> weights = d.weights_trained ? product_time(d, columns, inner, rows, p) : none;
  return {product_time(d, rows, columns, inner, p), inputs + weights};
}

/// Elements that are narrowed before the products of a layer: inputs forward, gradients of outputs backward.
template <class T>
struct Narrowing {
  T forward{}, backward{};
};

/// Ring all-gather, or reduce-scatter, of a message over a group of which `inside` devices share a domain: the part of each device
/// crosses the network once.
template <class T>
Time<T> gather_time(const TrainingPart<T>& d, Data<T> whole, T devices, T most_inside) {
  const T one = 1.0;
  const T inside = max(one, min(devices, floor(most_inside))), nodes = max(one, devices / inside);
  const auto& k = d.device.kernels.reduce;
  const Time<T> near = T(0.5) * library_all_reduce_time(whole, inside, d.links.inside, k.efficiency, k.latency, k.hop, k.ramp);
  const Time<T> far = (nodes - one) / nodes * (whole / inside) / (d.links.between * d.stack.network_efficiency) +
                      d.stack.network_latency;
  return near + select(nodes <= one, Time<T>{T(0.0)}, far);
}

/// Sums over the tensor-parallel devices of the residual stream: as a gather and a scatter with sequence parallelism, else at once.
template <class T>
Time<T> sum_time(const TrainingPart<T>& d) {
  const Data<T> message = stored_size(d.tokens() * d.model.hidden(), Precision::bf16);
  return T(2.0) * gather_time(d, message, d.tensor, d.links.domain) * d.stack.tensor_exposed;
}

/// Attention of whole sequences in one layer: forward. Context-parallel devices share out queries and pairs evenly.
template <class T>
Time<T> attention_time(const TrainingPart<T>& d, T window) {
  const auto& k = d.device.kernels;
  const auto& m = d.model;
  const T units = units_of(d.device), one = 1.0;
  const T queries = d.sequences * max(one, m.query_heads / d.tensor);
  // Of a latent cache, keys are half as wide again as values.
  const T width = m.value_width * T(m.latent ? 1.25 : 1.0);
  const T pairs = prefill_pairs(d.length, T(0.0), window) / d.context;
  const T longest = T(128.0) * min(d.length, first_stated(window + T(128.0), d.length));
  const T share = d.stack.attention == AttentionKernel::portable ? k.training.portable_attention : T(1.0);
  const T efficiency = k.prefill.efficiency * k.training.sustained_attention * share;
  const Time<T> compute =
      prefill_block_time(queries, pairs, longest, d.length / d.context, width, units,
                         unit_rate(d.device, Precision::bf16, efficiency),
                         k.prefill.score_rate * k.training.sustained_attention * share, k.prefill.block);
  const Data<T> scores = queries * d.length * d.length / d.context * d.stack.score_traffic;
  const Data<T> operands = stored_size(T(4.0) * queries * d.length / d.context * width, Precision::bf16);
  return k.prefill.launch + compute + moved(d, operands + scores);
}

/// Keys and values of a sequence pass round the context-parallel devices.
template <class T>
Time<T> ring_time(const TrainingPart<T>& d) {
  const auto& m = d.model;
  const T heads = m.latent ? m.query_heads : m.key_heads, one = 1.0;
  const Data<T> cache =
      stored_size(T(2.0) * d.sequences * d.length * max(one, heads / d.tensor) * m.value_width, Precision::bf16);
  return gather_time(d, cache, d.context, d.links.domain / d.tensor) * d.stack.context_exposed;
}

/// Tokens to their experts, or back: within a domain by its links, between domains one copy for each that is met.
template <class T>
Time<T> exchange_time(const TrainingPart<T>& d, Precision p) {
  const auto& m = d.model;
  const T one = 1.0, group = d.expert;
  const T inside = max(one, min(group, floor(d.links.domain)));
  const T domains = max(one, group / inside);
  const T tokens = d.tokens() / d.tensor;
  const Data<T> token = stored_size(m.expert_width, p);
  const Time<T> near = tokens * m.experts_per_token * (inside - one) / inside * token /
                       (d.links.inside * d.device.kernels.reduce.efficiency);
  const Time<T> far = tokens * nodes_met(domains, m.experts_per_token) * (domains - one) / domains * token /
                      (d.links.between * d.stack.network_efficiency);
  const Time<T> took = near * d.stack.expert_exposed + far * d.stack.expert_exposed_far;
  return select(group <= one, Time<T>{T(0.0)}, took);
}

template <class T>
struct ExpertTimes {
  Both<T> products;
  T rows{}, inner{};  // routed to one device
};
template <class T>
ExpertTimes<T> expert_times(const TrainingPart<T>& d, Precision p) {
  const auto& m = d.model;
  const auto& k = d.device.kernels;
  const T one = 1.0, units = units_of(d.device);
  const T local = m.experts / d.expert;
  ExpertTimes<T> e;
  // Spread out whole, a device gets the tokens of its own part of the sequence; else each expert is cut like the rest.
  e.rows = (d.spread ? d.tokens() / d.tensor * d.stack.imbalance : d.tokens()) * m.experts_per_token;
  e.inner = d.spread ? m.expert_inner : m.expert_inner / d.tensor;
  const WorkRate<T> rate =
      unit_rate(d.device, p, tile_efficiency<T>(k.gemm, p) * sustained(k.training, p) * (stored_bits(p) < 16 ? d.stack.grouped_8 : d.stack.grouped));
  const T elements = local * m.expert_width * e.inner * T(3.0);
  const Time<T> memory = moved(d, stored_size(elements, p) + stored_size(e.rows * (T(2.0) * m.expert_width + T(3.0) * e.inner), p));
  const Time<T> once = overlapped(expert_tile_time(max(one, local), e.rows, m.expert_width, e.inner, T(2.0), units, rate), memory);
  e.products = {once, d.weights_trained ? T(2.0) * once : once};
  return e;
}

}  // namespace training

/// One layer of the model on one device, forward and backward, without recomputation.
template <class T>
struct LayerPasses {
  LayerTime<T> forward, backward;
  Time<T> attention_core;  // forward, of what selective recomputation repeats
};

template <class T>
LayerPasses<T> layer_passes(const TrainingPart<T>& d) {
  using namespace training;
  const auto& m = d.model;
  const auto& s = d.stack;
  const bool narrow = stored_bits(d.precision) < 16;
  const T rows = d.tokens(), one = 1.0, not_stated = std::numeric_limits<double>::quiet_NaN();
  const T attending = (m.attention_layers + m.window_layers) / m.layers;
  LayerPasses<T> l;
  auto &f = l.forward, &b = l.backward;

  Narrowing<T> narrowing;
  const auto product = [&](const Product<T>& p, T cut_columns, T cut_inner) {
    const T columns = p.columns / cut_columns, inner = p.inner / cut_inner, share = p.layers / m.layers;
    const auto t = product_times(d, rows, max(one, columns), max(one, inner), d.precision);
    f.products = f.products + share * t.forward;
    b.products = b.products + share * t.backward;
    narrowing.forward = narrowing.forward + share * rows * inner;
    narrowing.backward = narrowing.backward + share * rows * columns;
  };
  product(m.query_key_value, d.tensor, one);
  product(m.attention_output, one, d.tensor);
  product(m.feed_forward_in, d.tensor, one);
  product(m.feed_forward_out, one, d.tensor);

  const Time<T> full = m.attention_layers / m.layers * attention_time(d, not_stated);
  const Time<T> windowed = m.windows ? m.window_layers / m.layers * attention_time(d, m.window.base) : Time<T>{T(0.0)};
  f.attention = l.attention_core = full + windowed;
  b.attention = s.attention_backward * f.attention;

  const T gates = m.feed_forward_in.columns + m.feed_forward_out.inner;
  const T uncut = d.sequence_parallel ? d.tensor : one;
  Data<T> touched = stored_size(rows * (s.elementwise * m.hidden() / uncut + s.gate * gates / d.tensor), Precision::bf16);
  touched = touched + m.recurrent_layers / m.layers * s.scan * T(2.0) * stored_size(rows * m.hidden() / d.tensor, Precision::bf16);
  f.tensor = T(m.mixture ? 1.0 : 2.0) * sum_time(d);
  f.context = attending * ring_time(d);
  f.fixed = s.layer;
  if (m.mixture) {
    // A mean layer: not each of them has experts.
    const T share = m.expert_layers / m.layers;
    const auto e = expert_times(d, d.precision);
    f.experts = share * e.products.forward;
    b.experts = share * e.products.backward;
    narrowing.forward = narrowing.forward + share * e.rows * (m.expert_width + e.inner);
    narrowing.backward = narrowing.backward + share * e.rows * (T(2.0) * e.inner + m.expert_width);
    touched = touched + stored_size(share * e.rows * (s.permute * m.expert_width + s.gate * T(3.0) * e.inner),
                                    Precision::bf16);
    // What the host and the router take falls as stacks mature.
    const auto older = [](double rate, double years) { return std::exp(-rate * years); };
    const Time<T> waiting =
        s.expert_layer * opaque("older", older, s.maturing, d.years) * (narrow ? s.expert_layer_8 : one);
    f.fixed = f.fixed + share * waiting;
    const Precision sent = narrow ? Precision::fp8 : Precision::bf16;
    f.exchange = share * (exchange_time(d, sent) + exchange_time(d, Precision::bf16));
  }
  f.elementwise = moved(d, touched);
  b.elementwise = s.backward_elementwise * f.elementwise;
  if (narrow) {
    f.quantise = moved(d, narrowing.forward * s.quantise);
    b.quantise = moved(d, narrowing.backward * s.quantise);
  }
  b.tensor = f.tensor;
  b.context = T(2.0) * f.context;
  b.exchange = f.exchange;
  b.fixed = T(1.5) * f.fixed;
  return l;
}

/// The head and the loss, of a microbatch: in 16 bits, scores kept and read in 32.
template <class T>
training::Both<T> head_times(const TrainingPart<T>& d) {
  using namespace training;
  const auto& m = d.model;
  // Vocabularies are padded, so that each device's part is aligned.
  const T rows = d.tokens(), columns = ceil(m.head.columns / (T(128.0) * d.tensor)) * T(128.0);
  const auto t = product_times(d, rows, columns, m.hidden(), Precision::bf16);
  const Time<T> loss = moved(d, stored_size(T(3.0) * rows * columns, Precision::fp32));
  return {t.forward + loss, t.backward + loss};
}

}  // namespace mlsysim
