#pragma once
// A training step of a language model on a fleet, operator by operator: time, what of communication is exposed, memory by part.
#include "mlsysim/execution/operator_needs.hpp"
#include "mlsysim/execution/training_memory.hpp"
#include "mlsysim/walls/wall.hpp"
#include "mlsysim/workload/training_layout.hpp"

namespace mlsysim {

enum class TrainingLimit {
  products,
  attention,
  experts,
  elementwise,
  recomputation,
  head,
  communication,
  pipeline,
  fixed
};
template <>
struct Words<TrainingLimit> {
  static constexpr const char* all[] = {"Products", "Attention",     "Experts",  "Elementwise", "Recomputation",
                                        "Head",     "Communication", "Pipeline", "Fixed"};
};
template <class T>
struct TrainingQuery {
  static constexpr double not_stated = std::numeric_limits<double>::quiet_NaN();
  Model<T> model;
  Fleet<T> fleet;
  TrainingStack<T> stack;
  T batch_size = 512.0;
  Tokens<T> seq_len{4096.0};
  T microbatch_size = 1.0, tp_size = 1.0, pp_size = 1.0, cp_size = 1.0, ep_size = 1.0, v_stages = 1.0;
  Sharding zero_stage = Sharding::optimizer;
  T shard_size{not_stated};
  Precision precision = Precision::bf16;
  Recomputed recomputation = Recomputed::as_needed;
  Schedule schedule = Schedule::one_forward_one_backward;
  bool sequence_parallel = true, is_lora = false;
  T lora_rank = 16.0, release = 2026.0;
  Tokens<T> training_tokens{not_stated};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the language model");
    v.entity("fleet", "fleet", q.fleet, "nodes and what joins them");
    v.entity("stack", "stack", q.stack, "the program that trains", "megatron");
    v("batch_size", q.batch_size, one, count_from(1), "sequences of one optimizer step, over the whole fleet",
      Spelling{"global_batch"});
    v("seq_len", q.seq_len, token, count_from(1), "tokens of a sequence", Spelling{"context"});
    v("microbatch_size", q.microbatch_size, one, count_from(1), "sequences that pass through at a time",
      Spelling{"mbs"});
    v("tp_size", q.tp_size, one, count_between(1, 1024), "tensor parallelism: devices that share each layer",
      Spelling{"tp"});
    v("pp_size", q.pp_size, one, count_between(1, 1024), "pipeline parallelism: stages that share the layers out",
      Spelling{"pp"});
    v("cp_size", q.cp_size, one, count_between(1, 1024), "context parallelism: devices that share each sequence",
      Spelling{"cp"});
    v("ep_size", q.ep_size, one, count_between(1, 4096),
      "expert parallelism: devices that experts are spread over (1: cut like the rest)", Spelling{"ep"});
    v("v_stages", q.v_stages, one, count_from(1), "chunks of layers on each device of a pipeline (interleaving)",
      Spelling{"vpp"});
    v("zero_stage", q.zero_stage, "1 shards optimizer state over replicas, 2 gradients too, 3 weights too (FSDP)");
    v("shard_size", q.shard_size, one, count_from(1), "devices that share a copy of what is sharded (not stated: all)");
    v("precision", q.precision, "number format of the products of layers");
    v("recomputation", q.recomputation, "activations that are computed again in the backward pass");
    v("schedule", q.schedule, "of a pipeline");
    v("sequence_parallel", q.sequence_parallel, "tensor-parallel devices share out norms and residuals too");
    v("is_lora", q.is_lora, "train low-rank adapters on frozen weights");
    v("lora_rank", q.lora_rank, one, count_from(1), "rank of the adapters");
    v("release", q.release, one, between(2019, 2040), "release of the stack: a year and a fraction");
    v("training_tokens", q.training_tokens, token, at_least(1), "tokens of the whole run (not stated: none)");
  }
};

