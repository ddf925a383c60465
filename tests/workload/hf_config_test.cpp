#include <yaml-cpp/yaml.h>

#include "hf_imported.hpp"

using namespace mlsysim;
using namespace mlsysim::imported;

namespace {

struct Counted {
  const char* text;
  double parameters, active;
};

}  // namespace

TEST_CASE(
    "hf config: every example counts within 0.5 % of its published parameters and caches its published bytes "
    "a token") {
  const YAML::Node published = YAML::Load(text_of(models / "published.yaml"));
  int compared = 0;
  for (const auto& pair : published) {
    const auto id = pair.first.as<std::string>();
    CAPTURE(id);
    const ImportedModel model = import_example(id);
    // The published count of Gemma 3 4B holds a vision tower and a projector, which the importer reports and
    // leaves out.
    const double other = id == "gemma-3-4b" ? 419816304 : 0;
    const double expected = pair.second["parameters"].as<double>() - other;
    CHECK(std::abs(value_of(model, "parameters") / expected - 1) < 0.005);
    CHECK(cache_bytes(model, 1) == pair.second["kv_bytes_per_token_16bit"].as<double>());
    CHECK(model.entry->entry.id == id);
    ++compared;
  }
  CHECK(compared >= 20);
}

TEST_CASE("hf config: every folder of examples/models has a published count") {
  const YAML::Node published = YAML::Load(text_of(models / "published.yaml"));
  for (const auto& folder : std::filesystem::directory_iterator(models))
    if (std::filesystem::exists(folder.path() / "config.json"))
      CHECK_MESSAGE(published[folder.path().filename().string()], folder.path().string());
}

TEST_CASE("hf config: caches of 1,000 and 10,000 tokens are those of hand arithmetic at 16 bit") {
  struct {
    const char* id;
    double at_1000, at_10000;
  } const rows[] = {
      {"llama-3-8b", 32. * 2 * 8 * 128 * 2 * 1000, 32. * 2 * 8 * 128 * 2 * 10000},
      {"llama-3-70b", 80. * 2 * 8 * 128 * 2 * 1000, 80. * 2 * 8 * 128 * 2 * 10000},
      {"mistral-7b", 32. * 2 * 8 * 128 * 2 * 1000, 32. * 2 * 8 * 128 * 2 * 4096},  // all in a window of 4096
      {"gemma-2-9b", 42. * 2 * 8 * 256 * 2 * 1000, 2. * 8 * 256 * 2 * (21. * 10000 + 21. * 4096)},  // half of them
      {"gemma-3-4b", 34. * 2 * 4 * 256 * 2 * 1000, 2. * 4 * 256 * 2 * (5. * 10000 + 29. * 1024)},   // 5 of 34 are full
      {"gpt-oss-20b", 2. * 8 * 64 * 2 * (12. * 1000 + 12. * 128), 2. * 8 * 64 * 2 * (12. * 10000 + 12. * 128)},
      {"phi-3-mini", 32. * 2 * 32 * 96 * 2 * 1000, 32. * 2 * 32 * 96 * 2 * 2047},
      {"qwen2-7b", 28. * 2 * 4 * 128 * 2 * 1000, 28. * 2 * 4 * 128 * 2 * 10000},  // a window that is not used
      {"deepseek-v3", 61. * 576 * 2 * 1000, 61. * 576 * 2 * 10000},
      {"gpt2", 12. * 2 * 768 * 2 * 1000, 12. * 2 * 768 * 2 * 10000},
      {"mixtral-8x7b", 32. * 2 * 8 * 128 * 2 * 1000, 32. * 2 * 8 * 128 * 2 * 10000},
      {"mamba-2.8b", 0, 0},
      {"bert-base-uncased", 0, 0},
  };
  for (const auto& row : rows) {
    CAPTURE(row.id);
    const ImportedModel model = import_example(row.id);
    CHECK(cache_bytes(model, 1000) == row.at_1000);
    CHECK(cache_bytes(model, 10000) == row.at_10000);
  }
}

TEST_CASE("hf config: Llama 3 8B is 8,030,261,248 weights of the shape that its file states") {
  const ImportedModel m = import_example("llama-3-8b");
  CHECK(value_of(m, "parameters") == 8030261248.0);
  CHECK(value_of(m, "layers") == 32);
  CHECK(value_of(m, "hidden_dim") == 4096);
  CHECK(value_of(m, "heads") == 32);
  CHECK(value_of(m, "kv_heads") == 8);
  CHECK(value_of(m, "head_dim") == 128);
  CHECK(value_of(m, "ffn_dim") == 14336);
  CHECK(value_of(m, "vocab_size") == 128256);
  CHECK(value_of(m, "kv_elements") == 2048);
  CHECK(std::isnan(value_of(m, "active_parameters")));
  CHECK(std::isnan(value_of(m, "window")));
  CHECK(choice(m, "architecture") == "transformer");
  CHECK(choice(m, "forward_unit") == "token");
  CHECK(m.weight_precision == "bf16");
  const Figure& layers = figure(m, "layers");
  CHECK(layers.kind == Kind::derived);
  CHECK(layers.where == "num_hidden_layers");
  CHECK(layers.source == m.entry->entry.file);
  CHECK(layers.read.empty());
  CHECK(layers.line == 12);
  CHECK(m.entry->entry.kind == "model");
  CHECK_FALSE(says(m, "not understood"));
}

