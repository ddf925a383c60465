#include "mlsysim/catalog/load_yaml.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

constexpr std::string_view figure_keys[] = {"value", "kind", "source", "where", "read", "range", "note"};
constexpr std::string_view entry_keys[] = {"kind", "name", "aliases", "registry", "like", "replaces"};

class Reader {
 public:
  Reader(std::string_view text, const LoadOptions& options, Problems& problems)
      : text_(text), options_(options), problems_(problems), own_(std::make_unique<OwnedEntry>()) {}

  std::unique_ptr<OwnedEntry> read() {
    const std::size_t before = problems_.size();
    YAML::Node root;
    try {
      root = YAML::Load(std::string(text_));
      if (!root.IsMap()) {
        report(root, "", "expected a mapping of keys to figures at the top");
        return nullptr;
      }
      read_root(root);
    } catch (const YAML::Exception& e) {
      report(e.mark, "", fmt::format("not YAML: {}", e.msg));
    }
    if (problems_.size() > before) return nullptr;
    return std::move(own_);
  }

 private:
  using Node = YAML::Node;

  void report(const YAML::Mark& mark, std::string argument, std::string message, std::string nearest = {}) {
    Problem problem{.kind = Problem::Kind::data,
                    .argument = std::move(argument),
                    .message = std::move(message),
                    .nearest = std::move(nearest)};
    problem.place =
        mark.line < 0 ? options_.file : fmt::format("{}:{}:{}", options_.file, mark.line + 1, mark.column + 1);
    if (mark.line >= 0) {
      std::size_t at = 0;
      for (int line = 0; line < mark.line && at != std::string_view::npos; ++line) {
        at = text_.find('\n', at);
        if (at != std::string_view::npos) ++at;
      }
      if (at != std::string_view::npos)
        problem.excerpt = std::string(text_.substr(at, std::min<std::size_t>(text_.find('\n', at) - at, 160)));
    }
    problems_.push_back(std::move(problem));
  }
  void report(const Node& node, std::string argument, std::string message, std::string nearest = {}) {
    report(node.Mark(), std::move(argument), std::move(message), std::move(nearest));
  }

  std::string scalar(const Node& node, const std::string& key) {
    if (node.IsScalar()) return node.Scalar();
    report(node, key, fmt::format("{} must be a single value", key));
    return {};
  }

  void read_root(const Node& root) {
    Entry& entry = own_->entry;
    std::string kind_name = options_.kind;
    if (kind_name.empty()) {
      if (!root["kind"])
        return report(root, "kind",
                      "the file does not say what it describes: add `kind: accelerator` or `kind: model`");
      kind_name = scalar(root["kind"], "kind");
    }
    const EntryKind* kind = entry_kind(kind_name);
    if (!kind) {
      std::vector<std::string> names;
      for (const auto& known : entry_kinds()) names.emplace_back(known.name);
      return report(root["kind"], "kind", fmt::format("\"{}\" is not a kind of entry", quotable(kind_name)),
                    nearest(kind_name, names));
    }
    kind_ = kind;
    fields_ = &kind->fields();
    own_->figures.assign(fields_->all.size(), Figure{});
    entry.kind = kind->name;
    entry.id = own_->keep(options_.id);
    entry.file = own_->keep(options_.file);
    entry.name = entry.id;
    if (options_.base) {
      own_->figures.assign(options_.base->figures.begin(), options_.base->figures.end());
      entry.name = options_.base->name;
      entry.registry = options_.base->registry;
      for (const auto alias : options_.base->aliases) own_->aliases.push_back(alias);
    }
    if (root["like"]) inherit(root["like"]);
    if (root["replaces"]) own_->replaces = scalar(root["replaces"], "replaces");
    if (root["name"]) entry.name = own_->keep(scalar(root["name"], "name"));
    else if (!options_.base && !root["like"]) report(root, "name", "`name` is missing: what a screen calls it");
    if (root["registry"]) entry.registry = own_->keep(scalar(root["registry"], "registry"));
    if (const Node aliases = root["aliases"]; aliases) {
      if (!aliases.IsSequence()) report(aliases, "aliases", "aliases must be a list: [H100, H100_SXM]");
      else
        for (const auto& alias : aliases) own_->aliases.push_back(own_->keep(scalar(alias, "aliases")));
    }
    walk(root, "");
    for (std::size_t i = 0; i < fields_->all.size(); ++i) {
      // A choice that nobody stated takes its first word; it is structure, so it can't be absent.
      if (fields_->all[i].is_choice() && own_->figures[i].kind == Kind::not_stated)
        own_->figures[i].value = fields_->all[i].preset;
    }
    entry.aliases = own_->aliases;
    entry.figures = own_->figures;
  }

