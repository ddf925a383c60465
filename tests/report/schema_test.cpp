// The JSON Schema of a question and of an entry, checked against the part of the language that it uses.
#include <doctest/doctest.h>

#include <algorithm>

#include "asked.hpp"
#include "mlsysim/report/json.hpp"

using namespace mlsysim;

namespace {
const std::vector<std::string> types = {"object", "array", "string", "number", "integer", "boolean", "null"};
const std::vector<std::string> keywords = {"$schema",    "$defs",       "$ref",
                                           "title",      "description", "type",
                                           "properties", "required",    "additionalProperties",
                                           "enum",       "const",       "default",
                                           "minimum",    "maximum",     "exclusiveMinimum",
                                           "items",      "minItems",    "maxItems",
                                           "format"};

bool is_type(const Json& type) {
  return type.is_string() && std::ranges::find(types, type.get<std::string>()) != types.end();
}

/// A schema in which every keyword is one of JSON Schema 2020-12 (or begins with "x-") and has the type that it must have.
void check_schema(const Json& schema, const Json& root, const std::string& path) {
  CAPTURE(path);
  if (schema.is_boolean()) return;
  REQUIRE(schema.is_object());
  for (const auto& [key, value] : schema.items()) {
    CHECK_MESSAGE((key.starts_with("x-") || std::ranges::find(keywords, key) != keywords.end()), key);
    if (key == "type")
      CHECK_MESSAGE((value.is_array() ? std::ranges::all_of(value, is_type) : is_type(value)), value.dump());
    if (key == "enum") CHECK_MESSAGE((value.is_array() && !value.empty()), value.dump());
    if (key == "minimum" || key == "maximum" || key == "exclusiveMinimum") CHECK(value.is_number());
    if (key == "$ref")
      CHECK_MESSAGE(root.contains(Json::json_pointer(value.get<std::string>().substr(1))), value.dump());
    if (key == "required")
      for (const auto& name : value) CHECK_MESSAGE(schema["properties"].contains(name.get<std::string>()), name.dump());
    if (key == "properties" || key == "$defs")
      for (const auto& [name, inner] : value.items()) check_schema(inner, root, path + "/" + name);
    if (key == "items" || key == "additionalProperties") check_schema(value, root, path + "/" + key);
  }
  if (schema.contains("default") && schema.contains("enum"))
    CHECK(std::ranges::find(schema["enum"], schema["default"]) != schema["enum"].end());
  if (schema.contains("default") && schema.contains("minimum")) CHECK(schema["default"] >= schema["minimum"]);
  if (schema.contains("default") && schema.contains("maximum")) CHECK(schema["default"] <= schema["maximum"]);
}
}  // namespace

TEST_CASE("the schema of every wall is JSON Schema 2020-12 and holds every argument, choice and entity") {
  for (const Wall* wall : walls()) {
    const Table& t = table_of(wall->name);
    const Json schema = Json::parse(schema_json(t).dump());
    CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
    CHECK(schema["type"] == "object");
    CHECK(schema["additionalProperties"] == false);
    CHECK(schema["properties"]["wall"]["const"] == wall->name);
    check_schema(schema, schema, wall->name);
    for (const Field& field : t.in.all) {
      CAPTURE(field.path);
      REQUIRE(schema["properties"].contains(field.path));
      const Json& one = schema["properties"][field.path];
      CHECK(one["description"] == field.doc);
      if (!field.also.empty()) CHECK(schema["properties"].contains(field.also));
      if (field.is_choice() && !field.flag) CHECK(one["enum"].size() == field.words.size());
      if (field.flag) CHECK(one["type"] == "boolean");
      if (!field.unit.empty()) CHECK(one["x-unit"] == field.unit);
    }
    for (const auto& entity : t.in.entities)
      CHECK(schema["properties"].contains(entity.prefix.substr(0, entity.prefix.size() - 1)));
  }
}

TEST_CASE(
    "single-node requires model and hardware and nothing else; a batch is a whole number of at least 1, 1 by default") {
  const Json schema = schema_json(table_of("single-node"));
  CHECK(schema["required"] == Json::array({"model", "hardware"}));
  const Json& batch = schema["properties"]["batch_size"];
  CHECK(batch["type"] == "integer");
  CHECK(batch["minimum"] == 1.0);
  CHECK(batch["default"] == 1.0);
  const Json& bandwidth = schema["properties"]["hardware.memory.bandwidth"];
  CHECK(bandwidth["exclusiveMinimum"] == 0.0);
  CHECK(bandwidth["x-unit"] == "TB/s");
  CHECK_FALSE(bandwidth.contains("default"));
  CHECK_FALSE(schema["properties"]["seq_len"].contains("default"));
}

TEST_CASE("the schema of every kind of entry is JSON Schema and holds every field at its place") {
  for (const auto& kind : entry_kinds()) {
    const Json schema = Json::parse(schema_json(kind).dump());
    check_schema(schema, schema, kind.name);
    const Fields& fields = kind.fields();
    for (std::size_t i = 0; i < fields.all.size(); ++i) {
      const bool referred = std::ranges::any_of(
          fields.entities, [&](const EntityRange& e) { return i >= e.first && i < e.first + e.count; });
      if (referred) continue;
      const Json* level = &schema;
      std::stringstream path(fields.all[i].path);
      for (std::string part; std::getline(path, part, '.');) {
        REQUIRE_MESSAGE((*level)["properties"].contains(part), fields.all[i].path);
        level = &(*level)["properties"][part];
      }
    }
    for (const auto& entity : fields.entities)
      if (entity.prefix.find('.') == entity.prefix.size() - 1)
        CHECK(schema["properties"][entity.prefix.substr(0, entity.prefix.size() - 1)]["x-catalog"] == entity.kind);
  }
}