TEST_CASE("hf config: a token meets 12.9 of Mixtral's 46.7 billion weights, and 3.35 of Qwen3's 30.5") {
  const ImportedModel mixtral = import_example("mixtral-8x7b");
  CHECK(value_of(mixtral, "active_parameters") == 12879925248.0);
  CHECK(choice(mixtral, "architecture") == "mixture_of_experts");
  CHECK(value_of(mixtral, "experts") == 8);
  CHECK(value_of(mixtral, "experts_per_token") == 2);
  const ImportedModel qwen = import_example("qwen3-30b-a3b");
  CHECK(value_of(qwen, "active_parameters") == doctest::Approx(3.353e9).epsilon(1e-3));
  CHECK(value_of(qwen, "ffn_dim") == 768);
}

TEST_CASE(
    "hf config: a token meets 37.55 billion weights of DeepSeek-V3, 36.63 without the embedding; published "
    "37") {
  const ImportedModel m = import_example("deepseek-v3");
  CHECK(value_of(m, "parameters") == 671026419200.0);
  CHECK(value_of(m, "active_parameters") == doctest::Approx(37.552e9).epsilon(1e-4));
  CHECK(says(m, "without the embedding, as some publish it, 36.63 billion"));
  CHECK(says(m, "num_nextn_predict_layers = 1"));
  CHECK(value_of(m, "head_dim") == 192);
  CHECK(value_of(m, "kv_elements") == 576);
  CHECK(value_of(m, "ffn_dim") == 2048);
  CHECK(m.weight_precision == "fp8");
}

TEST_CASE(
    "hf config: what a token does not meet is 7 of 8 experts, so one expert can be told from the two "
    "counts") {
  const ImportedModel m = import_example("mixtral-8x7b");
  const double one = (value_of(m, "parameters") - value_of(m, "active_parameters")) / (8 - 2);
  CHECK(one == 32. * 3 * 4096 * 14336);
}

TEST_CASE("hf config: 512 tokens of BERT-Base take 96.6 Gflop and keep no cache") {
  const ImportedModel m = import_example("bert-base-uncased");
  CHECK(value_of(m, "inference_flops") == 2. * 12 * (12. * 768 * 768 * 512 + 2. * 512 * 512 * 768));
  CHECK(choice(m, "forward_unit") == "sample");
  CHECK(value_of(m, "activations") == 47185920);
  CHECK(value_of(m, "peak_activations") == 2359296);
  CHECK(m.weight_precision.empty());
  CHECK(says(m, "one sample is max_position_embeddings = 512 tokens"));
}

TEST_CASE("hf config: a sequence of Mamba 2.8B keeps 64 × 5120 × (16 + 4) elements of state") {
  const ImportedModel m = import_example("mamba-2.8b");
  CHECK(value_of(m, "state_elements") == 64. * 5120 * (16 + 4));
  CHECK(value_of(m, "attention_layers") == 0);
  CHECK(choice(m, "architecture") == "state_space");
}

