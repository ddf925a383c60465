// `mlsysim optimize`: the best that a search found, the next best, and what became of the rest. It knows no solver: what it
// prints are the results and the candidates that the solver declares.
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/json.hpp"
#include "mlsysim/search/ranges.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim::cli {
namespace {

/// "config.tp" as a column is "tp"; a column that is the same in every row says nothing in a table.
std::string column_name(const std::string& path) { return path.substr(path.rfind('.') + 1); }

std::string cell(const Field& field, double base) {
  if (field.is_choice() || field.dim != dimensionless) return shown(field, base);
  return field.path.ends_with("mfu") ? fmt::format("{:.1f} %", 100 * base) : print_number(base);
}

std::string candidate_table(const Wall& wall, const Candidates& candidates, std::string& same) {
  const Fields fields = wall.candidate();
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < fields.all.size(); ++i) {
    const auto& first = candidates.rows.front();
    const bool differs = std::ranges::any_of(candidates.rows, [&](const auto& row) { return row[i] != first[i]; });
    if (differs || fields.all[i].is_name() || !fields.all[i].path.starts_with("config.")) columns.push_back(i);
    else
      same += fmt::format("{}{} {}", same.empty() ? "" : ", ", column_name(fields.all[i].path),
                          cell(fields.all[i], first[i]));
  }
  TextTable table;
  for (const auto c : columns) table.header.push_back(column_name(fields.all[c].path));
  for (std::size_t r = 0; r < candidates.rows.size(); ++r) {
    std::vector<std::string> line;
    for (const auto c : columns)
      line.push_back(fields.all[c].is_name() ? candidates.labels[r] : cell(fields.all[c], candidates.rows[r][c]));
    table.rows.push_back(std::move(line));
  }
  return table.print();
}

/// What ranks candidates that have a name: the first of their figures, the lowest first.
std::size_t ranking_column(const Fields& fields) {
  return static_cast<std::size_t>(std::ranges::find_if(fields.all, &Field::is_figure) - fields.all.begin());
}
std::string joined(const std::vector<std::string>& labels, const std::vector<std::size_t>& rows) {
  std::string text;
  for (const auto r : rows) text += (text.empty() ? "" : ", ") + labels[r];
  return text;
}

/// "1.05 to 1.56", "3.4 to 3.5 million USD": a unit that both share is said once.
std::string between(std::string low, const std::string& high) {
  const auto unit = low.find(' '), other = high.find(' ');
  if (unit != std::string::npos && other != std::string::npos && low.substr(unit) == high.substr(other))
    low.resize(unit);
  return low + " to " + high;
}

/// Each candidate between the ends of its figures' ranges, and whether they decide the ranking.
std::string range_table(const Wall& wall, const Candidates& candidates, const RangedAnswer& ranged) {
  const Fields fields = wall.candidate();
  TextTable table;
  std::vector<std::size_t> columns;
  for (std::size_t c = 0; c < fields.all.size(); ++c)
    if (fields.all[c].is_name() ||
        std::ranges::any_of(ranged.candidates, [&](const auto& row) { return row[c].wide(); }))
      columns.push_back(c);
  if (columns.size() < 2) return "";
  for (const auto c : columns) table.header.push_back(column_name(fields.all[c].path));
  for (std::size_t r = 0; r < ranged.candidates.size(); ++r) {
    std::vector<std::string> line;
    for (const auto c : columns) {
      const Interval& i = ranged.candidates[r][c];
      line.push_back(fields.all[c].is_name() ? candidates.labels[r]
                     : i.wide()              ? between(cell(fields.all[c], i.low), cell(fields.all[c], i.high))
                                             : cell(fields.all[c], i.low));
    }
    table.rows.push_back(std::move(line));
  }
  const std::size_t by = ranking_column(fields);
  const auto could = could_be_lowest(ranged.candidates, by);
  return "\nwithin the ranges of their figures, all at their ends together\n" + table.print() +
         (could.size() > 1
              ? fmt::format("  the ranking is not decided within the ranges: {} could each have the lowest {}\n",
                            joined(candidates.labels, could), column_name(fields.all[by].path))
              : fmt::format("  the ranges leave {} the best\n", joined(candidates.labels, could)));
}

std::string screen(const Question& q, const std::vector<double>& result, const Candidates& candidates,
                   const RangedAnswer& ranged) {
  const Table& t = q.table();
  std::string text = subject(q) + "\n  " + t.wall->doc + "\n";
  if (!q.set_name().empty()) text += fmt::format("  assumptions {}\n", q.set_name());
  const auto value = [&](const char* name) {
    const int at = t.output(name);
    return at < 0 ? std::optional<double>{} : result[static_cast<std::size_t>(at)];
  };
  if (candidates.rows.empty()) {
    text += "\nnothing is left\n";
    if (const auto least = value("memory_footprint"), room = value("memory_available"); least && room && *room < *least)
      text += fmt::format("  the smallest needs {} on each device\n", print_quantity(*least, axis::data));
  } else {
    std::string same;
    const std::string table = candidate_table(*t.wall, candidates, same);
    text += "\nbest first\n" + table;
    if (!same.empty()) text += fmt::format("  all of them: {}\n", same);
    if (!ranged.candidates.empty()) text += range_table(*t.wall, candidates, ranged);
  }
  text += "\n";
  if (const auto size = value("search_space_size"), priced = value("total_searched"); size && priced)
    text += fmt::format("  {:.0f} looked at, {:.0f} of them priced\n", *size, *priced);
  for (const auto& [reason, count] : candidates.fell) text += fmt::format("  {:>7.0f} fell: {}\n", count, reason);
  if (const auto room = value("memory_available"))
    text += fmt::format("  a device has {}\n", print_quantity(*room, axis::data));
  return text;
}

}  // namespace

