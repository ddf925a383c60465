#include "mlsysim/report/json.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mlsysim/catalog/precision.hpp"
#include "mlsysim/evidence/answer_bands.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

Json number(double value) {
  return std::isfinite(value) ? Json(value) : std::isnan(value) ? Json(nullptr) : Json(value > 0 ? "inf" : "-inf");
}

std::string entity_name(const EntityRange& entity) { return entity.prefix.substr(0, entity.prefix.size() - 1); }

/// A figure of a file or document may be a bare number in its own unit or a string with one.
Json figure_schema(const Field& field) {
  Json schema;
  if (field.is_choice()) {
    if (field.flag) return {{"type", "boolean"}, {"description", field.doc}};
    schema["enum"] = Json::array();
    for (const char* word : field.words) schema["enum"].push_back(word);
  } else if (field.is_body()) {
    schema["type"] = Json::array({"string", "object", "array"});
  } else {
    schema["type"] =
        field.unit.empty() ? Json(field.range.whole ? "integer" : "number") : Json::array({"number", "string"});
    if (std::isfinite(field.range.low))
      schema[field.range.above_low ? "exclusiveMinimum" : "minimum"] = field.range.low;
    if (std::isfinite(field.range.high)) schema["maximum"] = field.range.high;
    if (!field.unit.empty()) schema["x-unit"] = field.unit;
  }
  schema["description"] = field.doc;
  return schema;
}

}  // namespace

std::string json_key(const Field& field) {
  if (!field.is_figure() || field.carries_unit()) return field.path;
  const Dim d = field.dim;
  struct Axis {
    int power;
    const char *plural, *single;
  };
  if (d == axis::energy / axis::time) return field.path + "_w";
  const Axis axes[] = {{int(d.data), "bytes", "byte"}, {int(d.work), "flop", "flop"},
                       {int(d.energy), "j", "j"},      {int(d.carbon), "kgco2e", "kgco2e"},
                       {int(d.money), "usd", "usd"},   {int(d.text), "tokens", "token"},
                       {int(d.water), "l", "l"},       {int(d.time), "s", "s"}};
  std::string unit;
  for (const auto& a : axes)
    if (a.power > 0) unit += std::string("_") + a.plural;
  for (const auto& a : axes)
    if (a.power < 0) unit += std::string("_per_") + a.single;
  return field.path.ends_with(unit) ? field.path : field.path + unit;
}

Json json_cell(const Field& field, double base) {
  if (field.carries_unit()) return number(base * field.over / field.times);
  if (field.flag) return base != 0;
  if (field.is_choice()) return field.words[static_cast<std::size_t>(base)];
  return number(base);
}

/// An argument as a plan takes it: a bare number has no unit or is a count, any other figure is text with its unit.
Json argument_json(const Field& field, double base) {
  if (field.is_body()) return "…";
  if (field.is_choice()) return json_cell(field, base);
  const double own = base * field.over / field.times;
  if (field.range.whole && std::isfinite(own)) return static_cast<std::int64_t>(own);
  return field.unit.empty() ? number(own) : Json(fmt::format("{} {}", own, field.unit));
}

Json question_json(const Question& q) {
  Json json{{"wall", q.table().wall->name}};
  if (!q.set_name().empty()) json["assumptions"] = q.set_name();
  for (const auto& entity : q.table().in.entities)
    if (const Entry* entry = q.bound(entity_name(entity)); entry && entity.kind != "assumptions")
      json[entity_name(entity)] = entry->id;
  for (std::size_t i = 0; i < q.row().size(); ++i) {
    const Field& field = q.table().in.all[i];
    if (q.table().holder(i) && !q.given(i)) continue;
    if (field.is_figure() && (!is_stated(q.row()[i]) || (!q.given(i) && !q.reached()[i])))
      continue;  // not stated, or without effect
    json[field.path] = argument_json(field, q.row()[i]);
  }
  return json;
}

Json answer_json(const Question& q, const std::vector<double>& result, const Candidates* found) {
  Json json;
  json["wall"] = q.table().wall->name;
  json["fidelity"] = fidelity_of(q, result);
  const Entry* assumptions = q.bound("assumptions");
  json["assumptions"] = assumptions ? Json(assumptions->id) : Json(nullptr);
  json["query"] = question_json(q);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const Field& field = q.table().out.all[i];
    json["result"][json_key(field)] = field.is_name() ? Json(shown(q, i, 0, found)) : json_cell(field, result[i]);
  }
  for (const auto& band : bands_of(q, result)) {
    const Field& field = q.table().out.all[band.output];
    json["band"][json_key(field)] = {json_cell(field, band.low), json_cell(field, band.high)};
  }
  if (const Evidence evidence = evidence_for(q, result); !evidence.kind.empty())
    json["based_on"] = evidence_json(evidence);
  json["notes"] = notes(q, result);
  return json;
}

