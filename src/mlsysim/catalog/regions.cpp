#include "mlsysim/catalog/regions.hpp"

#include <nlohmann/json.hpp>

namespace mlsysim {

std::shared_ptr<const Body> Regions::read(std::string_view text, const EntryFinder& finder, Problems& problems) {
  auto regions = std::make_shared<Regions>();
  std::vector<std::string> asked;
  if (const auto list = nlohmann::json::parse(text, nullptr, false); list.is_array()) {
    for (const auto& name : list) asked.push_back(name.is_string() ? name.get<std::string>() : name.dump());
  } else {
    while (!text.empty()) {
      const auto comma = text.find(',');
      asked.emplace_back(text.substr(0, comma));
      text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
  }
  if (asked.empty())
    problems.push_back({.argument = "", .message = "regions: name at least one grid (mlsysim zoo grids lists all)"});
  for (const auto& name : asked) {
    const Entry* entry = finder.find("grid", name);
    if (!entry) {
      problems.push_back(finder.missing("grid", name));
      continue;
    }
    const std::string_view leaf = entry->registry.substr(entry->registry.rfind('.') + 1);
    regions->names.emplace_back(leaf.empty() ? entry->id : leaf);
    regions->entries.push_back(entry);
  }
  if (!problems.empty()) return nullptr;
  std::vector<double> stated;
  for (const Figure& figure : regions->figures()) stated.push_back(figure.value);
  return regions->with(stated);
}

std::vector<Figure> Regions::figures() const {
  std::vector<Figure> all;
  for (const Entry* entry : entries) all.insert(all.end(), entry->figures.begin(), entry->figures.end());
  return all;
}

std::shared_ptr<const Body> Regions::with(std::span<const double> values) const {
  auto other = std::make_shared<Regions>(*this);
  other->grids.clear();
  std::size_t first = 0;
  for (const Entry* entry : entries) {
    Load<double> load{values.data() + first};
    Grid<double>::fields(other->grids.emplace_back(), load);
    first += entry->figures.size();
  }
  return other;
}

}  // namespace mlsysim
