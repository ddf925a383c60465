#include "mlsysim/evidence/evidence.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "mlsysim/ask/files.hpp"
#include "mlsysim/evidence/training_cases.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

/// Figures of entries in place of their own, by id: where they are in the struct, and what they are.
template <template <class> class E>
class Replaced {
 public:
  /// False where no figure is called so.
  bool add(std::string_view id, std::string_view field, double value) {
    const auto at = std::ranges::find(fields().all, field, &Field::path);
    if (at == fields().all.end()) return false;
    const auto offset = offsets()[static_cast<std::size_t>(at - fields().all.begin())];
    if (offset < 0) return false;  // a choice
    by_id_[std::string(id)].push_back({offset, value});
    return true;
  }
  bool empty() const { return by_id_.empty(); }
  bool has(std::string_view id) const { return by_id_.find(id) != by_id_.end(); }
  E<double> in(E<double> entity, std::string_view id) const {
    if (const auto own = by_id_.find(id); own != by_id_.end())
      for (const auto& [offset, value] : own->second)
        *reinterpret_cast<double*>(reinterpret_cast<char*>(&entity) + offset) = value;
    return entity;
  }
  static const Fields& fields() {
    static const Fields all = describe<E>();
    return all;
  }

 private:
  static const std::vector<std::ptrdiff_t>& offsets() {
    static const std::vector<std::ptrdiff_t> all = [] {
      std::vector<std::ptrdiff_t> made(fields().all.size());
      const E<double> entity{};
      Locate<double> visitor{&entity, made.data()};
      E<double>::fields(entity, visitor);
      return made;
    }();
    return all;
  }
  std::map<std::string, std::vector<std::pair<std::ptrdiff_t, double>>, std::less<>> by_id_;
};

/// What the unit of a metric begins with, by what the metric's name ends with.
constexpr struct {
  std::string_view metric, unit, spellings;
} units[] = {{"_ms", "ms", " ms msec millisecond milliseconds "},
             {"samples_per_s", "samples/s", " sample samples query queries request requests "},
             {"energy_j_per_token", "J/token", " j joule joules "},
             {"tokens_per_s", "tok/s", " t tok toks token tokens "},
             {"tokens_per_s_per_user", "tok/s", " t tok toks token tokens "},
             {"tokens_per_s_per_gpu", "tok/s/GPU", " t tok toks token tokens "},
            {"step_time_s", "s", " s sec secs second seconds "},
            {"memory_gb", "GB", " gb gigabyte gigabytes "},
            {"total_gpu_hours", "hours", " h hour hours gpu device "}};

}  // namespace

std::string unit_conflict(const Measurement& row) {
  const std::string_view stated = row["unit"], metric = row["measured_metric"];
  const std::string word = folded(stated.substr(0, stated.find_first_of(" /(")));
  if (word.empty()) return {};
  for (const auto& unit : units)
    if (metric.ends_with(unit.metric) && unit.spellings.find(" " + word + " ") == std::string_view::npos)
      return fmt::format("{} is in {}, and unit says \"{}\"", metric, unit.unit, quotable(stated));
  return {};
}

const char* unit_of(Metric metric) {
  if (is_rate(metric)) return "token/s";
  if (metric == Metric::memory_reserved) return "B";
  return metric == Metric::energy_per_token ? "J/token" : "s";
}

std::string figure_of(double x, Metric metric) {
  if (is_rate(metric)) return fmt::format("{:.{}f} token/s", x, x < 10 ? 3 : x < 1000 ? 1 : 0);
  if (metric == Metric::memory_reserved) return print_quantity(x, axis::data);
  return metric == Metric::energy_per_token ? fmt::format("{:.4g} J/token", x) : print_quantity(x, axis::time);
}

MeasurementFiles open_measurements(const std::vector<std::string>& paths) {
  MeasurementFiles files;
  for (const auto& path : paths) {
    auto text = read_file(path, files.unreadable);
    if (!text) continue;
    if (auto file = read_measurements(std::move(*text), path, files.unreadable)) {
      files.all.push_back(file.get());
      files.own.push_back(std::move(file));
    }
  }
  if (paths.empty()) files.all = {&published_inference(), &published_training()};
  return files;
}

std::vector<Case> cases_of(const MeasurementFile& file, const Catalog& catalog) {
  std::vector<Case> cases;
  cases.reserve(file.rows.size());
  for (const auto& row : file.rows) {
    Case& c = cases.emplace_back(pose(row, catalog));
    if (c.posed()) c.reason = unit_conflict(row);
  }
  compare_runs_once(cases);
  return cases;
}

std::vector<double> predicted(const std::vector<Case>& cases, const Constants& constants, Problems& problems,
                              std::string_view result) {
  Replaced<InferenceEngine> engines;
  Replaced<TrainingStack> stacks;
  Replaced<TrainingKernels> kernels;
  for (const auto& [name, value] : constants) {
    const std::size_t dot = name.find('.');
    const std::string id = name.substr(0, dot), field = dot == name.npos ? name : name.substr(dot + 1);
    // What an id is of need not be known: no two kinds share one.
    const bool known = dot != name.npos && (int{engines.add(id, field, value)} + int{stacks.add(id, field, value)} +
                                            int{kernels.add(id, field, value)}) > 0;
    if (!known)
      problems.push_back(
          {.argument = name,
           .message = fmt::format("{} is not a constant of an engine, a training stack or kernels, as compiled.step is",
                                  quotable(name)),
           .nearest = nearest(field, Replaced<InferenceEngine>::fields().all, &Field::path)});
  }
  static const Fields results = describe<TrainingResult>();
  const auto wanted = std::ranges::find(results.all, result, &Field::path);
  if (!result.empty() && wanted == results.all.end())
    problems.push_back({.argument = "result",
                        .message = fmt::format("{} is not a result of the wall training", quotable(result)),
                        .nearest = nearest(std::string(result), results.all, &Field::path)});
  std::vector<double> all(cases.size(), std::numeric_limits<double>::quiet_NaN());
  if (!problems.empty()) return all;
  const bool of_training = constants.empty() || std::ranges::any_of(cases, [&](const Case& c) {
    return c.trains() && (stacks.has(c.engine) || kernels.has(c.kernels));
  });
  std::vector<double> row(results.all.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    if (!c.posed() || !(c.trains() ? of_training : constants.empty() || engines.has(c.engine))) continue;
    if (!c.trains()) {
      if (result.empty()) all[i] = predicted(c, engines.in(c.inference().engine, c.engine));
      continue;
    }
    TrainingQuery<double> q = c.training();
    auto& own = q.fleet.node.accelerator.kernels.training;
    q.stack = stacks.in(q.stack, c.engine);
    own = kernels.in(own, c.kernels);
    if (result.empty()) {
      all[i] = predicted(c, q.stack, own);
      continue;
    }
    Store<double> store{row.data()};
    const auto answer = evaluate(q);
    TrainingResult<double>::fields(answer, store);
    all[i] = row[static_cast<std::size_t>(wanted - results.all.begin())];
  }
  return all;
}

}  // namespace mlsysim
