#pragma once
// Wall 17: what a fleet costs over a time, and a million tokens.
#include "mlsysim/walls/sustainability.hpp"

namespace mlsysim {

template <class T>
struct EconomicsQuery {
  Fleet<T> fleet;
  Time<T> duration{std::numeric_limits<double>::quiet_NaN()};
  EnergyPrice<T> kwh_price{std::numeric_limits<double>::quiet_NaN()};
  Grid<T> grid;
  T mfu = 1.0, amortization_years = 3.0, infrastructure_multiplier = 1.0;
  T discount_rate = 0.08, maintenance_rate = 0.05, efficiency = 0.5, host_use = 0.6;
  TokenRate<T> token_throughput{std::numeric_limits<double>::quiet_NaN()};
  Assumptions<T> assumptions{};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("fleet", "fleet", q.fleet, "the machines");
    v("duration_days", q.duration, day, at_least(0), "time of use");
    v("kwh_price", q.kwh_price, USD / kWh, at_least(0), "price of electricity (not stated: the region's)");
    v.entity("grid", "grid", q.grid, "where they stand", "us-avg", Spelling{"datacenter"});
    v("mfu", q.mfu, one, between(0, 1), "model flops utilisation; decides the power drawn");
    v("amortization_years", q.amortization_years, one, above(0), "life over which capital is written off");
    v("infrastructure_multiplier", q.infrastructure_multiplier, one, at_least(1),
      "price of everything over that of the accelerators: hosts, network, storage, building");
    v("discount_rate", q.discount_rate, one, between(0, 1), "interest of a year on capital");
    v("maintenance_rate", q.maintenance_rate, one, between(0, 1),
      "maintenance of a year over the price of the accelerators");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "utilisation at which a device is busy all the time");
    v("host_use", q.host_use, one, between(0, 1), "share of the hosts' power limit that is drawn");
    v("token_throughput", q.token_throughput, token / s, above(0),
      "tokens a second that the fleet makes (not stated: no cost for each token)");
    v.entity("assumptions", "assumptions", q.assumptions, "modelling choices", "first-principles");
  }
};

template <class T>
struct EconomicsResult {
  Money<T> capex, opex_energy, opex_maintenance, opex, tco, device_hour, million_tokens;
  Energy<T> it_energy, total_energy;
  Carbon<T> carbon;
  Water<T> water;
  T pue{};

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("capex_usd", r.capex, USD, any, "capital that falls on this time, interest included");
    v("opex_energy_usd", r.opex_energy, USD, any, "electricity");
    v("opex_maintenance_usd", r.opex_maintenance, USD, any, "maintenance");
    v("total_opex_usd", r.opex, USD, any, "electricity and maintenance");
    v("tco_usd", r.tco, USD, any, "all of it");
    v("device_hour_usd", r.device_hour, USD, any, "all of it, for an hour of one accelerator");
    v("million_tokens_usd", r.million_tokens, USD, any,
      "all of it, for a million tokens (0 where no throughput is stated)");
    v("it_energy_kwh", r.it_energy, kWh, any, "energy of accelerators and hosts");
    v("total_energy_kwh", r.total_energy, kWh, any, "energy of the facility");
    v("carbon_footprint_kg", r.carbon, kgCO2e, any, "of operation");
    v("water_usage_liters", r.water, L, any, "water evaporated for cooling");
    v("pue", r.pue, one, any, "facility energy over IT energy");
    v.name_of("region_name", "grid", "the grid");
  }
};

template <class T>
EconomicsResult<T> evaluate(const EconomicsQuery<T>& q) {
  const auto& a = q.assumptions;
  const auto& n = q.fleet.node;
  const bool original = a.economics == Basis::original;
  SustainabilityQuery<T> use;
  use.fleet = q.fleet;
  use.duration = q.duration;
  use.grid = q.grid;
  use.mfu = q.mfu;
  use.efficiency = q.efficiency;
  use.host_use = q.host_use;
  use.assumptions = a;
  const SustainabilityResult<T> used = evaluate(use);
  EconomicsResult<T> r;
  r.it_energy = used.it_energy;
  r.total_energy = used.total_energy;
  r.carbon = used.operational;
  r.water = used.water;
  r.pue = used.pue;

  const T devices = named(q.fleet.nodes * n.accelerators, "devices");
  const Money<T> one_device =
      original ? first_stated(n.accelerator.unit_cost, named(Money<T>{T(30000.0)}, "price (none stated)"))
               : n.accelerator.unit_cost;
  // What falls on a second: an hour has its price whatever the time of use.
  const Time<T> a_year = named(Time<T>{T(31536000.0)}, "a year"), an_hour = named(Time<T>{T(3600.0)}, "an hour");
  const Money<T> accelerators = one_device * devices;
  const Money<T> price = accelerators * q.infrastructure_multiplier;
  const Money<T> yearly =
      original ? price / q.amortization_years : yearly_capital(price, q.discount_rate, q.amortization_years);
  const auto capital = named(yearly / a_year, "capital of a second");
  const auto maintenance =
      named((original ? price : accelerators) * q.maintenance_rate / a_year, "maintenance of a second");
  const EnergyPrice<T> flat = named(EnergyPrice<T>{T(0.12 / 3.6e6)}, "price of electricity (none stated)");
  const EnergyPrice<T> kwh = first_stated(q.kwh_price, original ? flat : q.grid.electricity_price);
  const auto electricity = named(used.it_power * r.pue * kwh, "electricity of a second");
  r.capex = capital * q.duration;
  r.opex_maintenance = maintenance * q.duration;
  r.opex_energy = r.total_energy * kwh;
  r.opex = r.opex_energy + r.opex_maintenance;
  r.tco = r.capex + r.opex;
  const auto cost = named(capital + maintenance + electricity, "cost of a second");
  r.device_hour = cost * an_hour / devices;
  r.million_tokens = first_stated(cost_per_million_tokens(cost, q.token_throughput), Money<T>{T(0.0)});
  return r;
}

struct EconomicsWall : Declares<EconomicsQuery, EconomicsResult, 17> {
  static constexpr auto name = "economics", python = "EconomicsModel",
                        doc = "What a fleet costs over a time: capital, electricity, maintenance.";
  static constexpr auto signature =
      "fleet, duration_days, kwh_price, datacenter, grid, mfu, amortization_years, infrastructure_multiplier";
};

}  // namespace mlsysim
