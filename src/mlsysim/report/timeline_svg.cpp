// A timeline as a picture, and as a trace.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "mlsysim/report/json.hpp"
#include "mlsysim/report/svg.hpp"
#include "mlsysim/report/timeline.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

bool communicates(SliceKind kind) { return kind == SliceKind::communication || kind == SliceKind::gradients; }

std::string name_of(const Slice& s, int chunks) {
  const std::string kind = word(s.kind);
  if (s.microbatch < 0) return kind;
  return chunks > 1 ? fmt::format("{} {}, chunk {}", kind, s.microbatch + 1, s.chunk + 1)
                    : fmt::format("{} {}", kind, s.microbatch + 1);
}
std::string stage_name(const Timeline& t, int stage) {
  return fmt::format("stage {}{}", stage + 1, t.ranks > 1 ? fmt::format(" ({:.0f} ranks)", t.ranks) : "");
}

const char* colour(SliceKind kind) {
  switch (kind) {
    case SliceKind::forward:
      return "#0072b2";
    case SliceKind::recomputation:
      return "#e69f00";
    case SliceKind::backward:
      return "#009e73";
    case SliceKind::communication:
      return "#d55e00";
    case SliceKind::gradients:
      return "#cc79a7";
    case SliceKind::optimizer:
      return "#56b4e9";
    case SliceKind::steady:
      return "#e4e4e4";
    case SliceKind::host:
      return "#555555";
    case SliceKind::straggler:
      break;
  }
  return "#b0b0b0";
}

constexpr double left = 150, width = 1000, top = 74;

/// Time to a place across the picture; a middle that is left out takes a tenth of it.
struct Scale {
  const Timeline& t;
  double operator()(double at) const {
    const double from = t.hidden_from.base, hidden = t.hidden_to.base - from, shown = t.step.base - hidden;
    if (t.hidden == 0) return left + width * at / t.step.base;
    const double outside = std::min(at, from) + std::max(0.0, at - t.hidden_to.base);
    const double inside = std::clamp((at - from) / hidden, 0.0, 1.0);
    return left + width * (0.9 * outside / shown + 0.1 * inside);
  }
};

/// A tick is 1, 2 or 5 of a power of ten.
double tick(double span) {
  const double unit = std::pow(10, std::floor(std::log10(span)));
  return span / unit < 2 ? unit / 5 : span / unit < 5 ? unit / 2 : unit;
}

}  // namespace

std::string timeline_json(const Timeline& t) {
  Json events = Json::array();
  const auto called = [&](const char* what, int stage, int stream, const std::string& name) {
    events.push_back({{"ph", "M"}, {"name", what}, {"pid", stage}, {"tid", stream}, {"args", {{"name", name}}}});
  };
  for (int s = 0; s < t.stages; ++s) {
    called("process_name", s, 0, stage_name(t, s));
    called("thread_name", s, 0, "compute");
    called("thread_name", s, 1, "exposed communication");
    events.push_back({{"ph", "M"}, {"name", "process_sort_index"}, {"pid", s}, {"args", {{"sort_index", s}}}});
  }
  for (const Slice& s : t.slices) {
    Json event{{"ph", "X"},
               {"pid", s.stage},
               {"tid", communicates(s.kind) ? 1 : 0},
               {"ts", s.start.base * 1e6},
               {"dur", s.length.base * 1e6},
               {"name", name_of(s, t.chunks)},
               {"cat", word(s.kind)}};
    if (s.microbatch >= 0) event["args"] = {{"microbatch", s.microbatch + 1}, {"chunk", s.chunk + 1}};
    else if (s.kind == SliceKind::steady) event["args"] = {{"microbatches", t.hidden}};
    events.push_back(std::move(event));
  }
  return Json{{"displayTimeUnit", "ms"}, {"traceEvents", std::move(events)}}.dump() + "\n";
}

