"""Findings: each fault is found, with its fix, and none hides another."""

from __future__ import annotations

import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice import webhook
from sn_planner.advice.check import check, examine
from sn_planner.advice.findings import CODES, SEVERITIES, Finding
from sn_planner.interchange.reports.planning import check_document
from sn_planner.interchange.tables import render
from sn_planner.model.cidr import Cidr, parse_cidr
from sn_planner.model.demand import choose
from sn_planner.model.setting import Setting
from sn_planner.model.written import Written
from tests import strategies

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
ONE_NODE = sn.Cluster.uniform(nodes=1, disks_per_node=0)


def codes(target: object, cluster: sn.Cluster | None = None, **circumstances: object) -> list[str]:
    """The codes of all findings but the one about the gateway."""
    found = check(target, cluster, **circumstances)  # type: ignore[arg-type]
    return [finding.code for finding in found if finding.code != "no-gateway-excluded"]


def setting(**parts: object) -> Setting:
    """A setting that is right but for the given parts."""
    return Setting(**({"vlan": 100, "cluster_network": "storage", "range": "172.16.0.0/24"} | parts))  # type: ignore[arg-type]


FAULTS: list[tuple[str, object, dict[str, object]]] = [
    ("profile-assumed", "172.16.0.0/24", {}),
    ("not-a-cidr", "172.16.0.0", {}),
    ("not-a-cidr", "172.16.0.0/24 ", {}),
    ("not-ipv4", "fd00::/64", {}),
    ("host-bits-set", "172.16.0.5/24", {}),
    ("prefix-too-short", "172.16.0.0/15", {}),
    ("overlaps-reserved", "10.52.3.0/26", {}),
    ("overlaps-reserved", "10.53.255.0/26", {}),
    ("overlaps-reserved", "10.54.0.0/16", {}),
    ("overlaps-in-use", "172.16.0.0/24", {"in_use": ["172.16.0.128/25"]}),
    ("overlaps-in-use", "172.16.0.0/24", {"others": ["172.16.0.0/25"]}),
    ("range-too-small", "172.16.0.0/27", {}),
    ("exclude-not-a-cidr", setting(exclude=["172.16.0.1"]), {}),
    ("exclude-not-a-cidr", setting(exclude=["gateway"]), {}),
    ("exclude-prefix-too-short", setting(exclude=["172.16.0.0/8"]), {}),
    ("exclude-outside-range", setting(exclude=["172.17.0.0/28"]), {}),
    ("exclude-covers-range", setting(exclude=["172.16.0.0/24"]), {}),
    ("excludes-overlap", setting(exclude=["172.16.0.0/28", "172.16.0.4/30"]), {}),
    ("no-usable-addresses", "172.16.0.0/31", {}),
    ("vlan-out-of-range", setting(vlan=4095), {}),
    ("vlan-out-of-range", setting(vlan=-1), {}),
    ("vlan-not-allowed-on-mgmt", setting(vlan=1, cluster_network="mgmt"), {}),
    ("setting-not-json", '{"vlan":', {}),
    ("setting-missing-key", '{"vlan":1,"range":"172.16.0.0/24"}', {}),
    ("webhook-size", "172.16.0.0/28", {}),
    ("documented-reserved", "10.42.0.0/24", {}),
    ("upgrade-would-stall", "172.16.0.0/27", {}),
    ("excludes-overlap-unnoticed", setting(exclude=["172.16.0.0/28", "172.16.0.64/28", "172.16.0.4/30"]), {}),
    ("webhook-counts-differ", setting(exclude=["172.16.0.130/25"]), {}),
    ("not-private", "192.0.2.0/24", {}),
    ("insignificant-characters", '{"vlan": 100,"clusterNetwork":"storage","range":"172.16.0.0/24"}', {}),
    ("unknown-key", '{"vlan":1,"clusterNetwork":"x","range":"172.16.0.0/24","gateway":"172.16.0.1"}', {}),
    ("no-gateway-excluded", "172.16.0.0/24", {}),
    ("no-host-range", "0.0.0.0/24", {}),
    ("no-host-range", "127.0.0.0/24", {}),
    ("no-host-range", "224.0.0.0/24", {}),
    ("no-host-range", "255.255.255.0/24", {}),
    ("link-local", "169.254.10.0/24", {}),
    ("exclusive-vlan-untagged", setting(vlan=1, exclusive_vlan=True), {}),
    ("key-of-later-release", setting(exclusive_vlan=True), {"harvester": "1.8.2"}),
    ("key-of-later-release", Written(setting().value.replace("}", ',"rangeV6":"fd00:16::/64"}')), {}),
    ("key-of-later-release", Written(setting().value, "vm-migration-network"), {"harvester": "1.5.2"}),
    ("untagged", setting(vlan=0), {}),
    ("untagged", '{"clusterNetwork":"storage","range":"172.16.0.0/24"}', {}),
    ("disabled", Written(""), {}),
    ("disabled", '{"share-storage-network":true}', {}),
    ("text-in-force", Written(setting().value, hash=setting().sha1), {}),
]


