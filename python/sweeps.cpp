// Many answers at once in Python: combinations of axes, and rows that NumPy holds.
#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nanobind/ndarray.h>

#include "bindings.hpp"
#include "mlsysim/search/sweep.hpp"

using namespace nanobind::literals;
using namespace mlsysim;

namespace bindings {
namespace {

/// Columns of every combination of the axes, in base units; of combinations without an answer, NaN and why.
nb::dict sweep(const std::string& wall, const nb::dict& arguments, const std::vector<std::string>& axes,
               const std::vector<std::string>& results, const std::string& assumptions, const nb::object& quantity) {
  std::vector<Row> rows;
  auto base = ask(wall, arguments, assumptions, quantity, rows);
  base->settle();
  raise_first(base->problems());
  Problems problems;
  std::vector<Axis> parsed;
  for (const auto& text : axes)
    if (auto axis = parse_axis(*base, text, problems)) parsed.push_back(std::move(*axis));
  raise_first(problems);
  // What no axis gives must be there before the first row.
  Question first = *base;
  for (const auto& axis : parsed) {
    if (axis.entity) first.bind(*axis.entity, *axis.entries[0]);
    else first.give(static_cast<std::size_t>(axis.input), axis.values[0]);
  }
  if (!first.check())
    for (const auto& problem : first.problems())
      if (problem.message.ends_with("lists all)")) raise(problem);
  const std::vector<std::string> ignored = first.ignored();
  const Sweep plan(*base, std::move(parsed), results, problems);
  raise_first(problems);
  // Memory of NumPy's own: it asks the system for large pages and is not written twice.
  const nb::object empty = nb::module_::import_("numpy").attr("empty");
  nb::dict out;
  std::vector<double*> columns;
  for (const std::size_t result : plan.results()) {
    const nb::object column = empty(plan.rows());
    out[plan.table().out.all[result].path.c_str()] = column;
    columns.push_back(nb::cast<nb::ndarray<nb::numpy, double, nb::ndim<1>>>(column).data());
  }
  nb::list refused;
  plan.run([&](const Block& block) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      double* const to = columns[c] + block.first;
      if (block.refused) std::fill_n(to, block.count, std::numeric_limits<double>::quiet_NaN());
      else std::copy_n((*block.columns)[c].data(), block.count, to);
    }
    if (block.refused) refused.append(nb::make_tuple(block.first, block.count, *block.refused));
  });
  return record({{"columns", nb::cast(out)},
                 {"rows", nb::cast(plan.rows())},
                 {"refused", nb::cast(refused)},
                 {"ignored", nb::cast(ignored)}});
}

/// The wall over rows that differ in some figures: a column for each, in the unit of its field; results in base units.
nb::dict rows(const std::string& wall, const nb::dict& arguments, const nb::dict& columns,
              const std::vector<std::string>& results, const std::string& assumptions, const nb::object& quantity) {
  using Column = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
  std::vector<Row> kept;
  auto question = ask(wall, arguments, assumptions, quantity, kept);
  const Table& t = question->table();
  std::vector<std::vector<double>> base;
  std::vector<std::size_t> inputs;
  for (const auto& [key, value] : columns) {
    const std::string name = nb::cast<std::string>(key);
    const int input = t.input(name);
    if (input < 0 || !t.in.all[static_cast<std::size_t>(input)].is_figure())
      raise({.argument = name, .message = name + " is not a figure that can vary by row"});
    const auto i = static_cast<std::size_t>(input);
    const Field& field = t.in.all[i];
    const auto column = nb::cast<Column>(value);
    auto& cells = base.emplace_back();
    inputs.push_back(i);
    for (std::size_t row = 0; row < column.shape(0); ++row) {
      const double cell = column.data()[row] * field.times / field.over;
      if (cell < t.low[i] || cell > t.high[i])
        raise({.argument = name,
               .message = fmt::format("{} = {:g} in row {} is out of range: {}", name, column.data()[row], row,
                                      range_text(field))});
      cells.push_back(cell);
    }
    if (cells.size() != base.front().size())
      raise({.argument = name,
             .message = fmt::format("{} has {} rows, the first column {}", name, cells.size(), base.front().size())});
    if (!cells.empty()) question->give(i, cells.front());
  }
  if (base.empty()) raise({.argument = "columns", .message = "columns: expected at least one"});
  if (!question->check()) raise(question->problems().front());
  std::vector<Columns::In> in;
  for (std::size_t c = 0; c < inputs.size(); ++c) in.push_back({inputs[c], base[c].data()});
  const nb::object empty = nb::module_::import_("numpy").attr("empty");
  nb::dict out;
  std::vector<Columns::Out> wanted;
  for (const auto& name : results) {
    const int output = t.output(name);
    if (output < 0) raise(no_result(t, name));
    const nb::object column = empty(base.front().size());
    out[name.c_str()] = column;
    wanted.push_back(
        {static_cast<std::size_t>(output), nb::cast<nb::ndarray<nb::numpy, double, nb::ndim<1>>>(column).data()});
  }
  t.wall->sweep(question->row().data(), question->bodies(), {base.front().size(), in, wanted});
  return out;
}

}  // namespace

void bind_sweeps(nb::module_& m) {
  m.def("rows", &rows, "wall"_a, "arguments"_a, "columns"_a, "results"_a, "assumptions"_a, "quantity"_a,
        "Columns of results over rows that differ in some figures.");
  m.def("sweep", &sweep, "wall"_a, "arguments"_a, "axes"_a, "results"_a, "assumptions"_a, "quantity"_a,
        "Columns over every combination of axes.");
}

}  // namespace bindings
