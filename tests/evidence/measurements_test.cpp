// Files of measurements: what is read, and what is said of what is not.
#include "mlsysim/evidence/measurements.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace mlsysim;

namespace {
struct Read {
  Problems problems;
  std::unique_ptr<const MeasurementFile> file;
  explicit Read(std::string text) : file(read_measurements(std::move(text), "mine.csv", problems)) {}
};
const std::string header = "model_name,measured_metric,measured_value\n";
}  // namespace

TEST_CASE("a cell in quotes may hold commas, doubled quotes and lines; lines are counted through it") {
  const Read read(header + "\"a, \"\"b\"\"\nc\",itl_ms,5\nd,itl_ms,6\n");
  REQUIRE(read.file);
  CHECK(read.problems.empty());
  REQUIRE(read.file->rows.size() == 2);
  CHECK(read.file->rows[0]["model_name"] == "a, \"b\"\nc");
  CHECK(read.file->rows[0].line == 2);
  CHECK(read.file->rows[1].line == 4);
}

TEST_CASE(
    "a byte-order mark, CRLF, spaces around cells, empty lines and a last line without an end are all read through") {
  const Read read("\xef\xbb\xbf\r\nmodel_name , measured_metric,measured_value\r\n\r\n m ,itl_ms, 5 \r\nn,ttft_ms,6");
  REQUIRE(read.file);
  CHECK(read.problems.empty());
  REQUIRE(read.file->rows.size() == 2);
  CHECK(read.file->rows[0]["model_name"] == "m");
  CHECK(read.file->rows[0]["measured_value"] == "5");
  CHECK(read.file->rows[1]["measured_metric"] == "ttft_ms");
}

TEST_CASE("columns come in any order, unknown ones are passed over, those that are absent are empty") {
  const Read read("measured_value,colour,derived_mfu,measured_metric\n5,red,0.4,itl_ms\n");
  REQUIRE(read.file);
  CHECK(read.problems.empty());
  const Measurement& row = read.file->rows[0];
  CHECK(row["measured_value"] == "5");
  CHECK(row["measured_metric"] == "itl_ms");
  CHECK(row["model_name"].empty());
  CHECK(row["derived_mfu"].empty());
}

TEST_CASE("a row with too few or too many cells is a problem with its line; the others are kept") {
  const Read read(header + "m,itl_ms,5\nm,itl_ms\nm,itl_ms,5,6\nn,itl_ms,7,\n,,\n");
  REQUIRE(read.file);
  CHECK(read.file->rows.size() == 2);  // the first, and the one whose cells are all empty
  REQUIRE(read.problems.size() == 3);
  CHECK(sentence(read.problems[0]) == "mine.csv:3: 2 cells under 3 columns");
  CHECK(sentence(read.problems[1]) == "mine.csv:4: 4 cells under 3 columns");
}

TEST_CASE("a quotation mark that never ends takes the rest of the file with it, and says where it began") {
  const Read read(header + "m,itl_ms,5\n\"n,itl_ms,6\no,itl_ms,7\n");
  REQUIRE(read.file);
  CHECK(read.file->rows.size() == 1);
  REQUIRE(read.problems.size() == 1);
  CHECK(sentence(read.problems[0]) == "mine.csv:3: a cell begins with a quotation mark and never ends");
}

TEST_CASE("what is no file of measurements is refused with what was expected") {
  const auto why = [](std::string text) {
    const Read read(std::move(text));
    CHECK_FALSE(read.file);
    return read.problems.empty() ? "" : sentence(read.problems.back());
  };
  CHECK(why("") == "mine.csv: the file is empty");
  CHECK(why(" \n\r\n") == "mine.csv: the file is empty");
  CHECK(why(std::string("\x7f"
                        "ELF\0\1,",
                        7)) == "mine.csv: the file is not text");
  CHECK(why(header) == "mine.csv: the file holds no row that can be read");
  CHECK(why("time,loss\n1,2\n").find("mine.csv:1: no column measured_metric") == 0);
  CHECK(why("measured_metric,measured_metric,measured_value\n").find("column measured_metric stands twice") !=
        std::string::npos);
}

TEST_CASE("a misspelt column is named with the one that it may mean") {
  const Read read("model_name,measured_metric,measured_value,batchsize,inputlen\nm,itl_ms,5,1,2\n");
  REQUIRE(read.file);
  REQUIRE(read.problems.size() == 2);
  CHECK(sentence(read.problems[0]) == "mine.csv:1: column \"batchsize\" is not read; did you mean batch_size?");
  CHECK(read.problems[1].nearest == "input_len");
}

TEST_CASE("the rows that ship are those of data/measurements/inference.csv: 4,319, the first from gpt-fast") {
  const MeasurementFile& file = published_inference();
  CHECK(file.rows.size() == 4319);
  const Measurement& first = file.rows.front();
  CHECK(first["id"] == "gpt-fast-00001");
  CHECK(first["model_name"] == "Llama-2-7B");
  CHECK(first["measured_value"] == "104.9");
  CHECK(first["kv_precision"].empty());
  CHECK(first.line == 2);
  CHECK(std::ranges::all_of(file.rows, [](const Measurement& row) { return row["family"] == "llm"; }));
}
