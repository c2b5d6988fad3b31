"""Inputs for the laws: clusters, profiles, ranges and address plans of every shape."""

from __future__ import annotations

from hypothesis import strategies as st

from sn_planner.model.cidr import IPV4_BITS, Cidr
from sn_planner.model.cluster import Cluster, Node
from sn_planner.model.profiles import PROFILES, Profile

counts = st.integers(0, 40)
storage_profiles = st.sampled_from(["classic", "consolidated", "classic+rwx", "consolidated+rwx"])
profiles: st.SearchStrategy[str | Profile] = storage_profiles | st.sampled_from(sorted(PROFILES))

nodes = st.builds(
    Node,
    disks=st.integers(0, 12),
    witness=st.booleans(),
    v2_data_engine=st.booleans(),
    count=st.integers(0, 20),
)
clusters = st.builds(
    Cluster,
    st.lists(nodes, max_size=5),
    images=counts,
    rwx_volumes=st.none() | st.integers(0, 60),
)
uniform_clusters = st.builds(
    lambda nodes, disks, images: Cluster.uniform(nodes=nodes, disks_per_node=disks, images=images),
    st.integers(1, 40),
    st.integers(0, 12),
    counts,
)


@st.composite
def cidrs(draw: st.DrawFn, shortest: int = 0, longest: int = IPV4_BITS) -> Cidr:
    """A network written from its network address."""
    prefix_length = draw(st.integers(shortest, longest))
    return Cidr(draw(st.integers(0, 2**IPV4_BITS - 1)), prefix_length).network


@st.composite
def blocks_near(draw: st.DrawFn, network: Cidr, longest: int = IPV4_BITS) -> Cidr:
    """A block in, around or beside a network."""
    prefix_length = draw(st.integers(max(network.prefix_length - 1, 0), longest))
    size = network.last - network.first + 1
    address = draw(st.integers(max(network.first - size, 0), min(network.last + size, 2**IPV4_BITS - 1)))
    return Cidr(address, prefix_length)


@st.composite
def ranges_with_excludes(draw: st.DrawFn, shortest: int = 22) -> tuple[Cidr, list[str]]:
    """A range and the texts of some excludes: CIDRs with or without host bits, and bare addresses."""
    network = draw(cidrs(shortest))
    blocks = draw(st.lists(blocks_near(network), max_size=5))
    return network, [
        str(block).removesuffix("/32") if block.prefix_length == IPV4_BITS else str(block) for block in blocks
    ]
