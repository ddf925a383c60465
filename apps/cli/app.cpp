// Parsing and dispatch. Flags of a wall's arguments come from its table; only those of the verb in use are made.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/json.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim::cli {

const std::vector<Command>& commands() {
  static const std::vector<std::string> answer{"text", "json", "csv"}, document{"text", "json"};
  static const std::vector<Command> all{
      {"eval", "one step of a model on a device", "MODEL HARDWARE | PLAN.yaml",
       "mlsysim eval llama-3-8b h100 --batch-size 32\n  mlsysim eval path/to/config.json a100 --context 2048 --explain\n  mlsysim eval resnet-50 jetson-orin-nx --precision int8 -o json",
       1, 2, true, false, answer, run_eval},
      {"compare", "the same question on several devices", "MODEL HARDWARE HARDWARE…",
       "mlsysim compare llama-3-8b a100 h100 --axis batch-size=1..512:x2\n  mlsysim compare llama-3-70b h200 mi300x b200 --precision fp8 -o csv", 2, -1, true, true, answer, run_compare},
      {"sweep", "a wall over every combination of its axes", "[WALL]",
       "mlsysim sweep --model llama-3-8b --axis hardware=h100,a100 --axis batch-size=1..64:x2 --select latency,throughput\n"
       "  mlsysim sweep --model llama-3-8b --hardware h100 --axis hardware.memory.bandwidth=1TB/s..8TB/s:8 -o csv", 0, 1, true, true, answer, run_sweep},
      {"solve", "any wall, by its arguments", "WALL", "mlsysim solve single-node --model resnet-50 --hardware a100 --batch-size 64", 1, 1, true, false, answer, run_solve},
      {"explain", "the derivation of a result, with the numbers in it", "RESULT…",
       "mlsysim explain latency --model llama-3-8b --hardware h100 --batch-size 32\n  mlsysim explain energy mfu --model resnet-50 --hardware t4", 0, -1, true, false, document, run_explain},
      {"zoo", "the catalog: devices, models, grids, and their sources", "[KIND | NAME | new FILE --like NAME | check FILE]",
       "mlsysim zoo\n  mlsysim zoo accelerators\n  mlsysim zoo h100\n  mlsysim zoo new mychip.yaml --like h100\n  mlsysim zoo check mychip.yaml", 0, 2, false, false, answer, run_zoo},
      {"walls", "the walls that can be asked", "", "mlsysim walls", 0, 0, false, false, document, run_walls},
      {"schema", "JSON Schema of a wall's question or of a catalog file", "[WALL | KIND]", "mlsysim schema single-node\n  mlsysim schema accelerator", 0, 1, false, false, document, run_schema},
      {"plot", "a picture as SVG", "roofline MODEL HARDWARE…",
       "mlsysim plot roofline llama-3-8b h100 a100 --axis batch-size=1..512:x2 --output-file roofline.svg", 3, -1, true, true, {"svg"}, run_plot},
  };
  return all;
}

