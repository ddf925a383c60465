#pragma once
// Number formats: a closed vocabulary. An unknown one is an error, never a default.
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

enum class Precision { fp64, fp32, tf32, fp16, bf16, fp8, mxfp8, fp6, mxfp6, fp4, mxfp4, nvfp4, int8, int4 };
template <>
struct Words<Precision> {
  static constexpr const char* all[] = {"fp64", "fp32",  "tf32", "fp16",  "bf16",  "fp8",  "mxfp8",
                                        "fp6",  "mxfp6", "fp4",  "mxfp4", "nvfp4", "int8", "int4"};
};
inline constexpr int precisions = 14;

constexpr const char* word(Precision p) { return Words<Precision>::all[static_cast<int>(p)]; }

/// Bits that one stored element takes, its share of block scales included: an MX block is 32 elements and one 8-bit scale,
/// an NVFP4 block 16 elements and one 8-bit scale.
constexpr double stored_bits(Precision p) {
  constexpr double bits[] = {64, 32, 32, 16, 16, 8, 8.25, 6, 6.25, 4, 4.25, 4.5, 8, 4};
  return bits[static_cast<int>(p)];
}

/// Bytes of one stored element, a named leaf of the derivation.
template <class T>
Data<T> element_size(Precision p) {
  constexpr const char* names[] = {"bytes per fp64",  "bytes per fp32", "bytes per tf32",  "bytes per fp16",
                                   "bytes per bf16",  "bytes per fp8",  "bytes per mxfp8", "bytes per fp6",
                                   "bytes per mxfp6", "bytes per fp4",  "bytes per mxfp4", "bytes per nvfp4",
                                   "bytes per int8",  "bytes per int4"};
  return named(Data<T>{T(stored_bits(p) / 8)}, names[static_cast<int>(p)]);
}

}  // namespace mlsysim
