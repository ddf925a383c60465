#include <random>

#include "hf_imported.hpp"

using namespace mlsysim;
using namespace mlsysim::imported;

TEST_CASE("hf config: a quantisation that can't be read is refused with the nearest") {
  const auto problem = refused(llama_with("quantization_config", R"({"quant_method": "gptx", "bits": 4})")).front();
  CHECK(problem.argument == "quantization_config");
  CHECK(problem.nearest == "gptq");
  CHECK(refusal("quantization_config", R"({"quant_method": "awq", "bits": 3})").find("bits = 3: expected 4 or 8") !=
        std::string::npos);
  CHECK(refusal("quantization_config", R"({"bits": 4})").find("quant_method is missing") != std::string::npos);
  CHECK(refusal("quantization_config", "4").find("expected an object") != std::string::npos);
  CHECK(refusal("quantization_config", R"({"quant_method": "bitsandbytes"})").find("load_in_4bit or load_in_8bit") !=
        std::string::npos);
  CHECK(refused(llama_with("torch_dtype", "\"bfloat61\"")).front().nearest == "bfloat16");
}

TEST_CASE("hf config: a size that is not a whole number of at least 1 is refused by its key, value and line") {
  for (const char* value :
       {"0", "-4096", "64.5", "\"64\"", "true", "[64]", "{}", "1e300", "NaN", "99999999999999999999999"}) {
    CAPTURE(value);
    const auto problem = refused(llama_with("hidden_size", value)).front();
    CHECK(problem.argument == "hidden_size");
    CHECK(problem.place == "bad.json:3");
    CHECK(problem.message.find("expected a whole number") != std::string::npos);
    CHECK(problem.excerpt.find("hidden_size") != std::string::npos);
  }
  CHECK(refusal("num_hidden_layers", "1000000") ==
        "bad.json:4: num_hidden_layers = 1000000: expected a whole number from 1 to 10000");
}

TEST_CASE("hf config: 30 heads that 4 key and value heads do not divide are refused by name") {
  CHECK(refusal("num_attention_heads", "30")
            .find("num_attention_heads = 30 is not a multiple of num_key_value_heads = 4") != std::string::npos);
  CHECK(refusal("hidden_size", "60").find("hidden_size = 60 is not a multiple of num_attention_heads = 8") !=
        std::string::npos);
}

TEST_CASE("hf config: a missing key is refused by name, with the key that resembles it") {
  std::string text = llama_with("num_attention_heads", "absent");
  CHECK(refused(text).front().argument == "num_attention_heads");
  CHECK(first_of(refused(text)).find("is missing: expected a whole number of at least 1") != std::string::npos);
  text.replace(text.find("hidden_size"), 11, "hiden_size");
  const auto problems = refused(text);
  CHECK(problems.front().argument == "hidden_size");
  CHECK(problems.front().nearest == "hiden_size");
  CHECK(problems.size() == 2);  // all that is wrong in one pass
}

TEST_CASE("hf config: 9 experts a token of 8 are refused, and so is a flag that is neither true nor false") {
  std::string text = text_of(models / "mixtral-8x7b" / "config.json");
  const std::string key = "\"num_experts_per_tok\": 2";
  REQUIRE(text.find(key) != std::string::npos);
  text.replace(text.find(key), key.size(), "\"num_experts_per_tok\": 9");
  CHECK(first_of(refused(text)).find("num_experts_per_tok = 9 is more than num_local_experts = 8") !=
        std::string::npos);
  CHECK(refusal("tie_word_embeddings", "1").find("tie_word_embeddings = 1: expected true or false") !=
        std::string::npos);
}

TEST_CASE("hf config: a family that is not like Llama is refused with what it lacks and the nearest family") {
  const auto lacking = refused(R"({"model_type": "t5", "d_model": 512, "num_layers": 6})").front();
  CHECK(lacking.argument == "model_type");
  CHECK(lacking.message.find("lacks hidden_size, num_hidden_layers") != std::string::npos);
  CHECK(refused(R"({"model_type": "mixtrall", "d_model": 512})").front().nearest == "mixtral");
  std::string text = llama_with("model_type", "\"dbrx2\"");
  text.replace(text.find("{"), 1, R"({"num_experts": 16,)");
  CHECK(first_of(refused(text)).find("its key num_experts says that it is not like Llama") != std::string::npos);
  CHECK(first_of(refused("{}")).find("a missing model_type is not a family that can be read") != std::string::npos);
}