template <class T>
struct TrainingResult {
  Flag<T> feasible;
  Answer<T, TrainingLimit> bottleneck;
  Time<T> step_time;
  TokenRate<T> throughput, throughput_per_device;
  T mfu{};
  WorkRate<T> model_flops_per_device;
  T dp{}, microbatches{}, recomputed{};
  Time<T> time_products, time_attention, time_experts, time_elementwise, time_quantise, time_recomputation, time_head,
      time_tensor, time_context, time_exchange, time_stages, time_bubble, time_data, time_optimizer, time_fixed,
      time_straggler;
  Answer<T, StageRank> worst_rank;
  Data<T> memory_weights, memory_gradients, memory_optimizer, memory_activations, memory_logits, memory_footprint,
      memory_reserved, memory_available;
  Power<T> power;
  Energy<T> energy_per_token;
  Time<T> duration, device_time;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "every device holds its share");
    v("bottleneck", r.bottleneck, "the largest part of a step");
    v("step_time", r.step_time, s, any, "one optimizer step");
    v("throughput", r.throughput, token / s, any, "tokens a second, the whole fleet");
    v("throughput_per_device", r.throughput_per_device, token / s, any, "tokens a second of one device");
    v("mfu", r.mfu, one, any, "arithmetic of the model, nothing recomputed, over the peak of its format");
    v("model_flops_per_device", r.model_flops_per_device, Tflop / s, any, "the same as a rate");
    v("dp", r.dp, one, any, "replicas");
    v("microbatches", r.microbatches, one, any, "microbatches of a replica in a step");
    v("recomputed", r.recomputed, one, any, "share of the layers whose activations are computed again");
    v("time_products", r.time_products, s, any, "matrix products of layers");
    v("time_attention", r.time_attention, s, any, "attention");
    v("time_experts", r.time_experts, s, any, "routed experts");
    v("time_elementwise", r.time_elementwise, s, any, "norms, residuals, gates, permutations");
    v("time_quantise", r.time_quantise, s, any, "narrowing operands");
    v("time_recomputation", r.time_recomputation, s, any, "activations computed again");
    v("time_head", r.time_head, s, any, "head and loss");
    v("time_tensor", r.time_tensor, s, any, "exposed: sums over tensor-parallel devices");
    v("time_context", r.time_context, s, any, "exposed: keys and values round context-parallel devices");
    v("time_exchange", r.time_exchange, s, any, "exposed: tokens to their experts and back");
    v("time_stages", r.time_stages, s, any, "exposed: activations between stages");
    v("time_bubble", r.time_bubble, s, any, "stages wait for the pipeline to fill and drain");
    v("time_data", r.time_data, s, any, "exposed: gradients and weights between replicas");
    v("time_optimizer", r.time_optimizer, s, any, "the optimizer");
    v("time_fixed", r.time_fixed, s, any, "launches, routing, the host");
    v("time_straggler", r.time_straggler, s, any, "waiting for the slowest node");
    v("worst_rank", r.worst_rank, "the rank that holds most");
    v("memory_weights", r.memory_weights, GB, any, "weights on that device");
    v("memory_gradients", r.memory_gradients, GB, any, "gradients");
    v("memory_optimizer", r.memory_optimizer, GB, any, "optimizer state");
    v("memory_activations", r.memory_activations, GB, any, "activations kept for the backward pass, and a layer at work");
    v("memory_logits", r.memory_logits, GB, any, "scores of the vocabulary and their gradients");
    v("memory_footprint", r.memory_footprint, GB, any, "what is alive at the peak, with the runtime's own");
    v("memory_reserved", r.memory_reserved, GB, any, "what the allocator holds for it");
    v("memory_available", r.memory_available, GB, any, "bytes that a device has");
    v("power", r.power, kW, any, "of all devices");
    v("energy_per_token", r.energy_per_token, J, any, "of all devices");
    v("duration", r.duration, day, any, "the run of training_tokens, nothing failing");
    v("device_time", r.device_time, hour, any, "the same over all devices");
  }
};

