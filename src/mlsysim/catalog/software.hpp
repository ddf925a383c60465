#pragma once
// What software makes of a device's peak: the twelve places where it is lost, and figures that others measured or advise.
#include "mlsysim/units/fields.hpp"

namespace mlsysim {

/// The twelve, in the order in which screens and the wall list them.
enum class SoftwareFactor {
  kernel_launch,
  sm_occupancy,
  memory_coalescing,
  instruction_parallelism,
  pipeline_bubbles,
  communication_overlap,
  framework,
  attention_implementation,
  quantization_runtime,
  data_loader,
  garbage_collection,
  os_and_driver
};
inline constexpr int software_factors = 12;
template <>
struct Words<SoftwareFactor> {
  static constexpr const char* all[] = {
      "kernel_launch",        "sm_occupancy",          "memory_coalescing",  "instruction_parallelism",
      "pipeline_bubbles",     "communication_overlap", "framework",          "attention_implementation",
      "quantization_runtime", "data_loader",           "garbage_collection", "os_and_driver"};
};

/// A software stack: the share that each of the twelve leaves. 1 loses nothing.
template <class T>
struct Software {
  T kernel_launch{}, sm_occupancy{}, memory_coalescing{}, instruction_parallelism{}, pipeline_bubbles{},
      communication_overlap{}, framework{}, attention_implementation{}, quantization_runtime{}, data_loader{},
      garbage_collection{}, os_and_driver{};

  template <class S, class V>
  static void fields(S& s, V& v) {
    const Range share = {.low = 0, .high = 1, .above_low = true};
    v("kernel_launch", s.kernel_launch, one, share,
      "share of the time not spent launching kernels: microseconds each, paid by every operation unless graphs or "
      "fusion amortise them");
    v("sm_occupancy", s.sm_occupancy, one, share,
      "share of the arithmetic units kept busy: registers and shared memory limit the warps in flight, tiles the last "
      "wave");
    v("memory_coalescing", s.memory_coalescing, one, share,
      "share of the memory bandwidth that accesses reach: scattered or misaligned ones waste it");
    v("instruction_parallelism", s.instruction_parallelism, one, share,
      "share of issue slots filled: instructions that depend on each other leave bubbles in the pipeline");
    v("pipeline_bubbles", s.pipeline_bubbles, one, share,
      "share of the time in which a stage of pipeline parallelism has a microbatch (1: no pipeline)");
    v("communication_overlap", s.communication_overlap, one, share,
      "share of the time not waiting for other devices: what is not hidden behind arithmetic (1: one device)");
    v("framework", s.framework, one, share,
      "share of the time not spent in the framework: the interpreter, dispatch, graph building, autograd bookkeeping");
    v("attention_implementation", s.attention_implementation, one, share,
      "rate of a fused attention kernel over that of a large matrix product: softmax runs on slower units");
    v("quantization_runtime", s.quantization_runtime, one, share,
      "rate of kernels in less than 16 bits over their own peak, against that of 16-bit ones: unpacking and scaling");
    v("data_loader", s.data_loader, one, share, "share of the time not waiting for input data");
    v("garbage_collection", s.garbage_collection, one, share,
      "share of the time without pauses of a garbage collector or a memory allocator");
    v("os_and_driver", s.os_and_driver, one, share,
      "share of the time without interrupts, context switches and synchronisation in the driver");
  }
};

/// An efficiency that a source advises or reports, of the peak: a range, or one figure.
template <class T>
struct Guide {
  T low{}, typical{}, high{};

  template <class G, class V>
  static void fields(G& g, V& v) {
    const Range share = {.low = 0, .high = 1, .above_low = true};
    v("low", g.low, one, share, "low end of the range");
    v("typical", g.typical, one, share, "what is usual, or what was measured");
    v("high", g.high, one, share, "high end of the range");
  }
};

}  // namespace mlsysim
