#include "mlsysim/units/parse.hpp"

#include <charconv>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>

namespace mlsysim {
namespace {

struct NamedUnit {
  std::string_view name;
  Dim dim;
  double times, over;
};
template <Dim D>
constexpr NamedUnit named_unit(const Unit<D>& unit) {
  return {unit.name.text, D, unit.times, unit.over};
}
template <Dim D>
constexpr NamedUnit also(std::string_view name, const Unit<D>& unit) {
  return {name, D, unit.times, unit.over};
}

// The first spelling of a unit is the one that is printed; the others are what people and vendors type.
constexpr NamedUnit unit_table[] = {
    named_unit(s),
    named_unit(ms),
    named_unit(us),
    named_unit(ns),
    named_unit(minute),
    named_unit(hour),
    named_unit(day),
    named_unit(year),
    named_unit(byte),
    named_unit(KB),
    named_unit(MB),
    named_unit(GB),
    named_unit(TB),
    named_unit(PB),
    named_unit(KiB),
    named_unit(MiB),
    named_unit(GiB),
    named_unit(TiB),
    named_unit(bit),
    named_unit(Kbit),
    named_unit(Mbit),
    named_unit(Gbit),
    named_unit(Tbit),
    named_unit(flop),
    named_unit(Kflop),
    named_unit(Mflop),
    named_unit(Gflop),
    named_unit(Tflop),
    named_unit(Pflop),
    named_unit(Eflop),
    named_unit(Zflop),
    named_unit(J),
    named_unit(mJ),
    named_unit(uJ),
    named_unit(pJ),
    named_unit(kJ),
    named_unit(MJ),
    named_unit(Wh),
    named_unit(kWh),
    named_unit(MWh),
    named_unit(GWh),
    named_unit(W),
    named_unit(mW),
    named_unit(uW),
    named_unit(kW),
    named_unit(MW),
    named_unit(kgCO2e),
    named_unit(gCO2e),
    named_unit(tCO2e),
    named_unit(USD),
    named_unit(L),
    named_unit(token),
    also("µs", us),
    also("sec", s),
    also("second", s),
    also("seconds", s),
    also("minute", minute),
    also("minutes", minute),
    also("hour", hour),
    also("hours", hour),
    also("d", day),
    also("days", day),
    also("years", year),
    also("byte", byte),
    also("bytes", byte),
    also("kB", KB),
    also("bits", bit),
    also("FLOP", flop),
    also("FLOPs", flop),
    also("op", flop),
    also("MFLOP", Mflop),
    also("MFLOPs", Mflop),
    also("GFLOP", Gflop),
    also("GFLOPs", Gflop),
    also("TFLOP", Tflop),
    also("TFLOPs", Tflop),
    also("TOP", Tflop),
    also("PFLOP", Pflop),
    also("PFLOPs", Pflop),
    also("EFLOP", Eflop),
    also("kbit", Kbit),
    also("tokens", token),
    also("$", USD),
    also("usd", USD),
    also("litre", L),
    also("g", gCO2e),
    also("kg", kgCO2e),
    also("bps", bit / s),
    also("Mbps", Mbit / s),
    also("Gbps", Gbit / s),
    also("Tbps", Tbit / s),
    also("TFLOPS", Tflop / s),
    also("TOPS", Tflop / s),
    also("GFLOPS", Gflop / s),
    also("PFLOPS", Pflop / s),
};

const NamedUnit* find_unit(std::string_view name) {
  for (const auto& unit : unit_table)
    if (unit.name == name) return &unit;
  return nullptr;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

/// "TB/s", "gCO2e/kWh", "1/s": a product of the first name and the inverse of each that follows a slash.
std::optional<NamedUnit> parse_unit(std::string_view text) {
  NamedUnit result{text, {}, 1, 1};
  bool first = true;
  while (true) {
    const auto slash = text.find('/');
    const auto part = trimmed(text.substr(0, slash));
    if (!(first && (part == "1" || (part.empty() && slash != std::string_view::npos)))) {  // "1/s" and "/s"
      const NamedUnit* unit = find_unit(part);
      if (!unit) return std::nullopt;
      result.dim = first ? unit->dim : result.dim / unit->dim;
      result.times *= first ? unit->times : unit->over;
      result.over *= first ? unit->over : unit->times;
    }
    first = false;
    if (slash == std::string_view::npos) return result;
    text.remove_prefix(slash + 1);
  }
}

struct Scaled {
  double times;
  std::string_view name;
};
// Largest first; a value takes the first prefix that it reaches.
constexpr Scaled time_scales[] = {{86400. * 365, "years"},
                                  {86400, "days"},
                                  {3600, "h"},
                                  {60, "min"},
                                  {1, "s"},
                                  {1e-3, "ms"},
                                  {1e-6, "us"},
                                  {1e-9, "ns"}};
constexpr Scaled decimal_scales[] = {{1e21, "Z"}, {1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"},  {1e6, "M"},
                                     {1e3, "K"},  {1, ""},     {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}, {1e-12, "p"}};

template <std::size_t N>
const Scaled& suitable(const Scaled (&scales)[N], double value) {
  for (const auto& scale : scales)
    if (std::abs(value) >= scale.times * (1 - 5e-5)) return scale;
  return scales[N - 1];
}

int exponent(const Dim& d, int axis) {
  const int all[] = {int(d.time),   int(d.data),  int(d.work),  int(d.energy),
                     int(d.carbon), int(d.money), int(d.water), int(d.text)};
  return all[axis];
}
constexpr std::string_view base_names[] = {"s", "byte", "flop", "J", "kgCO2e", "USD", "L", "token"};

}  // namespace

std::optional<Parsed> parse_quantity(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  const auto unit_text = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  if (unit_text.empty()) return Parsed{number, {}, false};
  const auto unit = parse_unit(unit_text);
  if (!unit) return std::nullopt;
  const double base = in_base(number, unit->times, unit->over);
  if (!std::isfinite(base)) return std::nullopt;
  return Parsed{base, unit->dim, true};
}

double in_base(double value, double times, double over) {
  const auto power_of_ten = [](double x) -> std::optional<int> {
    double power = 1;
    for (int k = 0; k <= 22; ++k, power *= 10)  // each of them exact
      if (x == power) return k;
    return std::nullopt;
  };
  const auto up = power_of_ten(times), down = power_of_ten(over);
  if (!up || !down || *up == *down || !std::isfinite(value)) return value * times / over;
  const std::string shortest = fmt::format("{:e}", value);  // as many digits as it takes, then the exponent
  const auto e = shortest.find('e');
  const std::string scaled =
      fmt::format("{}e{}", shortest.substr(0, e), std::atoi(shortest.c_str() + e + 1) + *up - *down);
  double base = 0;
  const auto [end, error] = std::from_chars(scaled.data(), scaled.data() + scaled.size(), base);
  return error == std::errc{} ? base : value * times / over;
}

std::string quotable(std::string_view text) {
  constexpr std::size_t longest = 80;
  if (text.size() <= longest) return std::string(text);
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return fmt::format("{}… ({} bytes)", text.substr(0, end), text.size());
}

std::string why_not(std::string_view text, Dim want, std::string_view unit) {
  const std::string wanted = want == dimensionless ? "a plain number" : fmt::format("a quantity in {}", unit);
  const std::string quoted = quotable(text);
  const auto parsed = parse_quantity(text);
  if (parsed && parsed->has_unit && !(parsed->dim == want))
    return fmt::format("\"{}\" is in {}, expected {}", quoted, dimension_name(parsed->dim), wanted);
  if (parsed) return fmt::format("\"{}\" has no unit, expected {}", quoted, wanted);
  double number = 0;
  const auto body = trimmed(text);
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), number);
  const auto rest = trimmed(body.substr(static_cast<std::size_t>(end - body.data())));
  if (error == std::errc{} && std::isfinite(number) && !rest.empty()) {
    const std::string known =
        rest.size() <= 40 ? nearest(rest, unit_table, [](const auto& unit) { return std::string_view(unit.name); })
                          : "";
    return fmt::format("\"{}\" is not a unit{}, expected {}", quotable(rest),
                       known.empty() ? "" : fmt::format(" (nearest: {})", known), wanted);
  }
  return fmt::format("\"{}\" is not a number, expected {}", quoted, wanted);
}

std::string dimension_name(Dim dim) {
  std::string over, under;
  for (int axis = 0; axis < 8; ++axis) {
    const int power = exponent(dim, axis);
    auto& part = power > 0 ? over : under;
    for (int i = 0; i < std::abs(power); ++i) part += (part.empty() ? "" : " ") + std::string(base_names[axis]);
  }
  if (dim == axis::energy / axis::time) return "W";
  if (over.empty() && under.empty()) return "";
  return (over.empty() ? "1" : over) + (under.empty() ? "" : "/" + under);
}

std::string print_number(double v) {
  if (!std::isfinite(v)) return v > 0 ? "unbounded" : v < 0 ? "-unbounded" : "not stated";
  const double magnitude = std::abs(v);
  if (v == std::floor(v) && magnitude < 1e6) return fmt::format("{}", static_cast<long long>(v));
  if (magnitude >= 1e15 || (magnitude < 1e-4 && v != 0)) return fmt::format("{:.4g}", v);
  if (magnitude >= 1e12) return fmt::format("{:.4g} trillion", v / 1e12);
  if (magnitude >= 1e9) return fmt::format("{:.4g} billion", v / 1e9);
  if (magnitude >= 1e6) return fmt::format("{:.4g} million", v / 1e6);
  if (magnitude >= 9999.5) return fmt::format("{:.0f}", v);
  return fmt::format("{:.4g}", v);
}

std::string print_quantity(double base, Dim dim) {
  if (dim == dimensionless) return print_number(base);
  if (!std::isfinite(base)) return print_number(base);
  if (dim == axis::time) {
    const auto& scale = base == 0 ? time_scales[4] : suitable(time_scales, base);
    return fmt::format("{:.4g} {}", base / scale.times, scale.name);
  }
  if (dim == axis::money) return std::abs(base) >= 1e6 ? print_number(base) + " USD" : fmt::format("{:.6g} USD", base);
  if (dim == axis::text) return print_number(base) + " tokens";
  if (dim == axis::carbon)
    return std::abs(base) >= 1e3 ? fmt::format("{:.4g} tCO2e", base / 1e3) : fmt::format("{:.4g} kgCO2e", base);
  if (dim == axis::carbon / axis::energy) return fmt::format("{:.4g} gCO2e/kWh", base * 3.6e9);
  if (dim == axis::money / axis::energy) return fmt::format("{:.4g} USD/kWh", base * 3.6e6);
  if (dim == axis::water / axis::energy) return fmt::format("{:.4g} L/kWh", base * 3.6e6);
  if (dim == dimensionless / axis::time) return print_number(base) + "/s";
  if (dim == axis::text / axis::time) return print_number(base) + " tokens/s";
  if (dim == axis::work / axis::data) return print_number(base) + " flop/byte";
  if (dim == axis::energy && std::abs(base) >= 3.6e6) {
    const double mwh = base / 3.6e9;
    return mwh >= 1e3 ? fmt::format("{:.4g} GWh", mwh / 1e3)
           : mwh >= 1 ? fmt::format("{:.4g} MWh", mwh)
                      : fmt::format("{:.4g} kWh", mwh * 1e3);
  }
  std::string name = dimension_name(dim);
  if (name.starts_with("byte")) name = "B" + name.substr(4);
  // The largest prefix that the value reaches, of those that a person may type: kW and not KW, no millibyte.
  const std::string head = name.substr(0, name.find('/'));
  std::string smallest = name;
  double over = 1;
  for (const auto& scale : decimal_scales) {
    const std::string_view prefix = scale.times == 1e3 && !find_unit("K" + head) ? "k" : scale.name;
    if (!find_unit(std::string(prefix) + head)) continue;
    smallest = std::string(prefix) + name;
    over = scale.times;
    if (std::abs(base) >= scale.times * (1 - 5e-5) || (base == 0 && scale.times == 1)) break;
  }
  return fmt::format("{:.4g} {}", base / over, smallest);
}

std::string print_in(double base, double times, double over, std::string_view unit) {
  const double v = base * over / times;
  const std::string number = std::abs(v) >= 1e15 || std::abs(v) < 1e-3 ? fmt::format("{:.4g}", v) : print_number(v);
  return unit.empty() ? number : number + " " + std::string(unit);
}

std::string folded(std::string_view name) {
  std::string result;
  for (const char c : name)
    if (c != '-' && c != '_' && c != '.' && c != ' ')
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

int edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t longest = 200;  // no name is longer: what follows is an edit a letter
  if (a.size() > longest) return edit_distance(a.substr(0, longest), b) + static_cast<int>(a.size() - longest);
  if (b.size() > longest) return edit_distance(a, b.substr(0, longest)) + static_cast<int>(b.size() - longest);
  std::vector<int> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace mlsysim
