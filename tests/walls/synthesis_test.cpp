// Wall 22, worked by hand, and fed back into walls 1 and 2.
#include <doctest/doctest.h>

#include "asked.hpp"
#include "near.hpp"

using namespace mlsysim;

TEST_CASE("Llama-3-8B in 50 ms: 320 us of launches leave 49.68 ms for 16.06 GB and 16.06 Gflop") {
  const Asked a("synthesis", {{"model", "llama-3-8b"}, {"target_latency", "50"}});
  CHECK(a["latency_overhead"] == near(32 * 10e-6));
  CHECK(a["required_bw"] == near(16061177856 / 49.68e-3, 1e-9));
  CHECK(a["required_flops"] == near(16061046784 / (49.68e-3 * 0.5), 1e-9));
  CHECK(a["required_memory"] == near(16061049344.0, 1e-9));
  CHECK(a["compute_memory_ratio"] == near(2.0, 1e-4));
  CHECK(a.flag("feasible"));
}

TEST_CASE("a target below the fixed time is an answer: no device meets it") {
  const Asked a("synthesis", {{"model", "llama-3-8b"}, {"target_latency", "0.3 ms"}});
  CHECK_FALSE(a.flag("feasible"));
  CHECK(a["time_left"] == near(-20e-6));
  CHECK(a["required_bw"] == std::numeric_limits<double>::infinity());
  CHECK(a["required_flops"] == std::numeric_limits<double>::infinity());
  const Refusal none("synthesis", {{"model", "llama-3-8b"}});
  CHECK(none.problem().argument == "target_latency");
  const Refusal past("synthesis", {{"model", "llama-3-8b"}, {"target_latency", "-5 ms"}});
  CHECK(past.text().find("above 0") != std::string::npos);
}

TEST_CASE("a device made as specified meets the target exactly: every model, batch, context, format and way of use") {
  int round_trips = 0;
  for (const Entry* model : built_in().all("model"))
    for (const char* batch : {"1", "7", "64"})
      for (const char* context : {"", "512", "8192"})
        for (const char* precision : {"fp16", "int8"})
          for (const bool training : {false, true}) {
            Arguments of{{"model", std::string(model->id)}, {"batch_size", batch}, {"precision", precision}};
            if (*context) of.push_back({"context", context});
            if (training) of.push_back({"is_training", "true"});
            Arguments target = of;
            target.insert(target.end(), {{"target_latency", "3 s"}, {"dispatch_tax", "10 us"}});
            const Refusal asked("synthesis", target);
            if (!asked.answered) continue;  // a model that does not state what training needs
            const auto specification = asked.question.answer();
            const auto of_it = [&](const char* name) {
              return specification[static_cast<std::size_t>(asked.question.table().output(name))];
            };
            Refusal back("single-node", of);
            Question& device = back.question;
            device.problems().clear();
            device.bind(*device.table().entity("hardware"), *built_in().find("accelerator", "h100"));
            const auto give = [&](const char* path, double base) {
              device.give(static_cast<std::size_t>(device.table().input(path)), base);
            };
            give("hardware.memory.bandwidth", of_it("required_bw"));
            give("hardware.memory.capacity", of_it("required_memory") * (1 + 1e-12));
            give(std::string(precision) == "fp16" ? "hardware.compute.fp16_dense" : "hardware.compute.int8_dense",
                 of_it("required_flops"));
            give("hardware.dispatch_tax", 10e-6);
            const auto sram = static_cast<std::size_t>(device.table().input("hardware.memory.sram_capacity"));
            device.give(sram, std::numeric_limits<double>::quiet_NaN());
            const auto met = device.answer();
            const auto result = [&](const char* name) {
              return met[static_cast<std::size_t>(device.table().output(name))];
            };
            CAPTURE(model->id);
            CHECK(result("latency") == near(3.0, 1e-12));
            CHECK(result("latency_compute") == near(result("latency_memory"), 1e-12));
            CHECK(result("feasible") == 1);
            ++round_trips;
          }
  CHECK(round_trips > 500);
}
