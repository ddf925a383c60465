#include "mlsysim/workload/hf_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mlsysim/units/parse.hpp"

namespace mlsysim::hf {
namespace {

constexpr int deepest = 64;
// Lists of words, each between two spaces. Keys that change neither a count nor the cache. Ends and
// beginnings stand for whole groups of them.
constexpr std::string_view harmless =
    " architectures model_type _name_or_path name_or_path torch_dtype dtype transformers_version"
    " auto_map use_cache use_bfloat16 hidden_act hidden_activation activation_function"
    " _attn_implementation attn_implementation _commit_hash max_position_embeddings"
    " original_max_position_embeddings n_ctx n_positions model_max_length max_length"
    " initial_context_length partial_rotary_factor layer_norm_epsilon norm_epsilon embd_pdrop"
    " resid_pdrop attn_pdrop classifier_dropout gradient_checkpointing id2label label2id problem_type"
    " task_specific_params tokenizer_class torchscript pretraining_tp return_dict output_attentions"
    " output_hidden_states output_router_logits output_past output_scores router_jitter_noise"
    " norm_topk_prob scoring_func topk_method topk_group n_group seq_aux aux_loss_alpha ep_size"
    " routed_scaling_factor query_pre_attn_scalar cache_implementation position_embedding_type"
    " residual_in_fp32 time_step_scale time_step_min time_step_max time_step_floor time_step_limit"
    " time_step_init_scheme rescale_prenorm_residual use_mambapy use_mamba_kernels chunk_size"
    " fused_add_norm pad_vocab_size_multiple mm_tokens_per_image num_logits_to_keep swiglu_limit"
    " scale_attn_weights scale_attn_by_inverse_layer_idx reorder_and_upcast_attn do_sample temperature"
    " top_k top_p chunk_size_feed_forward finetuning_task unsloth_fixed unsloth_version unk_token"
    " logit_scale ";
constexpr std::string_view harmless_ends[] = {"_token_id",    "_token_index",  "_norm_eps",
                                              "_dropout",     "_dropout_prob", "_aux_loss_coef",
                                              "_softcapping", "_multiplier",   "logits_scaling"};
constexpr std::string_view harmless_beginnings[] = {"rope_", "summary_", "initializer_", "attn_implementation"};
// Harmless where they are off: null, false, 0, [] or {}.
constexpr std::string_view harmless_off =
    " is_decoder is_encoder_decoder add_cross_attention cross_attention_hidden_size pruned_heads"
    " attention_bias mlp_bias use_bias qkv_bias qk_layernorm use_qk_norm use_sliding_window"
    " sliding_window head_dim tie_encoder_decoder layer_types rms_norm mlp_only_layers prefix"
    " quantization_config n_inner ";
// Of a wrapper, said for the model inside it.
constexpr std::string_view shared_keys[] = {"tie_word_embeddings", "torch_dtype", "dtype", "quantization_config",
                                            "compression_config"};
// Networks beside the language model.
constexpr std::string_view other_networks[] = {"vision_config",   "audio_config",  "speech_config",
                                               "visual",          "img_processor", "embd_layer",
                                               "audio_processor", "vision_lora",   "speech_lora"};

template <std::size_t N>
bool among(std::string_view key, const std::string_view (&list)[N]) {
  return std::ranges::find(list, key) != std::end(list);
}

bool among(std::string_view key, std::string_view words) {
  return key.find(' ') == std::string_view::npos && words.find(fmt::format(" {} ", key)) != std::string_view::npos;
}

bool is_harmless(std::string_view key, const Json& value) {
  if (among(key, harmless)) return true;
  if (std::ranges::any_of(harmless_ends, [&](auto end) { return key.ends_with(end); })) return true;
  if (std::ranges::any_of(harmless_beginnings, [&](auto start) { return key.starts_with(start); })) return true;
  const bool off = value.is_null() || value == false || value == 0 ||
                   ((value.is_structured() || value.is_string()) && value.empty());
  return off && among(key, harmless_off);
}

/// Finds what a document object can't show: where the text stops being JSON, repeated keys, how deep it
/// nests.
struct Check : nlohmann::json_sax<Json> {
  std::vector<std::set<std::string>> open;
  std::vector<std::string> twice;
  std::string why;
  std::size_t position = 0;
  int depth = 0;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open.emplace_back(), deeper(); }
  bool end_object() override { return open.pop_back(), --depth, true; }
  bool start_array(std::size_t) override { return deeper(); }
  bool end_array() override { return --depth, true; }
  bool key(string_t& key) override {
    if (!open.back().insert(key).second && twice.size() < 5) twice.push_back(key);
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception& error) override {
    position = at;
    why = error.what();
    if (const auto column = why.find("column "); column != std::string::npos)
      if (const auto colon = why.find(": ", column); colon != std::string::npos) why.erase(0, colon + 2);
    why = printable(why, 160);
    return false;
  }
  bool deeper() {
    if (++depth > deepest) why = fmt::format("nested more than {} deep", deepest);
    return depth <= deepest;
  }
};

/// Python writes Infinity and NaN, which are not JSON: a string of the same length takes their place.
std::string strict(std::string_view text) {
  std::string result(text);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') ++i;
    else if (text[i] == '"') quoted = !quoted;
    else if (!quoted)
      for (const std::string_view word : {"-Infinity", "Infinity", "NaN"})
        if (text.substr(i).starts_with(word)) {
          const std::string_view quote = word == "NaN" ? "\"?\"" : "\"inf\"";
          result.replace(i, word.size(), word.size(), ' ').replace(i, quote.size(), quote);
          i += word.size() - 1;
          break;
        }
  }
  return result;
}

