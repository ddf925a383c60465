#include "mlsysim/report/page.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "mlsysim/units/parse.hpp"

namespace mlsysim {
namespace {

using Row = std::vector<std::pair<std::string, Json>>;

/// Turns keys and numbers of a document back into names and figures with units.
class Reader {
 public:
  explicit Reader(const Json& document) {
    if (!document.is_object()) return;
    if (const Table* t = table(document.value("wall", ""))) {
      if (t->wall->candidate) candidate_ = t->wall->candidate();
      add(candidate_);
      add(t->out);
      add(t->in);
      arguments_ = t;
    }
  }

  const Field* field(const std::string& key) const {
    const auto at = fields_.find(key);
    return at == fields_.end() ? nullptr : at->second;
  }
  std::string name(const std::string& key) const {
    if (const Field* f = field(key)) return f->path;
    if (arguments_ && (arguments_->input(key) >= 0 || arguments_->entity(key))) return key;
    std::string words = key;
    std::ranges::replace(words, '_', ' ');
    return words;
  }
  std::string text(const std::string& key, const Json& value) const {
    if (value.is_null()) return "not stated";
    if (value.is_boolean()) return value ? "yes" : "no";
    if (value.is_string()) return value;
    if (value.is_number()) {
      const Field* f = field(key);
      if (!f || !f->is_figure()) return print_number(value);
      return shown(*f, value.get<double>() * (f->carries_unit() ? f->times / f->over : 1));
    }
    if (value.is_array()) {
      std::string all;
      for (const auto& one : value) all += (all.empty() ? "" : ", ") + text(key, one);
      return all;
    }
    return value.dump();
  }

 private:
  void add(const Fields& fields) {
    for (const auto& field : fields.all) fields_.emplace(json_key(field), &field);
  }
  const Table* arguments_ = nullptr;
  Fields candidate_;
  std::map<std::string, const Field*> fields_;
};

bool all_objects(const Json& json) {
  return !json.empty() && std::ranges::all_of(json, [](const Json& one) { return one.is_object(); });
}

/// One object as rows: groups become "group.member", a list of objects a row for each of them.
void flatten(const Json& object, const std::string& prefix, std::vector<Row>& rows) {
  const Json* spread = nullptr;
  std::string spread_prefix;
  std::vector<Row> mine(1);
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      std::vector<Row> inner;
      flatten(value, prefix + key + ".", inner);
      for (const auto& cell : inner.front()) mine.front().push_back(cell);
    } else if (value.is_array() && all_objects(value)) {
      spread = &value;
    } else {
      mine.front().emplace_back(prefix + key, value);
    }
  }
  if (!spread) {
    rows.push_back(std::move(mine.front()));
    return;
  }
  for (const auto& one : *spread) {
    std::vector<Row> inner;
    flatten(one, prefix, inner);
    for (auto& row : inner) {
      row.insert(row.begin(), mine.front().begin(), mine.front().end());
      rows.push_back(std::move(row));
    }
  }
}

