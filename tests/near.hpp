#pragma once
// Equality of a worked example: the same to nine digits, whatever the order in which the terms were added.
#include <cmath>
#include <ostream>

struct near {
  double value;
  double relative = 1e-9;
  explicit near(double v, double r = 1e-9) : value(v), relative(r) {}
  friend bool operator==(double x, const near& n) {
    return x == n.value || std::abs(x - n.value) <= n.relative * std::fmax(std::abs(x), std::abs(n.value));
  }
  friend std::ostream& operator<<(std::ostream& out, const near& n) {
    const auto digits = out.precision(15);
    out << n.value << " (within " << n.relative << ')';
    out.precision(digits);
    return out;
  }
};
