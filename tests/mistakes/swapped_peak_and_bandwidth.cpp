// expect: roofline_time
// expect: flops
#include "mlsysim/laws/roofline.hpp"
using namespace mlsysim;

auto t = roofline_time(10.0 * Tflop, 20.0 * GB, 2.0 * TB / s, 100.0 * Tflop / s);