TEST_CASE(
    "hf config: biases, norms, gates, shared experts and hybrids count as PyTorch counts the modules of "
    "transformers 4.55.4") {
  const Counted rows[] = {
      {R"({"hidden_size": 80, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 100,
           "vocab_size": 257, "tie_word_embeddings": true, "head_dim": 24, "attention_bias": true, "mlp_bias": true, "model_type": "llama"})",
       211648, 211648},
      {R"({"hidden_size": 160, "num_hidden_layers": 7, "num_attention_heads": 8, "num_key_value_heads": 4, "intermediate_size": 100,
           "vocab_size": 100, "tie_word_embeddings": true, "use_sliding_window": true, "max_window_layers": 2, "sliding_window": 16,
           "num_experts": 4, "num_experts_per_tok": 3, "moe_intermediate_size": 16, "decoder_sparse_step": 2, "mlp_only_layers": [3],
           "shared_expert_intermediate_size": 16, "qkv_bias": false, "model_type": "qwen2_moe"})",
       874400, 859040},
      {R"({"hidden_size": 192, "num_hidden_layers": 6, "num_attention_heads": 12, "num_key_value_heads": 4, "intermediate_size": 48,
           "vocab_size": 257, "tie_word_embeddings": true, "attention_bias": true, "num_experts": 6, "num_experts_per_tok": 1,
           "moe_intermediate_size": 40, "decoder_sparse_step": 3, "model_type": "qwen3_moe"})",
       1034304, 803904},
      {R"({"hidden_size": 160, "num_hidden_layers": 6, "num_attention_heads": 8, "num_key_value_heads": 2, "intermediate_size": 48,
           "vocab_size": 100, "head_dim": 8, "attention_bias": true, "model_type": "gemma"})",
       311456, 311456},
      {R"({"hidden_size": 240, "num_hidden_layers": 1, "num_attention_heads": 12, "num_key_value_heads": 1, "intermediate_size": 48,
           "vocab_size": 257, "tie_word_embeddings": false, "qk_layernorm": true, "model_type": "phi"})",
       273305, 273305},
      {R"({"hidden_size": 240, "num_hidden_layers": 3, "vocab_size": 257, "state_size": 16, "conv_kernel": 3, "expand": 3,
           "time_step_rank": "auto", "use_bias": true, "use_conv_bias": true, "tie_word_embeddings": false, "model_type": "mamba"})",
       1866000, 1866000},
      {R"({"hidden_size": 160, "num_hidden_layers": 3, "vocab_size": 257, "state_size": 16, "conv_kernel": 4, "expand": 2, "num_heads": 8,
           "head_dim": 40, "n_groups": 2, "use_bias": false, "use_conv_bias": true, "tie_word_embeddings": false,
           "time_step_limit": [0.0, Infinity], "model_type": "mamba2"})",
       585032, 585032},
      {R"({"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 8, "intermediate_size": 256, "vocab_size": 100,
           "tie_word_embeddings": false, "num_key_value_heads": 8, "kv_lora_rank": 16, "q_lora_rank": 32, "qk_rope_head_dim": 4,
           "qk_nope_head_dim": 12, "v_head_dim": 8, "n_routed_experts": 8, "num_experts_per_tok": 1, "n_shared_experts": 2,
           "moe_intermediate_size": 16, "first_k_dense_replace": 1, "attention_bias": true, "mlp_bias": true, "model_type": "deepseek_v2"})",
       216464, 149936},
      {R"({"hidden_size": 64, "num_hidden_layers": 8, "num_attention_heads": 4, "num_key_value_heads": 4, "intermediate_size": 48,
           "vocab_size": 100, "tie_word_embeddings": true, "num_experts": 4, "num_experts_per_tok": 2, "expert_layer_period": 2,
           "expert_layer_offset": 0, "attn_layer_period": 2, "attn_layer_offset": 1, "mamba_d_state": 8, "mamba_d_conv": 3,
           "mamba_expand": 3, "mamba_dt_rank": "auto", "mamba_conv_bias": false, "mamba_proj_bias": true, "model_type": "jamba"})",
       436112, 362384},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const ImportedModel m = import_text(row.text);
    CHECK(value_of(m, "parameters") == row.parameters);
    CHECK(std::max(or_zero(value_of(m, "active_parameters")), row.parameters == row.active ? row.parameters : 0) ==
          row.active);
    CHECK_FALSE(says(m, "not understood"));
  }
}

TEST_CASE(
    "hf config: Qwen2 slides in the layers from max_window_layers on, and only if use_sliding_window says "
    "so") {
  const std::string shape =
      R"("model_type": "qwen2", "hidden_size": 64, "num_hidden_layers": 10, "num_attention_heads": 8,
    "num_key_value_heads": 4, "intermediate_size": 128, "vocab_size": 100, "sliding_window": 32, "max_window_layers": 7)";
  const ImportedModel on = import_text("{" + shape + R"(, "use_sliding_window": true})"),
                      off = import_text("{" + shape + "}");
  CHECK(value_of(on, "window_layers") == 3);
  CHECK(value_of(on, "attention_layers") == 7);
  CHECK(value_of(on, "window") == 32);
  CHECK(value_of(off, "window_layers") == 0);
  CHECK(says(off, "use_sliding_window = false"));
}

TEST_CASE("hf config: layer_types comes before the rule of the family: 1 of 3 Gemma 2 layers slides") {
  const std::string shape =
      R"({"model_type": "gemma2", "hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 8,
    "num_key_value_heads": 4, "intermediate_size": 128, "vocab_size": 100, "sliding_window": 32, "layer_types": )";
  CHECK(value_of(import_text(shape + R"(["full_attention", "sliding_attention", "full_attention"]})"),
                 "window_layers") == 1);
  CHECK(first_of(refused(shape + R"(["full_attention", "sliding_attention"]})")).find("num_hidden_layers = 3") !=
        std::string::npos);
  const auto problem = refused(shape + R"(["full_attention", "sliding_attention", "full_attnetion"]})").front();
  CHECK(problem.argument == "layer_types");
  CHECK(problem.nearest == "full_attention");
}

