"""Registries and their entries: names, figures with units, copies, sources."""

import copy
import pickle

import pytest

import mlsysim
from mlsysim import (
    Engine,
    Hardware,
    HardwareNode,
    Infra,
    InputError,
    Models,
    Systems,
    Workload,
    assumptions,
    errors,
)
from mlsysim.units import Q_

h100 = Hardware.H100


@pytest.mark.parametrize("spelling", ["H100", "h100", "H100_SXM", "h100_sxm_80gb", "H100_80GB", "h100sxm5"])
def test_a_device_has_many_names_and_is_one(spelling):
    assert getattr(Hardware, spelling) == Hardware[spelling] == Hardware.Cloud.H100 == Hardware.H100


def test_item_057_flat_and_grouped_paths_of_the_original_lead_to_the_same_entries():
    assert Hardware.A100 == Hardware.Cloud.A100
    assert Hardware.nRF52840 == Hardware.Tiny.nRF52840
    assert Models.Llama3_8B == Models.Language.Llama3_8B
    assert Models.ResNet50 == Models.Vision.ResNet50
    assert Models.DS_CNN == Models.Tiny.DS_CNN
    assert Infra.Quebec == Infra.Grids.Quebec
    assert Systems.Research_256 == Systems.Clusters.Research_256
    assert Systems.DGX_H100 == Systems.Nodes.DGX_H100
    assert Hardware.Networks.InfiniBand_NDR == Systems.Fabrics.InfiniBand_NDR
    assert Hardware.Edge.Generic_Phone == Hardware.Mobile.iPhone15Pro
    assert (Infra.Racks.Traditional.power_kw, Infra.Racks.AI_Standard.cooling_type) == (12.0, "liquid")


def test_kinds_are_their_own_types():
    assert type(h100) is HardwareNode and isinstance(Models.Llama3_8B, Workload)
    assert (h100.kind, Models.Llama3_8B.kind, Infra.Quebec.kind, Systems.Research_256.kind) == (
        "accelerator",
        "model",
        "grid",
        "fleet",
    )


def test_an_entry_in_another_group_is_refused_with_where_it_is():
    with pytest.raises(AttributeError, match="Hardware.Tiny has no 'H100': it is Hardware.Cloud.H100"):
        Hardware.Tiny.H100


def test_a_misspelt_name_is_an_attribute_error_with_the_nearest():
    with pytest.raises(
        AttributeError, match="Hardware has no 'h1OO': no accelerator is called \"h1OO\"; did you mean H100"
    ):
        Hardware.h1OO
    assert not hasattr(Hardware, "Nonsense9000")


def test_the_same_by_key_is_a_lookup_error():
    with pytest.raises(errors.LookupError, match="did you mean H100"):
        Hardware["h1OO"]


def test_a_registry_lists_counts_and_completes():
    assert len(Hardware) == len(list(Hardware)) >= 27
    assert len(Hardware.Cloud) < len(Hardware)
    assert {"H100", "Cloud", "Tiny", "list"} <= set(dir(Hardware))
    assert "H100" in dir(Hardware.Cloud) and "nRF52840" not in dir(Hardware.Cloud)
    assert repr(Hardware).startswith(f"<Hardware: {len(Hardware)} entries; ")


def test_every_entry_is_found_by_its_id_and_its_path():
    for registry in (Hardware, Models, Infra):
        for entry in registry:
            assert registry[entry.id] == entry
            assert entry.name


def test_a_list_is_sorted_by_a_figure_and_those_without_it_come_last():
    devices = Hardware.list(sort_by="compute.fp8_dense", reverse=True)
    rates = [device.compute.peak("fp8") for device in devices]
    stated = [rate for rate in rates if rate is not None]
    assert 0 < len(stated) < len(devices)
    assert rates[: len(stated)] == sorted(stated, reverse=True)
    assert len(devices) == len(Hardware.list()) == len(Hardware)


