#include "mlsysim/search/ranges.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "mlsysim/catalog/ranged_body.hpp"

namespace mlsysim {

std::vector<Interval> over_box(const std::vector<double>& middle, const std::vector<Interval>& box,
                               const std::function<std::vector<double>(const std::vector<double>&)>& answer) {
  std::vector<Interval> found;
  const auto take = [&](const std::vector<double>& results) {
    for (std::size_t o = 0; o < results.size(); ++o) {
      if (o == found.size()) found.push_back({results[o], results[o]});
      found[o].low = std::fmin(found[o].low, results[o]);
      found[o].high = std::fmax(found[o].high, results[o]);
    }
  };
  take(answer(middle));
  std::vector<std::vector<int>> ways(found.size(), std::vector<int>(box.size()));
  for (std::size_t i = 0; i < box.size(); ++i) {
    auto at = middle;
    at[i] = box[i].low;
    const auto below = answer(at);
    at[i] = box[i].high;
    const auto above = answer(at);
    take(below);
    take(above);
    for (std::size_t o = 0; o < found.size(); ++o) ways[o][i] = (below[o] < above[o]) - (above[o] < below[o]);
  }
  std::map<std::vector<int>, bool> asked;
  for (const auto& way : ways)
    for (const int side : {-1, 1}) {
      std::vector<int> corner;
      for (const int w : way) corner.push_back(side * w);
      if (asked[corner]) continue;
      asked[corner] = true;
      auto at = middle;
      for (std::size_t i = 0; i < box.size(); ++i)
        if (corner[i]) at[i] = corner[i] < 0 ? box[i].low : box[i].high;
      take(answer(at));
    }
  return found;
}

RangedAnswer over_ranges(const Question& question, const Candidates& found, RangesOf of) {
  const Table& t = question.table();
  RangedAnswer ranged;
  struct Place {
    std::size_t input, figure;  // of a body, which of its figures
    bool body;
  };
  std::vector<Place> places;
  std::vector<double> middle;
  std::vector<Interval> box;
  const auto add = [&](const Figure& figure, Place place, std::string name) {
    if (!(figure.low < figure.high)) return;
    places.push_back(place);
    middle.push_back(figure.value);
    box.push_back({figure.low, figure.high});
    ranged.figures.push_back(std::move(name));
  };
  const auto& reached = question.reached();
  for (std::size_t i = 0; i < t.in.all.size(); ++i) {
    if (t.body_slot[i] >= 0) {
      const auto* body = dynamic_cast<const RangedBody*>(question.bodies()[t.body_slot[i]]);
      if (!body) continue;
      const auto figures = body->figures();
      for (std::size_t f = 0; f < figures.size(); ++f) add(figures[f], {i, f, true}, t.in.all[i].path);
    } else if (const Figure* figure = question.origin(i).figure; of == RangesOf::everything && figure && reached[i]) {
      add(*figure, {i, 0, false}, t.in.all[i].path);
    }
  }
  // Rows by name: what is best first changes with the figures.
  const std::size_t results = t.out.all.size(), cells = found.labels.empty() ? 0 : found.rows.front().size();
  const auto answer = [&](const std::vector<double>& values) {
    Question asked = question;
    for (std::size_t i = 0; i < t.in.all.size(); ++i) {
      if (t.body_slot[i] < 0) continue;
      const auto* body = dynamic_cast<const RangedBody*>(question.bodies()[t.body_slot[i]]);
      if (!body) continue;
      std::vector<double> all;
      for (const Figure& figure : body->figures()) all.push_back(figure.value);
      for (std::size_t p = 0; p < places.size(); ++p)
        if (places[p].body && places[p].input == i) all[places[p].figure] = values[p];
      asked.bind(i, body->with(all));
    }
    for (std::size_t p = 0; p < places.size(); ++p)
      if (!places[p].body) asked.give(places[p].input, values[p]);
    Candidates then;
    auto all = asked.answer(then);
    for (const auto& label : found.labels) {
      const auto at = std::ranges::find(then.labels, label) - then.labels.begin();
      const auto& row = then.rows[static_cast<std::size_t>(at)];
      all.insert(all.end(), row.begin(), row.end());
    }
    return all;
  };
  const auto intervals = over_box(middle, box, answer);
  const auto begin = intervals.begin() + static_cast<std::ptrdiff_t>(results);
  ranged.results.assign(intervals.begin(), begin);
  for (std::size_t r = 0; r < found.labels.size(); ++r)
    ranged.candidates.emplace_back(begin + static_cast<std::ptrdiff_t>(r * cells),
                                   begin + static_cast<std::ptrdiff_t>((r + 1) * cells));
  return ranged;
}

std::vector<std::size_t> could_be_lowest(const std::vector<std::vector<Interval>>& rows, std::size_t column) {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& row : rows) least = std::min(least, row[column].high);
  std::vector<std::size_t> could;
  for (std::size_t r = 0; r < rows.size(); ++r)
    if (rows[r][column].low <= least) could.push_back(r);
  return could;
}

}  // namespace mlsysim
