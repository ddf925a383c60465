#pragma once
// The families of networks whose configs are understood.
#include "mlsysim/workload/hf_parts.hpp"

namespace mlsysim::hf {

std::span<const Family> families();
/// For an unknown model_type with the keys of Llama.
const Family& llama_like();

}  // namespace mlsysim::hf