namespace training {

template <class T>
TrainingPart<T> part_of(const TrainingQuery<T>& q) {
  TrainingPart<T> d;
  d.model = lowered(q.model);
  d.device = q.fleet.node.accelerator;
  d.stack = q.stack;
  d.precision = q.precision;
  d.sequences = q.microbatch_size;
  d.length = q.seq_len.base;
  d.tensor = q.tp_size;
  d.context = q.cp_size;
  d.expert = q.ep_size;
  d.pipeline = q.pp_size;
  d.data = q.fleet.nodes * q.fleet.node.accelerators / (q.tp_size * q.pp_size * q.cp_size);
  d.chunks = q.v_stages;
  d.microbatches = q.batch_size / (d.data * q.microbatch_size);
  d.sequence_parallel = q.sequence_parallel;
  d.weights_trained = !q.is_lora;
  d.spread = value(q.ep_size) > 1;
  d.sharding = q.zero_stage;
  d.recomputation = q.recomputation;
  d.schedule = q.schedule;
  d.shard_size = q.shard_size;
  d.adapters = adapter_parameters(q.lora_rank, d.model.hidden(), d.model.layers) / (q.tp_size * q.pp_size);
  d.years = q.release - named(T(2026.0), "the year that the constants of stacks are of");
  d.links = fleet_links(q.fleet, Time<T>{T(0.0)});
  return d;
}

/// Arithmetic of the model for one token, forward: products and causal attention, nothing recomputed.
template <class T>
Work<T> forward_work(const TrainingPart<T>& d) {
  const auto& m = d.model;
  const T experts = m.mixture ? m.expert_elements() * m.experts_per_token / m.experts : T(0.0);
  const T products = m.query_key_value.elements() + m.attention_output.elements() + m.feed_forward_in.elements() +
                     m.feed_forward_out.elements() + m.head.elements() + experts;
  const T seen = m.windows ? m.window_layers * min(d.length * T(0.5), m.window.base) : m.window_layers * d.length * T(0.5);
  const T pairs = m.attention_layers * d.length * T(0.5) + seen;
  return {T(2.0) * products + T(4.0) * m.query_heads * m.value_width * pairs};
}

/// Gradients and weights between replicas: once a step, or, where weights are sharded, for every microbatch behind its arithmetic.
template <class T>
Time<T> data_time(const TrainingPart<T>& d, Time<T> hiding) {
  const auto& s = d.stack;
  const T one = 1.0, none = 0.0;
  const HeldElements<T> held = held_elements(d);
  const T beside = max(one, d.links.domain / d.tensor), experts_beside = d.spread ? max(one, d.links.domain / d.expert) : beside;
  const T dense = d.weights_trained ? held.layers + held.table : d.adapters, experts = d.weights_trained ? held.experts : none;
  const auto gather = [&](Data<T> element, T over, T expert_over, T of_layers, T of_experts) {
    return gather_time(d, of_layers * element, over, beside) + gather_time(d, of_experts * element, expert_over, experts_beside);
  };
  const Data<T> wide = element_size<T>(Precision::bf16);
  const Time<T> scattered = gather(d.gradient(), d.shards(), d.expert_shards(), dense, experts);
  // Copies of a shard are summed once a step.
  const T others = d.copies() / d.shards(), expert_others = d.expert_copies() / d.expert_shards();
  const Time<T> summed = T(2.0) * (gather_time(d, dense / d.shards() * d.gradient(), others, max(one, beside / d.shards())) +
                                   gather_time(d, experts / d.expert_shards() * d.gradient(), expert_others,
                                               max(one, experts_beside / d.expert_shards())));
  if (d.sharding == Sharding::weights) {
    const Time<T> gathered = gather(wide, d.shards(), d.expert_shards(), held.layers + held.table, held.experts);
    const Time<T> exposed = max(Time<T>{none}, T(2.0) * gathered + scattered - s.data_hidden * hiding);
    return d.microbatches * exposed + s.data_exposed * summed;
  }
  if (d.sharding == Sharding::none)
    return s.data_exposed * T(2.0) * gather(d.gradient(), d.copies(), d.expert_copies(), dense, experts);
  const Time<T> returned = gather(wide, d.shards(), d.expert_shards(), dense, experts);
  if (d.sharding == Sharding::gradients) {
    // No whole copy is kept from one microbatch to the next: each is scattered behind its arithmetic.
    const Time<T> exposed = max(Time<T>{none}, scattered - s.data_hidden * hiding);
    return d.microbatches * exposed + s.data_exposed * (returned + summed);
  }
  return s.data_exposed * (scattered + returned + summed);
}

}  // namespace training

