"""Networks in use: every shape in which people keep them means the same networks, and nothing is dropped in silence."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.interchange.inputs import Networks, networks_of, read_pasted
from sn_planner.model.cidr import IPV4_BITS, Cidr, address_text, merged
from tests import strategies

FIELD = Path(__file__).parents[1] / "data" / "field" / "in_use"
CLUSTER = sn.Cluster.uniform(nodes=3, disks_per_node=2, images=2)


def texts(networks: tuple[Cidr, ...]) -> list[str]:
    """The networks as CIDR text."""
    return [str(one) for one in networks]


# What people had in hand


def test_a_spreadsheet_in_windows_1252() -> None:
    """An umlaut of an old code page in another column is no obstacle, and is said."""
    read = sn.read_networks(FIELD / "windows-1252.csv", "Netz")
    assert texts(read) == ["10.10.0.0/24"]
    assert read.notes == (
        f"{FIELD / 'windows-1252.csv'} is no UTF-8: read as Windows-1252",
        f"1 network read from {FIELD / 'windows-1252.csv'}",
    )


def test_ipv6_rows_are_left_out() -> None:
    """IPv6 cannot overlap an IPv4 range: such rows are left out, and counted."""
    read = sn.read_networks(FIELD / "netbox-ipv6.csv", "prefix")
    assert texts(read) == ["10.0.0.0/24", "172.16.0.0/24"]
    assert read.notes == (f"2 networks read from {FIELD / 'netbox-ipv6.csv'}, 2 IPv6 left out",)


def test_a_container_is_no_use_of_its_own() -> None:
    """NetBox's containers group other rows: they are left out, and said, unless just they are asked for."""
    read = sn.read_networks(FIELD / "netbox-container.csv", "prefix")
    assert texts(read) == ["10.0.0.0/24", "10.0.1.0/24"]
    assert read.notes[0].endswith("netbox-container.csv, 1 container left out")
    plan = sn.suggest(CLUSTER, pools=["10.0.0.0/22"], in_use=read)
    assert str(plan.best.range) == "10.0.2.0/27"
    assert texts(sn.read_networks(FIELD / "netbox-container.csv", where={"status": "container"})) == ["10.0.0.0/22"]


def test_a_page_is_not_the_list() -> None:
    """One page of NetBox's answer is refused: the networks of the others are not known."""
    with pytest.raises(sn.BadInput, match=r"netbox-page.json next tells of more; export all of it") as refusal:
        sn.read_networks(FIELD / "netbox-page.json", "prefix")
    assert refusal.value.code == "not-exported"


def test_the_mask_in_a_column_of_its_own() -> None:
    """Subnet and mask in two columns are one network, whether the mask is a length or a netmask."""
    for column in ("Subnet", None):
        read = sn.read_networks(FIELD / "phpipam-masks.csv", column)
        assert texts(read) == ["10.10.239.0/24", "10.10.240.0/22"]


def test_semicolons_and_a_byte_order_mark() -> None:
    """A spreadsheet of a country with decimal commas separates by semicolons."""
    assert texts(sn.read_networks(FIELD / "semicolons.csv", "Netz")) == ["10.10.0.0/24", "172.16.0.0/24"]


def test_host_bits_mean_the_block() -> None:
    """An interface's address with its prefix length means its network."""
    assert texts(sn.read_networks(FIELD / "host-bits.txt")) == ["192.168.205.0/24", "10.0.0.0/24"]