std::string candidates_csv(const Wall& wall, const Candidates& candidates) {
  const Fields fields = wall.candidate();
  std::string text;
  for (std::size_t i = 0; i < fields.all.size(); ++i) text += (i ? "," : "") + json_key(fields.all[i]);
  text += "\n";
  for (std::size_t r = 0; r < candidates.rows.size(); ++r) {
    const auto& row = candidates.rows[r];
    for (std::size_t i = 0; i < row.size(); ++i)
      text += (i ? "," : "") + (fields.all[i].is_name()     ? csv_cell(candidates.labels[r])
                                : fields.all[i].is_figure() ? fmt::format("{}", row[i])
                                                            : csv_cell(shown(fields.all[i], row[i])));
    text += "\n";
  }
  return text;
}

const Table* solver_of(std::string_view word) {
  if (word.empty()) return nullptr;
  for (const Wall* wall : walls())
    if (wall->search && folded(wall->name).starts_with(folded(word))) return table(wall->name);
  return nullptr;
}

int run_optimize(const Request& request, const Catalog& catalog, Output& out) {
  const Table* solver = solver_of(request.words[0]);
  if (!solver) {
    std::string all;
    for (const Wall* wall : walls())
      if (wall->search) all += (all.empty() ? "" : ", ") + std::string(wall->name);
    return refuse(
        out, {{.kind = Problem::Kind::lookup,
               .argument = "optimize",
               .message = fmt::format("nothing that searches is called \"{}\": {}", quotable(request.words[0]), all)}});
  }
  Problems problems;
  const bool planned = request.words.size() > 1;
  auto plan = planned ? read_plan_for(*solver, request.words[1], {request.assumptions, request.set_by_environment},
                                      catalog, problems)
                      : std::nullopt;
  if (!problems.empty()) return refuse(out, problems);
  Question question = plan ? std::move(plan->question) : make_question(request, catalog, *solver, {});
  if (plan)
    for (const auto& [argument, text] : request.arguments) question.give(argument, text);
  // Where a plan would stand is what is asked: every grid is a candidate.
  const bool unnamed = std::ranges::none_of(request.arguments, [](const auto& one) { return one.first == "regions"; });
  if (plan && solver->input("regions") >= 0 && unnamed) {
    std::string all = "US_Avg,Quebec,Iowa";
    if (question.set_name().empty()) {
      all.clear();
      for (const Entry* grid : catalog.all("grid")) all += (all.empty() ? "" : ",") + std::string(grid->id);
    }
    question.give("regions", all);
  }
  if (!question.check()) return refuse(out, question.problems());
  Candidates candidates;
  const auto result = question.answer(candidates);
  RangedAnswer ranged;
  if (!candidates.labels.empty()) ranged = over_ranges(question, candidates, RangesOf::bodies);
  if (request.output == "json") {
    Json json = answer_json(question, result, &candidates);
    json["candidates"] = candidates_json(*solver->wall, candidates);
    if (!ranged.candidates.empty()) {
      const Fields fields = solver->wall->candidate();
      for (std::size_t r = 0; r < ranged.candidates.size(); ++r)
        for (std::size_t c = 0; c < fields.all.size(); ++c)
          if (const Interval& i = ranged.candidates[r][c]; i.wide())
            json["candidates"]["best"][r]["ranges"][json_key(fields.all[c])] = {json_cell(fields.all[c], i.low),
                                                                                json_cell(fields.all[c], i.high)};
      const auto could = could_be_lowest(ranged.candidates, ranking_column(fields));
      json["ranking"]["decided"] = could.size() == 1;
      for (const auto r : could) json["ranking"]["could_be_best"].push_back(candidates.labels[r]);
    }
    if (request.sources) json["sources"] = explanation_json({{}, sources_of(question)})["figures"];
    out.text = json.dump(2) + "\n";
  } else if (request.output == "csv") {
    out.text = candidates_csv(*solver->wall, candidates);
  } else {
    out.text = screen(question, result, candidates, ranged);
    if (solver == table("parallelism-optimizer"))
      out.text += "  at first order; `mlsysim train MODEL --on FLEET --optimize` answers operator by operator\n";
    if (request.sources) out.text += "\nfigures\n" + sources_text(sources_of(question));
  }
  return exit_code(*solver, result);
}

}  // namespace mlsysim::cli
