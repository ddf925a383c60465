#pragma once
// One replica of a language model under a steady stream of requests: what a step costs, and what rate, waiting and concurrency
// follow from it.
#include <algorithm>
#include <limits>
#include "mlsysim/execution/operators.hpp"
#include "mlsysim/execution/pass.hpp"
#include "mlsysim/laws/queueing.hpp"

namespace mlsysim {

/// Tensor-parallel devices that serve one stream, and what the requests are like.
struct Replica {
  Model<double> model;
  Stored<double> stored;
  Group<double> group;
  Tokens<double> prompt, output;   // of a request, on average; output at least 2
  double length_cv = 0;            // of prompts and outputs
  Tokens<double> budget;           // prompt tokens that a step carries at most
  Tokens<double> context;          // in the cache of a request that decodes, on average
  double slots = 0;                // requests that fit, or are let in, at a time
  double time_factor = 1;          // on every step
  Time<double> admission;          // fixed time before the first token
  double yield = 1, drafting = 1;  // tokens of a sequence that a step yields; time of a step with the drafts before it
  // Operator by operator, where all that this needs is stated; else by the roofs of the whole model.
  bool by_operators = false;
  Deployment<double> deployment;
};

/// The operators of a step: `sequences` that decode, and `prompt_tokens` of prompts beside them.
inline StepCost<double> operators_of_step(const Replica& r, double sequences, Tokens<double> prompt_tokens) {
  if (prompt_tokens.base > 0)
    return mixed_cost(r.deployment, sequences, r.context.base, prompt_tokens / r.prompt, r.prompt.base);
  return decode_cost(r.deployment, sequences, r.context.base);
}

inline Pass<double> first_order_step(const Replica& r, double sequences, Tokens<double> prompt_tokens) {
  const auto& m = r.model;
  Work<double> work = decode_attention(m, r.context, Tokens<double>{sequences});
  Data<double> cache = sequences * sequence_cache(m, r.stored, r.context, r.group.devices);
  if (prompt_tokens.base > 0) {  // which see half of their prompt on average, read and written once more
    const Tokens<double> halfway = 0.5 * r.prompt;
    work = work + decode_attention(m, halfway, prompt_tokens);
    cache = cache + sequence_cache(m, r.stored, max(halfway, prompt_tokens), r.group.devices);
  }
  return forward_pass(m, r.stored, r.group, Tokens<double>{sequences} + prompt_tokens, 1.0, work, cache);
}

/// One step. The only place that knows what a step takes.
inline Pass<double> step_cost(const Replica& r, double sequences, Tokens<double> prompt_tokens) {
  Pass<double> p;
  if (r.by_operators) {
    const StepCost<double> s = operators_of_step(r, sequences, prompt_tokens);
    p = {r.group.devices * s.work, s.traffic, s.compute, s.memory, s.fixed, s.communication, s.total};
  } else {
    p = first_order_step(r, sequences, prompt_tokens);
  }
  for (Time<double>* part : {&p.compute, &p.memory, &p.launches, &p.communication, &p.total})
    *part = r.time_factor * r.drafting * *part;
  return p;
}

/// Steps of a replica in which `decoding` sequences decode on average, and the rate of requests that keeps it so: prompts come
/// in as fast as outputs are finished. Each step yields a token for every sequence (more where drafts are verified), so that by
/// Little's law decoding = rate × (output - 1) / yield × mean step.
struct Flow {
  double decoding = 0, mixed_steps = 0;  // share of steps that carry a prompt
  Tokens<double> chunk;                  // prompt tokens of such a step
  Pass<double> plain, mixed;
  Time<double> step;  // mean
  Frequency<double> rate;
};
inline double decode_steps(const Replica& r) {
  return (r.output.base - 1) / r.yield;
}  // the first token comes from the prompt
/// What a request waits for a token.
inline Time<double> token_time(const Replica& r, const Flow& f) { return f.step / r.yield; }
/// Sequences at which every step is full of prompts: more can't be kept fed.
inline double fed_at_most(const Replica& r) { return r.budget.base * decode_steps(r) / r.prompt.base; }

inline Flow flow(const Replica& r, double decoding) {
  Flow f;
  f.decoding = decoding;
  const double arriving = decoding * r.prompt.base / decode_steps(r);  // prompt tokens, each step
  const double one_run = r.prompt.base / std::ceil(r.prompt.base / r.budget.base);
  f.chunk = {std::min(r.budget.base, std::max(one_run, arriving))};
  f.mixed_steps = std::min(1.0, arriving / f.chunk.base);
  const double sequences = std::max(1.0, decoding);  // below 1, the replica decodes one or rests
  f.plain = step_cost(r, sequences, {0.0});
  f.mixed = step_cost(r, sequences, f.chunk);
  f.step = f.mixed_steps * f.mixed.total + (1 - f.mixed_steps) * f.plain.total;
  f.rate = {decoding / (decode_steps(r) * f.step.base)};
  return f;
}

/// The flow at a rate, by bisection: the rate grows with the sequences. At the most that slots and prompts allow where the rate
/// is beyond that.
inline Flow flow_at(const Replica& r, Frequency<double> rate) {
  double low = 0, high = std::min(r.slots, fed_at_most(r));
  if (Flow most = flow(r, high); most.rate <= rate) return most;
  for (int i = 0; i < 200 && high - low > 1e-14 * high; ++i) {
    const double middle = 0.5 * (low + high);
    (flow(r, middle).rate < rate ? low : high) = middle;
  }
  return flow(r, high);
}

/// What requests of a flow see. Two queues: for a slot (M/G/c over the time from the first prompt token to the last of the
/// output) and for a turn among the prompts (M/G/1 over the time that a prompt takes of steps full of prompts).
struct Waiting {
  double prompt_load = 0;  // of the second queue: 1 is full
  double occupied = 0;     // slots, on average
  Time<double> slot, slot_p99, turn, turn_p99, prefill, ttft, ttft_p99, e2el;
  bool settles = false;
};
inline Waiting waiting(const Replica& r, const Flow& f) {
  Waiting w;
  const double spread = r.length_cv * r.length_cv, runs = std::ceil(r.prompt.base / r.budget.base);
  const Pass<double> full = step_cost(r, std::max(1.0, f.decoding), r.budget);
  const Time<double> share = r.prompt / r.budget * full.total;
  w.prefill = runs * f.mixed.total;
  w.prompt_load = f.rate * share;
  const Time<double> generating = decode_steps(r) * f.step, residence = w.prefill + generating;
  w.occupied = littles_law(f.rate, residence);
  w.settles = w.prompt_load < 1 && w.occupied < r.slots;
  if (!w.settles) {
    w.slot = w.slot_p99 = w.turn = w.turn_p99 = w.ttft = w.ttft_p99 =
        w.e2el = {std::numeric_limits<double>::infinity()};
    return w;
  }
  const double no_slot = erlang_c(r.slots, w.occupied), frees = waiting_decay(r.slots, w.occupied, 1.0, spread);
  w.slot = no_slot / frees * residence;
  w.slot_p99 = waiting_quantile<99>("slot_wait", no_slot, frees) * residence;
  const double drains = waiting_decay(1.0, w.prompt_load, 1.0, spread);
  w.turn = w.prompt_load / drains * share;
  const Time<double> queued = sojourn_quantile<99>("turn", w.prompt_load, drains, r.length_cv) * share;
  w.turn_p99 = max(Time<double>{0.0}, queued - share);  // and what a long prompt takes beyond a mean one
  // A step that is under way ends first; where prompts queue, that is in their wait already.
  const Time<double> under_way = 0.5 * (1 - w.prompt_load) * std::min(1.0, f.decoding) * f.plain.total;
  const Time<double> alone = under_way + w.prefill + r.time_factor * r.admission;
  w.ttft = w.slot + w.turn + alone;
  w.ttft_p99 = w.slot_p99 + w.turn_p99 + alone;
  w.e2el = w.ttft + generating;
  return w;
}

/// Mean power of the whole replica, idle while it rests.
inline Power<double> replica_power(const Replica& r, const Flow& f, const Assumptions<double>& a) {
  const auto energy = [&](const Pass<double>& p) {
    return r.by_operators ? r.group.devices * step_power(r.deployment, p) * p.total : pass_energy(p, r.group, a);
  };
  const Energy<double> step = f.mixed_steps * energy(f.mixed) + (1 - f.mixed_steps) * energy(f.plain);
  const double busy = std::min(1.0, f.decoding);
  return busy * (step / f.step) + (1 - busy) * a.idle_power * r.group.devices * r.group.tdp;
}

/// What keeps a replica from taking more requests.
enum class CapacityLimit { fit, ttft, tpot, prompts, memory, concurrency };
template <>
struct Words<CapacityLimit> {
  static constexpr const char* all[] = {"Fit", "TTFT", "TPOT", "Prompts", "Memory", "Concurrency"};
};

/// What must hold; what is not stated does.
struct Objectives {
  Time<double> ttft, tpot;
  double max_concurrency = std::numeric_limits<double>::quiet_NaN();
};
inline bool holds(const Objectives& o, const Replica& r, const Flow& f, const Waiting& w) {
  return w.settles && !(o.ttft < w.ttft_p99) && !(o.tpot < token_time(r, f));
}

/// The most sequences at which all holds, and what fails beyond.
struct Highest {
  Flow flow;
  CapacityLimit limit{};
};
inline Highest highest(const Replica& r, const Objectives& o) {
  double low = 0, high = std::min(r.slots, fed_at_most(r));
  const auto held = [&](double decoding) {
    const Flow f = flow(r, decoding);
    return holds(o, r, f, waiting(r, f));
  };
  constexpr double least = 1e-6;
  if (held(least)) low = least;
  for (int i = 0; i < 100 && low > 0 && high - low > 1e-10 * high; ++i) {
    const double middle = 0.5 * (low + high);
    (held(middle) ? low : high) = middle;
  }
  Highest h{flow(r, low)};
  const Flow beyond = flow(r, low > 0 ? high : least);
  const Waiting w = waiting(r, beyond), last = waiting(r, h.flow);
  if (o.tpot < token_time(r, beyond)) h.limit = CapacityLimit::tpot;
  else if (low == 0) h.limit = CapacityLimit::ttft;
  else if (w.settles ? last.slot_p99 < last.turn_p99 : w.occupied < r.slots) h.limit = CapacityLimit::prompts;
  else h.limit = r.slots == o.max_concurrency ? CapacityLimit::concurrency : CapacityLimit::memory;
  return h;
}

}  // namespace mlsysim
