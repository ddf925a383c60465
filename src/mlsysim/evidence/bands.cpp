#include "mlsysim/evidence/bands.hpp"

#include "mlsysim/catalog/band.hpp"

namespace mlsysim {

std::string band_id(std::string_view engine, std::string_view regime) {
  std::string id;
  for (const std::string_view part : {engine, std::string_view("-"), regime})
    for (const char c : part) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      const bool upper = c >= 'A' && c <= 'Z';
      if (plain || upper) id += static_cast<char>(upper ? c - 'A' + 'a' : c);
      else if (!id.empty() && id.back() != '-') id += '-';
    }
  return id;
}

ErrorBand band_of(const Catalog& catalog, std::string_view engine, std::string_view regime) {
  const Entry* entry = catalog.find("band", band_id(engine, regime));
  if (!entry) entry = catalog.find("band", band_id("", regime));  // of others in the regime
  if (!entry) entry = catalog.find("band", "unmeasured");
  const auto band = loaded<Band>(*entry);
  return {band.low, band.high, entry};
}

}  // namespace mlsysim
