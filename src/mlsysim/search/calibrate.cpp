#include "mlsysim/search/calibrate.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mlsysim/search/probe.hpp"

namespace mlsysim {

std::optional<Calibration> calibrate_efficiency(const Question& question, std::size_t output, double measured,
                                                double uncertainty, Problems& problems) {
  const Table& t = question.table();
  const int input = t.input("efficiency");
  const Field& field = t.out.all[output];
  const auto refuse = [&](std::string argument, std::string message) -> std::optional<Calibration> {
    problems.push_back({.argument = std::move(argument), .message = std::move(message)});
    return std::nullopt;
  };
  if (input < 0) return refuse("efficiency", fmt::format("{} has no efficiency to calibrate", t.wall->name));
  if (!(measured > 0) || !std::isfinite(measured))
    return refuse(field.path,
                  fmt::format("{} = {} was not measured: a figure above 0", field.path, shown(field, measured)));
  Question asked = question;
  // Efficiencies above 1 are asked too, to say how far beyond the peak a measurement lies.
  const auto answer = [&](double efficiency) {
    asked.give(static_cast<std::size_t>(input), efficiency);
    return asked.answer()[output];
  };
  constexpr double least = 1e-9, most = 1e3;
  const bool grows = answer(1) > answer(1e-3);  // a rate; a time falls
  if (answer(1) == answer(least))
    return refuse(field.path, fmt::format("{} does not depend on the efficiency", field.path));
  // A quicker answer needs a higher efficiency: solve for the one at which the answer is as quick as `want`.
  const auto solve_for = [&](double want) {
    const auto quick_enough = [&](double e) { return grows ? answer(e) >= want : answer(e) <= want; };
    if (!quick_enough(most)) return std::numeric_limits<double>::infinity();
    return turning_point(least, most, quick_enough);
  };
  const double slow = grows ? measured * (1 - uncertainty) : measured * (1 + uncertainty);
  const double fast = grows ? measured * (1 + uncertainty) : measured * (1 - uncertainty);
  Calibration found{solve_for(measured), solve_for(slow), solve_for(fast), true};
  if (found.low > 1) {
    const std::string beyond =
        std::isfinite(found.efficiency)
            ? fmt::format("an efficiency of {:.3g}", found.efficiency)
            : std::string("more than an unlimited rate of arithmetic: memory or fixed time alone take longer");
    return refuse(
        field.path,
        fmt::format(
            "{} = {} is impossible: it would take {}, and 1 is the peak. Likely causes: the work of a token is "
            "overstated, "
            "the peak is that of another format or of arithmetic without sparsity, or several devices were measured",
            field.path, shown(field, measured), beyond));
  }
  found.identified = found.high <= 1;
  found.high = std::min(1.0, found.high);
  found.efficiency = std::clamp(found.efficiency, found.low, found.high);
  return found;
}

}  // namespace mlsysim
