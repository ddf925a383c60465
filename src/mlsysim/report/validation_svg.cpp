#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mlsysim/evidence/training_cases.hpp"
#include "mlsysim/report/svg.hpp"
#include "mlsysim/report/validation.hpp"

namespace mlsysim {
namespace {

constexpr double side = 210, gap_x = 46, gap_y = 66, left = 46, top = 78;
constexpr std::size_t across = 4, fewest = 5;  // panels beside each other; rows of one that is drawn

/// In the unit of the group's first row: the rate of a time, where some report one and some the other.
double drawn(double x, const ComparedRow& row, const ComparedGroup& g) {
  const auto is_step = [](const ComparedRow& r) { return r.posed->metric == Metric::step_time; };
  if (is_step(row) != is_step(*g.rows.front())) return tokens_per_device(row.posed->training()) / x;
  return is_rate(row.posed->metric) == is_rate(g.rows.front()->posed->metric) ? x : 1 / x;
}

/// The exponents of ten that hold all figures of a group.
std::pair<double, double> decades(const ComparedGroup& g) {
  double low = 1e300, high = 0;
  for (const auto* row : g.rows)
    if (row->is_predicted())
      for (const double x : {row->predicted, row->posed->measured}) {
        low = std::min(low, drawn(x, *row, g));
        high = std::max(high, drawn(x, *row, g));
      }
  return {std::floor(std::log10(low)), std::max(std::ceil(std::log10(high)), std::floor(std::log10(low)) + 1)};
}

/// 0.001 s is 1 ms: what an axis says of a power of ten.
std::string tick(double exponent) {
  return exponent >= -2 && exponent <= 4 ? fmt::format("{:g}", std::pow(10, exponent))
                                         : fmt::format("1e{:.0f}", exponent);
}

std::string panel(const ComparedGroup& g, double x0, double y0) {
  const auto [low, high] = decades(g);
  const auto x = [&](double v) { return x0 + (std::log10(v) - low) / (high - low) * side; };
  const auto y = [&](double v) { return y0 + side - (std::log10(v) - low) / (high - low) * side; };
  const Metric metric = g.rows.front()->posed->metric;
  std::string svg = fmt::format(
      "<text x=\"{0:.0f}\" y=\"{1:.0f}\" font-weight=\"bold\">{3}</text>\n"
      "<text x=\"{0:.0f}\" y=\"{2:.0f}\" fill=\"#444\">{4} rows, median {5:.0f} %, p90 {6:.0f} % [{7}]</text>\n"
      "<svg x=\"{0:.0f}\" y=\"{8:.0f}\" width=\"{9}\" height=\"{9}\" viewBox=\"{0:.0f} {8:.0f} {9} {9}\">\n",
      x0, y0 - 22, y0 - 8, escaped(g.name()), g.predicted, g.median_ape, g.p90_ape, unit_of(metric), y0, side);
  const double from = std::pow(10, low), to = std::pow(10, high);
  // Where a prediction lies whose measurement its band holds: the band as the diagonal's neighbourhood.
  const double below = g.band.least(1, metric), above = g.band.most(1, metric);
  svg += fmt::format(
      "<polygon fill=\"#0072b2\" opacity=\"0.12\" points=\"{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f} "
      "{:.1f},{:.1f}\"/>\n",
      x(from), y(from / below), x(to), y(to / below), x(to), y(to / above), x(from), y(from / above));
  svg += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#888\"/>\n", x(from),
                     y(from), x(to), y(to));
  for (const auto* row : g.rows)
    if (row->is_predicted())
      svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"1.6\" fill=\"{}\" opacity=\"0.6\"/>\n",
                         x(drawn(row->posed->measured, *row, g)), y(drawn(row->predicted, *row, g)),
                         svg_colours[row->inside() ? 0 : 1]);
  svg += fmt::format(
      "</svg>\n<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#aaa\"/>\n", x0, y0,
      side, side);
  const double every = std::max(1.0, std::ceil((high - low) / 4));
  for (double e = low; e <= high; e += every) {
    svg += fmt::format(
        "<text x=\"{0:.1f}\" y=\"{1:.1f}\" text-anchor=\"middle\" fill=\"#444\">{2}</text>\n"
        "<text x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"end\" fill=\"#444\">{2}</text>\n",
        x(std::pow(10, e)), y0 + side + 14, tick(e), x0 - 5, y(std::pow(10, e)) + 4);
  }
  return svg;
}

}  // namespace

std::string validation_svg(const Validation& v) {
  std::vector<const ComparedGroup*> shown;
  for (const auto& group : v.groups)
    if (group.predicted >= fewest) shown.push_back(&group);
  const std::size_t columns = std::min(across, std::max<std::size_t>(shown.size(), 1));
  const std::size_t lines = (shown.size() + columns - 1) / columns;
  const double width = std::max(560.0, left + static_cast<double>(columns) * (side + gap_x));
  const double height = top + static_cast<double>(lines) * (side + gap_y);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"10\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"{2}\" y=\"22\" font-size=\"14\" font-weight=\"bold\">Predicted (up) against measured (across), {3} "
      "rows</text>\n<text x=\"{2}\" y=\"38\" fill=\"#444\">shaded: the 90 % band; <tspan fill=\"{4}\">inside</tspan>, "
      "<tspan fill=\"{5}\">outside</tspan>; groups of {6} rows and more</text>\n",
      width, height, left, v.predicted, svg_colours[0], svg_colours[1], fewest);
  for (std::size_t i = 0; i < shown.size(); ++i)
    svg += panel(*shown[i], left + static_cast<double>(i % columns) * (side + gap_x),
                 top + static_cast<double>(i / columns) * (side + gap_y));
  return svg + "</svg>\n";
}

}  // namespace mlsysim
