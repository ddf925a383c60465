"""Plans, models and devices as files: what they may say, and how a mistake in one is shown with its place."""

import json
import os
import random

import pytest

plan = """\
# A question as a file.
wall: single-node
model: llama-3-8b
hardware: h100
context: 2048
batch_size: 4
"""


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


def test_a_plan_answers_as_the_same_words_do(command, write):
    from_plan = command(f"eval {write('plan.yaml', plan)} -o json")
    assert (from_plan.code, from_plan.stderr) == (0, "")
    assert from_plan.json == command("eval llama-3-8b h100 --context 2048 --batch-size 4 -o json").json


def test_a_plan_in_json_too(command, write):
    question = {"model": "llama-3-8b", "hardware": "h100", "batch_size": 4, "seq_len": 2048}
    assert (
        command(f"eval {write('plan.json', json.dumps(question))} -o json").json
        == command(f"eval {write('plan.yaml', plan)} -o json").json
    )


def test_options_override_a_plan(command, write):
    ran = command(f"eval {write('plan.yaml', plan)} --batch-size 8 -o json")
    assert ran.json["query"]["batch_size"] == 8
    assert ran.json["query"]["seq_len"] == 2048


def test_a_plan_takes_assumptions_and_figures_of_entries_by_path(command, write):
    name = write(
        "plan.yaml",
        "model: llama-3-8b\nhardware: h100\nassumptions: mlsysim-0.1\nhardware.memory.bandwidth: 8 TB/s\n",
    )
    document = command(f"eval {name} -o json").json
    assert document["assumptions"] == "mlsysim-0.1"
    assert document["result"]["peak_bw_actual_bytes_per_s"] == 8e12
    assert (
        command(f"eval {name} --assumptions first-principles -o json").json["assumptions"]
        == "first-principles"
    )


def test_what_is_next_after_a_plan_runs(command, write):
    ran = command(f"eval {write('plan.yaml', plan)}")
    assert ran.lines[-1] == "  next      mlsysim eval plan.yaml --explain"
    assert command("eval plan.yaml --explain").code == 0


def test_a_misspelt_key_is_shown_underlined_with_the_nearest(command, write):
    ran = command(f"eval {write('plan.yaml', plan.replace('batch_size', 'batch_sise'))}")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == (
        "plan.yaml:6:1: error: batch_sise is not an argument of single-node\n"
        "  6 | batch_sise: 4\n"
        "    | ^^^^^^^^^^ did you mean batch_size?\n"
    )


def test_the_same_as_a_document_has_its_place(command, write):
    ran = command(f"eval {write('plan.yaml', plan.replace('batch_size', 'batch_sise'))} -o json")
    assert (ran.code, ran.stderr) == (2, "")
    assert ran.error == {
        "kind": "data",
        "message": "batch_sise is not an argument of single-node",
        "argument": "batch_sise",
        "place": "plan.yaml:6:1",
        "nearest": "batch_size",
    }


@pytest.mark.parametrize(
    ("old", "new", "error", "line", "under"),
    [
        (
            "batch_size: 4",
            "batch_size: four",
            '6:13: error: batch_size: "four" is not a number, expected a plain number',
            "batch_size: four",
            "            ^^^^",
        ),
        (
            "batch_size: 4",
            "batch_size: 0",
            "6:13: error: batch_size = 0 is out of range: a whole number, at least 1",
            "batch_size: 0",
            "            ^",
        ),
        (
            "batch_size: 4",
            "batch_size: [1, 2]",
            "6:13: error: batch_size must be a single value; a figure of an entry is written as",
            "batch_size: [1, 2]",
            "            ^^",
        ),
        (
            "batch_size: 4",
            "seq_len: 1",
            "6:1: error: context and seq_len are one argument, given twice",
            "seq_len: 1",
            "^^^^^^^",
        ),
        ("batch_size: 4", "model: gpt-3", "6:1: error: model is given twice", "model: gpt-3", "^^^^^"),
        (
            "h100",
            "h1OO",
            '4:11: error: no accelerator is called "h1OO"',
            "hardware: h1OO",
            "          ^^^^ did you mean H100?",
        ),
        (
            "single-node",
            "singl-node",
            '2:7: error: no wall is called "singl-node" (mlsysim walls lists all)',
            "wall: singl-node",
            "      ^^^^^^^^^^ did you mean single-node?",
        ),
    ],
)
def test_every_mistake_in_a_plan_has_its_line_and_column(command, write, old, new, error, line, under):
    ran = command(f"eval {write('plan.yaml', plan.replace(old, new))}")
    assert ran.code == 2
    first, second, third, *rest = ran.stderr.splitlines()
    assert first.startswith(f"plan.yaml:{error}")
    number = error.partition(":")[0]
    assert second == f"  {number} | {line}"
    assert third == f"    | {under}"
    assert rest == []


def test_three_mistakes_are_three_errors(command, write):
    broken = plan.replace("h100", "h1OO").replace("batch_size: 4", "batch_sise: 4\nprecision: fp17")
    assert len(command(f"eval {write('plan.yaml', broken)} -o json").json["errors"]) == 3


def test_a_tab_or_a_wide_letter_before_the_place_keeps_the_underline_under_it(command, write):
    write("tab.yaml", "{model: llama-3-8b,\tbatch_sise: 4}\n")
    ran = command("eval tab.yaml")
    assert ran.stderr.splitlines()[1:] == [
        "  1 | {model: llama-3-8b,\tbatch_sise: 4}",
        "    |                    \t^^^^^^^^^^ did you mean batch_size?",
    ]
    write("wide.yaml", "{model: 'größer', batch_sise: 4}\n")
    (underline,) = [line for line in command("eval wide.yaml").stderr.splitlines() if "batch_size" in line]
    assert underline == "    |                   ^^^^^^^^^^ did you mean batch_size?"


