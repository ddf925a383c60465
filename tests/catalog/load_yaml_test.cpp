// What is wrong with a file is said with its line, its key and what was expected.
#include "mlsysim/catalog/load_yaml.hpp"

#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {
struct Loaded {
  Problems problems{};
  std::unique_ptr<OwnedEntry> own{};
  /// The one problem; an empty one where there is none or more than one.
  Problem problem() const {
    return problems.size() == 1 ? problems.front() : Problem{.message = all_sentences(problems)};
  }
  double operator[](std::string_view path) const {
    const auto& all = entry_kind(own->entry.kind)->fields().all;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].path == path) return own->figures[i].value;
    return -1;
  }
};
Loaded load(const std::string& text, const std::string& kind = "accelerator", const std::string& id = "mychip") {
  Loaded loaded;
  LoadOptions options;
  options.kind = kind, options.id = id, options.file = id + ".yaml";
  options.sources = built_in_sources();
  options.find = [](std::string_view of, std::string_view name) { return built_in().find(of, name); };
  options.nearest = [](std::string_view of, std::string_view name) { return built_in().missing(of, name).nearest; };
  loaded.own = load_entry(text, options, loaded.problems);
  CHECK((loaded.own == nullptr) == !loaded.problems.empty());
  return loaded;
}
/// A file with one figure, the bandwidth, as given.
Loaded with(const std::string& bandwidth) { return load("name: My chip\nmemory:\n  bandwidth: " + bandwidth + "\n"); }
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// A figure in full, but for the part that a test is about.
std::string figure(const std::string& value, const std::string& kind = "stated",
                   const std::string& source = "nvidia-h100-datasheet", const std::string& read = "2026-11-21") {
  return "{value: " + value + ", kind: " + kind + ", source: " + source + ", where: a table, read: " + read + "}";
}
const std::string good = figure("3 TB/s");
/// What is said of a bandwidth with this value.
std::string said_of(const std::string& value) { return with(figure(value)).problem().message; }
}  // namespace

TEST_CASE("a file with one figure loads: 3 TB/s is 3e12 byte/s, stated, with its source and its line") {
  const Loaded l = with(good);
  REQUIRE_MESSAGE(l.own, l.problem().message);
  CHECK(l["memory.bandwidth"] == 3e12);
  CHECK(std::isnan(l["memory.capacity"]));
  CHECK(l.own->entry.id == "mychip");
  CHECK(l.own->entry.name == "My chip");
  for (const Figure& f : l.own->figures)
    if (f.kind == Kind::stated && std::isfinite(f.value)) {
      CHECK(f.source == "nvidia-h100-datasheet");
      CHECK(f.line == 3);
    }
}

TEST_CASE("JSON is a part of YAML: the same file in JSON loads") {
  const Loaded l = load(R"({"name": "My chip", "memory": {"capacity":
    {"value": "80 GiB", "kind": "stated", "source": "nvidia-h100-datasheet", "where": "a table", "read": "2026-11-21"}}})");
  REQUIRE_MESSAGE(l.own, l.problem().message);
  CHECK(l["memory.capacity"] == 85899345920.0);
}

TEST_CASE("an unknown key is refused with the nearest and its line: bandwith is memory.bandwidth") {
  const Problem p = load("name: My chip\nmemory:\n  bandwith: " + good).problem();
  CHECK(p.kind == Problem::Kind::data);
  CHECK(p.place == "mychip.yaml:3:3");
  CHECK(p.argument == "memory.bandwith");
  CHECK(p.nearest == "memory.bandwidth");
  CHECK(contains(p.excerpt, "bandwith:"));
  CHECK(load("name: My chip\nalias: [a]").problem().nearest == "aliases");
  CHECK(load("name: My chip\ntdp: " + good).problem().message.find("tdp is not a field of an accelerator") == 0);
}

