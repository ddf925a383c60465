// Walls 17 and 18 and the placement of a fleet, worked by hand. Research cluster: 32 nodes of 8 H100, 700 W, 4.6 kW of host.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "mlsysim/laws/fleet.hpp"
#include "near.hpp"

using namespace mlsysim;

TEST_CASE("a device that is busy at 0.5 and reports 0.4 draws 0.12 + 0.88 x 0.8 of its limit") {
  CHECK(utilised_power(700.0 * W, 0.12, 0.4, 0.5).in(W) == near(576.8));
  CHECK(utilised_power(700.0 * W, 0.12, 0.9, 0.5).in(W) == near(700.0));  // never more than its limit
}

TEST_CASE("an annuity of 3 years at 8 % is 0.388 of the price a year, and a third without interest") {
  CHECK(yearly_capital(1000.0 * USD, 0.08, 3.0).in(USD) == near(1000 * 0.08 / (1 - 1 / (1.08 * 1.08 * 1.08))));
  CHECK(yearly_capital(900.0 * USD, 0.0, 3.0).in(USD) == near(300.0));
}

TEST_CASE("2.50 USD an hour at 1,000 tokens a second are 0.694 USD a million tokens") {
  CHECK(cost_per_million_tokens((2.5 * USD) / (1.0 * hour), 1000.0 * token / s).in(USD) ==
        near(2.5 / 3600 / 1000 * 1e6));
}

TEST_CASE("a fleet's energy is that of its devices and 0.6 of its hosts, times the PUE, for 30 days") {
  const Asked a("sustainability",
                {{"fleet", "research-256"}, {"duration_days", "30"}, {"grid", "quebec"}, {"mfu", "0.4"}});
  const double it = 256 * 576.8 + 32 * 4600 * 0.6;  // W
  CHECK(a.in("it_power", W) == near(it));
  CHECK(a.in("it_energy_kwh", kWh) == near(it * 720 / 1000));
  CHECK(a.in("total_energy_kwh", kWh) == near(1.2 * it * 720 / 1000));
  CHECK(a.in("operational_carbon_kg", kgCO2e) == near(1.2 * it * 720 / 1000 * 5.48 / 1000));
  CHECK(a.in("embodied_carbon_kg", kgCO2e) == near(256 * 164.0 * 30 / (5 * 365)));
  CHECK(a.in("water_usage_liters", L) == near(it * 720 / 1000 * 0.1));  // of the computers' energy, not the facility's
  CHECK(a["carbon_footprint_kg"] == near(a["operational_carbon_kg"] + a["embodied_carbon_kg"]));
}

TEST_CASE("a fleet's cost is capital, electricity and maintenance, and what a token costs follows from its rate") {
  const Asked a("economics",
                {{"fleet", "research-256"}, {"duration_days", "365"}, {"mfu", "0.4"}, {"token_throughput", "1e6"}});
  const double price = 256 * 30000.0, year = price * 0.08 / (1 - 1 / (1.08 * 1.08 * 1.08));
  CHECK(a.in("capex_usd", USD) == near(year));
  CHECK(a.in("opex_maintenance_usd", USD) == near(0.05 * price));
  CHECK(a.in("opex_energy_usd", USD) == near(a.in("total_energy_kwh", kWh) * 0.0806));
  CHECK(a["tco_usd"] == near(a["capex_usd"] + a["opex_energy_usd"] + a["opex_maintenance_usd"]));
  CHECK(a["device_hour_usd"] == near(a["tco_usd"] / 256 / 8760));
  CHECK(a["million_tokens_usd"] == near(a["tco_usd"] / (365 * 86400.0 * 1e6) * 1e6));
}

TEST_CASE("the same fleet costs least where the objective says: every region is looked at, best first") {
  const Catalog catalog;
  Question q(*table("placement-optimizer"), catalog);
  q.give("fleet", "research-256");
  q.give("duration_days", "365");
  q.give("regions", "poland,quebec,us-avg");
  REQUIRE(q.check());
  Candidates found;
  const auto best = q.answer(found);
  REQUIRE(found.labels.size() == 3);
  CHECK(found.labels.front() == "Quebec");
  CHECK(found.labels.back() == "Poland");
  CHECK(found.rows[0][1] < found.rows[1][1]);
  CHECK(best[1] == found.rows[0][1]);
}

TEST_CASE("a region that does not exist is refused by name, not skipped") {
  const Catalog catalog;
  Question q(*table("placement-optimizer"), catalog);
  q.give("fleet", "research-256");
  q.give("duration_days", "365");
  q.give("regions", "quebec,atlantis");
  CHECK_FALSE(q.check());
  CHECK(q.problems().front().message.find("atlantis") != std::string::npos);
}