namespace {

std::string dashed(std::string text) {
  for (char& c : text)
    if (c == '_') c = '-';
  return text;
}

void print_help() {
  std::cout << "mlsysim: how fast, how much memory and energy, and what binds, from first principles\n\n"
               "examples\n  mlsysim eval llama-3-8b h100 --batch-size 32\n  mlsysim compare llama-3-8b a100 h100 --axis batch-size=1..512:x2\n"
               "  mlsysim explain latency --model llama-3-8b --hardware h100\n  mlsysim zoo h100\n\nverbs\n";
  for (const auto& command : commands()) std::cout << fmt::format("  {:<9} {}\n", command.name, command.summary);
  std::cout << "\n`mlsysim VERB --help` shows its arguments; -o text|json|csv and --output-file FILE work anywhere on the line;\n"
               "--set hardware.memory.bandwidth=8TB/s overrides any figure. Exit codes: 0 answered, 1 failed, 2 the question is\n"
               "wrong, 3 infeasible, 4 an objective not met.\n";
}

/// The wall whose arguments the verb takes, read before the line is parsed: `solve WALL`, `sweep WALL`, --wall.
const Table* flags_of(const Command& command, int argc, const char* const* argv) {
  if (!command.takes_wall_arguments) return nullptr;
  for (int i = 2; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--wall" && i + 1 < argc) return table(argv[i + 1]);
    if (word.starts_with("--wall=")) return table(word.substr(7));
  }
  if (!std::strcmp(command.name, "solve") || !std::strcmp(command.name, "sweep"))
    for (int i = 2; i < argc; ++i)
      if (argv[i][0] != '-' && table(argv[i])) return table(argv[i]);
  return table("single-node");
}

struct Flag {
  std::string path, value;
};

/// A flag that nobody knows, with the nearest.
Problem unknown_flag(const std::string& flag, const CLI::App& app) {
  Problem problem{.kind = Problem::Kind::input, .argument = flag, .message = fmt::format("{} is not an option of this verb", flag)};
  int best = 1 + std::max<int>(2, static_cast<int>(flag.size()) / 3);
  for (const CLI::Option* option : app.get_options())
    for (const auto& name : option->get_lnames())
      if (const int d = edit_distance(folded(name), folded(flag)); d < best) best = d, problem.nearest = "--" + name;
  return problem;
}

int write(const Request& request, const Output& out, int code) {
  for (const auto& note : out.notes) std::cerr << "note: " << note << '\n';
  if (!out.problems.empty()) {
    if (request.output == "json") {
      std::cout << problems_json(out.problems).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    } else {
      for (const auto& problem : out.problems) {
        std::cerr << (problem.place.empty() ? "error: " : problem.place + ": error: ") << problem.message << '\n';
        if (!problem.excerpt.empty()) std::cerr << "  | " << problem.excerpt << '\n';
        if (!problem.nearest.empty()) std::cerr << "  did you mean " << problem.nearest << "?\n";
      }
    }
    return code;
  }
  if (request.output_file.empty()) {
    const bool written = std::fwrite(out.text.data(), 1, out.text.size(), stdout) == out.text.size() && std::fflush(stdout) == 0;
    return written || errno == EPIPE ? code : static_cast<int>(failed);
  }
  std::FILE* file = std::fopen(request.output_file.c_str(), "wb");
  const bool written = file && std::fwrite(out.text.data(), 1, out.text.size(), file) == out.text.size();
  if ((file && std::fclose(file) != 0) || !written) {
    std::cerr << "error: " << request.output_file << " could not be written: " << std::strerror(errno) << '\n';
    return failed;
  }
  return code;
}

int parse_and_run(const Command& command, int argc, const char* const* argv) {
  CLI::App app{std::string(command.summary), "mlsysim " + std::string(command.name)};
  app.allow_extras();
  app.footer(fmt::format("\nexamples\n  {}", command.examples));
  app.get_formatter()->column_width(34);
  Request request;
  request.verb = command.name;
  Output out;

  const Table* table = flags_of(command, argc, argv);
  std::deque<Flag> flags;
  std::vector<std::string> overrides;
  app.add_option("WORDS", request.words, command.usage)->option_text(command.usage);
  if (table) {
    for (const auto& entity : table->in.entities) {
      const std::string name = entity.prefix.substr(0, entity.prefix.size() - 1);
      if (name.find('.') != std::string::npos || entity.kind == "assumptions") continue;
      auto& flag = flags.emplace_back(Flag{name, {}});
      const std::string names = "--" + dashed(name) + (entity.kind == "accelerator" ? ",--on" : "");
      app.add_option(names, flag.value, fmt::format("{}: a name of `mlsysim zoo {}s`, or a file", entity.doc, entity.kind))->group("Arguments");
    }
    for (std::size_t i = 0; i < table->in.all.size(); ++i) {
      const Field& field = table->in.all[i];
      if (table->holder(i)) continue;
      auto& flag = flags.emplace_back(Flag{field.path, {}});
      std::string names = "--" + dashed(field.path), text = field.doc;
      if (!field.also.empty()) names += ",--" + dashed(field.also);
      if (field.flag) {
        app.add_flag_callback(names, [&flag] { flag.value = "true"; }, text)->group("Arguments");
        continue;
      }
      if (field.is_choice()) text += fmt::format(": {}", fmt::join(field.words, ", "));
      const std::string preset = field.is_body() || field.preset != field.preset ? "" : shown(field, field.preset);
      app.add_option(names, flag.value, text)->group("Arguments")->option_text(preset.empty() ? "" : "[" + preset + "]");
    }
    app.add_option("--set", overrides, "override any figure: hardware.memory.bandwidth=8TB/s")->option_text("PATH=VALUE")->type_size(1)->allow_extra_args(false);
    app.add_option("--assumptions", request.assumptions, "set of modelling choices (mlsysim zoo assumptions)")->option_text("NAME");
    app.add_option("--fidelity", request.fidelity, "first-order")->option_text("LEVEL");
    app.add_option("--wall", request.wall, "which wall (mlsysim walls)")->option_text("NAME");
    app.add_flag("--explain", request.explain, "print the derivation");
    app.add_flag("--sources", request.sources, "print where every figure comes from");
  }
  if (command.takes_axes) {
    app.add_option("--axis", request.axes, "name=a,b,c | lo..hi | lo..hi:9 | lo..hi:x2 | lo..hi:log9")->option_text("AXIS")->type_size(1)->allow_extra_args(false);
    app.add_option("--select", request.results, "results to print")->delimiter(',')->option_text("A,B")->allow_extra_args(false);
  }
  if (!std::strcmp(command.name, "zoo")) app.add_option("--like", request.like, "the entry that a new file starts from");
  app.add_option("-o,--output", request.output, "format")->option_text(fmt::format("{}", fmt::join(command.formats, "|")));
  app.add_option("--output-file", request.output_file, "write there; .json, .csv and .svg choose the format");

  try {
    std::vector<std::string> line;
    for (int i = argc - 1; i >= 2; --i) line.emplace_back(argv[i]);  // CLI11 takes them last first
    app.parse(std::move(line));
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return answered;
  } catch (const CLI::ParseError& e) {
    for (int i = 2; i < argc; ++i)
      if (std::string_view(argv[i]) == "json" || std::string_view(argv[i]) == "-ojson" || std::string_view(argv[i]) == "--output=json") request.output = "json";
    out.problems.push_back({.message = e.what()});
    return write(request, out, wrong);
  }
  for (const auto& extra : app.remaining()) {
    if (extra.starts_with("-")) out.problems.push_back(unknown_flag(extra.substr(0, extra.find('=')), app));
    else request.words.push_back(extra);
  }
  for (const char* suffix : {"json", "csv", "svg"})
    if (request.output_file.ends_with(std::string(".") + suffix)) request.output = suffix;
  if (!std::strcmp(command.name, "plot")) request.output = "svg";
  if (std::find(command.formats.begin(), command.formats.end(), request.output) == command.formats.end())
    out.problems.push_back({.argument = "--output", .message = fmt::format("\"{}\" is not a format of {}: {}", request.output, command.name, fmt::join(command.formats, ", "))});
  if (request.fidelity != "first-order")
    out.problems.push_back({.argument = "--fidelity", .message = fmt::format("\"{}\" is not a level that {} can answer at: first-order", request.fidelity, command.name)});
  const int words = static_cast<int>(request.words.size());
  const bool unknown = !out.problems.empty();  // its value would be counted as a word
  if (!unknown && (words < command.least || (command.most >= 0 && words > command.most)))
    out.problems.push_back({.message = fmt::format("{} takes {}{}", command.name, command.usage[0] ? command.usage : "no words",
                                                   words > command.most && command.most >= 0 ? fmt::format("; \"{}\" is one too many", request.words.back()) : "")});
  for (const auto& flag : flags)
    if (!flag.value.empty()) request.arguments.emplace_back(flag.path, flag.value);
  for (const auto& text : overrides) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) out.problems.push_back({.argument = "--set", .message = fmt::format("--set {}: write PATH=VALUE", text)});
    else request.arguments.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  if (request.assumptions.empty())
    if (const char* set = std::getenv("MLSYSIM_ASSUMPTIONS")) request.assumptions = set;
  if (!out.problems.empty()) return write(request, out, wrong);

  Catalog catalog;
  add_user_folders(catalog, out.problems);
  if (!out.problems.empty()) return write(request, out, wrong);
  const int code = command.run(request, catalog, out);
  return write(request, out, code);
}

}  // namespace

int run(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is the reader's business
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb.empty() || verb == "--help" || verb == "-h" || verb == "help") {
    print_help();
    return verb.empty() ? wrong : answered;
  }
  if (verb == "--version") {
    std::cout << "mlsysim " << MLSYSIM_VERSION << '\n';
    return answered;
  }
  const Command* nearest = nullptr;
  int best = 4;
  for (const auto& command : commands()) {
    if (verb == command.name) {
      try {
        return parse_and_run(command, argc, argv);
      } catch (const std::exception& e) {
        std::cerr << "error: mlsysim failed: " << e.what() << '\n';
        return failed;
      }
    }
    if (const int d = edit_distance(command.name, verb); d < best) best = d, nearest = &command;
  }
  std::cerr << fmt::format("error: \"{}\" is not a verb (mlsysim --help lists all)\n", verb);
  if (nearest) std::cerr << fmt::format("  did you mean {}?\n", nearest->name);
  return wrong;
}

}  // namespace mlsysim::cli
