#include "mlsysim/report/formula.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "mlsysim/catalog/catalog.hpp"
#include "mlsysim/report/expression.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

std::string dashed(std::string text) {
  std::ranges::replace(text, '_', '-');
  return text;
}

/// "original_collectives.hpp" is "original collectives".
std::string topic(const Formula& formula) {
  std::string text = formula.header;
  text.resize(text.rfind('.'));
  std::ranges::replace(text, '_', ' ');
  return text;
}

/// "williams2009roofline, eq. 1" with the title for the id.
std::string titled(std::string_view citation) {
  std::string text;
  while (!citation.empty()) {
    const auto end = std::min(citation.find("; "), citation.size());
    const std::string_view part = citation.substr(0, end), id = part.substr(0, part.find_first_of(", "));
    const Source* source = Catalog::source(id);
    if (!text.empty()) text += "; ";
    text += source ? std::string(source->title) + std::string(part.substr(id.size())) : std::string(part);
    citation.remove_prefix(std::min(end + 2, citation.size()));
  }
  return text;
}

/// In lines of at most 96 columns, each after the first behind `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string result;
  std::size_t width = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (width > indent && width + word.size() >= 96) result += "\n" + std::string(indent, ' '), width = indent;
    else if (width > indent) result += ' ', ++width;
    result += word;
    width += word.size();
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return result;
}

std::string equation_text(const Formula& f) {
  std::string text;
  for (const char c : std::string_view(f.equation)) text += c == '\n' ? "\n  " : std::string(1, c);
  return "  " + text + "\n";
}

std::string foot(const Formula& f) {
  return fmt::format("\n  valid   {}\n  source  {}\n  code    laws/{}, {}\n", wrapped(f.valid, 10),
                     wrapped(titled(f.source), 10), f.header, f.law);
}

std::string symbols_text(const Formula& f, std::span<const double> cells) {
  std::size_t symbol = 0, name = 0, value = 0;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < f.parameters.size(); ++i) {
    const Parameter& p = f.parameters[i];
    values.push_back(cells.empty() ? fmt::format("[{}]", p.unit) : shown(f, i, cells[i]));
    symbol = std::max(symbol, std::string_view(p.symbol).size()),
    name = std::max(name, std::string_view(p.name).size());
    value = std::max(value, values.back().size());
  }
  std::string text;
  for (std::size_t i = 0; i < f.parameters.size(); ++i) {
    const Parameter& p = f.parameters[i];
    std::string line =
        fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}", p.symbol, symbol, p.name, name, values[i], value, p.doc);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

/// "message=1GB devices=8" as flags.
std::string as_flags(const Formula& f) {
  std::string text, example = f.example;
  for (std::size_t start = 0; start < example.size();) {
    const auto end = std::min(example.find(' ', start), example.size()), equals = example.find('=', start);
    text += fmt::format(" --{} {}", dashed(example.substr(start, equals - start)),
                        example.substr(equals + 1, end - equals - 1));
    start = end + 1;
  }
  return text;
}

std::string key(const char* name, Dim dim) {
  std::string unit = dimension_name(dim);
  if (unit.empty()) return name;
  std::string text = std::string(name) + "_";
  for (const char c : unit) text += c == '/' ? "_per_" : c == ' ' ? "_" : std::string(1, c);
  return text;
}

}  // namespace

std::string shown(const Formula& f, std::size_t i, double cell) {
  if (f.slots[i] == Slot::flag) return cell != 0 ? "true" : "false";
  return print_quantity(cell, f.dims[i]);
}

std::string worked(const Formula& f, std::span<const double> cells) {
  Tape steps;
  Tape* const outer = std::exchange(tape, &steps);
  std::vector<Traced> in;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    in.emplace_back(Operation::figure, cells[i]);
    steps.back().name = f.parameters[i].name;
  }
  const Traced out = f.trace(in.data());
  tape = outer;
  if (out.id < static_cast<int>(cells.size())) return {};  // a constant, or an argument as it is
  const auto value = [&](int id) {
    const auto i = static_cast<std::size_t>(id);
    return i < cells.size() ? shown(f, i, cells[i]) : print_quantity(steps[i].value, steps[i].dim);
  };
  return expression(steps, out.id, true, value);
}

std::string formula_text(const Formula& f) {
  std::string text = fmt::format("{}: {}\n\n", f.name, wrapped(f.summary, 2));
  if (*f.equation) text += equation_text(f) + "\n";
  text += symbols_text(f, {}) + foot(f);
  if (*f.cpp_only) text += fmt::format("\n  not called from here: {}\n", f.cpp_only);
  else if (*f.example) text += fmt::format("\n  mlsysim formula {}{}\n", dashed(f.name), as_flags(f));
  return text;
}

std::string formula_text(const Formula& f, std::span<const double> cells, double value) {
  std::string text = fmt::format("{}: {}\n\n", f.name, wrapped(f.summary, 2));
  if (*f.equation) text += equation_text(f);
  if (const std::string line = worked(f, cells); !line.empty()) text += "    = " + wrapped(line, 6) + "\n";
  text += fmt::format("    = {}\n\n", print_quantity(value, f.dim));
  return text + symbols_text(f, cells) + foot(f);
}

Json formula_json(const Formula& f) {
  Json json{{"name", f.name}, {"law", f.law}, {"header", f.header}, {"summary", f.summary}, {"equation", f.equation}};
  json["symbols"] = Json::array();
  for (std::size_t i = 0; i < f.parameters.size(); ++i) {
    const Parameter& p = f.parameters[i];
    Json symbol{{"name", p.name}, {"symbol", p.symbol}, {"doc", p.doc}, {"unit", p.unit}};
    symbol["kind"] = f.slots.empty()             ? ""
                     : f.slots[i] == Slot::flag  ? "flag"
                     : f.slots[i] == Slot::whole ? "whole"
                                                 : "figure";
    symbol["dimension"] = f.dims.empty() ? "" : dimension_name(f.dims[i]);
    json["symbols"].push_back(std::move(symbol));
  }
  json["dimension"] = dimension_name(f.dim);
  json["valid"] = f.valid;
  json["source"] = f.source;
  json["example"] = f.example;
  if (*f.cpp_only) json["cpp_only"] = f.cpp_only;
  return json;
}

Json formula_json(const Formula& f, std::span<const double> cells, double value) {
  const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(x > 0 ? "unbounded" : "-unbounded"); };
  Json json{{"formula", f.name}, {"equation", f.equation}, {"worked", worked(f, cells)}};
  for (std::size_t i = 0; i < cells.size(); ++i)
    json["arguments"][key(f.parameters[i].name, f.dims[i])] = number(cells[i]);
  json["result"][key(f.name, f.dim)] = number(value);
  json["valid"] = f.valid;
  json["source"] = f.source;
  return json;
}

std::string formulas_text() {
  std::size_t width = 0;
  for (const Formula& f : formulas()) width = std::max(width, std::string_view(f.name).size());
  std::string text = fmt::format("{} formulas, every law that walls are made of\n", formulas().size()), last;
  for (const Formula& f : formulas()) {
    if (topic(f) != last) text += "\n" + (last = topic(f)) + "\n";
    const std::string_view summary = f.summary;
    std::string first(summary.substr(0, summary.find_first_of(":;.")));
    if (first.size() > 80) first = first.substr(0, first.rfind(' ', 77)) + " …";
    text += fmt::format("  {:<{}}  {}\n", dashed(f.name), width, first);
  }
  return text + "\n  mlsysim formula NAME shows the equation of one, with arguments its value\n";
}

}  // namespace mlsysim