@pytest.mark.parametrize(
    ("code", "target", "circumstances"), FAULTS, ids=[f"{code}-{at}" for at, (code, *_) in enumerate(FAULTS)]
)
def test_each_fault_is_found(code: str, target: object, circumstances: dict[str, object]) -> None:
    """Every code has a target that shows it, with a message and a fix."""
    found = {finding.code: finding for finding in check(target, EXAMPLE, **circumstances)}  # type: ignore[arg-type]
    assert code in found
    assert found[code].message
    assert found[code].fix
    assert f"{found[code].message} {found[code].fix}".isprintable()


def test_every_code_has_a_case() -> None:
    """The cases above show every code there is."""
    of_a_site = {"outside-pools"}  # tests/advice/test_site_check.py
    assert {code for code, *_ in FAULTS} == set(CODES) - of_a_site
    assert {severity for severity, _ in CODES.values()} == set(SEVERITIES)


def test_faults_do_not_hide_each_other() -> None:
    """All faults of a setting come at once, errors first."""
    text = '{"vlan":1, "clusterNetwork":"mgmt","range":"10.52.3.5/28","exclude":["10.52.3.1","10.52.3.8/30"],"x":1}'
    assert codes(text, EXAMPLE, in_use=["10.52.3.0/24"]) == [
        "vlan-not-allowed-on-mgmt",
        "host-bits-set",
        "overlaps-reserved",
        "overlaps-in-use",
        "exclude-not-a-cidr",
        "range-too-small",
        "unknown-key",
        "insignificant-characters",
        "upgrade-would-stall",
        "profile-assumed",
    ]


def test_a_good_range_has_no_findings() -> None:
    """A range that is right, with its gateway excluded, has nothing found against it."""
    assert check(sn.AddressRange("172.16.0.0/26", exclude=["172.16.0.1"]), EXAMPLE, profile="classic") == ()
    assert check(sn.AddressRange("172.16.0.0/26", exclude=["172.16.0.62"]), EXAMPLE, harvester="1.6.1") == ()
    assert codes(ipaddress.ip_network("172.16.0.0/26"), EXAMPLE) == ["profile-assumed"]


@pytest.mark.parametrize(
    ("network", "exclude", "fix"),
    [
        ("172.16.0.0/27", [], "use a /26, like 172.16.0.0/26 where that is free"),
        ("172.16.0.32/27", [], "use a /26, like 172.16.0.0/26 where that is free"),
        ("172.16.0.0/26", ["172.16.0.0/28"], "use a /25, like 172.16.0.0/25 where that is free"),
        ("172.16.0.0/31", [], "use a /26, like 172.16.0.0/26 where that is free"),
    ],
)
def test_too_small_says_which_prefix_would_do(network: str, exclude: list[str], fix: str) -> None:
    """The fix for a too small range is the longest prefix that holds the demand and the excludes."""
    found = {finding.code: finding.fix for finding in check(network, EXAMPLE, exclude=exclude)}
    assert found["range-too-small"] == fix