std::string timeline_svg(const Timeline& t, const std::string& title) {
  const Scale x{t};
  const double row = t.stages <= 16 ? 26 : t.stages <= 40 ? 16 : 10, compute = row * 0.62, beside = row * 0.24;
  const double bottom = top + row * t.stages, height = bottom + 44;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"{2:.0f}\" y=\"22\" font-size=\"15\">{3}</text>\n",
      left + width + 30, height, left, escaped(title));
  // What there is, and its share of a stage's time.
  std::array<double, std::size(Words<SliceKind>::all)> spent{};
  for (const Slice& s : t.slices) spent[static_cast<std::size_t>(s.kind)] += s.length.base;
  double at = left, line = 36;
  const auto legend = [&](const std::string& name, const std::string& fill) {
    const double wide = 26 + 6.6 * static_cast<double>(name.size());
    if (at + wide > left + width) at = left, line += 18;
    svg += fmt::format(
        "<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"11\" height=\"11\" {}/>\n<text x=\"{:.0f}\" "
        "y=\"{:.0f}\">{}</text>\n",
        at, line, fill, at + 15, line + 10, name);
    at += wide;
  };
  for (std::size_t i = 0; i < spent.size(); ++i)
    if (const auto kind = static_cast<SliceKind>(i); spent[i] > 0)
      legend(kind == SliceKind::steady ? fmt::format("{} microbatches alike, not to scale", t.hidden) : word(kind),
             fmt::format("fill=\"{}\"", colour(kind)));
  legend("a stage waits", "fill=\"white\" stroke=\"#999\"");
  for (int s = 0; s < t.stages; ++s)
    svg += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\" font-size=\"{:.0f}\">{}</text>\n", left - 8,
                       top + row * s + compute * 0.8, std::min(12.0, row * 0.8),
                       s == 0 ? stage_name(t, s) : fmt::format("{}", s + 1));
  const bool told = t.slices.size() <= 4000;  // a tip over each slice, while they are few
  for (const Slice& s : t.slices) {
    const double a = x(s.start.base), b = x((s.start + s.length).base), y = top + row * s.stage;
    const bool aside = communicates(s.kind);
    svg += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\">{}</rect>\n", a,
        aside ? y + compute : y, std::max(0.05, b - a - (b - a > 3 ? 0.5 : 0)),
        s.kind == SliceKind::steady ? compute + beside
        : aside                     ? beside
                                    : compute,
        colour(s.kind),
        told ? fmt::format("<title>{}, {}</title>", name_of(s, t.chunks), print_quantity(s.length.base, axis::time))
             : "");
    const std::string number = s.microbatch >= 0 && !aside ? fmt::format("{}", s.microbatch + 1) : "";
    if (!number.empty() && row > 20 && b - a > 7.0 * static_cast<double>(number.size()) + 4)
      svg += fmt::format(
          "<text x=\"{:.2f}\" y=\"{:.2f}\" text-anchor=\"middle\" font-size=\"10\" fill=\"white\">{}</text>\n",
          (a + b) / 2, y + compute * 0.75, number);
  }
  const double shown = t.step.base - (t.hidden_to - t.hidden_from).base, each = tick(shown);
  svg += fmt::format("<line x1=\"{0:.1f}\" y1=\"{2:.1f}\" x2=\"{1:.1f}\" y2=\"{2:.1f}\" stroke=\"black\"/>\n", left,
                     left + width, bottom + 4);
  for (double v = 0; v < t.step.base; v += each) {
    if (t.hidden > 0 && v > t.hidden_from.base && v < t.hidden_to.base) {
      v = std::floor(t.hidden_to.base / each) * each;
      continue;
    }
    if (x(t.step.base) - x(v) < 60) break;
    svg += fmt::format(
        "<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\" stroke=\"black\"/>\n"
        "<text x=\"{0:.1f}\" y=\"{3:.1f}\" text-anchor=\"middle\">{4}</text>\n",
        x(v), bottom + 4, bottom + 9, bottom + 23, v == 0 ? "0" : print_quantity(v, axis::time));
  }
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n</svg>\n", left + width + 20,
                     bottom + 23, print_quantity(t.step.base, axis::time));
  return svg;
}

}  // namespace mlsysim
