#include "mlsysim/search/layout.hpp"

#include <fmt/format.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {

void choose_layout(Question& system) {
  const Table &from = system.table(), &solver = *table("parallelism-optimizer");
  system.settle();
  const int training = from.input("is_training");
  if (!system.problems().empty() || training < 0 || system.row()[static_cast<std::size_t>(training)] == 0) return;
  // What both ask: the network, the fleet and the arguments of a step, cell by cell.
  Question search(solver, system.catalog(), system.set_name());
  for (const char* name : {"model", "fleet"})
    if (const Entry* entry = system.bound(name)) search.bind(*solver.entity(name), *entry);
  for (std::size_t i = 0; i < from.in.all.size(); ++i) {
    const std::string& path = from.in.all[i].path;
    const bool layout = path == "zero_stage" || path == "activation_recomputation";  // other words there
    const int to = solver.input(path);
    if (to < 0 || layout || path.starts_with("assumptions.") || system.row()[i] != system.row()[i]) continue;
    search.give(static_cast<std::size_t>(to), system.row()[i]);
  }
  if (!search.check()) return;  // what is wrong with it is wrong with the system too
  const auto found = search.answer();
  const auto result = [&](const char* name) { return found[static_cast<std::size_t>(solver.output(name))]; };
  if (result("feasible") == 0) {
    system.remark(result("total_searched") == 0
                      ? "no layout divides this batch over these devices"
                      : fmt::format("none of {:.0f} layouts fits: the smallest needs {} on each device",
                                    result("total_searched"), print_quantity(result("memory_footprint"), axis::data)));
    return;
  }
  for (const auto& [theirs, ours] : {std::pair{"best_config.tp", "tp_size"},
                                     {"best_config.pp", "pp_size"},
                                     {"best_config.ep", "ep_size"},
                                     {"best_config.microbatch_count", "microbatch_count"},
                                     {"best_config.zero_stage", "zero_stage"},
                                     {"best_config.activation_recomputation", "activation_recomputation"}})
    system.give(static_cast<std::size_t>(from.input(ours)), result(theirs));
  system.remark(
      fmt::format("layout: the fastest of {:.0f} that were priced, since none is stated", result("total_searched")));
}

}  // namespace mlsysim
