#pragma once
// Quantities with dimensions. A byte is not a flop is not a token: adding them does not compile, and a quantity goes in and
// comes out by naming its unit:
//
//     Bandwidth<double> b = 3.35 * TB / s;
//     double gb_per_s = b.in(GB / s);
//
// Values are held in coherent base units: s, byte, flop, J, kg of CO2e, USD, litre, token.
#include <algorithm>
#include "mlsysim/units/number.hpp"
#include "mlsysim/units/traced.hpp"

namespace mlsysim {

/// The spelling of a unit, short enough to be a constant: GB / s knows that it is called "GB/s".
struct UnitName {
  char text[24] = {};
  constexpr UnitName(const char* name) {
    for (int i = 0; name[i] != 0 && i < 23; ++i) text[i] = name[i];
  }
  constexpr UnitName(UnitName a, char join, UnitName b) {
    int n = 0;
    for (int i = 0; a.text[i] != 0; ++i) text[n++] = a.text[i];
    if (n == 0) text[n++] = '1';
    text[n++] = join;
    for (int i = 0; b.text[i] != 0 && n < 23; ++i) text[n++] = b.text[i];
  }
};

/// `times / over` base units. Small units are held as a divisor, because 15 / 1e6 is a microsecond figure exactly as typed
/// and 15 * 1e-6 is not.
template <Dim D>
struct Unit {
  double times;
  double over;
  UnitName name;
};
template <Dim A, Dim B>
constexpr Unit<A / B> operator/(Unit<A> a, Unit<B> b) {
  return {a.times * b.over, a.over * b.times, {a.name, '/', b.name}};
}

template <Dim D, class T>
struct Quantity {
  T base{};  // in base units
  static constexpr Dim dim = D;

  constexpr T in(Unit<D> unit) const { return base * T(unit.over) / T(unit.times); }

  friend constexpr Quantity operator+(Quantity a, Quantity b) { return {a.base + b.base}; }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return {a.base - b.base}; }
  friend constexpr Quantity operator*(Quantity a, T b) { return {a.base * b}; }
  friend constexpr Quantity operator*(T a, Quantity b) { return {a * b.base}; }
  friend constexpr Quantity operator/(Quantity a, T b) { return {a.base / b}; }
  friend constexpr auto operator<(Quantity a, Quantity b) { return a.base < b.base; }
  friend constexpr auto operator<=(Quantity a, Quantity b) { return a.base <= b.base; }
  friend constexpr Quantity max(Quantity a, Quantity b) { return {max(a.base, b.base)}; }
  friend constexpr Quantity min(Quantity a, Quantity b) { return {min(a.base, b.base)}; }
  friend constexpr Quantity first_stated(Quantity a, Quantity b) { return {first_stated(a.base, b.base)}; }
};

namespace detail {
template <Dim D, class T>
constexpr auto make(T base) {
  if constexpr (D == dimensionless) return base;
  else return Quantity<D, T>{base};
}
}  // namespace detail

template <Dim A, Dim B, class T>
constexpr auto operator*(Quantity<A, T> a, Quantity<B, T> b) {
  return detail::make<A * B>(a.base * b.base);
}
template <Dim A, Dim B, class T>
constexpr auto operator/(Quantity<A, T> a, Quantity<B, T> b) {
  return detail::make<A / B>(a.base / b.base);
}
template <Dim D, class T>
constexpr auto operator/(T a, Quantity<D, T> b) {
  return Quantity<dimensionless / D, T>{a / b.base};
}
// A sum of two kinds of thing is one line of error, not a page of candidates.
template <Dim A, Dim B, class T>
requires(!(A == B)) void operator+(Quantity<A, T>, Quantity<B, T>) = delete;
template <Dim A, Dim B, class T>
requires(!(A == B)) void operator-(Quantity<A, T>, Quantity<B, T>) = delete;

template <class Condition, Dim D, class T>
constexpr Quantity<D, T> select(Condition condition, Quantity<D, T> yes, Quantity<D, T> no) {
  return {select(condition, yes.base, no.base)};
}

template <Dim D>
constexpr Quantity<D, double> operator*(double x, Unit<D> unit) {
  return {x * unit.times / unit.over};
}
template <Dim A, Dim B>
constexpr auto operator/(Quantity<A, double> q, Unit<B> unit) {
  return detail::make<A / B>(q.base * unit.over / unit.times);
}

