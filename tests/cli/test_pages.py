"""Markdown and HTML: every verb's answer as a page, from the same document and screen."""

import re
from html.parser import HTMLParser

import pytest

lines = [
    "eval llama-3-8b h100 --batch-size 32",
    "serve llama-3-70b --on h100:8 --isl 4000 --osl 500 --request-rate 4 --ttft 2s --precision fp8",
    "serve llama-3-8b h100",
    "compare llama-3-8b a100 h100 --axis batch-size=1..64:x2",
    "sweep --model llama-3-8b --axis hardware=h100,a100 --axis batch-size=1,2",
    "solve tail-latency --arrival-rate-qps 8 --service-latency-ms 100",
    "optimize parallelism --model llama-3-8b --fleet h100:8 --batch-size 64",
    "calibrate llama-3-8b h100 --batch-size 512 --measured token_throughput=24000 --transfer b200",
    "explain latency --model llama-3-8b --hardware h100",
    "zoo",
    "zoo accelerators",
    "zoo t4",
    "walls",
    "formula",
    "formula ridge-point",
]


class Page(HTMLParser):
    """The cells of each table, what is folded, and whether every tag closes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.rows, self.tags, self.text = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


@pytest.mark.parametrize("line", lines)
def test_every_verb_answers_in_markdown_and_in_html(command, line):
    text = command(f"{line} -o markdown")
    assert (text.code, text.stdout[:2]) == (0, "# ")
    assert text.stdout.rstrip().endswith(f"mlsysim {line} -o markdown\n```")
    widths = [row.count(" | ") for row in re.sub(r"\\\|", "", text.stdout).splitlines() if row.startswith("| ---")]
    assert line.startswith("explain") or widths

    page = command(f"{line} -o html")
    assert (page.code, page.stdout[:15]) == (0, "<!doctype html>")
    read = Page(page.stdout)
    assert read.open == [] and read.rows
    assert not {tag for tag, _ in read.tags} & {"script", "link", "img", "iframe"}
    assert not [attrs for _, attrs in read.tags if {"src", "href"} & set(attrs)]


def test_a_page_has_headline_table_folded_derivation_and_sources(command):
    page = Page(command("eval llama-3-8b h100 --batch-size 32 -o html").stdout)
    assert "Llama 3 8B on NVIDIA H100 SXM5 80 GB" in page.text
    assert ["latency", "5.13 ms", "one step"] in page.rows
    assert ["batch_size", "32"] in page.rows
    assert [tag for tag, _ in page.tags].count("details") == 1
    assert "latency = max(latency_compute, latency_memory) + latency_overhead    [williams2009roofline, eq. 1]" in page.text
    (bandwidth,) = [row for row in page.rows if row[0] == "hardware.memory.bandwidth"]
    assert bandwidth[1:3] == ["3.35 TB/s", "stated"] and "H100" in bandwidth[3]


def test_markdown_has_the_derivation_and_the_sources_where_they_are_asked_for(command):
    bare = command("eval llama-3-8b h100 -o markdown").stdout
    assert "## derivation" not in bare and "## sources" not in bare
    full = command("eval llama-3-8b h100 -o markdown --explain --sources").stdout
    assert "## derivation" in full and "| hardware.memory.bandwidth | 3.35 TB/s | stated |" in full


def test_a_sweep_as_a_page_has_the_columns_of_its_screen(command):
    text = command("sweep --model llama-3-8b --axis hardware=h100,a100 --axis batch-size=1,256 -o markdown").stdout
    assert "| hardware | batch_size | latency | throughput | bottleneck | feasible |" in text
    assert "| a100 | 256 | 26.69 ms |" in text


def test_what_does_not_fit_is_a_page_with_its_fixes_and_exits_3(command):
    ran = command("eval llama-3-70b h100 -o html")
    assert ran.code == 3
    page = Page(ran.stdout)
    assert "does not fit" in page.text and any(row[0] == "--precision fp8" for row in page.rows)


def test_names_of_a_file_of_ours_are_escaped(command, tmp_path):
    chip = tmp_path / "chip.yaml"
    chip.write_text('kind: accelerator\nname: "<script>alert(1)</script> | a`b & *c*"\nlike: h100\n')
    page = command(f"eval llama-3-8b {chip} -o html")
    assert page.code == 0 and "<script" not in page.stdout
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | a`b &amp; *c*" in page.stdout
    text = command(f"eval llama-3-8b {chip} -o markdown").stdout
    assert text.startswith("# Llama 3 8B on &lt;script>alert(1)&lt;/script> \\| a\\`b &amp; \\*c\\*\n")


@pytest.mark.parametrize(("name", "begins"), [("a.md", "# "), ("a.html", "<!doctype html>"), ("a.htm", "<!doctype html>")])
def test_a_file_takes_its_page_from_its_name(command, tmp_path, name, begins):
    ran = command(f"eval llama-3-8b h100 --output-file {name}")
    assert (ran.code, ran.stdout) == (0, "")
    assert (tmp_path / name).read_text().startswith(begins)


@pytest.mark.parametrize(("said", "meant"), [("markdwon", "markdown"), ("htlm", "html"), ("jsn", "json")])
def test_an_unknown_format_is_refused_with_the_nearest(command, said, meant):
    ran = command(f"eval llama-3-8b h100 -o {said}")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.splitlines() == [
        f'error: "{said}" is not a format of eval: text, json, csv, markdown, html',
        f"  did you mean {meant}?",
    ]


def test_an_error_is_no_page(command):
    ran = command("eval llama-3-8b h1OO -o html")
    assert (ran.code, ran.stdout) == (2, "")
    assert "did you mean" in ran.stderr


def test_a_file_is_written_once_and_a_new_one_has_no_page(command, tmp_path):
    ran = command("zoo new a.yaml --like h100 -o html")
    assert (ran.code, ran.stderr) == (2, "error: zoo new answers in text\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["eval llama-3-8b h100", "zoo accelerators", "compare llama-3-8b h100 a100", "eval x y"])
def test_text_that_is_piped_is_plain_with_no_color_and_without(command, line):
    ran, plain = command(line), command(line, NO_COLOR="1")
    assert (ran.stdout, ran.stderr) == (plain.stdout, plain.stderr)
    assert "\x1b" not in ran.stdout + ran.stderr


def test_a_page_into_a_closed_pipe_is_silent(executable):
    import subprocess

    line = f"'{executable}' zoo accelerators -o html | head -1"
    ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("<!doctype html>\n", "")
