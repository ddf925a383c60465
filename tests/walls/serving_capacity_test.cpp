#include "mlsysim/walls/serving_capacity.hpp"

#include "../asked.hpp"
#include "../near.hpp"
#include "mlsysim/walls/continuous_batching.hpp"

using namespace mlsysim;

namespace {

Arguments journey(Arguments more = {}) {
  Arguments all{{"model", "llama-3-70b"}, {"hardware", "h100"}, {"devices", "8"}, {"seq_len", "4000"},
                {"output_len", "500"},    {"ttft", "2s"},       {"tpot", "40ms"}, {"price", "2.50USD/h"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}
/// The same by the roofs of the whole model.
Arguments first_order(Arguments more = {}) {
  more.insert(more.begin(), {"fidelity", "first_order"});
  return journey(std::move(more));
}
/// Llama 3 70B in 16 bits over eight H100s, one prompt chunk of 2,048 tokens at most.
Replica replica(double slots = 300, Fidelity fidelity = Fidelity::first_order) {
  ServingCapacityQuery<double> q;
  const auto fill = [](auto& entity, const char* kind, const char* name) {
    std::vector<double> cells;
    for (const Figure& figure : built_in().find(kind, name)->figures) cells.push_back(figure.value);
    Load<double> load{cells.data()};
    std::remove_reference_t<decltype(entity)>::fields(entity, load);
  };
  fill(q.model, "model", "llama-3-70b");
  fill(q.hardware, "accelerator", "h100");
  fill(q.engine, "engine", "server");
  fill(q.assumptions, "assumptions", "first-principles");
  q.fidelity = fidelity;
  q.seq_len = {4000};
  q.output_len = {500};
  Replica r = serving_capacity::sized(q, 8).replica;
  r.slots = slots;
  return r;
}

}  // namespace

TEST_CASE("serving-capacity: a token of Llama 3 70B adds 2 x 80 x 8 x 128 x 2 = 327,680 bytes to a 16-bit cache") {
  Asked a("serving-capacity", journey({{"request_rate", "4"}}));
  CHECK(a.in("kv_per_token", byte) == near(327680.0));
}

TEST_CASE("serving-capacity: reading 141.1 GB of weights over 8 x 3.35 TB/s takes 5.27 ms, and no step is quicker") {
  Asked a("serving-capacity", first_order({{"request_rate", "0.01"}, {"tp_size", "8"}}));
  CHECK(a.in("weights_time", ms) == near(70553706496 * 2 / (8 * 3.35e12) * 1e3));
  CHECK(a.in("weights_time", ms) == doctest::Approx(5.27).epsilon(0.002));
  CHECK(a.in("itl_decode", ms) > a.in("weights_time", ms));
}

TEST_CASE("serving-capacity: 8 devices at 2.50 USD/h that make 2,000 tokens/s cost 2.78 USD a million") {
  Asked a("serving-capacity", journey({{"request_rate", "4"}, {"precision", "fp8"}}));
  CHECK(a.in("throughput", token / s) == near(2000.0));  // 4 requests/s of 500 tokens
  CHECK(a.in("million_tokens_usd", USD) == near(20.0 / (2000.0 * 3600) * 1e6));
  // What is in and what is out add up to the same: 4,000 tokens in and 500 out, each request.
  CHECK(a.in("million_input_usd", USD) * 4000 + a.in("million_output_usd", USD) * 500 ==
        near(a.in("million_tokens_usd", USD) * 500));
}

TEST_CASE("serving-capacity: Little's law holds for the requests that decode and for all that are in the system") {
  for (const char* rate : {"0.05", "1", "2", "4"}) {
    Asked a("serving-capacity", journey({{"request_rate", rate}, {"precision", "fp8"}}));
    const double each_second = a.in("request_rate", per_s);
    CHECK(each_second == near(std::stod(rate)));
    CHECK(a.in("decoding", one) * a.in("best_config.replicas", one) ==
          doctest::Approx(each_second * 499 * a.in("tpot", s)).epsilon(1e-9));
    CHECK(a.in("concurrency", one) == near(each_second * a.in("e2el", s)));
    CHECK(a.in("e2el", s) == near(a.in("ttft", s) + 499 * a.in("tpot", s)));
  }
}

TEST_CASE("serving-capacity: the mean step is that of the steps with and without a prompt, and prompts keep up") {
  const Replica r = replica();
  for (const double decoding : {0.5, 3.0, 40.0, 200.0}) {
    const Flow f = flow(r, decoding);
    CHECK(f.step.base == near(f.mixed_steps * f.mixed.total.base + (1 - f.mixed_steps) * f.plain.total.base));
    // Prompt tokens that come in a second = those that steps carry a second.
    CHECK(f.mixed_steps * f.chunk.base / f.step.base == near(f.rate.base * 4000));
  }
}

TEST_CASE("serving-capacity: the flow at a rate has that rate, and more rate is more of everything") {
  const Replica r = replica();
  double last_step = 0, last_wait = 0;
  for (const double rate : {0.01, 0.1, 1.0, 2.0, 3.0, 4.0}) {
    const Flow f = flow_at(r, {rate});
    CHECK(f.rate.base == doctest::Approx(rate).epsilon(1e-12));
    const Waiting w = waiting(r, f);
    REQUIRE(w.settles);
    CHECK(f.step.base >= last_step);
    CHECK(w.ttft_p99.base > last_wait);
    CHECK(w.ttft_p99.base > w.ttft.base);
    last_step = f.step.base;
    last_wait = w.ttft_p99.base;
  }
}

TEST_CASE("serving-capacity: a lone request waits for nothing: its prompt in two chunks, then 499 plain steps") {
  const Replica r = replica();
  const Flow f = flow_at(r, {1e-9});
  const Waiting w = waiting(r, f);
  CHECK(w.ttft.base == doctest::Approx(2 * step_cost(r, 1, {2000}).total.base).epsilon(1e-6));
  CHECK(f.step.base == doctest::Approx(step_cost(r, 1, {0}).total.base).epsilon(1e-6));
}

TEST_CASE(
    "serving-capacity: where every step is full of prompts, prompts are 100 % loaded and the queue does not settle") {
  const Replica r = replica();
  const Flow f = flow(r, fed_at_most(r));  // 2048 x 499 / 4000 = 255.5
  CHECK(f.decoding == near(255.488));
  CHECK(f.mixed_steps == near(1.0));
  CHECK(waiting(r, f).prompt_load == near(1.0));
  CHECK(!waiting(r, f).settles);
}

TEST_CASE("serving-capacity: 20 slots are what limits, and as many requests as fit them never settle") {
  const Replica r = replica(20);
  const Flow f = flow(r, 20);
  CHECK(waiting(r, f).occupied > 20);
  CHECK(!waiting(r, f).settles);
  Asked a("serving-capacity", journey({{"max_concurrency", "20"}, {"tp_size", "8"}}));
  CHECK(a.word("binding") == "Concurrency");
}

TEST_CASE(
    "serving-capacity: at the load of a saturated server, the throughput is that of wall 5 within a token in 500") {
  Asked a("serving-capacity", first_order({{"request_rate", "3"}, {"tp_size", "8"}}));
  const std::string decoding = std::to_string(static_cast<int>(a.in("decoding", one)) + 1);
  Asked b("continuous-batching", {{"model", "llama-3-70b"},
                                  {"hardware", "h100"},
                                  {"tp_size", "8"},
                                  {"seq_len", "4000"},
                                  {"output_len", "500"},
                                  {"max_batch_size", decoding}});
  const double share = b.in("max_active_requests", one) / a.in("decoding", one);
  CHECK(b.in("itl", ms) == doctest::Approx(a.in("tpot", ms)).epsilon(0.03));
  CHECK(b.in("throughput_tokens_per_sec", one) == doctest::Approx(a.in("throughput", token / s) * share).epsilon(0.03));
}

TEST_CASE("serving-capacity: the highest rate holds, and one percent more does not") {
  for (const char* precision : {"fp16", "fp8"}) {
    Asked most("serving-capacity", journey({{"precision", precision}}));
    CHECK(most.word("objectives_met") == "true");
    const double rate = most.in("request_rate_max", per_s);
    CHECK(most.in("request_rate", per_s) == near(rate));
    Asked at("serving-capacity", journey({{"precision", precision}, {"request_rate", std::to_string(rate * 0.999)}}));
    CHECK(at.word("objectives_met") == "true");
    Asked beyond("serving-capacity",
                 journey({{"precision", precision}, {"request_rate", std::to_string(rate * 1.01)}}));
    CHECK(beyond.word("objectives_met") == "false");
  }
}

TEST_CASE("serving-capacity: the devices it needs do hold the rate, and a replica less does not") {
  Asked a("serving-capacity", journey({{"request_rate", "10"}, {"tp_size", "4"}, {"precision", "fp8"}}));
  const double needed = a.in("devices_needed", one);
  CHECK(a.word("objectives_met") == "false");
  for (const double devices : {needed, needed - 4}) {
    Asked b("serving-capacity", journey({{"request_rate", "10"},
                                         {"tp_size", "4"},
                                         {"precision", "fp8"},
                                         {"devices", std::to_string(static_cast<int>(devices))}}));
    CHECK(b.word("objectives_met") == (devices == needed ? "true" : "false"));
  }
}

TEST_CASE("serving-capacity: looser objectives, more bandwidth, more efficiency never lower the rate that holds") {
  const double base = Asked("serving-capacity", journey()).in("request_rate_max", per_s);
  for (const auto& better : {Arguments{{"ttft", "4s"}}, Arguments{{"tpot", "60ms"}},
                             Arguments{{"hardware.memory.bandwidth", "5TB/s"}}, Arguments{{"length_cv", "0.2"}}})
    CHECK(Asked("serving-capacity", journey(better)).in("request_rate_max", per_s) >= base * (1 - 1e-6));
  CHECK(Asked("serving-capacity", first_order({{"efficiency", "0.6"}})).in("request_rate_max", per_s) >=
        Asked("serving-capacity", first_order()).in("request_rate_max", per_s));
}

TEST_CASE(
    "serving-capacity: operators are what a step costs unless first order is asked for, and the answer says which") {
  CHECK(Asked("serving-capacity", journey()).word("fidelity") == "operator");
  CHECK(Asked("serving-capacity", journey({{"fidelity", "operator"}})).word("fidelity") == "operator");
  CHECK(Asked("serving-capacity", first_order()).word("fidelity") == "first_order");
  const Replica r = replica(300, Fidelity::operators);
  REQUIRE(r.by_operators);
  // 20 sequences, and 2,048 of the 4,000 tokens of a prompt: about half a prompt beside them.
  CHECK(step_cost(r, 20, {0}).total.base == near(decode_cost(r.deployment, 20.0, r.context.base).total.base));
  CHECK(step_cost(r, 20, {2048}).total.base ==
        near(mixed_cost(r.deployment, 20.0, r.context.base, 2048.0 / 4000, 4000.0).total.base));
}

TEST_CASE("serving-capacity: an engine takes its share of memory and lets in no more sequences than it says") {
  Asked a("serving-capacity", journey({{"request_rate", "1"}, {"tp_size", "8"}}));
  CHECK(a.in("memory_available", GiB) == near(0.9 * 80));
  CHECK(a.in("slots", one) <= 256);
  CHECK(a.in("memory_footprint", GiB) <= 0.9 * 80);
  Asked few("serving-capacity", journey({{"engine.max_sequences", "4"}, {"tp_size", "8"}}));
  CHECK(few.in("slots", one) == near(4.0));
  // An engine that keeps room for the whole output holds fewer: (4000 + 500 x 1.25) over (4000 + 250 x 1.25) tokens each.
  Asked kept("serving-capacity", journey({{"engine.reserved_output", "1"}, {"tp_size", "4"}}));
  Asked half("serving-capacity", journey({{"engine.reserved_output", "0.5"}, {"tp_size", "4"}}));
  CHECK(half.in("slots", one) / kept.in("slots", one) == doctest::Approx(4625.0 / 4312.5).epsilon(0.02));
}

TEST_CASE(
    "serving-capacity: steps that take twice as long hold at most half the rate, and twice the time for a token") {
  for (const char* fidelity : {"operator", "first_order"}) {
    const Arguments lone{{"request_rate", "0.001"}, {"tp_size", "8"}, {"fidelity", fidelity}};
    Arguments slow = lone;
    slow.push_back({"time_factor", "2"});
    Asked a("serving-capacity", journey(lone)), b("serving-capacity", journey(slow));
    CHECK(b.in("tpot", ms) == doctest::Approx(2 * a.in("tpot", ms)).epsilon(1e-3));
    CHECK(b.in("ttft", ms) == doctest::Approx(2 * a.in("ttft", ms)).epsilon(1e-2));
    CHECK(b.in("request_rate_max", per_s) <= 0.5 * a.in("request_rate_max", per_s));
  }
}

TEST_CASE("serving-capacity: figures of the first-order level are refused beside operators, by both names") {
  for (const char* argument : {"efficiency", "bandwidth_efficiency", "link_latency"})
    for (const char* fidelity : {"operator", "finest"}) {
      const Refusal r("serving-capacity", journey({{argument, "0.5"}, {"fidelity", fidelity}}));
      CHECK(r.problem().argument == argument);
      CHECK(r.problem().message.find("operator") != std::string::npos);
    }
}

TEST_CASE(
    "serving-capacity: a device without constants of kernels is answered at first order unless operators are asked "
    "for") {
  const Arguments bare{{"model", "llama-3-8b"}, {"hardware", "esp32"}, {"hardware.memory.capacity", "80GiB"},
                       {"seq_len", "1000"},     {"output_len", "100"}, {"request_rate", "0.1"},
                       {"precision", "int8"}};
  CHECK(Asked("serving-capacity", bare).word("fidelity") == "first_order");
  Arguments asked = bare;
  asked.push_back({"fidelity", "operator"});
  const Refusal r("serving-capacity", asked);
  CHECK(r.problem().argument == "hardware");
  CHECK(r.problem().message.find("kernels") != std::string::npos);
}

TEST_CASE(
    "serving-capacity: two stages of two devices hold a quarter of the weights each, and eight devices two replicas") {
  const Arguments at{{"request_rate", "1"}, {"precision", "fp8"}, {"fidelity", "operator"}};
  const auto with = [&](Arguments more) {
    more.insert(more.end(), at.begin(), at.end());
    return Asked("serving-capacity", journey(std::move(more)));
  };
  const Asked cut = with({{"tp_size", "4"}}), staged = with({{"tp_size", "2"}, {"pp_size", "2"}});
  CHECK(staged.in("best_config.replicas", one) == 2);
  CHECK(staged.in("memory_weights", GB) == near(cut.in("memory_weights", GB)));
  // A token passes through both stages: what four devices read at once, two and two read one after the other.
  CHECK(staged.in("weights_time", ms) == near(2 * cut.in("weights_time", ms)));
  CHECK(with({{"pp_size", "4"}}).in("best_config.replicas", one) * 4 <= 8);
}

TEST_CASE("serving-capacity: three drafts, all kept and made for nothing, make four tokens a step") {
  const Arguments at{{"request_rate", "1"}, {"precision", "fp8"}, {"fidelity", "operator"}, {"tp_size", "4"}};
  Arguments drafts = at;
  drafts.insert(drafts.end(), {{"drafted_tokens", "3"}, {"draft_acceptance_rate", "1"}, {"draft_share", "0"}});
  const Asked plain("serving-capacity", journey(at)), drafted("serving-capacity", journey(drafts));
  const double mixed = drafted.in("mixed_steps", one),
               step = mixed * drafted.in("itl_mixed", ms) + (1 - mixed) * drafted.in("itl_decode", ms);
  CHECK(4 * drafted.in("tpot", ms) == near(step));
  CHECK(drafted.in("tpot", ms) < plain.in("tpot", ms));
  CHECK(drafted.in("e2el", s) == near(drafted.in("ttft", s) + 499 * drafted.in("tpot", s)));
}

TEST_CASE("serving-capacity: stages, spread experts and drafts are refused where the fidelity is first order") {
  for (const auto& [name, figure] : {std::pair{"pp_size", "2"}, {"ep_size", "2"}, {"drafted_tokens", "3"}}) {
    const Refusal r("serving-capacity", first_order({{"request_rate", "1"}, {name, figure}}));
    CHECK_MESSAGE(r.problem().argument.find(name) != std::string::npos, r.text());
  }
  const Refusal too_many("serving-capacity", journey({{"request_rate", "1"}, {"tp_size", "4"}, {"pp_size", "4"}}));
  CHECK_MESSAGE(too_many.problem().argument.find("pp_size") != std::string::npos, too_many.text());
  const Refusal spread("serving-capacity", journey({{"request_rate", "1"}, {"tp_size", "2"}, {"ep_size", "8"}}));
  CHECK_MESSAGE(spread.problem().argument.find("ep_size") != std::string::npos, spread.text());
}
