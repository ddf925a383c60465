// expect: cannot convert
// expect: double
#include "mlsysim/units/quantity.hpp"
using namespace mlsysim;

double t = 5.0 * ms;
