"""The webhook by release: each rule is there from its release on, and not one before."""

from __future__ import annotations

from typing import Any

import pytest

import sn_planner as sn
from sn_planner.advice import webhook
from sn_planner.advice.check import examine
from sn_planner.advice.findings import CODES
from sn_planner.model.demand import choose
from sn_planner.model.networks import NETWORKS
from sn_planner.model.releases import RELEASES, release, version
from sn_planner.model.written import Written

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
GOOD: dict[str, Any] = {"cluster_network": "storage", "vlan": 100, "range": "172.16.0.0/24"}
BROKEN: dict[str, dict[str, Any]] = {
    "vlan-out-of-range": {"vlan": 4095},
    "vlan-not-allowed-on-mgmt": {"vlan": 1, "cluster_network": "mgmt"},
    "exclusive-vlan-untagged": {"vlan": 1, "exclusive_vlan": True},
    "not-a-cidr": {"range": "172.16.0.0"},
    "host-bits-set": {"range": "172.16.0.1/24"},
    "not-ipv4": {"range": "fd00::/64"},
    "prefix-too-short": {"range": "172.16.0.0/15"},
    "exclude-not-a-cidr": {"exclude": ["172.16.0.1"]},
    "exclude-prefix-too-short": {"exclude": ["172.16.0.0/8"]},
    "exclude-outside-range": {"exclude": ["172.17.0.0/28"]},
    "exclude-covers-range": {"exclude": ["172.16.0.0/24"]},
    "excludes-overlap": {"exclude": ["172.16.0.0/28", "172.16.0.4/30"]},
    "webhook-size": {"range": "172.16.0.0/28", "cluster": EXAMPLE},
    "overlaps-in-use": {"others": ["172.16.0.0/25"]},
}


def before(since: str) -> list[str]:
    """The releases before one, those where every setting on mgmt is refused left out."""
    return [one.harvester for one in RELEASES if version(one.harvester) < version(since) and one.harvester != "1.4.0"]


@pytest.mark.parametrize("code", webhook.RULES)
def test_a_rule_is_there_from_its_release_on(code: str) -> None:
    """What breaks one rule is refused from the release that brought the rule, and admitted by all before it."""
    since = webhook.RULES[code].since
    broken = GOOD | BROKEN[code]
    assert webhook.refusal(**broken) == code
    for one in RELEASES:
        if version(one.harvester) >= version(since):
            assert webhook.refusal(**broken, harvester=one.harvester) == code
    for harvester in before(since):
        assert webhook.refusal(**broken, harvester=harvester) is None, harvester


def test_every_rule_has_a_case_and_a_finding() -> None:
    """The cases above break every rule there is, and each stands in the table of findings as an error."""
    assert BROKEN.keys() == webhook.RULES.keys()
    assert {CODES[code][0] for code in webhook.RULES} == {"error"}
    assert all(rule.source.startswith("[C harvester") for rule in webhook.RULES.values())


@pytest.mark.parametrize(("harvester", "code"), [("1.4.3", "vlan-out-of-range"), ("1.5.0", None), (None, None)])
def test_untagged_since_1_5(harvester: str | None, code: str | None) -> None:
    """VLAN 0, or none, is refused up to 1.4 and accepted since (harvester pull 7422)."""
    assert webhook.refusal(**GOOD | {"vlan": 0}, harvester=harvester) == code
    text = '{"clusterNetwork":"storage","range":"172.16.0.0/26"}'
    report = examine(text, choice=choose(harvester=harvester))
    assert report.admitted is (code is None)
    assert ("untagged" if code is None else code) in {finding.code for finding in report.findings}


@pytest.mark.parametrize(("harvester", "admitted"), [("1.3.2", True), ("1.4.0", False), ("1.4.1", True)])
def test_1_4_0_refuses_mgmt(harvester: str, admitted: bool) -> None:
    """1.4.0 alone refuses every setting on mgmt; the finding says which release mended it."""
    setting = sn.Setting(**GOOD | {"cluster_network": "mgmt"})
    report = examine(setting, choice=choose(harvester=harvester))
    assert report.admitted is admitted
    assert (webhook.refusal(**GOOD | {"cluster_network": "mgmt"}, harvester=harvester) is None) is admitted
    assert [one.fix for one in report.findings.errors] == (
        [] if admitted else ["use another cluster network, or upgrade first: 1.4.1 mended it"]
    )


