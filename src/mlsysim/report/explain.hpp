#pragma once
// The derivation of an answer: each step with its equation, its numbers and its value, then the figures it rests on with their
// sources. Made by running the wall itself over Traced, so it can't drift from the code.
#include <string>
#include <vector>
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

struct ExplainedStep {
  int depth = 0;
  std::string name, equation, numbers, value, source;
};
struct ExplainedLeaf {
  std::string name, value, kind, source, where;
};
struct Explanation {
  std::vector<ExplainedStep> steps;
  std::vector<ExplainedLeaf> leaves;
};

/// Of the named results, with the steps that they need; of every result where none is named.
Explanation explain(const Question& question, const std::vector<std::string>& results);
std::string explanation_text(const Explanation& explanation);

/// Where every figure that the answer depends on comes from.
std::vector<ExplainedLeaf> sources_of(const Question& question);
std::string sources_text(const std::vector<ExplainedLeaf>& leaves);

}  // namespace mlsysim
