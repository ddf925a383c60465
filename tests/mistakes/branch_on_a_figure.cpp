// expect: Mask
// expect: bool
#include "mlsysim/units/number.hpp"
using namespace mlsysim;

// An `if` would decide for both lanes.
Pack slower(Pack a, Pack b) {
  if (a < b) return b;
  return a;
}
