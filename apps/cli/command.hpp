#pragma once
// What the verbs of the command share: the parsed request, the output it is written to, exit codes.
#include <functional>
#include <string>
#include <vector>
#include "mlsysim/ask/files.hpp"
#include "mlsysim/ask/plan.hpp"
#include "mlsysim/ask/question.hpp"

namespace mlsysim::cli {

enum Exit { answered = 0, failed = 1, wrong = 2, infeasible = 3, missed = 4 };

/// The command line, checked against the verb's own options and not yet against a wall.
struct Request {
  std::string program = "mlsysim", verb;
  std::vector<std::string> words;                              // positional
  std::vector<std::pair<std::string, std::string>> arguments;  // --batch-size 32
  std::vector<std::string> axes, results;
  std::string output = "text", output_file, assumptions, fidelity = "first-order", wall, like;
  std::string type;                                            // of schema
  std::string sla_ms, qps, carbon_tax;                         // of optimize, as the original spells them
  std::string measured, uncertainty = "0.05", transfer, save;  // of calibrate
  std::string engine, name;                                    // of calibrate with a file
  std::string step = "0.1", at_most, at_least, vary;           // of sensitivity, plot and target
  bool explain = false, sources = false, ranges = false, why = false;
  std::string detail;                  // of eval and serve, at operator level
  std::string workload;                // of audit
  std::string group, metric, picture;  // of validate
  bool why_not = false, rows = false;
  bool best = false;                // of train: --optimize
  std::string timeline;             // of train
  bool set_by_environment = false;  // --assumptions was not typed: what a plan states comes first
  bool page = false;                // the document is laid out for people: what a screen shows, not every column
};

/// Collects what a verb prints; written once at the end, so that an error never follows half an answer.
struct Output {
  std::string text;                // to stdout or --output-file
  Problems problems;               // to stderr, or as JSON to stdout
  std::vector<std::string> notes;  // to stderr
};

struct Command {
  const char *name, *summary, *usage, *examples;
  int least, most;            // positional words; most -1: any number
  bool takes_wall_arguments;  // flags come from the table of a wall
  bool takes_axes;
  std::vector<std::string> formats;
  int (*run)(const Request&, const Catalog&, Output&);
};
const std::vector<Command>& commands();

/// The question of a request: assumptions, arguments, overrides. `words` name the entities in order, for as many as there are.
Question make_question(const Request& request, const Catalog& catalog, const Table& table,
                       const std::vector<std::string>& entities);
/// The wall that a request asks: --wall, or walls 1 and 2. Nothing where it has no such name, with the problem in `out`.
const Table* wall_of(const Request& request, Output& out);
/// The solver that searches whose name begins with a word: `parallelism` is parallelism-optimizer. nullptr where there is none.
const Table* solver_of(std::string_view word);
/// At operator level, a step of so much context is that of one new token after it, unless lengths are given.
void one_new_token(const Request& request, Question& question);
int refuse(Output& out, const Problems& problems);
/// The line of the file with its number, and what is wrong in it underlined.
///     7 | batch_sise: 4
///       | ^^^^^^^^^^ did you mean batch_size?
std::string report(const Problem& problem);
/// 3 where the answer is that it does not fit, is not stable, or nothing is left of a search; 4 where an objective is not met.
int exit_code(const Table& table, const std::vector<double>& result);
/// Whether `serve` asks for capacity at an objective: not with a batch, which is wall 4.
bool asks_capacity(const std::vector<std::string>& line);
/// Checks a question, and that everything given enters its answer; what is wrong goes to `out`.
bool answerable(Question& question, Output& out);
/// Whether an answer is that something does not fit.
bool does_not_fit(const Question& question);
/// What a question is about: "Llama 3 8B on NVIDIA H100 SXM5 80 GB".
std::string subject(const Question& question);

/// The screen of a plan, the wall `system` having answered it.
std::string system_screen(const Request& request, const Plan& plan, const std::vector<double>& result);

/// Plain text tables: columns aligned, numbers to the right.
struct TextTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::string print(std::string_view indent = "  ") const;
};
std::string csv_cell(std::string_view text);
/// What a search found, best first, as columns.
std::string candidates_csv(const Wall& wall, const Candidates& candidates);
/// An answer as a line of keys and a line of cells.
std::string answer_csv(const Question& question, const std::vector<double>& result);

int run_eval(const Request&, const Catalog&, Output&);
int run_solve(const Request&, const Catalog&, Output&);
int run_serve(const Request&, const Catalog&, Output&);
int run_train(const Request&, const Catalog&, Output&);
int run_compare(const Request&, const Catalog&, Output&);
int run_sweep(const Request&, const Catalog&, Output&);
int run_optimize(const Request&, const Catalog&, Output&);
int run_calibrate(const Request&, const Catalog&, Output&);
/// `calibrate` with files of measurements.
int calibrate_files(const Request&, const Catalog&, Output&);
int run_efficiency(const Request&, const Catalog&, Output&);
int run_sensitivity(const Request&, const Catalog&, Output&);
int run_target(const Request&, const Catalog&, Output&);
int run_explain(const Request&, const Catalog&, Output&);
int run_schema(const Request&, const Catalog&, Output&);
int run_walls(const Request&, const Catalog&, Output&);
int run_zoo(const Request&, const Catalog&, Output&);
int run_plot(const Request&, const Catalog&, Output&);
int run_validate(const Request&, const Catalog&, Output&);
int run_audit(const Request&, const Catalog&, Output&);
int run_formula(const Request&, const Catalog&, Output&);
int plot_tornado(const Request&, const Catalog&, Output&);
/// `compare --why`: what makes each of two answers differ, as text or as JSON.
std::string why_text(const Question& before, const Question& after, std::string_view result, Problems& problems);
/// `--step`: a share of each figure, above 0. Nothing where it is none, with the problem in `out`.
std::optional<double> step_of(const Request& request, Output& out);

/// The whole command: parses, runs, writes, returns the exit code.
int run(int argc, const char* const* argv);

}  // namespace mlsysim::cli