/// A table with a column for each key of any row.
PageTable table_of(const std::string& title, const std::vector<Row>& rows, const Reader& reader) {
  PageTable table{title, {}, {}};
  std::vector<std::string> keys;
  std::map<std::string, std::size_t> column;
  for (const auto& row : rows)
    for (const auto& [key, value] : row)
      if (column.emplace(key, keys.size()).second) keys.push_back(key);
  for (const auto& key : keys) table.header.push_back(reader.name(key));
  for (const auto& row : rows) {
    std::vector<std::string> cells(keys.size());
    for (const auto& [key, value] : row) cells[column[key]] = reader.text(key, value);
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::vector<Row> rows_of(const Json& array) {
  std::vector<Row> rows;
  for (const auto& one : array) flatten(one, "", rows);
  return rows;
}

/// The figures of a catalog's entry, as its own units have them.
PageTable entry_table(const Json& document) {
  PageTable table{"figures", {"figure", "value", "kind", "source", "where", "read", "note"}, {}};
  const EntryKind* kind = entry_kind(document.value("kind", ""));
  for (const auto& [path, figure] : document["figures"].items()) {
    if (!figure.is_object()) {
      table.rows.push_back({path, figure.is_string() ? figure.get<std::string>() : figure.dump(), "", "", "", "", ""});
      continue;
    }
    const auto field = std::ranges::find(kind->fields().all, path, &Field::path);
    std::string value = field == kind->fields().all.end() || !figure["value"].is_number()
                            ? figure["value"].dump()
                            : figure_text(*field, figure["value"]);
    if (figure.contains("range") && field != kind->fields().all.end())
      value +=
          fmt::format(" ({} to {})", figure_text(*field, figure["range"][0]), figure_text(*field, figure["range"][1]));
    const std::string id = figure.value("source", "");
    const Source* source = Catalog::source(id);
    table.rows.push_back({path, value, figure.value("kind", ""), source ? std::string(source->title) : id,
                          figure.value("where", ""), figure.value("read", ""), figure.value("note", "")});
  }
  return table;
}

std::string steps_text(const Json& steps) {
  std::string text;
  for (const auto& step : steps) {
    const std::string name = step.value("name", ""), source = step.value("source", "");
    const std::string pad(name.size(), ' '), equation = step.value("equation", ""), numbers = step.value("numbers", ""),
                                             value = step.value("value", "");
    text += fmt::format("{} = {}{}\n", name, equation, source.empty() ? "" : "    [" + source + "]");
    if (!numbers.empty() && numbers != equation) text += fmt::format("{} = {}\n", pad, numbers);
    if (value != numbers && value != equation) text += fmt::format("{} = {}\n", pad, value);
  }
  return text;
}

bool is_number(std::string_view cell) {
  return !cell.empty() &&
         (std::isdigit(static_cast<unsigned char>(cell[0])) || ((cell[0] == '-' || cell[0] == '+') && cell.size() > 1));
}

/// A column is to the right where it holds figures and nothing else.
std::vector<bool> right_columns(const PageTable& table) {
  std::vector<bool> right(table.header.size());
  for (std::size_t c = 0; c < right.size(); ++c)
    right[c] = std::ranges::any_of(table.rows, [&](const auto& row) { return is_number(row[c]); }) &&
               std::ranges::all_of(table.rows, [&](const auto& row) {
                 return row[c].empty() || row[c] == "-" || row[c] == "not stated" || is_number(row[c]);
               });
  return right;
}

// ---- Markdown

std::string markdown_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') safe += "&lt;";
    else if (c == '&') safe += "&amp;";
    else if (c == '\n' || c == '\r') safe += ' ';
    else if (std::string_view("\\|*`[]").find(c) != std::string_view::npos) safe += {'\\', c};
    else safe += c;
  }
  return safe;
}

/// Behind a fence longer than any that it holds.
std::string fenced(std::string_view text) {
  std::size_t longest = 2, run = 0;
  for (const char c : text) longest = std::max(longest, run = c == '`' ? run + 1 : 0);
  const std::string fence(longest + 1, '`');
  return fmt::format("{}text\n{}{}{}\n", fence, text, text.ends_with('\n') ? "" : "\n", fence);
}

std::string markdown(const PageTable& table) {
  std::string text = table.title.empty() ? "" : fmt::format("\n## {}\n", markdown_text(table.title));
  const auto right = right_columns(table);
  const auto line = [&](const std::vector<std::string>& cells) {
    text += "|";
    for (const auto& cell : cells) text += " " + markdown_text(cell) + " |";
    text += "\n";
  };
  text += "\n";
  line(table.header);
  text += "|";
  for (const bool r : right) text += r ? " ---: |" : " --- |";
  text += "\n";
  for (const auto& row : table.rows) line(row);
  return text;
}

// ---- HTML

std::string html_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') safe += "&lt;";
    else if (c == '>') safe += "&gt;";
    else if (c == '&') safe += "&amp;";
    else if (c == '"') safe += "&quot;";
    else if (c == '\'') safe += "&#39;";
    else safe += c;
  }
  return safe;
}

std::string html(const PageTable& table) {
  std::string text = table.title.empty() ? "" : fmt::format("<h2>{}</h2>\n", html_text(table.title));
  const auto right = right_columns(table);
  const auto line = [&](const std::vector<std::string>& cells, const char* tag) {
    text += "<tr>";
    for (std::size_t c = 0; c < cells.size(); ++c)
      text += fmt::format("<{}{}>{}</{}>", tag, right[c] ? " class=\"n\"" : "", html_text(cells[c]), tag);
    text += "</tr>\n";
  };
  text += "<div class=\"wide\"><table>\n<thead>";
  line(table.header, "th");
  text += "</thead>\n<tbody>\n";
  for (const auto& row : table.rows) line(row, "td");
  return text + "</tbody>\n</table></div>\n";
}

constexpr const char* style =
    ":root{color-scheme:light dark}"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.4rem;margin:0 0 .5rem}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}"
    "pre{font:13px/1.45 ui-monospace,monospace;overflow-x:auto;padding:.8rem 1rem;border-radius:6px;"
    "background:color-mix(in srgb,currentColor 6%,transparent)}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:14px}"
    "th,td{padding:.25rem .7rem .25rem 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 15%,transparent)}"
    "th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "summary{cursor:pointer;font-weight:600;margin-top:1.6rem}footer{margin-top:2rem;opacity:.7;font-size:13px}";

}  // namespace

