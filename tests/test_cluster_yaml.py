"""cluster.yaml passes Ray's own checks, and those that Ray leaves out."""

import re
from pathlib import Path
from typing import Any

import pytest
import ray
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

ROOT = Path(__file__).resolve().parents[1]
GPU_OF = {"g4dn.2xlarge": (8, 1), "g5.2xlarge": (8, 1)}
"""vCPUs and GPUs of the instance types that workers may have, from AWS's own tables."""
DOLLARS_PER_HOUR = {"m6i.xlarge": 0.20, "g4dn.2xlarge": 0.76, "g5.2xlarge": 1.22}
"""On demand, which spot machines stay below."""
CEILING_DOLLARS_PER_HOUR = 12.0


@pytest.fixture(scope="module")
def raw() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "cluster.yaml").read_text())


@pytest.fixture(scope="module")
def nodes(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return raw["available_node_types"]


def test_ray_accepts_it(raw: dict[str, Any]) -> None:
    validate_config(prepare_config(raw))


def test_the_image_has_the_ray_that_is_installed(raw: dict[str, Any]) -> None:
    image = raw["docker"]["image"]
    assert image == f"rayproject/ray:{ray.__version__}-py311-gpu"


def test_what_is_mounted_is_there(raw: dict[str, Any]) -> None:
    assert raw["file_mounts"]
    for source in raw["file_mounts"].values():
        assert (ROOT / source / "pyproject.toml").exists()


def test_no_machine_is_open_to_the_world(raw: dict[str, Any], nodes: dict[str, Any]) -> None:
    # Without a group of its own, Ray opens port 22 of a node to 0.0.0.0/0.
    assert all(node["node_config"]["SecurityGroupIds"] for node in nodes.values())
    text = (ROOT / "cluster.yaml").read_text()
    assert "0.0.0.0" not in text
    assert any("--dashboard-host=127.0.0.1" in line for line in raw["head_start_ray_commands"])


def test_the_head_is_a_cpu_machine_that_stays_and_workers_are_spot(
    raw: dict[str, Any], nodes: dict[str, Any]
) -> None:
    head = nodes[raw["head_node_type"]]
    assert "InstanceMarketOptions" not in head["node_config"]
    assert head["resources"] == {"CPU": 0}
    for name, node in nodes.items():
        if name != raw["head_node_type"]:
            assert node["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
            assert node["min_workers"] == 0


def test_workers_have_what_they_promise(raw: dict[str, Any], nodes: dict[str, Any]) -> None:
    workers = {name: node for name, node in nodes.items() if name != raw["head_node_type"]}
    assert workers
    for node in workers.values():
        cpus, gpus = GPU_OF[node["node_config"]["InstanceType"]]
        assert node["resources"] == {"CPU": cpus, "GPU": gpus}


def test_the_most_it_can_cost(raw: dict[str, Any], nodes: dict[str, Any]) -> None:
    prices = {
        name: DOLLARS_PER_HOUR[node["node_config"]["InstanceType"]] for name, node in nodes.items()
    }
    dearest = max(prices.values())
    assert prices[raw["head_node_type"]] + raw["max_workers"] * dearest < CEILING_DOLLARS_PER_HOUR
    assert raw["provider"]["cache_stopped_nodes"] is False


def test_it_holds_no_secret() -> None:
    text = (ROOT / "cluster.yaml").read_text()
    assert not re.search(r"AKIA[0-9A-Z]{16}|aws_secret|BEGIN .*PRIVATE KEY", text)
