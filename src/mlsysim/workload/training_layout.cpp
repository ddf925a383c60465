#include "mlsysim/workload/training_layout.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace mlsysim {
namespace {

bool divides(double part, double whole) { return !is_stated(part) || !is_stated(whole) || std::fmod(whole, part) == 0; }
bool has_experts(const Model<double>& m) { return m.architecture == Architecture::mixture_of_experts; }

/// The whole number nearest to one asked for, up to `most`, that `fits`; 1 where none does.
template <class F>
double nearest_whole(double asked, double most, F fits) {
  const double from = std::min(asked, most);
  for (double away = 0; away < std::max(from, most - from) + 1; ++away) {
    if (from - away >= 1 && fits(from - away)) return from - away;
    if (from + away <= most && fits(from + away)) return from + away;
  }
  return 1;
}

struct Refusal {
  const Model<double>& m;
  const TrainingCut& cut;
  Problems& problems;

  /// The degree that is nearest among those that keep all rules up to this one.
  void degree(CutRule rule, const char* argument, double TrainingCut::*field, double most, std::string message) const {
    const double better = nearest_whole(cut.*field, most, [&](double degree) {
      TrainingCut other = cut;
      other.*field = degree;
      const CutRule broken = first_broken(m, other);
      return broken == CutRule::none || broken > rule;
    });
    problems.push_back(
        {.argument = argument, .message = std::move(message), .nearest = fmt::format("{} {:.0f}", argument, better)});
  }
};

}  // namespace

CutRule first_broken(const Model<double>& m, const TrainingCut& cut) {
  if (!divides(cut.tp, m.heads) || !divides(cut.tp, m.hidden_dim)) return CutRule::heads;
  const double parts = cut.pp * first_stated(cut.chunks, 1.0);
  if (!divides(parts, m.layers) && !divides(parts, m.layers + 2)) return CutRule::layers;
  if (!divides(cut.cp, cut.length)) return CutRule::sequence;
  if (!divides(first_stated(cut.tp, 1.0) * first_stated(cut.pp, 1.0) * first_stated(cut.cp, 1.0), cut.devices))
    return CutRule::fleet;
  if (cut.ep > 1 && (!has_experts(m) || !divides(cut.ep, m.experts))) return CutRule::experts;
  if (cut.ep > 1 && !divides(cut.ep, cut.devices / first_stated(cut.pp, 1.0))) return CutRule::expert_group;
  if (cut.pp == 1 && cut.chunks > 1) return CutRule::chunks;
  if (!divides(cut.replicas() * cut.microbatch, cut.batch)) return CutRule::batch;
  if (cut.chunks > 1 && !divides(cut.pp, cut.microbatches())) return CutRule::interleaving;
  if (!divides(cut.shard, cut.copies())) return CutRule::shard;
  return CutRule::none;
}

