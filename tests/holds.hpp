#pragma once
// A property, quiet while it holds: CHECK(holds("sums commute", [](double a, double b) { RC_ASSERT(a + b == b + a); }))
#include <iostream>
#include <sstream>
#include <string>
#include <utility>

#include <rapidcheck.h>

template <class F>
bool holds(const std::string& sentence, F&& property) {
  std::stringstream report;
  std::streambuf* const screen = std::cerr.rdbuf(report.rdbuf());
  const bool held = rc::check(sentence, std::forward<F>(property));
  std::cerr.rdbuf(screen);
  if (!held) std::cerr << report.str() << '\n';
  return held;
}
