#pragma once
// A throw-away wall that holds a body: a list of operator groups, each on its own roofline. It proves that a body with a reader
// of its own passes through double, Pack, Traced, the table, JSON and the derivation.
#include <cmath>
#include <nlohmann/json.hpp>
#include "mlsysim/catalog/accelerator.hpp"
#include "mlsysim/laws/roofline.hpp"
#include "mlsysim/walls/wall.hpp"

namespace mlsysim {

/// Products of an m × k by a k × n matrix, or element-wise steps over m × n, `count` of each.
struct OperatorGroups : Body {
  static constexpr const char* kind = "operator groups";
  struct Group {
    std::string name;
    bool product;
    double count, m, n, k;
  };
  std::vector<Group> groups;

  /// [{"kind": "matmul", "count": 32, "m": 1, "n": 4096, "k": 4096}, …]
  static std::shared_ptr<const Body> read(std::string_view text, Problems& problems) {
    const auto wrong = [&](std::string argument, std::string message) {
      problems.push_back(
          {.kind = Problem::Kind::input, .argument = std::move(argument), .message = std::move(message)});
      return nullptr;
    };
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_array() || json.empty()) return wrong("", "operators must be a list of groups");
    auto body = std::make_shared<OperatorGroups>();
    for (const auto& one : json) {
      const std::string at = std::to_string(body->groups.size());
      if (!one.is_object() || !one.contains("kind") || !one["kind"].is_string())
        return wrong(at, "a group of operators has no kind");
      const std::string kind = one["kind"];
      if (kind != "matmul" && kind != "elementwise")
        return wrong(at + ".kind", "\"" + kind + "\" is not one of matmul, elementwise");
      Group group{kind + " " + at, kind == "matmul", 1, 1, 1, 1};
      for (const auto& [key, to] :
           {std::pair{"count", &group.count}, {"m", &group.m}, {"n", &group.n}, {"k", &group.k}}) {
        if (!one.contains(key)) continue;
        if (!one[key].is_number() || !(one[key].get<double>() >= 1))
          return wrong(at + "." + key, std::string(key) + " must be at least 1");
        *to = one[key];
      }
      body->groups.push_back(std::move(group));
    }
    return body;
  }
};

template <class T>
struct OperatorSumQuery {
  Held<OperatorGroups> operators;
  Accelerator<T> hardware;
  T efficiency = 0.5;
  Precision precision = Precision::fp16;

  template <class Q, class V>
  static void fields(Q& q, V& v) {
    v("operators", q.operators, "what the network executes");
    v.entity("hardware", "accelerator", q.hardware, "the device");
    v("efficiency", q.efficiency, one, between(1e-9, 1), "share of the compute peak that kernels reach");
    v("precision", q.precision, "number format");
  }
};

template <class T>
struct OperatorSumResult {
  Time<T> latency;
  Work<T> work;
  Data<T> traffic;

  template <class R, class V>
  static void fields(R& r, V& v) {
    v("latency", r.latency, ms, any, "all groups, one after the other");
    v("work", r.work, Gflop, any, "operations executed");
    v("traffic", r.traffic, GB, any, "bytes moved");
  }
};

template <class T>
OperatorSumResult<T> evaluate(const OperatorSumQuery<T>& q) {
  const Data<T> element = element_size<T>(q.precision);
  const WorkRate<T> peak = named(q.hardware.compute.peak(q.precision) * q.efficiency, "attainable rate");
  OperatorSumResult<T> r{Time<T>{T(0.0)}, Work<T>{T(0.0)}, Data<T>{T(0.0)}};
  for (const auto& g : q.operators->groups) {
    const T count = g.count, m = g.m, n = g.n, k = g.k;
    const Work<T> work{g.product ? T(2.0) * m * n * k : m * n};
    const Data<T> traffic = (g.product ? m * k + k * n + m * n : T(2.0) * m * n) * element;
    // An element-wise step is bound by memory on every device: it needs no rate.
    const Bandwidth<T> bandwidth = q.hardware.memory.bandwidth;
    const Time<T> time = named(
        count * (g.product ? roofline_time(work, traffic, peak, bandwidth) : traffic / bandwidth), g.name.c_str());
    r.latency = r.latency + time;
    r.work = r.work + count * work;
    r.traffic = r.traffic + count * traffic;
  }
  return r;
}

struct OperatorSumWall : Declares<OperatorSumQuery, OperatorSumResult> {
  static constexpr auto name = "operator-sum", python = "OperatorSumModel",
                        doc = "A list of operators, each on its own roofline.";
};

}  // namespace mlsysim
