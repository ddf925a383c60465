#include "mlsysim/search/fixes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "mlsysim/catalog/precision.hpp"
#include "mlsysim/search/probe.hpp"

namespace mlsysim {
namespace {

/// The results that fitting is about; -1 where this wall has none.
struct Fit {
  int feasible, needed, available, weights;
  explicit Fit(const Table& t)
      : feasible(t.output("feasible")),
        needed(t.output("memory_footprint")),
        available(t.output("memory_available")),
        weights(t.output("memory_weights")) {}
  bool known() const { return feasible >= 0 && needed >= 0 && available >= 0 && weights >= 0; }
};
double at(const std::vector<double>& result, int i) { return result[static_cast<std::size_t>(i)]; }

}  // namespace

std::vector<Fix> smallest_fixes(const Question& question) {
  std::vector<Fix> fixes;
  const Table& t = question.table();
  const Fit fit(t);
  const EntityRange* hardware = t.entity("hardware");
  const Entry* device = question.bound("hardware");
  if (!fit.known() || !hardware || !device) return fixes;
  const auto now = question.answer();

  const double available = at(now, fit.available);
  if (const int devices = t.input("devices"); devices >= 0) {  // the question itself knows how to split
    const auto cell = static_cast<std::size_t>(devices);
    for (double n = 2; n <= 1024; n *= 2) {
      if (n <= question.row()[cell]) continue;
      Question more = question;
      more.give(cell, n);
      if (!more.check()) break;
      const auto then = more.answer();
      if (at(then, fit.feasible) == 0) continue;
      fixes.push_back({fmt::format("--on {}:{:.0f}", device->id, n), at(then, fit.needed), at(then, fit.available)});
      break;
    }
  } else {
    for (double n = 2; n <= 65536 && available > 0; n *= 2)
      if (at(now, fit.needed) / n <= available) {
        fixes.push_back({fmt::format("{:.0f} x {}, evenly split", n, device->id), at(now, fit.needed) / n, available});
        break;
      }
  }
  if (const int precision = t.input("precision"); precision >= 0) {
    const auto cell = static_cast<std::size_t>(precision);
    const double bits = stored_bits(static_cast<Precision>(static_cast<int>(question.row()[cell])));
    for (const Precision p : {Precision::fp16, Precision::fp8, Precision::int8, Precision::int4}) {
      if (stored_bits(p) >= bits) continue;
      Question narrower = question;
      narrower.give(cell, static_cast<double>(static_cast<int>(p)));
      if (!narrower.check()) continue;
      const auto then = narrower.answer();
      if (at(then, fit.feasible) == 0) continue;
      fixes.push_back({fmt::format("--precision {}", word(p)), at(then, fit.needed), at(then, fit.available)});
      break;
    }
  }
  // Another device of the same class (the catalog's Cloud, Mobile, Tiny…), the one with the least memory that holds it.
  const std::string group(device->registry.substr(0, device->registry.find('.') + 1));
  std::vector<Fix> others;
  for (const Entry* other : question.catalog().all("accelerator")) {
    if (other == device || group.empty() || !other->registry.starts_with(group)) continue;
    Question elsewhere = question;
    elsewhere.bind(*hardware, *other);
    if (!elsewhere.check()) continue;
    const auto then = elsewhere.answer();
    if (at(then, fit.feasible) != 0)
      others.push_back({std::string(other->id), at(then, fit.needed), at(then, fit.available)});
  }
  std::ranges::sort(others, {}, &Fix::available);
  if (!others.empty()) fixes.push_back(others.front());
  return fixes;
}

std::optional<double> compute_bound_batch(const Question& question, double most) {
  const Table& t = question.table();
  const int batch = t.input("batch_size"), bottleneck = t.output("bottleneck");
  if (batch < 0 || bottleneck < 0) return std::nullopt;
  Question asked = question;
  const auto compute_bound = [&](double b) {
    asked.give(static_cast<std::size_t>(batch), b);
    return at(asked.answer(), bottleneck) == 0;
  };
  if (compute_bound(1)) return 1;
  double low = 1, high = 2;  // memory-bound at low; intensity grows with the batch
  while (!compute_bound(high)) {
    low = high;
    if ((high *= 2) > most) return std::nullopt;
  }
  return turning_count(low, high, compute_bound);
}

}  // namespace mlsysim
