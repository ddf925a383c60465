#pragma once
// Where a fleet costs least, the carbon priced in.
#include <algorithm>
#include "mlsysim/catalog/regions.hpp"
#include "mlsysim/walls/economics.hpp"

namespace mlsysim {

template <class T>
struct PlacementQuery {
  Fleet<T> fleet;
  Time<T> duration{std::numeric_limits<double>::quiet_NaN()};
  Held<Regions> regions;
  Money<T> carbon_tax_per_ton{100.0};
  T mfu = 1.0, amortization_years = 3.0, infrastructure_multiplier = 1.0, efficiency = 0.5;
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("fleet", "fleet", q.fleet, "the machines");
    v("duration_days", q.duration, day, at_least(0), "time of use");
    v("regions", q.regions, "grids to choose from: names joined by commas");
    v("carbon_tax_per_ton", q.carbon_tax_per_ton, USD, at_least(0), "price put on a ton of CO2e");
    v("mfu", q.mfu, one, between(0, 1), "model flops utilisation; decides the power drawn");
    v("amortization_years", q.amortization_years, one, above(0), "life over which capital is written off");
    v("infrastructure_multiplier", q.infrastructure_multiplier, one, at_least(1),
      "price of everything over that of the accelerators");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "utilisation at which a device is busy all the time");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct PlacementCandidate {
  std::string label;
  Money<T> tco, objective;
  Carbon<T> carbon;
  T pue{};
  Energy<T> energy;
  Water<T> water;

  template <class C, class V>
  static void fields(C& c, V& v) {
    v.name_of("region", "regions", "the grid");
    v("objective", c.objective, USD, any, "cost with carbon priced in");
    v("tco", c.tco, USD, any, "cost");
    v("carbon", c.carbon, tCO2e, any, "carbon of operation");
    v("pue", c.pue, one, any, "facility energy over IT energy");
    v("energy", c.energy, MWh, any, "energy of the facility");
    v("water", c.water, L, any, "water evaporated");
  }
};

template <class T>
struct PlacementResult {
  Money<T> objective, tco;
  Carbon<T> carbon;
  T pue{}, searched{};

  template <class R, class V>
  static void fields(R& r, V& v) {
    v.name_of("best_region", "regions", "the grid that costs least");
    v("objective_value", r.objective, USD, any, "its cost with carbon priced in");
    v("lowest_tco", r.tco, USD, any, "its cost");
    v("carbon_footprint", r.carbon, tCO2e, any, "its carbon of operation");
    v("pue", r.pue, one, any, "its facility energy over IT energy");
    v("total_searched", r.searched, one, any, "grids looked at");
  }
};

inline Optimum<PlacementResult<double>, PlacementCandidate<double>> optimise(const PlacementQuery<double>& q) {
  Optimum<PlacementResult<double>, PlacementCandidate<double>> optimum;
  EconomicsQuery<double> ask;
  ask.fleet = q.fleet;
  ask.duration = q.duration;
  ask.mfu = q.mfu;
  ask.amortization_years = q.amortization_years;
  ask.infrastructure_multiplier = q.infrastructure_multiplier;
  ask.efficiency = q.efficiency;
  ask.assumptions = q.assumptions;
  for (std::size_t i = 0; i < q.regions->grids.size(); ++i) {
    ask.grid = q.regions->grids[i];
    const EconomicsResult<double> cost = evaluate(ask);
    PlacementCandidate<double>& c = optimum.best.emplace_back();
    c.label = q.regions->names[i];
    c.tco = cost.tco;
    c.carbon = cost.carbon;
    c.pue = cost.pue;
    c.energy = cost.total_energy;
    c.water = cost.water;
    c.objective = {c.tco.base + q.carbon_tax_per_ton.base * c.carbon.in(tCO2e)};
  }
  // Equal ones stay in the order in which they were named.
  std::stable_sort(optimum.best.begin(), optimum.best.end(),
                   [](const auto& a, const auto& b) { return a.objective < b.objective; });
  const auto& best = optimum.best.front();
  optimum.result = {best.objective, best.tco, best.carbon, best.pue, static_cast<double>(optimum.best.size())};
  return optimum;
}

struct PlacementOptimizerWall : Searches<PlacementQuery, PlacementResult, PlacementCandidate> {
  static constexpr auto name = "placement-optimizer", python = "PlacementOptimizer",
                        doc = "Where a fleet costs least, the carbon priced in: every region, best first.";
  static constexpr auto signature = "fleet, duration_days, regions, carbon_tax_per_ton, mfu";

  /// A search is not traced, so nothing else would see that the time is not stated.
  static void refuse(const Query& q, Problems& problems) {
    if (!is_stated(q.duration.base))
      problems.push_back({.argument = "duration_days", .message = "duration_days is missing: at least 0 day"});
  }
};

}  // namespace mlsysim
