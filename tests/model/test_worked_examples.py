"""The worked examples of Harvester's documentation, by name, slips included."""

from __future__ import annotations

import pytest

import sn_planner as sn
from sn_planner.model.pods import Consumer
from sn_planner.model.profiles import Profile, profile

EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)


def test_classic_five_nodes_two_disks_ten_images() -> None:
    """1.1, 1.2 and 1.4-dev: 5·4 + 10·2 + 10 = 50, a /26; steady 20, stall floor 40."""
    need = sn.demand(EXAMPLE)
    assert (need.required, need.steady, need.stall_floor, need.prefix_length) == (50, 20, 40, 26)
    assert need.profile.formula == "4N + 2D + I"


def test_consolidated_prints_30_and_is_40() -> None:
    """1.3 to 1.8 print 30 for 2N + 2D + I, having counted 5 disks; 10 disks make 40, and the /26 printed is right."""
    need = sn.demand(EXAMPLE, profile="consolidated")
    assert (need.required, need.prefix_length) == (40, 26)
    five_disks = sn.Cluster.uniform(nodes=5, disks=5, images=10)
    assert sn.demand(five_disks, profile="consolidated").required == 30


def test_shared_rwx_prints_67_and_is_77() -> None:
    """1.8 with shared RWX: 3N + 2D + I + 32 prints 67 and is 77, a /25."""
    need = sn.demand(EXAMPLE, profile="consolidated+rwx")
    assert (need.required, need.prefix_length) == (77, 25)
    assert need.profile.formula == "3N + 2D + I + R"


def test_very_first_page_four_addresses_a_node() -> None:
    """The first 1.1 page had 4N only and wants more than a /22 for 250 nodes; 1,000 addresses fit a /22's 1,022."""
    managers = [one for one in profile("classic").consumers if one.per == "node"]
    first_page = Profile("first page", managers)
    assert first_page.formula == "4N"
    need = sn.demand(sn.Cluster.uniform(nodes=250, disks_per_node=1), profile=first_page)
    assert (need.required, need.prefix_length) == (1000, 22)


def test_dedicated_rwx_network() -> None:
    """1.8, a dedicated rwx-network: N + 32 = 37, a /26."""
    need = sn.demand(EXAMPLE, profile="rwx-network")
    assert (need.required, need.prefix_length) == (37, 26)


def test_vm_migration_network() -> None:
    """A vm-migration-network: one address a non-witness node, 5 in a /29."""
    with_witness = sn.Cluster([*EXAMPLE.nodes, sn.Node(witness=True)], images=10)
    need = sn.demand(with_witness, profile="vm-migration-network")
    assert (need.required, need.prefix_length) == (5, 29)


def test_own_rwx_volumes_replace_the_assumed_32() -> None:
    """A cluster that knows its RWX volumes is planned with them."""
    known = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10, rwx_volumes=3)
    assert sn.demand(known, profile="consolidated+rwx").required == 77 - 32 + 3


def test_v2_data_engine_adds_one_a_node_once() -> None:
    """A node with the V2 data engine takes one address more, at every moment the same."""
    plain, v2 = (sn.Cluster.uniform(nodes=3, disks_per_node=1, v2_data_engine=engine) for engine in (False, True))
    ours, theirs = sn.demand(plain, profile="consolidated"), sn.demand(v2, profile="consolidated")
    assert theirs.required - ours.required == theirs.steady - ours.steady == theirs.stall_floor - ours.stall_floor == 3


@pytest.mark.parametrize(("harvester", "versions"), [("1.3.2", 2), ("1.4.0", 1), (None, 1)])
def test_v2_managers_were_doubled_before_longhorn_1_7(harvester: str | None, versions: int) -> None:
    """An upgrade of Longhorn 1.6 doubles the V2 data engine's managers, one of 1.7 and later does not."""
    v2 = sn.Cluster.uniform(nodes=3, disks_per_node=1, v2_data_engine=True)
    need = sn.demand(v2, harvester=harvester)
    (line,) = (line for line in need.lines if line.per == "v2-node")
    assert (line.versions, line.addresses) == (versions, 3 * versions)
    assert need.notes == ()
    assert sn.simulate("10.0.0.0/24", v2, harvester=harvester).peak == need.required


