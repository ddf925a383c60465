#include "mlsysim/units/fields.hpp"

namespace mlsysim {

void Describe::figure(const char* name, double preset, Dim dim, double times, double over, const char* unit,
                      Range range, const char* doc, Spelling spelling) {
  Field field;
  field.path = prefix + name;
  field.also = spelling.also;
  field.doc = doc;
  field.unit = unit;
  field.dim = dim;
  field.times = times;
  field.over = over;
  field.range = range;
  field.preset = absent ? std::numeric_limits<double>::quiet_NaN() : preset;
  to.all.push_back(std::move(field));
}

void Describe::choice(const char* name, double preset, std::span<const char* const> words, bool flag, const char* doc,
                      Spelling spelling) {
  Field field;
  field.path = prefix + name;
  field.also = spelling.also;
  field.doc = doc;
  field.preset = preset;
  field.words = words;
  field.flag = flag;
  to.all.push_back(std::move(field));
}

void Describe::body(const char* name, BodyReader reader, const char* kind, const char* doc) {
  Field field;
  field.path = prefix + name;
  field.doc = doc;
  field.reader = reader;
  field.body_kind = kind;
  to.all.push_back(std::move(field));
}

bool Field::carries_unit() const {
  constexpr std::pair<std::string_view, std::string_view> suffixes[] = {
      {"_kwh", "kWh"},  {"_kg", "kgCO2e"},     {"_usd", "USD"},   {"_liters", "L"},  {"_gb", "GB"},
      {"_gbs", "GB/s"}, {"_ms", "ms"},         {"_seconds", "s"}, {"_s", "s"},       {"_hours", "h"},
      {"_days", "day"}, {"_per_day", "1/day"}, {"_qps", "1/s"},   {"_tons", "tCO2e"}};
  for (const auto& [suffix, named] : suffixes)
    if (path.ends_with(suffix) && unit == named) return true;
  return false;
}

void Describe::name_of(const char* name, const char* entity, const char* doc) {
  Field field;
  field.path = prefix + name;
  field.doc = doc;
  field.names = entity;
  to.all.push_back(std::move(field));
}

}  // namespace mlsysim
