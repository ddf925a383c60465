#pragma once
// A sum over the devices of a scale-up domain: what tensor parallelism pays twice a layer.
#include "mlsysim/execution/kernels.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

enum class ReduceBy { fastest, library, kernel };
template <>
struct Words<ReduceBy> {
  static constexpr const char* all[] = {"fastest", "library", "kernel"};
};

template <class T>
struct AllReduceQuery {
  Accelerator<T> hardware;
  Data<T> message{1.0};
  T devices = 8.0;
  ReduceBy by = ReduceBy::fastest;

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("hardware", "accelerator", q.hardware, "one of the devices");
    v("message", q.message, MB, above(0), "bytes that every device holds");
    v("devices", q.devices, one, count_from(1), "devices that sum");
    v("by", q.by, "a collective library, a kernel that reads the others' memory, or whichever is faster");
  }
};

template <class T>
struct AllReduceResult {
  Time<T> latency;
  Bandwidth<T> bus_bandwidth;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("latency", r.latency, us, any, "time of the sum");
    v("bus_bandwidth", r.bus_bandwidth, GB / s, any, "bytes that cross each device's link over the time");
  }
};

template <class T>
AllReduceResult<T> evaluate(const AllReduceQuery<T>& q) {
  const auto& h = q.hardware;
  const Bandwidth<T> link = first_stated(h.scale_up, h.host_link);
  const T one = 1.0;
  AllReduceResult<T> r;
  r.latency = q.by == ReduceBy::fastest   ? all_reduce(h, q.message, q.devices, link)
              : q.by == ReduceBy::library ? library_all_reduce(h, q.message, q.devices, link)
                                          : direct_all_reduce(h, q.message, q.devices, link);
  const Bandwidth<T> none{T(0.0)};
  r.bus_bandwidth = select(q.devices <= one, none, T(2.0) * (q.devices - one) / q.devices * q.message / r.latency);
  return r;
}

struct AllReduceWall : Declares<AllReduceQuery, AllReduceResult> {
  static constexpr auto name = "all-reduce", python = "AllReduceKernel",
                        doc = "A sum over the devices of a scale-up domain.";
};

}  // namespace mlsysim
