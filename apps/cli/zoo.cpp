// `mlsysim zoo`: the catalog, and files of entries to start from and to check.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/explain.hpp"
#include "mlsysim/report/page.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim::cli {
namespace {

struct Headline {
  const char *kind, *path, *title;
};
// The columns of each kind's list.
constexpr Headline headlines[] = {
    {"accelerator", "release_year", "year"},
    {"accelerator", "compute.fp16_dense", "fp16"},
    {"accelerator", "compute.fp8_dense", "fp8"},
    {"accelerator", "compute.int8_dense", "int8"},
    {"accelerator", "memory.capacity", "memory"},
    {"accelerator", "memory.bandwidth", "bandwidth"},
    {"accelerator", "power.tdp", "power"},
    {"model", "parameters", "parameters"},
    {"model", "active_parameters", "active"},
    {"model", "layers", "layers"},
    {"model", "hidden_dim", "hidden"},
    {"model", "inference_flops", "work a sample"},
    {"grid", "carbon_intensity", "carbon"},
    {"grid", "pue", "PUE"},
    {"grid", "water_usage", "water"},
    {"fabric", "bandwidth_one_way", "one way"},
    {"fabric", "latency", "latency"},
    {"node", "accelerators", "devices"},
    {"fleet", "nodes", "nodes"},
    {"fleet", "node.accelerators", "devices a node"},
    {"fabric", "switch_ports", "ports"},
    {"storage", "read_bandwidth", "read"},
    {"storage", "write_bandwidth", "write"},
    {"storage", "latency", "latency"},
    {"dataset", "samples", "samples"},
    {"dataset", "size", "size"},
    {"format", "exponent_bits", "exponent"},
    {"format", "mantissa_bits", "mantissa"},
    {"format", "max", "max"},
    {"format", "min_normal", "min normal"},
    {"format", "stored_bits", "bits stored"},
    {"level", "latency", "latency"},
    {"level", "bandwidth_one_way", "bandwidth"},
    {"level", "energy", "energy of 32 bits"},
    {"operation", "energy", "energy"},
    {"software", "kernel_launch", "launch"},
    {"software", "sm_occupancy", "occupancy"},
    {"software", "framework", "framework"},
    {"guide", "low", "low"},
    {"guide", "typical", "typical"},
    {"guide", "high", "high"},
    {"assumptions", "weight_rereads", "re-reads"},
    {"assumptions", "layer_overhead", "layer overhead"},
};

const Field* field_of(const Fields& fields, std::string_view path) {
  const auto at = std::ranges::find(fields.all, path, &Field::path);
  return at == fields.all.end() ? nullptr : &*at;
}

/// A figure for a person, or bare and in base units.
std::string cell(const Entry& entry, const Fields& fields, std::string_view path, bool bare) {
  const Field* field = field_of(fields, path);
  const Figure* figure = field ? &entry.figures[static_cast<std::size_t>(field - fields.all.data())] : nullptr;
  if (!figure || figure->kind == Kind::not_stated) return bare ? "" : "-";
  if (bare) return fmt::format("{}", figure->value);
  return path == "release_year" ? fmt::format("{:.0f}", figure->value) : figure_text(*field, figure->value);
}

void csv_line(std::string& text, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) text += (i ? "," : "") + csv_cell(cells[i]);
  text += "\n";
}

/// The row of an entry under the set of assumptions in force.
const Entry* under(const Entry* entry, const Catalog& catalog, const Request& request) {
  const Entry* other =
      request.assumptions.empty() ? nullptr : catalog.find(entry->kind, entry->id, request.assumptions);
  return other ? other : entry;
}

void list_kind(const EntryKind& kind, const Catalog& catalog, const Request& request, Output& out) {
  auto entries = catalog.all(kind.name);
  for (const Entry*& entry : entries) entry = under(entry, catalog, request);
  const Fields& fields = kind.fields();
  if (request.output == "json" && !request.page) {
    Json json = Json::array();
    for (const Entry* entry : entries) json.push_back(entry_json(*entry));
    out.text = json.dump(2) + "\n";
    return;
  }
  const bool csv = request.output == "csv";
  TextTable table{{"id", "name"}, {}};
  for (const auto& headline : headlines)
    if (std::string_view(headline.kind) == kind.name) {
      const Field* field = field_of(fields, headline.path);
      table.header.push_back(csv && field ? json_key(*field) : headline.title);
    }
  for (const Entry* entry : entries) {
    std::vector<std::string> row{std::string(entry->id), std::string(entry->name)};
    for (const auto& headline : headlines)
      if (std::string_view(headline.kind) == kind.name) row.push_back(cell(*entry, fields, headline.path, csv));
    table.rows.push_back(std::move(row));
  }
  if (csv) {
    csv_line(out.text, table.header);
    for (const auto& row : table.rows) csv_line(out.text, row);
    return;
  }
  if (request.page) {
    Json json = Json::array();
    for (const auto& row : table.rows) {
      Json one;
      for (std::size_t c = 0; c < row.size(); ++c) one[table.header[c]] = row[c];
      json.push_back(std::move(one));
    }
    out.text = json.dump();
    return;
  }
  out.text = fmt::format("{} {}: {}\n\n{}\n  mlsysim zoo NAME shows every figure of one, with its source\n",
                         entries.size(), kind.folder, kind.doc, table.print());
}

