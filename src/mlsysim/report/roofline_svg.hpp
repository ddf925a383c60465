#pragma once
#include <string>
#include <vector>

namespace mlsysim {

struct RooflinePoint {
  double intensity, achieved;  // flop/byte, flop/s
  std::string label;
};
struct Roof {
  std::string name;
  double peak, bandwidth;  // attainable flop/s, byte/s
  std::vector<RooflinePoint> points;
};
struct RooflinePicture {
  std::string title;
  std::vector<Roof> roofs;
};

/// A stand-alone SVG: one roof a device with its ridge point, the points under it joined in order, both axes logarithmic.
std::string roofline_svg(const RooflinePicture& picture);

}  // namespace mlsysim
