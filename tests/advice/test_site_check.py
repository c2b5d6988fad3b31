"""Every fault of a whole site at once."""

from __future__ import annotations

import attrs
from hypothesis import given

import sn_planner as sn
from sn_planner.advice.site_check import check_site
from tests.advice.test_site import FEWER, FRA1, in_force, site_with, sites


def codes(site: sn.Site) -> dict[str, list[str]]:
    """The codes of the errors of every range in force."""
    return {place: [one.code for one in report.findings.errors] for place, report in check_site(site)}


def test_every_fault_is_found_at_once() -> None:
    """Too small, reserved, outside the pools, over one another and over what is in use: each where it stands."""
    site = site_with(
        small={"range": "172.20.0.0/28", "nodes": 9},
        reserved={"range": "10.52.0.0/26"},
        one={"range": "172.20.0.64/26"},
        other={"range": "172.20.0.96/27", "vlan": 1, "cluster_network": "mgmt"},
        used={"range": "172.20.2.0/26"},
        well={"range": "172.20.2.64/26"},
        planned={},
    )
    assert codes(attrs.evolve(site, in_use=["172.20.2.0/27"])) == {
        "small storage-network": ["range-too-small", "webhook-size"],
        "reserved storage-network": ["overlaps-reserved", "outside-pools"],
        "one storage-network": ["overlaps-in-use"],
        "other storage-network": ["vlan-not-allowed-on-mgmt", "overlaps-in-use"],
        "used storage-network": ["overlaps-in-use"],
        "well storage-network": [],
    }


def test_whose_range_is_overlapped_is_said() -> None:
    """The message names the cluster and the network, and isolated clusters do not disturb each other."""
    site = site_with(one={"range": "172.20.0.0/25"}, other={"range": "172.20.0.0/25"})
    (_, report), _ = check_site(site)
    assert report.findings[0].message == "172.20.0.0/25 overlaps 172.20.0.0/25, the other storage-network"
    assert codes(attrs.evolve(site, isolated=True)) == {"one storage-network": [], "other storage-network": []}
    two = attrs.evolve(
        FRA1,
        networks=[
            sn.SiteNetwork(range="172.20.0.0/25"),
            sn.SiteNetwork(network="rwx-network", range="172.20.0.64/26"),
        ],
    )
    alone = attrs.evolve(site, clusters=[two], isolated=True)
    assert list(codes(alone).values()) == [["overlaps-in-use"], ["overlaps-in-use"]]


@FEWER
@given(sites())
def test_a_plan_that_is_put_in_force_has_no_fault(site: sn.Site) -> None:
    """What plan_site plans is well by check --site."""
    plan = sn.plan_site(site)
    there = in_force(site, {(one.cluster, one.network): one.range for one in plan.networks})
    assert all(found == [] for found in codes(there).values())
