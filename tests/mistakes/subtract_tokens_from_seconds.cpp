// expect: deleted
// expect: tokens
// expect: seconds
#include "mlsysim/units/quantity.hpp"
using namespace mlsysim;

auto rest = 1.0 * s - 1.0 * token;
