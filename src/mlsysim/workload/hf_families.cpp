#include "mlsysim/workload/hf_families.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mlsysim::hf {
namespace {

bool biased(Reader& c, Bias bias, const char* key, bool otherwise) {
  return bias == Bias::always || (bias == Bias::by_key && c.flag_or(key, otherwise));
}

/// Llama and those that differ by a line of the table.
void decoder(Reader& c, const Family& f) {
  const Trunk t = trunk(c, f);
  const Heads a = heads_of(c, f, t);
  const bool shared = f.experts == Experts::qwen_shared, on = shared || f.experts == Experts::gpt_oss;
  const bool qkv = biased(c, f.qkv_bias, shared ? "qkv_bias" : "attention_bias", on),
             out = biased(c, f.out_bias, "attention_bias", on);
  const double attention = linear(t.hidden, a.width(), qkv) + 2 * linear(t.hidden, a.kv_width(), qkv) +
                           linear(a.width(), t.hidden, out) + (f.qk_norm ? 2 * a.dim : 0) + (f.sinks ? a.count : 0);
  const Mixture m = mixture_of(c, f, t);
  const double dense = t.layers - m.layers;
  c.understood({"intermediate_size"});
  const double inner = dense > 0 ? c.size("intermediate_size") : m.width;
  const double mlp = gated_mlp(t.hidden, inner, biased(c, f.mlp_bias, "mlp_bias", false));
  const double total =
      vocabulary(c, f, t) + t.layers * (attention + f.norms * t.hidden) + dense * mlp + m.weights() + t.hidden;
  const bool of_expert = m.layers > 0 && std::string_view(m.experts_key) == "num_experts";
  c.put("ffn_dim", m.layers > 0 ? m.width : inner, {of_expert ? "moe_intermediate_size" : "intermediate_size"});
  put_parameters(c, total, m, t);
  put_cache(c, f, t.layers);
  put_kv_elements(c, f, a);
}

/// Phi-1.5 and Phi-2: attention and feed-forward side by side behind one norm, biases everywhere, one on the
/// head.
void phi(Reader& c, const Family& f) {
  const Trunk t = trunk(c, f);
  const Heads a = heads_of(c, f, t);
  const double inner = c.size("intermediate_size");
  double layer =
      linear(t.hidden, a.width(), true) + 2 * linear(t.hidden, a.kv_width(), true) + linear(a.width(), t.hidden, true);
  layer += plain_mlp(t.hidden, inner) + 2 * t.hidden;
  if (c.flag_or("qk_layernorm", false)) layer += 4 * std::floor(t.hidden / a.count);
  const double total = vocabulary(c, f, t) + t.vocab + t.layers * layer + 2 * t.hidden;
  c.put("ffn_dim", inner, {"intermediate_size"});
  put_parameters(c, total, {}, t);
  put_cache(c, f, t.layers);
  put_kv_elements(c, f, a);
}

void gpt2(Reader& c, const Family& f) {
  const Trunk t = trunk(c, f, "n_embd", "n_layer");
  const double heads = c.size("n_head"), positions = c.size("n_positions");
  check_multiple(c, "n_embd", t.hidden, "n_head", heads);
  const bool own = c.given("n_inner");
  const double inner = own ? c.size("n_inner") : 4 * t.hidden;
  const double layer = 4 * t.hidden + linear(t.hidden, 3 * t.hidden, true) + linear(t.hidden, t.hidden, true) +
                       plain_mlp(t.hidden, inner);
  c.put("heads", heads, {"n_head"});
  c.put("kv_heads", heads, {"n_head"});
  c.put("head_dim", std::floor(t.hidden / heads), {"n_embd", "n_head"});
  c.put("ffn_dim", inner, {own ? "n_inner" : "n_embd"});
  put_parameters(c, vocabulary(c, f, t) + positions * t.hidden + t.layers * layer + 2 * t.hidden, {}, t);
  put_whole_cache(c, t.layers, {"n_layer"});
  c.put("kv_elements", 2 * t.hidden, {"n_embd"});
}

/// An encoder: one sample is a whole sequence, and there is no cache.
void bert(Reader& c, const Family& f) {
  const Trunk t = trunk(c, f);
  const double h = t.hidden, heads = c.size("num_attention_heads"), inner = c.size("intermediate_size");
  const double positions = c.size("max_position_embeddings"), types = c.size_or("type_vocab_size", 2);
  check_multiple(c, "hidden_size", h, "num_attention_heads", heads);
  const std::string kind = c.word_or("position_embedding_type", "absolute");
  if (kind != "absolute")
    c.note(fmt::format("position_embedding_type = {}: its distance embeddings are not counted", printable(kind)));
  const double layer = 4 * linear(h, h, true) + plain_mlp(h, inner) + 4 * h;
  const double total = (t.vocab + positions + types) * h + 2 * h + t.layers * layer + linear(h, h, true);
  c.put("heads", heads, {"num_attention_heads"});
  c.put("head_dim", std::floor(h / heads), {"hidden_size", "num_attention_heads"});
  c.put("ffn_dim", inner, {"intermediate_size"});
  c.put_from_all("parameters", total);
  put_architecture(c, Architecture::transformer, ForwardUnit::sample);
  c.put("attention_layers", 0, {"model_type"});
  const auto keys = {"max_position_embeddings", "num_hidden_layers", "hidden_size", "intermediate_size"};
  c.put("inference_flops", 2 * t.layers * ((4 * h * h + 2 * h * inner) * positions + 2 * positions * positions * h),
        keys);
  c.put("activations", t.layers * positions * (6 * h + inner), keys);
  c.put("peak_activations", positions * (2 * h + inner), keys);
  c.note(
      fmt::format("one sample is max_position_embeddings = {} tokens, embeddings and pooler free; the pooler "
                  "is in the count, the head of "
                  "pre-training is not",
                  positions));
}

/// Weights and state of a Mamba layer.
struct Mixer {
  double weights, state;
};
Mixer mamba_mixer(double hidden, double inner, double rank, double state, double kernel, bool conv_bias, bool bias) {
  const double convolution = inner * kernel + (conv_bias ? inner : 0);
  return {linear(hidden, 2 * inner, bias) + convolution + inner * (rank + 2 * state) + linear(rank, inner, true) +
              inner * (state + 1) + linear(inner, hidden, bias),
          inner * (state + kernel)};
}
/// The rank of the step projection: a number, or "auto" for a 16th of the width.
double step_rank(Reader& c, const char* key, double hidden) {
  const Json* value = c.find(key);
  return !value || *value == "auto" ? std::ceil(hidden / 16) : c.size(key);
}

void put_state_space(Reader& c, const Trunk& t, double total, double state, std::initializer_list<const char*> keys) {
  c.put_from_all("parameters", total);
  put_architecture(c, Architecture::state_space);
  c.put("attention_layers", 0, {"model_type"});
  c.put("state_elements", t.layers * state, keys);
}

void mamba(Reader& c, const Family& f) {
  const Trunk t = trunk(c, f);
  const double state = c.size("state_size"), kernel = c.size_or("conv_kernel", 4);
  const bool own = c.given("intermediate_size");
  const double inner =
      own ? c.size("intermediate_size") : std::max(1.0, std::floor(c.positive_or("expand", 2) * t.hidden));
  const double rank = step_rank(c, "time_step_rank", t.hidden);
  const Mixer mixer =
      mamba_mixer(t.hidden, inner, rank, state, kernel, c.flag_or("use_conv_bias", true), c.flag_or("use_bias", false));
  c.understood({"expand", "d_model", "d_inner", "n_layer", "ssm_cfg", "rms_norm"});
  put_state_space(c, t, vocabulary(c, f, t) + t.layers * (mixer.weights + t.hidden) + t.hidden, mixer.state,
                  {"num_hidden_layers", own ? "intermediate_size" : "expand", "state_size", "conv_kernel"});
}

void mamba2(Reader& c, const Family& f) {
  const Trunk t = trunk(c, f);
  const double state = c.size("state_size"), kernel = c.size_or("conv_kernel", 4), groups = c.size_or("n_groups", 8);
  const double heads = c.size("num_heads"), dim = c.size("head_dim");
  const double inner = std::floor(c.positive_or("expand", 2) * t.hidden);
  if (!c.failed() && heads * dim != inner)
    c.problem("num_heads",
              fmt::format("num_heads × head_dim = {} × {} is not expand × hidden_size = {}", heads, dim, inner));
  const double convolved = inner + 2 * groups * state;
  const bool bias = c.flag_or("use_bias", false);
  const double mixer = linear(t.hidden, inner + convolved + heads, bias) + convolved * kernel +
                       (c.flag_or("use_conv_bias", true) ? convolved : 0) + 3 * heads + inner +
                       linear(inner, t.hidden, bias);
  c.understood({"time_step_rank", "rms_norm", "norm_before_gate", "intermediate_size"});
  put_state_space(c, t, vocabulary(c, f, t) + t.layers * (mixer + t.hidden) + t.hidden,
                  inner * state + convolved * kernel,
                  {"num_hidden_layers", "num_heads", "head_dim", "state_size", "n_groups", "conv_kernel"});
}

/// Latent attention and shared experts.
void deepseek(Reader& c, const Family& f) {
  const bool third = std::string_view(f.name) == "deepseek_v3";
  const Trunk t = trunk(c, f);
  const double h = t.hidden, heads = c.size("num_attention_heads"), inner = c.size("intermediate_size");
  const double kv_rank = c.size("kv_lora_rank"), rotary = c.size("qk_rope_head_dim"),
               plain = c.size("qk_nope_head_dim");
  const double value = c.size("v_head_dim");
  const double q_rank = c.has("q_lora_rank") && !c.given("q_lora_rank") ? 0 : c.size_or("q_lora_rank", 1536);
  c.understood({"q_lora_rank", "num_key_value_heads", "head_dim", "qk_head_dim"});
  const bool bias = c.flag_or("attention_bias", false), mlp_bias = !third && c.flag_or("mlp_bias", false);
  const double score = heads * (plain + rotary);
  double attention = q_rank > 0 ? linear(h, q_rank, bias) + q_rank + q_rank * score : h * score;
  attention +=
      linear(h, kv_rank + rotary, bias) + kv_rank + kv_rank * heads * (plain + value) + linear(heads * value, h, bias);
  Mixture m;
  m.experts_key = "n_routed_experts";
  if (!c.has("n_routed_experts") || c.given("n_routed_experts")) {
    const double dense = c.size_or("first_k_dense_replace", 0, 0, t.layers), period = c.size_or("moe_layer_freq", 1);
    const double shared = c.size_if_given("n_shared_experts", 0).value_or(0);
    m.experts = c.size("n_routed_experts");
    m.per_token = c.size("num_experts_per_tok");
    m.width = c.size("moe_intermediate_size");
    m.expert = gated_mlp(h, m.width, mlp_bias);
    const bool corrected = third && c.word_or("topk_method", "noaux_tc") == "noaux_tc";  // e_score_correction_bias
    m.other = h * m.experts + (corrected ? m.experts : 0) + (shared > 0 ? gated_mlp(h, m.width * shared, mlp_bias) : 0);
    for (double i = 0; i < t.layers; ++i) m.layers += i >= dense && std::fmod(i, period) == 0 ? 1 : 0;
    check_mixture(c, m);
  }
  c.understood({"n_routed_experts"});
  const double total = vocabulary(c, f, t) + t.layers * (attention + 2 * h) +
                       (t.layers - m.layers) * gated_mlp(h, inner, mlp_bias) + m.weights() + h;
  c.put("heads", heads, {"num_attention_heads"});
  c.put("head_dim", plain + rotary, {"qk_nope_head_dim", "qk_rope_head_dim"});
  c.put("ffn_dim", m.layers > 0 ? m.width : inner, {m.layers > 0 ? "moe_intermediate_size" : "intermediate_size"});
  put_parameters(c, total, m, t);
  put_whole_cache(c, t.layers, {"num_hidden_layers"});
  c.put("kv_elements", kv_rank + rotary, {"kv_lora_rank", "qk_rope_head_dim"});
  if (const double extra = c.size_if_given("num_nextn_predict_layers", 0).value_or(0); extra > 0)
    c.note(fmt::format("num_nextn_predict_layers = {}: the layers that predict further tokens are not counted", extra));
}

/// Attention in one layer of a period, Mamba in the others; experts in one layer of another period.
void jamba(Reader& c, const Family& f) {
  const Trunk t = trunk(c, f);
  const Heads a = heads_of(c, f, t);
  const double h = t.hidden, inner = c.size("intermediate_size");
  const double attention_period = c.size_or("attn_layer_period", 8),
               attention_offset = c.size_or("attn_layer_offset", 4, 0);
  const double expert_period = c.size_or("expert_layer_period", 2),
               expert_offset = c.size_or("expert_layer_offset", 1, 0);
  const auto attends = [&](double i) { return std::fmod(i, attention_period) == attention_offset; };
  Mixture m{.experts = c.size("num_experts"),
            .per_token = c.size("num_experts_per_tok"),
            .width = inner,
            .experts_key = "num_experts"};
  double attention_layers = 0;
  for (double i = 0; i < t.layers; ++i) {
    attention_layers += attends(i) ? 1 : 0;
    m.layers += m.experts > 1 && std::fmod(i, expert_period) == expert_offset ? 1 : 0;
  }
  m.expert = gated_mlp(h, inner, false);
  m.other = h * m.experts;
  if (m.layers > 0) check_mixture(c, m);
  const double state = c.size_or("mamba_d_state", 16), kernel = c.size_or("mamba_d_conv", 4);
  const double width = std::floor(c.positive_or("mamba_expand", 2) * h), rank = step_rank(c, "mamba_dt_rank", h);
  const Mixer mixer = mamba_mixer(h, width, rank, state, kernel, c.flag_or("mamba_conv_bias", true),
                                  c.flag_or("mamba_proj_bias", false));
  const double attention = 2 * h * (a.width() + a.kv_width()), mamba_layers = t.layers - attention_layers;
  const double total = vocabulary(c, f, t) + attention_layers * attention +
                       mamba_layers * (mixer.weights + rank + 2 * state) + t.layers * 2 * h +
                       (t.layers - m.layers) * m.expert + m.weights() + h;
  c.put("ffn_dim", inner, {"intermediate_size"});
  put_parameters(c, total, m, t, Architecture::hybrid);
  const double window = c.size_if_given("sliding_window").value_or(0);
  c.put("attention_layers", window > 0 ? 0 : attention_layers,
        {"num_hidden_layers", "attn_layer_period", "attn_layer_offset"});
  c.put("window_layers", window > 0 ? attention_layers : 0,
        {"num_hidden_layers", "attn_layer_period", "attn_layer_offset"});
  if (window > 0) c.put("window", window, {"sliding_window"});
  put_kv_elements(c, f, a);
  c.put("state_elements", mamba_layers * mixer.state,
        {"num_hidden_layers", "attn_layer_period", "mamba_expand", "mamba_d_state", "mamba_d_conv"});
}

constexpr Bias by_key = Bias::by_key, always = Bias::always;
constexpr Family table[] = {
    {.name = "llama", .stem = "Llama", .count = decoder, .qkv_bias = by_key, .out_bias = by_key, .mlp_bias = by_key},
    {.name = "mistral", .stem = "Mistral", .count = decoder, .kv_heads = 8, .windows = Windows::all, .window = 4096},
    {.name = "mixtral",
     .stem = "Mixtral",
     .count = decoder,
     .kv_heads = 8,
     .windows = Windows::all,
     .experts = Experts::mixtral},
    {.name = "qwen2",
     .stem = "Qwen2",
     .count = decoder,
     .qkv_bias = always,
     .kv_heads = 32,
     .windows = Windows::after,
     .window = 4096},
    {.name = "qwen2_moe",
     .stem = "Qwen2Moe",
     .count = decoder,
     .qkv_bias = by_key,
     .kv_heads = 16,
     .windows = Windows::after,
     .window = 4096,
     .experts = Experts::qwen_shared},
    {.name = "qwen3",
     .stem = "Qwen3",
     .count = decoder,
     .qkv_bias = by_key,
     .out_bias = by_key,
     .qk_norm = true,
     .head_dim = 128,
     .kv_heads = 32,
     .windows = Windows::after,
     .window = 4096},
    {.name = "qwen3_moe",
     .stem = "Qwen3Moe",
     .count = decoder,
     .qkv_bias = by_key,
     .out_bias = by_key,
     .qk_norm = true,
     .kv_heads = 4,
     .windows = Windows::all,
     .window = 4096,
     .experts = Experts::qwen},
    {.name = "gemma",
     .stem = "Gemma",
     .count = decoder,
     .qkv_bias = by_key,
     .out_bias = by_key,
     .tied = true,
     .head_dim = 256,
     .kv_heads = 16},
    {.name = "gemma2",
     .stem = "Gemma2",
     .count = decoder,
     .qkv_bias = by_key,
     .out_bias = by_key,
     .tied = true,
     .norms = 4,
     .head_dim = 256,
     .kv_heads = 4,
     .windows = Windows::alternate,
     .window = 4096},
    {.name = "gemma3_text",
     .stem = "Gemma3",
     .count = decoder,
     .qkv_bias = by_key,
     .out_bias = by_key,
     .qk_norm = true,
     .tied = true,
     .norms = 4,
     .head_dim = 256,
     .heads = 8,
     .kv_heads = 4,
     .vocab_size = 262208,
     .windows = Windows::pattern,
     .window = 4096},
    {.name = "phi", .stem = "Phi", .count = phi},
    {.name = "phi3", .stem = "Phi3", .count = decoder, .windows = Windows::all},
    {.name = "gpt2", .stem = "GPT2", .count = gpt2, .tied = true},
    {.name = "bert", .stem = "Bert", .count = bert},
    {.name = "mamba", .stem = "Mamba", .count = mamba, .tied = true},
    {.name = "mamba2", .stem = "Mamba2", .count = mamba2},
    {.name = "deepseek_v2", .stem = "DeepseekV2", .count = deepseek},
    {.name = "deepseek_v3", .stem = "DeepseekV3", .count = deepseek},
    {.name = "gpt_oss",
     .stem = "GptOss",
     .count = decoder,
     .qkv_bias = by_key,
     .out_bias = by_key,
     .sinks = true,
     .head_dim = 64,
     .kv_heads = 8,
     .windows = Windows::alternate,
     .window = 128,
     .experts = Experts::gpt_oss},
    {.name = "jamba", .stem = "Jamba", .count = jamba, .kv_heads = 8},
};
constexpr Family like_llama{.name = "llama",
                            .stem = "Llama",
                            .count = decoder,
                            .qkv_bias = by_key,
                            .out_bias = by_key,
                            .mlp_bias = by_key,
                            .windows = Windows::all};

}  // namespace

std::span<const Family> families() { return table; }
const Family& llama_like() { return like_llama; }

}  // namespace mlsysim::hf