TEST_CASE("a missing unit, a wrong unit and an unknown unit are refused: 3 is not 3 TB/s, nor is 3 TB, nor 3 TX/s") {
  CHECK(contains(said_of("3"), "has no unit, expected a quantity in TB/s"));
  CHECK(contains(said_of("3 TB"), "is in byte, expected a quantity in TB/s"));
  CHECK(contains(said_of("3 TX/s"), "\"TX/s\" is not a unit"));
  CHECK(contains(said_of("fast"), "is not a number"));
  CHECK(contains(load("name: A\nrelease_year: " + figure("2022 s")).problem().message, "expected a plain number"));
}

TEST_CASE("a value out of its range is refused: a bandwidth of 0, a release in 1066") {
  CHECK(contains(said_of("0 TB/s"), "out of range: above 0 TB/s"));
  CHECK(contains(load("name: A\nrelease_year: " + figure("1066")).problem().message, "out of range: 1970 to 2100"));
  CHECK(contains(load("name: A\nscale_up: {devices: " + figure("2.5") + "}").problem().message, "whole number"));
}

TEST_CASE("value, kind, source, where and read are all required, and are named when they are missing") {
  const std::vector<std::string> parts = {"value: 3 TB/s", "kind: stated", "source: nvidia-h100-datasheet", "where: x",
                                          "read: 2026-11-21"};
  for (const auto& missing : parts) {
    std::string rest;
    for (const auto& part : parts)
      if (part != missing) rest += (rest.empty() ? "{" : ", ") + part;
    const Problem p = with(rest + "}").problem();
    CHECK_MESSAGE(contains(p.message, "memory.bandwidth has no " + missing.substr(0, missing.find(':'))), p.message);
    CHECK(contains(p.place, "mychip.yaml:3:"));
  }
}

TEST_CASE("a bare number is no figure: it says how one is written") {
  const Problem p = with("3 TB/s").problem();
  CHECK(contains(p.message, "must be a figure with its source: {value: … TB/s, kind: stated"));
  CHECK(contains(load("name: A\nmemory: 80 GiB").problem().message, "memory holds several figures"));
}

TEST_CASE("an unknown source is refused with the nearest; in a user's file any text is a source") {
  const Problem p = with(figure("3 TB/s", "stated", "nvidia-h100-datashet")).problem();
  CHECK(contains(p.message, "no source is called \"nvidia-h100-datashet\""));
  CHECK(p.nearest == "nvidia-h100-datasheet");
  Problems problems;
  LoadOptions own;
  own.kind = "accelerator", own.id = "mychip", own.file = "mychip.yaml";
  own.known_sources = false;
  CHECK(load_entry("name: My chip\nmemory:\n  bandwidth: " + figure("3 TB/s", "measured", "my bench"), own, problems));
  CHECK(problems.empty());
}

TEST_CASE(
    "a key given twice is refused: in the file, in a group, in a figure, and once in a group and once by its path") {
  CHECK(contains(load("name: A\nname: B").problem().message, "name is given twice"));
  const Problem p = load("name: A\nmemory:\n  bandwidth: " + good + "\n  bandwidth: " + good).problem();
  CHECK(contains(p.message, "memory.bandwidth is given twice"));
  CHECK(p.place == "mychip.yaml:4:3");
  CHECK(contains(said_of("3 TB/s, value: 4 TB/s"), "value of memory.bandwidth is given twice"));
  CHECK(contains(load("name: A\nmemory: {bandwidth: " + good + "}\nmemory.bandwidth: " + good).problem().message,
                 "memory.bandwidth is given twice"));
}

TEST_CASE("an estimate without a range, with half of one, or with one that does not hold the value is refused") {
  const auto estimate = [](const std::string& range) {
    return with("{value: 3 TB/s, kind: estimated, source: mlsysim-estimate, where: x, read: 2026-11-21" + range + "}")
        .problem()
        .message;
  };
  CHECK(contains(estimate(""), "is estimated: give its range: [low, high]"));
  CHECK(contains(estimate(", range: [2 TB/s]"), "give its range"));
  CHECK(contains(estimate(", range: 2 TB/s"), "give its range"));
  CHECK(contains(estimate(", range: [4 TB/s, 5 TB/s]"), "the range does not hold the value"));
  CHECK(contains(estimate(", range: [2, 5]"), "has no unit"));
  CHECK(estimate(", range: [2 TB/s, 5 TB/s]").empty());
}

