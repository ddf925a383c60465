#include "mlsysim/evidence/stack.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "mlsysim/evidence/summary.hpp"
#include "mlsysim/evidence/training_cases.hpp"
#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

using Fate = CalibratedRow::Fate;

/// A row that names no known class runs under `engine`'s, if that was told.
Case posed(const Measurement& row, const Catalog& catalog, const Entry* engine, std::deque<Measurement>& named) {
  if (is_training(row)) {
    Case c = pose(row, catalog);
    if (c.posed()) c.reason = "a pace is of an engine that serves: rows of training are compared by mlsysim validate";
    return c;
  }
  if (!engine) return pose(row, catalog);
  const Entry& told = engine_class(*engine, catalog);
  const Entry* own = engine_of(row, catalog);
  const Measurement* asked = &row;
  if (!own && !told.aliases.empty()) {
    Measurement& copy = named.emplace_back(row);
    copy.cells[static_cast<std::size_t>(measurement_column("engine"))] = told.aliases.front();
    asked = &copy;
  }
  Case c = pose(*asked, catalog);
  if (const Entry* of = own ? &engine_class(*own, catalog) : &told; of != &told && c.posed())
    c.reason = fmt::format("its engine is of the class {}, not {}", of->id, told.id);
  else c.inference().engine = loaded<InferenceEngine>(*engine);
  return c;
}

/// "4 x h100-sxm-80gb"
std::string devices(const Case& c) {
  const double count = c.inference().tp_size * c.inference().pp_size * c.replicas;
  return count > 1 ? fmt::format("{:.0f} x {}", count, c.chip) : c.chip;
}

std::vector<CalibratedRow> rows_of(const std::vector<Case>& cases, const Catalog& catalog) {
  std::vector<CalibratedRow> rows(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    CalibratedRow& row = rows[i];
    row.posed = &c;
    const auto refuse = [&](Fate fate, std::string why) { row.fate = fate, row.why = std::move(why); };
    if (!c.posed()) {
      refuse(Fate::not_usable, c.reason);
      if (!c.chip.empty() && !catalog.find("accelerator", c.chip))
        row.nearest = catalog.missing("accelerator", c.chip).nearest;
      else if (c.chip.empty() && !c.model.empty()) row.nearest = catalog.missing("model", c.model).nearest;
      continue;
    }
    if (c.metric == Metric::energy_per_token) {
      refuse(Fate::not_usable, "energy is no time: a pace says nothing of it");
      continue;
    }
    row.predicted = predicted(c);
    if (!(row.predicted > 0) || std::isinf(row.predicted)) {
      refuse(Fate::not_usable, "the prediction is no positive number");
      continue;
    }
    row.ln_pace = std::log(is_rate(c.metric) ? row.predicted / c.measured : c.measured / row.predicted);
    if (const RoofShare roof = roof_share(c); roof.impossible(c.assumed))
      refuse(Fate::impossible,
             fmt::format("impossible: {} is {:.3g} times the roof of {}, which is {}: {}. Likely causes: {}",
                         figure_of(c.measured, c.metric), roof.share, devices(c), figure_of(roof.predicted, c.metric),
                         roof.by_memory ? "weights and caches over the full bandwidth of its data sheet"
                                        : "arithmetic at the full peak of its data sheet",
                         likely_causes(c, roof)));
  }
  return rows;
}

/// One run reported by several metrics is one run; a row that names none is a run by itself.
std::string run_of(const CalibratedRow& row) {
  const Case& c = *row.posed;
  return c.experiment.empty() ? place_of(c) : fmt::format("{}\n{}\n{}", c.chip, c.source, c.experiment);
}

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  return quantile(values, 0.5);
}

class Reckoning {
 public:
  Reckoning(CalibratedStack& stack, const Catalog& catalog) : stack_(stack), catalog_(catalog) {}

  void run() {
    gather();
    stack_.paces = std::make_unique<StackPaces>(runs_, stack_.spread);
    stack_.scatter = stack_.paces->scatter();
    stack_.elsewhere = stack_.paces->elsewhere();
    set_aside();
    by_chip();
    by_regime();
    stack_.own = stack_.chips.size() == 1 ? stack_.chips.front().pace : stack_.elsewhere;
  }

 private:
  void gather() {
    std::map<std::string, std::size_t> known;
    std::vector<std::vector<double>> paces;
    for (CalibratedRow* row : stack_.rows) {
      const auto [at, fresh] = known.try_emplace(run_of(*row), runs_.size());
      row->run = at->second;
      if (fresh) {
        const Entry& chip = *catalog_.find("accelerator", row->posed->chip);
        runs_.push_back({generation_of(chip, catalog_), row->posed->chip});
        paces.emplace_back();
      }
      paces[row->run].push_back(row->ln_pace);
    }
    for (std::size_t i = 0; i < runs_.size(); ++i)
      runs_[i].metrics = static_cast<double>(paces[i].size()), runs_[i].ln_pace = median_of(paces[i]);
  }
  void set_aside() {
    for (CalibratedRow* row : stack_.rows)
      if (stack_.paces->is_outlier(row->run)) {
        row->fate = Fate::outlier;
        row->why =
            fmt::format("{:.2g} times as long as the pace of the other rows on {} makes it; they scatter by {:.0f} %",
                        std::exp(stack_.paces->residual(row->run)), row->posed->chip, 100 * std::expm1(stack_.scatter));
      }
  }
  void by_chip() {
    std::map<std::string, CalibratedChip> chips;
    std::set<std::size_t> counted;
    for (const CalibratedRow* row : stack_.rows) {
      auto [at, fresh] = chips.try_emplace(row->posed->chip);
      CalibratedChip& chip = at->second;
      if (fresh) {
        chip.name = row->posed->chip;
        chip.pace = stack_.paces->on(runs_[row->run].generation, chip.name);
      }
      const bool used = row->fate == Fate::used;
      chip.rows += used;
      chip.outliers += !used;
      if (used && counted.insert(row->run).second) ++chip.runs;
    }
    for (auto& [name, chip] : chips) {
      stack_.used += chip.rows;
      stack_.runs += chip.runs;
      stack_.chips.push_back(std::move(chip));
    }
    std::ranges::stable_sort(stack_.chips, std::ranges::greater{}, &CalibratedChip::rows);
  }
  void by_regime() {
    std::map<std::string, std::vector<double>> regimes;
    for (const CalibratedRow* row : stack_.rows)
      if (row->fate == Fate::used) regimes[row->posed->regime].push_back(row->ln_pace);
    for (const auto& [name, paces] : regimes)
      stack_.regimes.push_back({name, paces.size(), std::exp(median_of(paces))});
    std::ranges::stable_sort(stack_.regimes, std::ranges::greater{}, &CalibratedRegime::rows);
  }

