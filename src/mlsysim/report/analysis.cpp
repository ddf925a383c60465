#include "mlsysim/report/analysis.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mlsysim/report/svg.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

/// A number, null where there is none, "inf" where it is unbounded.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : std::isnan(value) ? Json(nullptr) : Json(value > 0 ? "inf" : "-inf");
}

}  // namespace

Json sensitivities_json(const Question& question, const Sensitivities& s) {
  const Table& t = question.table();
  Json json{{"wall", t.wall->name},
            {"result", t.out.all[s.output].path},
            {"baseline", number(s.baseline)},
            {"unit", dimension_name(t.out.all[s.output].dim)},
            {"usual_unit", t.out.all[s.output].unit},
            {"step", s.step},
            {"figures", Json::array()},
            {"unmoved", Json::array()}};
  for (const Response& r : s.ranked) {
    const Field& field = t.in.all[r.input];
    const auto side = [](double figure, double result, const std::string& turns) {
      return Json{{"figure", number(figure)}, {"result", number(result)}, {"turns", turns}};
    };
    json["figures"].push_back({{"figure", field.path},
                               {"unit", dimension_name(field.dim)},
                               {"usual_unit", field.unit},
                               {"value", number(r.value)},
                               {"elasticity", number(r.elasticity)},
                               {"elasticity_below", number(r.below)},
                               {"elasticity_above", number(r.above)},
                               {"kink", r.kink},
                               {"low", side(r.low, r.at_low, r.turns_low)},
                               {"high", side(r.high, r.at_high, r.turns_high)}});
  }
  for (const auto input : s.unmoved) json["unmoved"].push_back(t.in.all[input].path);
  return json;
}

Json difference_json(const Question& question, const Difference& d) {
  const Field& field = question.table().out.all[d.output];
  Json json{
      {"result", field.path},     {"before", d.before}, {"after", d.after},      {"unit", dimension_name(field.dim)},
      {"usual_unit", field.unit}, {"exact", d.exact},   {"parts", Json::array()}};
  for (const auto& part : d.parts)
    json["parts"].push_back({{"name", part.name},
                             {"before", part.before},
                             {"after", part.after},
                             {"difference", number(part.difference)},
                             {"factor", number(part.factor)}});
  return json;
}

Json threshold_json(const Question& question, const Threshold& threshold) {
  const Field& field = question.table().in.all[threshold.input];
  return {{"figure", field.path},        {"unit", dimension_name(field.dim)},
          {"usual_unit", field.unit},    {"now", threshold.now},
          {"value", threshold.value},    {"met", threshold.upward ? "at and above" : "at and below"},
          {"met_now", threshold.met_now}};
}

std::string tornado_svg(const Question& question, const Sensitivities& s, std::string_view title) {
  constexpr double width = 860, left = 250, right = 90, top = 84, row = 30, bar = 18;
  const Table& t = question.table();
  const Field& field = t.out.all[s.output];
  const std::size_t rows = std::min<std::size_t>(s.ranked.size(), 14);
  const double height = top + row * static_cast<double>(rows) + 40, middle = left + (width - left - right) / 2;
  double widest = 1e-12;
  for (std::size_t i = 0; i < rows; ++i) widest = std::max(widest, s.ranked[i].swing(s.baseline));
  const double scale = (width - right - middle) / widest;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"24\" y=\"28\" font-size=\"16\" font-weight=\"bold\">{2}</text>\n"
      "<text x=\"24\" y=\"48\" fill=\"#444\">{3} {4}; each figure divided and multiplied by {5:g}, counts by at least "
      "one</text>\n",
      width, height, escaped(title), escaped(field.path), escaped(shown(field, s.baseline)), 1 + s.step);
  const auto legend = [&](double x, const char* colour, const char* text) {
    svg += fmt::format(
        "<rect x=\"{0}\" y=\"58\" width=\"10\" height=\"10\" fill=\"{1}\"/><text x=\"{2}\" y=\"67\" "
        "fill=\"#444\">{3}</text>\n",
        x, colour, x + 15, text);
  };
  legend(24, svg_colours[5], "lower figure");
  legend(130, svg_colours[0], "higher figure");
  for (std::size_t i = 0; i < rows; ++i) {
    const Response& r = s.ranked[i];
    const double y = top + row * static_cast<double>(i);
    svg += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left - 12, y + bar - 4,
                       escaped(t.in.all[r.input].path));
    for (const bool high : {false, true}) {
      const double at = high ? r.at_high : r.at_low, figure = high ? r.high : r.low;
      if (std::isnan(at)) continue;
      const double change = at / s.baseline - 1, x = middle + scale * change;
      const std::string turns = high ? r.turns_high : r.turns_low;
      svg += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"><title>{} = {}: {} {}{}{}"
          "</title></rect>\n",
          std::min(x, middle), y, std::abs(x - middle), bar, svg_colours[high ? 0 : 5], escaped(t.in.all[r.input].path),
          escaped(shown(t.in.all[r.input], figure)), escaped(field.path), escaped(shown(field, at)),
          turns.empty() ? "" : "; ", escaped(turns));
      if (change != 0)
        svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" fill=\"#444\">{:+.1f} %</text>\n",
                           x + (change < 0 ? -5 : 5), y + bar - 4, change < 0 ? "end" : "start", 100 * change);
    }
  }
  svg += fmt::format("<line x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\" stroke=\"#444\"/>\n", middle, top - 8,
                     height - 32);
  return svg + "</svg>\n";
}

}  // namespace mlsysim