TEST_CASE("a kind that does not exist is refused: guessed is none, and original belongs to overlays") {
  for (const std::string kind : {"guessed", "original", "given", "default", "not stated"})
    CHECK(contains(with(figure("3 TB/s", kind)).problem().message, "is not a kind of figure"));
}

TEST_CASE("a date that is none is refused: yesterday, 2026-1-1, 21-11-2026, 2026-13-01, 2026-02-40") {
  for (const std::string date :
       {"yesterday", "2026-1-1", "21-11-2026", "2026/11/21", "2026-13-01", "2026-00-10", "2026-02-40", "2026-02-00"})
    CHECK_MESSAGE(contains(with(figure("3 TB/s", "stated", "nvidia-h100-datasheet", date)).problem().message,
                           "is not a date like 2026-01-31"),
                  date);
}

TEST_CASE("a part that no figure has is refused with the nearest: souce is source") {
  const Loaded l = with("{value: 3 TB/s, kind: stated, souce: nvidia-h100-datasheet, where: x, read: 2026-11-21}");
  REQUIRE(l.problems.size() == 2);  // and the source is missing
  CHECK(l.problems[0].nearest == "source");
}

TEST_CASE("every problem of a file is said, not the first alone") {
  const Loaded l = load("nam: A\nmemory: {bandwidth: 3, capasity: 4}\nrelease_year: {value: soon}");
  CHECK(l.problems.size() >= 5);
}

TEST_CASE("a word outside its list is refused with the nearest: transformr is transformer") {
  const Problem p = load("name: A\narchitecture: transformr", "model", "mymodel").problem();
  CHECK(p.nearest == "transformer");
  CHECK(contains(p.message, "one of transformer, mixture_of_experts"));
  CHECK(contains(load("name: A\narchitecture: [transformer]", "model", "mymodel").problem().message,
                 "must be a single word"));
}

TEST_CASE("an empty file, a list, a word and text that is no YAML are refused with their line") {
  for (const std::string text : {"", "\n\n", "# a comment\n", "- a\n- b\n", "just words", "42", "~"})
    CHECK_MESSAGE(contains(load(text).problem().message, "expected a mapping"), text);
  const Problem p = load("name: A\nmemory: {bandwidth: [\n").problem();
  CHECK(contains(p.message, "not YAML"));
  CHECK(contains(p.place, "mychip.yaml:"));
  for (const std::string text : {"name: A\n\tmemory: 1", "name: \"A", "a: b: c", "name: A\n- b", "? [a]\n: b", "&a *a",
                                 "name: *nobody", "%YAML 9.9\n---\nname: A\n..x", "{]"})
    CHECK_MESSAGE(load(text).problems.size() >= 1, text);
}

TEST_CASE("a file that says no kind, or one that does not exist, is refused") {
  CHECK(contains(load("name: A", "").problem().message, "does not say what it describes"));
  const Problem p = load("name: A\nkind: acelerator", "").problem();
  CHECK(contains(p.message, "is not a kind of entry"));
  CHECK(p.nearest == "accelerator");
  CHECK(load("name: A\nkind: accelerator", "").own);
}

TEST_CASE("like copies the figures of another entry, each with its source, marked inherited") {
  const Loaded l = load("like: h100\nname: My H100\nmemory:\n  bandwidth: " + good);
  REQUIRE_MESSAGE(l.own, l.problem().message);
  CHECK(l["memory.bandwidth"] == 3e12);
  CHECK(l["memory.capacity"] == 85899345920.0);
  int inherited = 0;
  for (const Figure& f : l.own->figures) inherited += f.inherited == "h100-sxm-80gb";
  CHECK(inherited > 10);
  CHECK(contains(load("like: h1OO0\nname: A").problem().message, "no accelerator is called \"h1OO0\""));
  CHECK_FALSE(load("like: h1OO\nname: A").problem().nearest.empty());
  CHECK(contains(load("like: [h100]\nname: A").problem().message, "like must be a single value"));
}

