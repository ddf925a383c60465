#pragma once
// A law as a person reads it: its equation, what was put in, its value, where it is valid and where it comes from.
#include "mlsysim/ask/formula.hpp"
#include "mlsysim/report/json.hpp"

namespace mlsysim {

/// The equation with these numbers in it: "8 × (1 GB / 50 GB/s)". Empty where the law is an algorithm of its arguments alone.
std::string worked(const Formula& formula, std::span<const double> cells);
std::string shown(const Formula& formula, std::size_t parameter, double cell);

/// Equation, symbols, validity, source, and how to ask it.
std::string formula_text(const Formula& formula);
/// The same with numbers and a value.
std::string formula_text(const Formula& formula, std::span<const double> cells, double value);
/// The same as documents; the value under its name with its unit, in SI.
Json formula_json(const Formula& formula);
Json formula_json(const Formula& formula, std::span<const double> cells, double value);
/// Every law, a line each, by topic.
std::string formulas_text();

}  // namespace mlsysim