def test_a_release_without_v2_says_so() -> None:
    """Before Longhorn 1.6 there is no V2 data engine: it is counted, with a note."""
    v2 = sn.Cluster.uniform(nodes=3, disks_per_node=1, v2_data_engine=True)
    assert sn.demand(v2, harvester="1.2.1").notes == (
        "the V2 data engine comes with Longhorn 1.6: Harvester 1.2.1 has 1.4.3",
    )


@pytest.mark.parametrize(
    ("harvester", "name"),
    [("1.1.0", "classic"), ("1.2.1", "classic"), ("1.2.2", "consolidated"), ("v1.6.1", "consolidated")],
)
def test_release_chooses_the_profile(harvester: str, name: str) -> None:
    """Longhorn 1.5 consolidated the instance managers; Harvester 1.2.2 is the first to ship it."""
    assert sn.demand(EXAMPLE, harvester=harvester).profile.name == name


def test_newer_release_is_planned_as_the_newest_with_a_note() -> None:
    """A release newer than the table is planned as the newest one, and says so."""
    need = sn.demand(EXAMPLE, harvester="9.0.0")
    assert need.profile.name == "consolidated"
    assert need.notes == ("Harvester 9.0.0 is newer than this table: planned as 1.9.0-rc6, the newest known",)


@pytest.mark.parametrize(
    ("written", "meant", "note"),
    [
        ("1.6.1", "1.6.1", None),
        ("v1.6.1", "1.6.1", None),
        ("1.6", "1.6.1", "is a line of releases: planned as 1.6.1, its last"),
        ("v1.4.x", "1.4.3", "is a line of releases: planned as 1.4.3, its last"),
        ("v1.7.0-rc3", "1.7.0", "is planned as the release 1.7.0"),
        ("v1.8.2-head", "1.8.2", "is planned as the release 1.8.2"),
        ("1.5.9", "1.5.2", "is not in this table: planned as 1.5.2, the last of its line"),
        ("v1.9.0-rc6", "1.9.0", None),
        ("1.9.0-rc3", "1.9.0", "is planned as the release 1.9.0-rc6"),
        ("1.9.0", "1.9.0", "is planned as the release 1.9.0-rc6"),
        ("1.9", "1.9.0", "is a line of releases: planned as 1.9.0-rc6, its last"),
        ("1.9.2", "1.9.0", "is not in this table: planned as 1.9.0-rc6, the last of its line"),
        ("2.0", "1.9.0", "is newer than this table: planned as 1.9.0-rc6, the newest known"),
    ],
)
def test_releases_as_people_write_them(written: str, meant: str, note: str | None) -> None:
    """A line, a candidate, a later patch and a later line are read as the release meant, and said to be."""
    need = sn.demand(EXAMPLE, harvester=written)
    assert need.release is not None
    assert need.release.harvester == meant
    assert need.notes == (() if note is None else (f"Harvester {written} {note}",))
    shared = sn.demand(EXAMPLE, harvester=f"{written}+rwx")
    assert (shared.release, shared.notes) == (need.release, need.notes)


@pytest.mark.parametrize("harvester", ["0.9.0", "1.0", "1", "latest", "", "x", "1.x", "1.6.1.2", "1٠.0.0", "1.8.1+RWX"])
def test_unknown_release_lists_the_known(harvester: str) -> None:
    """A release the table does not know is refused with those it knows."""
    with pytest.raises(sn.SnPlannerError, match=r"harvester .* is not a known release; known are 1\.1\.0, .*1\.8\.2"):
        sn.demand(EXAMPLE, harvester=harvester)


def test_profile_and_release_together_are_refused() -> None:
    """Each chooses the profile, so only one may be given."""
    with pytest.raises(sn.SnPlannerError, match="profile and harvester are both given"):
        sn.demand(EXAMPLE, profile="classic", harvester="1.6.1")


def test_design_example_of_limits() -> None:
    """A /26 holds the example with one more node, one more disk a node, or 12 more transfers."""
    found = sn.limits(sn.AddressRange("192.168.1.0/26", exclude=["192.168.1.1"]), EXAMPLE)
    assert (found.range.usable, found.max_nodes, found.max_disks_per_node, found.max_images) == (61, 6, 3, 21)
    assert found.fits


def test_custom_consumer() -> None:
    """A profile of one's own counts what it says, per cluster too."""
    own = Profile("own", [Consumer("gateway", "cluster", versions=3, floor=2, steady=1, source="here")])
    need = sn.demand(EXAMPLE, profile=own)
    assert (need.required, need.stall_floor, need.steady, own.formula) == (3, 2, 1, "3")
    assert Profile("nothing", []).formula == "0"