  CalibratedStack& stack_;
  const Catalog& catalog_;
  std::vector<PacedRun> runs_;
};

MovedRow moved(const CalibratedRow& row, const CalibratedStack& stack, const Entry& chip, const Catalog& catalog) {
  MovedRow m{&row, &stack, &chip, {}};
  Case c = *row.posed;
  c.inference().hardware = loaded<Accelerator>(chip);
  const auto& gemm = c.inference().hardware.kernels.gemm;
  const auto r = evaluate(c.inference());
  if (!is_stated(gemm.efficiency_16)) m.reason = fmt::format("the kernels of {} are not known", chip.id);
  else if (!(r.memory_weights < r.memory_available)) m.reason = fmt::format("its weights do not fit {}", chip.id);
  else if (m.predicted = predicted(c); !(m.predicted > 0) || std::isinf(m.predicted))
    m.reason = fmt::format("figures of {} are missing", chip.id);
  if (!m.reason.empty()) return m;
  const Pace pace = stack.paces->on(generation_of(chip, catalog), std::string(chip.id)).widened(stack.scatter);
  const auto at = [&](double factor) { return is_rate(c.metric) ? m.predicted / factor : m.predicted * factor; };
  m.low = std::min(at(pace.low()), at(pace.high())) / c.assumed;
  m.high = std::max(at(pace.low()), at(pace.high())) * c.assumed;
  m.predicted = at(pace.value());
  return m;
}

/// The same for rows that measure the same of the same.
std::string configuration(const Case& c) {
  const auto& q = c.inference();
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}", c.model, c.engine, word(c.metric), q.batch_size,
                     q.seq_len.base, q.output_len.base, q.max_concurrency, word(q.precision), word(q.kv_precision),
                     q.weight_size.base, q.tp_size, q.pp_size, q.ep_size);
}

}  // namespace

std::string place_of(const Case& c) { return fmt::format("{}:{}", c.row->file->name, c.row->line); }

std::string generation_of(const Entry& chip, const Catalog& catalog) {
  static const Fields fields = describe<Accelerator>();
  const auto at = std::ranges::find(fields.entities, "kernels.", &EntityRange::prefix);
  const auto own = chip.figures.subspan(at->first, at->count);
  for (const Entry* kernels : catalog.all("kernels"))
    if (kernels->id != "generic" && std::ranges::equal(kernels->figures, own, [](const Figure& a, const Figure& b) {
          return a.value == b.value || (!is_stated(a.value) && !is_stated(b.value));
        }))
      return std::string(kernels->id);
  return std::string(chip.id);
}

std::size_t Calibrated::count(Fate fate) const {
  return static_cast<std::size_t>(std::ranges::count(rows, fate, &CalibratedRow::fate));
}

Calibrated calibrate(const std::vector<const MeasurementFile*>& files, const Catalog& catalog, const Entry* engine,
                     const std::vector<const Entry*>& on) {
  Calibrated found;
  for (const auto* file : files)
    for (const auto& row : file->rows) {
      Case& c = found.cases.emplace_back(posed(row, catalog, engine, found.named));
      if (c.posed()) c.reason = unit_conflict(row);
    }
  found.rows = rows_of(found.cases, catalog);
  std::map<std::string, std::size_t> stacks;
  for (auto& row : found.rows) {
    if (row.fate != Fate::used) continue;
    const auto [at, fresh] = stacks.try_emplace(row.posed->engine, found.stacks.size());
    if (fresh) {
      CalibratedStack& stack = found.stacks.emplace_back();
      stack.engine = row.posed->engine;
      stack.from = engine ? engine : catalog.find("engine", stack.engine);
      stack.spread = loaded<Spread>(*catalog.find("spread", "paces"));
    }
    found.stacks[at->second].rows.push_back(&row);
  }
  for (auto& stack : found.stacks) Reckoning(stack, catalog).run();
  for (const auto& stack : found.stacks)
    for (const Entry* chip : on) {
      std::set<std::string> seen;
      for (const CalibratedRow* row : stack.rows)
        if (row->fate == Fate::used && seen.insert(configuration(*row->posed)).second)
          found.moved.push_back(moved(*row, stack, *chip, catalog));
    }
  return found;
}

}  // namespace mlsysim