std::string figure_text(const Field& field, double base) {
  if (!field.unit.ends_with("iB")) return shown(field, base);
  int step = 0;
  for (; step < 4 && base >= 1024; ++step) base /= 1024;
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  return fmt::format("{:.4g} {}", base, units[step]);
}

Page page_of(const Json& document, std::string_view screen, std::string_view title, std::string_view asked) {
  const Reader reader(document);
  Page page;
  page.asked = asked;
  const auto first = std::min(screen.find('\n'), screen.size());
  const std::string_view headline = screen.substr(0, first);
  const bool titled = !headline.empty() && headline.find("  ") == std::string_view::npos;  // not the head of a table
  page.title = titled ? headline : title;
  if (document.is_array()) {
    page.tables.push_back(table_of("", rows_of(document), reader));
    return page;
  }
  const bool entry = document.contains("kind") && document.contains("figures");
  if (entry) {
    page.tables.push_back(entry_table(document));
    return page;
  }
  bool lists = true;  // the catalog: each kind with the names that it has
  for (const auto& value : document) lists = lists && value.is_array() && !all_objects(value);
  if (!document.contains("rows") && !lists) {
    page.screen = titled ? screen.substr(std::min(first + 1, screen.size())) : screen;
    page.screen.erase(0, std::min(page.screen.find_first_not_of('\n'), page.screen.size()));
  }
  if (document.contains("result")) {
    PageTable table{"results", {"result", "value", "what it is"}, {}};
    for (const auto& [key, value] : document["result"].items()) {
      const Field* field = reader.field(key);
      table.rows.push_back({reader.name(key), reader.text(key, value), field ? field->doc : ""});
    }
    page.tables.push_back(std::move(table));
  }
  PageTable plain{"", {"", ""}, {}};
  for (const auto& [key, value] : document.items()) {
    if (key == "result" || key == "notes" || key == "wall" || key == "fidelity") continue;
    if (key == "explanation" || key == "steps") {
      page.derivation = steps_text(key == "steps" ? value : value["steps"]);
    } else if (key == "sources" || (key == "figures" && value.is_array())) {
      page.figures.push_back(table_of("sources", rows_of(value), reader));
    } else if (key == "candidates") {
      if (!value["best"].empty()) page.tables.push_back(table_of("best first", rows_of(value["best"]), reader));
      PageTable fell{"what fell", {"how many", "why"}, {}};
      for (const auto& [why, count] : value["fell"].items()) fell.rows.push_back({print_number(count), why});
      if (!fell.rows.empty()) page.tables.push_back(std::move(fell));
    } else if (value.is_array() && all_objects(value)) {
      page.tables.push_back(table_of(key == "rows" ? "" : reader.name(key), rows_of(value), reader));
    } else if (value.is_object() && !value.empty()) {
      PageTable table{key == "query" ? "question" : reader.name(key), {"", ""}, {}};
      std::vector<Row> rows;
      flatten(value, "", rows);
      for (const auto& row : rows)
        for (const auto& [name, cell] : row)
          if (name != "wall") table.rows.push_back({reader.name(name), reader.text(name, cell)});
      page.tables.push_back(std::move(table));
    } else if (!value.empty() || value.is_primitive()) {
      plain.rows.push_back({reader.name(key), reader.text(key, value)});
    }
  }
  if (!plain.rows.empty() && (lists || !document.contains("rows"))) page.tables.push_back(std::move(plain));
  if (page.figures.empty() && document.contains("explanation"))
    page.figures.push_back(table_of("sources", rows_of(document["explanation"]["figures"]), reader));
  return page;
}

std::string markdown(const Page& page) {
  std::string text = fmt::format("# {}\n", markdown_text(page.title));
  if (!page.screen.empty()) text += "\n" + fenced(page.screen);
  for (const auto& table : page.tables) text += markdown(table);
  if (!page.derivation.empty()) text += "\n## derivation\n\n" + fenced(page.derivation);
  for (const auto& table : page.figures) text += markdown(table);
  return text + "\nMade by:\n\n" + fenced(page.asked);
}

std::string html(const Page& page) {
  const std::string title = html_text(page.title);
  std::string text = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n"
      "<h1>{}</h1>\n",
      title, style, title);
  if (!page.screen.empty()) text += fmt::format("<pre>{}</pre>\n", html_text(page.screen));
  for (const auto& table : page.tables) text += html(table);
  if (!page.derivation.empty())
    text +=
        fmt::format("<details><summary>derivation</summary>\n<pre>{}</pre>\n</details>\n", html_text(page.derivation));
  for (const auto& table : page.figures) text += html(table);
  return text + fmt::format("<footer>made by <code>{}</code></footer>\n</body>\n</html>\n", html_text(page.asked));
}

}  // namespace mlsysim
