#include "options.hpp"

#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim::cli {
namespace {

/// What the original's verbs take as one letter.
constexpr std::pair<const char*, char> letters[] = {
    {"batch_size", 'b'}, {"seq_len", 's'}, {"precision", 'p'}, {"efficiency", 'e'}};

/// The law whose symbols `formula` takes as flags; nullptr of other verbs and unknown names.
const Formula* formula_of(const Command& command, const Line& line) {
  if (std::strcmp(command.name, "formula")) return nullptr;
  for (const auto& word : line)
    if (!word.starts_with("-"))
      if (const Formula* found = formula(word)) return found;
  return nullptr;
}

/// Verbs whose question of a step has an operator level.
bool has_levels(const Command& command) {
  for (const char* name : {"eval", "compare", "sweep", "plot"})
    if (!std::strcmp(command.name, name)) return true;
  return false;
}

/// What the first-order step takes and the operator level does not, out of sight: the verb says why it is refused.
void declare_first_order(CLI::App& app, std::deque<Flag>& flags, const Table& operators) {
  for (const Field& field : table("single-node")->in.all) {
    if (field.path.find('.') != std::string::npos || operators.input(field.path) >= 0) continue;
    auto& flag = flags.emplace_back(Flag{field.path, {}});
    const std::string names = "--" + dashed(field.path) + (field.path == "efficiency" ? ",-e" : "");
    if (field.flag) app.add_flag_callback(names, [&flag] { flag.value = "true"; })->group("");
    else app.add_option(names, flag.value)->group("");
  }
}

}  // namespace

std::string dashed(std::string text) {
  for (char& c : text)
    if (c == '_') c = '-';
  return text;
}

bool wants_operators(const Line& line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == "--fidelity" && i + 1 < line.size()) return folded(line[i + 1]) == "operator";
    if (line[i].starts_with("--fidelity=")) return folded(line[i].substr(11)) == "operator";
  }
  return false;
}

bool is_measurements(std::string_view word) {
  return word.size() > 4 && word[word.size() - 4] == '.' && folded(word).ends_with("csv");
}

const Table* flags_of(const Command& command, const Line& line) {
  if (!command.takes_wall_arguments) return nullptr;
  if (!std::strcmp(command.name, "calibrate"))
    for (std::size_t i = 0; i < line.size(); ++i)
      if (is_measurements(line[i]) && !line[i].starts_with("-") && (i == 0 || line[i - 1] != "--output-file"))
        return nullptr;
  const Table* found = nullptr;
  for (std::size_t i = 0; i < line.size() && !found; ++i) {
    if (line[i] == "--wall" && i + 1 < line.size()) found = table(line[i + 1]);
    else if (line[i].starts_with("--wall=")) found = table(std::string_view(line[i]).substr(7));
  }
  if (!std::strcmp(command.name, "solve") || !std::strcmp(command.name, "sweep"))
    for (std::size_t i = 0; i < line.size() && !found; ++i)
      if (!line[i].starts_with("-")) found = table(line[i]);
  if (!std::strcmp(command.name, "optimize"))
    for (std::size_t i = 0; i < line.size() && !found; ++i)
      if (!line[i].starts_with("-")) found = solver_of(line[i]);
  if (!std::strcmp(command.name, "train")) found = table("training-optimizer");
  if (!std::strcmp(command.name, "serve")) found = table(asks_capacity(line) ? "serving-capacity" : "serving");
  return found ? found : table(has_levels(command) && wants_operators(line) ? "inference" : "single-node");
}

