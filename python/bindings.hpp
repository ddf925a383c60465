#pragma once
// What the halves of the extension module share: errors, the catalog, and a row of it as Python holds it.
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "mlsysim/ask/files.hpp"
#include "mlsysim/ask/question.hpp"

namespace bindings {
namespace nb = nanobind;

/// The built-in catalog and the files in $MLSYSIM_PATH.
const mlsysim::Catalog& catalog();
/// Problems of those files: raised by whatever asks first.
const mlsysim::Problems& user_problems();

/// A dict from names to values.
inline nb::dict record(std::initializer_list<std::pair<const char*, nb::object>> items) {
  nb::dict dict;
  for (const auto& [key, value] : items) dict[key] = value;
  return dict;
}

/// The exception classes of mlsysim.errors, set when the package is imported.
extern nb::object input_error, data_error, lookup_error;
[[noreturn]] void raise(const mlsysim::Problem& problem);
/// Raises the first, where there is one.
void raise_first(const mlsysim::Problems& problems);

/// A row of the catalog as Python holds it: a built-in one reads its figures under the set of assumptions in force.
struct Row {
  const mlsysim::Entry* entry = nullptr;
  std::shared_ptr<mlsysim::OwnedEntry> own;  // of a file, or of an object that Python code built

  const mlsysim::Entry& under(std::string_view set) const {
    if (own || set.empty()) return *entry;
    const mlsysim::Entry* other = catalog().find(entry->kind, entry->id, set);
    return other ? *other : *entry;
  }
  const mlsysim::Fields& fields() const { return mlsysim::entry_kind(entry->kind)->fields(); }
  std::size_t index(const std::string& path) const {
    const auto& all = fields().all;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].path == path) return i;
    throw nb::key_error(path.c_str());
  }
};

/// The lines of a table of fields as dicts.
nb::list describe_fields(const mlsysim::Fields& fields);

/// A question from keyword arguments; `rows` keeps what it is bound to. `quantity` turns a pint quantity into (base value, dimension
/// name).
std::shared_ptr<mlsysim::Question> ask(const std::string& wall, const nb::dict& arguments,
                                       const std::string& assumptions, const nb::object& quantity,
                                       std::vector<Row>& rows);

void bind_rows(nb::module_& m);
void bind_answers(nb::module_& m);
void bind_sweeps(nb::module_& m);
void bind_formulas(nb::module_& m);
void bind_evidence(nb::module_& m);

}  // namespace bindings