def test_a_list_by_a_figure_that_no_entry_has_is_refused():
    with pytest.raises(InputError, match="memory.bandwith is not a figure of Hardware"):
        Hardware.list(sort_by="memory.bandwith")
    assert Systems.list(sort_by="bandwidth_one_way", reverse=True)[0].kind == "fabric"


def test_figures_are_quantities_and_what_is_not_stated_is_none():
    assert h100.memory.bandwidth == Q_("3.35 TB/s")
    assert str(h100.memory.bandwidth) == "3.35 TB/s"
    assert h100.memory.capacity == Q_("80 GiB")
    assert h100.tdp == Q_("700 W")
    assert h100.memory.flash_capacity is None
    assert Models.Llama3_8B.layers == 32 and type(Models.Llama3_8B.layers) is int
    assert Models.Llama3_8B.architecture == "transformer"


def test_rates_go_by_number_format():
    assert h100.compute.peak_flops == h100.compute.peak("fp16") == Q_("989.4 TFLOP/s")
    assert h100.compute.precision_flops["fp8"] == Q_("1978.9 TFLOP/s")
    assert "int4" not in h100.compute.precision_flops
    assert Hardware.Coral.compute.peak_flops == Hardware.Coral.compute.peak(
        "int8"
    )  # it computes in nothing else


def test_the_ridge_point_is_peak_over_bandwidth():
    assert h100.ridge_point().m_as("flop/byte") == pytest.approx(989.4 / 3.35)


def test_a_token_adds_131072_bytes_to_the_cache_of_llama_3_8b():
    assert Models.Llama3_8B.kv_bytes_per_token == Q_("131072 byte")
    assert Models.ResNet50.kv_bytes_per_token is None


@pytest.mark.parametrize("path", ["foo", "memory.foo", "compute.fp3_dense"])
def test_a_figure_that_no_device_has_is_an_attribute_error(path):
    with pytest.raises(AttributeError, match="accelerator h100-sxm-80gb has no figure"):
        h100.figure(path)


def test_a_figure_has_its_source():
    figure = h100.figure("memory.bandwidth")
    assert figure["value"] == 3.35e12
    assert figure["kind"] == "stated"
    assert "H100" in figure["source"] and figure["url"].startswith("https://")
    assert figure["where"] and figure["read"] > "2026"


def test_a_dict_of_an_entry_has_every_figure_in_base_units():
    entry = h100.to_dict()
    assert (entry["kind"], entry["id"], entry["registry"]) == ("accelerator", "h100-sxm-80gb", "Cloud.H100")
    assert entry["figures"]["memory.bandwidth"]["value"] == 3.35e12
    assert entry["figures"]["memory.bandwidth"]["unit"] == "byte/s"
    assert dict(h100)["memory.bandwidth"] == Q_("3.35 TB/s")


def test_an_entry_is_frozen_hashable_and_shown():
    with pytest.raises(AttributeError, match="an entry is frozen: use model_copy"):
        h100.name = "mine"
    assert {h100, Hardware.Cloud.H100} == {h100}
    assert repr(h100) == "<accelerator NVIDIA H100 SXM5 80 GB>"
    html = h100._repr_html_()
    assert html.startswith("<table><caption>NVIDIA H100 SXM5 80 GB</caption>")
    assert "<td>memory.bandwidth</td><td>3.35 TB/s</td><td>stated</td>" in html


def test_a_name_with_a_bracket_is_escaped_in_html():
    assert "<b>" not in h100.model_copy(update={"name": "<b>mine</b>"})._repr_html_()


@pytest.mark.parametrize(
    "entry",
    [h100, Models.Llama3_8B, h100.model_copy(update={"name": "mine", "memory.bandwidth": "8 TB/s"})],
    ids=repr,
)
def test_an_entry_survives_copy_and_pickle(entry):
    for twin in (copy.copy(entry), copy.deepcopy(entry), pickle.loads(pickle.dumps(entry))):
        assert twin == entry and repr(twin) == repr(entry)