TEST_CASE("hf config: what is not a JSON object is refused with its line") {
  CHECK(first_of(refused("")) == "bad.json: the file is empty: expected a JSON object");
  CHECK(first_of(refused("[1, 2]")) == "bad.json:1: expected a JSON object of keys and values, not a list of 2");
  CHECK(first_of(refused("42")).find("expected a JSON object") != std::string::npos);
  const auto problem = refused("{\n  \"hidden_size\": 64,\n  \"vocab_size\": ,\n}").front();
  CHECK(problem.place == "bad.json:3");
  CHECK(problem.message.starts_with("not JSON: "));
  CHECK(problem.excerpt == "  \"vocab_size\": ,");
  CHECK(first_of(refused(llama_with("architectures", "\"Llama\""))).find("expected a list of class names") !=
        std::string::npos);
  CHECK(refusal("text_config", "7").find("text_config = 7: expected an object") != std::string::npos);
}

TEST_CASE("hf config: a key that is given twice is refused") {
  std::string text = llama_with("vocab_size", "100");
  text.insert(1, "\"vocab_size\": 200,");
  CHECK(refused(text).front().message == "vocab_size is given twice");
}

TEST_CASE("hf config: a megabyte of noise and 100,000 levels of brackets are problems, not crashes") {
  std::mt19937 random(1);
  std::string noise(1 << 20, ' ');
  for (char& c : noise) c = static_cast<char>(random() & 255);
  CHECK(refused(noise).front().excerpt.size() <= 163);
  CHECK(first_of(refused(std::string(100000, '['))).find("nested more than 64 deep") != std::string::npos);
  CHECK(refusal("rope_scaling", std::string(100000, '[') + std::string(100000, ']')).find("nested more than 64 deep") !=
        std::string::npos);
  CHECK(refusal("hidden_size", "\"" + std::string(1 << 20, 'x') + "\"").size() < 200);
}

TEST_CASE("hf config: 1,000 damaged configs are read or refused with a reason, and what is read is in range") {
  std::vector<std::string> texts;
  for (const auto& folder : std::filesystem::directory_iterator(models))
    if (std::filesystem::exists(folder.path() / "config.json")) texts.push_back(text_of(folder.path() / "config.json"));
  std::ranges::sort(texts);  // the order of a folder is not defined
  REQUIRE_FALSE(texts.empty());
  const char* values[] = {"null",     "0",         "-1", "1.5",  "1e308",
                          "\"x\"",    "[]",        "{}", "true", "99999999999999999999",
                          "[[1], 2]", "100000000", "3"};
  std::mt19937 random(20261121);
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : random() % n; };
  int read = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string text = texts[below(texts.size())];
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      const std::size_t at = below(text.size());
      const auto colon = text.find(": ", at), end = text.find_first_of(",\n", colon == std::string::npos ? 0 : colon);
      switch (below(6)) {
        case 0:
          text[at] = static_cast<char>(random() & 255);
          break;
        case 1:
          text.erase(at, below(40));
          break;
        case 2:
          text.insert(at, text.substr(below(text.size()), below(40)));
          break;
        case 3:
          text.resize(at);
          break;
        default:
          if (colon != std::string::npos && end != std::string::npos && end > colon)
            text.replace(colon + 2, end - colon - 2, values[below(std::size(values))]);
      }
      if (text.empty()) break;
    }
    Problems problems;
    const auto model = import_hf_config(text, "damaged/config.json", problems);
    CAPTURE(text);
    CHECK(model.has_value() == problems.empty());
    if (!model) continue;
    ++read;
    CHECK(value_of(*model, "parameters") >= 1);
    const auto& fields = entry_kind("model")->fields().all;
    for (std::size_t k = 0; k < fields.size(); ++k) {
      const Figure& f = model->entry->entry.figures[k];
      if (f.kind == Kind::not_stated || fields[k].is_choice()) continue;
      CAPTURE(fields[k].path);
      const double shown = f.value * fields[k].over / fields[k].times;
      CHECK(std::isfinite(shown));
      CHECK(shown >= fields[k].range.low);
      if (fields[k].range.whole) CHECK(shown == std::floor(shown));
    }
  }
  CHECK(read > 20);
  CHECK(read < 980);
}
