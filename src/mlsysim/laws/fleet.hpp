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
template <class T>
Money<T> yearly_capital(Money<T> price, T rate, T years) {
  const auto factor = [](double r, double n) { return r < 1e-12 ? 1 / n : r / -std::expm1(-n * std::log1p(r)); };
  return cite(price * opaque("annuity", factor, rate, years), "barroso2019datacenter, chapter 6");
}

/// Cost of a million tokens.
///
///     p = 1e6 c / r
///
/// c  cost   of a unit of time      [USD/s]
/// r  rate   tokens in that time    [token/s]
///
/// Valid:   all of the cost is charged to these tokens.
/// Source:  definition
template <class T>
constexpr Money<T> cost_per_million_tokens(Quantity<axis::money / axis::time, T> cost, TokenRate<T> rate) {
  return {cost.base / rate.base * T(1e6)};
}

}  // namespace mlsysim
