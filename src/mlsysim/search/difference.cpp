#include "mlsysim/search/difference.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <random>

#include <fmt/format.h>

#include "mlsysim/search/probe.hpp"

namespace mlsysim {
namespace {

/// Inputs that change together.
struct Player {
  std::vector<std::size_t> cells;
  std::string name;
};

constexpr std::size_t most_exact = 12;
constexpr int sampled_orders = 512;

/// The result for every set of changed players, and what each of them adds on average.
class Game {
 public:
  Game(const Question& before, const Question& after, std::size_t output, std::vector<Player> players)
      : before_(before.row()), after_(after.row()), players_(std::move(players)), probe_(before, output) {}

  const std::vector<Player>& players() const { return players_; }
  std::size_t size() const { return players_.size(); }
  bool answered() const { return answered_; }

  double with(const std::vector<char>& changed) {
    std::vector<double> row = before_;
    for (std::size_t p = 0; p < size(); ++p)
      if (changed[p])
        for (const auto cell : players_[p].cells) row[cell] = after_[cell];
    const double result = probe_.of(row);
    answered_ = answered_ && std::isfinite(result);
    return result;
  }
  /// Leaves out the players without any effect, alone or last: what is left sums as well.
  std::size_t drop_idle() {
    std::vector<char> none(size(), 0), every(size(), 1);
    const double start = with(none), end = with(every);
    std::vector<Player> kept, idle;
    for (std::size_t p = 0; p < size(); ++p) {
      none[p] = 1, every[p] = 0;
      const bool acts = with(none) != start || with(every) != end;
      none[p] = 0, every[p] = 1;
      (acts ? kept : idle).push_back(players_[p]);
    }
    // The idle ones go along with the first that acts: two that matter only together are then not lost.
    if (kept.empty()) {
      if (start != end) return 0;
      players_.clear();
      return idle.size();
    }
    const std::vector<char> all(kept.size(), 1);
    Player rest{{}, "together"};
    for (const auto& player : idle) rest.cells.insert(rest.cells.end(), player.cells.begin(), player.cells.end());
    players_ = std::move(kept);
    if (with(all) == end) return idle.size();
    players_.push_back(std::move(rest));
    return 0;
  }

