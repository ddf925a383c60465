#include "mlsysim/search/sensitivity.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "mlsysim/search/probe.hpp"

namespace mlsysim {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
// The cube root of a double's precision, rounded: truncation (h^2) and rounding (1e-16 / h) are then both near 1e-10.
constexpr double h = 1e-5;
// Over which a result in whole numbers is differenced: many of its steps.
constexpr double wide = 1e-2;
// One-sided differences of second order agree to 1e-9 where the result is smooth.
constexpr double kink_tolerance = 1e-6;
// A change of more than a hundredth over 1e-5 of the figure is a step of the result, not a slope.
constexpr double jump = 1e-2;

class Responder {
 public:
  Responder(const Question& question, std::size_t output, double step)
      : question_(question), table_(question.table()), probe_(question, output), step_(step), baseline_(probe_.now()) {
    words_ = probe_.all();
  }
  double baseline() const { return baseline_; }

  Response of(std::size_t input) {
    Response r;
    r.input = input;
    r.value = question_.row()[input];
    r.count = table_.in.all[input].range.whole;
    if (r.count) by_one(r);
    else by_slope(r);
    r.low = moved(r, inside(input, stepped(r, false)));
    r.high = moved(r, inside(input, stepped(r, true)));
    std::tie(r.at_low, r.turns_low) = there(input, r.low);
    std::tie(r.at_high, r.turns_high) = there(input, r.high);
    return r;
  }

 private:
  double relative(std::size_t input, double value) {
    return inside(input, value) == value ? probe_.at(input, value) / baseline_ - 1 : nothing;
  }
  /// Nearest to `value` within the range.
  double inside(std::size_t input, double value) const {
    const Field& field = table_.in.all[input];
    if (field.range.above_low && value <= table_.low[input]) return nothing;
    return std::clamp(value, table_.low[input], table_.high[input]);
  }
  /// At the end of its range a figure does not move.
  static double moved(const Response& r, double to) { return to == r.value ? nothing : to; }
  double stepped(const Response& r, bool up) const {
    const double to = up ? r.value * (1 + step_) : r.value / (1 + step_);
    if (!r.count) return to;
    return up ? std::max(r.value + 1, std::round(to)) : std::min(r.value - 1, std::round(to));
  }
  /// The result where the figure is `value`, and what turned on the way.
  std::pair<double, std::string> there(std::size_t input, double value) {
    if (std::isnan(value)) return {nothing, {}};
    const double result = probe_.at(input, value);
    if (std::isnan(result)) return {nothing, "refused"};
    std::string turns;
    for (std::size_t o = 0; o < words_.size(); ++o)
      if (const Field& field = table_.out.all[o]; field.is_choice() && probe_.all()[o] != words_[o])
        turns += fmt::format("{}{} {}", turns.empty() ? "" : ", ", field.path, shown(field, probe_.all()[o]));
    return {result, turns};
  }

  bool whole_at(std::size_t input, double value) {
    const double result = inside(input, value) == value ? probe_.at(input, value) : baseline_;
    return result == std::floor(result);
  }
  /// A number of samples, of devices: a staircase of the figure, flat or sheer at any one point.
  bool counts(const Response& r) {
    return baseline_ == std::floor(baseline_) && whole_at(r.input, r.value * (1 + h)) &&
           whole_at(r.input, r.value * (1 - h)) && whole_at(r.input, r.value * (1 + wide)) &&
           whole_at(r.input, r.value * (1 - wide));
  }
  void by_hundredth(Response& r) {
    const double up = probe_ratio(r.input, r.value * (1 + wide)), down = probe_ratio(r.input, r.value * (1 - wide));
    r.above = std::log(up) / std::log(1 + wide);
    r.below = std::log(down) / std::log(1 - wide);
    if (std::isnan(r.above) || std::isnan(r.below)) r.elasticity = std::isnan(r.above) ? r.below : r.above;
    else r.elasticity = std::log(up / down) / std::log((1 + wide) / (1 - wide));
  }
  void by_slope(Response& r) {
    if (counts(r)) return by_hundredth(r);
    const double up = relative(r.input, r.value * (1 + h)), down = relative(r.input, r.value * (1 - h));
    const double up2 = relative(r.input, r.value * (1 + 2 * h)), down2 = relative(r.input, r.value * (1 - 2 * h));
    r.above = std::abs(up) > jump ? nothing : (4 * up - up2) / (2 * h);
    r.below = std::abs(down) > jump ? nothing : (down2 - 4 * down) / (2 * h);
    if (std::isnan(r.above) || std::isnan(r.below)) {
      r.elasticity = std::isnan(r.above) ? r.below : r.above;
      return;
    }
    r.kink = std::abs(r.above - r.below) > kink_tolerance * (1 + std::abs(r.above));
    r.elasticity = r.kink ? (r.above + r.below) / 2 : (up - down) / (2 * h);
  }
  void by_one(Response& r) {
    const double n = r.value, up = probe_ratio(r.input, n + 1), down = n > 1 ? probe_ratio(r.input, n - 1) : nothing;
    r.above = std::log(up) / std::log((n + 1) / n);
    r.below = std::log(down) / std::log((n - 1) / n);
    if (std::isnan(r.above) || std::isnan(r.below)) r.elasticity = std::isnan(r.above) ? r.below : r.above;
    else r.elasticity = std::log(up / down) / std::log((n + 1) / (n - 1));
  }
  double probe_ratio(std::size_t input, double value) { return relative(input, value) + 1; }

  const Question& question_;
  const Table& table_;
  Probe probe_;
  double step_, baseline_;
  std::vector<double> words_;
};

}  // namespace

double Response::swing(double baseline) const {
  const auto share = [&](double at) { return std::isnan(at) ? 0 : std::abs(at / baseline - 1); };
  return std::max(share(at_low), share(at_high));
}

std::optional<Sensitivities> sensitivities(const Question& question, std::string_view result, double step,
                                           Problems& problems) {
  const Table& t = question.table();
  const int output = t.output(result);
  const auto refuse = [&](std::string message) {
    problems.push_back({.argument = std::string(result), .message = std::move(message)});
    return std::nullopt;
  };
  if (output < 0) {
    problems.push_back(no_result(t, result));
    return std::nullopt;
  }
  const auto o = static_cast<std::size_t>(output);
  const Field& field = t.out.all[o];
  if (!field.is_figure()) return refuse(fmt::format("{} is no number: it has no elasticity", field.path));
  Responder responder(question, o, step);
  Sensitivities found{o, responder.baseline(), step, {}, {}};
  if (found.baseline == 0 || !std::isfinite(found.baseline))
    return refuse(fmt::format("{} is {}: no share of it can change", field.path, shown(field, found.baseline)));
  const auto& used = question.reached();
  for (std::size_t i = 0; i < used.size(); ++i) {
    const double value = question.row()[i];
    if (!used[i] || !t.in.all[i].is_figure() || !std::isfinite(value)) continue;
    Response response = value > 0 ? responder.of(i) : Response{};
    const bool moves = value > 0 && (response.swing(found.baseline) > 0 || response.elasticity != 0 ||
                                     response.turns_low == "refused" || response.turns_high == "refused");
    if (moves) found.ranked.push_back(std::move(response));
    else found.unmoved.push_back(i);
  }
  std::ranges::stable_sort(found.ranked, std::greater{}, [&](const Response& r) { return r.swing(found.baseline); });
  return found;
}

}  // namespace mlsysim