std::string excerpt_at(std::string_view text, std::size_t position) {
  position = std::min(position, text.size());
  const auto newline = position == 0 ? std::string_view::npos : text.rfind('\n', position - 1);
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  return printable(text.substr(start, text.find('\n', start) - start), 160);
}

int line_at(std::string_view text, std::size_t position) {
  return 1 + static_cast<int>(std::ranges::count(text.substr(0, std::min(position, text.size())), '\n'));
}

/// Where `"key":` stands, from `start` on.
std::size_t position_of(std::string_view text, std::string_view key, std::size_t start) {
  const std::string quoted = fmt::format("\"{}\"", key);
  for (auto at = text.find(quoted, start); at != std::string_view::npos; at = text.find(quoted, at + 1)) {
    const auto next = text.find_first_not_of(" \t\r\n", at + quoted.size());
    if (next != std::string_view::npos && text[next] == ':') return at;
  }
  return std::string_view::npos;
}

std::string whole_text(double low, double high, bool over = false) {
  if (over || high < most_layers) return fmt::format("a whole number from {} to {}", low, high);
  return fmt::format("a whole number of at least {}", low);
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string result;
  for (const char c : text.substr(0, limit))
    result += c >= ' ' && c <= '~' ? c : c == '\t' || c == '\n' || c == '\r' ? ' ' : '?';
  if (text.size() > limit) result += "...";
  return result;
}

std::string joined(const std::vector<std::string>& words) {
  std::string result;
  for (const auto& word : words) result += (result.empty() ? "" : ", ") + word;
  return result;
}

std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return fmt::format("a list of {}", value.size());
  return printable(value.dump(-1, ' ', true, Json::error_handler_t::replace));
}