noise = random.Random(7).randbytes(1_000_000)
broken = {
    "list.yaml": ("- a\n- b\n", "list.yaml:1:1: error: expected a mapping of arguments at the top"),
    "empty.yaml": ("", "empty.yaml: error: expected a mapping of arguments at the top"),
    "open.yaml": ("model: [\n", "open.yaml:2:1: error: not YAML: end of sequence flow not found"),
    "open.json": ('{"model": "llama-3-8b"', "open.json:1:1: error: not JSON: end of map flow not found"),
    "word.yaml": ("llama\n", "word.yaml:1:1: error: expected a mapping of arguments at the top"),
    "noise.yaml": (noise, "noise.yaml:1:"),
    "noise.json": (noise, "noise.json:1:"),
    "zeros.yaml": (b"\0" * 100_000, "zeros.yaml"),
    "deep.yaml": ("model: " + "[" * 100_000, "deep.yaml:"),
    "deep.json": ('{"a":' * 100_000, "deep.json:"),
    "dashes.yaml": ("- " * 100_000, "dashes.yaml:1:"),
    "bom.yaml": (b"\xef\xbb\xbf" + b"batch_sise: 4\nmodel: gpt-3\n", "bom.yaml:1:"),
}


@pytest.mark.parametrize("name", broken)
@pytest.mark.parametrize("line", ["eval {}", "eval {} -o json"])
def test_a_plan_that_can_not_be_read_is_one_error_with_its_place_and_never_a_crash(
    command, write, name, line
):
    content, error = broken[name]
    ran = command(line.format(write(name, content)))
    assert ran.code == 2
    assert "Traceback" not in ran.stderr and "std::" not in ran.stderr
    assert "\x1b" not in ran.stderr and "\0" not in ran.stderr
    if "json" in line:
        assert ran.stderr == ""
        assert ran.json["errors"][0]["place"].startswith(name)
    else:
        assert ran.stdout == ""
        assert ran.stderr.startswith(error)
        assert len(ran.stderr) < 1000


@pytest.mark.parametrize("name", broken)
@pytest.mark.parametrize(
    "line",
    [
        "eval {} h100",
        "eval llama-3-8b {}",
        "zoo check {}",
        "zoo {}",
        "compare {} h100 a100",
        "plot roofline {} h100",
    ],
)
def test_a_model_or_a_device_that_can_not_be_read_exits_2_and_never_crashes(command, write, name, line):
    ran = command(line.format(write(name, broken[name][0])))
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith(name)
    assert "Traceback" not in ran.stderr and "std::" not in ran.stderr


@pytest.mark.parametrize("line", ["eval {}", "eval {} h100", "eval llama-3-8b {}", "zoo {}", "zoo check {}"])
def test_what_is_no_file_is_named_with_the_reason(command, tmp_path, line):
    (tmp_path / "folder.yaml").mkdir()
    for name, why in (
        ("nowhere.yaml", "No such file or directory"),
        ("folder.yaml", "it is a folder"),
        ("no/where.json", "No such file or directory"),
    ):
        ran = command(line.format(name))
        assert (ran.code, ran.stdout) == (2, "")
        assert ran.stderr.startswith(f"{name}: error: can't be read: {why}\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_named_with_the_reason(command, write, tmp_path):
    name = write("plan.yaml", plan)
    (tmp_path / name).chmod(0)
    ran = command(f"eval {name}")
    assert (ran.code, ran.stderr) == (2, "plan.yaml: error: can't be read: Permission denied\n")


config = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_attention_heads": 32,
    "num_hidden_layers": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "torch_dtype": "bfloat16",
    "max_position_embeddings": 8192,
    "rms_norm_eps": 1e-05,
    "rope_theta": 500000.0,
    "tie_word_embeddings": False,
    "hidden_act": "silu",
}


def test_a_config_json_is_a_model_by_its_path(command, write):
    ran = command(
        f"eval {write('config.json', json.dumps(config))} h100 --batch-size 32 --context 2048 -o json"
    )
    assert ran.code == 0
    ours = command("eval llama-3-8b h100 --batch-size 32 --context 2048 -o json").json["result"]
    for key in ("latency_s", "memory_weights_bytes", "memory_kv_cache_bytes"):
        assert ran.json["result"][key] == pytest.approx(ours[key], rel=1e-3)


def test_a_config_without_its_layers_is_refused_by_the_key_it_lacks(command, write):
    write(
        "config.json", json.dumps({key: value for key, value in config.items() if key != "num_hidden_layers"})
    )
    ran = command("eval config.json h100")
    assert ran.code == 2
    assert ran.stderr.startswith("config.json") and "num_hidden_layers" in ran.stderr


def test_a_folder_of_own_devices_joins_the_catalog(command, write, tmp_path):
    write("mychip.yaml", "kind: accelerator\nname: my chip\nlike: h100\n")
    assert command("eval llama-3-8b mychip", MLSYSIM_PATH=str(tmp_path)).lines[0] == "Llama 3 8B on my chip"
    assert "mychip" in command("zoo accelerators", MLSYSIM_PATH=str(tmp_path)).stdout
    ran = command("eval llama-3-8b h100", MLSYSIM_PATH=str(tmp_path / "nowhere"))
    assert ran.code == 2 and "nowhere: error: can't be read" in ran.stderr
