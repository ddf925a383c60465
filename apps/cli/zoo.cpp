// `mlsysim zoo`, `walls`, `schema`: what there is.
#include <cmath>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/json.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim::cli {
namespace {

struct Headline {
  const char *kind, *path, *title;
};
// The columns of each kind's list.
constexpr Headline headlines[] = {
    {"accelerator", "release_year", "year"},        {"accelerator", "compute.fp16_dense", "fp16"},   {"accelerator", "compute.fp8_dense", "fp8"},
    {"accelerator", "compute.int8_dense", "int8"},  {"accelerator", "memory.capacity", "memory"},    {"accelerator", "memory.bandwidth", "bandwidth"},
    {"accelerator", "power.tdp", "power"},          {"model", "parameters", "parameters"},           {"model", "active_parameters", "active"},
    {"model", "layers", "layers"},                  {"model", "hidden_dim", "hidden"},               {"model", "inference_flops", "work a sample"},
    {"grid", "carbon_intensity", "carbon"},         {"grid", "pue", "PUE"},                          {"grid", "water_usage", "water"},
    {"fabric", "bandwidth_one_way", "one way"},     {"fabric", "latency", "latency"},                {"node", "accelerators", "devices"},
    {"fleet", "nodes", "nodes"},                    {"fleet", "node.accelerators", "devices a node"}, {"assumptions", "weight_rereads", "re-reads"},
    {"assumptions", "layer_overhead", "layer overhead"},
};

std::string cell(const Entry& entry, const Fields& fields, std::string_view path) {
  for (std::size_t i = 0; i < fields.all.size(); ++i)
    if (fields.all[i].path == path) {
      if (entry.figures[i].kind == Kind::not_stated) return "-";
      if (path == "release_year") return fmt::format("{:.0f}", entry.figures[i].value);
      return shown(fields.all[i], entry.figures[i].value);
    }
  return "-";
}

void list_kind(const EntryKind& kind, const Catalog& catalog, const Request& request, Output& out) {
  const auto entries = catalog.all(kind.name);
  const Fields& fields = kind.fields();
  if (request.output == "json") {
    Json json = Json::array();
    for (const Entry* entry : entries) json.push_back(entry_json(*entry));
    out.text = json.dump(2) + "\n";
    return;
  }
  TextTable table{{"id", "name"}, {}};
  for (const auto& headline : headlines)
    if (std::string_view(headline.kind) == kind.name) table.header.emplace_back(headline.title);
  for (const Entry* entry : entries) {
    std::vector<std::string> row{std::string(entry->id), std::string(entry->name)};
    for (const auto& headline : headlines)
      if (std::string_view(headline.kind) == kind.name) row.push_back(cell(*entry, fields, headline.path));
    table.rows.push_back(std::move(row));
  }
  if (request.output == "csv") {
    const auto line = [&](const std::vector<std::string>& cells) {
      for (std::size_t i = 0; i < cells.size(); ++i) out.text += (i ? "," : "") + csv_cell(cells[i]);
      out.text += "\n";
    };
    line(table.header);
    for (const auto& row : table.rows) line(row);
    return;
  }
  out.text = fmt::format("{} {}: {}\n\n{}\n  mlsysim zoo NAME shows every figure of one, with its source\n", entries.size(), kind.folder, kind.doc, table.print());
}

void show_entry(const Entry& entry, const Request& request, Output& out) {
  if (request.output == "json") {
    out.text = entry_json(entry).dump(2) + "\n";
    return;
  }
  const Fields& fields = entry_kind(entry.kind)->fields();
  std::string also;
  for (const auto alias : entry.aliases) also += (also.empty() ? "" : ", ") + std::string(alias);
  out.text = fmt::format("{} ({} {})\n", entry.name, entry.kind, entry.id);
  if (!entry.registry.empty()) out.text += fmt::format("  Python: {}.{}\n", entry.kind == "accelerator" ? "Hardware" : entry.kind == "model" ? "Models" : entry.kind == "grid" ? "Infra" : "Systems", entry.registry);
  if (!also.empty()) out.text += fmt::format("  also called {}\n", also);
  out.text += fmt::format("  from {}\n\n", entry.file);
  std::vector<ExplainedLeaf> leaves;
  for (std::size_t i = 0; i < fields.all.size(); ++i) {
    const Figure& figure = entry.figures[i];
    if (figure.kind == Kind::not_stated) continue;
    const Source* source = Catalog::source(figure.source);
    ExplainedLeaf leaf{fields.all[i].path, shown(fields.all[i], figure.value), word(figure.kind), source ? std::string(source->title) : std::string(figure.source), std::string(figure.where)};
    if (!std::isnan(figure.low)) leaf.kind += fmt::format(", {} to {}", shown(fields.all[i], figure.low), shown(fields.all[i], figure.high));
    if (!figure.note.empty()) leaf.where += fmt::format(" ({})", figure.note);
    if (!figure.inherited.empty()) leaf.where += fmt::format(" (inherited from {})", figure.inherited);
    leaves.push_back(std::move(leaf));
  }
  out.text += sources_text(leaves);
}

/// A file to start from: the entry's own file would need our sources, so each figure is written out with where it came from.
int new_file(const Request& request, const Catalog& catalog, Output& out) {
  if (request.words.size() != 2 || request.like.empty())
    return refuse(out, {{.message = "write: mlsysim zoo new FILE.yaml --like NAME"}});
  const Entry* like = nullptr;
  for (const char* kind : {"accelerator", "model"})
    if (!like) like = catalog.find(kind, request.like);
  if (!like) return refuse(out, {catalog.missing("accelerator", request.like)});
  const std::string& path = request.words[1];
  std::error_code error;
  if (std::filesystem::exists(path, error)) return refuse(out, {{.argument = path, .message = fmt::format("{} is already there", path)}});
  const Fields& fields = entry_kind(like->kind)->fields();
  std::string text = fmt::format("# A figure that is not written here is inherited from {0}. Each one given needs a unit, a kind (stated, derived, measured,\n"
                                 "# or estimated with a range) and a source. Uncomment what you change; `mlsysim zoo check {1}` says what is wrong.\n"
                                 "kind: {2}\nname: my {3}\nlike: {0}\n", like->id, path, like->kind, like->name);
  std::string group;
  for (std::size_t i = 0; i < fields.all.size(); ++i) {
    const Field& field = fields.all[i];
    const Figure& figure = like->figures[i];
    if (!field.is_figure() || figure.kind == Kind::not_stated) continue;
    const auto dot = field.path.find('.');
    const std::string mine = dot == std::string::npos ? "" : field.path.substr(0, dot);
    if (mine != group && !mine.empty()) text += fmt::format("# {}:\n", mine);
    group = mine;
    const double value = figure.value * field.over / field.times;
    text += fmt::format("# {}{}: {{value: {:.10g}{}{}, kind: estimated, range: [{:.10g}{}{}, {:.10g}{}{}], source: my guess, where: \"…\", read: 2026-01-31}}\n", mine.empty() ? "" : "  ",
                        mine.empty() ? field.path : field.path.substr(dot + 1), value, field.unit.empty() ? "" : " ", field.unit, value, field.unit.empty() ? "" : " ", field.unit, value,
                        field.unit.empty() ? "" : " ", field.unit);
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) {
    out.problems.push_back({.argument = path, .message = fmt::format("{} could not be written: {}", path, std::strerror(errno))});
    return failed;
  }
  out.text = fmt::format("{} starts from {}: edit it, then\n  mlsysim zoo check {}\n  mlsysim eval llama-3-8b {}\n", path, like->name, path, path.find('/') == std::string::npos ? "./" + path : path);
  return answered;
}

int check_file(const Request& request, const Catalog& catalog, Output& out) {
  if (request.words.size() != 2) return refuse(out, {{.message = "write: mlsysim zoo check FILE"}});
  Problems problems;
  std::vector<std::string> notes;
  const std::string& path = request.words[1];
  const bool config = path.ends_with(".json");
  const auto own = open_entry(config ? "model" : "", path, catalog, problems, notes);
  if (!own) return refuse(out, problems);
  int stated = 0, estimated = 0, inherited = 0;
  for (const Figure& figure : own->entry.figures) {
    if (figure.kind == Kind::not_stated) continue;
    if (!figure.inherited.empty()) ++inherited;
    else if (figure.kind == Kind::estimated) ++estimated;
    else ++stated;
  }
  out.notes = notes;
  out.text = fmt::format("{}: {} {}, in order: {} figures of its own, {} estimated, {} inherited\n", path, own->entry.kind[0] == 'a' ? "an" : "a", own->entry.kind, stated, estimated, inherited);
  return answered;
}

}  // namespace

