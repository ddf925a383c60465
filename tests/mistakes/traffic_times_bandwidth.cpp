// expect: Time<double>
// expect: bytes)2
#include "mlsysim/units/quantity.hpp"
using namespace mlsysim;

Time<double> t = (20.0 * GB) * (2.0 * TB / s);
