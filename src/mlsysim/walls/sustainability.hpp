#pragma once
// Wall 18: energy, carbon and water of a fleet over a time.
#include "mlsysim/catalog/assumptions.hpp"
#include "mlsysim/catalog/system.hpp"
#include "mlsysim/laws/fleet.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

template <class T>
struct SustainabilityQuery {
  Fleet<T> fleet;
  Time<T> duration{std::numeric_limits<double>::quiet_NaN()};
  Grid<T> grid;
  T mfu = 1.0;
  Carbon<T> embodied_carbon_per_device{std::numeric_limits<double>::quiet_NaN()};
  T efficiency = 0.5, host_use = 0.6;
  Time<T> lifetime{5 * 31536000.0};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("fleet", "fleet", q.fleet, "the machines");
    v("duration_days", q.duration, day, at_least(0), "time of use");
    v.entity("grid", "grid", q.grid, "where they stand", "us-avg", Spelling{"datacenter"});
    v("mfu", q.mfu, one, between(0, 1), "model flops utilisation; decides the power drawn");
    v("embodied_carbon_per_device", q.embodied_carbon_per_device, kgCO2e, at_least(0),
      "manufacturing carbon of one accelerator (not stated: the catalog's, else none)");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "utilisation at which a device is busy all the time");
    v("host_use", q.host_use, one, between(0, 1), "share of the hosts' power limit that is drawn");
    v("lifetime_days", q.lifetime, day, above(0), "time over which manufacturing carbon is written off");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct SustainabilityResult {
  Energy<T> it_energy, total_energy;
  Carbon<T> carbon, operational, embodied;
  Water<T> water;
  T pue{};
  Power<T> accelerator_power, it_power;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("it_energy_kwh", r.it_energy, kWh, any, "energy of accelerators and hosts");
    v("total_energy_kwh", r.total_energy, kWh, any, "energy of the facility");
    v("carbon_footprint_kg", r.carbon, kgCO2e, any, "operation and manufacture");
    v("operational_carbon_kg", r.operational, kgCO2e, any, "of the electricity");
    v("embodied_carbon_kg", r.embodied, kgCO2e, any, "of manufacture, the share that falls on this time");
    v("water_usage_liters", r.water, L, any, "water evaporated for cooling");
    v("pue", r.pue, one, any, "facility energy over IT energy");
    v("accelerator_power", r.accelerator_power, W, any, "mean power of one accelerator");
    v("it_power", r.it_power, kW, any, "mean power of all accelerators and hosts");
    v.name_of("region_name", "grid", "the grid");
  }
};

template <class T>
SustainabilityResult<T> evaluate(const SustainabilityQuery<T>& q) {
  const auto& a = q.assumptions;
  const auto& n = q.fleet.node;
  const bool original = a.sustainability == Basis::original;
  const T devices = named(q.fleet.nodes * n.accelerators, "devices");
  SustainabilityResult<T> r;
  const Power<T> idle_and_use = n.accelerator.tdp * (a.idle_power + a.compute_power * q.mfu);
  r.accelerator_power = original ? idle_and_use : utilised_power(n.accelerator.tdp, a.idle_power, q.mfu, q.efficiency);
  const Power<T> hosts = q.fleet.nodes * first_stated(n.host_power, Power<T>{T(0.0)}) * q.host_use;
  r.it_power = original ? devices * r.accelerator_power : devices * r.accelerator_power + hosts;
  r.it_energy = r.it_power * q.duration;
  r.pue = q.grid.pue;
  r.total_energy = facility_energy(r.it_energy, r.pue);
  r.operational = operational_carbon(r.total_energy, q.grid.carbon_intensity);
  const Carbon<T> nothing{T(0.0)};
  const Carbon<T> one_device = first_stated(q.embodied_carbon_per_device,
                                            original ? nothing : first_stated(n.accelerator.embodied_carbon, nothing));
  r.embodied = original ? devices * one_device : amortised_carbon(devices, one_device, q.duration, q.lifetime);
  r.carbon = r.operational + r.embodied;
  // Water is defined by the energy of the computers; the original takes that of the facility.
  r.water = (original ? r.total_energy : r.it_energy) * q.grid.water_usage;
  return r;
}

struct SustainabilityWall : Declares<SustainabilityQuery, SustainabilityResult, 18> {
  static constexpr auto name = "sustainability", python = "SustainabilityModel",
                        doc = "Energy, carbon and water of a fleet over a time, in a region.";
  static constexpr auto signature = "fleet, duration_days, datacenter, mfu, embodied_carbon_per_device";
};

}  // namespace mlsysim