@pytest.mark.parametrize("bandwidth", ["8 TB/s", "8000 GB/s", 8, 8.0, Q_("8 TB/s"), Q_("8e12 byte/s")])
def test_a_copy_takes_quantities_text_and_numbers(bandwidth):
    mine = h100.model_copy(update={"name": "mine", "memory.bandwidth": bandwidth})
    assert (mine.name, mine.memory.bandwidth.m_as("TB/s")) == ("mine", 8.0)
    assert mine.memory.capacity == h100.memory.capacity
    assert mine != h100
    assert h100.memory.bandwidth == Q_("3.35 TB/s")
    assert Engine.solve("llama-3-8b", mine).latency < Engine.solve("llama-3-8b", h100).latency


def test_a_copy_can_leave_a_figure_unstated_and_change_a_choice():
    assert h100.model_copy(update={"memory.bandwidth": None}).memory.bandwidth is None
    assert Models.Llama3_8B.model_copy(update={"architecture": "hybrid"}).architecture == "hybrid"
    assert h100.model_copy() == h100


@pytest.mark.parametrize(
    ("entry", "path", "value", "why"),
    [
        (h100, "memory.bandwith", 8, "memory.bandwith is not a field of accelerator"),
        (h100, "memory.bandwidth", "8 TB", "memory.bandwidth is in byte, expected TB/s"),
        (h100, "memory.bandwidth", Q_("8 TB"), "memory.bandwidth is in byte, expected TB/s"),
        (h100, "memory.bandwidth", "fast", "memory.bandwidth: 'fast' is not a quantity in TB/s"),
        (h100, "memory.bandwidth", [8], r"\[8\] is neither a number nor a quantity"),
        (h100, "memory.bandwidth", -1, "memory.bandwidth = -1 is out of range: above 0 TB/s"),
        (h100, "memory.bandwidth", 0, "memory.bandwidth = 0 is out of range: above 0 TB/s"),
        (h100, "memory.bandwidth", float("nan"), "memory.bandwidth = nan is out of range: above 0 TB/s"),
        (Models.Llama3_8B, "layers", 1.5, "layers = 1.5 is out of range: a whole number, at least 1"),
        (Models.Llama3_8B, "architecture", "cobweb", 'architecture: "cobweb" is not one of transformer'),
    ],
)
def test_a_copy_refuses_what_no_figure_can_be(entry, path, value, why):
    with pytest.raises(InputError, match=why):
        entry.model_copy(update={path: value})


def test_an_entry_follows_the_assumptions_in_force():
    ours, original = Models.ResNet50.inference_flops, Q_("4.1 GFLOP")
    with assumptions.using("mlsysim-0.1"):
        assert Models.ResNet50.inference_flops == original
    assert Models.ResNet50.inference_flops == ours != original


def test_a_device_of_a_file_is_used_by_path_and_has_its_own_figures(tmp_path):
    file = tmp_path / "mychip.yaml"
    file.write_text(
        "kind: accelerator\nname: my chip\nlike: h100\nmemory:\n"
        "  bandwidth: {value: 8 TB/s, kind: stated, source: a plan, where: page 2, read: 2026-11-21}\n"
    )
    mine = Hardware[str(file)]
    assert (mine.name, mine.memory.bandwidth, mine.tdp) == ("my chip", Q_("8 TB/s"), h100.tdp)
    assert mine.figure("memory.bandwidth")["source"] == "a plan"
    assert Engine.solve("llama-3-8b", str(file)) == Engine.solve("llama-3-8b", mine)


def test_everything_public_is_listed_and_imported_by_a_star():
    names = {}
    exec("from mlsysim import *", names)
    for name in (
        "Engine",
        "Hardware",
        "Models",
        "Systems",
        "Infra",
        "SingleNodeModel",
        "InputError",
        "plot_roofline",
        "ureg",
    ):
        assert name in names and name in dir(mlsysim)
    assert not {"importlib", "Any", "annotations"} & set(dir(mlsysim))
    with pytest.raises(AttributeError, match="module 'mlsysim' has no attribute 'Nonsense'"):
        mlsysim.Nonsense
