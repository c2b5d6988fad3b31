"""The worst case without its events: the same as with them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from sn_planner.engine.simulation.course import MOST_TURNS, Course
from sn_planner.engine.simulation.simulation import simulate
from sn_planner.model.cluster import Cluster
from sn_planner.model.demand import demand
from sn_planner.model.ranges import AddressRange
from sn_planner.model.releases import RELEASES

RELEASES_AND_NONE = [None, *(one.harvester for one in RELEASES)]


def range_of(usable: int) -> AddressRange:
    """A range with so many usable addresses, up to 1,022."""
    beyond = [] if usable == 1022 else [f"10.0.{(usable + 1) // 256}.{(usable + 1) % 256}-10.0.3.255"]
    return AddressRange("10.0.0.0/22", exclude=beyond)


clusters = st.builds(
    lambda nodes, disks, images, volumes, v2: Cluster.uniform(
        nodes=nodes, disks_per_node=disks, images=images, rwx_volumes=volumes, v2_data_engine=v2
    ),
    st.integers(1, 9),
    st.integers(0, 5),
    st.integers(0, 9),
    st.none() | st.integers(0, 3),
    st.booleans(),
)
FIVE = Cluster.uniform(nodes=5, disks_per_node=2, images=10)
WITH_V2 = Cluster.uniform(nodes=5, disks_per_node=4, images=4, v2_data_engine=True)


@given(
    clusters,
    st.sampled_from(RELEASES_AND_NONE),
    st.booleans(),
    st.sampled_from(["required", "stall_floor", ""]),
    st.integers(-3, 90),
)
@example(FIVE, None, False, "stall_floor", -1)  # stalls
@example(FIVE, None, False, "stall_floor", 0)  # the gate opens, though some wait
@example(WITH_V2, "1.8.2", False, "required", -1)  # the gate opens when the overlaps have ended
@example(WITH_V2, "1.5.0", False, "required", -1)  # which does not look at V2
@example(Cluster.uniform(nodes=1, disks_per_node=2, images=3), "1.8.2", False, "", 2)  # no gate, and some wait for good
def test_the_course_is_that_of_a_simulation(
    cluster: Cluster, harvester: str | None, shared: bool, near: str, more: int
) -> None:
    """Of any cluster of equal nodes, on any release, in a range of any size: each moment, the peak, and the verdict."""
    chosen = {"profile": "classic+rwx" if shared else "classic"}
    if harvester is not None:
        chosen = {"harvester": f"{harvester}+rwx" if shared else harvester}
    need = demand(cluster, **chosen)
    usable = max((getattr(need, near) if near else 0) + more, 0)
    run = simulate(range_of(usable), cluster, **chosen)  # type: ignore[arg-type]  # one of the two names
    course = Course.of(need, usable)
    assert course.moments == run.moments
    assert course.stalls == run.stalled
    assert min(course.peak, usable) == run.peak
    assert course.wanted[-1][0] < course.end < run.horizon


def test_very_many_turns_are_told_in_part() -> None:
    """Of more nodes than a picture shows, each moment that is told is one of a simulation's, and so are both ends."""
    cluster = Cluster.uniform(nodes=3 * MOST_TURNS + 1, disks_per_node=0)
    need = demand(cluster, harvester="1.8.2")
    told, all_of_them = Course.of(need, 5000).moments, simulate("10.0.0.0/16", cluster, harvester="1.8.2").moments
    assert len(told) <= MOST_TURNS + 4
    assert set(told) <= set(all_of_them)
    assert (told[0], told[-1]) == (all_of_them[0], all_of_them[-1])