@pytest.mark.parametrize(
    ("needed", "fix"),
    [
        (2, "use a /30, "),
        (3, "use a /29, "),
        (62, "use a /26, "),
        (63, "use a /25, "),
        (2**16 - 2, "use a /16, "),
        (2**16 - 1, "no range up to a /16 holds that: plan a smaller cluster"),
    ],
)
def test_the_prefix_that_would_do_turns_where_a_range_is_full(needed: int, fix: str) -> None:
    """A demand of exactly what a prefix holds gets that prefix, and one more the next, up to a /16."""
    transfers = sn.Cluster([], images=needed)
    assert sn.demand(transfers).required == needed
    found = {finding.code: finding.fix for finding in check("172.16.0.0/32", transfers)}
    assert found["range-too-small"].startswith(fix)


def test_the_fix_for_a_small_range_is_one_that_harvester_accepts() -> None:
    """Where Harvester wants more than the demand, the prefix advised is one that it does not refuse."""
    found = {finding.code: finding.fix for finding in check("172.16.0.0/29", ONE_NODE, profile="classic+rwx")}
    assert found["webhook-size"].startswith("use a /26, ")  # 32 addresses for RWX volumes, one node or many


@given(strategies.clusters, strategies.ranges_with_excludes(shortest=20))
def test_the_fix_for_a_small_range_mends_it(cluster: sn.Cluster, case: tuple[Cidr, list[str]]) -> None:
    """The range that a fix names has room for the cluster, with the same excludes."""
    network, excludes = case
    for finding in check(str(network), cluster, exclude=excludes):
        sized = finding.code in {"range-too-small", "upgrade-would-stall", "webhook-size"}
        if sized and " like " in finding.fix:
            wider = finding.fix.split(" like ")[1].split()[0]
            again = check(wider, cluster, exclude=excludes)
            assert not {one.code for one in again} & {"range-too-small", "upgrade-would-stall", "webhook-size"}


def test_keys_of_the_wrong_kind_are_all_found() -> None:
    """Each key of the wrong kind is a finding, and the rest is judged as well."""
    text = '{"vlan":"100","clusterNetwork":5,"range":"10.52.0.1/8"}'
    report = examine(text)
    assert [finding.code for finding in report.findings] == [
        "setting-not-json",
        "setting-not-json",
        "host-bits-set",
        "prefix-too-short",
        "overlaps-reserved",
        "overlaps-reserved",
        "overlaps-reserved",
        "documented-reserved",
        "documented-reserved",
        "no-gateway-excluded",
    ]
    assert not report.admitted


def test_messages_are_whole() -> None:
    """A target with a semicolon in it is quoted whole, and the fix stays the fix."""
    (finding,) = check("a; b")
    assert finding.message == "range 'a; b' is not a CIDR"
    assert finding.fix == "write four decimal octets, a slash and a prefix length, like 192.168.0.0/26"


def test_unknown_keys_get_the_nearest() -> None:
    """A misspelt key is answered with the one that was meant."""
    fixes = {finding.code: finding.fix for finding in check('{"vlan":5,"clusterNetwrok":"x","range":"172.16.0.0/24"}')}
    assert fixes["unknown-key"] == "did you mean 'clusterNetwork'?"


def test_releases_newer_than_the_table_are_noted() -> None:
    """A report keeps the note on the choice of the release."""
    assert "planned as 1.9.0" in examine("172.16.0.0/24", choice=choose(harvester="9.0.0")).notes[0]


@given(strategies.clusters, strategies.storage_profiles, strategies.cidrs(shortest=20))
def test_size_findings_follow_the_figures(cluster: sn.Cluster, profile: str, network: Cidr) -> None:
    """Too small below the peak, able to stall below the floor, refused below the webhook's minimum."""
    report = examine(str(network), cluster, choose(profile))
    need = sn.demand(cluster, profile)
    usable = sn.AddressRange(str(network)).usable
    found = {finding.code for finding in report.findings}
    assert (report.usable, report.webhook_usable, report.required) == (usable, usable, need.required)
    assert ("range-too-small" in found) == (usable < need.required)
    assert ("upgrade-would-stall" in found) == (need.can_stall and usable < need.stall_floor)
    minimum = webhook.minimum(cluster, shared_rwx=profile.endswith("+rwx"))
    assert ("webhook-size" in found) == (usable < minimum) == (not report.admitted)


