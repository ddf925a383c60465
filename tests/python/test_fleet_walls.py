"""Walls 8, 9, 10 and 16 from Python: names, positional order, data sets and storages as objects."""

import pytest

import mlsysim
from mlsysim import (
    DataModel,
    Datasets,
    NetworkFabric,
    OrchestrationModel,
    Systems,
    TopologyModel,
    TransformationModel,
)


@pytest.mark.parametrize(("model", "number"), [(DataModel, 8), (TransformationModel, 9), (TopologyModel, 10), (OrchestrationModel, 16)])
def test_item_055_each_has_its_number_among_the_twenty_two(model, number):
    assert model.numbers == (number,)


def test_arguments_by_position_are_those_of_the_original():
    assert DataModel().solve("1 GB/s", "h100").utilization == pytest.approx(1 / 7)
    assert TransformationModel().solve(256, "500 KB", "2 GB/s", "50 ms").slowdown_factor == pytest.approx(1.28)
    assert TopologyModel().solve("infiniband-ndr", "ring", 8).bisection_bw.m_as("GB/s") == pytest.approx(100)
    assert OrchestrationModel().solve("research-256", 0.4, 2).avg_wait_time_days.m_as("day") == pytest.approx(8)


def test_item_033_littles_law_sizes_the_prefetching_2_gb_a_second_for_150_ms_are_300_reads_of_1_mb():
    # 2e9 x 0.150 / 1e6, and each read streams for 1e6 / 87.5e6 s more: 22.9
    answer = DataModel().solve("2 GB/s", "h100", storage="s3", fabric="100g", read_size="1 MB")
    assert answer.reads_needed == 323


def test_data_sets_and_storages_are_objects_and_names():
    by_object = DataModel().solve(hardware="h100", sample_rate=1000, dataset=Datasets.ImageNet, storage=Systems.Storage.NVMe_Gen4)
    by_name = DataModel().solve(hardware="h100", sample_rate=1000, dataset="imagenet", storage="nvme-gen4")
    assert by_object.demand_bw == by_name.demand_bw and by_object.supply_bw == by_name.supply_bw
    assert Datasets.CIFAR10.samples == 50_000


def test_a_fabric_of_ones_own_needs_its_switches_for_a_fat_tree_and_not_for_a_torus():
    torus = NetworkFabric("own", "torus", bandwidth="50 GB/s", latency="1 us")
    assert TopologyModel().solve(torus, num_nodes=64).topology == "torus_3d"
    tree = NetworkFabric("own", bandwidth="50 GB/s", latency="1 us")
    with pytest.raises(mlsysim.InputError, match="switch_ports"):
        TopologyModel().solve(tree)
    assert TopologyModel().solve(NetworkFabric("own", bandwidth="50 GB/s", latency="1 us", switch_ports=64)).hops_avg == 2
