"""mlsysim zoo: lists, entries, new files and their check."""

import csv
import io
import re

import pytest

kinds = {
    "kernels": "hopper",
    "accelerators": "h100",
    "models": "llama-3-8b",
    "engines": "server",
    "stacks": "fsdp",
    "benchmarks": "mlperf-gpt-j",
    "bands": "unmeasured",
    "spreads": "paces",
    "grids": "quebec",
    "fabrics": "infiniband-ndr",
    "nodes": "dgx-h100",
    "fleets": "research-256",
    "storages": "nvme-gen4",
    "datasets": "imagenet-1k",
    "formats": "bf16",
    "levels": "hbm3",
    "operations": "multiply-fp16",
    "software": "tuned-device",
    "efficiencies": "gpt-3-v100",
    "assumptions": "mlsysim-0.1",
}


def one_of(kind):
    """What an entry of the kind is called."""
    return {"efficiencies": "guide", "assumptions": "assumptions", "kernels": "kernels"}.get(kind, kind.removesuffix("s"))


def test_the_zoo_counts_every_kind(command):
    ran = command("zoo")
    assert (ran.code, ran.stderr) == (0, "")
    counted = {line.split()[0]: int(line.split()[1]) for line in ran.lines[1 : 1 + len(kinds)]}
    assert set(counted) == set(kinds)
    assert counted == {kind: len(ids) for kind, ids in command("zoo -o json").json.items()}
    assert command("zoo -o csv").lines[0] == "kind,id,name" and len(command("zoo -o csv").lines) == 1 + sum(
        counted.values()
    )


@pytest.mark.parametrize("kind", kinds)
def test_a_kind_is_listed_as_table_csv_and_json_with_the_same_ids(command, kind):
    ids = command("zoo -o json").json[kind]
    table = command(f"zoo {kind}")
    assert table.lines[0].startswith(f"{len(ids)} {kind}: ")
    assert [line.split()[0] for line in table.lines[3 : 3 + len(ids)]] == ids
    rows = list(csv.DictReader(io.StringIO(command(f"zoo {kind} -o csv").stdout)))
    assert [row["id"] for row in rows] == ids and all(row["name"] for row in rows)
    assert [entry["id"] for entry in command(f"zoo {kind} -o json").json] == ids
    assert command(f"zoo {one_of(kind)}").stdout == table.stdout


def test_csv_of_a_kind_has_si_numbers_with_the_unit_in_the_column(command):
    (row,) = [
        row
        for row in csv.DictReader(io.StringIO(command("zoo accelerators -o csv").stdout))
        if row["id"] == "h100-sxm-80gb"
    ]
    assert float(row["memory.bandwidth_bytes_per_s"]) == 3.35e12
    assert float(row["compute.fp16_dense_flop_per_s"]) == pytest.approx(989.4e12)
    assert float(row["power.tdp_w"]) == 700 and row["release_year"] == "2022"


@pytest.mark.parametrize("entry", kinds.values())
def test_an_entry_is_shown_with_every_figure_its_kind_and_its_source(command, entry):
    ran = command(f"zoo {entry}")
    assert (ran.code, ran.stderr) == (0, "")
    assert entry in ran.lines[0]
    figures = [line for line in ran.lines if re.match(r"  [a-z_0-9.]+ +=", line)]
    assert figures and all(re.search(r"  (stated|derived|measured|estimated|fitted)", line) for line in figures)
    document = command(f"zoo {entry} -o json").json
    rows = list(csv.DictReader(io.StringIO(command(f"zoo {entry} -o csv").stdout)))
    constants = [row for row in rows if "kernels." in row["figure"]]  # the screen counts those, and `zoo kernels` shows them
    assert [row["figure"] for row in rows if row not in constants] == [line.split()[0] for line in figures]
    assert not constants or f"  and {len(constants)} constants of how well libraries use it" in ran.stdout
    assert list(document["figures"]) == [row["figure"] for row in rows]
    for row in rows:
        if isinstance(figure := document["figures"][row["figure"]], dict):
            assert float(row["value"]) == figure["value"] and row["source"] == figure["source"] != ""


