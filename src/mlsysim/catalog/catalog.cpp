#include "mlsysim/catalog/catalog.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/catalog/band.hpp"
#include "mlsysim/catalog/engine.hpp"
#include "mlsysim/catalog/machine.hpp"
#include "mlsysim/catalog/model.hpp"
#include "mlsysim/catalog/software.hpp"
#include "mlsysim/catalog/spread.hpp"
#include "mlsysim/catalog/stack.hpp"
#include "mlsysim/catalog/system.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

template <template <class> class E>
const Fields& fields_of() {
  static const Fields fields = describe<E>();
  return fields;
}

constexpr EntryKind kinds[] = {
    {"kernels", "kernels", "how well libraries use a generation of devices", &fields_of<Kernels>},
    {"accelerator", "accelerators", "devices that compute", &fields_of<Accelerator>},
    {"model", "models", "networks", &fields_of<Model>},
    {"engine", "engines", "programs that run language models", &fields_of<InferenceEngine>},
    {"stack", "stacks", "programs that train language models", &fields_of<TrainingStack>},
    {"benchmark", "benchmarks", "what public benchmarks ask of language models", &fields_of<Benchmark>},
    {"band", "bands", "how far measurements lie from predictions", &fields_of<Band>},
    {"spread", "spreads", "how far stacks, chips and runs lie from each other", &fields_of<Spread>},
    {"grid", "grids", "electricity grids", &fields_of<Grid>},
    {"fabric", "fabrics", "networks between nodes", &fields_of<Fabric>},
    {"node", "nodes", "machines that hold accelerators", &fields_of<Node>},
    {"fleet", "fleets", "nodes joined by a fabric", &fields_of<Fleet>},
    {"storage", "storages", "where samples are kept", &fields_of<Storage>},
    {"dataset", "datasets", "samples to train on", &fields_of<Dataset>},
    {"format", "formats", "how numbers are stored", &fields_of<Format>},
    {"level", "levels", "memories and links, from registers to disks", &fields_of<Level>},
    {"operation", "operations", "energy of single operations", &fields_of<Arithmetic>},
    {"software", "software", "software stacks: what each of twelve factors leaves of a peak", &fields_of<Software>},
    {"guide", "efficiencies", "efficiencies (eta, MFU) that sources advise or report", &fields_of<Guide>},
    {"assumptions", "assumptions", "sets of modelling choices", &fields_of<Assumptions>},
};

/// `Hardware.Cloud.H100` is `Cloud.H100`.
std::string_view without_root(std::string_view name) {
  for (std::string_view root : {"Hardware.", "Models.", "Systems.", "Infra.", "Datasets.", "hardware.", "models."})
    if (name.starts_with(root)) return name.substr(root.size());
  return name;
}
std::string_view leaf(std::string_view path) { return path.substr(path.rfind('.') + 1); }

bool called(const Entry& entry, std::string_view key) {
  if (folded(entry.id) == key || folded(entry.registry) == key || folded(leaf(entry.registry)) == key) return true;
  return std::ranges::any_of(entry.aliases, [&](std::string_view alias) { return folded(alias) == key; });
}

}  // namespace

std::span<const EntryKind> entry_kinds() { return kinds; }
const EntryKind* entry_kind(std::string_view name) {
  for (const auto& kind : kinds)
    if (folded(kind.name) == folded(name) || folded(kind.folder) == folded(name)) return &kind;
  if (folded(name) == "hardware") return entry_kind("accelerator");
  return nullptr;
}

