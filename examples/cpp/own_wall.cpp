// A wall of your own: how long a replica that was scaled to zero takes to load its weights, and how many requests meet it cold.
// A query and a result that list their fields, and one function over any number; ranges, units, single answers, sweeps and
// derivations come from that.
#include <cstdio>
#include <mlsysim/mlsysim.hpp>

namespace mlsysim {

template <class T>
struct ColdStartQuery {
  Model<T> model;
  Accelerator<T> hardware;
  Precision precision = Precision::fp16;
  Bandwidth<T> disk{T(7e9)};
  Frequency<T> request_rate{T(1.0)};

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("model", "model", q.model, "the network to load");
    v.entity("hardware", "accelerator", q.hardware, "the device it is loaded to");
    v("precision", q.precision, "number format of the stored weights");
    v("disk", q.disk, GB / s, above(0), "read bandwidth of the disk that holds the weights");
    v("request_rate", q.request_rate, per_s, at_least(0), "requests that arrive");
  }
};

template <class T>
struct ColdStartResult {
  Data<T> weights;
  Bandwidth<T> path;
  Time<T> load_time;
  T requests_waiting{};

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("weights", r.weights, GB, any, "bytes to load");
    v("path", r.path, GB / s, any, "the slower of disk and host link");
    v("load_time", r.load_time, s, any, "until the weights are on the device");
    v("requests_waiting", r.requests_waiting, one, any, "requests that arrive meanwhile");
  }
};

template <class T>
ColdStartResult<T> evaluate(const ColdStartQuery<T>& q) {
  ColdStartResult<T> r;
  r.weights = q.model.parameters * element_size<T>(q.precision);
  r.path = min(q.disk, q.hardware.host_link);
  r.load_time = r.weights / r.path;
  r.requests_waiting = r.load_time * q.request_rate;
  return r;
}

struct ColdStartWall : Declares<ColdStartQuery, ColdStartResult> {
  static constexpr auto name = "cold-start", python = "ColdStartModel",
                        doc = "Loading the weights of a replica that was scaled to zero.";
};

}  // namespace mlsysim

using namespace mlsysim;

int main() {
  const ColdStartQuery<double> query{
      .model = model("llama-3-70b"), .hardware = accelerator("h100"), .request_rate = 4.0 * per_s};
  const auto r = solve<ColdStartWall>(query);
  std::printf("Llama-3-70B onto an H100: %.1f s, %.0f requests wait\n", r.load_time.in(s), r.requests_waiting);

  // Two disks at once, lane by lane the bits of the single answers.
  ColdStartQuery<Pack> both;
  both.model.parameters = query.model.parameters;
  both.hardware.host_link.base = query.hardware.host_link.base;
  both.request_rate.base = query.request_rate.base;
  both.disk.base = Pack(Pack::Vector{3.5e9, 14e9});
  const auto lanes = evaluate(both);
  for (int lane = 0; lane < Pack::width; ++lane) {
    auto one_disk = query;
    one_disk.disk.base = both.disk.base.v[lane];
    const auto single = solve<ColdStartWall>(one_disk);
    std::printf("disk %.1f GB/s: %.1f s\n", one_disk.disk.in(GB / s), lanes.load_time.base.v[lane]);
    if (lanes.load_time.base.v[lane] != single.load_time.base) return 1;
  }

  std::fputs(explanation_text(explain<ColdStartWall>(query, {"requests_waiting"})).c_str(), stdout);
}
