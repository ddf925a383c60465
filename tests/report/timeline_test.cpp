// A step laid out in time: it ends when the answer says, and no stage does two things at once.
#include <doctest/doctest.h>

#include <map>

#include "asked.hpp"
#include "mlsysim/evidence/answer_bands.hpp"
#include "mlsysim/report/json.hpp"
#include "mlsysim/report/timeline.hpp"
#include "near.hpp"

using namespace mlsysim;

namespace {

TrainingQuery<double> step(const Arguments& more) {
  Arguments all = {{"model", "llama-3-70b"}, {"fleet", "h100:256"}, {"batch_size", "128"}, {"tp", "8"}};
  all.insert(all.end(), more.begin(), more.end());
  Question q(table_of("training"), built_in());
  for (const auto& [name, text] : all) q.give(name, text);
  REQUIRE_MESSAGE(q.check(), all_sentences(q.problems()));
  return query_of<TrainingQuery>(q);
}
double end_of(const Timeline& t) {
  double end = 0;
  for (const Slice& s : t.slices) end = std::max(end, (s.start + s.length).base);
  return end;
}
double spent(const Timeline& t, SliceKind kind) {
  double sum = 0;
  for (const Slice& s : t.slices)
    if (s.kind == kind && s.stage == 0) sum += s.length.base;
  return sum;
}

}  // namespace

TEST_CASE("a timeline ends with the step of the answer, whatever the schedule, and every pass is in it once") {
  const Arguments schedules[] = {{{"pp", "1"}},
                                 {{"pp", "4"}},
                                 {{"pp", "4"}, {"recomputation", "full"}},
                                 {{"pp", "4"}, {"v_stages", "5"}},
                                 {{"pp", "8"}, {"v_stages", "2"}},
                                 {{"pp", "8"}, {"schedule", "gpipe"}},
                                 {{"pp", "8"}, {"batch_size", "8"}}};  // 2 microbatches in 8 stages
  for (const auto& more : schedules) {
    const auto q = step(more);
    const auto r = evaluate(q);
    const Timeline t = timeline_of(q, r);
    CAPTURE(more.back().first);
    CAPTURE(more.back().second);
    CHECK(end_of(t) == near(r.step_time.base));
    std::map<std::pair<int, SliceKind>, int> passes;
    double last = 0;
    int stage = -1;
    for (const Slice& s : t.slices) {
      ++passes[{s.stage, s.kind}];
      if (s.stage != stage) stage = s.stage, last = 0;
      CHECK(s.start.base >= last - 1e-9);
      last = (s.start + s.length).base;
    }
    const int all = static_cast<int>(r.microbatches * q.v_stages);
    for (int i = 0; i < t.stages; ++i) {
      CHECK(passes[{i, SliceKind::forward}] == all);
      CHECK(passes[{i, SliceKind::backward}] == all);
    }
    // What the answer calls exposed, recomputed and of replicas is drawn as that.
    CHECK(spent(t, SliceKind::recomputation) == near(r.time_recomputation.base));
    CHECK(spent(t, SliceKind::gradients) == near(r.time_data.base));
    CHECK(spent(t, SliceKind::communication) ==
          near((r.time_tensor + r.time_context + r.time_exchange + r.time_stages).base));
  }
}

TEST_CASE("the middle of a long step becomes one slice a stage, and its ends stay") {
  const auto q = step({{"pp", "4"}});
  const Timeline whole = timeline_of(q, evaluate(q)), t = condensed(whole, 60);
  REQUIRE(whole.slices.size() > 60);
  CHECK(t.slices.size() < whole.slices.size());
  CHECK(t.hidden == whole.microbatches - 2 * 5);  // a pipeline of 4 and one more at each end
  CHECK(end_of(t) == near(end_of(whole)));
  int steady = 0;
  for (const Slice& s : t.slices) steady += s.kind == SliceKind::steady;
  CHECK(steady == 4);
}

TEST_CASE("a trace has a process for each stage and two threads in each, times in microseconds") {
  const auto q = step({{"pp", "4"}});
  const auto r = evaluate(q);
  const Json trace = Json::parse(timeline_json(timeline_of(q, r)));
  int names = 0;
  double end = 0;
  for (const auto& event : trace["traceEvents"]) {
    names += event["ph"] == "M" && event["name"] == "thread_name";
    if (event["ph"] == "X") end = std::max(end, event["ts"].get<double>() + event["dur"].get<double>());
  }
  CHECK(names == 8);
  CHECK(end == near(r.step_time.base * 1e6));
}

TEST_CASE("a picture names its stages and what fills them") {
  const auto q = step({{"pp", "4"}, {"recomputation", "full"}});
  const std::string svg = timeline_svg(condensed(timeline_of(q, evaluate(q)), 100), "one <step>");
  for (const char* text :
       {"one &lt;step&gt;", "stage 1 (64 ranks)", "recomputation", "exposed communication", "not to scale", "</svg>"})
    CHECK_MESSAGE(svg.find(text) != std::string::npos, text);
}