const Entry* Catalog::find(std::string_view kind, std::string_view name, std::string_view set) const {
  const std::string key = folded(without_root(name));
  if (key.empty()) return nullptr;
  for (const auto& own : own_)
    if (own->entry.kind == kind && called(own->entry, key)) return &own->entry;
  // Every name of an entry that a user's replaces means the user's.
  const auto standing = [&](const Entry& entry) -> const Entry* {
    for (const auto& own : own_)
      if (own->entry.kind == kind && own->replaces == entry.id) return &own->entry;
    return &entry;
  };
  // An id is nobody else's other name.
  const Entry *plain = nullptr, *exact = nullptr;
  for (const auto& entry : built_in_entries()) {
    if (entry.kind != kind) continue;
    if (!set.empty() && entry.set == set && called(entry, key)) return standing(entry);
    if (!entry.set.empty() || !called(entry, key)) continue;
    if (!plain) plain = standing(entry);
    if (!exact && folded(entry.id) == key) exact = standing(entry);
  }
  return exact ? exact : plain;
}

std::vector<const Entry*> Catalog::all(std::string_view kind) const {
  std::vector<const Entry*> result;
  for (const auto& entry : built_in_entries())
    if (entry.kind == kind && entry.set.empty() && std::ranges::none_of(own_, [&](const auto& own) {
          return own->entry.kind == kind && own->replaces == entry.id;
        }))
      result.push_back(&entry);
  for (const auto& own : own_)
    if (own->entry.kind == kind) result.push_back(&own->entry);
  return result;
}

Problem Catalog::missing(std::string_view kind, std::string_view name) const {
  const std::string key = folded(without_root(name));
  struct Near {
    int distance;
    std::string_view id;
  };
  std::vector<Near> near;
  for (const Entry* entry : all(kind)) {
    int best = edit_distance(folded(entry->id), key);
    std::string_view shown = entry->id;
    const auto consider = [&](std::string_view other) {
      if (const int d = edit_distance(folded(other), key); d < best) best = d, shown = other;
    };
    if (!entry->registry.empty()) consider(leaf(entry->registry)), consider(entry->registry);
    for (const auto alias : entry->aliases) consider(alias);
    // A name that continues another is near however long the rest: "h100" and "h100-sxm-80gb".
    if (folded(entry->id).starts_with(key) && key.size() > 2) best = std::min(best, 1);
    near.push_back({best, shown});
  }
  std::ranges::stable_sort(near, {}, &Near::distance);
  const int tolerance = std::max<int>(2, static_cast<int>(key.size()) / 3);
  Problem problem{.kind = Problem::Kind::lookup, .argument = std::string(kind)};
  const EntryKind* described = entry_kind(kind);
  problem.message = kind == "assumptions" ? fmt::format("no set of assumptions is called \"{}\"", quotable(name))
                                          : fmt::format("no {} is called \"{}\"", kind, quotable(name));
  for (std::size_t i = 0; i < near.size() && i < 3 && near[i].distance <= tolerance; ++i)
    problem.nearest += (i ? ", " : "") + std::string(near[i].id);
  if (problem.nearest.empty())
    problem.message += fmt::format(" (mlsysim zoo {} lists all)", described ? described->folder : "");
  return problem;
}

void Catalog::add(std::unique_ptr<OwnedEntry> own, Problems& problems) {
  const Entry& entry = own->entry;
  const auto taken_by = [&](std::string_view name) -> const Entry* {
    const Entry* other = find(entry.kind, name);
    return other && other->id != own->replaces ? other : nullptr;
  };
  for (const auto& name : entry.aliases)
    if (const Entry* other = taken_by(name))
      problems.push_back({.kind = Problem::Kind::data,
                          .place = std::string(entry.file),
                          .argument = "aliases",
                          .message = fmt::format("the alias \"{}\" already belongs to {}", name, other->id)});
  if (const Entry* other = taken_by(entry.id))
    problems.push_back({.kind = Problem::Kind::data,
                        .place = std::string(entry.file),
                        .argument = "id",
                        .message = fmt::format(
                            "\"{}\" is already in the catalog; write `replaces: {}` to stand in for it, or use another "
                            "file name",
                            entry.id, other->id)});
  own_.push_back(std::move(own));
}

const Source* Catalog::source(std::string_view id) {
  for (const auto& source : built_in_sources())
    if (source.id == id) return &source;
  return nullptr;
}

}  // namespace mlsysim