def test_a_padded_prefix_is_read_again_since_1_5() -> None:
    """The parser that refuses /024 runs only where excludes are looked at."""
    padded = GOOD | {"range": "172.16.0.0/024", "exclude": ["172.16.0.1/32"]}
    assert webhook.refusal(**padded, harvester="1.4.3") is None
    assert webhook.refusal(**padded, harvester="1.5.0") == "not-a-cidr"


@pytest.mark.parametrize(("harvester", "found"), [("1.1.3", True), ("1.2.2", False), ("1.4.3", False), ("1.5.0", True)])
def test_a_bare_exclude_is_a_fault_where_it_is_not_read(harvester: str, found: bool) -> None:
    """Whereabouts reads one since 0.6.3, Harvester refuses it since 1.5: between the two nothing is wrong with it."""
    report = examine(sn.Setting(**GOOD | {"exclude": ["172.16.0.1"]}), choice=choose(harvester=harvester))
    assert ("exclude-not-a-cidr" in {finding.code for finding in report.findings}) is found
    malformed = examine(sn.Setting(**GOOD | {"exclude": ["gateway"]}), choice=choose(harvester=harvester))
    assert "exclude-not-a-cidr" in {finding.code for finding in malformed.findings}


@pytest.mark.parametrize(
    ("network", "cluster", "minimum", "since"),
    [
        ("storage-network", EXAMPLE, 5 * (2 + 2 * 2), "1.5.0"),
        ("vm-migration-network", EXAMPLE, 5, "1.6.0"),
        ("rwx-network", EXAMPLE, 5 + 32, "1.8.0"),
    ],
)
def test_each_network_has_a_size_of_its_own(network: str, cluster: sn.Cluster, minimum: int, since: str) -> None:
    """The size rule of each network, at its border and at the border of its release."""
    row = NETWORKS[network]
    assert webhook.minimum(cluster, network=row) == minimum
    halves = ["10.0.0.0/25", "10.0.0.128/25"]
    spare = sn.AddressRange("10.0.0.0/25").usable - minimum
    exclude = [f"10.0.0.{last}/32" for last in range(1, spare + 1)]
    fits: dict[str, Any] = {"range": halves[0], "exclude": exclude, "cluster": cluster, "vlan": 9, "network": network}
    assert webhook.refusal(**fits) is None
    small = fits | {"exclude": [*exclude, f"10.0.0.{spare + 1}/32"]}
    assert webhook.refusal(**small) == webhook.refusal(**small, harvester=since) == "webhook-size"
    assert webhook.refusal(**small, harvester=before(since)[-1]) is None


@pytest.mark.parametrize(("harvester", "extra"), [("1.7.3+rwx", 0), ("1.8.0+rwx", 37), ("1.8.0", 0)])
def test_shared_rwx_counts_since_1_8(harvester: str, extra: int) -> None:
    """Where RWX volumes share the storage network the webhook wants a node's and 32 more, since 1.8."""
    report = examine("172.16.0.0/26", EXAMPLE, choose(harvester=harvester))
    assert report.admitted is (30 + extra <= 62)
    refusal = webhook.refusal(range="172.16.0.0/26", vlan=9, cluster=EXAMPLE, harvester=harvester)
    assert (refusal == "webhook-size") is bool(extra)


def test_a_finding_tells_the_release_of_its_rule() -> None:
    """Findings of the webhook's rules say since which release it refuses that."""
    text = '{"vlan":1,"clusterNetwork":"mgmt","range":"172.16.0.0/15","exclude":["172.18.0.0/28"]}'
    messages = {one.code: one.message for one in sn.check(text, EXAMPLE)}
    for code in ("vlan-not-allowed-on-mgmt", "prefix-too-short", "exclude-outside-range"):
        assert messages[code].endswith("(refused since Harvester 1.5.0)")
    assert {one.code for one in sn.check(text, harvester="1.3.2")} & webhook.RULES.keys() == set()


MANIFEST = """\
apiVersion: harvesterhci.io/v1beta1
kind: Setting
metadata:
  name: {name}
value: '{value}'
"""
RWX = '{"share-storage-network":false,"network":{"vlan":200,"clusterNetwork":"storage","range":"172.20.0.0/28"}}'
MIGRATION = '{"vlan":202,"clusterNetwork":"storage","range":"172.20.0.0/30"}'


