#pragma once
// What a fleet draws, emits, drinks and costs over a time.
#include <cmath>
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Mean power of a device from the utilisation it reports: at eta of its peak it is busy all the time and draws its limit.
///
///     P = TDP (i + (1 - i) min(1, u / eta))
///
/// TDP  limit         power limit                                     [W]
/// i    idle          share drawn when nothing runs                   [1]
/// u    utilisation   model flops utilisation, 0 to 1                 [1]
/// eta  busy          utilisation that a device busy all the time has [1]
///
/// Valid:   training and batched inference; a memory-bound device is busy at a lower utilisation.
/// Source:  fan2007power, section 4 (linear in the time that is busy)
/// Example: limit=700W idle=0.1 utilisation=0.4 busy=0.5
template <class T>
constexpr Power<T> utilised_power(Power<T> limit, T idle, T utilisation, T busy) {
  return cite(limit * (idle + (T(1.0) - idle) * min(T(1.0), utilisation / busy)), "fan2007power, section 4");
}

/// Energy that a facility takes for the energy of its computers.
///
///     E = PUE E_IT
///
/// PUE   pue   power usage effectiveness, >= 1   [1]
/// E_IT  it    energy of the computers           [J]
///
/// Valid:   a yearly mean; it varies with season and load.
/// Source:  iso30134pue, definition
/// Example: it=100kWh pue=1.1
template <class T>
constexpr Energy<T> facility_energy(Energy<T> it, T pue) {
  return cite(it * pue, "iso30134pue, definition");
}

/// Carbon of operation.
///
///     C = E I
///
/// E  energy      facility energy                      [J]
/// I  intensity   emissions of a unit of electricity   [kgCO2e/J]
///
/// Valid:   location-based accounting, mean over the time.
/// Source:  ghgprotocol2015scope2, section 6
/// Example: energy=1MWh intensity=429gCO2e/kWh
template <class T>
constexpr Carbon<T> operational_carbon(Energy<T> energy, CarbonIntensity<T> intensity) {
  return cite(energy * intensity, "ghgprotocol2015scope2, section 6");
}

/// Manufacturing carbon that falls on a time of use.
///
///     C = n c min(1, t / L)
///
/// n  devices    number of devices                   [1]
/// c  embodied   manufacturing carbon of one         [kgCO2e]
/// t  time       time of use                         [s]
/// L  lifetime   time over which it is written off   [s]
///
/// Valid:   straight-line; the whole for a use as long as the life.
/// Source:  gupta2021chasing, section 2
/// Example: devices=8 embodied=150kgCO2e time=1year lifetime=4years
template <class T>
constexpr Carbon<T> amortised_carbon(T devices, Carbon<T> embodied, Time<T> time, Time<T> lifetime) {
  return cite(devices * embodied * min(T(1.0), time / lifetime), "gupta2021chasing, section 2");
}

/// Price of capital for each unit of time, so that its payments over the life are worth the price today.
///
///     a = P r / (1 - (1 + r)^-n),   P / n for r = 0
///
/// P  price   paid at the start            [USD]
/// r  rate    interest of a year, >= 0     [1]
/// n  years   life                         [1]
///
/// Valid:   yearly payments, no residual value.
/// Source:  barroso2019datacenter, chapter 6 (annuity)
/// Example: price=30000USD rate=0.05 years=4
template <class T>
Money<T> yearly_capital(Money<T> price, T rate, T years) {
  const auto factor = [](double r, double n) { return r < 1e-12 ? 1 / n : r / -std::expm1(-n * std::log1p(r)); };
  return cite(price * opaque("annuity", factor, rate, years), "barroso2019datacenter, chapter 6");
}

/// Cost of a million tokens.
///
///     p = 1e6 c / r
///
/// c  cost   of a unit of time             [USD/s]
/// r  rate   tokens in that time, > 0      [token/s]
///
/// Valid:   all of the cost is charged to these tokens.
/// Source:  definition
/// Example: cost=20USD/h rate=2500token/s
template <class T>
constexpr Money<T> cost_per_million_tokens(Quantity<axis::money / axis::time, T> cost, TokenRate<T> rate) {
  return {cost.base / rate.base * T(1e6)};
}

/// What a fleet costs over its life: bought at the start, fed all the time.
///
///     C = n (p + W t e)
///
/// n  devices             of the fleet           [1]
/// p  price               of one                 [USD]
/// W  power               that one draws         [W]
/// t  time                for which it runs      [s]
/// e  electricity_price   of a unit of energy    [USD/J]
///
/// Valid:   no discounting, cooling, staff or resale.
/// Source:  barroso2019datacenter, chapter 6
/// Example: devices=10 price=1000USD power=300W time=3years electricity_price=0.1USD/kWh
template <class T>
constexpr Money<T> fleet_cost(T devices, Money<T> price, Power<T> power, Time<T> time,
                              EnergyPrice<T> electricity_price) {
  return cite(devices * (price + power * time * electricity_price), "barroso2019datacenter, chapter 6");
}

template <class T>
using DataPrice = Quantity<axis::money / axis::data, T>;

/// What it costs to send a steady stream out of a cloud.
///
///     C = r t p
///
/// r  rate    bytes that leave in a time   [byte/s]
/// t  time    for which they do            [s]
/// p  price   of a byte                    [USD/byte]
///
/// Valid:   one price whatever the volume.
/// Source:  definition
/// Example: rate=1MB/s time=30day price=0.09USD/GB
template <class T>
constexpr Money<T> egress_cost(Bandwidth<T> rate, Time<T> time, DataPrice<T> price) {
  return rate * time * price;
}

}  // namespace mlsysim
