#pragma once
// A question as a document: YAML or JSON with the arguments of a wall as keys (`mlsysim schema WALL` prints its schema).
#include "mlsysim/ask/question.hpp"

namespace mlsysim {

/// Nothing, and no problem, where the file is not a plan (no `hardware`, `wall` or `workload` key: a model or a chip).
/// Problems carry file:line:column. Groups may be nested: `hardware: {memory: {bandwidth: 8 TB/s}}` needs `like`-free names, so a
/// figure is given as `hardware.memory.bandwidth: 8 TB/s`.
std::optional<Question> read_plan(const std::string& path, std::string_view assumptions, const Catalog& catalog,
                                  Problems& problems);

}  // namespace mlsysim
