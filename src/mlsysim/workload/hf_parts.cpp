#include "mlsysim/workload/hf_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/units/parse.hpp"

namespace mlsysim::hf {
namespace {

/// Layers that keep the last `window` tokens only.
struct Windowed {
  double layers = 0, window = 0;
  const char* key = "num_hidden_layers";  // that decides which
};

Windowed windowed_by_type(Reader& c, const Family& f, double layers, const Json& types) {
  Windowed w{.key = "layer_types"};
  if (!types.is_array() || static_cast<double>(types.size()) != layers) {
    c.problem("layer_types",
              fmt::format("layer_types = {}: expected a list of num_hidden_layers = {} words", shown(types), layers));
    return w;
  }
  for (const auto& type : types) {
    if (type == "sliding_attention") ++w.layers;
    else if (type != "full_attention") {
      c.problem("layer_types", fmt::format("layer_types: {} is not a kind of layer that can be read", shown(type)),
                nearest(shown(type), {"full_attention", "sliding_attention"}));
      return w;
    }
  }
  if (w.layers > 0 && c.given("use_sliding_window") && !c.flag_or("use_sliding_window", true))
    c.note("layer_types has sliding_attention although use_sliding_window is false: layer_types was followed");
  const bool absent = !c.has("sliding_window") && f.window > 0;
  if (w.layers > 0) w.window = absent ? c.size_or("sliding_window", f.window) : c.size("sliding_window");
  return w;
}

Windowed windowed_by_rule(Reader& c, const Family& f, double layers) {
  const bool optional = f.windows == Windows::after || f.experts == Experts::qwen || c.given("use_sliding_window");
  if (optional && !c.flag_or("use_sliding_window", false)) return {.key = "use_sliding_window"};
  Windowed w{.key = "sliding_window"};
  if (c.given("sliding_window")) w.window = c.size("sliding_window");
  else if (!c.has("sliding_window") && f.window > 0) w.window = c.size_or("sliding_window", f.window);
  if (w.window == 0 || f.windows == Windows::all) {
    w.layers = w.window == 0 ? 0 : layers;
  } else if (f.windows == Windows::after) {
    w.key = "max_window_layers";
    w.layers = std::max(0.0, layers - c.size_or(w.key, 28, 0));
  } else if (f.windows == Windows::pattern) {
    w.key = c.has("_sliding_window_pattern") ? "_sliding_window_pattern" : "sliding_window_pattern";
    w.layers = layers - std::floor(layers / c.size_or(w.key, 6));
  } else {
    w.layers = layers - std::floor(layers / 2);
  }
  return w;
}

/// Layers that have experts: every `decoder_sparse_step`th, less those named.
double sparse_layers(Reader& c, double layers) {
  const double step = c.size_or("decoder_sparse_step", 1);
  std::set<double> dense;
  if (const Json* list = c.find("mlp_only_layers")) {
    if (!list->is_array())
      return c.problem("mlp_only_layers", fmt::format("mlp_only_layers = {}: expected a list of layers", shown(*list))),
             0;
    for (const auto& item : *list) {
      const double layer = item.is_number() ? item.get<double>() : -1;
      if (!(layer >= 0 && layer < layers && layer == std::floor(layer)))
        return c.problem("mlp_only_layers",
                         fmt::format("mlp_only_layers: {} is not a layer: expected 0 to {}", shown(item), layers - 1)),
               0;
      dense.insert(layer);
    }
  }
  double count = 0;
  for (double i = 0; i < layers; ++i) count += std::fmod(i + 1, step) == 0 && !dense.contains(i) ? 1 : 0;
  return count;
}

}  // namespace

Trunk trunk(Reader& c, const Family& f, const char* hidden, const char* layers) {
  const double h = c.size(hidden), l = c.size(layers, 1, most_layers);
  const double v = f.vocab_size > 0 ? c.size_or("vocab_size", f.vocab_size) : c.size("vocab_size");
  c.put("hidden_dim", h, {hidden});
  c.put("layers", l, {layers});
  c.put("vocab_size", v, {"vocab_size"});
  return {h, l, v};
}

double vocabulary(Reader& c, const Family& f, const Trunk& t) {
  return t.embedding() * (c.flag_or("tie_word_embeddings", f.tied) ? 1 : 2);
}

void check_multiple(Reader& c, const char* large_key, double large, const char* small_key, double small) {
  if (!c.failed() && std::fmod(large, small) != 0)
    c.problem(small_key, fmt::format("{} = {} is not a multiple of {} = {}", large_key, large, small_key, small));
}

Heads heads_of(Reader& c, const Family& f, const Trunk& t) {
  const double n = f.heads > 0 ? c.size_or("num_attention_heads", f.heads) : c.size("num_attention_heads");
  const double kv = c.size_or("num_key_value_heads", f.kv_heads > 0 && !c.has("num_key_value_heads") ? f.kv_heads : n);
  check_multiple(c, "num_attention_heads", n, "num_key_value_heads", kv);
  const bool quotient = !c.given("head_dim") && f.head_dim == 0;
  if (quotient) check_multiple(c, "hidden_size", t.hidden, "num_attention_heads", n);
  const double d = quotient ? std::max(1.0, std::floor(t.hidden / n)) : c.size_or("head_dim", f.head_dim);
  c.understood({"head_dim"});
  c.put("heads", n, {"num_attention_heads"});
  c.put("kv_heads", kv, {"num_key_value_heads"});
  if (quotient) c.put("head_dim", d, {"hidden_size", "num_attention_heads"});
  else c.put("head_dim", d, {"head_dim"});
  return {n, kv, d};
}

void put_whole_cache(Reader& c, double layers, std::initializer_list<const char*> keys) {
  c.put("attention_layers", layers, keys);
  c.put("window_layers", 0, keys);
}

void put_cache(Reader& c, const Family& f, double layers) {
  const Json* types = c.find("layer_types");
  if (!types && f.windows == Windows::none) return put_whole_cache(c, layers, {"num_hidden_layers"});
  c.understood({"sliding_window", "sliding_window_pattern", "_sliding_window_pattern", "use_sliding_window",
                "max_window_layers"});
  const Windowed w = types ? windowed_by_type(c, f, layers, *types) : windowed_by_rule(c, f, layers);
  c.put("attention_layers", layers - w.layers, {"num_hidden_layers", w.key});
  c.put("window_layers", w.layers, {"num_hidden_layers", w.key});
  if (w.layers > 0) c.put("window", w.window, {"sliding_window"});
}

void put_kv_elements(Reader& c, const Family& f, const Heads& a) {
  if (c.given("head_dim") || f.head_dim > 0)
    c.put("kv_elements", 2 * a.kv_width(), {"num_key_value_heads", "head_dim"});
  else c.put("kv_elements", 2 * a.kv_width(), {"num_key_value_heads", "hidden_size", "num_attention_heads"});
}

Mixture mixture_of(Reader& c, const Family& f, const Trunk& t) {
  Mixture m;
  if (f.experts == Experts::none) return m;
  const bool qwen = f.experts == Experts::qwen || f.experts == Experts::qwen_shared,
             biases = f.experts == Experts::gpt_oss;
  m.experts_key = qwen ? "num_experts" : "num_local_experts";
  m.experts = c.size(m.experts_key);
  m.per_token = c.size("num_experts_per_tok");
  m.layers = qwen ? sparse_layers(c, t.layers) : t.layers;
  m.width = c.size(qwen ? "moe_intermediate_size" : "intermediate_size");
  m.expert = gated_mlp(t.hidden, m.width, biases);
  m.other = linear(t.hidden, m.experts, biases);
  if (f.experts == Experts::qwen_shared)  // and its gate
    m.other += gated_mlp(t.hidden, c.size("shared_expert_intermediate_size"), false) + t.hidden;
  if (biases) c.understood({"experts_per_token"});
  check_mixture(c, m);
  return m;
}

void check_mixture(Reader& c, const Mixture& m) {
  if (!c.failed() && m.per_token > m.experts)
    c.problem("num_experts_per_tok",
              fmt::format("num_experts_per_tok = {} is more than {} = {}", m.per_token, m.experts_key, m.experts));
}

void put_architecture(Reader& c, Architecture architecture, ForwardUnit unit) {
  c.put("architecture", static_cast<double>(architecture), {"model_type"});
  c.put("forward_unit", static_cast<double>(unit), {"model_type"});
}

void put_parameters(Reader& c, double total, const Mixture& m, const Trunk& t, Architecture architecture) {
  c.put_from_all("parameters", total);
  if (m.layers > 0 && m.experts > 1) {
    c.put("experts", m.experts, {m.experts_key});
    c.put("experts_per_token", m.per_token, {"num_experts_per_tok"});
  }
  const double active = total - m.layers * (m.experts - m.per_token) * m.expert;
  if (active >= total) return put_architecture(c, architecture);
  c.put_from_all("active_parameters", active);
  put_architecture(c, architecture == Architecture::hybrid ? architecture : Architecture::mixture_of_experts);
  c.note(fmt::format("active_parameters = {} counts embedding and head; without the embedding, as some publish it, {}",
                     print_number(active), print_number(active - t.embedding())));
}

}  // namespace mlsysim::hf
