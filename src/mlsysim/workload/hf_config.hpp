#pragma once
// A model from the `config.json` that a Hugging Face repository carries beside its weights. Offline: nothing
// but the text.
#include <memory>
#include <optional>

#include "mlsysim/catalog/catalog.hpp"

namespace mlsysim {

/// What an imported config says beyond the figures of a model.
struct ImportedModel {
  std::unique_ptr<OwnedEntry>
      entry;                       // a "model"; every figure is derived, its source is the file, `where` names the keys
  std::string weight_precision;    // "bf16", "int4", "fp8"…; empty where the config gives neither dtype nor
                                   // quantisation
  std::vector<std::string> notes;  // defaults taken, weights not counted, keys not understood
};

/// Reads a config. `file` names it in problems, and the entry after its folder (…/llama-3-8b/config.json) or
/// its stem. Nothing where it can't be read: what is wrong is in `problems`, each with file:line and the key.
///
/// Counts follow the modules of the transformers library: every weight, bias, norm and router; an embedding
/// shared with the head once. `active_parameters` is the total less the experts that a token does not meet,
/// so that both embeddings count and (parameters - active_parameters) / (experts - experts_per_token) is one
/// expert of all layers.
std::optional<ImportedModel> import_hf_config(std::string_view text, std::string_view file, Problems& problems);

}  // namespace mlsysim