  void inherit(const Node& node) {
    const std::string name = scalar(node, "like");
    const Entry* other = options_.find ? options_.find(kind_->name, name) : nullptr;
    if (!other)
      return report(node, "like", fmt::format("no {} is called \"{}\"", kind_->name, quotable(name)),
                    nearest_entry(kind_->name, name));
    own_->entry.name = other->name;
    for (std::size_t i = 0; i < other->figures.size(); ++i) {
      own_->figures[i] = other->figures[i];
      if (own_->figures[i].kind != Kind::not_stated) own_->figures[i].inherited = other->id;
    }
  }

  std::string nearest_entry(std::string_view kind, std::string_view name) const {
    return options_.nearest ? options_.nearest(kind, name) : std::string();
  }

  void walk(const Node& map, const std::string& prefix) {
    std::vector<std::string> seen;
    for (const auto& pair : map) {
      if (!pair.first.IsScalar()) {
        report(pair.first, prefix, "a key must be a single word");
        continue;
      }
      const std::string key = pair.first.Scalar(), path = prefix + key;
      if (std::ranges::find(seen, key) != seen.end()) {
        report(pair.first, path, fmt::format("{} is given twice", quotable(path)));
        continue;
      }
      seen.push_back(key);
      if (prefix.empty() && std::ranges::find(entry_keys, key) != std::end(entry_keys)) continue;
      place(pair.first, pair.second, path);
    }
  }

  void place(const Node& key, const Node& node, const std::string& path) {
    for (std::size_t i = 0; i < fields_->all.size(); ++i)
      if (fields_->all[i].path == path) {
        // A path may be written as one key or as nested ones, and not as both.
        if (std::ranges::find(placed_, i) != placed_.end())
          return report(key, path, fmt::format("{} is given twice", path));
        placed_.push_back(i);
        return fields_->all[i].is_choice() ? choice(node, i) : figure(node, i);
      }
    for (const auto& entity : fields_->entities)
      if (entity.prefix == path + ".") {
        if (node.IsScalar()) return refer(node, entity);
        break;
      }
    const std::string inside = path + ".";
    const bool group = std::ranges::any_of(fields_->all, [&](const Field& f) { return f.path.starts_with(inside); });
    if (group && node.IsMap()) return walk(node, inside);
    if (group) return report(node, path, fmt::format("{} holds several figures: expected a mapping", path));
    std::vector<std::string> valid;
    for (const auto& field : fields_->all) valid.push_back(field.path);
    if (path.find('.') == std::string::npos)
      for (const auto known : entry_keys) valid.emplace_back(known);
    report(key, path,
           fmt::format("{} is not a field of {} {}", quotable(path), kind_->name[0] == 'a' ? "an" : "a", kind_->name),
           nearest(path, valid));
  }

  void refer(const Node& node, const EntityRange& entity) {
    const Entry* other = options_.find ? options_.find(entity.kind, node.Scalar()) : nullptr;
    if (!other)
      return report(node, entity.prefix, fmt::format("no {} is called \"{}\"", entity.kind, quotable(node.Scalar())),
                    nearest_entry(entity.kind, node.Scalar()));
    std::copy(other->figures.begin(), other->figures.end(),
              own_->figures.begin() + static_cast<std::ptrdiff_t>(entity.first));
  }

