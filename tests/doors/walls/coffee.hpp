#pragma once
// A toy: how long a device takes to brew coffee with the heat that it gives off. Nothing else in the tree names it.
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

enum class Roast { light, dark };
template <>
struct Words<Roast> {
  static constexpr const char* all[] = {"light", "dark"};
};

template <class T>
struct CoffeeQuery {
  Accelerator<T> hardware;
  T cups = 1.0;
  Roast roast = Roast::light;

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("hardware", "accelerator", q.hardware, "the device that heats the water");
    v("cups", q.cups, one, count_between(1, 1000), "cups to brew", Spelling{"mugs"});
    v("roast", q.roast, "a dark roast wants cooler water");
  }
};

template <class T>
struct CoffeeResult {
  Time<T> brewing_time;
  Energy<T> heat;
  Flag<T> cold;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("brewing_time", r.brewing_time, minute, any, "until the last cup is hot");
    v("heat", r.heat, kJ, any, "into the water");
    v("cold", r.cold, "it takes longer than a quarter of an hour");
  }
};

template <class T>
CoffeeResult<T> evaluate(const CoffeeQuery<T>& q) {
  // 0.25 kg of water, 4186 J/(kg K), from 20 to 95 or 85 degrees.
  const T kelvin =
      q.roast == Roast::light ? named(T(75.0), "kelvin of a light roast") : named(T(65.0), "kelvin of a dark roast");
  const Energy<T> per_kelvin = named(Energy<T>{T(0.25 * 4186)}, "heat of a cup and kelvin");
  CoffeeResult<T> r;
  r.heat = q.cups * (kelvin * per_kelvin);
  r.brewing_time = r.heat / q.hardware.tdp;
  r.cold = {select(Time<T>{T(900.0)} < r.brewing_time, T(1.0), T(0.0))};
  return r;
}

struct CoffeeWall : Declares<CoffeeQuery, CoffeeResult> {
  static constexpr auto name = "coffee", python = "CoffeeModel",
                        doc = "How long a device takes to brew coffee with its own heat.";
};

}  // namespace mlsysim