/// A step whose layers take so long: that depends on tp, cp, ep and the microbatch alone, and a search computes it once.
template <class T>
TrainingResult<T> evaluate(const TrainingQuery<T>& q, const TrainingPart<T>& d, const LayerPasses<T>& pass,
                           const training::Both<T>& head) {
  using namespace training;
  const T none = 0.0, one = 1.0, two = 2.0;
  const auto& m = d.model;
  const auto& s = d.stack;
  TrainingResult<T> r;
  const T devices = q.fleet.nodes * q.fleet.node.accelerators;
  r.dp = d.data;
  r.microbatches = d.microbatches;

  // Memory: of the worse of two ranks. As many layers are computed again as it takes.
  const bool alone = value(q.pp_size) <= 1;
  const LayerMemory<T> layer = layer_memory(d);
  const auto memory = [&](StageRank rank, T recomputed) { return training_memory(d, layer, rank, alone, recomputed); };
  r.memory_available = d.device.memory.capacity;
  switch (q.recomputation) {
    case Recomputed::as_needed: {
      const auto needed = [&](StageRank rank) {
        // One layer at work comes on top as soon as any is computed again.
        const Data<T> least = memory(rank, one).live, most = memory(rank, none).live, room = r.memory_available / s.fragmentation;
        const T share = (most + layer.whole - room) / max(most + layer.whole - least, Data<T>{T(1.0)});
        return select(most <= room, none, min(one, max(none, share)));
      };
      r.recomputed = alone ? needed(StageRank::last) : max(needed(StageRank::first), needed(StageRank::last));
      break;
    }
    case Recomputed::full:
      r.recomputed = one;
      break;
    case Recomputed::half:
      r.recomputed = T(0.5);
      break;
    case Recomputed::selective:
    case Recomputed::none:
      r.recomputed = none;
      break;
  }
  const TrainingMemory<T> first = memory(alone ? StageRank::last : StageRank::first, r.recomputed);
  const TrainingMemory<T> last = memory(StageRank::last, r.recomputed);
  const auto heavier = last.live < first.live;
  const auto worse = [&](Data<T> a, Data<T> b) { return select(heavier, a, b); };
  r.worst_rank.index = alone ? T(1.0) : select(heavier, none, one);
  r.memory_weights = worse(first.weights, last.weights);
  r.memory_gradients = worse(first.gradients, last.gradients);
  r.memory_optimizer = worse(first.optimizer, last.optimizer);
  r.memory_activations = worse(first.activations, last.activations);
  r.memory_logits = worse(first.logits, last.logits);
  r.memory_footprint = worse(first.live, last.live);
  r.memory_reserved = r.memory_footprint * s.fragmentation;
  r.feasible = {select(r.memory_footprint <= r.memory_available, one, none)};

  // Time of the slowest stage in a microbatch.
  const T layers = m.layers / q.pp_size;
  const LayerTime<T> model = times(layers, pass.forward + pass.backward);
  // Of a model whose layers do not divide, the tables stand for layers.
  const T balanced = m.layers / q.pp_size - floor(m.layers / q.pp_size);
  const Time<T> scoring = (head.forward + head.backward) * select(none < balanced, one / q.pp_size, one);
  const Time<T> cheap = s.attention == AttentionKernel::unfused ? pass.attention_core : T(0.5) * pass.forward.elementwise;
  const Time<T> again = layers * (r.recomputed * pass.forward.total() +
                                  (q.recomputation == Recomputed::selective ? one : none) * cheap);
  const Data<T> boundary =
      stored_size(d.tokens() * m.hidden() / (d.sequence_parallel ? d.tensor : one), Precision::bf16);
  const Bandwidth<T> way = select(devices <= d.links.domain, d.links.inside, d.links.between * s.network_efficiency);
  const Time<T> hop = two * q.v_stages * (boundary / way + d.links.between_latency) * s.pipeline_exposed;
  const Time<T> passing = alone ? Time<T>{none} : hop;
  const Time<T> stage = model.total() + again + scoring + passing + s.microbatch;
  const T share = q.schedule == Schedule::zero_bubble ? T(1.0) / T(3.0) : T(1.0);
  const T wait = pipeline_wait(q.pp_size, q.v_stages, share);

  const T n = d.microbatches;
  r.time_products = n * model.products;
  r.time_attention = n * model.attention;
  r.time_experts = n * model.experts;
  r.time_elementwise = n * model.elementwise;
  r.time_quantise = n * model.quantise;
  r.time_recomputation = n * again;
  r.time_head = n * scoring;
  r.time_tensor = n * model.tensor;
  r.time_context = n * model.context;
  r.time_exchange = n * model.exchange;
  r.time_stages = n * passing;
  r.time_bubble = wait * stage;
  r.time_data = data_time(d, model.busy() + again + scoring);
  const HeldElements<T> held = held_elements(d);
  const auto owned = [&](T elements, T over) { return elements / (d.shards_from(Sharding::optimizer) ? over : one); };
  const T updated = d.weights_trained ? owned(held.layers + held.table, d.shards()) + owned(held.experts, d.expert_shards())
                                      : d.adapters;
  r.time_optimizer = moved(d, updated * named(Data<T>{T(32.0)}, "bytes that Adam reads and writes for an element"));
  r.time_fixed = n * (model.fixed + s.microbatch) + s.step;
  const Time<T> step = n * stage + r.time_bubble + r.time_data + r.time_optimizer + s.step;
  const auto doublings = [](double nodes) { return std::log2(nodes); };
  r.time_straggler = step * s.straggler * opaque("log2", doublings, max(one, devices / d.links.domain));
  r.step_time = step + r.time_straggler;

  const T tokens = q.batch_size * q.seq_len.base;
  r.throughput = Tokens<T>{tokens} / r.step_time;
  r.throughput_per_device = r.throughput / devices;
  const Work<T> useful = forward_work(d) * (d.weights_trained ? T(3.0) : two);
  r.model_flops_per_device = tokens * useful / (r.step_time * devices);
  r.mfu = r.model_flops_per_device / d.device.compute.peak(q.precision);
  r.power = devices * d.device.tdp * s.power;
  r.energy_per_token = r.power * r.step_time / tokens;
  r.duration = first_stated(q.training_tokens, Tokens<T>{none}) / r.throughput;
  r.device_time = r.duration * devices;

  const Time<T> parts[] = {r.time_products,
                           r.time_attention,
                           r.time_experts,
                           r.time_elementwise + r.time_quantise,
                           r.time_recomputation,
                           r.time_head,
                           r.time_tensor + r.time_context + r.time_exchange + r.time_stages + r.time_data,
                           r.time_bubble,
                           r.time_fixed + r.time_optimizer + r.time_straggler};
  Time<T> most = parts[0];
  r.bottleneck.index = T(0.0);
  for (int i = 1; i < 9; ++i) {
    r.bottleneck.index = select(most < parts[i], T(static_cast<double>(i)), r.bottleneck.index);
    most = max(most, parts[i]);
  }
  return r;
}