Json evidence_json(const Evidence& evidence) {
  Json json{{"kind", evidence.kind},
            {"rows", evidence.alike},
            {"rows_of_this_chip", evidence.on_chip},
            {"closest", Json::array()},
            {"extrapolates", evidence.beyond}};
  for (const auto& near : evidence.near) {
    const Measurement& row = *near.posed.row;
    json["closest"].push_back({{"id", row["id"]},
                               {"what", near.what},
                               {"metric", word(near.posed.metric)},
                               {"unit", unit_of(near.posed.metric)},
                               {"measured", near.posed.measured},
                               {"predicted", near.predicted},
                               {"distance", near.distance},
                               {"source", near.posed.source},
                               {"title", row["source_title"]}});
  }
  return json;
}

Json candidates_json(const Wall& wall, const Candidates& candidates) {
  const Fields fields = wall.candidate();
  Json json{{"best", Json::array()}, {"fell", Json::object()}};
  for (std::size_t r = 0; r < candidates.rows.size(); ++r) {
    const auto& row = candidates.rows[r];
    Json one;
    for (std::size_t i = 0; i < row.size(); ++i)
      one[json_key(fields.all[i])] =
          fields.all[i].is_name() ? Json(candidates.labels[r]) : json_cell(fields.all[i], row[i]);
    json["best"].push_back(std::move(one));
  }
  for (const auto& [reason, count] : candidates.fell) json["fell"][reason] = count;
  return json;
}

Json problems_json(const Problems& problems) {
  Json json;
  json["errors"] = Json::array();
  for (const auto& p : problems) {
    constexpr const char* kinds[] = {"input", "data", "lookup"};
    Json one{{"kind", kinds[static_cast<int>(p.kind)]}, {"message", p.message}};
    if (!p.argument.empty()) one["argument"] = p.argument;
    if (!p.place.empty()) one["place"] = p.place;
    if (!p.nearest.empty()) one["nearest"] = p.nearest;
    json["errors"].push_back(std::move(one));
  }
  return json;
}

Json explanation_json(const Explanation& explanation) {
  Json json{{"steps", Json::array()}, {"figures", Json::array()}};
  for (const auto& s : explanation.steps)
    json["steps"].push_back(
        {{"name", s.name}, {"equation", s.equation}, {"numbers", s.numbers}, {"value", s.value}, {"source", s.source}});
  for (const auto& l : explanation.leaves)
    json["figures"].push_back(
        {{"name", l.name}, {"value", l.value}, {"kind", l.kind}, {"source", l.source}, {"where", l.where}});
  return json;
}

Json entry_json(const Entry& entry) {
  Json json{{"kind", entry.kind}, {"id", entry.id}, {"name", entry.name}};
  if (!entry.registry.empty()) json["registry"] = entry.registry;
  json["aliases"] = entry.aliases;
  const Fields& fields = entry_kind(entry.kind)->fields();
  for (std::size_t i = 0; i < fields.all.size(); ++i) {
    const Figure& figure = entry.figures[i];
    const Field& field = fields.all[i];
    if (figure.kind == Kind::not_stated) continue;
    if (field.is_choice()) json["figures"][field.path] = json_cell(field, figure.value);
    if (!field.is_figure()) continue;
    Json one{{"value", number(figure.value)}, {"unit", dimension_name(field.dim)},
             {"kind", word(figure.kind)},     {"source", figure.source},
             {"where", figure.where},         {"read", figure.read}};
    if (is_stated(figure.low)) one["range"] = {figure.low, figure.high};
    if (!figure.note.empty()) one["note"] = figure.note;
    if (!figure.inherited.empty()) one["inherited"] = figure.inherited;
    json["figures"][field.path] = std::move(one);
  }
  return json;
}

