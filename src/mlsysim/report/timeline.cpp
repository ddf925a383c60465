#include "mlsysim/report/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mlsysim {
namespace {

using Seconds = Time<double>;

/// A pass of one microbatch through the layers of one chunk.
struct Pass {
  Seconds again, busy, exposed;
  Seconds total() const { return again + busy + exposed; }
};
struct Passes {
  Pass forward, backward;
};

/// What a microbatch takes on a stage, forward and backward, from the times of the answer: those of a layer say how they split.
Passes passes_of(const TrainingQuery<double>& q, const TrainingResult<double>& r) {
  const TrainingPart<double> d = training::part_of(q);
  const LayerPasses<double> layer = layer_passes(d);
  const auto head = head_times(d);
  const double n = r.microbatches, chunks = n * q.v_stages, layers = d.model.layers / q.pp_size / q.v_stages;
  const double scored = head.forward / (head.forward + head.backward);
  const Seconds scoring = r.time_head / chunks, hop = r.time_stages / (2 * chunks),
                host = q.stack.microbatch / (2 * q.v_stages);
  const auto busy = [](const LayerTime<double>& t) { return t.busy() + t.fixed; };
  const auto exposed = [](const LayerTime<double>& t) { return t.tensor + t.context + t.exchange; };
  Passes p;
  p.forward = {{0.0}, layers * busy(layer.forward) + scored * scoring + host, layers * exposed(layer.forward) + hop};
  p.backward = {r.time_recomputation / chunks, layers * busy(layer.backward) + (1 - scored) * scoring + host,
                layers * exposed(layer.backward) + hop};
  return p;
}

/// One pass of one microbatch on one stage.
struct Op {
  bool backward;
  int microbatch, chunk;
};

/// The passes of a stage in the order of its schedule.
std::vector<Op> order_of(Schedule schedule, int stages, int stage, int microbatches, int chunks) {
  const int all = microbatches * chunks;
  const auto nth = [&](int k, bool backward) {
    if (chunks == 1) return Op{backward, k, 0};
    const int group = k / (stages * chunks), chunk = k / stages % chunks;
    return Op{backward, group * stages + k % stages, backward ? chunks - 1 - chunk : chunk};
  };
  int ahead = chunks == 1 ? stages - stage - 1 : 2 * (stages - stage - 1) + (chunks - 1) * stages;
  ahead = schedule == Schedule::all_forward ? all : std::min(ahead, all);
  std::vector<Op> order;
  for (int k = 0; k < ahead; ++k) order.push_back(nth(k, false));
  for (int k = 0; k < all; ++k) {
    if (k + ahead < all) order.push_back(nth(k + ahead, false));
    order.push_back(nth(k, true));
  }
  return order;
}

/// Runs the orders of all stages against each other: a pass starts when its stage is free and what it needs is there.
class Pipeline {
 public:
  Pipeline(const TrainingQuery<double>& q, Timeline& t, const Passes& passes)
      : t_(t), passes_(passes), done_(static_cast<std::size_t>(2 * t.stages * t.microbatches * t.chunks), -1) {
    std::vector<std::vector<Op>> orders;
    for (int s = 0; s < t.stages; ++s) orders.push_back(order_of(q.schedule, t.stages, s, t.microbatches, t.chunks));
    std::vector<std::size_t> next(orders.size(), 0);
    free_.resize(orders.size(), 0.0);
    for (bool moved = true; moved;) {
      moved = false;
      for (int s = 0; s < t.stages; ++s) {
        const auto i = static_cast<std::size_t>(s);
        while (next[i] < orders[i].size() && run(s, orders[i][next[i]])) ++next[i], moved = true;
      }
    }
  }
  double end() const { return *std::ranges::max_element(free_); }