template <class T>
TrainingResult<T> evaluate(const TrainingQuery<T>& q) {
  const TrainingPart<T> d = training::part_of(q);
  return evaluate(q, d, layer_passes(d), head_times(d));
}

namespace training {

/// What no cut makes good: a model without operators, a device without kernels.
inline void refuse_untrainable(const Model<double>& m, const Accelerator<double>& device, Problems& problems) {
  constexpr const char* otherwise = "the wall distributed does without";
  refuse_without_operators(m, device, "fleet", otherwise, problems);
  if (problems.empty() && !is_stated(device.kernels.training.sustained_16))
    problems.push_back({.argument = "fleet",
                        .message = std::string("fleet has a device whose rates in training nobody states (") +
                                   otherwise + ")"});
}

}  // namespace training

struct TrainingWall : Declares<TrainingQuery, TrainingResult> {
  static constexpr auto name = "training", python = "TrainingModel",
                        doc = "A training step of a language model on a fleet, operator by operator: time and memory by part.";

  /// Row by row: which ranks there are depends on degrees, and two rows of a pack may differ in those.
  static void sweep(const double* in, const Body* const* bodies, const Columns& columns) {
    detail::sweep_by_rows<TrainingQuery, TrainingResult>(&run<double>, in, bodies, columns);
  }
  static void refuse(const TrainingQuery<double>& q, Problems& problems) {
    training::refuse_untrainable(q.model, q.fleet.node.accelerator, problems);
    if (!problems.empty()) return;
    refuse_training_cut(q.model,
                        {.devices = q.fleet.nodes * q.fleet.node.accelerators,
                         .batch = q.batch_size,
                         .length = q.seq_len.base,
                         .tp = q.tp_size,
                         .pp = q.pp_size,
                         .cp = q.cp_size,
                         .ep = q.ep_size,
                         .chunks = q.v_stages,
                         .microbatch = q.microbatch_size,
                         .shard = q.shard_size},
                        problems);
  }
};

}  // namespace mlsysim