  void choice(const Node& node, std::size_t i) {
    const Field& field = fields_->all[i];
    if (!node.IsScalar()) return report(node, field.path, fmt::format("{} must be a single word", field.path));
    std::vector<std::string> words(field.words.begin(), field.words.end());
    for (std::size_t w = 0; w < words.size(); ++w)
      if (folded(words[w]) == folded(node.Scalar())) {
        own_->figures[i] = Figure{.value = static_cast<double>(w), .kind = Kind::stated, .line = node.Mark().line + 1};
        return;
      }
    report(node, field.path,
           fmt::format("\"{}\" is not a {}: one of {}", quotable(node.Scalar()), field.path, fmt::join(words, ", ")),
           nearest(node.Scalar(), words));
  }

  void figure(const Node& node, std::size_t i) {
    const Field& field = fields_->all[i];
    const std::string& path = field.path;
    if (!node.IsMap())
      return report(node, path,
                    fmt::format("{} must be a figure with its source: {{value: …{}, kind: stated, source: …, where: "
                                "\"…\", read: 2026-01-31}}",
                                path, field.unit.empty() ? "" : " " + field.unit));
    std::vector<std::string> seen;
    for (const auto& pair : node) {
      const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
      if (std::ranges::find(figure_keys, key) == std::end(figure_keys))
        report(pair.first, path, fmt::format("\"{}\" is not a part of a figure", quotable(key)),
               nearest(key, figure_keys));
      if (std::ranges::find(seen, key) != seen.end())
        report(pair.first, path, fmt::format("{} of {} is given twice", quotable(key), path));
      seen.push_back(key);
    }
    Figure figure;
    figure.line = node.Mark().line + 1;
    const Node value = node["value"];
    if (!value || !value.IsScalar()) return report(node, path, fmt::format("{} has no value", path));
    const bool absent = value.Scalar() == "none";
    if (!absent && !number(value, field, figure.value)) return;
    kind(node, field, figure, absent);
    const auto text = [&](const char* key, bool required) -> std::string_view {
      const Node part = node[key];
      if (part && part.IsScalar() && !part.Scalar().empty()) return own_->keep(part.Scalar());
      if (required) report(node, path, fmt::format("{} has no {}", path, key));
      return {};
    };
    figure.source = text("source", true);
    figure.where = text("where", true);
    figure.read = text("read", true);
    figure.note = text("note", false);
    if (options_.known_sources && !figure.source.empty() &&
        std::ranges::none_of(options_.sources, [&](const Source& s) { return s.id == figure.source; })) {
      std::vector<std::string> ids;
      for (const auto& source : options_.sources) ids.emplace_back(source.id);
      report(node["source"], path, fmt::format("no source is called \"{}\"", quotable(figure.source)),
             nearest(figure.source, ids));
    }
    if (!figure.read.empty() && !is_date(figure.read))
      report(node["read"], path, fmt::format("read: \"{}\" is not a date like 2026-01-31", quotable(figure.read)));
    own_->figures[i] = figure;
  }

  static bool is_date(std::string_view text) {
    if (text.size() != 10) return false;
    for (std::size_t i = 0; i < 10; ++i)
      if ((i == 4 || i == 7) ? text[i] != '-' : !std::isdigit(static_cast<unsigned char>(text[i]))) return false;
    const auto month = text.substr(5, 2), day = text.substr(8);
    return month >= "01" && month <= "12" && day >= "01" && day <= "31";
  }

  /// A number in the dimension of the field and within its range.
  bool number(const Node& node, const Field& field, double& to) {
    const auto parsed = parse_quantity(node.Scalar());
    if (!parsed || parsed->has_unit != (field.dim != dimensionless) || !(parsed->dim == field.dim)) {
      report(node, field.path, fmt::format("{}: {}", field.path, why_not(node.Scalar(), field.dim, field.unit)));
      return false;
    }
    const double shown = parsed->value * field.over / field.times;
    if (shown < field.range.low || shown > field.range.high || (field.range.above_low && shown == field.range.low) ||
        (field.range.whole && shown != std::floor(shown))) {
      report(node, field.path,
             fmt::format("{} = {} is out of range: {}", field.path, node.Scalar(), range_text(field)));
      return false;
    }
    to = parsed->value;
    return true;
  }