@given(strategies.ranges_with_excludes(shortest=16))
def test_range_findings_follow_the_webhook(case: tuple[Cidr, list[str]]) -> None:
    """What the webhook refuses is an error here too, by the same code."""
    network, excludes = case
    report = examine(str(network), exclude=excludes)
    refused = webhook.refusal(vlan=100, range=str(network), exclude=excludes)
    assert report.admitted == (refused is None)
    assert refused is None or refused in {finding.code for finding in report.findings}


@given(strategies.ranges_with_excludes(shortest=20))
def test_unnoticed_overlaps_are_all_found(case: tuple[Cidr, list[str]]) -> None:
    """Two excludes that overlap and are not neighbours are found, as comparing all pairs finds them."""
    network, excludes = case
    blocks = [parse_cidr(one) or parse_cidr(f"{one}/32") for one in excludes]
    pairs = any(
        one is not None and other is not None and one.overlaps(other)
        for at, one in enumerate(blocks)
        for other in blocks[at + 2 :]
    )
    assert ("excludes-overlap-unnoticed" in codes(str(network), exclude=excludes)) == pairs


def test_host_bits_in_excludes_show_in_both_counts() -> None:
    """An exclude .130/25 leaves the webhook counting 129 addresses and Whereabouts 127 (harvester#6256)."""
    report = examine(setting(exclude=["172.16.0.130/25"]))
    assert (report.webhook_usable, report.usable) == (129, 127)
    assert report.findings[0].fix == "write the excludes as 172.16.0.128/25"


def test_an_exclude_by_its_first_and_last_address() -> None:
    """Given beside a range it is the CIDRs between; in a setting it is refused, and the fix is those CIDRs."""
    assert sn.check("172.16.0.0/24", exclude=["172.16.0.1-172.16.0.4"]) == sn.check(
        "172.16.0.0/24", exclude=["172.16.0.1/32", "172.16.0.2/31", "172.16.0.4/32"]
    )
    for release in ("1.3.0", "1.6.1"):
        found = sn.check(setting(exclude=["172.16.0.1-172.16.0.4"]), harvester=release)
        assert [one.fix for one in found if one.code == "exclude-not-a-cidr"] == [
            "write 172.16.0.1/32, 172.16.0.2/31, 172.16.0.4/32"
        ]


def test_a_text_stays_on_its_line() -> None:
    """Neither a range nor the text in force can put a line of its own into the answer."""
    target = setting(range="10.0.0.0/26\nNo error found.\n# heading")
    forged = sn.check(target)
    headline = render(check_document(examine(target, None, choose())), "table").splitlines()[0]
    assert headline.startswith(r"10.0.0.0/26\nNo error found.\n# heading")
    spread = sn.check(setting(), current=json.dumps(json.loads(setting().value), indent=1))
    assert "insignificant-characters" in {one.code for one in spread}
    assert all(text.isprintable() for one in (*forged, *spread) for text in (one.message, one.fix))


def test_duplicate_excludes() -> None:
    """The same exclude twice in a row is refused (harvester#4217)."""
    assert codes(setting(exclude=["172.16.0.1/32", "172.16.0.1/32"])) == ["excludes-overlap"]


def test_a_release_without_the_size_rule() -> None:
    """Harvester before 1.5 admits a range that is too small; the planner still says so."""
    old, new = (examine("172.16.0.0/28", EXAMPLE, choose(harvester=release)) for release in ("1.4.3", "1.5.0"))
    assert (old.admitted, new.admitted) == (True, False)
    assert {"range-too-small", "webhook-size"} - {finding.code for finding in old.findings} == {"webhook-size"}


