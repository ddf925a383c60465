#pragma once
// A fleet without an entry of its own: a device and how many, "h100:64", wherever a fleet is named.
#include <memory>
#include <optional>
#include "mlsysim/catalog/catalog.hpp"

namespace mlsysim {

/// The two halves of "h100:64"; nothing where the text is no such name.
struct DevicesOf {
  std::string_view device, count;
};
std::optional<DevicesOf> devices_of(std::string_view name);

/// So many of a device in the nodes that the catalog has them in, else in nodes of eight without hosts; fewer than a node are
/// one smaller node. Joined by InfiniBand NDR. Nothing, and why, where the device is unknown or a node would be left half full.
/// `keep` is what owns the device, where it is not the catalog.
std::shared_ptr<OwnedEntry> fleet_of(const Entry& device, double count, std::shared_ptr<OwnedEntry> keep,
                                     std::string_view set, const Catalog& catalog, Problems& problems);
std::shared_ptr<OwnedEntry> fleet_of(const DevicesOf& name, std::string_view set, const Catalog& catalog,
                                     Problems& problems, std::vector<std::string>& notes);

}  // namespace mlsysim
