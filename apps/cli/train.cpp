// `mlsysim train`: a training run on a fleet, operator by operator. What of the layout is left open is searched over, and said.
#include "train.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "mlsysim/evidence/answer_bands.hpp"
#include "mlsysim/report/explain.hpp"
#include "mlsysim/report/json.hpp"
#include "mlsysim/report/timeline.hpp"

namespace mlsysim::cli {
namespace {

bool has(const Request& request, const char* argument) {
  return std::ranges::any_of(request.arguments, [&](const auto& one) { return one.first == argument; });
}

/// "15T" of tokens, as people write it: 15e12.
void spell_out(Request& request) {
  constexpr std::pair<char, const char*> powers[] = {{'k', "e3"}, {'m', "e6"}, {'b', "e9"}, {'g', "e9"}, {'t', "e12"}};
  for (auto& [argument, text] : request.arguments)
    for (const auto& [letter, power] : powers)
      if (argument == "training_tokens" && text.size() > 1 &&
          std::tolower(static_cast<unsigned char>(text.back())) == letter &&
          std::isdigit(static_cast<unsigned char>(text[text.size() - 2]))) {
        text.pop_back();
        text += power;
        break;
      }
}

/// Where nobody said how many sequences a step takes: about four million tokens, as large models are trained with, in a number that
/// divides over the fleet.
void usual_batch(const Request& request, Question& q, Output& out) {
  if (has(request, "batch_size")) return;
  q.settle();
  const Reader r{q, {}};
  if (!r.stated("fleet.nodes") || !r.stated("fleet.node.accelerators")) return;
  double odd = r.argument("fleet.nodes") * r.argument("fleet.node.accelerators");
  while (std::fmod(odd, 2) == 0) odd /= 2;
  const double length = r.argument("seq_len");
  const double batch = odd * std::exp2(std::max(0.0, std::round(std::log2(4194304 / length / odd))));
  q.give("batch_size", fmt::format("{:.0f}", batch));
  out.notes.push_back(fmt::format("no --global-batch was given: {:.0f} sequences of {:.0f} tokens, {} tokens a step",
                                  batch, length, grouped(batch * length)));
}

/// The question of the wall `training` in the best layout: the arguments that both walls have, and its degrees.
Question step_question(const Request& request, const Question& search, const std::vector<double>& found) {
  const Table& t = *table("training");
  Question step(t, search.catalog(), request.assumptions);
  constexpr const char* entities[] = {"model", "fleet"};
  for (std::size_t i = 0; i < 2 && i < request.words.size(); ++i) step.give(entities[i], request.words[i]);
  for (const auto& [argument, text] : request.arguments)
    if (t.input(argument) >= 0 || t.entity(argument)) step.give(argument, text);
  step.settle();
  const Reader best{search, found};
  const auto give = [&](const char* input, double value) {
    step.give(static_cast<std::size_t>(t.input(input)), value);
  };
  for (const auto& [input, output] : {std::pair{"tp_size", "best_config.tp"},
                                      {"pp_size", "best_config.pp"},
                                      {"cp_size", "best_config.cp"},
                                      {"v_stages", "best_config.v_stages"},
                                      {"microbatch_size", "best_config.microbatch_size"},
                                      {"zero_stage", "best_config.zero_stage"},
                                      {"recomputation", "best_config.recomputation"}})
    give(input, best.value(output));
  if (best.value("best_config.ep") > 1)
    give("ep_size", best.value("best_config.ep"));  // of a dense model it says nothing
  give("batch_size", best.argument("batch_size"));
  const double nodes = best.value("best_config.devices") / best.argument("fleet.node.accelerators");
  if (nodes != best.argument("fleet.nodes")) give("fleet.nodes", nodes);
  return step;
}

/// A format that the device has no unit for is computed in a wider one, many times slower: worth a word.
void say_wider(const Question& q, Output& out) {
  const auto query = query_of<TrainingOptimizerQuery>(q);
  const auto& compute = query.fleet.node.accelerator.compute;
  if (stored_bits(query.precision) > 16 || compute.peak(query.precision).base != compute.fp32_dense.base) return;
  out.notes.push_back(fmt::format("{} has no unit for {}: products run in fp32{}", q.bound("fleet")->name,
                                  word(query.precision),
                                  is_stated(compute.fp16_dense.base) ? "; --precision fp16 is there" : ""));
}

/// Nothing was even priced: no cut of the fleet is whole.
int refuse_all(const Question& search, const Candidates& candidates, Output& out) {
  const Reader r{search, {}};
  const double devices = r.argument("fleet.nodes") * r.argument("fleet.node.accelerators");
  std::string why;
  bool batch = false;
  for (const auto& [reason, count] : candidates.fell) {
    why += fmt::format("{}{:.0f} {}", why.empty() ? "" : ", ", count, reason);
    batch = batch || reason.find("the batch") != std::string::npos;
  }
  const double unit = first_stated(r.argument("microbatch_size"), 1.0) * devices;
  return refuse(
      out,
      {{.argument = batch ? "batch_size" : "fleet",
        .message = fmt::format("no layout of {:.0f} devices is whole: of those that were looked at, {}", devices, why),
        .nearest =
            batch ? fmt::format("batch_size {:.0f}", unit * std::max(1.0, std::round(r.argument("batch_size") / unit)))
                  : ""}});
}

int write_timeline(const Request& request, const TrainingRun& run, Output& out) {
  const std::string& file = request.timeline;
  const bool svg = file.ends_with(".svg"), json = file.ends_with(".json");
  const auto refuse_it = [&](std::string message) {
    return refuse(out, {{.argument = "--timeline", .message = std::move(message)}});
  };
  if (!svg && !json)
    return refuse_it(
        fmt::format("--timeline {}: the name ends in .svg for a picture, in .json for a trace", quotable(file)));
  const auto query = query_of<TrainingQuery>(run.step);
  if (!drawable(query))
    return refuse_it("--timeline: the order of zero_bubble is not drawn; 1f1b, interleaved or not, and gpipe are");
  const auto result = evaluate(query);
  constexpr std::size_t in_picture = 1000, in_trace = 200000;
  const Timeline t = condensed(timeline_of(query, result), svg ? in_picture : in_trace);
  const std::string text = svg ? timeline_svg(t, fmt::format("{} on {}: one step", run.step.bound("model")->name,
                                                             run.step.bound("fleet")->name))
                               : timeline_json(t);
  std::FILE* to = std::fopen(file.c_str(), "wb");
  const bool written = to && std::fwrite(text.data(), 1, text.size(), to) == text.size();
  if ((to && std::fclose(to) != 0) || !written) {
    out.problems.push_back({.argument = "--timeline", .message = file + " could not be written"});
    return failed;
  }
  out.notes.push_back(fmt::format("{} has one step{}", file, json ? ": open it at ui.perfetto.dev" : ""));
  return answered;
}

Json document(const Request& request, const TrainingRun& run) {
  Json json = answer_json(run.step, run.result);
  json["layout"] = {{"flags", layout_flags(run)},
                    {"chosen_by", run.searched ? "search" : "the question"},
                    {"priced", run.of_search("total_searched")},
                    {"looked_at", run.of_search("search_space_size")}};
  json["candidates"] = candidates_json(*run.search.table().wall, run.candidates);
  if (const auto i = interruptions(run))
    json["interruptions"] = {{"goodput_ratio", i->goodput_ratio},
                             {"expected_failures", i->expected_failures},
                             {"expected_duration_s", i->expected_duration.base}};
  if (const double cost = run_cost(run); cost == cost) json["cost_usd"] = cost;
  if (request.explain) json["explanation"] = explanation_json(explain(run.step, {"step_time", "memory_footprint"}));
  if (request.sources) json["sources"] = explanation_json({{}, sources_of(run.step)})["figures"];
  return json;
}

}  // namespace

std::optional<ReliabilityResult<double>> interruptions(const TrainingRun& run) {
  const auto query = query_of<TrainingQuery>(run.step);
  if (!is_stated(query.training_tokens.base)) return std::nullopt;
  ReliabilityQuery<double> job;
  job.fleet = query.fleet;
  job.job_duration_hours = {run.of_step("duration")};
  const auto r = evaluate(job);
  return is_stated(r.goodput_ratio) ? std::optional{r} : std::nullopt;
}

double run_cost(const TrainingRun& run) {
  const auto i = interruptions(run);
  return run.of_step("device_time") * Reader{run.search, run.found}.argument("price") / (i ? i->goodput_ratio : 1.0);
}

std::string layout_flags(const TrainingRun& run) {
  const Reader r{run.step, run.result};
  std::string text;
  for (const auto& [flag, input] : {std::pair{"tp", "tp_size"},
                                    {"pp", "pp_size"},
                                    {"cp", "cp_size"},
                                    {"ep", "ep_size"},
                                    {"vpp", "v_stages"},
                                    {"mbs", "microbatch_size"}})
    if (flag != std::string_view("ep") || r.argument(input) > 1)  // of a dense model it says nothing
      text += fmt::format("--{} {:.0f} ", flag, r.argument(input));
  return text + fmt::format("--zero {} --recompute {}", r.chosen("zero_stage"), r.chosen("recomputation"));
}

int run_train(const Request& given, const Catalog& catalog, Output& out) {
  Request request = given;
  spell_out(request);
  const Table& t = *table("training-optimizer");
  Question search = make_question(request, catalog, t, {"model", "fleet"});
  usual_batch(request, search, out);
  if (!search.check()) return refuse(out, search.problems());
  say_wider(search, out);
  Candidates candidates;
  const auto found = search.answer(candidates);
  const Reader best{search, found};
  if (candidates.rows.empty()) {
    if (best.value("total_searched") == 0) return refuse_all(search, candidates, out);
    if (request.output == "json") {
      Json json = answer_json(search, found, &candidates);
      json["candidates"] = candidates_json(*t.wall, candidates);
      json["fixes"] = Json::array();
      for (const auto& fix : training_fixes(request, search))
        json["fixes"].push_back(
            {{"change", fix.change}, {"needed_bytes", fix.needed}, {"available_bytes", fix.available}});
      out.text = json.dump(2) + "\n";
    } else {
      out.text =
          request.output == "csv" ? answer_csv(search, found) : no_layout_screen(request, search, found, candidates);
    }
    return infeasible;
  }
  Question step = step_question(request, search, found);
  if (!step.check()) return refuse(out, step.problems());
  auto result = step.answer();
  const TrainingRun run{std::move(search), found, candidates, best.value("total_searched") > 1, std::move(step),
                        std::move(result)};
  if (!request.timeline.empty())
    if (const int code = write_timeline(request, run, out); code != answered) return code;
  if (request.output == "json") out.text = document(request, run).dump(2) + "\n";
  else if (request.output == "csv" && request.best) out.text = candidates_csv(*t.wall, candidates);
  else if (request.output == "csv") out.text = answer_csv(run.step, run.result);
  else {
    out.text = training_screen(request, run);
    if (request.explain) out.text += "\n" + explanation_text(explain(run.step, {"step_time", "memory_footprint"}));
    if (request.sources) out.text += "\nfigures\n" + sources_text(sources_of(run.step));
  }
  return exit_code(run.step.table(), run.result);
}

}  // namespace mlsysim::cli
