#include "mlsysim/ask/fleet_of.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "mlsysim/ask/files.hpp"

namespace mlsysim {
namespace {

constexpr double node_size = 8;

/// What a fleet keeps alive: the device of a file, whose texts its figures point to.
struct FleetOf : OwnedEntry {
  std::shared_ptr<OwnedEntry> device;
};

/// Devices of a node, all nodes alike: full ones where they come out even, else as few less as an eighth of those used, which
/// is how racks of 72 run in powers of two; 0 where that leaves more idle.
double evenly(double count, double whole) {
  double each = std::min(count, whole);
  while (std::fmod(count, each) != 0) --each;
  return each == count || each * 9 >= whole * 8 ? each : 0;
}

bool same_figures(std::span<const Figure> a, std::span<const Figure> b) {
  return std::ranges::equal(a, b, [](const Figure& x, const Figure& y) {
    return x.value == y.value || (!is_stated(x.value) && !is_stated(y.value));
  });
}

/// The node of the catalog that holds this device, or nullptr.
const Entry* node_with(const Entry& device, std::string_view set, const Catalog& catalog) {
  for (const Entry* node : catalog.all("node")) {
    const Entry* under = catalog.find("node", node->id, set);
    if (under && same_figures(under->figures.first(device.figures.size()), device.figures)) return under;
  }
  return nullptr;
}

}  // namespace

std::optional<DevicesOf> devices_of(std::string_view name) {
  const auto colon = name.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == name.size()) return std::nullopt;
  const std::string_view count = name.substr(colon + 1);
  if (count.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  return DevicesOf{name.substr(0, colon), count};
}

std::shared_ptr<OwnedEntry> fleet_of(const DevicesOf& name, std::string_view set, const Catalog& catalog,
                                     Problems& problems, std::vector<std::string>& notes) {
  std::shared_ptr<OwnedEntry> own;
  const Entry* device = nullptr;
  if (is_path(name.device)) {
    own = open_entry("accelerator", std::string(name.device), catalog, problems, notes);
    if (!own) return nullptr;
    device = &own->entry;
    own->entry.id = own->keep(std::string(name.device));  // by which it is found again
  } else if (device = catalog.find("accelerator", name.device, set); !device) {
    problems.push_back(catalog.missing("accelerator", name.device));
    return nullptr;
  }
  double count = 0;
  const auto read = std::from_chars(name.count.data(), name.count.data() + name.count.size(), count);
  if (read.ec != std::errc{} || read.ptr != name.count.data() + name.count.size()) count = 0;
  return fleet_of(*device, count, std::move(own), set, catalog, problems);
}

std::shared_ptr<OwnedEntry> fleet_of(const Entry& device, double count, std::shared_ptr<OwnedEntry> keep,
                                     std::string_view set, const Catalog& catalog, Problems& problems) {
  const auto refuse = [&](std::string message, std::string nearest = {}) {
    problems.push_back({.kind = Problem::Kind::lookup,
                        .argument = "fleet",
                        .message = std::move(message),
                        .nearest = std::move(nearest)});
    return nullptr;
  };
  if (!(count >= 1) || count > 1e9 || count != std::floor(count))
    return refuse(fmt::format("{} by the number: how many must be a whole number, at least 1", device.name));
  auto own = std::make_shared<FleetOf>();
  own->device = std::move(keep);
  const Fields& fields = entry_kind("fleet")->fields();
  const auto cell = [&](std::string_view path) {
    return static_cast<std::size_t>(std::ranges::find(fields.all, path, &Field::path) - fields.all.begin());
  };
  own->figures.assign(fields.all.size(), Figure{});
  auto& row = own->figures;
  const Entry* node = node_with(device, set, catalog);
  std::ranges::copy(node ? node->figures : device.figures, row.begin());
  Figure &devices = row[cell("node.accelerators")], &nodes = row[cell("nodes")];
  const double whole = node ? devices.value : node_size;
  const double each = evenly(count, whole);
  if (each == 0)
    return refuse(fmt::format("{:.0f} of {} do not fill nodes of {:g}", count, device.name, whole),
                  fmt::format("{}:{:.0f}", device.id, whole * std::max(1.0, std::round(count / whole))));
  devices = {.value = each, .kind = Kind::given};
  nodes = {.value = count / each, .kind = Kind::given};
  if (each < whole)  // of a node that is shared, its share
    for (const char* shared : {"node.host_power", "node.nics", "node.power_supplies"})
      if (Figure& f = row[cell(shared)]; is_stated(f.value)) {
        f.value = f.value * each / whole;
        if (shared != std::string_view("node.host_power")) f.value = std::max(1.0, std::ceil(f.value));
        f.kind = Kind::derived;
      }
  const Entry* fabric = catalog.find("fabric", "infiniband-ndr", set);
  std::ranges::copy(fabric->figures, row.begin() + static_cast<std::ptrdiff_t>(cell("fabric.topology")));

  own->entry.kind = "fleet";
  own->entry.id = own->keep(fmt::format("{}:{:.0f}", device.id, count));
  own->entry.name = own->keep(count == 1 ? std::string(device.name) : fmt::format("{:.0f} x {}", count, device.name));
  own->entry.file = device.file;
  own->entry.figures = own->figures;
  return own;
}

}  // namespace mlsysim
