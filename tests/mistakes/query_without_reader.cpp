// expect: read
#include "mlsysim/units/fields.hpp"
using namespace mlsysim;

struct Curve : Body {};  // no `kind`, no `read`
template <class T>
struct Query {
  Held<Curve> curve;
  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v("curve", q.curve, "a measured curve");
  }
};
Fields described = describe<Query>();