std::optional<Json> parse_object(std::string_view text, std::string_view file, Problems& problems) {
  const auto report = [&](int line, std::string message, std::string argument = {}, std::string excerpt = {}) {
    problems.push_back({.kind = Problem::Kind::data,
                        .place = line ? fmt::format("{}:{}", file, line) : std::string(file),
                        .argument = std::move(argument),
                        .message = std::move(message),
                        .excerpt = std::move(excerpt)});
    return std::nullopt;
  };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return report(0, "the file is empty: expected a JSON object");
  const std::string json = strict(text);
  Check check;
  if (!Json::sax_parse(json, &check)) {
    if (check.position == 0) return report(0, "not a config: " + check.why);
    const auto at = check.position - 1;
    return report(line_at(text, at), "not JSON: " + check.why, {}, excerpt_at(text, at));
  }
  for (const auto& key : check.twice) {
    const auto first = position_of(text, key, 0);
    const auto at = first == std::string_view::npos ? 0 : std::min(position_of(text, key, first + 1), text.size());
    report(line_at(text, at), fmt::format("{} is given twice", printable(key)), printable(key), excerpt_at(text, at));
  }
  if (!check.twice.empty()) return std::nullopt;
  std::optional<Json> root = Json::parse(json, nullptr, false);
  if (root->is_discarded()) return report(0, "not JSON");
  if (!root->is_object())
    return report(1, fmt::format("expected a JSON object of keys and values, not {}", shown(*root)));
  return root;
}

Reader::Reader(const Json& root, std::string_view text, std::string_view file, OwnedEntry& to, Problems& problems)
    : root_(root), scope_(&root), text_(text), file_(file), to_(to), problems_(problems), before_(problems.size()) {
  const auto nested = root.find("text_config");
  if (nested == root.end() || nested->is_null()) return;
  if (nested->is_object()) scope_ = &*nested, prefix_ = "text_config.";
  else problem("text_config", fmt::format("text_config = {}: expected an object", shown(*nested)));
}

bool Reader::has(std::string_view key) const { return scope_->contains(key); }
bool Reader::given(std::string_view key) const { return has(key) && !scope_->find(key)->is_null(); }

const Json* Reader::find(const std::string& key) {
  understood_.insert(key);
  if (given(key)) return &*scope_->find(key);
  const bool outer = among(key, shared_keys) && root_.contains(key) && !root_.find(key)->is_null();
  return outer ? &*root_.find(key) : nullptr;
}

double Reader::whole(const std::string& key, const Json& value, double low, double high) {
  used(key);
  const double number = value.is_number() ? value.get<double>() : std::nan("");
  if (number >= low && number <= high && number == std::floor(number)) return number;
  problem(key, fmt::format("{} = {}: expected {}", key, shown(value), whole_text(low, high, number > high)));
  return std::max(low, 1.0);
}

double Reader::size(const std::string& key, double low, double high) {
  if (const Json* value = find(key)) return whole(key, *value, low, high);
  missing(key, whole_text(low, high));
  return std::max(low, 1.0);
}

std::optional<double> Reader::size_if_given(const std::string& key, double low, double high) {
  if (const Json* value = find(key)) return whole(key, *value, low, high);
  return std::nullopt;
}

double Reader::size_or(const std::string& key, double otherwise, double low, double high) {
  if (const Json* value = find(key)) return whole(key, *value, low, high);
  took(key, fmt::format("{}", otherwise));
  return otherwise;
}

double Reader::positive_or(const std::string& key, double otherwise) {
  const Json* value = find(key);
  if (!value) return took(key, fmt::format("{}", otherwise)), otherwise;
  used(key);
  const double number = value->is_number() ? value->get<double>() : 0;
  if (number > 0 && number <= largest_size) return number;
  problem(key, fmt::format("{} = {}: expected a number above 0", key, shown(*value)));
  return otherwise;
}

bool Reader::flag_or(const std::string& key, bool otherwise) {
  const Json* value = find(key);
  if (!value) return took(key, otherwise ? "true" : "false"), otherwise;
  used(key);
  if (value->is_boolean()) return value->get<bool>();
  problem(key, fmt::format("{} = {}: expected true or false", key, shown(*value)));
  return otherwise;
}

std::string Reader::word_or(const std::string& key, const std::string& otherwise) {
  const Json* value = find(key);
  if (!value) return otherwise;
  if (const auto* word = value->get_ptr<const std::string*>()) return *word;
  problem(key, fmt::format("{} = {}: expected a word", key, shown(*value)));
  return otherwise;
}

