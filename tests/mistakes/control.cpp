// compiles
// What each mistake beside it is a mistake of.
#include "mlsysim/laws/roofline.hpp"
using namespace mlsysim;

Data<double> sum = 1.0 * GB + 1.0 * GiB;
Time<double> t = 5.0 * s;
double gb_per_s = (1.0 * GB / s).in(GB / s);
Time<double> roof = roofline_time(10.0 * Tflop, 20.0 * GB, 100.0 * Tflop / s, 2.0 * TB / s);
Time<double> transfer = (20.0 * GB) / (2.0 * TB / s);
bool less = 1.0 * GB < 1.0 * TB;
