"""Devices, networks, fleets and places that Python code builds, with the original's arguments, and used in every call."""

import copy
import pickle

import pytest
from mlsysim.hardware.types import ComputeCore, IOInterconnect, MemoryHierarchy

import mlsysim
from mlsysim import (
    CNNWorkload,
    Datacenter,
    Engine,
    Fleet,
    GridProfile,
    Hardware,
    HardwareNode,
    Infra,
    InputError,
    Models,
    NetworkFabric,
    Node,
    RackProfile,
    SparseTransformerWorkload,
    SSMWorkload,
    Systems,
    TransformerWorkload,
    Workload,
    assumptions,
    ureg,
)
from mlsysim.units import Q_

TFLOPs, TB, GB, s = ureg.TFLOPs, ureg.TB, ureg.GB, ureg.second


def device(**more):
    given = {
        "name": "Chip",
        "release_year": 2025,
        "compute": {"peak_flops": 500 * TFLOPs / s, "precision_flops": {"int8": 1000 * TFLOPs / s}},
        "memory": {"capacity": 96 * GB, "bandwidth": 4 * TB / s},
        "tdp": 500 * ureg.W,
        "unit_cost": 20_000 * ureg.dollar,
    }
    return HardwareNode(**(given | more))


def network(**more):
    given = {"name": "Seven", "architecture": "Transformer", "parameters": 7e9 * ureg.param, "layers": 32, "hidden_dim": 4096,
             "heads": 32, "kv_heads": 8}  # fmt: skip
    return TransformerWorkload(**(given | more))


def fleet(**more):
    node = Node(name="Box", accelerator=device(), accelerators_per_node=4, intra_node_bw=600 * GB / s)
    fabric = NetworkFabric(name="Links", topology="fat-tree", bandwidth=50 * GB / s, latency=5 * ureg.us)
    return Fleet(name="Sixteen", node=node, count=16, fabric=fabric, **more)


def test_a_device_is_built_from_dicts_or_from_its_parts():
    parts = device(
        compute=ComputeCore(500 * TFLOPs / s, {"int8": 1000 * TFLOPs / s}),
        memory=MemoryHierarchy(capacity=96 * GB, bandwidth=4 * TB / s),
    )
    assert parts == device()
    assert parts.compute.peak_flops == parts.peak_flops == Q_("500 TFLOP/s")
    assert parts.compute.precision_flops["int8"] == Q_("1000 TFLOP/s")
    assert parts.ridge_point().m_as("flop/byte") == 125.0
    assert parts.dispatch_tax == Q_("0.01 ms")
    assert parts.tdp == parts.power_budget == Q_("500 W")
    assert parts.memory_bw == Q_("4 TB/s")
    assert parts.ram.m_as("GB") == parts.memory_capacity.m_as("GB") == pytest.approx(96)


def test_its_roofline_is_that_of_its_figures():
    # 14 GB over 4 TB/s
    p = Engine.solve(model=network(), hardware=device(), batch_size=1)
    assert (p.bottleneck, p.value("latency_memory")) == ("Memory", pytest.approx(14e9 / 4e12, rel=1e-3))


