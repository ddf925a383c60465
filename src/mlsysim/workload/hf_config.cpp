#include "mlsysim/workload/hf_config.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mlsysim/workload/hf_families.hpp"
#include "mlsysim/units/parse.hpp"
#include "mlsysim/workload/hf_precision.hpp"

namespace mlsysim {
namespace {

using hf::Family;
using hf::Json;
using hf::Reader;

/// …/llama-3-8b/config.json is llama-3-8b, …/mine.json is mine.
std::string id_of(std::string_view file) {
  const auto last = [](std::string_view path) { return path.substr(path.find_last_of("/\\") + 1); };
  const std::string_view name = last(file), stem = name.substr(0, name.rfind('.'));
  if (name != "config.json") return std::string(stem.empty() ? name : stem);
  const std::string_view folder = name.size() < file.size() ? last(file.substr(0, file.size() - name.size() - 1)) : "";
  return std::string(folder.empty() || folder == "." || folder == ".." ? stem : folder);
}

/// `_name_or_path` where it is the name of a repository and not somebody's folder.
std::string name_of(Reader& config, const std::string& id) {
  const Json* value = config.find("_name_or_path");
  const auto* name = value ? value->get_ptr<const std::string*>() : nullptr;
  const bool usable = name && !name->empty() && name->size() <= 100 && *name == hf::printable(*name, 100) &&
                      name->find_first_of("\\~ ") == std::string::npos && name->front() != '/' && name->front() != '.';
  return usable ? *name : id;
}

/// The class in `architectures`, or empty.
std::string class_of(Reader& config) {
  const auto list = config.root().find("architectures");
  if (list == config.root().end() || list->is_null()) return {};
  const Json* first = list->is_array() && !list->empty() ? &list->front() : nullptr;
  if (first && first->is_string()) return first->get<std::string>();
  if (!list->is_array() || first)
    config.problem("architectures",
                   fmt::format("architectures = {}: expected a list of class names", hf::shown(*list)));
  return {};
}
std::string_view stem_of(std::string_view class_name) {
  for (const std::string_view ending : {"For", "LMHead", "Model"})
    if (const auto at = class_name.rfind(ending); at != std::string_view::npos && at > 0)
      return class_name.substr(0, at);
  return class_name;
}

constexpr const char* llama_keys[] = {"hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
                                      "vocab_size"};

/// A key that a network like Llama does not have, or empty.
std::string foreign_key(Reader& config) {
  const auto scope = config.root().find("text_config");
  for (const auto& item : (scope != config.root().end() && scope->is_object() ? *scope : config.root()).items()) {
    if (item.value().is_null() || item.value() == false || item.value() == 0 ||
        (item.value().is_structured() && item.value().empty()))
      continue;
    for (const std::string_view mark : {"expert", "moe", "mamba", "ssm", "lora_rank", "linear_num", "linear_attn",
                                        "state_size", "block_type", "encoder_decoder", "cross_attention"})
      if (item.key().find(mark) != std::string::npos) return hf::printable(item.key());
  }
  return {};
}

const Family* family_of(Reader& config) {
  std::string type = config.word_or("model_type", "");
  if (type.empty())
    if (const auto outer = config.root().find("model_type"); outer != config.root().end() && outer->is_string())
      type = outer->get<std::string>();
  const std::string class_name = class_of(config);
  if (config.failed()) return nullptr;
  for (const auto& family : hf::families())
    if (type == family.name || type + "_text" == family.name) return &family;
  const std::string called = type.empty() ? "a missing model_type" : fmt::format("model_type {}", hf::printable(type));
  for (const auto& family : hf::families())
    if (!class_name.empty() && stem_of(class_name) == family.stem) {
      config.note(fmt::format("{} is read as {}, after the class {}", called, family.name, hf::printable(class_name)));
      return &family;
    }
  std::vector<std::string> missing, names;
  for (const char* key : llama_keys)
    if (!config.given(key)) missing.emplace_back(key);
  for (const auto& family : hf::families()) names.emplace_back(family.name);
  const std::string foreign = foreign_key(config);
  if (missing.empty() && foreign.empty()) {
    config.note(
        fmt::format("{} is not a known family; its keys are those of Llama, and it is read as one (gated "
                    "feed-forward, two norms a layer)",
                    called));
    return &hf::llama_like();
  }
  const std::string why = missing.empty() ? fmt::format("its key {} says that it is not like Llama", foreign)
                                          : fmt::format("to be read like Llama it lacks {}", hf::joined(missing));
  config.problem(
      "model_type",
      fmt::format("{} is not a family that can be read, and {}; families: {}", called, why, hf::joined(names)),
      type.empty() ? std::string() : nearest(type, names));
  return nullptr;
}

}  // namespace

std::optional<ImportedModel> import_hf_config(std::string_view text, std::string_view file, Problems& problems) {
  const auto root = hf::parse_object(text, file, problems);
  if (!root) return std::nullopt;
  ImportedModel result{.entry = std::make_unique<OwnedEntry>(), .weight_precision = {}, .notes = {}};
  OwnedEntry& own = *result.entry;
  const EntryKind* kind = entry_kind("model");
  own.figures.assign(kind->fields().all.size(), Figure{});
  own.entry.kind = kind->name;
  own.entry.file = own.keep(std::string(file));
  own.entry.id = own.keep(id_of(file));
  Reader config(*root, text, own.entry.file, own, problems);
  own.entry.name = own.keep(name_of(config, std::string(own.entry.id)));
  const Family* family = config.failed() ? nullptr : family_of(config);
  if (family) family->count(config, *family);
  if (family) result.weight_precision = hf::weight_precision(config);
  if (config.failed()) return std::nullopt;
  config.note_defaults();
  config.note_not_understood();
  result.notes = std::move(config.notes);
  own.entry.figures = own.figures;
  return result;
}

}  // namespace mlsysim
