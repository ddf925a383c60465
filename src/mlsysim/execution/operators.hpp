#pragma once
// What a step of a language model takes on a group of devices, operator by operator: the laws of kernels for what runs on a
// device, the constants of the engine for what runs between them. Identical layers are costed once.
#include "mlsysim/execution/kernels.hpp"
#include "mlsysim/workload/operators.hpp"

namespace mlsysim {

/// How numbers are held. Activations are narrowed where the device multiplies in the format of the weights.
struct NumberFormats {
  Precision weights = Precision::fp16, operands = Precision::fp16, cache = Precision::fp16, head = Precision::fp16;
};

/// A model, a group of devices and an engine.
template <class T>
struct Deployment {
  Lowered<T> model;
  Accelerator<T> device;
  InferenceEngine<T> engine;
  NumberFormats formats;
  Data<T> weight, head_weight, cache_element;  // bytes of one element
  T lookahead = 1.0;  // tokens of a sequence that a step decodes: more than one where drafts are verified
  T tensor = 1.0, pipeline = 1.0, expert = 1.0;  // devices
  T domain = 1.0;                                // devices that the inner links join
  Bandwidth<T> link, network;                    // of one device: inside the domain, between domains
  Bandwidth<T> bandwidth;                        // at which weights are read
};

/// One kind of operator, on one device, over all layers.
template <class T>
struct OperatorCost {
  Work<T> work;
  Data<T> traffic;
  Time<T> compute, memory, total;
};

/// A step: what it is made of.
template <class T>
struct StepCost {
  OperatorCost<T> projections, feed_forward, experts, attention, head, elementwise;
  Time<T> communication, fixed, total;
  Work<T> work;
  Data<T> traffic;
  Time<T> compute, memory;
};

template <class T>
OperatorCost<T> operator+(const OperatorCost<T>& a, const OperatorCost<T>& b) {
  return {a.work + b.work, a.traffic + b.traffic, a.compute + b.compute, a.memory + b.memory, a.total + b.total};
}
template <class T>
OperatorCost<T> times(T count, const OperatorCost<T>& a) {
  return {count * a.work, count * a.traffic, count * a.compute, count * a.memory, count * a.total};
}

template <class T>
T memory_share(const InferenceEngine<T>& e, MemoryTechnology technology) {
  switch (technology) {
    case MemoryTechnology::hbm:
    case MemoryTechnology::sram:
      return e.bandwidth_hbm;
    case MemoryTechnology::gddr:
      return e.bandwidth_gddr;
    case MemoryTechnology::lpddr:
    case MemoryTechnology::ddr:
      break;
  }
  return e.bandwidth_lpddr;
}

/// The rate at which a format is multiplied; an engine may sum 16-bit products in 16 bits.
template <class T>
WorkRate<T> product_rate(const Deployment<T>& d, Precision operands) {
  const WorkRate<T> peak = d.device.compute.peak(operands);
  if (d.engine.accumulate == Accumulate::fp16 && stored_bits(operands) == 16)
    return first_stated(d.device.compute.fp16_accumulate_dense, peak);
  return peak;
}

/// The same without matrix units, which multiply whole tiles.
template <class T>
WorkRate<T> general_rate(const Deployment<T>& d, Precision operands) {
  const WorkRate<T> peak = product_rate(d, operands);
  return stored_bits(operands) > 32 ? peak : first_stated(d.device.compute.fp32_dense, peak);
}

/// What the tiles of a kernel reach under the engine, on all units.
template <class T, class K>
WorkRate<T> tile_rate(const Deployment<T>& d, const K& kernels, Precision weights, Precision operands) {
  const T reached = stored_bits(weights) < 16 ? d.engine.narrow_compute : d.engine.compute;
  return product_rate(d, operands) * tile_efficiency<T>(kernels, operands) * reached;
}

/// Narrow weights that are widened for a product of 16 bits.
template <class T>
Time<T> dequantise_time(const Deployment<T>& d, T elements, Precision weights, Precision operands) {
  if (stored_bits(weights) >= 16 || stored_bits(operands) != 16) return {T(0.0)};
  return elements * d.engine.dequantise / general_rate(d, operands);
}

/// A product of `rows` tokens with weights that are read once, in one layer.
template <class T>
OperatorCost<T> product_cost(const Deployment<T>& d, T rows, T columns, T inner, Precision weights, Precision operands,
                             Data<T> weight) {
  const auto& k = d.device.kernels.gemm;
  const T units = units_of(d.device);
  const WorkRate<T> rate = tile_rate(d, k, weights, operands) / units;
  OperatorCost<T> c;
  c.work = {T(2.0) * rows * columns * inner};
  c.traffic = columns * inner * weight + rows * (inner + columns) * element_size<T>(Precision::fp16);
  // A few rows are quicker without matrix units.
  c.compute =
      min(tile_time(rows, columns, inner, units, rate, k.split, d.bandwidth), c.work / general_rate(d, operands)) +
      dequantise_time(d, columns * inner, weights, operands);
  c.memory = c.traffic / d.bandwidth;
  c.total = overlapped(c.compute, c.memory);
  return c;
}

/// The experts of a layer, on the busiest device.
template <class T>
OperatorCost<T> experts_cost(const Deployment<T>& d, T tokens) {
  const auto& k = expert_kernels(d.device, d.engine.attention);
  const auto& m = d.model;
  const auto& f = d.formats;
  const T one = 1.0, units = units_of(d.device);
  // Spread out whole over the expert-parallel devices, else each cut by the tensor-parallel ones.
  const T spread = d.expert, cut = select(one < spread, one, d.tensor);
  const T hottest = select(one < spread, d.engine.imbalance, one);
  const T met = max(one, distinct_experts(m.experts, m.experts_per_token, tokens) / spread);
  const T routed = tokens * m.experts_per_token / spread * hottest;
  const T inner = m.expert_inner / cut;
  const WorkRate<T> rate = tile_rate(d, k, f.weights, f.operands) / units;
  OperatorCost<T> c;
  const T elements = met * m.expert_width * inner * T(3.0);
  c.work = {T(2.0) * routed * m.expert_width * inner * T(3.0)};
  c.traffic = elements * d.weight + routed * (T(2.0) * m.expert_width + T(3.0) * inner) * element_size<T>(Precision::fp16);
  c.compute = expert_tile_time(met, routed, m.expert_width, inner, T(2.0), units, rate) +
              dequantise_time(d, elements, f.weights, f.operands);
  c.memory = c.traffic / d.bandwidth;
  c.total = overlapped(c.compute, c.memory) + gathering_time(k, tokens, m.experts_per_token, m.expert_width, met, routed);
  return c;
}

/// Heads of a layer on one device. A cache of fewer heads than devices is kept by each of them whole.
template <class T>
Heads<T> heads_on(const Deployment<T>& d) {
  const auto& m = d.model;
  return {max(T(1.0), m.query_heads / d.tensor), max(T(1.0), m.key_heads / d.tensor), m.key_width};
}

/// Into how many products the query heads of a key head are taken apart.
template <class T>
T multiplied_apart(Grouping grouping, const Heads<T>& heads) {
  const T group = heads.query / heads.key, one = 1.0;
  if (grouping == Grouping::all) return one;
  const T eight = select(group <= T(8.0), select(T(8.0) <= group, one, group), group);
  return select(heads.dim <= T(128.0), select(T(128.0) <= heads.dim, eight, group), group);
}

/// One new token of each of `sequences`, in one layer.
template <class T>
OperatorCost<T> decode_attention_cost(const Deployment<T>& d, T sequences, T context) {
  const auto& k = decode_kernels(d.device, d.engine.attention);
  const Heads<T> heads = heads_on(d);
  const T units = units_of(d.device);
  // A latent is key and value at once.
  const T latent = d.model.latent ? 1.0 : 0.0;
  OperatorCost<T> c;
  c.work = {T(4.0) * sequences * d.lookahead * heads.query * heads.dim * context};
  c.traffic = sequences * context * heads.key * heads.dim * (T(2.0) - latent) * d.cache_element;
  if (d.model.latent) {
    const auto& l = d.device.kernels.latent;
    c.compute = latent_block_time(sequences, context, T(2.0) * heads.dim, d.lookahead * heads.query, units,
                                  latent_rate(d.device, d.formats.cache), l.block, l.split, l.parts);
  } else {
    const T apart = multiplied_apart(d.engine.grouping, heads);
    c.compute = decode_block_time(sequences * heads.key * apart, context, heads.dim,
                                  d.lookahead * heads.query / (heads.key * apart), units,
                                  unit_rate(d.device, Precision::bf16, k.efficiency), k.block, k.split);
  }
  c.memory = c.traffic / (d.bandwidth * d.engine.cache_bandwidth);
  c.total = overlapped(c.compute, c.memory);
  return c;
}

/// `tokens` new tokens of each of `sequences`, in one layer, after `prefix` cached ones.
template <class T>
OperatorCost<T> prefill_attention_cost(const Deployment<T>& d, T sequences, T tokens, T prefix, T window) {
  const auto& k = prefill_kernels(d.device, d.engine.attention);
  const Heads<T> heads = heads_on(d);
  const T units = units_of(d.device), queries = sequences * heads.query;
  const T pairs = prefill_pairs(tokens, prefix, window);
  OperatorCost<T> c;
  c.work = {T(4.0) * queries * d.model.value_width * pairs};
  const T moved =
      queries * tokens * d.model.value_width * T(2.0) + sequences * heads.key * heads.dim * T(2.0) * (prefix + tokens);
  c.traffic = moved * element_size<T>(Precision::fp16);
  // Scores that go through memory are computed for all keys before a chunk's last.
  const T chunk = first_stated(min(d.engine.micro_batch.base, tokens), tokens);
  c.traffic = c.traffic + queries * tokens * (prefix + T(0.5) * (tokens + chunk)) * d.engine.score_traffic;
  c.compute = prefill_block_time(queries, pairs, longest_block(tokens, prefix, window), tokens, d.model.value_width,
                                 units, unit_rate(d.device, Precision::bf16, k.efficiency), k.score_rate, k.block);
  c.memory = c.traffic / d.bandwidth;
  c.total = c.compute + c.memory;
  return c;
}

/// Norms, rotations and gates of `rows` tokens in one layer: fused, each reads and writes its operands once.
template <class T>
OperatorCost<T> elementwise_cost(const Deployment<T>& d, T rows) {
  const auto& m = d.model;
  const T gates = T(1.5) * m.feed_forward_in.columns + T(2.0) * m.query_key_value.columns;
  OperatorCost<T> c;
  c.traffic = rows * (T(8.0) * m.hidden() + gates / d.tensor) * element_size<T>(Precision::fp16);
  c.memory = c.traffic / d.bandwidth;
  c.total = c.memory;
  return c;
}

/// A sum over the tensor-parallel devices: inside the scale-up domain by whichever is faster, between domains a share each.
template <class T>
Time<T> sum_time(const Deployment<T>& d, Data<T> message) {
  const T one = 1.0, inside = min(d.tensor, d.domain), domains = d.tensor / inside;
  const Time<T> near = d.engine.sums == Sums::library ? library_all_reduce(d.device, message, inside, d.link)
                                                      : all_reduce(d.device, message, inside, d.link);
  const Time<T> far = library_all_reduce(d.device, message / inside, domains, d.network);
  // Through the host, each doubling of the devices is one more exchange.
  const auto doublings = [](double n) { return std::log2(n); };
  const Time<T> fixed =
      is_stated(d.device.scale_up.base) ? d.engine.sum : opaque("log2", doublings, d.tensor) * d.engine.host_sum;
  return near + far + select(d.tensor <= one, Time<T>{T(0.0)}, fixed);
}

/// A pass of `rows` tokens that are scored at `scored` of them, with the attention that they need.
template <class T>
StepCost<T> pass_cost(const Deployment<T>& d, T rows, T scored, const OperatorCost<T>& attention) {
  const auto& m = d.model;
  const auto& f = d.formats;
  const auto layer = [&](const Product<T>& p, T column_share, T inner_share) {
    return times(p.layers, product_cost(d, rows, p.columns * column_share, p.inner * inner_share, f.weights, f.operands,
                                        d.weight));
  };
  const T part = T(1.0) / d.tensor, whole = 1.0;
  StepCost<T> s;
  s.projections = layer(m.query_key_value, part, whole) + layer(m.attention_output, whole, part);
  s.feed_forward = layer(m.feed_forward_in, part, whole) + layer(m.feed_forward_out, whole, part);
  if (m.mixture) s.experts = times(m.expert_layers, experts_cost(d, rows));
  s.attention = attention;
  s.elementwise = times(m.layers, elementwise_cost(d, rows));
  s.head = product_cost(d, scored, m.head.columns * part, m.head.inner, f.head, Precision::fp16, d.head_weight);
  s.communication = T(2.0) * m.layers * sum_time(d, rows * m.hidden() * element_size<T>(Precision::fp16));
  s.fixed = m.layers * d.engine.layer;
  const auto all = s.projections + s.feed_forward + s.experts + s.attention + s.elementwise + s.head;
  s.work = all.work;
  s.traffic = all.traffic;
  s.compute = all.compute;
  s.memory = all.memory;
  const Time<T> device = all.total + s.communication + s.fixed;
  const bool eight = m.mixture && stored_bits(f.weights) > 6 && stored_bits(f.weights) < 9;
  const Time<T> host_experts = eight ? m.expert_layers * d.engine.expert_layer_8 : Time<T>{T(0.0)};
  s.total = max(device, m.layers * d.engine.host_layer) + host_experts;
  s.fixed = s.total - all.total - s.communication;
  return s;
}

/// A pass with what the engine adds to each step.
template <class T>
StepCost<T> scheduled(const Deployment<T>& d, StepCost<T> s, T sequences) {
  const Time<T> fixed = d.engine.step + sequences * d.engine.sequence;
  s.fixed = s.fixed + fixed;
  s.total = s.total + fixed;
  return s;
}

/// Attention of all layers.
template <class T, class F>
OperatorCost<T> every_layer(const Lowered<T>& m, F one_layer, T unbounded) {
  OperatorCost<T> full = times(m.attention_layers, one_layer(unbounded));
  if (m.windows) full = full + times(m.window_layers, one_layer(m.window.base));
  return full;
}

/// Recurrent states of `sequences`, read and written once, that take in `tokens` each: a decay, an outer product and a sum for each
/// element.
template <class T>
OperatorCost<T> state_cost(const Deployment<T>& d, T sequences, T tokens) {
  const T elements = d.model.state / d.tensor;
  OperatorCost<T> c;
  c.work = {T(6.0) * sequences * tokens * elements};
  c.traffic = T(2.0) * sequences * elements * element_size<T>(Precision::fp32);
  c.compute = c.work / first_stated(d.device.compute.fp32_dense, d.device.compute.peak(Precision::bf16));
  c.memory = c.traffic / d.bandwidth;
  c.total = overlapped(c.compute, c.memory);
  return c;
}

/// A step in which `sequences` each get a token after `context` others. Stages of a pipeline share them out.
template <class T>
StepCost<T> decode_cost(const Deployment<T>& d, T sequences, T context) {
  const T not_stated = std::numeric_limits<double>::quiet_NaN();
  const T rows = max(T(1.0), sequences / d.pipeline);
  const auto attention =
      every_layer(
          d.model,
          [&](T window) { return decode_attention_cost(d, rows, min(context, first_stated(window, context))); },
          not_stated) +
      state_cost(d, rows, d.lookahead);
  const T tokens = rows * d.lookahead;
  return scheduled(d, pass_cost(d, tokens, tokens, attention), sequences);
}

/// The same with prompts of `prompt` tokens beside them, `prompts` a step on average.
template <class T>
StepCost<T> mixed_cost(const Deployment<T>& d, T sequences, T context, T prompts, T prompt) {
  const T not_stated = std::numeric_limits<double>::quiet_NaN(), none = 0.0;
  const T rows = max(T(1.0), sequences / d.pipeline), beside = prompts / d.pipeline;
  const auto attention =
      every_layer(
          d.model,
          [&](T window) { return decode_attention_cost(d, rows, min(context, first_stated(window, context))); },
          not_stated) +
      every_layer(
          d.model, [&](T window) { return prefill_attention_cost(d, beside, prompt, none, window); }, not_stated) +
      state_cost(d, rows, d.lookahead) + state_cost(d, beside, prompt);
  const T tokens = rows * d.lookahead;
  return scheduled(d, pass_cost(d, tokens + beside * prompt, tokens + beside, attention), sequences);
}

/// Prompts of `prompt` tokens of `sequences`, all new, in micro-batches; stages of a pipeline work on them in turn.
template <class T>
StepCost<T> prefill_cost(const Deployment<T>& d, T sequences, T prompt) {
  const T not_stated = std::numeric_limits<double>::quiet_NaN(), none = 0.0;
  const T rows = sequences * prompt, at_once = min(rows, first_stated(d.engine.micro_batch.base, rows));
  const T passes = ceil(rows / at_once);
  const auto attention =
      every_layer(
          d.model, [&](T window) { return prefill_attention_cost(d, sequences, prompt, none, window); }, not_stated) +
      state_cost(d, sequences, prompt);
  StepCost<T> s = pass_cost(d, at_once, T(1.0), times(T(1.0) / passes, attention));
  const T turns = (passes + d.pipeline - T(1.0)) / d.pipeline;
  s.work = passes * s.work;
  s.traffic = passes * s.traffic;
  s.compute = passes * s.compute;
  s.memory = passes * s.memory;
  s.total = turns * s.total + d.engine.step + d.engine.request + sequences * d.engine.sequence;
  return s;
}

/// Power of one device in a step.
template <class T, class Step>
Power<T> step_power(const Deployment<T>& d, const Step& s) {
  const auto& e = d.engine;
  const T busy = min(T(1.0), s.compute / s.total), reading = min(T(1.0), s.memory / s.total);
  return d.device.tdp * min(T(1.0), e.power_base + e.power_memory * reading + e.power_compute * busy);
}

}  // namespace mlsysim
