// expect: operator<
// expect: flops
#include "mlsysim/units/quantity.hpp"
using namespace mlsysim;

bool less = 1.0 * GB < 1.0 * Tflop;