void show_entry(const Entry& entry, const Request& request, Output& out) {
  if (request.output == "json") {
    out.text = entry_json(entry).dump(2) + "\n";
    return;
  }
  const Fields& fields = entry_kind(entry.kind)->fields();
  if (request.output == "csv") {
    csv_line(out.text, {"figure", "value", "unit", "low", "high", "kind", "source", "where", "read", "note"});
    const auto bare = [](double v) { return is_stated(v) ? fmt::format("{}", v) : ""; };
    for (std::size_t i = 0; i < fields.all.size(); ++i) {
      const Figure& f = entry.figures[i];
      const Field& field = fields.all[i];
      if (f.kind == Kind::not_stated) continue;
      csv_line(out.text, {field.path, field.is_choice() ? shown(field, f.value) : bare(f.value),
                          field.is_choice() ? "" : dimension_name(field.dim), bare(f.low), bare(f.high), word(f.kind),
                          std::string(f.source), std::string(f.where), std::string(f.read), std::string(f.note)});
    }
    return;
  }
  std::string also;
  for (const auto alias : entry.aliases) also += (also.empty() ? "" : ", ") + std::string(alias);
  out.text = fmt::format("{} ({} {})\n", entry.name, entry.kind, entry.id);
  if (!entry.registry.empty())
    out.text += fmt::format("  Python: {}.{}\n",
                            entry.kind == "accelerator" ? "Hardware"
                            : entry.kind == "model"     ? "Models"
                            : entry.kind == "grid"      ? "Infra"
                            : entry.kind == "dataset"   ? "Datasets"
                                                        : "Systems",
                            entry.registry);
  if (!also.empty()) out.text += fmt::format("  also called {}\n", also);
  out.text += fmt::format("  from {}\n\n", entry.file);
  // The constants of a generation of kernels are many, and the same for all its devices: they have a screen of their own.
  const auto of_kernels = [&](std::size_t i) {
    return std::ranges::any_of(fields.entities, [&](const EntityRange& e) {
      return e.kind == "kernels" && i >= e.first && i < e.first + e.count;
    });
  };
  std::vector<ExplainedLeaf> leaves;
  int constants = 0;
  for (std::size_t i = 0; i < fields.all.size(); ++i) {
    const Figure& figure = entry.figures[i];
    if (figure.kind == Kind::not_stated) continue;
    if (of_kernels(i)) {
      ++constants;
      continue;
    }
    const Source* source = Catalog::source(figure.source);
    ExplainedLeaf leaf{fields.all[i].path, figure_text(fields.all[i], figure.value), word(figure.kind),
                       source ? std::string(source->title) : std::string(figure.source), std::string(figure.where)};
    if (is_stated(figure.low))
      leaf.kind +=
          fmt::format(", {} to {}", figure_text(fields.all[i], figure.low), figure_text(fields.all[i], figure.high));
    if (!figure.note.empty()) leaf.where += fmt::format(" ({})", figure.note);
    if (!figure.inherited.empty()) leaf.where += fmt::format(" (inherited from {})", figure.inherited);
    leaves.push_back(std::move(leaf));
  }
  out.text += sources_text(leaves);
  if (constants)
    out.text += fmt::format(
        "\n  and {} constants of how well libraries use it, fitted to published kernel times: mlsysim zoo kernels\n",
        constants);
}

const Entry* any_entry(std::string_view name, const Catalog& catalog, const Request& request) {
  for (const auto& kind : entry_kinds())
    if (const Entry* entry = catalog.find(kind.name, name, request.assumptions)) return entry;
  return nullptr;
}
Problem nothing_called(std::string_view name, const Catalog& catalog) {
  Problem best = catalog.missing("accelerator", name);
  for (const auto& kind : entry_kinds())
    if (Problem other = catalog.missing(kind.name, name); best.nearest.empty() && !other.nearest.empty()) best = other;
  best.message = fmt::format("nothing in the catalog is called \"{}\"{}", quotable(name),
                             best.nearest.empty() ? " (mlsysim zoo lists what there is)" : "");
  return best;
}

