// expect: deleted
// expect: bytes
// expect: flops
#include "mlsysim/units/quantity.hpp"
using namespace mlsysim;

auto sum = 1.0 * GB + 1.0 * Tflop;
