#pragma once
// Attention of one layer on one device, of a prompt or of one new token of each sequence.
#include "mlsysim/walls/gemm.hpp"
#include "mlsysim/workload/transformer.hpp"

namespace mlsysim {

template <class T>
struct AttentionQuery {
  Accelerator<T> hardware;
  Phase phase = Phase::decode;
  Cached cached = Cached::heads;
  T sequences = 1.0, heads = 1.0, kv_heads = 1.0, head_dim = 128.0,
    value_dim = std::numeric_limits<double>::quiet_NaN();
  Tokens<T> tokens{1.0}, context{0.0}, window{std::numeric_limits<double>::quiet_NaN()};
  Precision precision = Precision::bf16, kv_precision = Precision::bf16;
  Library library = Library::flash;

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v.entity("hardware", "accelerator", q.hardware, "the device");
    v("phase", q.phase, "tokens of a prompt, or one new token of each sequence");
    v("sequences", q.sequences, one, count_from(1), "sequences together", Spelling{"batch_size"});
    v("heads", q.heads, one, count_from(1), "query heads on this device");
    v("kv_heads", q.kv_heads, one, count_from(1), "key and value heads on this device");
    v("head_dim", q.head_dim, one, count_from(1), "width of a head; decoding over a latent, of the latent");
    v("value_dim", q.value_dim, one, count_from(1), "width of a head's values (not stated: head_dim)");
    v("tokens", q.tokens, token, count_from(1), "new tokens of each sequence in a prefill");
    v("context", q.context, token, count_from(0), "tokens of each sequence that are cached already");
    v("window", q.window, token, count_from(1), "keys that a query sees (not stated: all)");
    v("precision", q.precision, "number format of the arithmetic of a prefill");
    v("kv_precision", q.kv_precision, "number format of the cache", Spelling{"kv_cache_dtype"});
    v("library", q.library, "whose kernels");
    v("cached", q.cached, "what the cache holds: keys and values of each key head, or a latent that all heads share");
  }
};

template <class T>
KernelResult<T> evaluate(const AttentionQuery<T>& q) {
  const Heads<T> heads{q.heads, q.kv_heads, q.head_dim, q.value_dim};
  const T window = q.window.base, none = 0.0;
  const Time<T> nothing{none};
  if (q.phase == Phase::prefill)
    return kernel_result(prefill_attention_kernel(q.hardware, q.library, q.precision, q.kv_precision, q.cached,
                                                  q.sequences, q.tokens.base, q.context.base, window, heads),
                         nothing);
  const T seen = max(T(1.0), min(q.context.base, first_stated(window, q.context.base)));
  if (q.cached == Cached::latent)
    return kernel_result(latent_attention_kernel(q.hardware, q.kv_precision, q.sequences, seen, heads), nothing);
  return kernel_result(decode_attention_kernel(q.hardware, q.library, q.kv_precision, q.sequences, seen, heads),
                       nothing);
}

struct AttentionWall : Declares<AttentionQuery, KernelResult> {
  static constexpr auto name = "attention", python = "AttentionKernel",
                        doc = "Attention of one layer on one device, in prefill or in decoding.";
};

}  // namespace mlsysim
