#include "mlsysim/search/axis.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "mlsysim/ask/files.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

constexpr double most_points = 1e8;  // of one axis: 800 MB

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<double> plain(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

class Reader {
 public:
  Reader(const Question& question, Problems& problems)
      : question_(question), table_(question.table()), problems_(problems) {}

  std::optional<Axis> read(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return wrong(
          "",
          fmt::format("\"{}\" is not an axis: write name=a,b,c or name=lo..hi, with :9, :x2 or :log9 after it", text));
    Axis axis;
    const std::string_view name = text.substr(0, equals), body = text.substr(equals + 1);
    axis.entity = table_.entity(name);
    axis.input = axis.entity ? -1 : table_.input(name);
    if (axis.entity) {
      axis.name = axis.entity->prefix.substr(0, axis.entity->prefix.size() - 1);
      for (const auto part : split(body, ',')) {
        if (part.empty()) return wrong(axis.name, fmt::format("{}: an empty name in \"{}\"", axis.name, body));
        axis.names.emplace_back(part);
        if (!find(axis, std::string(part))) return std::nullopt;
      }
      return axis;
    }
    if (axis.input < 0) {
      // The question knows how to say what is near.
      Question asked = question_;
      asked.problems().clear();
      asked.give(name, "1");
      asked.settle();
      problems_.insert(problems_.end(), asked.problems().begin(), asked.problems().end());
      return std::nullopt;
    }
    const Field& field = table_.in.all[static_cast<std::size_t>(axis.input)];
    axis.name = field.path;
    if (field.is_body()) return wrong(axis.name, fmt::format("{} can't be an axis", axis.name));
    if (field.is_choice()) {
      for (const auto part : split(body, ',')) {
        std::size_t word = 0;
        while (word < field.words.size() && folded(field.words[word]) != folded(part)) ++word;
        if (word == field.words.size())
          return wrong(axis.name,
                       fmt::format("{}: \"{}\" is not one of {}", axis.name, part, fmt::join(field.words, ", ")));
        axis.values.push_back(static_cast<double>(word));
      }
      return axis;
    }
    const auto dots = body.find("..");
    if (dots == std::string_view::npos) {
      for (const auto part : split(body, ',')) {
        const auto value = figure(field, part);
        if (!value) return std::nullopt;
        axis.values.push_back(*value);
      }
    } else if (!range(field, body, dots, axis)) {
      return std::nullopt;
    }
    const auto i = static_cast<std::size_t>(axis.input);
    for (const double value : axis.values)
      if (!(value >= table_.low[i] && value <= table_.high[i]) || (field.range.above_low && value == table_.low[i]) ||
          (field.range.whole && value != std::floor(value)))
        return wrong(axis.name, fmt::format("{} = {:g} is out of range: {}", axis.name,
                                            value * field.over / field.times, range_text(field)));
    return axis;
  }

 private:
  std::nullopt_t wrong(std::string argument, std::string message) {
    problems_.push_back({.kind = Problem::Kind::input, .argument = std::move(argument), .message = std::move(message)});
    return std::nullopt;
  }

  bool find(Axis& axis, const std::string& name) {
    const Entry* entry = nullptr;
    if (is_path(name)) {
      std::vector<std::string> notes;
      if (auto file = open_entry(axis.entity->kind, name, question_.catalog(), problems_, notes)) {
        entry = &file->entry;
        axis.files.push_back(std::move(file));
      }
    } else if (!(entry = question_.catalog().find(axis.entity->kind, name, question_.set_name()))) {
      problems_.push_back(question_.catalog().missing(axis.entity->kind, name));
    }
    axis.entries.push_back(entry);
    return entry != nullptr;
  }

  std::optional<double> figure(const Field& field, std::string_view text) {
    const auto parsed = parse_quantity(text);
    if (parsed && !parsed->has_unit) return in_base(parsed->value, field.times, field.over);
    if (parsed && parsed->dim == field.dim) return parsed->value;
    return wrong(field.path, fmt::format("{}: {}", field.path, why_not(text, field.dim, field.unit)));
  }

  bool range(const Field& field, std::string_view body, std::size_t dots, Axis& axis) {
    const auto colon = body.find(':', dots);
    const std::string_view step = colon == std::string_view::npos ? "" : body.substr(colon + 1);
    const auto low = figure(field, body.substr(0, dots)),
               high = figure(field, body.substr(dots + 2, colon == std::string_view::npos ? colon : colon - dots - 2));
    if (!low || !high) return false;
    const auto refuse = [&](std::string message) {
      wrong(field.path, fmt::format("{}: {}", field.path, message));
      return false;
    };
    if (*high < *low) return refuse(fmt::format("the range {} is empty", body));
    const auto add = [&](double v) {  // a count once, however many points are rounded to it
      if (field.range.whole) v = std::round(v);
      if (!field.range.whole || axis.values.empty() || axis.values.back() != v) axis.values.push_back(v);
    };
    if (step.empty() && colon == std::string_view::npos) {
      if (!field.range.whole) return refuse("say how many points: lo..hi:9, or lo..hi:x2, or lo..hi:log9");
      if (*high - *low > most_points) return refuse("more than 100 million points on one axis");
      axis.values.reserve(static_cast<std::size_t>(*high - *low) + 1);
      for (double v = *low; v <= *high; v += 1) axis.values.push_back(v);
      return true;
    }
    if (step.starts_with('x')) {
      const auto factor = plain(step.substr(1));
      if (!factor || *factor <= 1) return refuse(fmt::format("\"{}\" is not a factor above 1", step));
      if (*low <= 0) return refuse("a range by factors starts above 0");
      if (std::log(*high / *low) / std::log(*factor) > most_points)
        return refuse("more than 100 million points on one axis");
      for (double v = *low; v < *high * (1 - 1e-12); v *= *factor) add(v);
      add(*high);
      return true;
    }
    const bool logarithmic = step.starts_with("log");
    const auto count = plain(logarithmic ? step.substr(3) : step);
    if (!count || *count != std::floor(*count) || *count < 1 || *count > most_points)
      return refuse(fmt::format("\"{}\" is not a step: a number of points, x2, or log9", step));
    if (logarithmic && *low <= 0) return refuse("a logarithmic range starts above 0");
    axis.values.reserve(static_cast<std::size_t>(*count));
    for (double i = 0; i < *count; ++i) {
      const double share = *count == 1 ? 0 : i / (*count - 1);
      const double v = i == *count - 1 && *count > 1 ? *high
                       : logarithmic                 ? *low * std::pow(*high / *low, share)
                                                     : *low + (*high - *low) * share;
      add(v);
    }
    return true;
  }

  const Question& question_;
  const Table& table_;
  Problems& problems_;
};

}  // namespace

std::string Axis::label(const Table& table, std::size_t i) const {
  if (entity) return names[i];
  const Field& field = table.in.all[static_cast<std::size_t>(input)];
  if (field.is_choice()) return field.words[static_cast<std::size_t>(values[i])];
  return field.unit.empty() ? fmt::format("{:.6g}", values[i])
                            : fmt::format("{:.6g}", values[i] * field.over / field.times);
}

std::optional<Axis> parse_axis(const Question& question, std::string_view text, Problems& problems) {
  return Reader(question, problems).read(text);
}

}  // namespace mlsysim