 private:
  double& done(const Op& op, int stage) {
    return done_[static_cast<std::size_t>(((op.backward * t_.stages + stage) * t_.chunks + op.chunk) * t_.microbatches +
                                          op.microbatch)];
  }
  /// When what the pass needs is there: the pass before it in the model, or after it; -1 where that has not run.
  double ready(const Op& op, int stage) {
    const int last = t_.stages - 1;
    if (!op.backward) {
      if (stage > 0) return done(op, stage - 1);
      return op.chunk == 0 ? 0 : done({false, op.microbatch, op.chunk - 1}, last);
    }
    if (stage < last) return done(op, stage + 1);
    return op.chunk + 1 < t_.chunks ? done({true, op.microbatch, op.chunk + 1}, 0)
                                    : done({false, op.microbatch, op.chunk}, last);
  }
  bool run(int stage, const Op& op) {
    const double from = ready(op, stage);
    if (from < 0) return false;
    double& free = free_[static_cast<std::size_t>(stage)];
    double at = std::max(free, from);
    const Pass& pass = op.backward ? passes_.backward : passes_.forward;
    const auto slice = [&](SliceKind kind, Seconds length) {
      if (length.base > 0) t_.slices.push_back({stage, kind, op.microbatch, op.chunk, {at}, length});
      at += length.base;
    };
    slice(SliceKind::recomputation, pass.again);
    slice(op.backward ? SliceKind::backward : SliceKind::forward, pass.busy);
    slice(SliceKind::communication, pass.exposed);
    free = done(op, stage) = at;
    return true;
  }

  Timeline& t_;
  const Passes& passes_;
  std::vector<double> done_, free_;
};

}  // namespace

bool drawable(const TrainingQuery<double>& q) { return q.schedule != Schedule::zero_bubble; }

Timeline timeline_of(const TrainingQuery<double>& q, const TrainingResult<double>& r) {
  Timeline t;
  t.stages = static_cast<int>(q.pp_size);
  t.microbatches = static_cast<int>(r.microbatches);
  t.chunks = static_cast<int>(q.v_stages);
  t.ranks = r.dp * q.tp_size * q.cp_size;
  t.step = r.step_time;
  double at = Pipeline(q, t, passes_of(q, r)).end();
  for (const auto& [kind, length] : {std::pair{SliceKind::gradients, r.time_data},
                                     {SliceKind::optimizer, r.time_optimizer},
                                     {SliceKind::host, q.stack.step},
                                     {SliceKind::straggler, r.time_straggler}}) {
    if (length.base <= 0) continue;
    for (int s = 0; s < t.stages; ++s) t.slices.push_back({s, kind, -1, 0, {at}, length});
    at += length.base;
  }
  std::ranges::stable_sort(t.slices, {}, [](const Slice& s) { return std::pair(s.stage, s.start.base); });
  return t;
}

Timeline condensed(const Timeline& whole, std::size_t most) {
  if (whole.slices.size() <= most) return whole;
  // What is shown of each end, in microbatches: at least the pipeline's length, so that filling and draining are seen.
  const double each = static_cast<double>(whole.slices.size()) / whole.microbatches;
  const int shown = std::max(whole.stages + 1, static_cast<int>(static_cast<double>(most) / each / 2));
  if (2 * shown + 1 >= whole.microbatches) return whole;
  Timeline t = whole;
  t.hidden = whole.microbatches - 2 * shown;
  t.slices.clear();
  // A window: from the first start of a microbatch that is left out to the last end of one.
  const auto is_hidden = [&](const Slice& s) {
    return s.microbatch >= shown && s.microbatch < whole.microbatches - shown;
  };
  double from = std::numeric_limits<double>::infinity(), to = 0;
  for (const Slice& s : whole.slices)
    if (is_hidden(s)) from = std::min(from, s.start.base), to = std::max(to, (s.start + s.length).base);
  t.hidden_from = {from};
  t.hidden_to = {to};
  std::vector<bool> covered(static_cast<std::size_t>(whole.stages), false);
  for (const Slice& s : whole.slices) {
    const double start = s.start.base, end = (s.start + s.length).base;
    const auto part = [&](double a, double b) {
      if (a < b) t.slices.push_back({s.stage, s.kind, s.microbatch, s.chunk, {a}, {b - a}});
    };
    part(start, std::min(end, from));
    if (start < to && end > from && !covered[static_cast<std::size_t>(s.stage)]) {
      covered[static_cast<std::size_t>(s.stage)] = true;
      t.slices.push_back({s.stage, SliceKind::steady, -1, 0, {from}, {to - from}});
    }
    part(std::max(start, to), end);
  }
  return t;
}

}  // namespace mlsysim