void Reader::understood(std::initializer_list<const char*> keys) {
  for (const char* key : keys) understood_.insert(key);
}

void Reader::took(const std::string& key, std::string value) {
  if (!defaulted_.insert(key).second) return;
  defaults_.push_back(fmt::format("{} = {}", key, value));
  used(key);
}

void Reader::used(const std::string& key) {
  if (std::ranges::find(read_, key) == read_.end()) read_.push_back(key);
}

void Reader::put(std::string_view path, double value, const std::vector<std::string>& keys) {
  const auto& fields = entry_kind("model")->fields().all;
  const auto field = std::ranges::find(fields, path, &Field::path);
  if (field == fields.end()) return problem(std::string(path), fmt::format("{} is not a figure of a model", path));
  std::string where;
  for (const auto& key : keys) {
    const bool absent = defaulted_.contains(key);
    where += (where.empty() ? "" : ", ") + (absent ? key + " (not given: default)" : path_of(key) + key);
  }
  Figure& figure = to_.figures[static_cast<std::size_t>(field - fields.begin())];
  figure.value = value;
  figure.kind = Kind::derived;
  figure.source = to_.entry.file;
  figure.where = to_.keep(std::move(where));
  figure.line = keys.empty() ? 0 : line_of(keys.front());
}

void Reader::put(std::string_view path, double value, std::initializer_list<const char*> keys) {
  put(path, value, std::vector<std::string>(keys.begin(), keys.end()));
}

void Reader::put_from_all(std::string_view path, double value) { put(path, value, read_); }
std::string Reader::path_of(std::string_view key) const { return has(key) ? prefix_ : ""; }

int Reader::line_of(std::string_view key) const {
  std::size_t start = 0;
  if (!prefix_.empty() && has(key)) start = std::min(position_of(text_, "text_config", 0), text_.size());
  const auto at = position_of(text_, key, start);
  return at == std::string_view::npos ? 0 : line_at(text_, at);
}

void Reader::problem(const std::string& key, std::string message, std::string nearest) {
  const int line = line_of(key);
  Problem problem{.kind = Problem::Kind::data,
                  .argument = path_of(key) + key,
                  .message = std::move(message),
                  .nearest = std::move(nearest)};
  problem.place = line ? fmt::format("{}:{}", file_, line) : std::string(file_);
  if (line) {
    std::size_t start = 0;
    for (int i = 1; i < line; ++i) start = text_.find('\n', start) + 1;
    problem.excerpt = excerpt_at(text_, start);
  }
  problems_.push_back(std::move(problem));
}

void Reader::missing(const std::string& key, const std::string& expected) {
  std::vector<std::string> others;
  for (const auto& item : scope_->items())
    if (!understood_.contains(item.key()) && !is_harmless(item.key(), item.value())) others.push_back(item.key());
  problem(key, fmt::format("{}{} is missing: expected {}", prefix_, key, expected), printable(nearest(key, others)));
}

void Reader::note_defaults() {
  if (defaults_.empty()) return;
  note(fmt::format("not given, so the default of the reference implementation was taken: {}", joined(defaults_)));
}

void Reader::note_not_understood() {
  constexpr int most = 20;
  int count = 0;
  const auto look = [&](const Json& scope, const std::string& prefix) {
    for (const auto& item : scope.items()) {
      const std::string& key = item.key();
      const bool read = understood_.contains(key) && (&scope == scope_ || among(key, shared_keys));
      if (read || key == "text_config" || is_harmless(key, item.value())) continue;
      if (among(key, other_networks))
        note(fmt::format("{}{}: the weights of this network beside the language model are not counted", prefix, key));
      else if (++count <= most)
        note(fmt::format("key {}{} is not understood and was not used (it could matter)", prefix, printable(key)));
    }
  };
  look(*scope_, prefix_);
  if (scope_ != &root_) look(root_, "");
  if (count > most)
    note(fmt::format("{} more keys are not understood and were not used (they could matter)", count - most));
}

}  // namespace mlsysim::hf
