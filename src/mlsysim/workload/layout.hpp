#pragma once
// How a network is cut over tensor, pipeline and expert parallelism: what of it one device holds, and which cuts are whole.
#include "mlsysim/catalog/model.hpp"
#include "mlsysim/laws/training.hpp"

namespace mlsysim {

/// Degrees. Expert-parallel devices work on different sequences and hold different experts; the rest of the network they all hold.
template <class T>
struct Shares {
  bool experts;  // the network has experts to share out
  T tp, pp, ep, dp;
};

/// Parameters of all routed experts of all layers: what one token does not meet, over the experts that it does not meet.
template <class T>
T routed_parameters(const Model<T>& m) {
  return named(m.experts * ((m.parameters - m.active_parameters) / (m.experts - m.experts_per_token)),
               "parameters of all experts");
}
template <class T>
T dense_share(const Model<T>& m, const Shares<T>& n) {
  return named((m.parameters - routed_parameters(m)) / (n.tp * n.pp), "parameters of a device outside experts");
}
template <class T>
T expert_share(const Model<T>& m, const Shares<T>& n) {
  return named(routed_parameters(m) / (n.tp * n.pp * n.ep), "parameters of a device's experts");
}

/// The network that one device runs: layers by stage, width and heads by tensor-parallel degree (with sequence parallelism, so
/// that what is kept for the backward pass is shared out too), experts by expert-parallel degree.
template <class T>
Model<T> share_of(const Model<T>& m, const Shares<T>& n) {
  const T cut = n.tp * n.pp;
  Model<T> share = m;
  share.parameters =
      n.experts ? dense_share(m, n) + expert_share(m, n) : named(m.parameters / cut, "parameters of a device");
  share.active_parameters = first_stated(m.active_parameters, m.parameters) / cut;
  share.inference_flops = m.inference_flops / cut;
  share.layers = named(m.layers / n.pp, "layers of a device");
  share.attention_layers = m.attention_layers / n.pp;
  share.window_layers = m.window_layers / n.pp;
  share.hidden_dim = m.hidden_dim / n.tp;
  share.heads = m.heads / n.tp;
  return share;
}

/// Devices that ZeRO shards a training state over. An expert has fewer copies than the rest: the mean over what a device holds.
template <class T>
T zero_devices(const Model<T>& m, const Shares<T>& n) {
  if (!n.experts) return n.dp * n.ep;
  const T dense = dense_share(m, n), experts = expert_share(m, n);
  return (dense + experts) / (dense / (n.dp * n.ep) + experts / n.dp);
}

/// Microbatches whose activations the first stage keeps at once.
///
///     f = min(P, M), interleaved: min(P, M) (1 + (P - 1) / (P V))
///
/// Valid:   one forward, one backward; interleaving from V = 2.
/// Source:  korthikanti2022reducing, section 4.2.3
template <class T>
T in_flight(T stages, T microbatches, T chunks) {
  const T one = T(1.0);
  const T interleaved = select(chunks <= one, one, one + (stages - one) / (stages * chunks));
  return named(cite(min(stages, microbatches) * interleaved, "korthikanti2022reducing, section 4.2.3"),
               "microbatches in flight");
}

/// A layout as it is asked for.
struct Layout {
  const Model<double>& model;
  double devices, batch, tp, pp, ep, chunks, microbatches, accumulation;
  bool splits;  // the network is made of blocks that can be cut
  bool whole;   // every cut must be whole; else it is enough that the degrees fit the fleet
};
/// The first rule that it breaks, with numbers and the nearest degree that would not: `tp_size 8`.
void refuse_layout(const Layout& layout, Problems& problems);

}  // namespace mlsysim
