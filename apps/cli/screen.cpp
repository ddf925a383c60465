#include "screen.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim::cli {
std::string gibibytes(double bytes) {
  return bytes < 0.1 * gib ? print_quantity(bytes, axis::data) : fmt::format("{:.1f} GiB", bytes / gib);
}

std::string of(double bytes, double room) {
  std::string left = gibibytes(bytes);
  if (left.ends_with(" GiB") && room >= 0.1 * gib) left.resize(left.size() - 4);
  return left + " of " + gibibytes(room);
}

std::string grouped(double v) {
  if (!(v < 1e9) || v < 100) return print_number(v);
  const std::string digits = fmt::format("{:.0f}", v);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string row(const std::string& name, const std::string& figure, const std::string& remark) {
  std::string line = fmt::format("  {:<13} {:<25} {}", name, figure, remark);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string wrapped(std::string_view name, std::string_view text) {
  std::string line = fmt::format("  {:<9}", name), all;
  std::size_t start = 0;
  while (start < text.size()) {
    const auto end = std::min(text.find(' ', start), text.size());
    const std::string word(text.substr(start, end - start));
    if (line.size() + 1 + word.size() > 80 && line.size() > 11) all += line + "\n", line = std::string(11, ' ');
    line += " " + word;
    start = end + 1;
  }
  return all + line + "\n";
}

std::string typed(const std::string& word) {
  return word.find_first_of(" '\"$&;()<>|*?#~") == std::string::npos ? word : "'" + word + "'";
}

}  // namespace mlsysim::cli
