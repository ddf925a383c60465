#pragma once
// What pictures share.
#include <string>
#include <string_view>

namespace mlsysim {

// Distinguishable in print and to colour-blind readers (Okabe and Ito).
inline constexpr const char* svg_colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

inline std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '<') result += "&lt;";
    else if (c == '>') result += "&gt;";
    else if (c == '&') result += "&amp;";
    else result += c;
  }
  return result;
}

}  // namespace mlsysim
