// What a training step is refused for: the rule, its numbers, the nearest that keeps it.
#include <doctest/doctest.h>

#include "asked.hpp"

using namespace mlsysim;

namespace {

/// Llama 3 70B: 80 layers, 64 heads, width 8,192; on 64 H100 in 8 nodes, 64 sequences of 4,096 tokens a step.
Refusal asked(Arguments more) {
  Arguments all = {{"model", "llama-3-70b"}, {"fleet", "h100:64"}, {"batch_size", "64"}};
  all.insert(all.end(), more.begin(), more.end());
  return Refusal("training", all);
}
void refuses(const Arguments& more, const char* argument, const char* words, const char* nearest) {
  const Refusal r = asked(more);
  CAPTURE(r.text());
  CHECK_FALSE(r.answered);
  CHECK(r.problem().argument == argument);
  CHECK(r.problem().message.find(words) != std::string::npos);
  CHECK(r.problem().nearest == nearest);
}

}  // namespace

TEST_CASE("a cut that is whole is answered: tp 8, pp 4 in 5 chunks, 2 replicas of 32 microbatches") {
  CHECK(asked({{"tp", "8"}, {"pp", "4"}, {"vpp", "5"}}).answered);
}
TEST_CASE("3 tensor-parallel devices do not share 64 heads") {
  refuses({{"tp", "3"}}, "tp_size", "tp_size = 3 does not divide the 64 attention heads", "tp_size 2");
}
TEST_CASE("7 stages share neither 80 layers nor 82 with the tables; 41 stages share the 82, and not the 64 devices") {
  refuses({{"pp", "7"}}, "pp_size", "does not divide the 80 layers of the model, nor 82", "pp_size 8");
  refuses({{"pp", "41"}}, "pp_size", "do not divide the 64 of the fleet", "pp_size 16");
}
TEST_CASE("3 chunks on each of 8 stages are 24 parts of 80 layers") {
  refuses({{"pp", "8"}, {"vpp", "3"}}, "v_stages", "v_stages = 3 chunks on each of 8 stages", "v_stages 2");
}
TEST_CASE("the 126 layers of Llama 3.1 405B divide over 16 stages of 8 chunks with both tables: 128 parts") {
  CHECK(Refusal("training", {{"model", "llama-3-405b"},
                             {"fleet", "h100:1024"},
                             {"batch_size", "512"},
                             {"tp", "8"},
                             {"pp", "16"},
                             {"vpp", "8"}})
            .answered);
}
TEST_CASE("3 devices do not share 4,096 tokens") {
  refuses({{"cp", "3"}}, "cp_size", "does not divide the 4096 tokens", "cp_size 2");
}
TEST_CASE("tp 8 x pp 16 devices for a replica are 128, and there are 64") {
  refuses({{"tp", "8"}, {"pp", "16"}}, "pp_size", "= 128 devices for a replica do not divide the 64 of the fleet",
          "pp_size 8");
}
TEST_CASE("a dense model has no experts to spread") {
  refuses({{"ep", "8"}}, "ep_size", "this model has none", "ep_size 1");
}
TEST_CASE("experts: 6 devices do not share 8, and 8 devices do not come out of a stage of 4") {
  const Arguments mixtral = {{"model", "mixtral-8x7b"}, {"fleet", "h100:16"}, {"batch_size", "64"}};
  Arguments six = mixtral, many = mixtral;
  six.push_back({"ep", "6"});
  CHECK(Refusal("training", six).problem().message.find("does not divide the 8 experts") != std::string::npos);
  many.insert(many.end(), {{"ep", "8"}, {"pp", "4"}});
  const Refusal r("training", many);
  CHECK(r.problem().message.find("does not divide the 4 devices of a stage") != std::string::npos);
  CHECK(r.problem().nearest == "ep_size 4");
}
TEST_CASE("one stage has no chunks to interleave") {
  refuses({{"vpp", "2"}}, "v_stages", "pp_size is 1", "v_stages 1");
}
TEST_CASE("a batch of 100 over 8 replicas of microbatches of 2 takes multiples of 16") {
  refuses({{"tp", "8"}, {"batch_size", "100"}, {"mbs", "2"}}, "batch_size", "takes multiples of 16", "batch_size 96");
}
TEST_CASE("interleaved, 8 stages take microbatches in groups of 8: 4 for each of 1 replica are too few") {
  refuses({{"tp", "8"}, {"pp", "8"}, {"vpp", "2"}, {"batch_size", "4"}}, "batch_size", "in groups of pp_size = 8",
          "batch_size 8");
}
TEST_CASE("without interleaving a pipeline may be longer than its microbatches are many") {
  CHECK(asked({{"tp", "8"}, {"pp", "8"}, {"batch_size", "4"}}).answered);
}
TEST_CASE("16 copies of the weights have no shards of 3") {
  refuses({{"tp", "4"}, {"shard_size", "3"}}, "shard_size", "does not divide the 16 devices", "shard_size 2");
}
TEST_CASE("weights may be sharded in a pipeline") {
  CHECK(asked({{"tp", "8"}, {"pp", "2"}, {"zero_stage", "3"}}).answered);
}
TEST_CASE("what is no language model, and a device without kernels, are refused by name") {
  const Refusal image("training", {{"model", "resnet-50"}, {"fleet", "h100:8"}, {"batch_size", "64"}});
  CHECK(image.problem().argument == "model");
  CHECK(image.text().find("no language model") != std::string::npos);
  const Refusal chip("training", {{"model", "llama-3-8b"}, {"fleet", "cerebras-cs3:8"}, {"batch_size", "64"}});
  CHECK_FALSE(chip.answered);
}