def test_an_entry_has_its_names_in_python_and_its_file(command):
    lines = command("zoo H100_SXM").lines
    assert lines[0] == "NVIDIA H100 SXM5 80 GB (accelerator h100-sxm-80gb)"
    assert "  Python: Hardware.Cloud.H100" in lines and "  from data/accelerators/h100-sxm-80gb.yaml" in lines


def test_a_set_of_assumptions_shows_its_figures_by_option_or_environment(command):
    for ran in (
        command("zoo resnet-50 --assumptions original -o json"),
        command("zoo resnet-50 -o json", MLSYSIM_ASSUMPTIONS="mlsysim-0.1"),
    ):
        assert ran.json["figures"]["inference_flops"]["value"] == pytest.approx(4.1e9)
    assert command("zoo resnet-50 -o json").json["figures"]["inference_flops"]["value"] == pytest.approx(
        8.18e9, rel=1e-3
    )
    assert "4.1 Gflop" in command("zoo models --assumptions original").stdout
    ran = command("zoo models --assumptions bogus")
    assert (ran.code, ran.stderr) == (
        2,
        'error: no set of assumptions is called "bogus" (mlsysim zoo assumptions lists all)\n',
    )


@pytest.mark.parametrize(
    ("said", "meant"),
    [("h1OO", "h100"), ("quebek", "quebec"), ("lama-3-8b", "llama-3-8b"), ("reserch-256", "research-256")],
)
def test_a_misspelt_name_is_refused_with_the_nearest_of_any_kind(command, said, meant):
    ran = command(f"zoo {said}")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f'error: nothing in the catalog is called "{said}"\n  did you mean ')
    assert meant in ran.stderr.lower()


def test_a_name_near_nothing_is_refused_with_where_to_look(command):
    assert (
        command("zoo zzzzzzzz").stderr
        == 'error: nothing in the catalog is called "zzzzzzzz" (mlsysim zoo lists what there is)\n'
    )
    assert command("zoo h100 a100").stderr == 'error: "a100" is one word too many\n'


@pytest.mark.parametrize(("kind", "entry"), kinds.items())
def test_a_new_file_of_every_kind_checks_at_once_and_with_every_line_uncommented(
    command, tmp_path, kind, entry
):
    ran = command(f"zoo new mine.yaml --like {entry}")
    assert (ran.code, ran.stderr) == (0, "")
    assert "  mlsysim zoo check mine.yaml" in ran.lines
    checked = command("zoo check mine.yaml")
    assert checked.code == 0, checked.stderr
    name = one_of(kind)
    counts = r"0 figures of its own, 0 estimated, [1-9]\d* inherited"
    assert re.fullmatch(rf"mine.yaml: an? {name}, in order: {counts}\n", checked.stdout)

    file = tmp_path / "mine.yaml"
    head, _, body = file.read_text().partition("\nlike: ")
    file.write_text(head + "\nlike: " + re.sub(r"(?m)^# ", "", body))
    checked = command("zoo check mine.yaml")
    assert checked.code == 0, checked.stderr
    assert int(re.search(r"(\d+) estimated", checked.stdout).group(1)) == len(
        re.findall("kind: estimated", body)
    )
    assert command("zoo mine.yaml").lines[0].startswith("my ")


def test_what_new_says_to_do_next_runs(command):
    for entry in ("h100", "llama-3-8b", "quebec"):
        for line in command(f"zoo new {entry}.yaml --like {entry}").lines[1:]:
            assert command(line.strip().removeprefix("mlsysim ")).code == 0, line