void declare(Declared& to, const Command& command, const Line& line) {
  auto& [app, request, flags, overrides] = to;
  const auto is = [&](const char* name) { return !std::strcmp(command.name, name); };
  app.allow_extras();
  request.verb = command.name;
  request.output = command.formats[0];

  const Table* table = flags_of(command, line);
  const bool at_operators =
      table && has_levels(command) && wants_operators(line) && table == mlsysim::table("inference");
  if (at_operators) declare_first_order(app, flags, *table);
  app.add_option("WORDS", request.words, command.usage)->option_text(command.usage);
  if (table) {
    for (const auto& entity : table->in.entities) {
      const std::string name = entity.prefix.substr(0, entity.prefix.size() - 1);
      if (name.find('.') != std::string::npos || entity.kind == "assumptions") continue;
      auto& flag = flags.emplace_back(Flag{name, {}});
      // --on is what it runs on: the device, or the fleet of a question that has none.
      const bool on = entity.kind == "accelerator" ? entity.preset != optional
                                                   : entity.kind == "fleet" && !table->entity("hardware");
      const std::string names = "--" + dashed(name) + (on ? ",--on" : "");
      app.add_option(
             names, flag.value,
             fmt::format("{}: a name of `mlsysim zoo {}`, or a file", entity.doc, entry_kind(entity.kind)->folder))
          ->group("Arguments")
          ->option_text("NAME");
    }
    for (std::size_t i = 0; i < table->in.all.size(); ++i) {
      const Field& field = table->in.all[i];
      if (table->holder(i)) continue;
      auto& flag = flags.emplace_back(Flag{field.path, {}});
      std::string names = "--" + dashed(field.path), text = field.doc;
      if (!field.also.empty()) names += ",--" + dashed(field.also);
      if (at_operators && field.path == "seq_len") names += ",--context";
      for (const auto& [path, letter] : letters)
        if (field.path == path) names += std::string(",-") + letter;
      if (field.flag) {
        app.add_flag_callback(
               names, [&flag] { flag.value = "true"; }, text)
            ->group("Arguments");
        continue;
      }
      if (field.is_choice()) text += fmt::format(": {}", fmt::join(field.words, ", "));
      const std::string preset = field.is_body() || !is_stated(field.preset) ? "" : shown(field, field.preset);
      app.add_option(names, flag.value, text)
          ->group("Arguments")
          ->option_text(preset.empty() ? "" : "[" + preset + "]");
    }
    app.add_option("--set", overrides, "override any figure: hardware.memory.bandwidth=8TB/s")
        ->option_text("PATH=VALUE")
        ->type_size(1)
        ->allow_extra_args(false);
    app.add_option("--assumptions", request.assumptions, "set of modelling choices (mlsysim zoo assumptions)")
        ->option_text("NAME");
    if (table->input("fidelity") < 0 && !is("train"))
      app.add_option("--fidelity", request.fidelity,
                     has_levels(command) ? "level of detail: first-order, or operator by operator (language models)"
                                         : "level of detail: first-order")
          ->option_text(has_levels(command) ? "first-order|operator" : "LEVEL");
    if (!is("train")) app.add_option("--wall", request.wall, "which wall (mlsysim walls)")->option_text("NAME");
    app.add_flag("--explain", request.explain, "print the derivation");
    app.add_flag("--sources", request.sources, "print where every figure comes from");
    if (is("solve"))
      app.add_flag("--ranges", request.ranges, "print what the ranges of the figures leave of each result");
  }
  if (const Formula* formula = formula_of(command, line))
    for (std::size_t i = 0; i < formula->parameters.size(); ++i) {
      const Parameter& p = formula->parameters[i];
      auto& flag = flags.emplace_back(Flag{p.name, {}});
      app.add_option("--" + dashed(p.name), flag.value, *p.doc ? p.doc : p.symbol)
          ->group("Arguments")
          ->option_text(p.unit);
    }
  if (is("calibrate") && !table) {
    app.add_option("--engine", request.engine,
                   "the class of engines, for rows that name none that is known; or a saved profile")
        ->option_text("NAME|FILE");
    app.add_option("--on", request.transfer, "other devices: the same configurations there, with a wider band")
        ->option_text("NAME,NAME");
    app.add_option("--save", request.save, "write the engine at its measured pace there, for --engine of any verb")
        ->option_text("FILE.yaml");
    app.add_option("--name", request.name, "what screens call it")->option_text("TEXT");
  } else if (is("calibrate")) {
    app.add_option("--measured", request.measured, "what was measured: latency=9.1ms, token_throughput=1200")
        ->option_text("RESULT=VALUE");
    app.add_option("--uncertainty", request.uncertainty, "of the measurement, a share of it")->option_text("[0.05]");
    app.add_option("--transfer", request.transfer, "other devices to predict, with a wider band")
        ->option_text("NAME,NAME");
    app.add_option("--save", request.save, "write the calibrated question there, for eval")->option_text("FILE");
  }
  if (is("sensitivity") || is("plot"))
    app.add_option("--step", request.step, "share of each figure that a tornado changes it by")->option_text("[0.1]");
  if (is("target")) {
    app.add_option("--at-most", request.at_most, "the bound, from above")->option_text("VALUE");
    app.add_option("--at-least", request.at_least, "the bound, from below")->option_text("VALUE");
    app.add_option("--vary", request.vary, "figures to vary; all where none is named")->option_text("A,B");
  }
  if (is("train")) {
    app.add_flag("--optimize", request.best, "list the best layouts (--top), and why the others fell");
    app.add_option("--timeline", request.timeline, "draw one step there, or write it for ui.perfetto.dev")
        ->option_text("FILE.svg|FILE.json");
  }
  if (is("eval") || is("serve"))
    app.add_option("--detail", request.detail, "at operator level: time, memory, energy by operator; sources")
        ->option_text("time|memory|energy|sources");
  if (is("compare"))
    app.add_flag("--why", request.why, "what makes the devices differ, at the first point of the axis");
  if (is("validate")) {
    app.add_option("--group", request.group, "groups whose name holds this")->option_text("WORDS");
    app.add_option("--metric", request.metric, "groups that measure this: itl, ttft, throughput")->option_text("NAME");
    app.add_flag("--why-not", request.why_not, "list the rows that were not predicted, by reason");
    app.add_flag("--rows", request.rows, "list the rows of each group, the worst first");
    app.add_option("--picture", request.picture, "draw predicted against measured there")->option_text("FILE.svg");
  }
  if (is("audit")) {
    app.add_option("-w,--workload,--model", request.workload, "a model, and what it would do here")
        ->option_text("MODEL");
    app.add_option("--save", request.save, "write this machine there, as an accelerator for any verb")
        ->option_text("FILE.yaml");
  }
  if (command.takes_axes) {
    app.add_option("--axis", request.axes, "name=a,b,c | lo..hi | lo..hi:9 | lo..hi:x2 | lo..hi:log9")
        ->option_text("AXIS")
        ->type_size(1)
        ->allow_extra_args(false);
    app.add_option("--select", request.results, "results to print")
        ->delimiter(',')
        ->option_text("A,B")
        ->allow_extra_args(false);
  }
  if (is("efficiency"))
    app.add_flag("--explain", request.explain, "the twelve factors, and what each stack leaves of a peak");
  if (is("zoo")) {
    app.add_option("--like", request.like, "the entry that a new file starts from")->option_text("NAME");
    app.add_option("--assumptions", request.assumptions, "set of modelling choices whose figures are shown")
        ->option_text("NAME");
  }
  if (is("schema")) app.add_option("-t,--type", request.type, "plan, hardware or workload")->option_text("TYPE");
  if (is("optimize") && table) {
    const auto also = [&](const char* flag, const char* argument, std::string& to) {
      if (table->input(argument) >= 0)
        app.add_option(flag, to, fmt::format("the same as --{}", dashed(argument)))->group("Arguments");
    };
    also("--sla-ms", "sla_latency_ms", request.sla_ms);
    also("--qps", "arrival_rate_qps", request.qps);
    also("--carbon-tax", "carbon_tax_per_ton", request.carbon_tax);
  }
  app.add_option("-o,--output", request.output, "format")
      ->option_text(fmt::format("{}", fmt::join(command.formats, "|")));
  app.add_option("--output-file", request.output_file, "write there; .json, .csv, .md, .html, .svg choose the format")
      ->option_text("FILE");
}

