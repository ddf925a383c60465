#pragma once
#include "mlsysim/units/quantity.hpp"

namespace mlsysim {

/// Time of a pass whose layers stream in: each layer is computed while the next one arrives.
///
///     t = L max(c, i) + f
///
/// L  layers      layers of the same size                                        [1]
/// c  compute     one layer, its weights at hand                                 [s]
/// i  injection   weights of one layer over the link                             [s]
/// f  first       what overlaps with nothing: min(c, i) of a lone pass, 0 where passes follow each other   [s]
///
/// Valid:   room for the layer that arrives; equal layers; one direction of the link is free.
/// Source:  sheng2023flexgen, section 4.1, eq. 1; lie2022cerebras, "weight streaming"
/// Example: layers=80 compute=0.6ms injection=27.6ms first=0
template <class T>
constexpr Time<T> streamed_time(T layers, Time<T> compute, Time<T> injection, Time<T> first) {
  return cite(layers * max(compute, injection) + first, "sheng2023flexgen, section 4.1");
}

}  // namespace mlsysim
