#include "mlsysim/report/expression.hpp"

#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

const Step& at(const Tape& steps, int id) { return steps[static_cast<std::size_t>(id)]; }

struct Writer {
  const Tape& steps;
  int root;
  bool numbers;
  const std::function<std::string(int)>& value;

  /// `level` is how tightly the place binds: 1 a sum, 2 what is subtracted, 3 a product, 4 what is divided by.
  std::string write(int id, int level) const {
    if (id < 0) return "0";
    const Step& s = at(steps, id);
    if (id != root && !s.name.empty()) return numbers ? value(id) : s.name;
    const auto sub = [&](int child, int inner = 0) {
      return write(s.children[static_cast<std::size_t>(child)], inner);
    };
    const auto wrapped = [&](std::string text, int mine) { return mine < level ? "(" + text + ")" : text; };
    switch (s.operation) {
      case Operation::constant:
      case Operation::figure:
        return print_number(s.value);
      case Operation::add:
        return wrapped(sub(0, 1) + " + " + sub(1, 1), 1);
      case Operation::subtract:
        return wrapped(sub(0, 1) + " - " + sub(1, 2), 1);
      case Operation::multiply:
        return wrapped(sub(0, 3) + " × " + sub(1, 3), 3);
      case Operation::divide:
        return wrapped(sub(0, 3) + " / " + sub(1, 4), 3);
      case Operation::less:
        return sub(0, 1) + " < " + sub(1, 1);
      case Operation::less_equal:
        return sub(0, 1) + " ≤ " + sub(1, 1);
      case Operation::select:
        return decides(steps, s) ? sub(2) : write(taken(steps, s), level);
      case Operation::maximum:
        return "max(" + sub(0) + ", " + sub(1) + ")";
      case Operation::minimum:
        return "min(" + sub(0) + ", " + sub(1) + ")";
      case Operation::ceiling:
        return "ceil(" + sub(0) + ")";
      case Operation::floor:
        return "floor(" + sub(0) + ")";
      case Operation::opaque: {
        std::string text = std::string(s.algorithm) + "(";
        for (std::size_t i = 0; i < s.children.size(); ++i)
          text += (i ? ", " : "") + sub(static_cast<int>(i));
        return text + ")";
      }
    }
    return "?";
  }
};

}  // namespace

int taken(const Tape& steps, const Step& select) {
  return at(steps, select.children[2]).value != 0 ? select.children[0] : select.children[1];
}

bool decides(const Tape& steps, const Step& select) {
  const auto literal = [&](int id) {
    return id < 0 || (at(steps, id).operation == Operation::constant && at(steps, id).name.empty());
  };
  return select.operation == Operation::select && literal(select.children[0]) && literal(select.children[1]);
}

std::string expression(const Tape& steps, int root, bool numbers, const std::function<std::string(int)>& value) {
  return Writer{steps, root, numbers, value}.write(root, 0);
}

}  // namespace mlsysim
