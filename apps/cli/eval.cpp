// `mlsysim eval`: the first screen. Headline figures, what binds and by how much, what it rests on, the next command.
#include <cmath>

#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/scorecard.hpp"
#include "mlsysim/search/fixes.hpp"
#include "mlsysim/search/layout.hpp"
#include "mlsysim/search/ranges.hpp"
#include "mlsysim/units/parse.hpp"
#include "mlsysim/report/operators.hpp"
#include "operators.hpp"
#include "screen.hpp"

namespace mlsysim::cli {
namespace {

/// Reads results by name; the screen below is that of walls 1 and 2.
class Screen {
 public:
  Screen(const Request& request, const Question& question, std::vector<double> result)
      : request_(request), q_(question), result_(std::move(result)) {}

  std::string print() {
    const Entry *model = q_.bound("model"), *hardware = q_.bound("hardware");
    const std::string title = fmt::format("{} on {}", model->name, hardware->name);
    if (value("feasible") == 0) return title + ": does not fit\n" + infeasible();
    std::string text = fmt::format("{}\n  {}\n\n", title, setting());
    const double latency = value("latency"), batch = argument("batch_size");
    const bool tokens = counts_tokens();
    const std::string bound = value("bottleneck") == 0 ? "compute-bound" : "memory-bound";
    text += row("step", print_quantity(latency, axis::time),
                fmt::format("{}, {}x over {}", bound,
                            value("margin") < 1000 ? fmt::format("{:.3g}", value("margin")) : grouped(value("margin")),
                            value("bottleneck") == 0 ? "memory" : "compute"));
    const double rate = tokens ? value("token_throughput") : value("throughput");
    text += row("throughput", fmt::format("{} {}/s", grouped(rate), tokens ? "tokens" : "samples"),
                batch > 1 ? fmt::format("{} {}/s for each {}", grouped(rate / batch), tokens ? "tokens" : "samples",
                                        tokens ? "sequence" : "of the batch")
                          : "");
    text += row("memory", of(value("memory_footprint"), value("memory_available")), parts());
    const double energy = value("energy") / (tokens ? rate * latency : batch);
    text += row(fmt::format("MFU {:.3g} %", 100 * value("mfu")),
                fmt::format("energy {} a {}", print_quantity(energy, axis::energy), tokens ? "token" : "sample"),
                fmt::format("power {}", print_quantity(value("power"), axis::energy / axis::time)));
    text += "\n" + bars() + "\n";
    for (const auto& note : notes(q_, result_)) text += wrapped("note", note);
    text += wrapped("rests on", basis());
    return text + next(*hardware);
  }

 private:
  double value(const char* name) const { return result_[static_cast<std::size_t>(q_.table().output(name))]; }
  double argument(const char* name) const { return q_.row()[static_cast<std::size_t>(q_.table().input(name))]; }
  std::string chosen(const char* name) const {
    const auto i = static_cast<std::size_t>(q_.table().input(name));
    return shown(q_.table().in.all[i], q_.row()[i]);
  }
  bool training() const { return argument("is_training") != 0; }
  bool counts_tokens() const { return chosen("model.forward_unit") == "token"; }

  std::string setting() const {
    const double context = argument("seq_len");
    const bool stated = is_stated(context);
    std::string text = fmt::format("{}, batch {:.0f}",
                                   training()        ? "one training step"
                                   : counts_tokens() ? "one step"
                                                     : "one pass",
                                   argument("batch_size"));
    if (counts_tokens() || training())
      text +=
          training()
              ? fmt::format(", {} tokens each{}", stated ? grouped(context) : "2,048", stated ? "" : " (none stated)")
              : fmt::format(", context {}{}", stated ? grouped(context) : "1", stated ? "" : " (none stated)");
    const Entry* set = q_.bound("assumptions");
    return text + fmt::format(", {}, eta {:.3g}, first-order{}", chosen("precision"), argument("efficiency"),
                              set && !q_.set_name().empty() ? fmt::format(", assumptions {}", set->id) : "");
  }

  std::string parts() const {
    std::string text;
    const auto part = [&](const char* name, const char* field) {
      if (const double bytes = value(field); bytes >= 0.005 * value("memory_footprint"))
        text +=
            fmt::format("{}{} {}", text.empty() ? "" : ", ", name,
                        bytes < 0.05 * gib ? print_quantity(bytes, axis::data) : fmt::format("{:.1f}", bytes / gib));
    };
    part("weights", "memory_weights");
    part("KV", "memory_kv_cache");
    part("activations", "memory_activations");
    part("gradients", "memory_gradients");
    part("optimizer", "memory_optimizer");
    return text;
  }

