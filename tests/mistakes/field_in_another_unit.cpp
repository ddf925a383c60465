// expect: Bandwidth
// expect: seconds
#include "mlsysim/units/fields.hpp"
using namespace mlsysim;

template <class T>
struct Link {
  Bandwidth<T> bandwidth;
  template <class L, class V>
  static void fields(L& l, V& v) {
    v("bandwidth", l.bandwidth, GB, above(0), "a rate declared in bytes");
  }
};
Fields described = describe<Link>();
