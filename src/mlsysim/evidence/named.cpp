#include "mlsysim/evidence/named.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

const Entry* first_found(const Catalog& catalog, std::string_view kind, const std::vector<std::string>& names) {
  for (const auto& name : names)
    if (!name.empty())
      if (const Entry* found = catalog.find(kind, name)) return found;
  return nullptr;
}

/// A name, then without the folder before it, then without each ending that says how it was tuned or stored.
std::vector<std::string> spellings(std::string name) {
  std::vector<std::string> all{name};
  if (const auto slash = name.rfind('/'); slash != std::string::npos) all.push_back(name = name.substr(slash + 1));
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (std::string_view ending : {"-instruct", "-chat", "-it", "-hf", "-fp8", "-bf16", "-fp16", "-awq", "-gptq",
                                    "-base", "-int4", "-int8", "-2507", "-v0.1", "-v0.2", "-v0.3", "-99.9", "-99"}) {
      if (name.size() <= ending.size()) continue;
      std::string last = lower_case(name.substr(name.size() - ending.size()));
      for (char& c : last)
        if (c == ' ' || c == '_') c = '-';
      if (last != ending) continue;
      name.resize(name.size() - ending.size());
      all.push_back(name);
      shorter = true;
    }
  }
  return all;
}

/// Parameters that follow from a shape: gated feed-forward where its width is stated, else four times the width, not gated.
void count_parameters(Model<double>& m, bool gated) {
  const double attention = m.hidden_dim * m.head_dim * (2 * m.heads + 2 * m.kv_heads);
  const double block = (gated ? 3 : 2) * m.hidden_dim * m.ffn_dim;
  const double table = first_stated(m.vocab_size, 0.0) * m.hidden_dim;
  const bool mixture = m.architecture == Architecture::mixture_of_experts;
  m.parameters = m.layers * (attention + block * (mixture ? m.experts : 1)) + 2 * table;
  if (mixture) m.active_parameters = m.layers * (attention + block * m.experts_per_token) + 2 * table;
}

std::optional<Model<double>> by_shape(const Measurement& row) {
  const auto layers = number(row, "n_layers"), hidden = number(row, "hidden"), heads = number(row, "n_heads");
  if (!layers || !hidden || !heads) return {};
  Model<double> m = {};
  const double absent = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> nothing(describe<Model>().all.size(), absent);
  nothing[0] = nothing[1] = nothing[2] = 0;  // the choices
  Load<double> load{nothing.data()};
  Model<double>::fields(m, load);
  m.layers = *layers;
  m.hidden_dim = *hidden;
  m.heads = *heads;
  m.kv_heads = number(row, "n_kv_heads").value_or(*heads);
  m.head_dim = *hidden / *heads;
  m.vocab_size = number(row, "vocab").value_or(absent);
  const auto ffn = number(row, "ffn_hidden");
  m.ffn_dim = ffn.value_or(4 * *hidden);
  if (const auto experts = number(row, "n_experts"); experts && *experts > 1) {
    m.architecture = Architecture::mixture_of_experts;
    m.experts = *experts;
    m.experts_per_token = number(row, "experts_per_token").value_or(2);
  }
  m.attention_layers = m.layers;
  m.kv_elements = 2 * m.kv_heads * m.head_dim;
  count_parameters(m, ffn.has_value());
  if (const auto stated = number(row, "params_m"); stated && !ffn && m.architecture == Architecture::transformer)
    m.parameters = *stated * 1e6;
  return m;
}

bool agrees(const Model<double>& m, const Measurement& row) {
  const auto same = [&](std::string_view column, double value) {
    const auto stated = number(row, column);
    return !stated || !is_stated(value) || *stated == value;
  };
  return same("n_layers", m.layers) && same("hidden", m.hidden_dim) && same("n_heads", m.heads);
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::optional<double> number(const Measurement& row, std::string_view column) {
  const std::string_view text = row[column];
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::optional<NamedModel> model_of(const Measurement& row, const Catalog& catalog) {
  const std::string name(row["model_name"]);
  if (const Entry* entry = first_found(catalog, "model", spellings(name))) {
    const auto model = loaded<Model>(*entry);
    if (agrees(model, row)) return NamedModel{std::string(entry->id), model};
  }
  if (const auto shape = by_shape(row)) return NamedModel{name, *shape};
  return {};
}

const Entry* device_of(const Measurement& row, const Catalog& catalog) {
  const std::string chip(row["chip"]), hardware(row["hardware"]);
  std::vector<std::string> names{chip, hardware};
  if (const auto open = hardware.find(" ("); open != std::string::npos) {
    // A card in a small machine stands in parentheses; else they say how much memory, or how much power, it has.
    std::string inside = hardware.substr(open + 2, hardware.find(')', open) - open - 2);
    for (std::string_view vendor : {"Nvidia ", "NVIDIA ", "AMD ", "Intel "})
      if (inside.starts_with(vendor)) inside = inside.substr(vendor.size());
    names.push_back(inside);
    bool of_the_device = false;
    for (std::string_view word : {"GB", "W cap", "core", "SXM", "PCIe", "GCD", "link", "GPU"})
      of_the_device = of_the_device || has(inside, word);
    if (of_the_device) names.push_back(hardware.substr(0, open));
  }
  if (const Entry* found = first_found(catalog, "accelerator", names)) return found;
  for (auto& name : names) {  // "H100 80GB", "8x H100"
    if (const auto space = name.rfind(' '); space != std::string::npos && name.ends_with("GB")) name.resize(space);
    for (std::string_view vendor : {"Nvidia ", "NVIDIA ", "AMD ", "Intel "})
      if (name.starts_with(vendor)) name = name.substr(vendor.size());
  }
  return first_found(catalog, "accelerator", names);
}

const Entry* engine_of(const Measurement& row, const Catalog& catalog) {
  const std::string name = folded(row["engine"]);
  const Entry* best = nullptr;
  std::size_t longest = 0;
  for (const Entry* entry : catalog.all("engine"))
    for (const auto alias : entry->aliases)
      if (const std::string key = folded(alias); key.size() > longest && has(name, key)) {
        best = entry;
        longest = key.size();
      }
  return best;
}

const Entry& engine_class(const Entry& engine, const Catalog& catalog) {
  const auto copied = std::ranges::find_if(engine.figures, [](const Figure& f) { return !f.inherited.empty(); });
  const Entry* like = copied == engine.figures.end() ? nullptr : catalog.find("engine", copied->inherited);
  return like && like != &engine ? engine_class(*like, catalog) : engine;
}

}  // namespace mlsysim