  /// Averages of what each adds to f(result), over all orders.
  template <class F>
  std::vector<double> exact(F f) {
    const std::size_t n = size(), sets = std::size_t{1} << n;
    std::vector<double> value(sets);
    std::vector<char> changed(n);
    for (std::size_t set = 0; set < sets; ++set) {
      for (std::size_t p = 0; p < n; ++p) changed[p] = static_cast<char>(set >> p & 1);
      value[set] = f(with(changed));
    }
    std::vector<double> weight(n);  // of a set of k others: k! (n - k - 1)! / n!
    for (std::size_t k = 0; k < n; ++k)
      weight[k] = std::exp(std::lgamma(static_cast<double>(k + 1)) + std::lgamma(static_cast<double>(n - k)) -
                           std::lgamma(static_cast<double>(n + 1)));
    std::vector<double> adds(n, 0.0);
    for (std::size_t set = 0; set < sets; ++set)
      for (std::size_t p = 0; p < n; ++p)
        if (!(set >> p & 1))
          adds[p] += weight[static_cast<std::size_t>(__builtin_popcountll(set))] *
                     (value[set | std::size_t{1} << p] - value[set]);
    return adds;
  }
  template <class F>
  std::vector<double> sampled(F f) {
    std::mt19937_64 random(1);  // always alike
    std::vector<std::size_t> order(size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<double> adds(size(), 0.0);
    const auto walk = [&] {
      std::vector<char> changed(size(), 0);
      double last = f(with(changed));
      for (const auto p : order) {
        changed[p] = 1;
        const double next = f(with(changed));
        adds[p] += (next - last) / (2 * sampled_orders);
        last = next;
      }
    };
    for (int i = 0; i < sampled_orders; ++i) {
      for (std::size_t j = order.size(); j > 1; --j) std::swap(order[j - 1], order[random() % j]);
      walk();
      std::ranges::reverse(order);
      walk();
    }
    return adds;
  }

 private:
  std::vector<double> before_, after_;
  std::vector<Player> players_;
  Probe probe_;
  bool answered_ = true;
};

std::vector<Player> changed_cells(const Question& a, const Question& b) {
  std::vector<Player> players;
  const auto& fields = a.table().in.all;
  const auto &used_before = a.reached(), &used_after = b.reached();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const double x = a.row()[i], y = b.row()[i];
    const bool same = x == y || (!is_stated(x) && !is_stated(y));
    // Stated on one side only: what the other side takes instead may depend on it without reaching it.
    const bool counts = fields[i].is_choice() || used_before[i] || used_after[i] || is_stated(x) != is_stated(y);
    if (!same && counts && !fields[i].is_body()) players.push_back({{i}, fields[i].path});
  }
  return players;
}
/// The cells of one entity as one player.
std::vector<Player> by_entity(const Table& t, const std::vector<Player>& cells) {
  std::vector<Player> players;
  for (const auto& player : cells) {
    const EntityRange* holder = t.holder(player.cells.front());
    const std::string name = holder ? holder->prefix.substr(0, holder->prefix.size() - 1) : player.name;
    const auto at = std::ranges::find(players, name, &Player::name);
    if (at == players.end()) players.push_back({player.cells, name});
    else at->cells.insert(at->cells.end(), player.cells.begin(), player.cells.end());
  }
  return players;
}

}  // namespace

std::optional<Difference> difference(const Question& before, const Question& after, std::string_view result,
                                     Problems& problems) {
  const Table& t = before.table();
  const auto refuse = [&](std::string message) {
    problems.push_back({.argument = std::string(result), .message = std::move(message)});
    return std::nullopt;
  };
  if (&after.table() != &t)
    return refuse(fmt::format("{} and {} are answers of two walls", t.wall->name, after.table().wall->name));
  const int output = t.output(result);
  if (output < 0) {
    problems.push_back(no_result(t, result));
    return std::nullopt;
  }
  const auto o = static_cast<std::size_t>(output);
  const Field& field = t.out.all[o];
  if (!field.is_figure()) return refuse(fmt::format("{} is no number", field.path));
  for (int body = 0; body < t.bodies; ++body)
    if (before.bodies()[body] != after.bodies()[body])
      return refuse(fmt::format("the answers differ in more than figures and choices of {}", t.wall->name));
  Difference found;
  found.output = o;
  found.before = before.answer()[o];
  found.after = after.answer()[o];
  if (!std::isfinite(found.before) || !std::isfinite(found.after))
    return refuse(fmt::format("{} is not finite in both answers", field.path));

  const auto cells = changed_cells(before, after);
  std::vector<std::vector<Player>> divisions{cells, by_entity(t, cells)};
  Player everything{{}, "everything together"};
  for (const auto& player : cells)
    everything.cells.insert(everything.cells.end(), player.cells.begin(), player.cells.end());
  divisions.push_back({everything});
  const bool ratio = found.before > 0 && found.after > 0;
  for (auto& players : divisions) {
    Game game(before, after, o, std::move(players));
    found.without_effect = game.drop_idle();
    found.exact = game.size() <= most_exact;
    const auto plain = [](double x) { return x; };
    const auto logarithm = [](double x) { return std::log(x); };
    auto adds = found.exact ? game.exact(plain) : game.sampled(plain);
    std::vector<double> logs(game.size(), std::numeric_limits<double>::quiet_NaN());
    if (ratio) logs = found.exact ? game.exact(logarithm) : game.sampled(logarithm);
    if (!game.answered() || std::ranges::any_of(logs, [&](double x) { return ratio && !std::isfinite(x); })) continue;
    for (std::size_t p = 0; p < game.size(); ++p) {
      const Player& player = game.players()[p];
      Contribution part{player.name, {}, {}, adds[p], std::exp(logs[p])};
      if (player.cells.size() == 1) {
        const Field& in = t.in.all[player.cells.front()];
        const auto text = [&](double x) { return is_stated(x) ? shown(in, x) : std::string("not stated"); };
        part.before = text(before.row()[player.cells.front()]);
        part.after = text(after.row()[player.cells.front()]);
      } else if (const EntityRange* entity = t.entity(player.name)) {
        const auto id = [&](const Question& q) {
          const Entry* entry = q.bound(player.name);
          return entry && entity ? std::string(entry->id) : std::string();
        };
        part.before = id(before);
        part.after = id(after);
      }
      found.parts.push_back(std::move(part));
    }
    break;
  }
  std::ranges::stable_sort(found.parts, std::greater{}, [](const Contribution& c) { return std::abs(c.difference); });
  return found;
}

}  // namespace mlsysim