@pytest.mark.parametrize(
    ("name", "value", "usable", "required"),
    [("rwx-network", RWX, 14, 37), ("vm-migration-network", MIGRATION, 2, 5)],
)
@pytest.mark.parametrize("asked", [False, True])
def test_other_networks_are_judged_by_their_own_formula(
    name: str, value: str, usable: int, required: int, asked: bool
) -> None:
    """A manifest says whose it is; its profile, asked for or not, is that network's."""
    choice = choose(name) if asked else None
    report = examine(MANIFEST.format(name=name, value=value), EXAMPLE, choice)
    assert (report.network, report.usable, report.required) == (name, usable, required)
    assert {"range-too-small", "webhook-size"} <= {one.code for one in report.findings}
    assert "insignificant-characters" not in {one.code for one in report.findings}


def test_a_bare_value_is_of_the_network_whose_profile_was_asked_for() -> None:
    """The migration network's value looks like the storage network's: the profile tells them apart."""
    assert examine(MIGRATION, EXAMPLE).network == "storage-network"
    assert examine(MIGRATION, EXAMPLE, choose("vm-migration-network")).network == "vm-migration-network"
    assert examine(RWX, EXAMPLE).network == "rwx-network"


def test_a_profile_of_another_network_is_refused() -> None:
    """A setting is not held against the formula of another network."""
    with pytest.raises(sn.BadInput, match="sizes the vm-migration-network, not the rwx-network"):
        sn.check(RWX, EXAMPLE, profile="vm-migration-network")
    with pytest.raises(sn.BadInput, match="sizes the storage-network, not the rwx-network"):
        sn.check(RWX, EXAMPLE, profile="classic")


def test_a_setting_of_no_network_names_those_there_are() -> None:
    """Another setting's manifest, and Longhorn's of the same name, are refused in one line."""
    known = "holds no Setting named storage-network, rwx-network, vm-migration-network"
    with pytest.raises(sn.BadInput, match=f"manifest 'overcommit-config' {known}"):
        sn.check(MANIFEST.format(name="overcommit-config", value="{}"))
    longhorn = MANIFEST.format(name="storage-network", value="harvester-system/storagenetwork-abcde")
    with pytest.raises(
        sn.BadInput, match="Longhorn's, .* kubectl get settings.harvesterhci.io storage-network -o yaml"
    ):
        sn.check(longhorn.replace("harvesterhci.io/v1beta1", "longhorn.io/v1beta2"))


def test_a_disabled_network_is_valid() -> None:
    """Without a value the network is disabled: Harvester accepts that, and nothing else is judged."""
    manifest = MANIFEST.replace("value: '{value}'\n", "").format(name="storage-network")
    for target in (manifest, manifest + 'value: ""\n', Written("")):
        report = examine(target, EXAMPLE)
        assert [one.code for one in report.findings] == ["disabled"]
        assert (report.range, report.usable, report.admitted, report.ok) == ("", None, True, True)
    shared = examine('{"share-storage-network":true}', EXAMPLE)
    assert [one.code for one in shared.findings] == ["disabled"]
    assert "share the storage-network" in shared.findings[0].message


def test_an_unknown_network_or_release_is_refused() -> None:
    """A name that is none is answered with the nearest, a release with those known."""
    with pytest.raises(sn.BadInput, match="network 'rwx' is unknown"):
        webhook.refusal(**GOOD, network="rwx")
    with pytest.raises(sn.BadInput, match="known are 1.1.0, 1.1.1"):
        webhook.refusal(**GOOD, harvester="0.9")
    with pytest.raises(sn.BadInput, match="shared_rwx 1 is neither true nor false"):
        webhook.refusal(**GOOD, shared_rwx=1)  # type: ignore[arg-type]


def test_lines_and_candidates_have_the_rules_of_their_release() -> None:
    """The candidate of 1.9 has the rules of 1.9, and so has what is later than all known."""
    exclusive = GOOD | {"vlan": 1, "exclusive_vlan": True}
    for harvester in ("1.9", "v1.9.0-rc6", "2.0"):
        assert webhook.refusal(**exclusive, harvester=harvester) == "exclusive-vlan-untagged"
    assert webhook.refusal(**exclusive, harvester="1.8.x") is None
    assert release("1.9")[0].candidate == "1.9.0-rc6"
