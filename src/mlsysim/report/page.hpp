#pragma once
// An answer as a page for people, in Markdown or HTML. Made from the answer's JSON document and the screen that the command
// prints: whatever verb answered, the page has a headline, its figures as tables, the derivation and the sources.
#include <string>
#include <vector>
#include "mlsysim/report/json.hpp"

namespace mlsysim {

/// A catalog's figure; a memory in the units that its sheet counts in: 80 GiB, not 85.9 GB.
std::string figure_text(const Field& field, double base);

struct PageTable {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

struct Page {
  std::string title, screen;  // the screen without its first line; empty where the tables say it all
  std::vector<PageTable> tables;
  std::string derivation;
  std::vector<PageTable> figures;  // what the answer rests on
  std::string asked;               // the command that made it
};

/// `screen` is the text of the same answer; its first line is the title, or else `title` is.
Page page_of(const Json& document, std::string_view screen, std::string_view title, std::string_view asked);

/// GitHub's Markdown.
std::string markdown(const Page& page);
/// One file: no script, nothing fetched, everything that came from outside escaped.
std::string html(const Page& page);

}  // namespace mlsysim