  std::string bars() const {
    const double most = std::max({value("latency_compute"), value("latency_memory"), value("latency_overhead")});
    std::string text;
    const char* lead = "why";
    for (const auto& [name, field] :
         {std::pair{"memory", "latency_memory"}, {"compute", "latency_compute"}, {"overhead", "latency_overhead"}}) {
      const double v = value(field);
      std::string bar;
      for (int i = 0; i < static_cast<int>(std::round(32 * v / most)); ++i) bar += "█";
      std::string line = fmt::format("  {:<9} {:<9} {:<10} {}", lead, name, print_quantity(v, axis::time), bar);
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + "\n";
      lead = "";
    }
    return text;
  }

  /// How many of the figures are a vendor's or an author's words, and which guesses matter.
  std::string basis() const {
    int sourced = 0, estimated = 0;
    for (const auto& leaf : sources_of(q_)) {
      if (leaf.kind.starts_with("estimated")) ++estimated;
      else if (!leaf.source.empty()) ++sourced;
    }
    return fmt::format(
        "{} sourced figure{} and {} estimate{} (--sources lists them); a first-order answer has no band: a roof at eta "
        "{:.3g} with full overlap",
        sourced, sourced == 1 ? "" : "s", estimated, estimated == 1 ? "" : "s", argument("efficiency"));
  }

  /// The next useful commands, in the words that were typed.
  std::string next(const Entry& hardware) const {
    std::string words, all, but_batch;
    for (const auto& word : request_.words) words += " " + typed(word);
    const auto flag = [&](const std::string& text, bool batch = false) { all += text, but_batch += batch ? "" : text; };
    for (const auto& [path, text] : request_.arguments) {
      std::string name = path;
      std::ranges::replace(name, '_', '-');
      const int input = q_.table().input(path);
      if (path.find('.') != std::string::npos) flag(fmt::format(" --set {}", typed(path + "=" + text)));
      else if (input >= 0 && q_.table().in.all[static_cast<std::size_t>(input)].flag) flag(" --" + name);
      else flag(fmt::format(" --{} {}", name, typed(text)), path == "batch_size");
    }
    if (!q_.set_name().empty() && request_.words.size() > 1) flag(fmt::format(" --assumptions {}", q_.set_name()));
    std::string text = request_.explain ? "" : fmt::format("mlsysim eval{}{} --explain", words, all);
    if (const std::string other = another(hardware); request_.words.size() > 1 && !other.empty())
      text += fmt::format("{}mlsysim compare{} {}{} --axis batch-size=1..512:x2", text.empty() ? "" : "\n            ",
                          words, other, but_batch);
    return text.empty() ? "" : "  next      " + text + "\n";
  }
  /// A device of the same class (the catalog's Cloud, Mobile, Tiny…) that can be asked the same.
  std::string another(const Entry& hardware) const {
    const std::string_view group = hardware.registry.substr(0, hardware.registry.find('.') + 1);
    if (group.empty() || group == "Cloud.") return hardware.id == "h100-sxm-80gb" ? "a100" : "h100";
    for (const Entry* other : q_.catalog().all("accelerator")) {
      if (other->id == hardware.id || !other->registry.starts_with(group)) continue;
      Question elsewhere = q_;
      elsewhere.bind(*q_.table().entity("hardware"), *other);
      if (elsewhere.check()) return std::string(other->id);
    }
    return "";
  }
  std::string infeasible() const {
    std::string text = fmt::format("  {}needs {} in {} ({}); there are {}\n", training() ? "training " : "",
                                   gibibytes(value("memory_footprint")), chosen("precision"), parts(),
                                   gibibytes(value("memory_available")));
    const auto fixes = smallest_fixes(q_);
    const char* lead = "smallest fixes";
    for (const auto& fix : fixes) {
      text += fmt::format("  {:<15} {:<34} {} on each\n", lead, fix.change, of(fix.needed, fix.available));
      lead = "";
    }
    if (fixes.empty()) text += "  nothing in the catalog, and no narrower format, would hold it on one device\n";
    return text;
  }

