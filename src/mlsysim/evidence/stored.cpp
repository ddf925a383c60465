#include "mlsysim/evidence/stored.hpp"

#include <algorithm>
#include <charconv>

#include "mlsysim/catalog/machine.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

/// Integer weights in groups with a 16-bit scale and a zero point in 4 bits each: "g128", "G=32"; 128 where nothing is said.
double grouped_bits(const std::string& words) {
  double group = 128;
  for (std::string_view size : {"32", "64", "128", "1024"})
    if (has(words, "g" + std::string(size)) || has(words, "g=" + std::string(size)))
      group = std::stod(std::string(size));
  return 4 + 20 / group;
}

/// A format of GGUF files among the words: the longest name that occurs.
const Entry* gguf_format(const std::string& words, const Catalog& catalog) {
  const Entry* best = nullptr;
  for (const Entry* entry : catalog.all("format")) {
    if (!entry->id.starts_with("gguf-")) continue;
    const std::string key = folded(entry->id.substr(5));
    if (has(words, key) && (!best || entry->id.size() > best->id.size())) best = entry;
  }
  return best;
}

/// Bits a weight of files that state them: "EXL2 4.0 bpw".
std::optional<double> stated_bits(const std::string& words) {
  const auto end = words.find(" bpw");
  if (end == std::string::npos) return {};
  const auto start = words.rfind(' ', end - 1) + 1;
  double bits = 0;
  const auto [last, error] = std::from_chars(words.data() + start, words.data() + end, bits);
  return error == std::errc{} && last == words.data() + end ? std::optional(bits) : std::nullopt;
}

std::optional<Precision> sixteen_or_more(const std::string& word) {
  if (has(word, "bf16") || has(word, "bfloat16")) return Precision::bf16;
  if (has(word, "fp16") || has(word, "float16") || has(word, "f16") || has(word, "half")) return Precision::fp16;
  if (has(word, "fp32") || has(word, "float32")) return Precision::fp32;
  return {};
}

Data<double> bytes_of(double bits) { return {bits / 8}; }

}  // namespace

StoredAs stored_as(const Measurement& row, const Model<double>& model, bool fp8_cache, const Catalog& catalog) {
  StoredAs s;
  const std::string precision = lower_case(row["precision"]), quantisation = lower_case(row["quantization"]);
  const std::string words = precision + " " + quantisation, name = folded(row["model_name"]);
  const auto narrow = [&](Precision p, double bits) {
    s.weights = p;
    s.weight = bytes_of(bits);
  };
  if (const Entry* gguf = gguf_format(folded(words), catalog)) {
    const double bits = loaded<Format>(*gguf).stored_bits;
    narrow(bits > 6 ? Precision::int8 : Precision::int4, bits);
    s.head = bytes_of(std::max(bits, 6.5625));  // llama.cpp keeps the head in Q6_K at least
  } else if (const auto bits = stated_bits(words)) {
    narrow(*bits > 6 ? Precision::int8 : Precision::int4, *bits);
  } else if (has(words, "nvfp4")) {
    s.weights = Precision::nvfp4;
  } else if (has(words, "mxfp4")) {
    s.weights = Precision::mxfp4;
  } else if (has(words, "fp4")) {
    s.weights = Precision::nvfp4;
  } else if (has(words, "int4") || has(words, "4-bit") || has(words, "w4a16") || has(words, "awq") ||
             has(words, "gptq")) {
    narrow(Precision::int4, grouped_bits(quantisation));
    if (has(words, "int8 dyn")) s.narrowed = Narrowed::weights_and_activations;
  } else if (has(words, "fp8") || has(words, "e4m3")) {
    s.weights = Precision::fp8;
  } else if (has(words, "int8") || has(words, "8-bit") || has(words, "w8a")) {
    s.weights = Precision::int8;
    if (has(words, "smoothquant") || has(words, "w8a8")) s.narrowed = Narrowed::weights_and_activations;
  } else if (const auto wide = sixteen_or_more(precision)) {
    s.weights = *wide;
  } else if (precision.empty()) {
    s.stated = false;
    if (has(name, "fp8")) s.weights = Precision::fp8;
    else if (is_stated(model.model_size.base)) {  // as published
      const double published = 8 * model.model_size.base / model.parameters;
      narrow(published < 6 ? Precision::mxfp4 : Precision::fp8, published);
    }
  } else {
    s.unknown = precision;
  }
  if (s.weights == Precision::fp32) s.cache = Precision::fp32;
  std::string cache(row["kv_precision"]);
  if (has(cache, "fp8") || has(cache, "int8") || (cache.empty() && fp8_cache && s.weights == Precision::fp8))
    s.cache = Precision::fp8;
  return s;
}

}  // namespace mlsysim
