#pragma once
// What families share: the trunk, attention heads, which layers cache what, routed experts.
#include "mlsysim/catalog/model.hpp"
#include "mlsysim/workload/hf_reader.hpp"

namespace mlsysim::hf {

enum class Bias { never, by_key, always };
enum class Windows { none, all, alternate, pattern, after };
enum class Experts { none, mixtral, qwen, qwen_shared, gpt_oss };

/// How a family differs from Llama; `count` reads the config and states every figure.
struct Family {
  const char* name;  // model_type
  const char* stem;  // of the class in `architectures`: "Llama" of LlamaForCausalLM
  void (*count)(Reader&, const Family&);
  Bias qkv_bias = Bias::never, out_bias = Bias::never, mlp_bias = Bias::never;
  bool qk_norm = false, sinks = false, tied = false;
  double norms = 2;                // of a layer
  double head_dim = 0;             // where the config gives none; 0: hidden_size / heads
  double heads = 0, kv_heads = 0;  // where the config gives none; 0: it must, and as many as heads
  double vocab_size = 0;           // where the config gives none; 0: it must
  Windows windows = Windows::none;
  double window = 0;  // where the config has no key; 0: none
  Experts experts = Experts::none;
};

/// Weights of a linear layer, of a feed-forward block with a gate, and of one with biases and no gate.
constexpr double linear(double in, double out, bool bias) { return in * out + (bias ? out : 0); }
constexpr double gated_mlp(double hidden, double inner, bool bias) {
  return 2 * linear(hidden, inner, bias) + linear(inner, hidden, bias);
}
constexpr double plain_mlp(double hidden, double inner) {
  return linear(hidden, inner, true) + linear(inner, hidden, true);
}

struct Trunk {
  double hidden, layers, vocab;
  double embedding() const { return vocab * hidden; }
};
Trunk trunk(Reader& c, const Family& f, const char* hidden = "hidden_size", const char* layers = "num_hidden_layers");
/// Weights of embedding and output head.
double vocabulary(Reader& c, const Family& f, const Trunk& t);

struct Heads {
  double count, kv, dim;
  double width() const { return count * dim; }
  double kv_width() const { return kv * dim; }
};
Heads heads_of(Reader& c, const Family& f, const Trunk& t);
void check_multiple(Reader& c, const char* large_key, double large, const char* small_key, double small);

/// States which layers keep every token and which the last `window`.
void put_cache(Reader& c, const Family& f, double layers);
void put_whole_cache(Reader& c, double layers, std::initializer_list<const char*> keys);
void put_kv_elements(Reader& c, const Family& f, const Heads& a);

/// Routed experts of a network.
struct Mixture {
  double layers = 0, experts = 0, per_token = 0;
  double expert = 0;  // weights of one
  double other = 0;   // weights of router and shared experts of one layer
  double width = 0;   // of one expert
  const char* experts_key = "";

  double weights() const { return layers * (other + experts * expert); }
};
Mixture mixture_of(Reader& c, const Family& f, const Trunk& t);
void check_mixture(Reader& c, const Mixture& m);

void put_architecture(Reader& c, Architecture architecture, ForwardUnit unit = ForwardUnit::token);
/// States the counts; a network of which each token meets every expert is a dense one.
void put_parameters(Reader& c, double total, const Mixture& m, const Trunk& t,
                    Architecture architecture = Architecture::transformer);

}  // namespace mlsysim::hf
