#include "mlsysim/report/explain.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "mlsysim/report/expression.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

ExplainedLeaf leaf_of(const Question& q, std::size_t input) {
  const Field& field = q.table().in.all[input];
  const Origin origin = q.origin(input);
  ExplainedLeaf leaf{field.path, shown(field, q.row()[input]), word(origin.kind), {}, {}};
  if (!origin.figure) return leaf;
  const Figure& figure = *origin.figure;
  const Source* source = Catalog::source(figure.source);
  leaf.source = source ? std::string(source->title) : std::string(figure.source);
  leaf.where = figure.where;
  if (is_stated(figure.low))
    leaf.kind += fmt::format(", {} to {}", shown(field, figure.low), shown(field, figure.high));
  if (!figure.inherited.empty()) leaf.where += fmt::format(" (inherited from {})", figure.inherited);
  return leaf;
}

class Printer {
 public:
  explicit Printer(const Question& q) : q_(q) {
    Tape* const outer = std::exchange(tape, &steps_);
    const auto& fields = q.table().in.all;
    std::vector<Traced> in(fields.size()), out(q.table().out.all.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      in[i] = Traced(Operation::figure, q.row()[i]);
      steps_[static_cast<std::size_t>(in[i].id)].name = fields[i].path;
    }
    q.table().wall->trace(in.data(), q.bodies(), out.data());
    tape = outer;
    for (std::size_t i = 0; i < out.size(); ++i) {
      ids_.push_back(out[i].id);
      if (out[i].id < 0) continue;
      Step& step = steps_[static_cast<std::size_t>(out[i].id)];
      if (step.operation == Operation::figure || (step.operation == Operation::constant && step.name.empty())) continue;
      if (output_of(out[i].id) >= 0) continue;  // the first result that a step is names it
      step.name = q.table().out.all[i].path;
      outputs_.push_back({out[i].id, static_cast<int>(i)});
    }
    printed_.assign(steps_.size(), 0);
  }

  void print(std::size_t output, Explanation& to) {
    const int id = ids_[output];
    const Field& field = q_.table().out.all[output];
    if (field.is_name()) return to.steps.push_back({0, field.path, {}, {}, shown(q_, output, 0), {}});
    if (id < 0) {
      to.steps.push_back({0, field.path, {}, {}, shown(field, 0), {}});
      return;
    }
    if (output_of(id) == static_cast<int>(output)) return step(id, 0, to);
    const Step& same = at(id);  // equal to a figure or to a result that has a name already
    to.steps.push_back({0, field.path, same.name, {}, shown(field, same.value), {}});
    if (same.operation == Operation::figure) note_leaf(id, to);
    else if (!same.name.empty() && same.operation != Operation::constant) step(id, 1, to);
  }

 private:
  const Step& at(int id) const { return steps_[static_cast<std::size_t>(id)]; }
  int output_of(int id) const {
    for (const auto& [step, output] : outputs_)
      if (step == id) return output;
    return -1;
  }

  std::string value(int id) const {
    const Step& s = at(id);
    if (const int output = output_of(id); output >= 0)
      return shown(q_.table().out.all[static_cast<std::size_t>(output)], s.value);
    if (s.operation == Operation::figure) return shown(q_.table().in.all[static_cast<std::size_t>(id)], s.value);
    return print_quantity(s.value, s.dim);
  }

  std::string line(int id, bool numbers) const {
    return expression(steps_, id, numbers, [&](int step) { return value(step); });
  }

  /// The named steps and figures that an expression shows, in order.
  void shown_children(int id, int root, std::vector<int>& to, std::string& source) const {
    if (id < 0) return;
    const Step& s = at(id);
    if (id != root && !s.name.empty()) {
      if (std::ranges::find(to, id) == to.end()) to.push_back(id);
      return;
    }
    if (*s.source && source.find(s.source) == std::string::npos)
      source += (source.empty() ? "" : "; ") + std::string(s.source);
    if (s.operation == Operation::select && !decides(steps_, s))
      return shown_children(taken(steps_, s), root, to, source);
    for (const int child : s.children) shown_children(child, root, to, source);
  }