int run_zoo(const Request& request, const Catalog& catalog, Output& out) {
  if (request.words.empty()) {
    TextTable table{{"", "", ""}, {}};
    for (const auto& kind : entry_kinds()) table.rows.push_back({kind.folder, fmt::format("{}", catalog.all(kind.name).size()), kind.doc});
    std::string listed = table.print();
    out.text = "the catalog\n" + listed.substr(listed.find('\n') + 1) + "\n  mlsysim zoo accelerators   mlsysim zoo h100   mlsysim zoo new mychip.yaml --like h100\n";
    if (request.output == "json") {
      Json json;
      for (const auto& kind : entry_kinds()) for (const Entry* entry : catalog.all(kind.name)) json[kind.folder].push_back(entry->id);
      out.text = json.dump(2) + "\n";
    }
    return answered;
  }
  const std::string& word = request.words[0];
  if (word == "new") return new_file(request, catalog, out);
  if (word == "check") return check_file(request, catalog, out);
  if (request.words.size() > 1) return refuse(out, {{.message = fmt::format("\"{}\" is one word too many", request.words[1])}});
  if (const EntryKind* kind = entry_kind(word)) {
    list_kind(*kind, catalog, request, out);
    return answered;
  }
  for (const auto& kind : entry_kinds())
    if (const Entry* entry = catalog.find(kind.name, word, request.assumptions)) {
      show_entry(*entry, request, out);
      return answered;
    }
  if (is_path(word)) {
    Problems problems;
    const auto own = open_entry(word.ends_with(".json") ? "model" : "", word, catalog, problems, out.notes);
    if (!own) return refuse(out, problems);
    show_entry(own->entry, request, out);
    return answered;
  }
  // The nearest over all kinds.
  Problem best = catalog.missing("accelerator", word);
  for (const auto& kind : entry_kinds())
    if (Problem other = catalog.missing(kind.name, word); best.nearest.empty() && !other.nearest.empty()) best = other;
  best.message = fmt::format("nothing in the catalog is called \"{}\"", word);
  return refuse(out, {best});
}

