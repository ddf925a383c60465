#pragma once
// What the families of hf_families.cpp read a config with. Every key that is looked at is remembered, so that
// the rest can be reported. A value that can't be read is a problem and a harmless stand-in: one pass finds
// all that is wrong.
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "mlsysim/catalog/catalog.hpp"

namespace mlsysim::hf {

using Json = nlohmann::json;

inline constexpr double largest_size = 1e8;  // of one dimension: beyond is a typing mistake, and products stay finite
inline constexpr double most_layers = 1e4;   // layers are walked one by one

/// One line of ASCII for messages: what a file holds may be neither.
std::string printable(std::string_view text, std::size_t limit = 60);
std::string joined(const std::vector<std::string>& words);
/// A value in a message; a list or object is named, not printed.
std::string shown(const Json& value);

/// The text as a JSON object, in which no key is given twice.
std::optional<Json> parse_object(std::string_view text, std::string_view file, Problems& problems);

class Reader {
 public:
  Reader(const Json& root, std::string_view text, std::string_view file, OwnedEntry& to, Problems& problems);

  bool has(std::string_view key) const;    // even as null
  bool given(std::string_view key) const;  // and not null
  bool failed() const { return problems_.size() > before_; }
  const Json& root() const { return root_; }

  /// The value, or null where it is absent or null; either way the key is understood from now on.
  const Json* find(const std::string& key);
  double size(const std::string& key, double low = 1, double high = largest_size);
  double size_or(const std::string& key, double otherwise, double low = 1, double high = largest_size);
  std::optional<double> size_if_given(const std::string& key, double low = 1, double high = largest_size);
  double positive_or(const std::string& key, double otherwise);
  bool flag_or(const std::string& key, bool otherwise);
  std::string word_or(const std::string& key, const std::string& otherwise);
  void understood(std::initializer_list<const char*> keys);

  /// States a figure (of a choice, the index of its word), derived from these keys.
  void put(std::string_view path, double value, std::initializer_list<const char*> keys);
  /// As `put`, derived from every key read so far.
  void put_from_all(std::string_view path, double value);

  void problem(const std::string& key, std::string message, std::string nearest = {});
  void note(std::string text) { notes.push_back(std::move(text)); }
  void note_defaults();
  /// Notes the keys that nobody looked at, less those known to change no figure.
  void note_not_understood();

  std::vector<std::string> notes;

 private:
  void put(std::string_view path, double value, const std::vector<std::string>& keys);
  std::string path_of(std::string_view key) const;
  int line_of(std::string_view key) const;
  void missing(const std::string& key, const std::string& expected);
  double whole(const std::string& key, const Json& value, double low, double high);
  void used(const std::string& key);
  void took(const std::string& key, std::string value);

  const Json& root_;
  const Json* scope_;   // `text_config` where there is one, else the root
  std::string prefix_;  // "text_config." or empty
  std::string_view text_, file_;
  OwnedEntry& to_;
  Problems& problems_;
  std::size_t before_;
  std::set<std::string, std::less<>> understood_;
  std::vector<std::string> read_;      // keys that figures were derived from, in the order of reading
  std::vector<std::string> defaults_;  // "num_key_value_heads = 8"
  std::set<std::string, std::less<>> defaulted_;
};

}  // namespace mlsysim::hf
