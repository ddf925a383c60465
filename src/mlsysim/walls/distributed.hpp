#pragma once
// Wall 14: a training step of one model on a fleet, split by tensor, pipeline, expert and data parallelism.
#include "mlsysim/execution/fleet_links.hpp"
#include "mlsysim/laws/original_collectives.hpp"
#include "mlsysim/walls/single_node.hpp"
#include "mlsysim/workload/layout.hpp"

namespace mlsysim {

enum class TopologyOverride { none, fat_tree, rail_optimised, dragonfly, torus, ring, mesh, torus_2d, full_mesh };
template <>
struct Words<TopologyOverride> {
  static constexpr const char* all[] = {"none", "fat_tree", "rail_optimised", "dragonfly", "torus_3d",
                                        "ring", "mesh",     "torus_2d",       "full_mesh"};
};

template <class T>
struct DistributedQuery {
  Model<T> model;
  Fleet<T> fleet;
  T batch_size = 1.0;
  Precision precision = Precision::fp16;
  T efficiency = 0.5;
  T tp_size = 1.0, pp_size = 1.0, ep_size = 1.0, v_stages = 1.0, microbatch_count = 1.0;
  TopologyOverride topology_override = TopologyOverride::none;
  ZeroStage zero_stage = ZeroStage::none;
  bool is_lora = false, activation_recomputation = false, overlap_comm = false;
  T overlap_efficiency = 0.85, congestion_factor = 1.0, straggler_factor = 1.0, gradient_accumulation_steps = 1.0;
  Tokens<T> seq_len{2048.0};
  T lora_rank = 16.0;
  Time<T> scale_up_latency{1 / 1e6};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the network");
    v.entity("fleet", "fleet", q.fleet, "nodes and what joins them");
    v("batch_size", q.batch_size, one, count_from(1),
      "sequences or samples of one optimizer step, over the whole fleet", Spelling{"global_batch"});
    v("precision", q.precision, "number format of weights and arithmetic");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach (eta)");
    v("tp_size", q.tp_size, one, count_from(1), "tensor parallelism: devices that share each layer", Spelling{"tp"});
    v("pp_size", q.pp_size, one, count_from(1), "pipeline parallelism: stages that share the layers out",
      Spelling{"pp"});
    v("ep_size", q.ep_size, one, count_from(1), "expert parallelism: devices that share the experts of a layer out",
      Spelling{"ep"});
    v("v_stages", q.v_stages, one, count_from(1), "chunks of layers on each device of a pipeline (interleaving)");
    v("microbatch_count", q.microbatch_count, one, count_from(1),
      "microbatches that a replica's sequences pass a pipeline in", Spelling{"microbatches"});
    v("topology_override", q.topology_override,
      "another shape of the fabric than its own (none): what all-to-all traffic gets of it");
    v("zero_stage", q.zero_stage, "ZeRO: 1 shards optimizer state over replicas, 2 gradients too, 3 weights too");
    v("is_lora", q.is_lora, "train low-rank adapters on frozen weights");
    v("activation_recomputation", q.activation_recomputation, "recompute activations in the backward pass");
    v("overlap_comm", q.overlap_comm, "gradients are exchanged while the backward pass still runs");
    v("overlap_efficiency", q.overlap_efficiency, one, between(0, 1), "share of what could be hidden that is");
    v("congestion_factor", q.congestion_factor, one, at_least(1), "communication time over that of an idle network");
    v("straggler_factor", q.straggler_factor, one, at_least(1), "time of the slowest device over that of the others");
    v("gradient_accumulation_steps", q.gradient_accumulation_steps, one, count_from(1),
      "parts of the batch that are worked off one after the other");
    v("seq_len", q.seq_len, token, count_from(1), "tokens of each sequence", Spelling{"context"});
    v("lora_rank", q.lora_rank, one, count_from(1), "rank of the adapters");
    v("scale_up_latency", q.scale_up_latency, us, at_least(0),
      "one message between devices of a node (estimated, 0.5 to 4 us)");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct Parallelism {
  T dp{}, tp{}, pp{}, ep{};

  template <class P, class V>
  static void fields(P& p, V& v) {
    v("dp", p.dp, one, any, "replicas");
    v("tp", p.tp, one, any, "devices that share each layer");
    v("pp", p.pp, one, any, "pipeline stages");
    v("ep", p.ep, one, any, "devices that share the experts out");
  }
};

template <class T>
struct DistributedResult {
  Flag<T> feasible;
  Time<T> step_latency_total;
  Frequency<T> effective_throughput;
  TokenRate<T> token_throughput;
  T mfu{}, scaling_efficiency{};
  Time<T> communication_latency, dp_communication_latency, dp_communication_exposed, tp_communication_latency,
      pp_communication_latency, ep_communication_latency, pipeline_bubble_latency;
  T bubble_fraction{}, microbatch_size{};
  Parallelism<T> parallelism;
  SingleNodeResult<T> node_profile;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("feasible", r.feasible, "every device holds its share");
    v("step_latency_total", r.step_latency_total, ms, any, "one optimizer step");
    v("effective_throughput", r.effective_throughput, per_s, any, "sequences or samples a second, the whole fleet");
    v("token_throughput", r.token_throughput, token / s, any, "tokens a second, the whole fleet");
    v("mfu", r.mfu, one, any, "share of the fleet's peak that the model's own operations reach");
    v("scaling_efficiency", r.scaling_efficiency, one, any, "time that a device computes over that of the step");
    v("communication_latency", r.communication_latency, ms, any, "communication of a device, hidden or not");
    v("dp_communication_latency", r.dp_communication_latency, ms, any,
      "gradients (and weights under ZeRO) between replicas");
    v("dp_communication_exposed", r.dp_communication_exposed, ms, any, "what of it the backward pass does not hide");
    v("tp_communication_latency", r.tp_communication_latency, ms, any, "activations inside layers");
    v("pp_communication_latency", r.pp_communication_latency, ms, any, "activations between stages");
    v("ep_communication_latency", r.ep_communication_latency, ms, any, "tokens to their experts and back");
    v("pipeline_bubble_latency", r.pipeline_bubble_latency, ms, any,
      "a device waits for the pipeline to fill and drain");
    v("bubble_fraction", r.bubble_fraction, one, any, "share of the pipeline's time that is such waiting");
    v("microbatch_size", r.microbatch_size, one, any, "sequences or samples of one microbatch");
    v.entity("parallelism", "", r.parallelism, "degrees");
    v.entity("node_profile", "", r.node_profile, "one device's share of the step, without communication");
  }
};

namespace distributed {

/// Recurrent and attention networks are blocks of one width, which can be cut; other networks are only replicated.
constexpr bool splits(Architecture a) { return has_cache(a) || has_state(a); }

template <class T>
Shares<T> shares(const DistributedQuery<T>& q) {
  return {q.model.architecture == Architecture::mixture_of_experts, q.tp_size, q.pp_size, q.ep_size,
          named(q.fleet.nodes * q.fleet.node.accelerators / (q.tp_size * q.pp_size * q.ep_size), "replicas")};
}

/// The question that one device answers: its share of the network, `batch` sequences.
template <class T>
SingleNodeQuery<T> one_device(const DistributedQuery<T>& q, const Model<T>& model, T batch, T zero_devices) {
  SingleNodeQuery<T> d;
  d.model = model;
  d.hardware = q.fleet.node.accelerator;
  d.batch_size = batch;
  d.precision = q.precision;
  d.efficiency = q.efficiency;
  d.is_training = true;
  d.seq_len = q.seq_len;
  d.zero_stage = q.zero_stage;
  d.dp_size = zero_devices;
  d.is_lora = q.is_lora;
  d.activation_recomputation = q.activation_recomputation;
  d.lora_rank = q.lora_rank;
  d.assumptions = q.assumptions;
  return d;
}

/// Compute, memory and traffic of one device in a step of `microbatches`, of which up to `in_flight` wait for their backward pass.
template <class T>
SingleNodeResult<T> profile(const SingleNodeQuery<T>& d, const single_node::Shape<T>& whole, T microbatches,
                            T in_flight) {
  SingleNodeResult<T> r;
  single_node::Shape<T> s = whole;
  single_node::work(d, s, r);
  s.batch = named(whole.batch / microbatches, "sequences of a microbatch");
  s.tokens = whole.tokens / microbatches;
  single_node::footprint(d, s, r);
  if (d.zero_stage == ZeroStage::weights)
    r.memory_weights = r.memory_weights + named(s.weights / s.layers, "one layer, gathered");
  const Data<T> kept = named(r.memory_activations, "activations of a microbatch");
  if (d.activation_recomputation && splits(d.model.architecture)) {
    // Those that wait keep the inputs of their blocks; one block of one microbatch is at work.
    const Data<T> waiting = kept_activations(s.context * s.batch, d.model.hidden_dim, s.layers, s.activation_element,
                                             d.assumptions.kept_recomputed);
    r.memory_activations = kept + (in_flight - T(1.0)) * waiting;
  } else {
    r.memory_activations = kept * in_flight;
  }
  // Each microbatch reads the weights in every pass and adds to the gradients; the optimizer runs once.
  const T two = named(T(2.0), "written and read");
  r.traffic_weights = microbatches * s.passes * s.weights;
  r.traffic_other = microbatches * (r.memory_gradients + two * kept) + two * r.memory_optimizer;
  r.traffic = r.traffic_weights + r.traffic_other;
  s.batch = whole.batch;
  s.tokens = whole.tokens;
  s.layers = whole.layers * microbatches;  // each launches the kernels of its layers
  single_node::roof(d, s, r);
  return r;
}

/// Exchange of gradients, and of weights where ZeRO shards them: 2 (n - 1)/n of the gradients up to stage 2; in stage 3 the
/// weights are gathered for each pass, and gradients scattered. Stages 2 and 3 keep no whole copy from one microbatch to the next.
template <class T>
Time<T> replicas_time(ZeroStage stage, const FleetLinks<T>& links, const Ranks<T>& replicas, Data<T> gradients,
                      Data<T> weights, T microbatches) {
  const Time<T> whole = all_reduce_time(links, replicas, gradients);
  if (stage == ZeroStage::none || stage == ZeroStage::optimizer) return whole;
  const Time<T> scattered = reduce_scatter_time(links, replicas, gradients);
  if (stage == ZeroStage::gradients) return microbatches * scattered + (whole - scattered);
  const T gathers = named(T(2.0), "gathers of the weights, forward and backward");
  return cite(microbatches * (scattered + gathers * reduce_scatter_time(links, replicas, weights)),
              "rajbhandari2020zero, section 7.2.2");
}

template <class T>
DistributedResult<T> from_first_principles(const DistributedQuery<T>& q) {
  const auto& m = q.model;
  const Shares<T> n = shares(q);
  const T all_replicas = named(n.dp * n.ep, "devices that work on different sequences");
  const T microbatches = named(q.microbatch_count * q.gradient_accumulation_steps, "microbatches of a step");
  const Data<T> none{T(0.0)};
  const Time<T> at_once{T(0.0)};
  DistributedResult<T> r;
  r.parallelism = {n.dp, n.tp, n.pp, n.ep};

  const Model<T> share = splits(m.architecture) ? share_of(m, n) : m;
  const SingleNodeQuery<T> device =
      one_device(q, share, named(q.batch_size / all_replicas, "sequences of a replica"), zero_devices(m, n));
  const auto s = single_node::shape(device);
  r.microbatch_size = s.batch / microbatches;
  r.node_profile = profile(device, s, microbatches, in_flight(n.pp, q.microbatch_count, q.v_stages));

  const FleetLinks<T> links = fleet_links(q.fleet, q.scale_up_latency);
  r.tp_communication_latency = r.pp_communication_latency = r.ep_communication_latency = at_once;
  if (splits(m.architecture)) {
    const T layers = named(share.layers * microbatches, "layers that a device runs in a step");
    const Data<T> activations =
        named(r.microbatch_size * s.context.base * m.hidden_dim * s.activation_element, "activations between layers");
    const T each = named(T(has_cache(m.architecture) ? 2.0 : 1.0), "all-reduces of a layer in one pass");
    const T passes = named(T(q.activation_recomputation ? 3.0 : 2.0), "passes that communicate");
    const Ranks<T> tensor =
        ranks(n.tp, links.domain, "tensor-parallel devices in a domain", "domains of a tensor-parallel group");
    r.tp_communication_latency =
        cite(layers * each * passes * all_reduce_time(links, tensor, activations), "shoeybi2019megatron, section 3");

    // The devices of a tensor-parallel group each pass their part of the sequence on.
    const Data<T> part = activations / n.tp;
    const Time<T> near = point_to_point_time(part, links.inside, links.inside_latency);
    const Time<T> far = point_to_point_time(part, links.between, links.between_latency);
    const Time<T> hop = select(n.tp * n.ep * n.pp <= links.domain, near, far);
    const T hops = named(T(2.0), "forward and backward") * q.v_stages * microbatches;
    r.pp_communication_latency = select(n.pp <= T(1.0), at_once, hops * hop);
    if (n.experts) {
      const Ranks<T> expert = ranks(n.ep, links.domain / n.tp, "expert-parallel devices in a domain",
                                    "domains of an expert-parallel group");
      const Topology topology = q.topology_override == TopologyOverride::none
                                    ? q.fleet.fabric.topology
                                    : static_cast<Topology>(static_cast<int>(q.topology_override) - 1);
      const Data<T> routed = named(part * m.experts_per_token, "tokens to their experts");
      const T ways = named(T(2.0), "dispatch and combine");
      r.ep_communication_latency =
          cite(layers * ways * passes * all_to_all_time(links, expert, topology, routed), "fedus2022switch, section 3");
    }
  }

  // Weights that all replicas hold are exchanged among all; an expert's among those that hold it.
  const Data<T> element = s.activation_element;
  const T beside = named(max(T(1.0), floor(links.domain / (n.tp * n.pp * n.ep))), "replicas that fit a domain");
  const T experts_beside =
      named(min(n.ep, max(T(1.0), floor(links.domain / n.tp))), "expert-parallel devices that fit a domain");
  const Ranks<T> dense = ranks(all_replicas, beside * experts_beside, "copies in a domain", "domains of the copies");
  const T adapters = q.is_lora ? adapter_parameters(q.lora_rank, share.hidden_dim, share.layers) : T(0.0);
  const auto exchange = [&](const Ranks<T>& among, T weights) {
    return replicas_time(q.zero_stage, links, among, (q.is_lora ? adapters : weights) * element, weights * s.element,
                         microbatches);
  };
  r.dp_communication_latency = n.experts ? exchange(dense, dense_share(m, n)) : exchange(dense, share.parameters);
  if (n.experts && (!q.is_lora || q.zero_stage == ZeroStage::weights)) {
    const Ranks<T> copies =
        ranks(n.dp, beside, "copies of an expert in a domain", "domains of the copies of an expert");
    const T experts = expert_share(m, n);
    r.dp_communication_latency =
        r.dp_communication_latency + replicas_time(q.zero_stage, links, copies, q.is_lora ? none : experts * element,
                                                   experts * s.element, microbatches);
  }

  r.tp_communication_latency = r.tp_communication_latency * q.congestion_factor;
  r.pp_communication_latency = r.pp_communication_latency * q.congestion_factor;
  r.ep_communication_latency = r.ep_communication_latency * q.congestion_factor;
  r.dp_communication_latency = r.dp_communication_latency * q.congestion_factor;
  const Time<T> inner = r.tp_communication_latency + r.pp_communication_latency + r.ep_communication_latency;
  r.communication_latency = inner + r.dp_communication_latency;

  // Until ZeRO's second stage gradients leave with the last microbatch: its backward pass is all that can hide them.
  const Time<T> working = named(r.node_profile.latency + inner, "a device at work");
  r.dp_communication_exposed = r.dp_communication_latency;
  if (q.overlap_comm) {
    const Time<T> backward = (s.passes - T(1.0)) / s.passes * r.node_profile.latency;
    const bool every = q.zero_stage == ZeroStage::gradients || q.zero_stage == ZeroStage::weights;
    const Time<T> window = named(every ? backward : backward / microbatches, "backward pass that hides communication");
    r.dp_communication_exposed =
        cite(r.dp_communication_latency - q.overlap_efficiency * min(r.dp_communication_latency, window),
             "li2020ddp, section 3.2");
  }
  r.bubble_fraction = pipeline_bubble_share(n.pp, q.microbatch_count, q.v_stages);
  r.pipeline_bubble_latency = working * pipeline_bubble_ratio(n.pp, q.microbatch_count, q.v_stages);
  r.step_latency_total = (working + r.pipeline_bubble_latency + r.dp_communication_exposed) * q.straggler_factor;
  return r;
}

template <class T>
DistributedResult<T> as_original(const DistributedQuery<T>& q) {
  const auto& m = q.model;
  const auto& node = q.fleet.node;
  const T each = node.accelerators, devices = q.fleet.nodes * each;
  DistributedResult<T> r;
  r.parallelism = {floor(devices / (q.tp_size * q.pp_size * q.ep_size)), q.tp_size, q.pp_size, q.ep_size};
  const T dp = r.parallelism.dp;
  const T batch = named(max(T(1.0), floor(q.batch_size / dp)), "original's batch of a replica");
  r.microbatch_size = batch;
  r.node_profile = evaluate(one_device(q, m, batch, dp));

  const Time<T> at_once{T(0.0)};
  const Time<T> inside_latency = named(Time<T>{T(500 / 1e9)}, "original's latency inside a node");
  const Time<T> between_latency =
      first_stated(q.fleet.fabric.latency, named(Time<T>{T(5 / 1e6)}, "original's latency between nodes"));
  const Bandwidth<T> inside =
      named(T(2.0), "both directions") * first_stated(node.accelerator.scale_up, node.accelerator.host_link);
  const Bandwidth<T> between = q.fleet.fabric.bandwidth / q.fleet.fabric.oversubscription;

  const Data<T> weights = first_stated(m.parameters * element_size<T>(Precision::fp16), m.model_size);
  const Data<T> gradients = weights / q.tp_size * named(T(q.is_lora ? 0.01 : 1.0), "original's share of adapters");
  const Time<T> flat = ring_all_reduce_time(gradients, dp, inside, inside_latency);
  const Time<T> two_levels = original::hierarchical_all_reduce_time(gradients, each, max(T(1.0), floor(dp / each)),
                                                                    inside, inside_latency, between, between_latency);
  r.dp_communication_latency = select(each <= T(1.0), flat, select(dp <= each, flat, two_levels)) *
                               q.congestion_factor / q.gradient_accumulation_steps;

  const T hidden = first_stated(m.hidden_dim, named(T(4096.0), "original's width (none stated)"));
  const T layers = first_stated(m.layers, T(1.0));
  const Data<T> activations = batch * q.seq_len.base * hidden * element_size<T>(q.precision);
  const auto within = q.tp_size <= each;
  const Time<T> reduced =
      ring_all_reduce_time(named(T(2.0), "original's all-reduces of a layer") * activations, q.tp_size,
                           select(within, inside, between), select(within, inside_latency, between_latency));
  r.tp_communication_latency = reduced * layers * q.congestion_factor;
  r.pp_communication_latency = at_once;
  r.ep_communication_latency = all_to_all_time(activations, q.ep_size, between, between_latency) * q.congestion_factor;
  r.communication_latency = r.dp_communication_latency + r.tp_communication_latency + r.ep_communication_latency;

  r.bubble_fraction = pipeline_bubble_share(q.pp_size, q.microbatch_count, q.v_stages);
  r.pipeline_bubble_latency = r.node_profile.latency * r.bubble_fraction;
  r.dp_communication_exposed =
      q.overlap_comm ? r.dp_communication_latency * (T(1.0) - q.overlap_efficiency) : r.dp_communication_latency;
  r.step_latency_total = (r.node_profile.latency + r.dp_communication_exposed + r.tp_communication_latency +
                          r.ep_communication_latency + r.pipeline_bubble_latency) *
                         q.straggler_factor;
  return r;
}

}  // namespace distributed

template <class T>
DistributedResult<T> evaluate(const DistributedQuery<T>& q) {
  const bool original = q.assumptions.communication == Basis::original;
  DistributedResult<T> r = original ? distributed::as_original(q) : distributed::from_first_principles(q);
  const auto& node = r.node_profile;
  r.feasible = node.feasible;
  r.scaling_efficiency = node.latency / r.step_latency_total;
  const T devices = q.fleet.nodes * q.fleet.node.accelerators;
  r.effective_throughput = original ? devices * node.throughput * r.scaling_efficiency
                                    : Frequency<T>{q.batch_size / r.step_latency_total.base};
  r.token_throughput = q.batch_size * q.seq_len / r.step_latency_total;
  r.mfu = node.work / (q.fleet.node.accelerator.compute.peak(q.precision) * r.step_latency_total);
  return r;
}

struct DistributedWall : Declares<DistributedQuery, DistributedResult, 14> {
  static constexpr auto name = "distributed", python = "DistributedModel",
                        doc =
                            "One training step on a fleet: compute, memory and communication of each device under "
                            "tensor, pipeline, expert and data parallelism.";

  /// Degrees that do not divide what they split, with the nearest that does.
  static void refuse(const DistributedQuery<double>& q, Problems& problems) {
    refuse_layout({.model = q.model,
                   .devices = q.fleet.nodes * q.fleet.node.accelerators,
                   .batch = q.batch_size,
                   .tp = q.tp_size,
                   .pp = q.pp_size,
                   .ep = q.ep_size,
                   .chunks = q.v_stages,
                   .microbatches = q.microbatch_count,
                   .accumulation = q.gradient_accumulation_steps,
                   .splits = distributed::splits(q.model.architecture),
                   .whole = q.assumptions.communication == Basis::first_principles},
                  problems);
  }
};

}  // namespace mlsysim
