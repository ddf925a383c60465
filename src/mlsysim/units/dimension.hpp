#pragma once
// What kind of thing a quantity is: an exponent for each axis, usable at compile time and at run time.

namespace mlsysim {

// One enumeration an axis, so that g++ spells a dimension out in its errors: Dim{(seconds)-1, (bytes)1, …}.
enum class seconds : signed char {};
enum class bytes : signed char {};
enum class flops : signed char {};
enum class joules : signed char {};
enum class kilograms_co2e : signed char {};
enum class dollars : signed char {};
enum class litres : signed char {};
enum class tokens : signed char {};

struct Dim {
  seconds time{};
  bytes data{};
  flops work{};
  joules energy{};
  kilograms_co2e carbon{};
  dollars money{};
  litres water{};
  tokens text{};
  constexpr bool operator==(const Dim&) const = default;
};

namespace detail {
template <class Axis>
constexpr Axis combine(Axis a, Axis b, int sign) {
  return static_cast<Axis>(static_cast<int>(a) + sign * static_cast<int>(b));
}
constexpr Dim combine(Dim a, Dim b, int sign) {
  return {combine(a.time, b.time, sign),     combine(a.data, b.data, sign),     combine(a.work, b.work, sign),
          combine(a.energy, b.energy, sign), combine(a.carbon, b.carbon, sign), combine(a.money, b.money, sign),
          combine(a.water, b.water, sign),   combine(a.text, b.text, sign)};
}
}  // namespace detail
constexpr Dim operator*(Dim a, Dim b) { return detail::combine(a, b, 1); }
constexpr Dim operator/(Dim a, Dim b) { return detail::combine(a, b, -1); }
inline constexpr Dim dimensionless{};

namespace axis {
inline constexpr Dim time{.time = seconds{1}}, data{.data = bytes{1}}, work{.work = flops{1}},
    energy{.energy = joules{1}}, carbon{.carbon = kilograms_co2e{1}}, money{.money = dollars{1}},
    water{.water = litres{1}}, text{.text = tokens{1}};
}

}  // namespace mlsysim