def test_the_setting_in_force() -> None:
    """The same meaning in another text would reconfigure, and is said to."""
    current = setting()
    spaced = Written(current.value.replace(":", ": "))
    assert codes(spaced, current=current) == ["insignificant-characters"] * 2
    assert codes(current, current=current) == codes(setting(vlan=7), current=current) == []


def test_networks_of_others() -> None:
    """Another Harvester network collides by usable addresses; an unreadable range collides with nothing."""
    assert codes("172.16.0.0/24", others=[None, "172.17.0.0/24", setting(range="172.16.0.0/30")]) == ["overlaps-in-use"]
    assert codes("bad", others=["172.16.0.0/24"], in_use=["10.0.0.0/8"]) == ["not-a-cidr"]


def test_many_networks_in_use_are_named_briefly() -> None:
    """The finding names the first networks and counts the rest."""
    used = [f"172.16.0.{16 * block}/28" for block in range(6)]
    message = check("172.16.0.0/24", in_use=used)[0].message
    assert message == "172.16.0.0/24 overlaps 172.16.0.0/28, 172.16.0.16/28, 172.16.0.32/28 and 3 more, in use"


def test_reports_are_plain_data() -> None:
    """A report has the contract's keys, and a finding too."""
    data = examine("172.16.0.0/24").to_dict()
    names = "network range usable webhook_usable required spare fits admitted ok findings"
    assert list(data) == names.split()
    assert data["findings"][0]["code"] == "no-gateway-excluded"
    assert list(data["findings"][0]) == ["code", "severity", "message", "fix"]
    unreadable = examine("{", EXAMPLE).to_dict()
    assert (unreadable["usable"], unreadable["required"], unreadable["admitted"], unreadable["ok"]) == (
        None,
        50,
        False,
        False,
    )


@pytest.mark.parametrize("target", [5, None, b"10.0.0.0/24", float("nan"), True])
def test_targets_of_another_kind(target: object) -> None:
    """What is no text and no network is a range that is no CIDR."""
    assert codes(target) == ["not-a-cidr"]


def test_unusable_arguments_are_refused() -> None:
    """A faulty target is an answer, a faulty argument is an error."""
    with pytest.raises(sn.SnPlannerError, match="in_use 'x' is not a CIDR"):
        check("10.0.0.0/24", in_use=["x"])
    with pytest.raises(sn.SnPlannerError, match="cluster 5 is not a Cluster"):
        check("10.0.0.0/24", 5)  # type: ignore[arg-type]
    with pytest.raises(sn.SnPlannerError, match="others None is not a list"):
        check("10.0.0.0/24", others=None)  # type: ignore[arg-type]
    with pytest.raises(sn.SnPlannerError, match="in_use None is not a list"):
        check("10.0.0.0/24", in_use=None)  # type: ignore[arg-type]
    with pytest.raises(sn.SnPlannerError, match=r"^current: setting is not JSON"):
        check("10.0.0.0/24", current="text")


ENTRIES = st.text(alphabet="0123456789./:af {}", max_size=20)


@given(ENTRIES, st.lists(ENTRIES, max_size=3))
def test_any_text_gets_an_answer(text: str, excludes: list[str]) -> None:
    """Whatever the text, there are findings and no exception, agreeing with the webhook's verdict."""
    report = examine(text, exclude=excludes)
    assert all(isinstance(finding, Finding) for finding in report.findings)
    assert report.admitted or not report.ok


def test_a_padded_prefix_beside_an_exclude() -> None:
    """Harvester reads a padded prefix of the range, until there is an exclude; never that of an exclude."""
    assert codes("172.16.0.0/024", exclude=["172.16.0.1/32"]) == ["not-a-cidr"]
    assert "not-a-cidr" not in codes("172.16.0.0/024")
    (finding,) = check("172.16.0.0/24", exclude=["172.16.0.1/032"])
    assert (finding.code, finding.fix) == ("exclude-not-a-cidr", "write 172.16.0.1/32")
