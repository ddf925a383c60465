#include "mlsysim/evidence/named.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

const Entry* first_found(const Catalog& catalog, std::string_view kind, const std::vector<std::string>& names) {
  for (const auto& name : names)
    if (!name.empty())
      if (const Entry* found = catalog.find(kind, name)) return found;
  return nullptr;
}

/// Small letters, and one sign for what parts words.
std::string plain(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = static_cast<char>(c == ' ' || c == '_' ? '-' : std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// How a model was stored, tuned or run, as sources write it behind its name.
constexpr std::string_view endings[] = {
    "-instruct", "-chat",      "-it",       "-hf",           "-fp8",           "-bf16",   "-fp16",    "-awq",
    "-gptq",     "-base",      "-int4",     "-int8",         "-2507",          "-v0.1",   "-v0.2",    "-v0.3",
    "-99.9",     "-99",        "-lora",     "-qlora",        "-sft",           "-peft",   "-adapter", "-2-node",
    "-finetune", "-fine-tune", "-pretrain", "-pre-training", "-full-training", "-maxtext"};

/// A name, then without what stands in parentheses behind it, without the folder before it, and without each ending that says
/// how it was stored, tuned or run.
std::vector<std::string> spellings(std::string name) {
  std::vector<std::string> all{name};
  const auto shorten = [&](std::size_t length) {
    name.resize(length);
    while (name.ends_with(' ')) name.pop_back();
    all.push_back(name);
  };
  if (const auto open = name.rfind(" ("); open != std::string::npos && open > 0 && name.ends_with(')')) shorten(open);
  if (const auto slash = name.rfind('/'); slash != std::string::npos) all.push_back(name = name.substr(slash + 1));
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (const auto ending : endings)
      if (name.size() > ending.size() && plain(name).ends_with(ending)) {
        shorten(name.size() - ending.size());
        shorter = true;
      }
  }
  return all;
}

/// Weights of a layer but for its feed-forward, of one feed-forward block, and of a table of tokens.
double attention_weights(const Model<double>& m) { return m.hidden_dim * m.head_dim * (2 * m.heads + 2 * m.kv_heads); }
double block_weights(const Model<double>& m, bool gated) { return (gated ? 3 : 2) * m.hidden_dim * m.ffn_dim; }
double table_weights(const Model<double>& m) { return first_stated(m.vocab_size, 0.0) * m.hidden_dim; }

/// Parameters that follow from a shape. A feed-forward block is gated where its width is stated and is not the four times of a
/// plain one. What else the shape leaves open is what gives the stated number best: whether the table of tokens is also the head,
/// and whether positions have a table.
void count_parameters(Model<double>& m, bool gated, double positions, std::optional<double> stated) {
  const double table = table_weights(m), block = block_weights(m, gated);
  if (m.architecture == Architecture::mixture_of_experts) {
    m.parameters = m.layers * (attention_weights(m) + block * m.experts) + 2 * table;
    m.active_parameters = m.layers * (attention_weights(m) + block * m.experts_per_token) + 2 * table;
    return;
  }
  const double layers = m.layers * (attention_weights(m) + block);
  m.parameters = layers + 2 * table;
  if (!stated) return;
  for (const Embeddings embeddings : {Embeddings::untied, Embeddings::tied})
    for (const double learned : {0.0, positions}) {
      const double counted = layers + (embeddings == Embeddings::tied ? 1 : 2) * table + learned;
      if (std::abs(counted - *stated) < std::abs(m.parameters - *stated)) {
        m.parameters = counted;
        m.embeddings = embeddings;
      }
    }
}

/// Heads of a width that says no more: as near to 128 wide as it divides.
double usual_heads(double hidden) {
  double best = 1;
  for (double heads = 1; heads <= hidden; ++heads)
    if (std::fmod(hidden, heads) == 0 &&
        std::abs(std::log(hidden / heads / 128)) < std::abs(std::log(hidden / best / 128)))
      best = heads;
  return best;
}

std::optional<double> stated_parameters(const Measurement& row) {
  if (const auto millions = number(row, "params_m")) return *millions * 1e6;
  if (const auto billions = number(row, "params_b")) return *billions * 1e9;
  return {};
}

/// The model that the columns of a row describe. Heads that are not stated are taken to be usual ones, layers to be those that
/// make up the stated parameters; without a width, or both layers and parameters, there is none.
std::optional<Model<double>> by_shape(const Measurement& row) {
  const auto layers = number(row, "n_layers"), hidden = number(row, "hidden"), heads = number(row, "n_heads");
  const auto stated = stated_parameters(row);
  if (!hidden || !(*hidden >= 1 && *hidden <= 1e6) || (!layers && !stated)) return {};
  Model<double> m = {};
  const double absent = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> nothing(describe<Model>().all.size(), absent);
  nothing[0] = nothing[1] = nothing[2] = 0;  // the choices
  Load<double> load{nothing.data()};
  Model<double>::fields(m, load);
  m.hidden_dim = *hidden;
  m.heads = heads.value_or(usual_heads(*hidden));
  m.kv_heads = number(row, "n_kv_heads").value_or(m.heads);
  m.head_dim = *hidden / m.heads;
  m.vocab_size = number(row, "vocab").value_or(absent);
  const auto ffn = number(row, "ffn_hidden");
  m.ffn_dim = ffn.value_or(4 * *hidden);
  const bool gated = m.ffn_dim != 4 * *hidden;
  if (const auto experts = number(row, "n_experts"); experts && *experts > 1) {
    m.architecture = Architecture::mixture_of_experts;
    m.experts = *experts;
    m.experts_per_token = number(row, "experts_per_token").value_or(2);
  }
  if (!layers && m.architecture == Architecture::mixture_of_experts) return {};
  m.layers =
      layers
          ? *layers
          : std::max(1.0, std::round((*stated - table_weights(m)) / (attention_weights(m) + block_weights(m, gated))));
  m.attention_layers = m.layers;
  m.kv_elements = 2 * m.kv_heads * m.head_dim;
  count_parameters(m, gated, number(row, "seq_len").value_or(0) * *hidden, stated);
  if (stated && !ffn && m.architecture == Architecture::transformer) m.parameters = *stated;
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
  const Entry* like = copied == engine.figures.end() ? nullptr : catalog.find(engine.kind, copied->inherited);
  return like && like != &engine ? engine_class(*like, catalog) : engine;
}

}  // namespace mlsysim
