#pragma once
#include "mlsysim/workload/hf_reader.hpp"

namespace mlsysim::hf {

/// The format that weights are stored in, a word of Precision: of `quantization_config`, else of `dtype` or
/// `torch_dtype`. Empty where the config gives neither, or where what it gives is a problem.
std::string weight_precision(Reader& config);

}  // namespace mlsysim::hf
