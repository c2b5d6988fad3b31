"""Every fault of the ranges that a site has in force: those of each alone, and those between them.

Rules: each range is checked like any other, as the setting that its VLAN and cluster network make of it, against its
cluster's demand, the networks in use and the ranges of the other clusters; and it lies in one of the site's pools.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from sn_planner.advice.check import Report, examine
from sn_planner.advice.findings import Finding, Findings
from sn_planner.advice.site import choice_of
from sn_planner.advice.site_faults import is_its_own
from sn_planner.advice.taken import overlapping
from sn_planner.errors import within
from sn_planner.model.cidr import Cidr, parse_cidr
from sn_planner.model.ranges import AddressRange, KeptNetwork
from sn_planner.model.setting import Setting
from sn_planner.model.sites import Site, SiteNetwork, place_of
from sn_planner.model.words import some


def check_site(site: Site) -> Iterator[tuple[str, Report]]:
    """A report for each network that has a range in force, with its cluster and its name.

    >>> from sn_planner.model.cluster import Cluster
    >>> from sn_planner.model.sites import SiteCluster
    >>> own = SiteNetwork(range="10.52.1.0/26")
    >>> fra1 = SiteCluster(name="fra1", cluster=Cluster.uniform(nodes=5, disks_per_node=2), networks=[own])
    >>> [(place, report.ok) for place, report in check_site(Site(pools=["172.20.0.0/16"], clusters=[fra1]))]
    [('fra1 storage-network', False)]
    """
    in_use = dict.fromkeys(site.in_use, "in use")
    ranges: dict[Cidr, dict[str, str]] = {}  # whose each is: place -> cluster
    for cluster, asked in site.networks:
        if asked.range is not None:
            place = place_of(cluster.name, asked.network)
            ranges.setdefault(asked.range.cidr, {})[place] = cluster.name
    every = dict.fromkeys(ranges, "")
    in_order = sorted(in_use), sorted(every)
    for cluster, asked in site.networks:
        if asked.range is None:
            continue
        place = place_of(cluster.name, asked.network)
        others = [
            KeptNetwork(str(cidr), f"the {whose}", "the site")
            for cidr, _ in overlapping(every, in_order[1], asked.range.cidr)
            for whose, home in ranges[cidr].items()
            if whose != place and (home == cluster.name or not site.isolated)
        ]
        for cidr, use in overlapping(in_use, in_order[0], asked.range.cidr):
            if not is_its_own(cidr, asked.range):
                others.append(KeptNetwork(str(cidr), use, "the site"))
        with within(place):
            choice = choice_of(cluster, asked)
        report = examine(_target(asked, asked.range), cluster.cluster, choice, in_use=others)
        yield place, with_pools(report, site)


def _target(asked: SiteNetwork, place: AddressRange) -> Setting | AddressRange:
    if asked.vlan is None or asked.cluster_network is None:
        return place
    return Setting(
        vlan=asked.vlan,
        cluster_network=asked.cluster_network,
        range=place.cidr,
        exclude=place.exclude,
        network=asked.network,
    )


def with_pools(report: Report, site: Site) -> Report:
    """The report, with a finding more where its range lies in no pool of the site."""
    cidr = parse_cidr(report.range)
    if cidr is None or any(pool.first <= cidr.first and cidr.last <= pool.last for pool in site.pools):
        return report
    pools = some([str(pool) for pool in site.pools])
    found = Finding("outside-pools", f"{cidr} lies in none of {pools}", "add its network to the pools")
    return attrs.evolve(report, findings=Findings.sorted([*report.findings, found]))
