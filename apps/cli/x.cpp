#include "mlsysim/report/json.hpp"
#include <iostream>
using namespace mlsysim;
int probe(int argc, char** argv) {
  Catalog c; Question q(*table("single-node"), c, argc > 4 ? argv[4] : "");
  q.give("model", argv[1]); q.give("hardware", argv[2]); q.give("batch_size", argv[3]);
  if (!q.check()) { std::cout << problems_json(q.problems()).dump(1); return 2; }
  auto r = q.answer(); std::cout << answer_json(q, r).dump(1) << explanation_text(explain(q, {"latency","memory_footprint","energy","feasible","mfu"}));
  return 0;
}