/// A file to start from: the entry's own file would need our sources, so each figure is written out with where it came from.
int new_file(const Request& request, const Catalog& catalog, Output& out) {
  if (request.words.size() != 2 || request.like.empty())
    return refuse(out, {{.message = "write: mlsysim zoo new FILE.yaml --like NAME"}});
  const Entry* like = any_entry(request.like, catalog, request);
  if (!like) return refuse(out, {nothing_called(request.like, catalog)});
  const std::string& path = request.words[1];
  std::error_code error;
  if (std::filesystem::exists(path, error))
    return refuse(out, {{.argument = path, .message = fmt::format("{} is already there", path)}});
  const Fields& fields = entry_kind(like->kind)->fields();
  std::string text = fmt::format(
      "# A figure that is not written here is inherited from {0}. Each one given needs a unit, a kind (stated, "
      "derived, measured,\n"
      "# or estimated with a range) and a source. Uncomment what you change; `mlsysim zoo check {1}` says what is "
      "wrong.\n"
      "kind: {2}\nname: my {3}\nlike: {0}\n",
      like->id, path, like->kind, like->name);
  std::string group;
  for (std::size_t i = 0; i < fields.all.size(); ++i) {
    const Field& field = fields.all[i];
    const Figure& figure = like->figures[i];
    const auto inside = [&](const EntityRange& entity) { return i >= entity.first && i < entity.first + entity.count; };
    if (figure.kind == Kind::not_stated || std::ranges::any_of(fields.entities, inside)) continue;
    if (field.is_choice()) {
      text += fmt::format("# {}: {}\n", field.path, shown(field, figure.value));
      continue;
    }
    const auto dot = field.path.find('.');
    const std::string mine = dot == std::string::npos ? "" : field.path.substr(0, dot);
    if (mine != group && !mine.empty()) text += fmt::format("# {}:\n", mine);
    group = mine;
    const double value = figure.value * field.over / field.times;
    text += fmt::format(
        "# {}{}: {{value: {:.10g}{}{}, kind: estimated, range: [{:.10g}{}{}, {:.10g}{}{}], source: my guess, where: "
        "\"…\", read: 2026-01-31}}\n",
        mine.empty() ? "" : "  ", mine.empty() ? field.path : field.path.substr(dot + 1), value,
        field.unit.empty() ? "" : " ", field.unit, value, field.unit.empty() ? "" : " ", field.unit, value,
        field.unit.empty() ? "" : " ", field.unit);
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) {
    out.problems.push_back(
        {.argument = path, .message = fmt::format("{} could not be written: {}", path, std::strerror(errno))});
    return failed;
  }
  const std::string use = like->kind == "accelerator" ? "mlsysim eval llama-3-8b " + path
                          : like->kind == "model"     ? fmt::format("mlsysim eval {} h100", path)
                                                      : "mlsysim zoo " + path;
  out.text =
      fmt::format("{} starts from {}: edit it, then\n  mlsysim zoo check {}\n  {}\n", path, like->name, path, use);
  return answered;
}

/// Files are written and checked on a screen: there is nothing to tabulate.
int no_page(const Request& request, Output& out) {
  return refuse(out, {{.argument = "--output", .message = fmt::format("zoo {} answers in text", request.words[0])}});
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
  out.text = fmt::format("{}: {} {}, in order: {} figures of its own, {} estimated, {} inherited\n", path,
                         std::string_view("aeiou").find(own->entry.kind[0]) != std::string_view::npos ? "an" : "a",
                         own->entry.kind, stated, estimated, inherited);
  return answered;
}

}  // namespace

int run_zoo(const Request& asked, const Catalog& catalog, Output& out) {
  Request request = asked;
  if (!asked.assumptions.empty()) {
    const Entry* set = catalog.find("assumptions", asked.assumptions);
    if (!set) return refuse(out, {catalog.missing("assumptions", asked.assumptions)});
    request.assumptions = set->id;
  }
  if (request.words.empty()) {
    TextTable table{{"", "", ""}, {}};
    for (const auto& kind : entry_kinds())
      table.rows.push_back({kind.folder, fmt::format("{}", catalog.all(kind.name).size()), kind.doc});
    std::string listed = table.print();
    out.text = "the catalog\n" + listed.substr(listed.find('\n') + 1) +
               "\n  mlsysim zoo accelerators   mlsysim zoo h100   mlsysim zoo new mychip.yaml --like h100\n";
    if (request.output == "json") {
      Json json;
      for (const auto& kind : entry_kinds())
        for (const Entry* entry : catalog.all(kind.name)) json[kind.folder].push_back(entry->id);
      out.text = json.dump(2) + "\n";
    } else if (request.output == "csv") {
      out.text = "kind,id,name\n";
      for (const auto& kind : entry_kinds())
        for (const Entry* entry : catalog.all(kind.name))
          csv_line(out.text, {kind.name, std::string(entry->id), std::string(entry->name)});
    }
    return answered;
  }
  const std::string& word = request.words[0];
  if (request.page && (word == "new" || word == "check")) return no_page(request, out);
  if (word == "new") return new_file(request, catalog, out);
  if (word == "check") return check_file(request, catalog, out);
  if (request.words.size() > 1)
    return refuse(out, {{.message = fmt::format("\"{}\" is one word too many", request.words[1])}});
  if (const EntryKind* kind = entry_kind(word)) {
    list_kind(*kind, catalog, request, out);
    return answered;
  }
  if (const Entry* entry = any_entry(word, catalog, request)) {
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
  return refuse(out, {nothing_called(word, catalog)});
}

}  // namespace mlsysim::cli