  void step(int id, int depth, Explanation& to) {
    if (printed_[static_cast<std::size_t>(id)]) return;
    printed_[static_cast<std::size_t>(id)] = 1;
    const Step& s = at(id);
    std::vector<int> children;
    std::string source;
    shown_children(id, id, children, source);
    std::string equation = line(id, false), numbers = line(id, true);
    if (s.operation == Operation::constant) equation.clear(), numbers.clear();
    if (numbers == value(id) || numbers == equation) numbers.clear();
    to.steps.push_back({depth, s.name, equation, numbers, value(id), source});
    for (const int child : children) {
      const Step& c = at(child);
      if (c.operation == Operation::figure) note_leaf(child, to);
      else if (c.operation == Operation::constant) note_constant(child, to);
      else step(child, depth + 1, to);
    }
  }

  void note_leaf(int id, Explanation& to) {
    if (std::exchange(printed_[static_cast<std::size_t>(id)], 1)) return;
    to.leaves.push_back(leaf_of(q_, static_cast<std::size_t>(id)));
  }
  void note_constant(int id, Explanation& to) {
    if (std::ranges::any_of(to.leaves, [&](const ExplainedLeaf& l) { return l.name == at(id).name; })) return;
    to.leaves.push_back({at(id).name, value(id), "constant", {}, {}});
  }

  const Question& q_;
  Tape steps_;
  std::vector<int> ids_;
  std::vector<std::pair<int, int>> outputs_;  // step, result
  std::vector<char> printed_;
};

}  // namespace

Explanation explain(const Question& question, const std::vector<std::string>& results) {
  Explanation explanation;
  if (!question.table().wall->trace) return explanation;  // a search has candidates instead of a derivation
  Printer printer(question);
  if (results.empty())
    for (std::size_t i = 0; i < question.table().out.all.size(); ++i) printer.print(i, explanation);
  for (const auto& result : results)
    if (const int output = question.table().output(result); output >= 0)
      printer.print(static_cast<std::size_t>(output), explanation);
  return explanation;
}

std::string explanation_text(const Explanation& explanation) {
  std::string text;
  for (const auto& step : explanation.steps) {
    const std::string indent(static_cast<std::size_t>(2 * step.depth), ' '), under(step.name.size(), ' ');
    const std::string source = step.source.empty() ? "" : fmt::format("    [{}]", step.source);
    if (step.equation.empty()) {
      text += fmt::format("{}{} = {}{}\n", indent, step.name, step.value, source);
      continue;
    }
    text += fmt::format("{}{} = {}{}\n", indent, step.name, step.equation, source);
    if (!step.numbers.empty()) text += fmt::format("{}{} = {}\n", indent, under, step.numbers);
    text += fmt::format("{}{} = {}\n", indent, under, step.value);
  }
  if (!explanation.leaves.empty()) text += "where\n" + sources_text(explanation.leaves);
  return text;
}

std::vector<ExplainedLeaf> sources_of(const Question& question) {
  std::vector<ExplainedLeaf> leaves;
  const auto& used = question.reached();
  for (std::size_t i = 0; i < used.size(); ++i)
    if (used[i] && question.row()[i] == question.row()[i] && question.table().in.all[i].is_figure())
      leaves.push_back(leaf_of(question, i));
  return leaves;
}

std::string sources_text(const std::vector<ExplainedLeaf>& leaves) {
  std::size_t name = 0, value = 0;
  for (const auto& leaf : leaves) name = std::max(name, leaf.name.size()), value = std::max(value, leaf.value.size());
  std::string text;
  for (const auto& leaf : leaves) {
    std::string line = fmt::format("  {:<{}} = {:<{}}  {}", leaf.name, name, leaf.value, value, leaf.kind);
    if (!leaf.source.empty()) line += "  " + leaf.source;
    if (!leaf.where.empty()) line += ": " + leaf.where;
    text += line + "\n";
  }
  return text;
}

}  // namespace mlsysim