TEST_CASE("a reference to an entry that does not exist is refused") {
  CHECK(contains(load("name: A\naccelerator: h1OO", "node", "mynode").problem().message,
                 "no accelerator is called \"h1OO\""));
  const Loaded l = load("name: A\naccelerator: h100", "node", "mynode");
  REQUIRE(l.own);
  CHECK(l["accelerator.memory.bandwidth"] == 3.35e12);
}

TEST_CASE(
    "a user's id that is built in is refused, unless it says that it replaces it; then every name of that entry means "
    "it") {
  const auto add = [](Catalog& catalog, const std::string& text, const std::string& id) {
    Problems problems;
    catalog.add(load(text, "accelerator", id).own, problems);
    return problems;
  };
  Catalog catalog;
  const Problems taken = add(catalog, "name: A", "h100-sxm-80gb");
  REQUIRE(taken.size() == 1);
  CHECK(contains(taken[0].message, "\"h100-sxm-80gb\" is already in the catalog; write `replaces: h100-sxm-80gb`"));
  Catalog other;
  CHECK(contains(all_sentences(add(other, "name: A\naliases: [H100]", "mychip")),
                 "the alias \"H100\" already belongs to h100-sxm-80gb"));

  Catalog replaced;
  CHECK(add(replaced, "like: h100\nreplaces: h100-sxm-80gb\nname: My H100", "h100-sxm-80gb").empty());
  for (const char* name : {"h100-sxm-80gb", "h100", "Hardware.Cloud.H100"}) {
    REQUIRE(replaced.find("accelerator", name));
    CHECK_MESSAGE(replaced.find("accelerator", name)->name == "My H100", std::string(name));
  }
  CHECK(replaced.all("accelerator").size() == built_in().all("accelerator").size());
}

TEST_CASE("a megabyte of noise, 200 levels of nesting and a bomb of references are problems, not crashes") {
  std::string noise(1 << 20, 'x'), binary(1 << 16, '\0'), deep, braces = "name: A\n";
  for (int i = 0; i < 1 << 16; ++i) binary[static_cast<std::size_t>(i)] = static_cast<char>(i * 7919 >> 3);
  for (int i = 0; i < 200; ++i)
    deep += std::string(static_cast<std::size_t>(i), ' ') + "memory:\n", braces += "memory: {";
  for (const std::string& text :
       {noise, binary, deep, braces, std::string(5000, '['), std::string(5000, '{'), std::string(100000, '-')}) {
    const Loaded l = load(text);
    REQUIRE(l.problems.size() >= 1);
    CHECK(sentence(l.problems.front()).size() < 1000);
    CHECK(l.problems.front().excerpt.size() <= 160);
  }
  const Loaded named = load("name: A\n" + noise + ": 1");
  REQUIRE(named.problems.size() == 1);
  CHECK(sentence(named.problems.front()).size() < 1000);
  CHECK(sentence(load("name: A\nlike: " + noise).problem()).size() < 1000);
  CHECK(sentence(load("name: A\narchitecture: " + noise, "model", "m").problem()).size() < 1000);
  CHECK(sentence(with(figure(noise, "stated", noise)).problem()).size() < 1000);
}

TEST_CASE("sources: one defined twice, one without a title and text that is no YAML are problems") {
  const auto sources = [](const std::string& text) {
    Problems problems;
    std::deque<std::string> texts;
    std::vector<Source> found;
    load_sources(text, "sources/mine.yaml", texts, found, problems);
    return all_sentences(problems);
  };
  CHECK(sources("a: {title: A, publisher: B, url: \"https://a\", date: 2020}").empty());
  CHECK(contains(sources("a: {publisher: B, url: \"https://a\", date: 2020}"), "source a has no title"));
  CHECK(contains(
      sources("a: {title: A, publisher: B, url: u, date: 2020}\na: {title: A, publisher: B, url: u, date: 2020}"),
      "defined twice"));
  CHECK(contains(sources("a: {"), "not YAML"));
  CHECK(contains(sources("a: words"), "source a has no title"));
  CHECK(contains(sources("- a\n- b"), "mapping"));
}
