#pragma once
// Wall 20: what privacy costs in noise and time, and what fairness to a small group costs in data.
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/laws/original_software.hpp"
#include "mlsysim/laws/privacy.hpp"
#include "mlsysim/laws/sampling.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

/// How each example's gradient is clipped.
enum class GradientClipping { ghost, per_example };
template <>
struct Words<GradientClipping> {
  static constexpr const char* all[] = {"ghost", "per_example"};
};
/// What the time rests on.
enum class CostBasis { passes, lower_bound, stated, original };
template <>
struct Words<CostBasis> {
  static constexpr const char* all[] = {"passes", "lower bound", "stated", "no source"};
};

template <class T>
struct ResponsibleEngineeringQuery {
  Time<T> base_training_time{std::numeric_limits<double>::quiet_NaN()};
  T epsilon = 1.0, delta = 1e-5, min_subgroup_prevalence = 0.01;
  T sampling_rate = 0.01, steps = 1000.0;
  GradientClipping clipping = GradientClipping::ghost;
  T batch_size = 32.0, batch_growth = 1.0;
  T step_cost = std::numeric_limits<double>::quiet_NaN();
  T margin = 0.05, confidence = 0.95;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v("base_training_time", q.base_training_time, hour, above(0), "training without privacy");
    v("epsilon", q.epsilon, one, Range{.low = 0, .high = 1000, .above_low = true},
      "privacy budget: e^epsilon bounds what one example may change");
    v("delta", q.delta, one, between(1e-15, 0.5), "probability with which that may fail; below one over the examples");
    v("min_subgroup_prevalence", q.min_subgroup_prevalence, one, Range{.low = 0, .high = 1, .above_low = true},
      "share of the smallest group in the data");
    v("sampling_rate", q.sampling_rate, one, between(1e-6, 1),
      "ordinary batch over data set: how likely an example is in a step");
    v("steps", q.steps, one, count_between(1, 1e7), "steps of the training: epochs over sampling_rate");
    v("clipping", q.clipping,
      "ghost: a second backward pass takes the clipped sum; per_example: every example's gradient is kept");
    v("batch_size", q.batch_size, one, count_from(1), "examples on one device at once");
    v("batch_growth", q.batch_growth, one, at_least(1),
      "private batch over the ordinary one, at as many steps: larger batches drown the noise (no source says how "
      "large)");
    v("step_cost", q.step_cost, one, at_least(1),
      "time of a private step over an ordinary one of the same batch (not stated: by passes)");
    v("margin", q.margin, one, between(1e-4, 0.5), "error of a rate measured on the smallest group: plus or minus");
    v("confidence", q.confidence, one, between(0.5, 0.9999),
      "probability that the group is large enough, and the error kept");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct ResponsibleEngineeringResult {
  T dp_slowdown_factor{};
  Time<T> effective_training_time;
  T additional_data_requirement{}, epsilon{}, delta{}, min_subgroup_prevalence{}, privacy_cost_ratio{},
      fairness_data_ratio{};
  Answer<T, CostBasis> cost_basis;
  T noise_multiplier{}, noise_in_gradient{}, gradient_memory_ratio{};
  T subgroup_samples{}, dataset_expected{}, dataset_needed{};

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("dp_slowdown_factor", r.dp_slowdown_factor, one, any, "private training time over ordinary");
    v("effective_training_time", r.effective_training_time, hour, any, "private training");
    v("additional_data_requirement", r.additional_data_requirement, one, any,
      "data over what the smallest group would need alone: 1 / prevalence");
    v("epsilon", r.epsilon, one, any, "privacy budget asked for");
    v("delta", r.delta, one, any, "probability asked for");
    v("min_subgroup_prevalence", r.min_subgroup_prevalence, one, any, "share of the smallest group");
    v("privacy_cost_ratio", r.privacy_cost_ratio, one, any, "computing for private training over ordinary");
    v("fairness_data_ratio", r.fairness_data_ratio, one, any, "samples for each one of the smallest group");
    v("cost_basis", r.cost_basis, "what the slow-down rests on");
    v("noise_multiplier", r.noise_multiplier, one, any,
      "standard deviation of the noise over the clipping norm that the budget asks for; infinite where no noise will "
      "do");
    v("noise_in_gradient", r.noise_in_gradient, one, any,
      "standard deviation of the noise in a step's mean gradient, over the clipping norm of one example's share in the "
      "ordinary batch");
    v("gradient_memory_ratio", r.gradient_memory_ratio, one, any, "memory of gradients over that of ordinary training");
    v("subgroup_samples", r.subgroup_samples, one, any,
      "members of the smallest group that a rate within the margin needs");
    v("dataset_expected", r.dataset_expected, one, any, "samples that hold as many on average");
    v("dataset_needed", r.dataset_needed, one, any, "samples that hold as many with the confidence asked for");
  }
};

template <class T>
ResponsibleEngineeringResult<T> evaluate(const ResponsibleEngineeringQuery<T>& q) {
  const bool original = q.assumptions.safety == Basis::original;
  const bool ghost = q.clipping == GradientClipping::ghost;
  const T yes = 1.0;
  const auto basis = [](CostBasis b) { return T(static_cast<double>(b)); };
  ResponsibleEngineeringResult<T> r;
  r.epsilon = q.epsilon;
  r.delta = q.delta;
  r.min_subgroup_prevalence = q.min_subgroup_prevalence;

  // A larger batch holds each example more often.
  const T rate = named(min(yes, q.sampling_rate * q.batch_growth), "private sampling rate");
  r.noise_multiplier = noise_multiplier(q.epsilon, q.delta, rate, q.steps);
  r.noise_in_gradient = r.noise_multiplier / q.batch_growth;
  r.gradient_memory_ratio = ghost ? yes : q.batch_size;

  const T passes = ghost ? repeated_backward_cost(named(T(2.0), "backward passes of ghost clipping")) : yes;
  if (original) {
    r.dp_slowdown_factor = original::privacy_slowdown(q.epsilon);
    r.cost_basis = {basis(CostBasis::original)};
  } else {
    r.dp_slowdown_factor = first_stated(q.step_cost, passes) * q.batch_growth;
    const T stated = basis(CostBasis::stated), by_passes = basis(ghost ? CostBasis::passes : CostBasis::lower_bound);
    r.cost_basis = {first_stated(q.step_cost / q.step_cost * stated, by_passes)};
  }
  r.privacy_cost_ratio = r.dp_slowdown_factor;
  r.effective_training_time = q.base_training_time * r.dp_slowdown_factor;

  const T prevalence = original ? max(q.min_subgroup_prevalence, named(T(1e-6), "least prevalence of the original"))
                                : q.min_subgroup_prevalence;
  r.fairness_data_ratio = yes / prevalence;
  r.additional_data_requirement = r.fairness_data_ratio;
  r.subgroup_samples = samples_within(q.margin, q.confidence);
  r.dataset_expected = r.subgroup_samples * r.fairness_data_ratio;
  r.dataset_needed = samples_to_hold(r.subgroup_samples, prevalence, q.confidence);
  return r;
}

struct ResponsibleEngineeringWall : Declares<ResponsibleEngineeringQuery, ResponsibleEngineeringResult, 20> {
  static constexpr auto name = "responsible-engineering", python = "ResponsibleEngineeringModel",
                        doc =
                            "What differential privacy costs in noise and time, and what a rate measured on a small "
                            "group costs in data.";
};

}  // namespace mlsysim