  static std::string range_text(const Field& field) {
    const std::string unit = field.unit.empty() ? "" : " " + field.unit;
    if (field.range.whole) return fmt::format("a whole number, at least {:g}{}", field.range.low, unit);
    if (std::isinf(field.range.high))
      return fmt::format("{} {:g}{}", field.range.above_low ? "above" : "at least", field.range.low, unit);
    return fmt::format("{:g} to {:g}{}", field.range.low, field.range.high, unit);
  }

  void kind(const Node& node, const Field& field, Figure& figure, bool absent) {
    const std::string& path = field.path;
    const Node word_node = node["kind"];
    if (!word_node || !word_node.IsScalar())
      return report(node, path, fmt::format("{} has no kind: stated, derived, measured, estimated or fitted", path));
    const std::string name = word_node.Scalar();
    for (const Kind kind : {Kind::stated, Kind::derived, Kind::measured, Kind::estimated, Kind::fitted, Kind::original})
      if (name == word(kind)) figure.kind = kind;
    if (figure.kind == Kind::not_stated || (figure.kind == Kind::original) != (options_.base != nullptr))
      return report(word_node, path,
                    fmt::format("\"{}\" is not a kind of figure: {}", quotable(name),
                                options_.base ? "an overlay holds `original` ones"
                                              : "stated, derived, measured, estimated or fitted"));
    if (absent && !options_.base) return report(node, path, "a figure that no source states is left out of the file");
    const Node range = node["range"];
    if (!range && figure.kind != Kind::estimated && figure.kind != Kind::fitted) return;
    if (!range || !range.IsSequence() || range.size() != 2)
      return report(node, path,
                    range ? fmt::format("{}: give its range: [low, high]", path)
                          : fmt::format("{} is {}: give its range: [low, high]", path, name));
    if (!number(range[0], field, figure.low) || !number(range[1], field, figure.high)) return;
    if (!(figure.low <= figure.value && figure.value <= figure.high))
      report(range, path, fmt::format("{}: the range does not hold the value", path));
  }

  std::string_view text_;
  const LoadOptions& options_;
  Problems& problems_;
  std::unique_ptr<OwnedEntry> own_;
  const EntryKind* kind_ = nullptr;
  const Fields* fields_ = nullptr;
  std::vector<std::size_t> placed_;  // fields that this file has given
};

}  // namespace

std::unique_ptr<OwnedEntry> load_entry(std::string_view text, const LoadOptions& options, Problems& problems) {
  return Reader(text, options, problems).read();
}

void load_sources(std::string_view text, std::string_view file, std::deque<std::string>& texts,
                  std::vector<Source>& sources, Problems& problems) {
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (!root.IsMap()) {
      problems.push_back({.kind = Problem::Kind::data,
                          .place = std::string(file),
                          .message = "expected a mapping from ids to sources"});
      return;
    }
    for (const auto& pair : root) {
      const auto part = [&](const char* key) -> std::string_view {
        const YAML::Node node = pair.second.IsMap() ? pair.second[key] : YAML::Node();
        if (node && node.IsScalar()) return texts.emplace_back(node.Scalar());
        problems.push_back({.kind = Problem::Kind::data,
                            .place = fmt::format("{}:{}", file, pair.first.Mark().line + 1),
                            .argument = key,
                            .message = fmt::format("source {} has no {}", pair.first.Scalar(), key)});
        return {};
      };
      const std::string_view id = texts.emplace_back(pair.first.Scalar());
      if (std::ranges::any_of(sources, [&](const Source& s) { return s.id == id; }))
        problems.push_back({.kind = Problem::Kind::data,
                            .place = fmt::format("{}:{}", file, pair.first.Mark().line + 1),
                            .argument = std::string(id),
                            .message = fmt::format("the source {} is defined twice", id)});
      sources.push_back({id, part("title"), part("publisher"), part("url"), part("date")});
    }
  } catch (const YAML::Exception& e) {
    problems.push_back({.kind = Problem::Kind::data,
                        .place = fmt::format("{}:{}", file, e.mark.line + 1),
                        .message = "not YAML: " + e.msg});
  }
}

}  // namespace mlsysim
