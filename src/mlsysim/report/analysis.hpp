#pragma once
// Sensitivities, targets and differences as JSON, and a tornado as SVG.
#include "mlsysim/report/json.hpp"
#include "mlsysim/search/difference.hpp"
#include "mlsysim/search/sensitivity.hpp"
#include "mlsysim/search/target.hpp"

namespace mlsysim {

// Numbers are in base units, whose name is "unit"; "usual_unit" is the one that people read the figure in.

/// {"wall", "result", "baseline", "unit", "step", "figures": [{"figure", "unit", "value", "elasticity", …}], "unmoved": […]}.
Json sensitivities_json(const Question& question, const Sensitivities& sensitivities);
/// {"result", "before", "after", "unit", "exact", "parts": [{"name", "before", "after", "difference", "factor"}]}.
Json difference_json(const Question& question, const Difference& difference);
/// {"figure", "unit", "now", "value", "met", "met_now"}.
Json threshold_json(const Question& question, const Threshold& threshold);

/// A stand-alone SVG: a bar for each of the figures that move the result most, from what a lower figure makes of it to what a
/// higher one does.
std::string tornado_svg(const Question& question, const Sensitivities& sensitivities, std::string_view title);

}  // namespace mlsysim