void refuse_training_cut(const Model<double>& m, const TrainingCut& cut, Problems& problems) {
  const Refusal refuse{m, cut, problems};
  const CutRule rule = first_broken(m, cut);
  switch (rule) {
    case CutRule::none:
      return;
    case CutRule::heads: {
      const bool heads = !divides(cut.tp, m.heads);
      return refuse.degree(
          rule, "tp_size", &TrainingCut::tp, first_stated(m.heads, m.hidden_dim),
          fmt::format("tp_size = {:.0f} does not divide the {:.0f} {}", cut.tp, heads ? m.heads : m.hidden_dim,
                      heads ? "attention heads of the model" : "elements of its width"));
    }
    case CutRule::layers: {
      TrainingCut plain = cut;
      plain.chunks = 1;
      if (cut.chunks > 1 && first_broken(m, plain) != CutRule::layers)
        return refuse.degree(rule, "v_stages", &TrainingCut::chunks, (m.layers + 2) / cut.pp,
                             fmt::format("v_stages = {:.0f} chunks on each of {:.0f} stages do not divide the {:.0f} "
                                         "layers of the model, nor {:.0f} with both its tables",
                                         cut.chunks, cut.pp, m.layers, m.layers + 2));
      return refuse.degree(rule, "pp_size", &TrainingCut::pp, m.layers + 2,
                           fmt::format("pp_size = {:.0f} does not divide the {:.0f} layers of the model, nor {:.0f} "
                                       "with both its tables",
                                       cut.pp, m.layers, m.layers + 2));
    }
    case CutRule::sequence:
      return refuse.degree(
          rule, "cp_size", &TrainingCut::cp, cut.length,
          fmt::format("cp_size = {:.0f} does not divide the {:.0f} tokens of a sequence", cut.cp, cut.length));
    case CutRule::fleet: {
      struct Degree {
        const char* name;
        double TrainingCut::*field;
      };
      std::string product;
      double all = 1;
      Degree culprit{};  // the first with which the product does not divide
      for (const Degree& d :
           {Degree{"tp_size", &TrainingCut::tp}, {"pp_size", &TrainingCut::pp}, {"cp_size", &TrainingCut::cp}}) {
        if (!is_stated(cut.*d.field)) continue;
        all *= cut.*d.field;
        product += fmt::format("{}{} {:.0f}", product.empty() ? "" : " x ", d.name, cut.*d.field);
        if (!culprit.field && !divides(all, cut.devices)) culprit = d;
      }
      return refuse.degree(rule, culprit.name, culprit.field, cut.devices,
                           fmt::format("{} = {:.0f} devices for a replica do not divide the {:.0f} of the fleet",
                                       product, all, cut.devices));
    }
    case CutRule::experts:
      if (!has_experts(m)) {
        problems.push_back(
            {.argument = "ep_size",
             .message = fmt::format("ep_size = {:.0f} spreads experts out, and this model has none", cut.ep),
             .nearest = "ep_size 1"});
        return;
      }
      return refuse.degree(
          rule, "ep_size", &TrainingCut::ep, m.experts,
          fmt::format("ep_size = {:.0f} does not divide the {:.0f} experts of a layer", cut.ep, m.experts));
    case CutRule::expert_group:
      return refuse.degree(rule, "ep_size", &TrainingCut::ep, m.experts,
                           fmt::format("ep_size = {:.0f} does not divide the {:.0f} devices of a stage (dp x cp x tp)",
                                       cut.ep, cut.devices / first_stated(cut.pp, 1.0)));
    case CutRule::chunks:
      problems.push_back({.argument = "v_stages",
                          .message = fmt::format(
                              "v_stages = {:.0f} interleaves the stages of a pipeline, and pp_size is 1", cut.chunks),
                          .nearest = "v_stages 1"});
      return;
    case CutRule::batch:
    case CutRule::interleaving: {
      const bool whole = rule == CutRule::interleaving;
      const double parts = cut.replicas() * cut.microbatch, unit = parts * (whole ? cut.pp : 1);
      const std::string replicas = fmt::format("{:.0f} replica{}", cut.replicas(), cut.replicas() == 1 ? "" : "s");
      problems.push_back(
          {.argument = "batch_size",
           .message = whole ? fmt::format("batch_size = {:.0f} over {} is {:.0f} microbatches of {:.0f}: interleaving "
                                          "(v_stages {:.0f}) takes them in groups of pp_size = {:.0f}",
                                          cut.batch, replicas, cut.microbatches(), cut.microbatch, cut.chunks, cut.pp)
                            : fmt::format("batch_size = {:.0f} does not divide over {} of microbatches of {:.0f}: it "
                                          "takes multiples of {:.0f}",
                                          cut.batch, replicas, cut.microbatch, parts),
           .nearest = fmt::format("batch_size {:.0f}", std::max(1.0, std::round(cut.batch / unit)) * unit)});
      return;
    }
    case CutRule::shard:
      return refuse.degree(rule, "shard_size", &TrainingCut::shard, cut.copies(),
                           fmt::format("shard_size = {:.0f} does not divide the {:.0f} devices that hold the same "
                                       "weights (dp x cp)",
                                       cut.shard, cut.copies()));
  }
}

}  // namespace mlsysim
