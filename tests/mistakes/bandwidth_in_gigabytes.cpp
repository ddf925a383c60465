// expect: Unit
// expect: bytes
#include "mlsysim/units/quantity.hpp"
using namespace mlsysim;

double gb = (1.0 * GB / s).in(GB);