TEST_CASE(
    "hf config: the folder names a config.json, the stem any other file, and _name_or_path is what screens "
    "print") {
  const std::string text = llama_with("_name_or_path", "\"meta-llama/Meta-Llama-3-8B\"");
  CHECK(import_text(text, "models/my-llama/config.json").entry->entry.id == "my-llama");
  CHECK(import_text(text, "models\\my-llama\\config.json").entry->entry.id == "my-llama");
  CHECK(import_text(text, "config.json").entry->entry.id == "config");
  CHECK(import_text(text, "somewhere/tiny.llama.json").entry->entry.id == "tiny.llama");
  CHECK(import_text(text).entry->entry.name == "meta-llama/Meta-Llama-3-8B");
  CHECK(import_text(llama_with("_name_or_path", "\"/home/somebody/out\"")).entry->entry.name == "tiny");
}

TEST_CASE("hf config: 13 ways to quantise give the format that weights are stored in") {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"quant_method": "awq", "bits": 4, "group_size": 128})", "int4"},
      {R"({"quant_method": "gptq", "bits": 8, "group_size": -1})", "int8"},
      {R"({"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]})", "fp8"},
      {R"({"quant_method": "mxfp4"})", "mxfp4"},
      {R"({"quant_method": "bitsandbytes", "load_in_4bit": true, "bnb_4bit_quant_type": "nf4"})", "int4"},
      {R"({"load_in_8bit": true})", "int8"},
      {R"({"quant_method": "modelopt", "quant_algo": "NVFP4"})", "nvfp4"},
      {R"({"quant_method": "modelopt", "quantization": {"quant_algo": "FP8"}})", "fp8"},
      {R"({"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float"}}}})",
       "fp8"},
      {R"({"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int"}}}})",
       "int4"},
      {R"({"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "int"}}}})",
       "int8"},
      {R"({"quant_method": "compressed-tensors", "config_groups": {"a": {"weights": {"num_bits": 4, "type": "float", "group_size": 16}}}})",
       "nvfp4"},
      {R"({"quant_method": "compressed-tensors", "config_groups": {"a": {"weights": {"num_bits": 4, "type": "float", "group_size": 32}}}})",
       "mxfp4"},
  };
  for (const auto& [config, expected] : rows) {
    CAPTURE(config);
    CHECK(import_text(llama_with("quantization_config", config)).weight_precision == expected);
  }
  CHECK(import_text(llama_with("dtype", "\"torch.float16\"")).weight_precision == "fp16");
  CHECK(import_text(llama_with("quantization_config", "null")).weight_precision.empty());
}

TEST_CASE(
    "hf config: a family that nobody knows is read like Llama if it has the 5 keys of Llama, and the note "
    "says so") {
  const ImportedModel known = import_text(llama_with("model_type", "\"llama\"")),
                      other = import_text(llama_with("model_type", "\"llamoid\""));
  CHECK(value_of(other, "parameters") == value_of(known, "parameters"));
  CHECK(says(other, "model_type llamoid is not a known family"));
  CHECK(says(import_text(llama_with("model_type", "absent")), "a missing model_type is not a known family"));
  std::string text = llama_with("model_type", "\"kimi_llama\"");
  text.replace(text.find("{"), 1, R"({"architectures": ["MistralForCausalLM"],)");
  CHECK(says(import_text(text), "read as mistral, after the class MistralForCausalLM"));
}

TEST_CASE("hf config: keys that are not understood are noted by name, 20 of 1,000, and harmless ones are not") {
  CHECK(says(import_text(llama_with("residual_experts", "3")),
             "key residual_experts is not understood and was not used (it could matter)"));
  for (const char* key : {"rope_scaling", "bos_token_id", "attention_dropout", "transformers_version", "rms_norm_eps",
                          "initializer_range"})
    CHECK_FALSE(says(import_text(llama_with(key, "1")), "not understood"));
  std::string text = llama_with("k0", "1");
  for (int i = 1; i < 1000; ++i) text.insert(1, "\"k" + std::to_string(i) + "\": 1,");
  const ImportedModel m = import_text(text);
  CHECK(m.notes.size() < 30);
  CHECK(says(m, "980 more keys are not understood"));
}

TEST_CASE("hf config: a default that was taken for a missing key is noted") {
  const ImportedModel m = import_text(llama_with("num_key_value_heads", "absent"));
  CHECK(value_of(m, "kv_heads") == 8);
  CHECK(says(m, "num_key_value_heads = 8"));
  CHECK(figure(m, "kv_heads").where == "num_key_value_heads (not given: default)");
}
