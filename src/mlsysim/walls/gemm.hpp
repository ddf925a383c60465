#pragma once
// One matrix product on one device, as a tuned library computes it: the operator that most of a language model is made of.
#include "mlsysim/execution/kernels.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

template <class T>
struct GemmQuery {
  Accelerator<T> hardware;
  T rows = 1.0, columns = 1.0, inner = 1.0;
  Precision precision = Precision::bf16, weights = Precision::bf16;
  Quantise quantise = Quantise::no;

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("hardware", "accelerator", q.hardware, "the device");
    v("rows", q.rows, one, count_from(1), "rows of the result: tokens", Spelling{"m"});
    v("columns", q.columns, one, count_from(1), "columns of the result: width of the layer", Spelling{"n"});
    v("inner", q.inner, one, count_from(1), "dimension summed over", Spelling{"k"});
    v("precision", q.precision, "number format of the arithmetic");
    v("weights", q.weights, "number format that the weights are stored in");
    v("quantise", q.quantise, "how activations are brought to a narrow format first");
  }
};

template <class T>
struct KernelResult {
  Time<T> latency, latency_compute, latency_memory, latency_launch;
  Work<T> work;
  Data<T> traffic;
  WorkRate<T> achieved_flops;
  Bandwidth<T> achieved_bandwidth;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("latency", r.latency, us, any, "time of the kernel");
    v("latency_compute", r.latency_compute, us, any, "time for which the units compute");
    v("latency_memory", r.latency_memory, us, any, "time of the traffic, which runs beside them");
    v("latency_launch", r.latency_launch, us, any, "fixed time");
    v("work", r.work, Gflop, any, "arithmetic");
    v("traffic", r.traffic, MB, any, "bytes from and to main memory");
    v("achieved_flops", r.achieved_flops, Tflop / s, any, "arithmetic over the time of the kernel");
    v("achieved_bandwidth", r.achieved_bandwidth, GB / s, any, "bytes over the time of the kernel");
  }
};

template <class T>
KernelResult<T> kernel_result(const Kernel<T>& k, Time<T> before) {
  KernelResult<T> r;
  r.work = k.work;
  r.traffic = k.traffic;
  r.latency_compute = k.compute;
  r.latency_memory = k.memory;
  r.latency_launch = k.launch + before;
  r.latency = k.total + before;
  r.achieved_flops = r.work / r.latency;
  r.achieved_bandwidth = r.traffic / r.latency;
  return r;
}

template <class T>
KernelResult<T> evaluate(const GemmQuery<T>& q) {
  const Formats formats{q.weights, q.precision};
  return kernel_result(gemm(q.hardware, formats, q.rows, q.columns, q.inner),
                       quantise_time(q.hardware, q.quantise, q.precision, q.rows, q.inner));
}

struct GemmWall : Declares<GemmQuery, KernelResult> {
  static constexpr auto name = "gemm", python = "GemmKernel",
                        doc =
                            "One matrix product on one device: tiles dealt to its units in waves, traffic beside them.";
};

}  // namespace mlsysim