def test_the_link_to_the_host_has_its_name_and_is_none_where_nothing_is_stated():
    link = device(interconnect=IOInterconnect("PCIe Gen5 x16", 64 * GB / s)).interconnect
    assert (link.name, link.bandwidth) == ("PCIe Gen5 x16", Q_("64 GB/s"))
    assert device().interconnect is None
    assert Hardware.H100.interconnect.bandwidth == Q_("64 GB/s")
    assert device(embodied_carbon_kg=150).embodied_carbon_kg == pytest.approx(150)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: device(compute={"peak_flop": 1}), "compute.peak_flop is not one of .* did you mean peak_flops"),
        (lambda: device(compute={}), "compute.peak_flops is missing"),
        (lambda: device(memory={"capacity": 96 * GB}), "memory.bandwidth is missing"),
        (lambda: device(memory={"capacity": 96, "bandwidth": 4 * TB / s}), "memory.capacity = 96 has no unit; expected .* GiB"),
        (lambda: device(memory={"capacity": 96 * GB, "bandwidth": 4 * TB}), "memory.bandwidth is in byte, expected TB/s"),
        (lambda: device(compute={"peak_flops": 1 * TFLOPs / s, "precision_flops": {"fp12": 1}}), "'fp12' is not one of fp64"),
        (lambda: device(memory=3), "memory must be a MemoryHierarchy or a dict of capacity"),
        (lambda: HardwareNode(name="empty"), "empty: compute is missing"),
        (lambda: network(hiden_dim=3), "hiden_dim is not a field of model; did you mean hidden_dim"),
        (lambda: network(layers=1.5), "layers = 1.5 is out of range"),
        (lambda: network(heads=30), "hidden_dim = 4096 is not a multiple of heads = 30"),
        (lambda: Workload("x", "transfomer"), "'transfomer' is not one of .* did you mean transformer"),
        (lambda: Workload("x"), "x: architecture is missing"),
        (lambda: CNNWorkload("x", inference_flops=4e9), "inference_flops = 4000000000.0 has no unit"),
        (lambda: NetworkFabric("x"), "x: bandwidth is missing"),
        (lambda: NetworkFabric("x", "web", 1 * GB / s), "topology: \"web\" is not one of fat_tree"),
        (lambda: Node("x", network(), 8), "accelerator must be an accelerator of the catalog or an object like it"),
        (lambda: Node("x", device(), 8, intra_node_bw=3), "intra_node_bw = 3 is not a bandwidth"),
        (lambda: GridProfile("x", 20, 0.9, 0), "pue = 0.9 is out of range: at least 1"),
        (lambda: network().get_kv_cache_size(100, 1, 3 * ureg.byte), "precision = 3.* is neither the name of a number format"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_by_its_name(make, why):
    with pytest.raises(InputError, match=why):
        make()


def test_7_billion_parameters_of_16_bits_are_14_gb_and_train_in_112_gb_and_activations():
    seven = network()
    assert seven.size_in_bytes() == Q_("14 GB")
    assert seven.size_in_bytes(1 * ureg.byte) == Q_("7 GB")
    # 34 bytes of 2,048 tokens, 4,096 wide, 32 layers
    assert seven.training_memory(batch_size=1, seq_len=2048).m_as("byte") == pytest.approx(16 * 7e9 + 34 * 2048 * 4096 * 32)
    assert seven.get_kv_cache_size(4096, 1).m_as("byte") == 2 * 32 * 8 * 128 * 4096 * 2


def test_one_pass_is_lowered_to_operations_and_weights():
    with assumptions.using("mlsysim-0.1"):
        graph = network().lower(2 * ureg.byte)
    assert (graph.name, graph.layers, graph.parameter_count) == ("Seven", 32, 7e9)
    assert graph.total_ops.m_as("flop") == pytest.approx(14e9)
    assert graph.arithmetic_intensity.m_as("flop/byte") == pytest.approx(1.0)


def test_a_cnn_a_mixture_of_experts_and_a_state_space_model():
    image = CNNWorkload(name="Image", architecture="CNN", parameters=25e6 * ureg.param, inference_flops=8e9 * ureg.flop, layers=50)
    assert Engine.solve(image, device()).value("work") == pytest.approx(8e9)
    experts = SparseTransformerWorkload("Experts", parameters=47e9, active_parameters=13e9, layers=32, hidden_dim=4096, heads=32,
                                        experts=8, active_experts_per_token=2)  # fmt: skip
    assert experts.active_experts_per_token == 2
    assert Engine.solve(experts, Hardware.B200).value("work") == pytest.approx(2 * 13e9, rel=1e-3)
    state = SSMWorkload("State", parameters=1e9, layers=24, hidden_dim=768, state_size=16)
    assert state.get_state_cache_size(8).m_as("byte") == 8 * 24 * 768 * 16 * 2


def test_an_encoder_counts_samples_and_a_decoder_tokens():
    assert network(inference_flops=14e9 * ureg.flop).forward_unit == "token"
    assert network(inference_flops=90e9 * ureg.flop).forward_unit == "sample"


def test_entries_of_the_catalog_are_of_the_same_types():
    assert type(Models.Llama3_8B) is TransformerWorkload and type(Models.ResNet50) is CNNWorkload
    assert type(Systems.Research_256) is Fleet and type(Infra.Quebec) is GridProfile
    assert type(Systems.DGX_H100) is Node and type(Systems.Fabrics.InfiniBand_NDR) is NetworkFabric


def test_a_fleet_of_the_catalog_shows_its_node_its_device_and_its_fabric():
    research = Systems.Clusters.Research_256
    assert (research.count, research.total_accelerators) == (32, 256)
    assert research.node == Systems.Nodes.DGX_H100 and research.node.accelerator == Hardware.H100
    assert research.fabric == Systems.Fabrics.Ethernet_100G
    assert (research.node.accelerators_per_node, research.node.intra_node_bw) == (8, Q_("900 GB/s"))
    assert research.fabric.oversubscription_ratio == 1.0
    assert research.effective_pue == Infra.US_Avg.pue


def test_a_built_fleet_trains_costs_and_keeps_the_sources_of_its_parts():
    mine = fleet()
    assert (mine.total_accelerators, mine.node.intra_node_bw) == (64, Q_("600 GB/s"))
    trained = mlsysim.DistributedModel().solve(network(), mine, batch_size=64)
    assert trained.parallelism["dp"] == 64
    of_h100 = Fleet("H", Node("N", Hardware.H100, 8), 4, Systems.Fabrics.InfiniBand_NDR)
    assert of_h100.figure("node.accelerator.memory.bandwidth")["source"] == Hardware.H100.figure("memory.bandwidth")["source"]


def test_a_fleet_costs_what_the_place_costs_where_it_was_built_to_stand():
    here = GridProfile(name="Here", carbon_intensity_g_kwh=50, pue=1.1, wue=0.5, primary_source="wind", renewable_pct=90)
    ask = mlsysim.SustainabilityModel().solve
    assert ask(fleet(region=here), 30).region_name == "Here"
    assert ask(fleet(region=here), 30) == ask(fleet(), 30, here)
    assert ask(fleet(region=here), 30, Infra.Quebec).region_name == Infra.Quebec.name
    assert (here.carbon_kg(100), here.wue, here.renewable_pct, here.primary_source) == (
        pytest.approx(5), pytest.approx(0.5), 90, "wind",
    )  # fmt: skip
    building = Datacenter(name="Building", grid=here, pue_override=1.05)
    assert (building.pue, building.grid, building.carbon_intensity_g_kwh) == (1.05, here, 50)
    in_it = ask(fleet(datacenter=building), 30)
    assert in_it.pue == 1.05
    assert in_it.value("total_energy_kwh") == pytest.approx(ask(fleet(region=here), 30).value("total_energy_kwh") * 1.05 / 1.1)
    assert RackProfile("Dense", power_kw=70, cooling_type="liquid").power_kw == 70


def test_a_price_that_a_grid_does_not_state_is_that_of_the_us_average():
    assert GridProfile("Here", 50, 1.1, 0.5).electricity_price == Infra.US_Avg.electricity_price
    assert GridProfile("Here", 50, 1.1, 0.5, electricity_price="0.05 USD/kWh").electricity_price == Q_("0.05 USD/kWh")


def test_a_copy_changes_a_part_the_way_the_original_does():
    h100 = Hardware.H100
    faster = h100.model_copy(update={"memory": h100.memory.model_copy(update={"bandwidth": 8 * TB / s})})
    assert (faster.memory.bandwidth, faster.memory.capacity) == (Q_("8 TB/s"), h100.memory.capacity)
    core = h100.compute.model_copy(update={"peak_flops": 2000 * TFLOPs / s})
    assert h100.model_copy(update={"compute": core}).peak_flops == Q_("2000 TFLOP/s")
    bigger = fleet().model_copy(update={"count": 32})
    assert bigger.total_accelerators == 128
    assert h100.model_copy(update={"tdp": 600 * ureg.W}).tdp == Q_("600 W")


@pytest.mark.parametrize("made", [device(), network(), fleet(), Datacenter("B", Infra.Quebec, 1.05)], ids=repr)
def test_what_was_built_survives_copy_and_pickle_and_is_dumped(made):
    for twin in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert twin == made and type(twin) is type(made)
    assert made.model_dump()["name"] == made.name
    assert made.model_dump_json().startswith('{"name": "')
