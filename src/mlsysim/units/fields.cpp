#include "mlsysim/units/fields.hpp"

namespace mlsysim {

void Describe::figure(const char* name, double preset, Dim dim, double times, double over, const char* unit, Range range,
                      const char* doc, Spelling spelling) {
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

void Describe::name_of(const char* name, const char* entity, const char* doc) {
  Field field;
  field.path = prefix + name;
  field.doc = doc;
  field.names = entity;
  to.all.push_back(std::move(field));
}

}  // namespace mlsysim
