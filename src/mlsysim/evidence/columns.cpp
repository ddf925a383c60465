#include "mlsysim/evidence/columns.hpp"

#include <algorithm>
#include <array>

namespace mlsysim {
namespace {

using enum MeasurementColumn::Type;
constexpr MeasurementColumn columns[] = {
    {"measured_metric", text, "",
     "tokens_per_s_per_user, output_tokens_per_s, output_tokens_per_s_per_gpu, samples_per_s, prefill_tokens_per_s, "
     "itl_ms, tpot_ms, ttft_ms, latency_ms, energy_j_per_token, tokens_per_s_per_gpu, step_time_s, tflops_per_gpu, "
     "mfu, "
     "hfu, memory_gb, time_to_train_min, total_gpu_hours",
     "what was measured", true},
    {"measured_value", number, "as `unit`", "", "the figure, above 0", true},
    {"unit", text, "", "", "its unit, and what it is a mean of: \"ms (median)\", \"tok/s (all GPUs)\""},
    {"model_name", text, "", "", "the model, by a name that `mlsysim zoo models` knows, or by its shape below"},
    {"family", text, "", "llm", "kind of model; rows of others are not predicted"},
    {"params_m", number, "million", "", "parameters"},
    {"params_b", number, "billion", "", "parameters, where `params_m` is not stated"},
    {"n_layers", count, "", "", "layers"},
    {"hidden", count, "", "", "width of the residual stream"},
    {"n_heads", count, "", "", "query heads of a layer"},
    {"n_kv_heads", count, "", "", "key and value heads of a layer"},
    {"ffn_hidden", count, "", "", "width of the feed-forward layer; of one expert where there are experts"},
    {"vocab", count, "", "", "vocabulary"},
    {"n_experts", count, "", "", "routed experts of a layer"},
    {"experts_per_token", count, "", "", "experts that a token passes through"},
    {"hardware", text, "", "", "the device as the source writes it"},
    {"chip", text, "", "",
     "the device by a name that `mlsysim zoo accelerators` knows; without it, `hardware` is looked up"},
    {"n_devices", count, "", "", "devices of the run"},
    {"node_size", count, "", "", "devices of a node"},
    {"interconnect", text, "", "", "what joins nodes, then \" / \" and what joins the devices of a node"},
    {"tp", count, "", "", "tensor-parallel devices"},
    {"pp", count, "", "", "stages of layers"},
    {"dp", count, "", "", "training: replicas, each with its share of a batch"},
    {"cp", count, "", "", "training: devices that share out the positions of a sequence"},
    {"ep", count, "", "", "training: devices that share out the experts of a layer"},
    {"vpp", count, "", "", "training: parts that the layers of a stage are dealt out in"},
    {"precision", text, "", "fp32, fp16, bf16, fp8, mxfp8, int8, int4, nvfp4, mxfp4",
     "number format of the weights; in training, of the products"},
    {"kv_precision", text, "", "fp16, bf16, fp8, int8", "number format of the cache of keys and values"},
    {"quantization", text, "", "", "how weights were narrowed: \"AWQ\", \"Q4_K_M\", \"FP8 W8A8\""},
    {"engine", text, "", "", "the program that ran the model, with its version"},
    {"framework", text, "", "", "training: the program that trained it, with its version"},
    {"batch_size", number, "", "", "sequences in a step; a mean may be given"},
    {"concurrency", number, "", "", "requests in flight"},
    {"input_len", number, "tokens", "", "length of a prompt"},
    {"output_len", number, "tokens", "", "length of an output"},
    {"seq_len", number, "tokens", "", "training: length of a sequence"},
    {"global_batch_seqs", number, "", "", "training: sequences of a step, all devices"},
    {"training_tokens", number, "tokens", "", "training: tokens of the whole run, for its device-hours"},
    {"global_batch_tokens", number, "tokens", "", "training: tokens of a step, all devices"},
    {"micro_batch", number, "", "", "training: sequences that a replica takes at once"},
    {"zero_fsdp_stage", text, "", "none, DDP, ZeRO-1, dist-opt, ZeRO-2, ZeRO-3, FSDP",
     "training: what replicas share out: optimizer state (ZeRO-1), gradients too (2), weights too (3, FSDP); "
     "\"shard 64\" behind it: among so many devices"},
    {"activation_recompute", text, "", "none, selective, full",
     "training: what the backward pass computes again instead of keeping it"},
    {"scenario", text, "", "decode, prefill, throughput, offline, server, single-stream", "how requests came in"},
    {"metric_definition", text, "", "", "training: which operations the source counts, and what it divides by"},
    {"flag", text, "", "", "why a row should not be used; one that has it is not predicted"},
    {"id", text, "", "", "name of the row"},
    {"experiment", text, "", "", "name of the run: several metrics of one run share it"},
    {"source_id", text, "", "", "short name of the source"},
    {"source_title", text, "", "", "the source"},
    {"source_ref", text, "", "", "where in it"},
    {"date", text, "", "", "year and month of the source"},
    {"notes", text, "", "", "anything else"},
};

constexpr auto sorted = [] {
  std::array<std::string_view, std::size(columns)> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = columns[i].name;
  std::ranges::sort(names);
  return names;
}();

}  // namespace

std::span<const MeasurementColumn> measurement_columns() { return columns; }

int measurement_column(std::string_view name) {
  const auto at = std::ranges::lower_bound(sorted, name);
  return at == sorted.end() || *at != name ? -1 : static_cast<int>(at - sorted.begin());
}

}  // namespace mlsysim
