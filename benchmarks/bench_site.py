"""Whole sites, and long address plans, as processes: beside a bare `suggest`, and beside what NetBox does."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path

import netaddr
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import sn_planner as sn

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)


def address_plan(folder: Path, count: int) -> Path:
    """A CSV of so many networks of /26 to /29 in 10.0.0.0/8, at places that look random and never change."""
    rng, path = random.Random(count), folder / f"{count}.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("prefix", "status"))
        for _ in range(count):
            network = netaddr.IPNetwork((0x0A000000 + (rng.getrandbits(24) & ~63), rng.randint(26, 29)))
            writer.writerow((network.cidr, "active"))
    return path


def site_file(folder: Path, clusters: int, in_use: str = "[]") -> Path:
    """A site of so many clusters with two networks each."""
    rng, path = random.Random(clusters), folder / f"site-{clusters}.yaml"
    rows = "".join(
        f"  - {{name: c{number}, nodes: {rng.randint(3, 12)}, disks_per_node: {rng.randint(1, 4)}, images: 10, "
        "networks: {storage-network: {vlan: 7}, rwx-network: {vlan: 8}}}\n"
        for number in range(clusters)
    )
    text = f"pools: [10.0.0.0/8]\nin_use: {in_use}\ndefaults: {{harvester: 1.8.2, cluster_network: storage}}\n"
    path.write_text(f"{text}clusters:\n{rows}", encoding="utf-8")
    return path


@pytest.mark.benchmark(group="1,000 clusters with two networks each, from file to JSON")
@pytest.mark.parametrize("what", ["a bare suggest", "site", "site, 100,000 networks in use", "reading these alone"])
def test_site(benchmark: BenchmarkFixture, what: str, installed: Callable[..., None], tmp_path: Path) -> None:
    """A process each, as `pip install .` leaves it."""
    plan = address_plan(tmp_path, 100_000)
    site = site_file(tmp_path, 1000, f"{{file: {plan.name}}}" if "in use" in what else "[]")
    command = {
        "a bare suggest": ["-m", "sn_planner", "suggest", "--nodes", "5", "--disks-per-node", "2"],
        "reading these alone": ["-c", f"import sn_planner; sn_planner.read_networks({str(plan)!r})"],
    }.get(what, ["-m", "sn_planner", "site", str(site), "--format", "json"])
    benchmark.pedantic(lambda: installed(*command), rounds=3, warmup_rounds=1)


def ours(path: Path) -> object:
    """Reading the file, and the best range with its reasons."""
    return sn.suggest(EXAMPLE, pools=["10.0.0.0/8"], in_use=sn.read_networks(path)).best


def with_netaddr(path: Path) -> object:
    """The first free /26 as NetBox finds it: the set of the prefixes taken from that of the pool."""
    with path.open(encoding="utf-8", newline="") as stream:
        taken = netaddr.IPSet(row["prefix"] for row in csv.DictReader(stream))
    free = netaddr.IPSet(["10.0.0.0/8"]) - taken
    return next(block for block in free.iter_cidrs() if block.prefixlen <= 26)


@pytest.mark.benchmark(group="a range among 20,000 networks of a file")
@pytest.mark.parametrize("peer", [ours, with_netaddr], ids=["sn_planner", "netaddr.IPSet"])
def test_a_range_in_a_long_plan(benchmark: BenchmarkFixture, peer: Callable[[Path], object], tmp_path: Path) -> None:
    """From the file to a range."""
    path = address_plan(tmp_path, 20_000)
    benchmark.pedantic(lambda: peer(path), rounds=3)
