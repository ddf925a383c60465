// Every entry of the catalog: sources, kinds, names.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "mlsysim/catalog/catalog.hpp"
#include "mlsysim/units/parse.hpp"

using namespace mlsysim;

namespace {
bool is_date(std::string_view text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-' && text >= "2020-01-01" && text.substr(5, 2) >= "01" &&
         text.substr(5, 2) <= "12" && text.substr(8) >= "01" && text.substr(8) <= "31";
}
template <class F>
void every_figure(F check) {
  for (const Entry& entry : built_in_entries()) {
    const Fields& fields = entry_kind(entry.kind)->fields();
    REQUIRE(entry.figures.size() == fields.all.size());
    for (std::size_t i = 0; i < fields.all.size(); ++i)
      if (fields.all[i].is_figure() && entry.figures[i].kind != Kind::not_stated)
        check(entry, fields.all[i], entry.figures[i]);
  }
}
std::string place(const Entry& entry, const Field& field) {
  return std::string(entry.file) + ": " + (entry.set.empty() ? "" : std::string(entry.set) + " ") + field.path;
}
}  // namespace

TEST_CASE("every figure names a source that data/sources has, where it stands there and when it was read") {
  int count = 0;
  every_figure([&](const Entry& entry, const Field& field, const Figure& figure) {
    ++count;
    CAPTURE(place(entry, field));
    CHECK_MESSAGE(Catalog::source(figure.source), figure.source);
    CHECK(figure.where.size() > 2);
    CHECK_MESSAGE(is_date(figure.read), figure.read);
  });
  CHECK(count > 700);
}

TEST_CASE(
    "every figure is a finite number; one that nobody states has no kind, unless an overlay says that the original had "
    "none") {
  every_figure([](const Entry& entry, const Field& field, const Figure& figure) {
    CHECK_MESSAGE((std::isfinite(figure.value) || (figure.kind == Kind::original && !entry.set.empty())),
                  place(entry, field));
  });
  for (const Entry& entry : built_in_entries())
    for (const Figure& figure : entry.figures)
      if (figure.kind == Kind::not_stated && std::isfinite(figure.value)) CHECK(figure.source.empty());
}

TEST_CASE(
    "every estimate has a range; a range, of whatever kind of figure, holds its value and is wider than nothing") {
  int estimates = 0;
  every_figure([&](const Entry& entry, const Field& field, const Figure& figure) {
    CAPTURE(place(entry, field));
    const bool estimated = figure.kind == Kind::estimated;
    estimates += estimated;
    CHECK(std::isfinite(figure.low) >= estimated);
    CHECK(std::isfinite(figure.low) == std::isfinite(figure.high));
    if (!std::isfinite(figure.low)) return;
    CHECK(figure.low <= figure.value);
    CHECK(figure.value <= figure.high);
    CHECK(figure.low < figure.high);
  });
  CHECK(estimates > 50);
}

TEST_CASE("every figure is within the range of its field") {
  every_figure([](const Entry& entry, const Field& field, const Figure& figure) {
    if (std::isnan(figure.value)) return;
    const double shown = figure.value * field.over / field.times;
    CHECK_MESSAGE(shown >= field.range.low * (1 - 1e-12), place(entry, field));
    CHECK_MESSAGE(shown <= field.range.high, place(entry, field));
    CHECK_MESSAGE((!field.range.whole || figure.value == std::floor(figure.value)), place(entry, field));
  });
}

TEST_CASE("a figure of kind original stands in an overlay only, and an overlay's own figures are all original") {
  every_figure([](const Entry& entry, const Field& field, const Figure& figure) {
    if (figure.kind == Kind::original) CHECK_MESSAGE(!entry.set.empty(), place(entry, field));
  });
  for (const Entry& entry : built_in_entries())
    if (!entry.set.empty())
      CHECK_MESSAGE(Catalog().find(entry.kind, entry.id), entry.id << " of " << entry.set << " overlays nothing");
}

TEST_CASE("every source has a title, a publisher, an address and a date") {
  std::set<std::string_view> ids;
  for (const Source& source : built_in_sources()) {
    CAPTURE(source.id);
    CHECK(ids.insert(source.id).second);
    CHECK(source.title.size() > 3);
    CHECK(source.publisher.size() > 1);
    CHECK((source.url.starts_with("https://") || source.url.starts_with("http://") || source.id == "mlsysim-estimate"));
    CHECK((source.date.size() >= 4 && source.date >= "1800" && source.date < "2030"));
  }
  CHECK(ids.size() > 30);
}

TEST_CASE("no two entries of a kind answer to the same name") {
  const auto leaf = [](std::string_view path) { return path.substr(path.rfind('.') + 1); };
  for (const auto& kind : entry_kinds()) {
    std::map<std::string, std::string_view> owner;
    for (const Entry* entry : Catalog().all(kind.name)) {
      std::set<std::string> own{folded(entry->id), folded(entry->registry), folded(leaf(entry->registry))};
      for (const auto alias : entry->aliases) own.insert(folded(alias));
      own.erase("");
      for (const auto& name : own) {
        const auto [at, fresh] = owner.insert({name, entry->id});
        CHECK_MESSAGE(fresh, name << " is " << at->second << " and " << entry->id);
      }
    }
  }
}

TEST_CASE("every entry is found by its id, each alias, its registry path and the end of that") {
  const Catalog catalog;
  for (const auto& kind : entry_kinds())
    for (const Entry* entry : catalog.all(kind.name)) {
      CAPTURE(entry->id);
      CHECK(catalog.find(kind.name, entry->id) == entry);
      CHECK(entry->name.size() > 2);
      for (const auto alias : entry->aliases) CHECK_MESSAGE(catalog.find(kind.name, alias) == entry, alias);
      if (entry->registry.empty()) continue;
      CHECK(catalog.find(kind.name, entry->registry) == entry);
      CHECK(catalog.find(kind.name, entry->registry.substr(entry->registry.rfind('.') + 1)) == entry);
    }
}

TEST_CASE("an id is lower-case words, digits, dots and dashes: what a file may be called") {
  for (const Entry& entry : built_in_entries())
    CHECK_MESSAGE(entry.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string_view::npos,
                  entry.id);
}

TEST_CASE("a node holds the row of its accelerator, a fleet that of its node and fabric") {
  const Catalog catalog;
  const auto figure = [](const Entry* entry, std::string_view path) {
    const auto& all = entry_kind(entry->kind)->fields().all;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].path == path) return entry->figures[i].value;
    return std::nan("");
  };
  CHECK(figure(catalog.find("node", "dgx-h100"), "accelerator.memory.bandwidth") == 3.35e12);
  CHECK(figure(catalog.find("node", "dgx-h100"), "accelerators") == 8);
  const Entry* fleet = catalog.find("fleet", "frontier-8k");
  REQUIRE(fleet);
  CHECK(figure(fleet, "node.accelerator.memory.bandwidth") == 3.35e12);
  CHECK(figure(fleet, "node.accelerators") * figure(fleet, "nodes") == 8192);
  CHECK(figure(fleet, "fabric.bandwidth_one_way") > 1e9);
}