Json schema_json(const Table& table) {
  Json json{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
            {"title", table.wall->python},
            {"description", table.wall->doc},
            {"type", "object"}};
  Json required = Json::array();
  Json& properties = json["properties"];
  properties["wall"] = {{"const", table.wall->name}};
  for (const auto& entity : table.in.entities) {
    properties[entity_name(entity)] = {{"type", "string"}, {"description", entity.doc}, {"x-catalog", entity.kind}};
    if (entity.preset.empty() && entity_name(entity).find('.') == std::string::npos)
      required.push_back(entity_name(entity));
    else if (!entity.preset.empty() && entity.preset != optional)
      properties[entity_name(entity)]["default"] = entity.preset;
  }
  for (std::size_t i = 0; i < table.in.all.size(); ++i) {
    const Field& field = table.in.all[i];
    Json one = figure_schema(field);
    if (!table.holder(i) && !field.is_body() && is_stated(field.preset))
      one["default"] =
          field.is_choice() ? json_cell(field, field.preset) : number(field.preset * field.over / field.times);
    properties[field.path] = one;
    if (!field.also.empty()) {
      one.erase("default");
      one["description"] = "the same as " + field.path;
      properties[field.also] = std::move(one);
    }
  }
  json["required"] = std::move(required);
  json["additionalProperties"] = false;
  return json;
}

Json schema_json(const EntryKind& kind) {
  Json json{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
            {"title", kind.name},
            {"description", kind.doc},
            {"type", "object"}};
  const Json text{{"type", "string"}};
  json["$defs"]["figure"] = {{"type", "object"},
                             {"properties",
                              {{"value", {{"type", Json::array({"number", "string"})}}},
                               {"kind", {{"enum", Json::array({"stated", "derived", "measured", "estimated"})}}},
                               {"source", text},
                               {"where", text},
                               {"read", {{"type", "string"}, {"format", "date"}}},
                               {"note", text},
                               {"range", {{"type", "array"}, {"minItems", 2}, {"maxItems", 2}}}}},
                             {"required", Json::array({"value", "kind", "source", "where", "read"})},
                             {"additionalProperties", false}};
  Json& properties = json["properties"];
  properties["kind"] = {{"const", kind.name}};
  properties["name"] = properties["registry"] = properties["like"] = properties["replaces"] = text;
  properties["aliases"] = {{"type", "array"}, {"items", text}};
  const Fields& fields = kind.fields();
  for (std::size_t i = 0; i < fields.all.size(); ++i) {
    const Field& field = fields.all[i];
    const auto inside = [&](const EntityRange& entity) { return i >= entity.first && i < entity.first + entity.count; };
    if (std::ranges::any_of(fields.entities, inside)) continue;
    Json* level = &properties;
    std::string_view path = field.path;
    for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
      Json& group = (*level)[std::string(path.substr(0, dot))];
      group["type"] = "object";
      group["additionalProperties"] = false;
      level = &group["properties"];
      path.remove_prefix(dot + 1);
    }
    (*level)[std::string(path)] =
        field.is_choice() ? figure_schema(field)
                          : Json{{"$ref", "#/$defs/figure"}, {"description", field.doc}, {"x-unit", field.unit}};
  }
  for (const auto& entity : fields.entities)
    if (entity_name(entity).find('.') == std::string::npos)
      properties[entity_name(entity)] = {{"type", "string"}, {"description", entity.doc}, {"x-catalog", entity.kind}};
  json["additionalProperties"] = false;
  return json;
}

std::vector<std::string> notes(const Question& q, const std::vector<double>& result) {
  std::vector<std::string> notes = q.notes();
  const Table& t = q.table();
  const int precision = t.input("precision");
  if (precision >= 0 && t.entity("hardware")) {
    // The format that the arithmetic runs in, where the device has no unit for the one asked for.
    const Precision asked = static_cast<Precision>(static_cast<int>(q.row()[static_cast<std::size_t>(precision)]));
    const auto stated = [&](const char* format) {
      const int input = t.input(std::string("hardware.compute.") + format + "_dense");
      return input >= 0 && is_stated(q.row()[static_cast<std::size_t>(input)]);
    };
    std::string own = word(asked);
    if (own.starts_with("mx") || own.starts_with("nv")) own = own.substr(2);
    if (!stated(own.c_str()))
      for (const char* wider : {"fp16", "bf16", "fp32"})
        if (own != wider && stated(wider)) {
          const Entry* entry = q.bound("hardware");
          notes.push_back(fmt::format("{} states no {} rate: arithmetic runs in {}, the next wider format it has",
                                      entry ? entry->name : "the device", own, wider));
          break;
        }
  }
  const int dominated = t.output("overhead_dominated");
  if (dominated >= 0 && result[static_cast<std::size_t>(dominated)] != 0)
    notes.push_back(
        "fixed time (dispatch and kernel launches) exceeds both roofs: a faster device would change little");
  for (const auto& ignored : q.ignored())
    notes.push_back(fmt::format("{} was given and does not enter this answer", ignored));
  return notes;
}

}  // namespace mlsysim
