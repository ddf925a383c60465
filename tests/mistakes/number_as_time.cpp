// expect: double
// expect: Time<double>
#include "mlsysim/units/quantity.hpp"
using namespace mlsysim;

Time<double> t = 5.0;
