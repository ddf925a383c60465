// expect: operator+
#include "mlsysim/units/quantity.hpp"
using namespace mlsysim;

auto sum = 1.0 + 1.0 * GB;
