#include "mlsysim/workload/hf_precision.hpp"

#include <fmt/format.h>
#include "mlsysim/units/parse.hpp"

namespace mlsysim::hf {
namespace {

struct Word {
  std::string_view from;
  const char* to;
};
constexpr Word dtypes[] = {{"bfloat16", "bf16"},     {"float16", "fp16"},    {"half", "fp16"},
                           {"float32", "fp32"},      {"float", "fp32"},      {"float64", "fp64"},
                           {"float8_e4m3fn", "fp8"}, {"float8_e5m2", "fp8"}, {"int8", "int8"}};
constexpr Word algorithms[] = {{"NVFP4", "nvfp4"},
                               {"FP8", "fp8"},
                               {"FP8_PER_CHANNEL_PER_TOKEN", "fp8"},
                               {"FP8_PB_WO", "fp8"},
                               {"W4A16_AWQ", "int4"},
                               {"W4A8_AWQ", "int4"},
                               {"W8A16", "int8"},
                               {"W8A8_SQ_PER_CHANNEL", "int8"},
                               {"INT8_SQ", "int8"},
                               {"MXFP4", "mxfp4"}};

template <std::size_t N>
std::string translate(std::string_view word, const Word (&list)[N]) {
  for (const auto& known : list)
    if (known.from == word) return known.to;
  return {};
}

const Json* inside(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}
std::string word_in(const Json& object, const char* key) {
  const Json* value = inside(object, key);
  const auto* word = value ? value->get_ptr<const std::string*>() : nullptr;
  return word ? *word : std::string();
}
bool on(const Json& object, const char* key) {
  const Json* value = inside(object, key);
  return value && *value == true;
}

/// The formats of one method.
class Quantisation {
 public:
  Quantisation(Reader& config, const std::string& key, const Json& object) : c_(config), key_(key), object_(object) {}

  std::string read() {
    std::string method = word_in(object_, "quant_method");
    if (method.empty() && (on(object_, "load_in_4bit") || on(object_, "load_in_8bit"))) method = "bitsandbytes";
    const auto method_is = [&](std::initializer_list<std::string_view> names) {
      for (const auto name : names)
        if (method == name) return true;
      return false;
    };
    std::string result;
    if (method_is({"awq", "gptq", "auto-round", "intel/auto-round"})) result = by_bits();
    else if (method_is({"fp8", "fbgemm_fp8"})) result = "fp8";
    else if (method == "mxfp4") result = "mxfp4";
    else if (method == "bitsandbytes") result = by_load();
    else if (method_is({"modelopt", "modelopt_fp4"})) result = by_algorithm();
    else if (method == "compressed-tensors") result = by_groups();
    else {
      const Json* value = inside(object_, "quant_method");
      fail(value ? fmt::format("quant_method = {} is not a quantisation that can be read", shown(*value))
                 : "quant_method is missing",
           nearest(method, {"awq", "gptq", "auto-round", "fp8", "fbgemm_fp8", "mxfp4", "bitsandbytes", "modelopt",
                            "compressed-tensors"}));
    }
    if (!result.empty())
      c_.note(fmt::format(
          "{}: weights are taken as {}; scales, and modules that keep a wider format{}, would add to their "
          "bytes",
          key_, result,
          inside(object_, "modules_to_not_convert") || inside(object_, "ignore") ? " (the config names some)" : ""));
    return result;
  }

 private:
  std::string fail(const std::string& message, std::string nearest = {}) {
    c_.problem(key_, fmt::format("{}: {}", key_, message), std::move(nearest));
    return {};
  }

  std::string by_bits() {
    const Json* bits = inside(object_, "bits");
    if (!bits) bits = inside(object_, "w_bit");
    if (!bits) return fail("bits is missing: expected 4 or 8");
    if (*bits == 4) return "int4";
    if (*bits == 8) return "int8";
    return fail(fmt::format("bits = {}: expected 4 or 8", shown(*bits)));
  }

  std::string by_load() {
    const bool four = on(object_, "load_in_4bit") || on(object_, "_load_in_4bit"),
               eight = on(object_, "load_in_8bit") || on(object_, "_load_in_8bit");
    if (four == eight) return fail("expected either load_in_4bit or load_in_8bit to be true");
    if (four) c_.note("bitsandbytes: 4-bit floats (nf4, fp4) are taken as int4, which has their size");
    return four ? "int4" : "int8";
  }

  std::string by_algorithm() {
    const Json* inner = inside(object_, "quantization");
    std::string algorithm = word_in(object_, "quant_algo");
    if (algorithm.empty() && inner && inner->is_object()) algorithm = word_in(*inner, "quant_algo");
    if (algorithm.empty()) return fail("quant_algo is missing: expected NVFP4, FP8, …");
    const std::string result = translate(algorithm, algorithms);
    return result.empty() ? fail(fmt::format("quant_algo = {} is not one that can be read", printable(algorithm)),
                                 nearest(algorithm, algorithms, &Word::from))
                          : result;
  }

  /// Groups of modules, each with its own format of weights.
  std::string by_groups() {
    std::string result;
    if (const Json* groups = inside(object_, "config_groups"); groups && groups->is_object())
      for (const auto& group : groups->items()) {
        const Json* weights = group.value().is_object() ? inside(group.value(), "weights") : nullptr;
        if (!weights || !weights->is_object()) continue;
        const std::string one = of_group(*weights);
        if (one.empty()) return {};
        if (!result.empty() && result != one)
          return fail(fmt::format("config_groups mix {} and {}: expected one format of weights", result, one));
        result = one;
      }
    return result.empty() ? fail("config_groups gives no format of weights") : result;
  }

  std::string of_group(const Json& weights) {
    const Json* bits = inside(weights, "num_bits");
    const std::string type = word_in(weights, "type");
    if (bits && type == "int" && *bits == 4) return "int4";
    if (bits && type == "int" && *bits == 8) return "int8";
    if (bits && type == "float" && *bits == 8) return "fp8";
    if (bits && type == "float" && *bits == 4) {
      const Json* size = inside(weights, "group_size");
      return size && *size == 32 ? "mxfp4" : "nvfp4";
    }
    return fail(fmt::format("weights of num_bits = {} and type = \"{}\": expected 4 or 8 bits of int or float",
                            bits ? shown(*bits) : "?", printable(type)));
  }

  Reader& c_;
  const std::string& key_;
  const Json& object_;
};

}  // namespace

std::string weight_precision(Reader& c) {
  std::string plain;
  for (const std::string key : {"dtype", "torch_dtype"}) {
    const Json* value = c.find(key);
    if (!value || !plain.empty()) continue;
    std::string word = c.word_or(key, "");
    if (word.starts_with("torch.")) word.erase(0, 6);
    plain = translate(word, dtypes);
    if (plain.empty() && value->is_string())
      c.problem(key, fmt::format("{} = {}: expected a number format", key, shown(*value)),
                nearest(word, dtypes, &Word::from));
  }
  for (const std::string key : {"quantization_config", "compression_config"}) {
    const Json* value = c.find(key);
    if (!value || (value->is_object() && value->empty())) continue;
    if (value->is_object()) return Quantisation(c, key, *value).read();
    c.problem(key, fmt::format("{} = {}: expected an object", key, shown(*value)));
  }
  return plain;
}

}  // namespace mlsysim::hf
