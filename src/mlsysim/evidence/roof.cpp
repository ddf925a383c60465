#include "mlsysim/evidence/roof.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mlsysim/evidence/evidence.hpp"

namespace mlsysim {
namespace {

/// An engine that loses nothing.
InferenceEngine<double> ideal(InferenceEngine<double> e) {
  e.score_traffic = {0.0};
  e.micro_batch = {std::numeric_limits<double>::quiet_NaN()};
  e.memory_share = e.imbalance = 1;
  e.reserved_output = 0;
  e.max_sequences = e.supply = 1e12;
  return e;
}

/// Bytes of weights on one device that a pass of so many tokens reads.
double weights_read(const Deployment<double>& d, double rows) {
  const auto& m = d.model;
  const double layers = m.query_key_value.elements() + m.attention_output.elements() + m.feed_forward_in.elements() +
                        m.feed_forward_out.elements();
  double bytes = (layers * d.weight.base + m.head.elements() * d.head_weight.base) / d.tensor;
  if (m.mixture) {
    const double spread = std::max(d.tensor, d.expert);
    bytes += m.expert_elements() / m.experts * distinct_experts(m.experts, m.experts_per_token, rows) / spread *
             d.weight.base;
  }
  return bytes;
}

/// The highest peak of a format no narrower than the weights.
double highest_peak(const Deployment<double>& d) {
  const auto& compute = d.device.compute;
  double best = std::max(compute.peak(d.formats.operands).base, compute.peak(d.formats.weights).base);
  for (const Precision format : {Precision::fp16, Precision::fp8, Precision::int8})
    if (stored_bits(format) >= stored_bits(d.formats.weights)) best = std::max(best, compute.peak(format).base);
  return std::max(best, first_stated(compute.fp16_accumulate_dense.base, 0.0));
}

struct Least {
  double arithmetic = 0, memory = 0;
  double time() const { return std::max(arithmetic, memory); }
};

class Roof {
 public:
  explicit Roof(const Case& c) : c_(c), q_(c.inference()) {
    q_.engine = ideal(q_.engine);
    d_ = deployment(q_);
    peak_ = highest_peak(d_);
    in_ = q_.seq_len.base;
    out_ = q_.output_len.base;
  }

  /// Of the figure itself: the time or the rate at the roof.
  double figure(Least& binds) const {
    const double sequences = q_.batch_size, flying = evaluate(q_).concurrency;
    const Least prompts = prefill(), step = decode(sequences), in_flight = decode(flying), mixed = with_prompts(flying);
    const double request = prompts.time() + (out_ - 1) * step.time();
    const bool flies = is_stated(q_.max_concurrency);
    switch (c_.metric) {
      case Metric::decode_rate:
        binds = step;
        return sequences / step.time();
      case Metric::itl:
        binds = flies ? in_flight : step;
        return binds.time();
      case Metric::itl_mixed:
        binds = in_flight;  // steps without a prompt are among them
        return in_flight.time();
      case Metric::ttft:
        binds = prompts;
        return prompts.time();
      case Metric::prefill_rate:
        binds = prompts;
        return sequences * in_ / prompts.time();
      case Metric::latency:
        binds = step;
        return request;
      case Metric::throughput:
        binds = step;
        return c_.replicas * sequences * out_ / request;
      case Metric::throughput_in_flight:
        binds = mixed;
        return c_.replicas * flying / mixed.time();
      default:
        break;
    }
    return 0;
  }

 private:
  Least least(double work, double bytes) const { return {work / peak_, bytes / d_.device.memory.bandwidth.base}; }
  /// Stages of a pipeline work on parts of a prompt at a time.
  Least prefill() const {
    const double rows = q_.batch_size * in_;
    return least(prefill_cost(d_, q_.batch_size, in_).work.base / d_.pipeline, weights_read(d_, rows) / d_.pipeline);
  }
  Least decode(double sequences) const {
    const double rows = std::max(1.0, sequences / d_.pipeline);
    const auto step = decode_cost(d_, sequences, in_ + 0.5 * out_);
    return least(step.work.base, weights_read(d_, rows) + step.attention.traffic.base);
  }
  Least with_prompts(double flying) const {
    const double rows = std::max(1.0, flying / d_.pipeline), beside = flying / out_ / d_.pipeline * in_;
    const auto cached = decode_cost(d_, flying, in_ + 0.5 * out_).attention.traffic.base;
    return least(mixed_cost(d_, flying, in_ + 0.5 * out_, flying / out_, in_).work.base,
                 weights_read(d_, rows + beside) + cached);
  }

  const Case& c_;
  InferenceQuery<double> q_;
  Deployment<double> d_;
  double peak_ = 0, in_ = 0, out_ = 0;
};

}  // namespace

RoofShare roof_share(const Case& c) {
  RoofShare r;
  if (!c.posed() || c.trains() || c.metric == Metric::energy_per_token) return r;
  Least binds;
  r.predicted = Roof(c).figure(binds);
  r.by_memory = binds.memory >= binds.arithmetic;
  r.share = is_rate(c.metric) ? c.measured / r.predicted : r.predicted / c.measured;
  return r;
}

std::string likely_causes(const Case& c, const RoofShare& roof) {
  std::vector<std::string> causes;
  const auto& q = c.inference();
  const auto narrower = [&](Precision format) {
    Case other = c;
    other.inference().precision = format;
    other.inference().weight_size = {std::numeric_limits<double>::quiet_NaN()};
    return roof_share(other).share;
  };
  for (const Precision format : {Precision::fp8, Precision::int4})
    if (stored_bits(format) < stored_bits(q.precision))
      if (const double share = narrower(format); share < RoofShare::slack && share < 0.95 * roof.share) {
        causes.push_back(fmt::format("another precision than {} (in {} it is {:.2g} of the roof)", word(q.precision),
                                     word(format), share));
        break;
      }
  if (c.metric == Metric::throughput_in_flight || c.metric == Metric::throughput)
    causes.push_back("prompt tokens counted as output");
  const bool decodes = c.metric == Metric::decode_rate || c.metric == Metric::itl || c.metric == Metric::itl_mixed;
  if (decodes) causes.push_back("speculative decoding: several tokens a step");
  if (decodes && q.batch_size == 1 && !(q.max_concurrency > 1))
    causes.push_back("tokens of several sequences counted together");
  if (c.metric == Metric::ttft || c.metric == Metric::prefill_rate) causes.push_back("a prompt found in a cache");
  causes.push_back(q.tp_size * q.pp_size * c.replicas > 1 ? "more devices than stated"
                                                          : "tokens of several devices, and one stated");
  return fmt::format("{}", fmt::join(causes, "; "));
}

}  // namespace mlsysim