  const Request& request_;
  const Question& q_;
  std::vector<double> result_;
};

std::string plain(const Question& q, const std::vector<double>& result, const Candidates& found) {
  TextTable table{{"result", "value", ""}, {}};
  for (std::size_t i = 0; i < result.size(); ++i)
    table.rows.push_back({q.table().out.all[i].path, shown(q, i, result[i], &found), q.table().out.all[i].doc});
  std::string about;
  for (const auto& entity : q.table().in.entities) {
    const Entry* entry =
        entity.kind == "assumptions" ? nullptr : q.bound(entity.prefix.substr(0, entity.prefix.size() - 1));
    if (entry) about += fmt::format("{}{}", about.empty() ? "" : ", ", entry->name);
  }
  if (!q.set_name().empty()) about += fmt::format(", assumptions {}", q.set_name());
  std::string text =
      fmt::format("{}: {}\n{}\n", q.table().wall->name, q.table().wall->doc, about.empty() ? "" : "  " + about + "\n") +
      table.print();
  for (const auto& note : notes(q, result)) text += "  note: " + note + "\n";
  return text;
}

/// The candidates of a search, and why the others fell.
std::string listed(const Wall& wall, const Candidates& candidates) {
  const Fields fields = wall.candidate();
  TextTable table;
  for (const auto& field : fields.all) table.header.push_back(field.path);
  for (std::size_t r = 0; r < candidates.rows.size(); ++r) {
    const auto& row = candidates.rows[r];
    std::vector<std::string> line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line.push_back(fields.all[i].is_name() ? candidates.labels[r] : shown(fields.all[i], row[i]));
    table.rows.push_back(std::move(line));
  }
  std::string text = "\nbest first\n" + table.print();
  for (const auto& [reason, count] : candidates.fell) text += fmt::format("  {:.0f} fell: {}\n", count, reason);
  return text;
}

/// Results that the ranges of figures leave open.
std::string ranges_text(const Question& q, const RangedAnswer& ranged) {
  TextTable table{{"result", "lowest", "highest"}, {}};
  for (std::size_t i = 0; i < ranged.results.size(); ++i)
    if (const Field& field = q.table().out.all[i]; ranged.results[i].wide() && !field.is_choice())
      table.rows.push_back({field.path, shown(field, ranged.results[i].low), shown(field, ranged.results[i].high)});
  return fmt::format("\nwithin the ranges of {} figure{}, all at their ends together\n", ranged.figures.size(),
                     ranged.figures.size() == 1 ? "" : "s") +
         table.print();
}

std::string assertions_text(const Table& table, const std::vector<Assertion>& assertions,
                            const std::vector<double>& result) {
  std::string text;
  if (const int fits = table.output("feasible");
      !assertions.empty() && fits >= 0 && result[static_cast<std::size_t>(fits)] == 0)
    return "\n  assert    nothing is asserted of what does not fit\n";
  for (const auto& assertion : assertions) {
    const double value = result[assertion.output];
    text += fmt::format("  assert    {:<7} {}\n", asserted(assertion, value).met ? "met" : "NOT MET",
                        sentence(table, assertion, value));
  }
  return text.empty() ? text : "\n" + text;
}

/// Everything that answers one question ends here. Of a plan: its screen, its name and what it asserts.
int answer(const Request& request, Question& question, bool screen, Output& out, const Plan* plan = nullptr) {
  const bool sections = plan && plan->sections;
  if (sections) {  // a plan may say more than its model has use for: a note says so
    if (!question.check()) return refuse(out, question.problems());
  } else if (!answerable(question, out)) {
    return wrong;
  }
  Candidates candidates;
  const auto result = question.answer(candidates);
  const bool operators = screen && request.fidelity == "operator";
  if (!detail_known(request, operators, out)) return wrong;
  const bool search = question.table().wall->search != nullptr;
  if (request.output == "json") {
    Json json = sections ? scorecard_json(question, result, plan->name, plan->assertions) : Json::object();
    json.update(answer_json(question, result, &candidates));
    if (plan && !plan->assertions.empty())
      json["assertions"] = assertions_json(question.table(), plan->assertions, result);
    if (search) json["candidates"] = candidates_json(*question.table().wall, candidates);
    const int feasible = question.table().output("feasible");
    if (feasible >= 0 && result[static_cast<std::size_t>(feasible)] == 0)
      for (const auto& fix : smallest_fixes(question))
        json["fixes"].push_back(
            {{"change", fix.change}, {"needed_bytes", fix.needed}, {"available_bytes", fix.available}});
    if (request.ranges) {
      const auto ranged = over_ranges(question, candidates);
      for (std::size_t i = 0; i < ranged.results.size(); ++i)
        if (const Field& field = question.table().out.all[i]; ranged.results[i].wide() && !field.is_choice())
          json["ranges"][json_key(field)] = {json_cell(field, ranged.results[i].low),
                                             json_cell(field, ranged.results[i].high)};
    }
    if (request.explain) json["explanation"] = explanation_json(explain(question, {}));
    if (operators && exit_code(question.table(), result) != infeasible)
      json["detail"] = step_detail_json(step_detail(question, result));
    if (request.sources) json["sources"] = explanation_json({{}, sources_of(question)})["figures"];
    out.text = json.dump(2) + "\n";
  } else if (request.output == "csv") {
    out.text = answer_csv(question, result);
  } else {
    out.text = sections    ? system_screen(request, *plan, result)
               : operators ? operator_screen(request, question, result)
               : screen    ? Screen(request, question, result).print()
                           : plain(question, result, candidates);
    if (!request.detail.empty() && exit_code(question.table(), result) != infeasible)
      out.text += detail_text(question, result, request.detail);
    if (plan) out.text += assertions_text(question.table(), plan->assertions, result);
    if (search) out.text += listed(*question.table().wall, candidates);
    if (request.ranges) out.text += ranges_text(question, over_ranges(question, candidates));
    if (request.explain)
      out.text += "\n" + explanation_text(explain(
                             question, operators ? std::vector<std::string>{"itl", "feasible", "energy_per_token"}
                                       : screen  ? std::vector<std::string>{"latency", "throughput", "memory_footprint",
                                                                            "feasible", "energy"}
                                                 : std::vector<std::string>{}));
    if (request.sources) out.text += "\nfigures\n" + sources_text(sources_of(question));
  }
  int code = exit_code(question.table(), result);
  if (plan && code == answered)
    for (const auto& assertion : plan->assertions)
      if (!asserted(assertion, result[assertion.output]).met) {
        code = missed;
        if (request.output == "csv")  // which has no place for it
          out.notes.push_back(
              fmt::format("{}: {}", assertion.place, sentence(question.table(), assertion, result[assertion.output])));
      }
  return code;
}

/// Flags come on top of a plan. A figure of its device is one of each device of its fleet.
int answer(const Request& request, Plan& plan, Output& out) {
  for (const auto& [argument, text] : request.arguments) {
    const int input = plan.question.table().input(argument);
    const std::string path = input >= 0 ? plan.question.table().in.all[static_cast<std::size_t>(input)].path : argument;
    if (plan.sections && path.starts_with("hardware."))
      plan.question.give("fleet.node.accelerator" + path.substr(path.find('.')), text);
    else plan.question.give(path, text);
    for (const char* layout : {"tp_size", "pp_size", "ep_size", "microbatch_count", "zero_stage"})
      if (path == layout) plan.layout_stated = true;
  }
  if (!plan.layout_stated) choose_layout(plan.question);
  return answer(request, plan.question, plan.question.table().wall->name == std::string_view("single-node"), out,
                &plan);
}

}  // namespace

int run_eval(const Request& request, const Catalog& catalog, Output& out) {
  const Table* table = wall_of(request, out);
  if (!table) return wrong;
  const bool operators = request.fidelity == "operator";
  if (request.words.size() == 1 && is_path(request.words[0])) {
    if (operators)
      return refuse(out, {{.argument = "--fidelity",
                           .message = "a plan names its wall itself (wall: inference answers operator by operator)"}});
    Problems problems;
    if (auto plan = read_plan(request.words[0], {request.assumptions, request.set_by_environment}, catalog, problems))
      return answer(request, *plan, out);
    if (!problems.empty()) return refuse(out, problems);
  }
  Question question = make_question(request, catalog, *table, {"model", "hardware"});
  one_new_token(request, question);
  return answer(request, question, operators || table->wall->name == std::string_view("single-node"), out);
}

int run_solve(const Request& request, const Catalog& catalog, Output& out) {
  const Table* wall = table(request.words[0]);
  if (!wall) return refuse(out, {no_wall(request.words[0])});
  Question question = make_question(request, catalog, *wall, {});
  return answer(request, question, false, out);
}

int run_explain(const Request& request, const Catalog& catalog, Output& out) {
  const Table* table = wall_of(request, out);
  if (!table) return wrong;
  Question question = make_question(request, catalog, *table, {});
  if (!question.check()) return refuse(out, question.problems());
  for (const auto& name : request.words)
    if (table->output(name) < 0) out.problems.push_back(no_result(*table, name));
  if (!out.problems.empty()) return wrong;
  const auto explanation = explain(question, request.words);
  out.text = request.output == "json" ? explanation_json(explanation).dump(2) + "\n" : explanation_text(explanation);
  return answered;
}

}  // namespace mlsysim::cli
