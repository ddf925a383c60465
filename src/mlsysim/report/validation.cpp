#include "mlsysim/report/validation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace mlsysim {
namespace {

Json group_json(const ComparedGroup& g) {
  Json json{{"group", g.name()},
            {"metric", fmt::format("{}", fmt::join(g.metrics, ", "))},
            {"engine", g.engine},
            {"regime", g.regime},
            {"rows", g.rows.size()},
            {"predicted", g.predicted},
            {"median_ape", g.median_ape},
            {"p90_ape", g.p90_ape},
            {"bias", g.bias},
            {"coverage", g.coverage},
            {"half_width", g.half_width},
            {"interval_score", g.interval_score},
            {"naive_median_ape", g.naive_median_ape},
            {"naive_p90_ape", g.naive_p90_ape},
            {"original_rows", g.original_rows},
            {"original_median_ape", g.original_median_ape},
            {"original_p90_ape", g.original_p90_ape},
            {"band", g.band.from->id},
            {"sources", g.sources}};
  return json;
}

Json training_json(const Validation& v) {
  const TrainingRuns& t = v.training;
  return {{"repeated", v.repeated}, {"runs", t.runs},         {"predicted", t.predicted}, {"complete", t.complete},
          {"settled", t.settled},
          {"ran", t.ran},           {"fit", t.fit},             {"rankings", t.rankings},
          {"ranking_median", t.ranking_median}, {"ranking_mean", t.ranking_mean}};
}

Json figure(double x, bool stated) { return stated ? Json(x) : Json(nullptr); }

/// Words between ", ".
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(", ", at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end + 2;
  }
  return words;
}

}  // namespace

Json row_json(const ComparedRow& row) {
  const Case& c = *row.posed;
  const bool known = c.posed(), predicted = row.is_predicted();
  return {{"id", (*c.row)["id"]},
          {"file", c.row->file->name},
          {"line", c.row->line},
          {"group", c.regime.empty() ? Json(nullptr) : Json(c.regime + ", " + c.engine)},
          {"metric", known ? Json(word(c.metric)) : Json(nullptr)},
          {"measured_metric", (*c.row)["measured_metric"]},
          {"measured", figure(c.measured, known)},
          {"predicted", figure(row.predicted, predicted)},
          {"low", figure(row.low, predicted)},
          {"high", figure(row.high, predicted)},
          {"ape", figure(100 * std::abs(row.error()), predicted)},
          {"naive", figure(row.naive, predicted)},
          {"original", figure(row.original, predicted)},
          {"unit", known ? Json(unit_of(c.metric)) : Json(nullptr)},
          {"model", c.model},
          {"chip", c.chip},
          {"source", c.source},
          {"assumed_factor", figure(c.assumed, predicted)},
          {"missing", c.missing},
          {"complete", row.complete},
          {"reason", row.reason.empty() ? Json(nullptr) : Json(row.reason)},
          {"nearest", row.nearest.empty() ? Json(nullptr) : Json(row.nearest)}};
}

Json validation_json(const Validation& v, const Problems& unreadable, bool with_rows) {
  Json json{{"counts",
             {{"rows", v.rows.size()},
              {"predicted", v.predicted},
              {"not_predicted", v.rows.size() - v.predicted},
              {"unreadable", unreadable.size()},
              {"complete", v.complete},
              {"complete_predicted", v.complete_predicted}}},
            {"training", training_json(v)},
            {"units",
             {{"median_ape", "%"},
              {"p90_ape", "%"},
              {"bias", "%"},
              {"coverage", "share"},
              {"half_width", "%"},
              {"interval_score", "ln"},
              {"naive_median_ape", "%"},
              {"naive_p90_ape", "%"},
              {"original_median_ape", "%"},
              {"original_p90_ape", "%"}}},
            {"groups", Json::array()}};
  for (const auto& group : v.groups) json["groups"].push_back(group_json(group));
  if (with_rows) {
    json["rows"] = Json::array();
    for (const auto& row : v.rows)
      if (row.chosen) json["rows"].push_back(row_json(row));
  }
  json["reasons"] = Json::array();
  for (const auto& reason : v.reasons)
    json["reasons"].push_back({{"reason", reason.text}, {"rows", reason.rows.size()}, {"nearest", reason.nearest}});
  json["unreadable"] = Json::array();
  for (const auto& problem : unreadable) json["unreadable"].push_back(sentence(problem));
  return json;
}

Json measurement_schema_json() {
  Json json{
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"title", "measurement"},
      {"description", "a row of a file of measurements, by the names of its columns; an empty cell is not stated"},
      {"type", "object"}};
  for (const auto& column : measurement_columns()) {
    Json& property = json["properties"][column.name];
    const bool text = column.type == MeasurementColumn::Type::text;
    property["description"] = column.doc;
    property["type"] = text ? "string" : column.type == MeasurementColumn::Type::count ? "integer" : "number";
    if (column.type == MeasurementColumn::Type::count) property["minimum"] = 1;
    if (column.type == MeasurementColumn::Type::number) property["exclusiveMinimum"] = 0;
    if (*column.unit) property["x-unit"] = column.unit;
    if (*column.accepted) property[column.needed ? "enum" : "examples"] = words_of(column.accepted);
    if (column.needed) json["required"].push_back(column.name);
  }
  json["additionalProperties"] = true;
  return json;
}

}  // namespace mlsysim
