"""mlsysim validate: published rows, and anyone's own file."""

import csv
import io
import json

import pytest

HEADER = "id,model_name,chip,n_devices,precision,engine,batch_size,input_len,output_len,measured_metric,measured_value,unit\n"
GOOD = "a,llama-3-8b,h100,1,bf16,vLLM 0.6,1,512,128,ttft_ms,40,ms\n"


@pytest.fixture
def file(tmp_path):
    def write(text: str | bytes, name: str = "mine.csv") -> str:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write


def test_the_published_rows_are_predicted_by_group_with_errors_bands_and_a_roofline_beside_them(command):
    ran = command("validate -o json")
    assert ran.code == 0
    counts = ran.json["counts"]
    assert counts["rows"] == len(ran.json["rows"]) == 4319 + 1608
    assert counts["predicted"] + counts["not_predicted"] == counts["rows"]
    for group in ran.json["groups"]:
        assert {"group", "metric", "rows", "predicted", "median_ape", "p90_ape", "bias", "coverage"} <= set(group)
        assert group["predicted"] <= group["rows"]
        if group["predicted"]:
            assert group["median_ape"] <= group["p90_ape"] and 0 <= group["coverage"] <= 1
            assert group["metric"] and group["sources"]
    assert sum(group["predicted"] for group in ran.json["groups"]) == counts["predicted"]


def test_each_published_row_is_predicted_with_its_band_or_says_why_not(command):
    rows = command("validate -o json").json["rows"]
    for row in rows:
        if row["reason"] is None:
            assert row["low"] < row["high"] and row["unit"] in ("token/s", "s", "J/token", "B")
            assert row["ape"] == pytest.approx(100 * abs(row["predicted"] / row["measured"] - 1))
        else:
            assert row["predicted"] is None and row["ape"] is None


def test_an_own_file_gives_the_same_columns_as_json_and_as_csv(command, file):
    name = file(HEADER + GOOD)
    (row,) = command(f"validate {name} -o json").json["rows"]
    (line,) = csv.DictReader(io.StringIO(command(f"validate {name} -o csv").stdout))
    assert list(line) == list(row)
    assert (row["id"], row["line"], row["measured"], row["unit"]) == ("a", 2, 0.04, "s")
    assert float(line["predicted"]) == row["predicted"]


def test_rows_that_cannot_be_predicted_do_not_stop_the_others_and_each_says_why(command, file):
    name = file(
        HEADER
        + GOOD
        + "b,llama-3-8x,h100,1,bf16,vLLM,1,512,128,ttft_ms,40,ms\n"
        + "c,llama-3-8b,h1000,1,bf16,vLLM,1,512,128,ttft_ms,40,ms\n"
        + "d,llama-3-8b,h100,1,bf16,vLLM,1,512,128,ttft_ms,-40,ms\n"
        + "e,llama-3-8b,h100,1,bf16,vLLM,1,512,128,ttft_ms,forty,ms\n"
        + "f,llama-3-8b,h100,1,bf16,vLLM,1,512,128,furlongs,40,ms\n"
        + "g,llama-3-8b,h100,1,bf17,vLLM,1,512,128,ttft_ms,40,ms\n"
        + "i,llama-3-8b,h100,1,bf16,vLLM,1,512,128,ttft_ms,0.04,s\n"
        + "h,llama-3-8b,h100\n"
    )
    ran = command(f"validate {name} -o json")
    assert ran.code == 0
    assert ran.json["counts"] | {"complete": 0, "complete_predicted": 0} == {
        "rows": 8, "predicted": 1, "not_predicted": 7, "unreadable": 1, "complete": 0, "complete_predicted": 0,
    }  # fmt: skip
    reasons = {row["id"]: row["reason"] for row in ran.json["rows"]}
    nearest = {row["id"]: row["nearest"] for row in ran.json["rows"]}
    assert reasons["a"] is None
    assert "llama-3-8x" in reasons["b"] and "llama-3-8b" in nearest["b"]
    assert "h1000" in reasons["c"] and "H100" in nearest["c"]
    assert "-40" in reasons["d"] and "forty" in reasons["e"]
    assert "furlongs" in reasons["f"] and "bf17" in reasons["g"]
    assert reasons["i"] == 'ttft_ms is in ms, and unit says "s"'
    assert ran.json["unreadable"] == ["mine.csv:10: 3 cells under 12 columns"]
    screen = command(f"validate {name} --why-not").stdout
    assert "not predicted: 7" in screen and "did you mean llama-3-8b" in screen and "not read: 1" in screen


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the file is empty"),
        (b"\x7fELF\x00\x01\x02", "the file is not text"),
        ("time,loss\n1,2\n", "no column measured_metric"),
        ("model_name,measured_metric\nm,itl_ms\n", "no column measured_value"),
        (HEADER, "holds no row that can be read"),
        ("model;measured_metric;measured_value\n", "names separated by commas"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_is_refused_with_2(command, file, text, sentence):
    ran = command(f"validate {file(text)}")
    assert ran.code == 2 and sentence in ran.stderr and not ran.stdout


def test_a_file_that_is_not_there_is_refused_with_2_and_beside_one_that_is_it_is_said(command, file):
    assert command("validate nowhere.csv").code == 2
    ran = command(f"validate nowhere.csv {file(HEADER + GOOD)} -o json")
    assert ran.code == 0 and "nowhere.csv" in ran.json["unreadable"][0]


def test_groups_are_chosen_by_words_of_their_name_and_by_metric(command):
    chosen = command("validate --metric energy_per_token -o json").json["groups"]
    assert chosen and all("energy_per_token" in group["metric"] for group in chosen)
    chosen = command(["validate", "--group", "llama-cpp", "-o", "json"]).json["groups"]
    assert chosen and all(group["engine"] == "llama-cpp" for group in chosen)
    rows = command("validate --metric energy_per_token -o json").json["rows"]
    assert rows and all(row["metric"] == "energy_per_token" for row in rows)
    ran = command("validate --metric beauty")
    assert ran.code == 2 and '--metric "beauty" is in no group' in ran.stderr


def test_a_picture_has_a_panel_for_each_larger_group(command, tmp_path):
    assert command("validate --picture all.svg").code == 0
    picture = (tmp_path / "all.svg").read_text()
    groups = [group for group in command("validate -o json").json["groups"] if group["predicted"] >= 5]
    assert picture.count("<polygon") == len(groups) > 5
    assert command("validate --picture no/where.svg").code == 1


def test_the_screen_fits_a_terminal_of_100_columns(command):
    assert max(map(len, command("validate").lines)) <= 100


def test_derived_columns_are_never_read(command, file):
    with_them = HEADER.replace("id,", "derived_mfu,id,") + "0.99," + GOOD
    row, plain = (
        command(f"validate {file(text)} -o json").json["rows"] for text in (with_them, HEADER + GOOD)
    )
    assert row == plain


def test_the_schema_of_a_measurement_lists_the_columns_and_a_published_row_satisfies_it(command):
    schema = json.loads(command("schema measurement").stdout)
    assert schema["required"] == ["measured_metric", "measured_value"]
    assert {"model_name", "chip", "precision", "batch_size", "input_len", "flag"} <= set(schema["properties"])
    assert not any(name.startswith("derived_") for name in schema["properties"])
    assert "itl_ms" in schema["properties"]["measured_metric"]["enum"]