def test_an_own_chip_is_changed_used_by_path_and_compared(command, tmp_path):
    command("zoo new mychip.yaml --like h100")
    file = tmp_path / "mychip.yaml"
    line = (
        "#   bandwidth: {value: 3.35 TB/s, kind: estimated, range: [3.35 TB/s, 3.35 TB/s], source: my guess"
    )
    text = file.read_text()
    assert line in text
    mine = "  bandwidth: {value: 6.7 TB/s, kind: estimated, range: [6 TB/s, 7 TB/s], source: my guess"
    file.write_text(text.replace(line, "memory:\n" + mine))
    assert "1 estimated" in command("zoo check mychip.yaml").stdout
    document = command("eval llama-3-8b mychip.yaml --sources -o json").json
    assert document["result"]["peak_bw_actual_bytes_per_s"] == 6.7e12
    (source,) = [source for source in document["sources"] if source["name"] == "hardware.memory.bandwidth"]
    assert (source["source"], source["kind"]) == ("my guess", "estimated, 6 TB/s to 7 TB/s")
    (tdp,) = [source for source in document["sources"] if source["name"] == "hardware.power.tdp"]
    assert tdp["where"].endswith("(inherited from h100-sxm-80gb)")
    rows = command("compare llama-3-8b h100 ./mychip.yaml -o json").json["rows"][0]["devices"]
    assert rows[1]["speedup_over_first"] == pytest.approx(1.88, abs=0.01)


def test_a_new_file_is_never_written_over_another(command, tmp_path):
    (tmp_path / "mine.yaml").write_text("precious")
    ran = command("zoo new mine.yaml --like h100")
    assert (ran.code, ran.stderr) == (2, "error: mine.yaml is already there\n")
    assert (tmp_path / "mine.yaml").read_text() == "precious"


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        ("zoo new", 2, "error: write: mlsysim zoo new FILE.yaml --like NAME"),
        ("zoo new mine.yaml", 2, "error: write: mlsysim zoo new FILE.yaml --like NAME"),
        ("zoo new mine.yaml --like h1OO", 2, 'error: nothing in the catalog is called "h1OO"'),
        (
            "zoo new no/where.yaml --like h100",
            1,
            "error: no/where.yaml could not be written: No such file or directory",
        ),
        ("zoo check", 2, "error: write: mlsysim zoo check FILE"),
        ("zoo check nowhere.yaml", 2, "nowhere.yaml: error: can't be read: No such file or directory"),
    ],
)
def test_new_and_check_refuse_in_one_sentence(command, line, code, why):
    ran = command(line)
    assert (ran.code, ran.stdout) == (code, "")
    assert ran.stderr.startswith(why)


def chip(memory):
    return f"kind: accelerator\nname: mine\nlike: h100\nmemory:\n  {memory}\n"


good = "{value: 8 TB/s, kind: stated, source: a plan, where: page 2, read: 2026-11-21}"


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        (chip(f"bandwith: {good}"), "5:3", "bandwith"),
        (chip(f"bandwidth: {good.replace('8 TB/s', '8')}"), "5:", "unit"),
        (chip(f"bandwidth: {good.replace('8 TB/s', '8 TB')}"), "5:", "is in byte"),
        (chip(f"bandwidth: {good.replace('source: a plan, ', '')}"), "5:", "source"),
        (chip(f"bandwidth: {good.replace('kind: stated', 'kind: estimated')}"), "5:", "range"),
        (chip(f"bandwidth: {good.replace('kind: stated', 'kind: heard')}"), "5:", "heard"),
        (chip(f"bandwidth: {good.replace('8 TB/s', '-8 TB/s')}"), "5:", "out of range"),
        (chip("bandwidth: 8 TB/s"), "5:", "bandwidth"),
        ("kind: gadget\nname: mine\n", "1:", "gadget"),
        ("kind: accelerator\nname: mine\nlike: h1OO\n", "3:", "h1OO"),
    ],
)
def test_check_shows_the_line_of_every_mistake(command, tmp_path, text, place, why):
    (tmp_path / "mine.yaml").write_text(text)
    ran = command("zoo check mine.yaml")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"mine.yaml:{place}")
    assert why in ran.stderr.splitlines()[0]
    assert re.match(r"  \d+ \| ", ran.stderr.splitlines()[1])
    assert command("eval llama-3-8b mine.yaml").code == 2
