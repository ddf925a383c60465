#pragma once
// Configs that importing is tested with: those of examples/models, and a small Llama to change.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "mlsysim/workload/hf_config.hpp"
#include "source_dir.hpp"

namespace mlsysim::imported {

inline const std::filesystem::path models = std::filesystem::path(source_dir) / "examples" / "models";

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline std::string first_of(const Problems& problems) { return problems.empty() ? "" : sentence(problems.front()); }

inline ImportedModel import_text(std::string_view text, std::string_view file = "tiny.json") {
  Problems problems;
  auto model = import_hf_config(text, file, problems);
  INFO("first problem: " << first_of(problems));
  REQUIRE(model);
  CHECK(problems.empty());
  return std::move(*model);
}
inline ImportedModel import_example(const std::string& id) {
  const auto path = models / id / "config.json";
  return import_text(text_of(path), path.string());
}

inline const Figure& figure(const ImportedModel& model, std::string_view path) {
  const auto& fields = entry_kind("model")->fields().all;
  const auto field = std::ranges::find(fields, path, &Field::path);
  REQUIRE(field != fields.end());
  return model.entry->entry.figures[static_cast<std::size_t>(field - fields.begin())];
}
inline double value_of(const ImportedModel& model, std::string_view path) { return figure(model, path).value; }
inline double or_zero(double x) { return std::isnan(x) ? 0 : x; }
inline std::string choice(const ImportedModel& model, std::string_view path) {
  const auto& fields = entry_kind("model")->fields().all;
  return std::ranges::find(fields, path, &Field::path)->words[static_cast<std::size_t>(value_of(model, path))];
}

/// Bytes that a sequence of `context` tokens keeps at 16 bit, recurrent state aside.
inline double cache_bytes(const ImportedModel& m, double context) {
  const double windowed = or_zero(value_of(m, "window_layers")), window = windowed > 0 ? value_of(m, "window") : 0;
  return 2 * or_zero(value_of(m, "kv_elements")) *
         (value_of(m, "attention_layers") * context + windowed * std::min(context, window));
}

inline bool says(const ImportedModel& model, std::string_view part) {
  return std::ranges::any_of(model.notes,
                             [&](const std::string& note) { return note.find(part) != std::string::npos; });
}

/// The problems of a text that can't be read.
inline Problems refused(std::string_view text) {
  Problems problems;
  CHECK_FALSE(import_hf_config(text, "bad.json", problems));
  REQUIRE_FALSE(problems.empty());
  for (const auto& p : problems) {
    CHECK(p.kind == Problem::Kind::data);
    CHECK(p.place.starts_with("bad.json"));
  }
  return problems;
}
/// A small Llama with one key's value replaced, or a line added.
inline std::string llama_with(const std::string& key, const std::string& value) {
  std::vector<std::pair<std::string, std::string>> lines = {{"model_type", "\"llama\""},  {"hidden_size", "64"},
                                                            {"num_hidden_layers", "2"},   {"num_attention_heads", "8"},
                                                            {"num_key_value_heads", "4"}, {"intermediate_size", "128"},
                                                            {"vocab_size", "100"}};
  if (const auto line = std::ranges::find(lines, key, &std::pair<std::string, std::string>::first); line != lines.end())
    line->second = value;
  else lines.emplace_back(key, value);
  std::string text = "{";
  for (const auto& [name, content] : lines)
    if (content != "absent") text += (text.size() > 1 ? ",\n  \"" : "\n  \"") + name + "\": " + content;
  return text + "\n}";
}
inline std::string refusal(const std::string& key, const std::string& value) {
  return first_of(refused(llama_with(key, value)));
}

}  // namespace mlsysim::imported
