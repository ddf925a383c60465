// `mlsysim efficiency`: which eta to give, by scenario, and the twelve factors that it is made of.
#include <cmath>

#include <fmt/format.h>

#include "command.hpp"
#include "mlsysim/report/json.hpp"

namespace mlsysim::cli {
namespace {

const Figure& figure_of(const Entry& entry, std::string_view path) {
  const auto& all = entry_kind(entry.kind)->fields().all;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].path == path) return entry.figures[i];
  static const Figure none;
  return none;
}

/// One scenario: its range in percent, and where each figure is from.
void show_guide(const Entry& guide, Output& out) {
  out.text = fmt::format("{}\n\n", guide.name);
  for (const char* name : {"low", "typical", "high"}) {
    const Figure& f = figure_of(guide, name);
    if (f.kind == Kind::not_stated) continue;
    const Source* source = Catalog::source(f.source);
    out.text += fmt::format("  {:<8} {:>5.1f} %  {}: {}: {}\n", name, 100 * f.value, word(f.kind),
                            source ? source->title : f.source, f.where);
  }
  const double low = figure_of(guide, "low").value, high = figure_of(guide, "high").value;
  const double typical = figure_of(guide, "typical").value;
  out.text += fmt::format("\n  next  mlsysim eval MODEL HARDWARE --efficiency {:.3g}\n",
                          first_stated(typical, (low + high) / 2));
}

/// The twelve: what each means, and what each stack of the catalog leaves, with its range.
void show_factors(const Catalog& catalog, const Request& request, Output& out) {
  const auto& fields = entry_kind("software")->fields().all;
  const auto stacks = catalog.all("software");
  if (request.output == "json") {
    Json json{{"factors", Json::array()}};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      Json one{{"name", fields[i].path}, {"doc", fields[i].doc}};
      for (const Entry* stack : stacks) {
        const Figure& f = stack->figures[i];
        Json& left = one["stacks"][std::string(stack->id)];
        left = {{"value", f.value}, {"kind", word(f.kind)}, {"source", f.source}, {"where", f.where}};
        if (is_stated(f.low)) left["range"] = {f.low, f.high};
      }
      json["factors"].push_back(std::move(one));
    }
    out.text = json.dump(2) + "\n";
    return;
  }
  out.text = fmt::format("eta is a product: what each of {} factors leaves of the peak\n", fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    out.text += fmt::format("\n  {:>2}  {}\n      {}\n", i + 1, fields[i].path, fields[i].doc);
    for (const Entry* stack : stacks) {
      const Figure& f = stack->figures[i];
      out.text += fmt::format("      {:<14} {:.2g}", stack->id, f.value);
      if (is_stated(f.low)) out.text += fmt::format(" ({:.2g} to {:.2g})", f.low, f.high);
      out.text += fmt::format("  {}\n", word(f.kind));
    }
  }
  out.text +=
      "\n  mlsysim zoo tuned-device says on what each figure rests\n"
      "  mlsysim solve efficiency --model llama-3-8b --hardware h100 --set software.framework=0.8\n";
}

}  // namespace

int run_efficiency(const Request& request, const Catalog& catalog, Output& out) {
  if (request.explain) {
    if (!request.words.empty())
      return refuse(out, {{.message = "--explain lists the factors; a scenario has none of its own"}});
    show_factors(catalog, request, out);
    return answered;
  }
  Request list = request;
  if (request.words.empty()) {
    list.words = {"efficiencies"};
    const int code = run_zoo(list, catalog, out);
    if (request.output == "text")
      out.text += "  mlsysim efficiency NAME one of them      mlsysim efficiency --explain the twelve factors\n";
    return code;
  }
  const Entry* guide = catalog.find("guide", request.words[0]);
  if (!guide) return refuse(out, {catalog.missing("guide", request.words[0])});
  if (request.output == "json") out.text = entry_json(*guide).dump(2) + "\n";
  else show_guide(*guide, out);
  return answered;
}

}  // namespace mlsysim::cli
