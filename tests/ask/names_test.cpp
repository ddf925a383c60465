// Names as people type them, and what is said where there is none.
#include <doctest/doctest.h>

#include "asked.hpp"

using namespace mlsysim;

namespace {
constexpr const char* single_node = "single-node";
std::string id_of(const char* kind, const std::string& name) {
  const Entry* entry = built_in().find(kind, name);
  return entry ? std::string(entry->id) : "none";
}
bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST_CASE("a model answers to its id, its alias and its Python path, whatever the case, dashes, dots and underscores") {
  for (const std::string name : {"llama-3-8b", "Llama3_8B", "LLAMA 3 8B", "llama_3_8b", "llama3-8b", "Models.Llama3_8B",
                                 "Models.Language.Llama3_8B", "Language.Llama3_8B", "llama-3.1-8b"})
    CHECK_MESSAGE(id_of("model", name) == "llama-3-8b", name);
}

TEST_CASE("a device does too: h100, H100, Hardware.Cloud.H100, Cloud.H100") {
  for (const std::string name :
       {"h100", "H100", "H-100", "Hardware.Cloud.H100", "Hardware.H100", "Cloud.H100", "h100-sxm-80gb"})
    CHECK_MESSAGE(id_of("accelerator", name) == "h100-sxm-80gb", name);
}

TEST_CASE("nothing answers to an empty name, to dashes alone or to a root alone") {
  for (const std::string name : {"", "-", "...", "Hardware.", "Models.", "   "})
    CHECK_MESSAGE(id_of("accelerator", name) == "none", name);
}

TEST_CASE("a name that is near is suggested: h1OO means h100") {
  const Problem p = Refusal(single_node, {{"model", "llama-3-8b"}, {"hardware", "h1OO"}}).problem();
  CHECK(p.kind == Problem::Kind::lookup);
  CHECK(p.argument == "accelerator");
  CHECK(p.message == "no accelerator is called \"h1OO\"");
  CHECK(contains(p.nearest, "100"));
  CHECK(contains(built_in().missing("accelerator", "h10").nearest, "H100"));
  CHECK(contains(built_in().missing("accelerator", "A1000").nearest, "A100"));
  CHECK(contains(built_in().missing("model", "lama-3-8b").nearest, "llama-3-8b"));
  CHECK(contains(built_in().missing("model", "Models.Language.Llama3_8").nearest, "Language.Llama3_8B"));
}

TEST_CASE("a name that is far from all is told where to look, and nothing is suggested") {
  const Problem p = built_in().missing("accelerator", "abacus of bronze");
  CHECK(p.nearest.empty());
  CHECK(contains(p.message, "mlsysim zoo accelerators lists all"));
}

TEST_CASE("a megabyte as a name is answered in a sentence") {
  CHECK(sentence(built_in().missing("model", std::string(1 << 20, 'x'))).size() < 400);
  CHECK(Refusal(single_node, {{"model", std::string(1 << 20, 'x')}, {"hardware", "h100"}}).text().size() < 800);
  CHECK(Refusal(single_node, {{"model", "llama-3-8b"}, {"hardware", "h100"}, {std::string(1 << 20, 'x'), "1"}})
            .text()
            .size() < 800);
  CHECK(Refusal(single_node, {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"precision", std::string(1 << 20, 'x')}})
            .text()
            .size() < 800);
  CHECK(Refusal(single_node, {{"model", "llama-3-8b"}, {"hardware", "h100"}, {"batch_size", std::string(1 << 20, '7')}})
            .text()
            .size() < 800);
}

TEST_CASE("a question without a model says so, and how to name one; one without anything says both") {
  const Problem p = Refusal(single_node, {{"hardware", "h100"}}).problem();
  CHECK(p.argument == "model");
  CHECK(contains(p.message, "model is missing: name a model (mlsysim zoo models lists all)"));
  const Refusal none(single_node, {});
  CHECK(none.question.problems().size() == 2);
  CHECK(contains(none.text(), "hardware is missing: name an accelerator"));
}

TEST_CASE("two wrong names are two problems, said together") {
  CHECK(Refusal(single_node, {{"model", "lama-3-8b"}, {"hardware", "h1OO"}}).question.problems().size() == 2);
}

TEST_CASE("a wall answers to its name and its Python class; single-nod is near single-node") {
  CHECK(table("single-node"));
  CHECK(table("SingleNodeModel") == table("single-node"));
  CHECK(table("single_node") == table("single-node"));
  CHECK(table("double-node") == nullptr);
  CHECK(no_wall("single-nod").nearest == "single-node");
}

TEST_CASE("assumptions are named too: mlsysim-0.1 changes the answer, an unknown set is a problem") {
  Question ours(table_of(single_node), built_in()), original(table_of(single_node), built_in(), "mlsysim-0.1"),
      unknown(table_of(single_node), built_in(), "mlsysim-9");
  for (Question* q : {&ours, &original, &unknown}) {
    q->give("model", "llama-3-8b");
    q->give("hardware", "h100");
    q->give("batch_size", "8");
  }
  REQUIRE(ours.check());
  REQUIRE(original.check());
  CHECK(ours.answer() != original.answer());
  CHECK(ours.set_name() == "");
  CHECK(original.set_name() == "mlsysim-0.1");
  CHECK_FALSE(unknown.check());
  CHECK(contains(all_sentences(unknown.problems()), "no set of assumptions is called \"mlsysim-9\""));
}