NETBOX = '{"count": 2, "next": null, "previous": null, "results": [%s]}'
FORMS = {
    "bullets of NetBox, on lines of their own": 'Prefix,VRF\n"•\n        \n10.1.0.0/16",a\n"â€¢\n10.2.0.0/16",b\n',
    "empty cells of NetBox": "Prefix,VRF\n10.1.0.0/16,—\n—,—\n10.2.0.0/16,—\n",
    "phpIPAM with its folders and parents": (
        "Section,Subnet,VLAN,Master Subnet\nA,Racks (folder),NA,/\n"
        "A,10.1.0.0/16,1,10.0.0.0/8\nA,10.2.0.0/16,2,10.0.0.0/8\n"
    ),
    "phpIPAM's API": '{"code": 200, "success": true, "data": [{"id": "3", "subnet": "10.1.0.0", "mask": "16"}, '
    '{"id": "4", "subnet": "10.2.0.0", "mask": 16}], "time": 0.01}',
    "Infoblox with a header a kind": (
        "header-networkcontainer,address*,netmask*,comment\nnetworkcontainer,10.0.0.0,8,all\n\n"
        'HEADER-NETWORK,ADDRESS*,NETMASK*,EA-Site,EA-Tags\nNETWORK,10.1.0.9,255.255.0.0,a,"x,y"\nNETWORK,10.2.0.0,16,b,\n'
        "header-hostrecord,fqdn*,addresses\nhostrecord,a.example,10.1.0.7\n"
        "header-ipv6network,address*,cidr*\nipv6network,fd00::,64\n"
    ),
    "SolarWinds with supernets": (
        "Name,Address,CIDR,Mask,Type\nall,10.0.0.0,8,255.0.0.0,Supernet\n"
        "a,10.1.0.0,16,255.255.0.0,Subnet\nb,10.2.0.0,16,255.255.0.0,Subnet\n"
    ),
    "OpenStack, whose network is an id": '"ID","Network","Subnet"\n"1","bc","10.1.0.0/16"\n"2","bd","10.2.0.0/16"\n',
    "NetBox's ranges of addresses": (
        "vrf,start_address,end_address,status\n,10.1.0.0/16,10.1.255.255/16,active\n,10.2.0.0/16,10.2.255.255/16,active\n"
    ),
    "a range without its last address": "Start IP;End IP\n10.1.0.0/16;\n10.2.0.0;10.2.255.255\n",
    "NetBox's API": NETBOX
    % '{"prefix": "10.1.0.0/16", "family": {"value": 4}, "status": {"value": "active", "label": "Active"}}, '
    '{"prefix": {"address": "10.2.0.0/16"}, "status": {"value": "reserved", "label": "Reserved"}}',
    "Nautobot's API, which says a prefix twice": NETBOX
    % '{"prefix": "10.1.0.0/16", "network": "10.1.0.0", "prefix_length": 16}, '
    '{"prefix": "10.2.0.0/16", "network": "10.2.0.0", "prefix_length": 16}',
    "GraphQL": '{"data": {"prefix_list": [{"prefix": "10.1.0.0/16"}, {"prefix": "10.2.0.0/16"}]}}',
    "a cloud's subnets": '{"Subnets": [{"CidrBlock": "10.1.0.0/16", "Tags": []}, {"CidrBlock": "10.2.0.0/16"}]}',
    "several networks in one object": '[{"name": "a", "addressPrefixes": ["10.1.0.0/16", "10.2.0.0/16"]}]',
    "texts among objects": '["10.1.0.0/16", {"prefix": "10.2.0.0/16"}]',
    "PowerShell's first line": '#TYPE Selected.Object\n"Name","Prefix"\n"a","10.1.0.0/16"\n"b","10.2.0.0/16"\n',
    "Excel's own first line": "sep=;\nPrefix;Name\n10.1.0.0/16;a\n10.2.0.0/16;b\n",
    "a title above the header": "Networks of the lab\n\nNetz;Ort\n10.1.0.0/16;Bonn\n10.2.0.0/16;Köln\n",
    "names on two lines": 'Site,"IP\nPrefix","Role, or\nuse"\na,10.1.0.0/16,x\nb,10.2.0.0/16,y\n',
    "a title with a date": "Stand: 01.02.2026\nNetz;Ort\n10.1.0.0/16;Bonn\n10.2.0.0/16;Köln\n",
    "Markdown": "| Prefix | Status |\n|---|---|\n| 10.1.0.0/16 | active |\n| 10.2.0.0/16 | Active |\n",
    "a column of an unknown name": "Réseau\tSite\n10.1.0.0/16\tLyon\n10.2.0.0/16\tBrest\n",
    "columns without names": "10.1.0.0/16,lab\n10.2.0.0/16,office\n",
    "rows by number": "#,Prefix,Note\n1,10.1.0.0/16,#5\n#2,10.2.0.0/16,\n",
    "a row that is commented out": "Prefix,Note\n#10.3.0.0/16,old\n10.1.0.0/16,\n10.2.0.0/16,\n",
    "comments behind networks": "# lab, office\n10.1.0.0/16 # a, b\n\n10.2.0.0/16\t# c; d\n",
    "a list in one line": "10.1.0.0/16, 10.2.0.0/16",
    "items of YAML": "- 10.1.0.0/16\n- '10.2.0.0/16'\n",
    "netmasks in the text": "10.1.0.0/255.255.0.0\n10.2.0.7 255.255.0.0\n",
    "first and last addresses": "10.1.0.0-10.1.255.255\n10.2.0.0 – 10.2.255.255\n",
    "IPv6 of every kind": "::/0\nfd00::1\nfe80::1%eth0/64\nfd00::1-fd00::9\n10.1.0.0/16\n::ffff:10.2.0.0/112\n",
    "rows that end early": "prefix,site\n10.1.0.0/16\n,\n\n10.2.0.0/16,b,c\n",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_forms_that_people_export(text: str) -> None:
    """The column, its mask and its separator are found in what IPAMs, clouds and spreadsheets write."""
    assert texts(networks_of("plan", text)) == ["10.1.0.0/16", "10.2.0.0/16"]


# What is said


def test_everything_left_out_is_counted() -> None:
    """The note has the number of networks read, the column found, and each kind of thing left out."""
    text = (
        "prefix,status\n10.0.0.0/8,container\n10.0.0.0/24,active\nfd00::/64,active\nn/a,active\n-,active\n"
        "10.1.0.0/24,reserved\n# 10.2.0.0/24,active\n10.3.0.1-10.3.0.6,Active\n"
    )
    read = networks_of("plan.csv", text, where={"Status": ["active", "Reserved", "container"]})
    assert read.notes == (
        "4 networks read from plan.csv, column prefix, 1 IPv6 left out, 1 commented row left out, 2 empty cells",
    )
    assert networks_of("plan.csv", text, where={"status": "reserved"}).notes == (
        "1 network read from plan.csv, column prefix, 6 rows without status=reserved, 1 commented row left out",
    )
    assert networks_of("plan.csv", text).notes == (
        "3 networks read from plan.csv, column prefix, 1 IPv6 left out, 1 container left out, "
        "1 commented row left out, 2 empty cells",
    )
    infoblox = networks_of("plan.csv", FORMS["Infoblox with a header a kind"], "address")
    assert infoblox.notes == (
        "2 networks read from plan.csv, 1 IPv6 left out, 1 container left out, 1 row of another kind left out",
    )


def test_networks_are_a_tuple_that_says_where_it_is_from() -> None:
    """What is read is equal to any tuple of the same networks, hashable, and keeps its notes when it is copied."""
    read = networks_of("plan", "10.1.0.0/16\n10.2.0.0/16\n10.3.0.0/16\n10.4.0.0/16")
    assert isinstance(read, Networks)
    assert read == tuple(read)
    assert hash(read) == hash(tuple(read))
    assert pickle.loads(pickle.dumps(read)).notes == read.notes == ("4 networks read from plan",)
    assert repr(read) == "Networks(10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16 and 1 more)"
    assert not sn.check("10.1.0.0/24", in_use=read).ok


def test_rows_are_chosen_by_their_columns() -> None:
    """`where` wants one of the values in each column it names, in any case, also inside objects."""
    text = NETBOX % (
        '{"prefix": "10.1.0.0/16", "status": {"value": "active", "label": "Active"}, "site": {"name": "a"}}, '
        '{"prefix": "10.2.0.0/16", "status": {"value": "reserved", "label": "Reserved"}, "site": null}'
    )
    assert texts(networks_of("plan", text, where={"status": "ACTIVE"})) == ["10.1.0.0/16"]
    assert texts(networks_of("plan", text, where={"status": ["active", "Reserved"], "site": "a"})) == ["10.1.0.0/16"]
    assert len(networks_of("plan", text, where={"status": "active", "Status": "reserved"})) == 2
    assert texts(networks_of("plan", text, where={"site.name": "a"})) == ["10.1.0.0/16"]
    assert texts(networks_of("plan", text, where={"site": ""})) == ["10.2.0.0/16"]
    pools = '{"metadata": {"continue": ""}, "items": [{"spec": {"range": "10.1.0.0/16", "tags": ["x", []]}}]}'
    assert texts(networks_of("pools", pools, "spec.range", {"spec.tags": "X"})) == ["10.1.0.0/16"]


# What is refused

REFUSED = {
    ("10.10.239.0", None): "plan line 1 '10.10.239.0' has no prefix length; write it behind the address, or into a col",
    (
        "Subnet,VLAN\n10.10.239.0,5",
        "Subnet",
    ): "plan line 2 '10.10.239.0' has no prefix length; write it behind the addre",
    ("Subnet,Parent\n10.10.239.0,10.0.0.0/8", None): "plan line 2 '10.10.239.0' has no prefix length",
    ("Netz,Ort\n10.10.239.0,Bonn", None): "plan line 2 '10.10.239.0' has no prefix length",
    ("Subnet,Mask\n10.1.0.0,255.0.255.0", None): "'10.1.0.0' has no prefix length, as it has mask 255.0.255.0; write",
    ("Subnet,Mask\n10.1.0.0,33", None): "'10.1.0.0' has no prefix length, as it has mask 33",
    ("Subnet,Mask\n10.1.0.0,0", None): "'10.1.0.0' has no prefix length, as it has mask 0",
    ("Address,CIDR,Mask\n10.1.0.0,24,255.255.0.0", None): "has no prefix length, as it has cidr 24, mask 255.255.0.0",
    ("Address,Net\n10.1.0.0,10.1.0.0/16", "address"): "plan line 2 '10.1.0.0' has no prefix length",
    ("10.1.0/24\n10.2.0.0/16", None): "plan line 1 '10.1.0/24' is not a network; write a CIDR like 10.0.0.0/24, or a",
    ("lab,10.1.0/24\nlab,10.2.0.0/16", None): "plan line 1 '10.1.0/24' is not a network",
    ("10.2.0.0/16\n10.1.0.0/33", None): "plan line 2 '10.1.0.0/33' is not a network",
    ("10.0.0.9-10.0.0.6", None): "plan line 1 '10.0.0.9-10.0.0.6' is not a network",
    ("10.2.0.0 0.0.255.255", None): "plan line 1 '10.2.0.0 0.0.255.255' is not a network",
    ("10.2.0.0/16 the lab", None): "plan line 1 '10.2.0.0/16 the lab' is not a network",
    ("fd00::/64, 10.0.0.0/33", None): "plan line 1 'fd00::/64, 10.0.0.0/33' is not a network",
    ("start_address,end_address\n10.0.0.1/24,10.0.0.x/24", None): "plan line 2 '10.0.0.1/24' is not a network",
    ("site,prefix\nlab, main,10.0.0.0/8", "prefix"): "plan line 2 'main' is not a network",
    ("[5]", None): "plan item 0 5 is not a network",
    ('[{"prefix": {"id": 5}}]', None): "plan item 0 {'id': 5} is not a network",
    ("", None): "plan holds no IPv4 network; leave it out if nothing is in use",
    (NETBOX.replace("2", "0") % "", None): "plan holds no IPv4 network; leave it out if nothing is in use",
    ("prefix,site\n", None): "plan holds no IPv4 network; leave it out",
    ("fd00::/64\nn/a", None): "plan holds no IPv4 network (1 IPv6 left out, 1 empty cell); leave it out",
    ("[null]", None): "plan holds no IPv4 network (1 empty cell)",
    ("site,prefix\nlab,10.1.0.0/16", "network"): "plan column 'network' is not there; there are site, prefix",
    ('[{"prefix": "10.1.0.0/16"}]', "cidr"): "plan column 'cidr' is not there; there are prefix",
    ('[{"prefix": "10.1.0.0/16"}, {"cidr": "10.1.0.0/16"}]', "prefix"): "plan item 1 has no prefix; it has cidr",
    ('[{"spec": 5}]', "spec.range"): "plan item 0 has no spec.range; it has spec",
    ("10.1.0.0/16", "prefix"): "plan column 'prefix' is not there; there are none",
    ("Prefix,prefix\n10.0.0.0/8,11.0.0.0/8", "prefix"): "plan column 'prefix' is there twice; rename one of them",
    ("Prefix,PREFIX\n10.0.0.0/8,11.0.0.0/8", None): "plan column 'Prefix' is there twice; rename one of them",
    (
        "subnet,cidr\n10.0.0.0/8,11.0.0.0/8",
        None,
    ): "plan column with the networks is not clear; name it: there are subnet",
    ("A;B\n10.0.0.0/8;11.0.0.0/8", None): "plan column with the networks is not clear; name it: there are A, B",
    (
        "Ort;Gateway\nBonn;10.0.0.1/24",
        None,
    ): "plan column with the networks is not clear; name it: there are Ort, Gateway",
    ("10.0.0.0/24,10.0.0.0/8,lab", None): "plan column with the networks is not clear; name it: there are 1, 2, 3",
    ("a,b\n", None): "plan column with the networks is not clear; name it: there are a, b",
    ('a,b\n"x', "a"): "plan after line 2 is not CSV: unexpected end of data; mend the row",
    ("[", None): "plan is not JSON (line 1, column 2",
    ('{"prefix": "10.0.0.0/8"}', None): 'plan is not a list of networks; write […], or {"results": […]}',
    ('{"a": [], "b": []}', None): "plan is not a list of networks",
    ('{"count": 3, "results": ["10.0.0.0/8"]}', None): "plan count 3 is more than the 1 here; export all of it",
    ('{"next_page_id": "x", "result": ["10.0.0.0/8"]}', None): "plan next_page_id tells of more",
    ('{"results": ["10.0.0.0/8"], "next": null, "previous": "http"}', None): "plan previous tells of more",
    ('{"kind": "List", "metadata": {"continue": "x"}, "items": ["10.0.0.0/8"]}', None): "plan continue tells of more",
    ('{"elements": ["10.0.0.0/8"], "pageMetadata": {"totalElements": 9}}', None): "plan totalElements 9 is more than",
}


@pytest.mark.parametrize(("text", "column", "message"), [(*case, message) for case, message in REFUSED.items()])
def test_never_a_wrong_network(text: str, column: str | None, message: str) -> None:
    """What is no network, or may be another, is refused by its place; no prefix length is made up."""
    with pytest.raises(sn.BadInput) as refusal:
        networks_of("plan", text, column)
    assert message in str(refusal.value)
    assert str(refusal.value).isprintable()
    assert "/26" not in str(refusal.value)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"role": "x"}, "plan column 'role' is not there; there are prefix, status"),
        ({"status": "activ"}, "plan holds no IPv4 network (1 row without status=activ)"),
        ("status=active", "where 'status=active' is no mapping; write it like {'status': 'active'}"),
        ({"status": 5}, "where status 5 is not a list"),
        ({5: "active"}, "where 5 is no text"),
    ],
)
def test_other_choices_of_rows_are_refused(where: object, message: str) -> None:
    """A column that is not there, a value that no row has and what is no choice at all are refused by name."""
    with pytest.raises(sn.BadInput) as refusal:
        networks_of("plan", "prefix,status\n10.0.0.0/8,active", where=where)  # type: ignore[arg-type]
    assert message in str(refusal.value)
    with pytest.raises(sn.BadInput, match="plan item 1 has no status; it has prefix"):
        networks_of("plan", '[{"prefix": "10.0.0.0/8", "status": "a"}, {"prefix": "::/0"}]', where={"status": "a"})