OptionNames option_names(const Command& command, const Line& line) {
  const auto declared = std::make_shared<Declared>(command);
  declare(*declared, command, line);
  const Table* table = flags_of(command, line);
  OptionNames options;
  for (const CLI::Option* option : declared->app.get_options())
    for (const auto& name : option->get_lnames()) options.names.push_back("--" + name);
  options.values = [declared, table, &command](const std::string& typed) -> std::vector<std::string> {
    const CLI::Option* option = declared->app.get_option_no_throw(typed);
    if (!option) return {};
    const std::string name = option->get_lnames().empty() ? "" : option->get_lnames().front();
    std::vector<std::string> words;
    if (name == "output") return command.formats;
    if (name == "fidelity" && (!table || table->input("fidelity") < 0))
      return has_levels(command) ? std::vector<std::string>{"first-order", "operator"}
                                 : std::vector<std::string>{"first-order"};
    if (name == "assumptions") return names_of("assumptions");
    if (name == "detail") return {"time", "memory", "energy", "sources"};
    if (name == "type") return {"plan", "hardware", "workload"};
    if (name == "workload") return names_of("model");
    if (name == "wall")
      for (const Wall* wall : walls()) words.emplace_back(wall->name);
    if (!table && name == "engine") return names_of("engine");
    if (!table && name == "on") return names_of("accelerator");
    if (!table) return words;
    if (name == "select" || name == "measured")
      for (const auto& field : table->out.all) words.push_back(name == "measured" ? field.path + "=" : field.path);
    if (name == "axis" || name == "set")
      for (const auto& field : table->in.all) words.push_back(field.path + "=");
    if (const EntityRange* entity = table->entity(name)) return names_of(entity->kind);
    if (const int input = table->input(name); input >= 0)
      for (const char* word : table->in.all[static_cast<std::size_t>(input)].words) words.emplace_back(word);
    return words;
  };
  return options;
}

}  // namespace mlsysim::cli
