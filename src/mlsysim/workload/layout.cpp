#include "mlsysim/workload/layout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

namespace mlsysim {
namespace {

bool divides(double degree, double whole) { return std::fmod(whole, degree) == 0; }

/// Something that a degree must divide; nothing where it is not stated.
struct Part {
  double whole;
  const char* what;
};

/// Refuses a degree that does not divide every part.
bool indivisible(const char* argument, double degree, const std::vector<Part>& parts, Problems& problems) {
  const auto fits = [&](double d) {
    return std::ranges::all_of(parts, [&](const Part& p) { return !is_stated(p.whole) || divides(d, p.whole); });
  };
  if (fits(degree)) return false;
  double most = std::numeric_limits<double>::infinity();  // what divides a part is no larger
  for (const Part& p : parts)
    if (is_stated(p.whole)) most = std::min(most, p.whole);
  double nearest = std::min(degree, most);
  while (nearest > 1 && !fits(nearest)) --nearest;
  for (double above = degree + 1; above <= most && above - degree < degree - nearest; ++above)
    if (fits(above)) nearest = above;
  const Part& broken =
      *std::ranges::find_if(parts, [&](const Part& p) { return is_stated(p.whole) && !divides(degree, p.whole); });
  problems.push_back(
      {.argument = argument,
       .message = fmt::format("{} = {:.0f} does not divide the {:.0f} {}", argument, degree, broken.whole, broken.what),
       .nearest = fmt::format("{} {:.0f}", argument, nearest)});
  return true;
}

bool pointless(const char* argument, double degree, const char* why, Problems& problems) {
  if (degree == 1) return false;
  problems.push_back({.argument = argument,
                      .message = fmt::format("{} = {:.0f} {}", argument, degree, why),
                      .nearest = fmt::format("{} 1", argument)});
  return true;
}

void too_many(const Layout& l, Problems& problems) {
  const double all = l.tp * l.pp * l.ep;
  if (all <= l.devices) return;
  const auto room = [&](double others) { return std::max(1.0, std::floor(l.devices / others)); };
  const bool tp = l.pp * l.ep <= l.devices, pp = !tp && l.ep <= l.devices;
  const char* argument = tp ? "tp_size" : pp ? "pp_size" : "ep_size";
  problems.push_back(
      {.argument = argument,
       .message = fmt::format(
           "tp_size {:.0f} x pp_size {:.0f} x ep_size {:.0f} = {:.0f} devices for one replica; the fleet has {:.0f}",
           l.tp, l.pp, l.ep, all, l.devices),
       .nearest = fmt::format("{} {:.0f}", argument,
                              room(tp   ? l.pp * l.ep
                                   : pp ? l.ep
                                        : 1))});
}

}  // namespace

void refuse_layout(const Layout& l, Problems& problems) {
  if (!l.whole) return too_many(l, problems);
  const Model<double>& m = l.model;
  if (!l.splits) {
    constexpr const char* why =
        "cuts blocks of one width, which this kind of network does not have: it is only replicated";
    if (pointless("tp_size", l.tp, why, problems) || pointless("pp_size", l.pp, why, problems)) return;
  }
  if (m.architecture != Architecture::mixture_of_experts &&
      pointless("ep_size", l.ep, "shares experts out, and this network has none", problems))
    return;
  if (indivisible("tp_size", l.tp,
                  {{m.heads, "attention heads of the model"},
                   {l.splits ? m.hidden_dim : std::nan(""), "elements of its width"},
                   {l.devices, "devices of the fleet"}},
                  problems))
    return;
  if (indivisible("pp_size", l.pp,
                  {{l.splits ? m.layers : std::nan(""), "layers of the model"},
                   {l.devices / l.tp, "devices that tp_size leaves"}},
                  problems))
    return;
  if (indivisible("ep_size", l.ep,
                  {{l.ep > 1 ? m.experts : std::nan(""), "experts of a layer"},
                   {l.devices / (l.tp * l.pp), "devices that tp_size and pp_size leave"}},
                  problems))
    return;
  if (l.pp == 1 && pointless("v_stages", l.chunks, "interleaves the stages of a pipeline, and pp_size is 1", problems))
    return;
  if (l.chunks > 1) {
    if (indivisible("v_stages", l.chunks, {{m.layers / l.pp, "layers of a stage"}}, problems)) return;
    if (!divides(l.pp, l.microbatches)) {
      const double nearest = std::max(1.0, std::round(l.microbatches / l.pp)) * l.pp;
      problems.push_back({.argument = "microbatch_count",
                          .message = fmt::format("microbatch_count = {:.0f} is no multiple of pp_size = {:.0f}, which "
                                                 "interleaving (v_stages {:.0f}) needs",
                                                 l.microbatches, l.pp, l.chunks),
                          .nearest = fmt::format("microbatch_count {:.0f}", nearest)});
      return;
    }
  }
  const double replicas = l.devices / (l.tp * l.pp), parts = replicas * l.microbatches * l.accumulation;
  if (divides(parts, l.batch)) return;
  const std::string in =
      l.accumulation > 1
          ? fmt::format(" x {:.0f} microbatches x {:.0f} accumulation steps", l.microbatches, l.accumulation)
          : fmt::format(" x {:.0f} microbatch{}", l.microbatches, l.microbatches > 1 ? "es" : "");
  problems.push_back(
      {.argument = "batch_size",
       .message = fmt::format("batch_size = {:.0f} does not divide over {:.0f} replicas{} = {:.0f} parts", l.batch,
                              replicas, in, parts),
       .nearest = fmt::format("batch_size {:.0f}", std::max(1.0, std::round(l.batch / parts)) * parts)});
}

}  // namespace mlsysim
