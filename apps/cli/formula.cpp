// One law by its name: what it says, or with arguments what it comes to.
#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/formula.hpp"

namespace mlsysim::cli {

int run_formula(const Request& request, const Catalog&, Output& out) {
  const bool json = request.output == "json";
  if (request.words.empty()) {
    Json all = Json::array();
    for (const Formula& one : formulas()) all.push_back(formula_json(one));
    out.text = json ? all.dump(2) + "\n" : formulas_text();
    return answered;
  }
  const Formula* f = formula(request.words[0]);
  if (!f) return refuse(out, {no_formula(request.words[0])});
  if (request.arguments.empty()) {
    out.text = json ? formula_json(*f).dump(2) + "\n" : formula_text(*f);
    return answered;
  }
  if (!f->call)
    return refuse(
        out, {{.argument = f->name, .message = fmt::format("{} is called from C++ only: {}", f->name, f->cpp_only)}});
  Problems problems;
  std::vector<double> cells(f->parameters.size());
  std::vector<bool> given(cells.size());
  for (const auto& [name, text] : request.arguments) {
    const auto i = static_cast<std::size_t>(f->parameter(name));
    given[i] = true;
    if (const auto read = read_argument(*f, i, text, problems)) cells[i] = *read;
  }
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (!given[i]) {
      const Parameter& p = f->parameters[i];
      problems.push_back({.argument = p.name,
                          .message = fmt::format("{} is missing: {} [{}]", p.name, *p.doc ? p.doc : p.symbol, p.unit)});
    }
  if (problems.empty()) problems = check_arguments(*f, cells);
  if (!problems.empty()) return refuse(out, problems);
  const double value = f->call(cells.data());
  if (const auto problem = check_value(*f, value)) return refuse(out, {*problem});
  out.text = json ? formula_json(*f, cells, value).dump(2) + "\n" : formula_text(*f, cells, value);
  return answered;
}

}  // namespace mlsysim::cli
