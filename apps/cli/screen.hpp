#pragma once
// What first screens share: rows of a name, a figure and a remark; lines wrapped at 80 columns; numbers as people read them.
#include <string>
#include <string_view>

namespace mlsysim::cli {

inline constexpr double gib = 1073741824.;

/// 12,345; with a name above a billion, four digits below a hundred.
std::string grouped(double value);
/// "23.0 of 80.0 GiB", "54.7 MB of 80.0 GiB".
std::string gibibytes(double bytes);
std::string of(double bytes, double room);
/// "  throughput    96 tokens/s               12 for each sequence"
std::string row(const std::string& name, const std::string& figure, const std::string& remark);
/// "  note      …", further lines indented.
std::string wrapped(std::string_view name, std::string_view text);
/// A word as a shell takes it for one.
std::string typed(const std::string& word);

}  // namespace mlsysim::cli
