#pragma once
// What every machine is made of: number formats, levels of memory and network, single operations.
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

/// How a number is stored: sign, exponent, fraction; of a block format the element, and what the block shares.
template <class T>
struct Format {
  T bits{}, exponent_bits{}, mantissa_bits{}, exponent_bias{}, max{}, min{}, min_normal{}, min_subnormal{};
  T block{}, scale_bits{}, stored_bits{};

  template <class F, class V>
  static void fields(F& f, V& v) {
    v("bits", f.bits, one, count_from(1), "bits of an element, its sign included");
    v("exponent_bits", f.exponent_bits, one, count_from(0), "bits of the exponent; 0 of an integer");
    v("mantissa_bits", f.mantissa_bits, one, count_from(0), "bits of the fraction that are stored, the leading 1 left out");
    v("exponent_bias", f.exponent_bias, one, count_from(0), "what the stored exponent is above the true one");
    v("max", f.max, one, above(0), "largest finite value of an element");
    v("min", f.min, one, any, "most negative finite value");
    v("min_normal", f.min_normal, one, above(0), "smallest positive value with all its digits");
    v("min_subnormal", f.min_subnormal, one, above(0), "smallest positive value");
    v("block", f.block, one, count_from(1), "elements that share a scale");
    v("scale_bits", f.scale_bits, one, count_from(0), "bits of that scale");
    v("stored_bits", f.stored_bits, one, above(0), "bits in memory for each element, its share of the scale included");
  }
};

/// A level of the hierarchy from registers to disks, as one processor sees it.
template <class T>
struct Level {
  Time<T> latency;
  Bandwidth<T> bandwidth;
  Energy<T> energy;

  template <class L, class V>
  static void fields(L& l, V& v) {
    v("latency", l.latency, ns, above(0), "from asking to the first byte");
    v("bandwidth_one_way", l.bandwidth, GB / s, above(0), "one direction");
    v("energy", l.energy, pJ, above(0), "of an access of 32 bits");
  }
};

/// One operation of arithmetic.
template <class T>
struct Arithmetic {
  Energy<T> energy;

  template <class O, class V>
  static void fields(O& o, V& v) {
    v("energy", o.energy, pJ, above(0), "of one operation, without fetching its operands");
  }
};

}  // namespace mlsysim