HOSTILE = {
    "brackets": "[" * 100_000,
    "nested": "[" * 900 + "]" * 900,
    "nested in objects": '{"a":' * 900 + "[]" + "}" * 900,
    "zeros": "\0\0\0",
    "one long line": "a" * 3_000_000,
    "digits": "9" * 200_000,
    "dots": "1." * 60_000,
    "dots and blanks": "1. " * 40_000,
    "colons": ":" * 100_000,
    "commas": "," * 120_000,
    "dashes": "-" * 100_000,
    "quotes": '"' * 99_999,
    "words": "\n".join(f"x{number}" for number in range(20_000)),
    "bad rows": "prefix\n" + "x\n" * 20_000,
    "a long cell": "prefix\n" + " " * 100_000 + "x",
    "long names": ";".join(f"{number} {'c' * 90_000}" for number in "abcdefgh") + "\n1;2;3;4;5;6;7;10.0.0.0/33",
    "a long mask": f"subnet,mask\n10.0.0.0,{'9' * 90_000}",
    "many columns": ",".join(f"c{number}" for number in range(8_000)) + "\n10.0.0.0/33",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_one_line(text: str) -> None:
    """However large, deep or strange a text is, it is refused in one short line."""
    with pytest.raises(sn.BadInput) as refusal:
        networks_of("plan", text)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 600


def test_twenty_thousand_rows() -> None:
    """A large plan is read whole."""
    rows = "\n".join(f"site {number};{Cidr(number << 8, 24)};active" for number in range(20_000))
    assert len(networks_of("plan", f"Site;Prefix;Status\n{rows}")) == 20_000


def test_names_out_of_a_file_stay_on_their_line(tmp_path: Path) -> None:
    """Neither a column's name nor a file's can begin a line of its own in an answer, or steer a terminal."""
    header = f'"Net\nNo error found.\x1b[31m {"x" * 90_000}",Site'
    path = tmp_path / "plan\n.csv"
    path.write_bytes(f"{header}\n10.0.0.0/8,Köln".encode("cp1252"))
    notes = sn.read_networks(path).notes
    assert all(note.isprintable() and len(note) < 300 for note in notes)
    assert notes[1].endswith(f"column Net\\nNo error found.\\x1b[31m {'x' * 15}")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04 and so on", "is a workbook or an archive; save it as text, like CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0 and so on", "is a workbook or an archive"),
        (b"10.0.0.0/8\n\xff\x00", "is not UTF-8 (byte 11, line 2); save it as UTF-8 text"),
        (b"\xff\xfe1", "is not UTF-16 (byte 2, line 1)"),
        (b"\xef\xbb\xbf10.0.0.0/8\xff", "is not UTF-8 (byte 10, line 1)"),
    ],
)
def test_other_files_are_no_lists(data: bytes, message: str, tmp_path: Path) -> None:
    """A workbook, a picture and a broken text are refused by what they are, never read as a code page."""
    path = tmp_path / "plan"
    path.write_bytes(data)
    with pytest.raises(sn.BadInput) as refusal:
        sn.read_networks(path)
    assert message in str(refusal.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "cp1252", "cp850", "mac-roman"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_what_is_pasted_is_read_in_any_encoding(encoding: str, line_end: str, tmp_path: Path) -> None:
    """Lines end as they do anywhere, and a byte of a code page is no obstacle."""
    path = tmp_path / "event.txt"
    path.write_bytes(f"Büro{line_end}\x1b[1m172.16.0.0/29{line_end}".encode(encoding))
    text, notes = read_pasted("FILE", path)
    assert text.split("\n")[1:] == ["\x1b[1m172.16.0.0/29", ""]
    assert notes == (() if encoding.startswith("utf") else (f"{path} is no UTF-8: read as Windows-1252",))


# Laws


def netmask(network: Cidr) -> str:
    """The netmask of a network."""
    return str(ipaddress.ip_network(str(network)).netmask)


def rows(separator: str, header: str = "Site,Prefix,Büro", extra: str = "") -> Callable[[list[Cidr]], str]:
    """A table with that separator."""

    def table(networks: list[Cidr]) -> str:
        lines = [header, *(f'lab,{one},"a {separator} b"' for one in networks), extra]
        return "\n".join(line.replace(",", separator) for line in lines)

    return table


def a_line(form: Callable[[Cidr], str], header: str = "") -> Callable[[list[Cidr]], str]:
    """A network a line, below a header."""
    return lambda networks: "\n".join([header, *map(form, networks)])


SHAPES: dict[str, Callable[[list[Cidr]], str]] = {
    "a line each": a_line(str),
    "comma": rows(","),
    "semicolon": rows(";", "site,PREFIX,note"),
    "tab": rows("\t", "site,Network,note"),
    "bar": rows("|", "site,ip_prefix,note"),
    "IPv6 and empty cells": rows(",", extra="lab,fd00::/64,\nlab,n/a,\nlab,,"),
    "title": lambda networks: "Our networks\n\n" + rows(";")(networks),
    "netmasks": a_line(lambda one: f"lab;{address_text(one.first)};{netmask(one)}", "Name;Subnet;Mask"),
    "a German table": a_line(lambda one: f"lab;{address_text(one.first)};{netmask(one)}", "Name;Netz;Maske"),
    "lengths": a_line(lambda one: f"{address_text(one.last)}\t/{one.prefix_length}", "Address\tPrefix length"),
    "agreeing masks": a_line(
        lambda one: f"{address_text(one.first)},{one.prefix_length},{netmask(one)}", "Address,CIDR,Netmask"
    ),
    "host bits": a_line(lambda one: f"{address_text(one.last)}/{one.prefix_length}"),
    "netmask behind": a_line(lambda one: f"{address_text(one.first)} {netmask(one)}"),
    "first and last": a_line(lambda one: f"{address_text(one.first)}-{address_text(one.last)}"),
    "first and last, apart": a_line(lambda one: f"{address_text(one.first)} – {address_text(one.last)}  # DHCP"),
    "first and last in columns": a_line(
        lambda one: f"{address_text(one.first)}/24,{address_text(one.last)}/24", "start_address,end_address"
    ),
    "bullets": a_line(lambda one: f"  • {one} ", "prefix"),
    "quotes": a_line('"{}"'.format, '"Prefix"'),
    "JSON": lambda networks: json.dumps(texts(tuple(networks))),
    "JSON objects": lambda networks: json.dumps([{"id": 1, "prefix": str(one), "vrf": None} for one in networks]),
    "JSON of NetBox": lambda networks: json.dumps(
        {
            "count": len(networks),
            "next": None,
            "results": [
                {"prefix": str(one), "status": {"value": "active", "label": "Active"}, "family": {"value": 4}}
                for one in networks
            ],
        }
    ),
    "JSON with masks": lambda networks: json.dumps(
        {"data": [{"subnet": address_text(one.first), "mask": one.prefix_length} for one in networks]}
    ),
}


@given(
    st.lists(strategies.cidrs(shortest=1), min_size=1, max_size=6),
    st.sampled_from(sorted(SHAPES)),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_every_shape_means_the_same(networks: list[Cidr], shape: str, encoding: str, line_end: str) -> None:
    """A list of networks leaves the same space free in every shape, encoding and kind of line end."""
    text = SHAPES[shape](networks).replace("\n", line_end)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan"
        path.write_bytes(text.encode(encoding))
        read = sn.read_networks(path)
    assert read == tuple(networks)
    assert merged(one.span for one in read) == merged(one.span for one in networks)
    number = f"{len(networks)} network{'' if len(networks) == 1 else 's'} read from {path}"
    assert read.notes[-1].startswith(number)


@given(st.lists(st.tuples(st.integers(0, 2**IPV4_BITS - 1), st.integers(0, 5000)), min_size=1, max_size=5))
def test_ranges_of_addresses_are_exact(spans: list[tuple[int, int]]) -> None:
    """First and last addresses mean all addresses between them, no more and no fewer."""
    ends = [(first, min(first + length, 2**IPV4_BITS - 1)) for first, length in spans]
    read = networks_of("plan", "\n".join(f"{address_text(first)} - {address_text(last)}" for first, last in ends))
    assert merged(one.span for one in read) == merged(ends)
    assert read.notes[0].startswith(f"{len(ends)} network")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the text, there are IPv4 networks written from their first address, or a BadInput, nothing else."""
    with contextlib.suppress(sn.BadInput):
        read = networks_of("plan", f"10.0.0.0/8\n{text}")
        assert all(one.bits == IPV4_BITS and not one.has_host_bits for one in read)


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                ["10.0.0.0/8", "10.1.0.0", "24", "255.255.0.0", "fd00::/64", "-", "lab", "prefix", "mask", "x;y"]
            ),
            max_size=4,
        ),
        max_size=6,
    ),
    st.sampled_from([",", ";", "\t", "|", " "]),
)
def test_no_network_is_made_up(table: list[list[str]], separator: str) -> None:
    """Each network read is one that a cell says, with the length that it says or a cell beside it."""
    said = {"10.0.0.0/8", "10.1.0.0/24", "10.1.0.0/16", "255.255.0.0/16", "255.255.0.0/24"}
    try:
        read = networks_of("plan", "\n".join(separator.join(row) for row in table))
    except sn.BadInput:
        return
    assert set(texts(read)) <= said