int run_walls(const Request& request, const Catalog&, Output& out) {
  if (request.output == "json") {
    Json json = Json::array();
    for (const Wall* wall : walls()) json.push_back({{"name", wall->name}, {"python", wall->python}, {"numbers", wall->numbers}, {"doc", wall->doc}});
    out.text = json.dump(2) + "\n";
    return answered;
  }
  TextTable table{{"wall", "name", "Python", ""}, {}};
  for (const Wall* wall : walls()) {
    std::string numbers;
    for (const int number : wall->numbers) numbers += (numbers.empty() ? "" : ", ") + std::to_string(number);
    table.rows.push_back({numbers, wall->name, wall->python, wall->doc});
  }
  out.text = table.print("") + "\n  mlsysim solve NAME --help shows the arguments of one\n";
  return answered;
}

int run_schema(const Request& request, const Catalog&, Output& out) {
  const std::string name = request.words.empty() ? "single-node" : request.words[0];
  if (const Table* t = table(name)) out.text = schema_json(*t).dump(2) + "\n";
  else if (const EntryKind* kind = entry_kind(name)) out.text = schema_json(*kind).dump(2) + "\n";
  else {
    Problem problem = no_wall(name);
    problem.message = fmt::format("\"{}\" is neither a wall (mlsysim walls) nor a kind of entry (mlsysim zoo)", name);
    if (problem.nearest.empty()) {
      int best = 5;
      for (const auto& kind : entry_kinds()) if (const int d = edit_distance(folded(kind.name), folded(name)); d < best) best = d, problem.nearest = kind.name;
    }
    return refuse(out, {problem});
  }
  return answered;
}

}  // namespace mlsysim::cli
