#pragma once
// What an answer operator by operator needs of a model and of a device, beyond the figures that any answer needs.
#include <string>
#include <vector>
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/catalog/model.hpp"

namespace mlsysim {

/// Figures that are needed and not stated: of the model, or of the device.
struct MissingForOperators {
  std::vector<std::string> model, hardware;
  bool none() const { return model.empty() && hardware.empty(); }
};
inline MissingForOperators missing_for_operators(const Model<double>& m, const Accelerator<double>& h) {
  MissingForOperators missing;
  if (m.forward_unit != ForwardUnit::token) return {{"steps of one token (it is no language model)"}, {}};
  const auto need = [](std::vector<std::string>& to, double figure, const char* name) {
    if (!is_stated(figure)) to.emplace_back(name);
  };
  need(missing.model, m.parameters, "parameters");
  need(missing.model, m.layers, "layers");
  need(missing.model, m.hidden_dim, "hidden_dim");
  if (m.architecture != Architecture::state_space) need(missing.model, m.heads, "heads");
  need(missing.hardware, h.memory.bandwidth.base, "memory.bandwidth");
  need(missing.hardware, h.memory.capacity.base, "memory.capacity");
  need(missing.hardware, h.kernels.gemm.efficiency_16, "constants of kernels");
  return missing;
}
/// Says what is missing, by the argument that holds the device, and which question does without.
inline void refuse_without_operators(const Model<double>& m, const Accelerator<double>& h, const char* hardware,
                                     const char* otherwise, Problems& problems) {
  const auto missing = missing_for_operators(m, h);
  const auto say = [&](const char* argument, const std::vector<std::string>& names) {
    std::string all;
    for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
    if (!names.empty())
      problems.push_back({.argument = argument,
                          .message = std::string(argument) + " states no " + all +
                                     ", which the operator level needs (" + otherwise + ")"});
  };
  say("model", missing.model);
  say(hardware, missing.hardware);
}

}  // namespace mlsysim