inline constexpr Unit<dimensionless> one{1, 1, ""};
inline constexpr Unit<axis::time> s{1, 1, "s"}, ms{1, 1e3, "ms"}, us{1, 1e6, "us"}, ns{1, 1e9, "ns"},
    minute{60, 1, "min"}, hour{3600, 1, "h"}, day{86400, 1, "day"}, year{31536000, 1, "year"};
inline constexpr Unit<axis::data> byte{1, 1, "B"}, KB{1e3, 1, "KB"}, MB{1e6, 1, "MB"}, GB{1e9, 1, "GB"},
    TB{1e12, 1, "TB"}, PB{1e15, 1, "PB"}, KiB{1024., 1, "KiB"}, MiB{1048576., 1, "MiB"}, GiB{1073741824., 1, "GiB"},
    TiB{1099511627776., 1, "TiB"}, bit{1, 8, "bit"}, Kbit{1e3, 8, "Kbit"}, Mbit{1e6, 8, "Mbit"}, Gbit{1e9, 8, "Gbit"},
    Tbit{1e12, 8, "Tbit"};
inline constexpr Unit<axis::work> flop{1, 1, "flop"}, Kflop{1e3, 1, "Kflop"}, Mflop{1e6, 1, "Mflop"},
    Gflop{1e9, 1, "Gflop"}, Tflop{1e12, 1, "Tflop"}, Pflop{1e15, 1, "Pflop"}, Eflop{1e18, 1, "Eflop"},
    Zflop{1e21, 1, "Zflop"};
inline constexpr Unit<axis::energy> J{1, 1, "J"}, mJ{1, 1e3, "mJ"}, uJ{1, 1e6, "uJ"}, pJ{1, 1e12, "pJ"},
    kJ{1e3, 1, "kJ"}, MJ{1e6, 1, "MJ"}, Wh{3600, 1, "Wh"}, kWh{3.6e6, 1, "kWh"}, MWh{3.6e9, 1, "MWh"},
    GWh{3.6e12, 1, "GWh"};
inline constexpr Unit<axis::energy / axis::time> W{1, 1, "W"}, mW{1, 1e3, "mW"}, uW{1, 1e6, "uW"}, kW{1e3, 1, "kW"},
    MW{1e6, 1, "MW"};
inline constexpr Unit<axis::carbon> kgCO2e{1, 1, "kgCO2e"}, gCO2e{1, 1e3, "gCO2e"}, tCO2e{1e3, 1, "tCO2e"};
inline constexpr Unit<axis::money> USD{1, 1, "USD"};
inline constexpr Unit<axis::water> L{1, 1, "L"};
inline constexpr Unit<axis::text> token{1, 1, "token"};
inline constexpr Unit<dimensionless / axis::time> per_s{1, 1, "1/s"};

template <class T>
using Time = Quantity<axis::time, T>;
template <class T>
using Data = Quantity<axis::data, T>;
template <class T>
using Work = Quantity<axis::work, T>;
template <class T>
using Energy = Quantity<axis::energy, T>;
template <class T>
using Carbon = Quantity<axis::carbon, T>;
template <class T>
using Money = Quantity<axis::money, T>;
template <class T>
using Water = Quantity<axis::water, T>;
template <class T>
using Tokens = Quantity<axis::text, T>;
template <class T>
using Frequency = Quantity<dimensionless / axis::time, T>;
template <class T>
using Bandwidth = Quantity<axis::data / axis::time, T>;
template <class T>
using WorkRate = Quantity<axis::work / axis::time, T>;
template <class T>
using Power = Quantity<axis::energy / axis::time, T>;
template <class T>
using TokenRate = Quantity<axis::text / axis::time, T>;
template <class T>
using Intensity = Quantity<axis::work / axis::data, T>;
template <class T>
using CarbonIntensity = Quantity<axis::carbon / axis::energy, T>;
template <class T>
using EnergyPrice = Quantity<axis::money / axis::energy, T>;
template <class T>
using WaterUsage = Quantity<axis::water / axis::energy, T>;

}  // namespace mlsysim
