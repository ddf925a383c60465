#pragma once
// The experts of one layer on one device: routing, both products, and bringing tokens back.
#include "mlsysim/walls/gemm.hpp"

namespace mlsysim {

template <class T>
struct ExpertsQuery {
  Accelerator<T> hardware;
  T tokens = 1.0, hidden = 1.0, inner = 1.0, experts = 1.0, experts_per_token = 1.0;
  T tensor_parallel = 1.0, expert_parallel = 1.0;
  Precision precision = Precision::bf16, weights = Precision::bf16;
  Routing routing = Routing::skewed;
  bool gated = true;
  Library library = Library::flash;

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("hardware", "accelerator", q.hardware, "the device");
    v("tokens", q.tokens, one, count_from(1), "tokens of the step, on all devices together");
    v("hidden", q.hidden, one, count_from(1), "width of the residual stream");
    v("inner", q.inner, one, count_from(1), "width of an expert");
    v("experts", q.experts, one, count_from(1), "routed experts of the layer");
    v("experts_per_token", q.experts_per_token, one, count_from(1), "experts that one token meets", Spelling{"topk"});
    v("tensor_parallel", q.tensor_parallel, one, count_from(1), "parts that each expert is cut in", Spelling{"tp"});
    v("expert_parallel", q.expert_parallel, one, count_from(1), "devices that the experts are shared out over",
      Spelling{"ep"});
    v("precision", q.precision, "number format of the arithmetic");
    v("weights", q.weights, "number format that the weights are stored in");
    v("routing", q.routing, "every expert equally often, or as trained routers do");
    v("gated", q.gated, "two products lead into an expert, one of them a gate");
    v("library", q.library, "whose kernels: what vLLM runs (flash), or TensorRT-LLM's");
  }
};

template <class T>
KernelResult<T> evaluate(const ExpertsQuery<T>& q) {
  const T lead_in = q.gated ? 2.0 : 1.0;
  const ExpertLayer<T> layer{q.experts, q.experts_per_token, q.hidden,         q.inner,
                             lead_in,   q.tensor_parallel,   q.expert_parallel};
  const Time<T> nothing{T(0.0)};
  return kernel_result(
      expert_kernel(q.hardware, q.library, Formats{q.weights, q.precision}, q.routing, q.tokens, layer), nothing);
}

struct ExpertsWall : Declares<ExpertsQuery, KernelResult> {
  static constexpr auto name = "experts", python = "ExpertsKernel",
                        doc = "The experts of one layer on one device: routing, both products, gathering.";
};

}  // namespace mlsysim
