"""How results show themselves in a notebook: HTML tables, and pandas' frames of the same rows."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import attrs
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sn_planner as sn
from sn_planner.advice.check import examine
from sn_planner.errors import printable
from sn_planner.interchange.networks_in_use import networks_of
from sn_planner.model.demand import choose
from sn_planner.model.jupyter import MOST_ROWS, Rows, html

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "html"
LIVE = HERE / "data" / "live"
EXAMPLE = sn.Cluster.uniform(nodes=5, disks_per_node=2, images=10)
MIXED = sn.Cluster(
    nodes=[sn.Node(disks=2, name="<b>"), sn.Node(disks=8, v2_data_engine=True, count=3), sn.Node(witness=True)]
)
REFUSED = """error at storage engine: Could not allocate IP in range: ip: 172.16.0.1 / - 172.16.0.6 /
range: 172.16.0.0/29 / excludeRanges: []"""


def _living(name: str) -> sn.Snapshot:
    return sn.read_snapshot(LIVE / name)


def _site() -> sn.SitePlan:
    return sn.plan_site(sn.read_site(HERE / "data" / "site.yaml"))


def _runway(**how: Any) -> sn.Runway:
    return sn.runway("192.168.50.0/26", EXAMPLE, sn.Growth(nodes=2), start="2026-12-01", years=2, **how)


SHOWN: dict[str, Callable[[], Any]] = {
    "cluster": lambda: MIXED,
    "demand": lambda: sn.demand(EXAMPLE),
    "demand-huge": lambda: sn.demand(sn.Cluster.uniform(nodes=10**12, disks_per_node=2), harvester="1.8.1+rwx"),
    "candidate": lambda: sn.suggest(EXAMPLE, exclude_first=1).best,
    "plan": lambda: sn.suggest(EXAMPLE, pools=["172.20.0.0/24"], in_use=["172.20.0.0/27"], limit=2),
    "plan-networks": lambda: sn.suggest(EXAMPLE, networks=["storage-network", "rwx-network"], harvester="1.8.1"),
    "plan-none": lambda: sn.suggest(EXAMPLE, pools=["172.20.0.0/27"]),
    "findings": lambda: sn.check("10.52.3.0/26", EXAMPLE),
    "findings-none": lambda: sn.check("172.16.0.0/24", exclude=["172.16.0.1/32"]),
    "report": lambda: examine("a<b"),
    "report-good": lambda: examine("172.16.0.0/24", EXAMPLE),
    "limits": lambda: sn.limits("10.0.0.0/26", EXAMPLE),
    "limits-mixed": lambda: sn.limits("10.0.0.0/27", MIXED),
    "simulation": lambda: sn.simulate("172.16.0.0/27", EXAMPLE),
    "simulation-good": lambda: sn.simulate("172.16.0.0/26", EXAMPLE, "upgrade"),
    "sweep": lambda: sn.sweep(nodes=range(1, 101), disks_per_node=range(1, 13), images=range(51)),
    "sweep-none": lambda: sn.sweep(nodes=[1, 2**40], disks=0, profile=sn.Profile("<own>", ())),
    "comparison": lambda: sn.sweep(nodes=range(1, 11), disks=2).compare(
        profiles=["classic", "consolidated"], ranges=["10.0.0.0/26"]
    ),
    "comparison-alone": lambda: sn.sweep(nodes=[2**40, 1], disks=2).compare(),
    "audit": lambda: sn.audit(_living("living.json")),
    "verification": lambda: sn.verify(_living("living.json")),
    "preflight": lambda: sn.preflight(_living("living.json")),
    "snapshot": lambda: _living("living.json"),
    "diagnosis": lambda: sn.diagnose(REFUSED, EXAMPLE),
    "diagnosis-none": lambda: sn.diagnose("all is well"),
    "uncertain": lambda: sn.Uncertain.between(1, 100),
    "risk": lambda: sn.risk({5: 0.5, 6: 0.3, 8: 0.2}, 2, sn.Uncertain.poisson(4), profile="consolidated"),
    "risk-huge": lambda: sn.risk(2**31),
    "runway": _runway,
    "runway-random": lambda: _runway(random=True),
    "ensemble": lambda: sn.ensemble("10.0.0.0/27", EXAMPLE, "upgrade", runs=2),
    "site": _site,
    "site-full": lambda: sn.plan_site(
        sn.Site(pools=["172.20.0.0/27"], clusters=[sn.SiteCluster(name="fra1", cluster=EXAMPLE)])
    ),
    "networks": lambda: networks_of("plan.csv", (HERE / "data" / "plan.csv").read_text(encoding="utf-8")),
}


@cache
def shown(name: str) -> Any:
    """The result of that name, made once: it is a value."""
    return SHOWN[name]()


@pytest.mark.parametrize("name", SHOWN)
def test_golden_html(name: str) -> None:
    """Each result shows the same table as ever."""
    path = GOLDEN / f"{name}.html"
    page = re.sub(r"(</tr>|</table>|</details>|</caption>)", r"\1\n", shown(name)._repr_html_())
    if "UPDATE_GOLDEN" in os.environ:
        path.parent.mkdir(exist_ok=True)
        path.write_text(page, encoding="utf-8")
    assert page == path.read_text(encoding="utf-8")


def test_every_result_that_shows_itself_has_a_golden_table() -> None:
    """No public class has an HTML form that is not looked at; pictures are PNG, and tested with the plots."""
    public = [getattr(sn, name) for name in sn.__all__]
    showing = {one for one in public if isinstance(one, type) and hasattr(one, "_repr_html_")}
    assert showing <= {type(shown(name)) for name in SHOWN}


class Cells(HTMLParser):
    """What a browser would make of a page: the texts of the cells, each with its style, and every tag."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A cell begins, or something else."""
        self.open.append(tag)
        self.tags.add(tag)
        if tag in {"td", "th"}:
            self.cells.append(("", str(dict(attrs)["style"])))

    def handle_endtag(self, tag: str) -> None:
        """Tags close in the order in which they were opened."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """The text of a cell may come in pieces."""
        if {"td", "th"} & set(self.open):
            text, style = self.cells[-1]
            self.cells[-1] = (text + data, style)


CELLS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates()
TAGS = {"table", "caption", "thead", "tbody", "tr", "th", "td", "span", "details", "summary"}


@given(st.lists(st.tuples(st.text(), st.integers(), CELLS), min_size=1, max_size=20), st.text())
def test_no_text_is_markup(rows: list[tuple[str, int, object]], verdict: str) -> None:
    """Whatever the texts, a table has no tag of theirs, every cell in its place, text left and numbers right."""
    rows.append(("a", 1, "b"))
    told = Rows(("name", "count [pods]", "more"), rows, verdict)
    found = Cells(html(verdict, told, told, folded=[told]))
    assert found.tags <= TAGS
    heads, body = found.cells[:3], found.cells[3 : 3 + 3 * len(rows)]
    assert [text for text, _ in heads] == ["name", "count [pods]", "more"]
    assert [text for text, _ in body[::3]] == [printable(name) for name, _, _ in rows]
    assert [text for text, _ in body[1::3]] == [f"{count:,}" for _, count, _ in rows]
    assert all(style.endswith("text-align:left") for _, style in body[::3])
    assert all("text-align:right" in style for _, style in body[1::3])


def test_cells_read_as_what_they_are() -> None:
    """Prefix lengths have a slash, durations words, answers yes, no or unknown; nothing is an empty cell."""
    rows = Rows(("prefix_length [bits]", "after [time]", "ok", "share [%]"), [(26, 99_000, True, 12.3456), (None,) * 4])
    texts = [text for text, _ in Cells(html("", rows)).cells]
    assert texts[:4] == ["prefix length", "after", "ok", "share [%]"]
    assert texts[4:] == ["/26", "1 day 3 h 30 min", "yes", "12.35", "", "", "unknown", ""]


def test_columns_that_say_nothing_are_left_out() -> None:
    """A column of empty cells is none, and the text behind a number stands apart from it."""
    cells = Cells(html("", Rows(("a", "b", "c"), [(1, None, "x"), (2, "", "y")]))).cells
    assert [text for text, _ in cells] == ["a", "c", "1", "x", "2", "y"]
    assert "padding-left" in cells[3][1]


def test_long_tables_are_cut_and_say_so() -> None:
    """A notebook shows a hundred rows, and how to get all of them."""
    page = html("", Rows(("n",), [(count,) for count in range(MOST_ROWS + 5)]))
    assert page.count("<td ") == MOST_ROWS
    assert page.endswith("<p>… and 5 more: to_dataframe() has all.</p>")


@pytest.mark.parametrize("name", SHOWN)
def test_every_frame_has_units_for_its_counts(name: str) -> None:
    """A frame has the rows with pandas' own types, named as JSON names them, and the units of its columns."""
    frame = shown(name).to_dataframe()
    assert isinstance(frame, pd.DataFrame)
    assert frame.attrs["units"].keys() <= set(frame.columns)
    assert not [column for column in frame.columns if " [" in column]
    counted = {column for column in frame.columns if column in {"usable", "required", "spare", "addresses", "used"}}
    assert counted <= frame.attrs["units"].keys()


def test_a_frame_keeps_the_values() -> None:
    """Whole numbers stay whole however large, what is not known is NA, times are Timedeltas, days are dates."""
    columns = ("count [nodes]", "huge", "ok", "at [time]", "day [day]", "share", "what")
    rows = [(1, 10**30, True, 90, date(2026, 12, 1), 0.5, "a"), (None, 1, None, 0, None, 1.0, None)]
    frame = Rows(columns, rows).frame()
    assert frame.attrs["units"] == {"count": "nodes"}
    assert [str(kind) for kind in frame.dtypes][:3] == ["Int64", "object", "boolean"]
    assert frame["huge"][0] == 10**30
    assert frame["at"].tolist() == [pd.Timedelta(seconds=90), pd.Timedelta(0)]
    assert frame["day"][0] == pd.Timestamp("2026-12-01")
    assert frame.isna().sum().tolist() == [1, 0, 1, 0, 1, 0, 1]
    assert str(frame["share"].dtype) == "Float64"
    assert list(Rows(columns, []).frame().columns) == ["count", "huge", "ok", "at", "day", "share", "what"]


@given(st.lists(st.tuples(st.integers(), st.none() | st.booleans(), st.text()), max_size=9))
def test_a_frame_has_the_rows_in_order(rows: list[tuple[int, bool | None, str]]) -> None:
    """A row of the frame is a row of the result."""
    frame = Rows(("count", "ok", "what"), rows).frame()
    told = [tuple(None if pd.isna(cell) else cell for cell in row) for row in frame.itertuples(index=False)]
    assert told == [(count, ok, printable(what)) for count, ok, what in rows]


def test_the_frame_of_a_run_is_its_timeline() -> None:
    """A row for each second in which use or waiting changed."""
    run = sn.simulate("172.16.0.0/27", EXAMPLE)
    frame = run.to_dataframe()
    assert frame["used"].tolist() == list(run.used)
    assert [at.total_seconds() for at in frame["at"]] == list(run.times)


def test_notes_are_told_in_tables_too() -> None:
    """What was assumed, left out or read in part stands under the table, as on the command line."""
    known: dict[str, Any] = {"harvester": "1.9.0"}  # by its candidate, which is noted
    results: list[Any] = [
        sn.demand(EXAMPLE, **known),
        sn.suggest(EXAMPLE, **known),
        sn.simulate("10.0.0.0/24", EXAMPLE, **known),
        sn.sweep(nodes=[1], disks=1, **known),
        sn.risk(5, **known),
        examine("10.0.0.0/24", EXAMPLE, choose(**known)),
        sn.runway("10.0.0.0/24", EXAMPLE, sn.Growth(), start="2026-12-01", **known),
    ]
    (note,) = results[0].notes
    for one in results:
        assert re.sub("<[^>]+>", "", one._repr_html_()).count(note) == 1, type(one)


def test_columns_keep_their_type_without_a_value() -> None:
    """A count, a share or a day that is nowhere known is still one."""
    frame = Rows(("a [nodes]", "b [day]", "c [%]", "d"), [(None,) * 4] * 2).frame()
    assert [str(kind) for kind in frame.dtypes] == ["Int64", "datetime64[s]", "Float64", "object"]
    assert frame.attrs["units"] == {"a": "nodes", "c": "%"}


def test_profiles_of_one_name_are_compared_apart() -> None:
    """Two own profiles may have the same name: each formula has its column. Nothing compared is an empty table."""
    consumers = (sn.Consumer("a", "node", versions=versions, floor=1, steady=1, source="own") for versions in (1, 3))
    compared = sn.sweep(nodes=range(1, 50), disks=2).compare(profiles=[sn.Profile("own", [one]) for one in consumers])
    heads = [text for text, _ in Cells(compared._repr_html_()).cells]
    assert {"N [clusters]", "3N [clusters]"} <= set(heads)
    assert repr(compared) == "Comparison(N, 3N)"
    assert len(sn.Comparison().to_dataframe()) == 0


def test_an_audit_of_what_is_not_known_says_so() -> None:
    """Where no pod was exported a lease is neither stale nor not: NA in the frame, unknown in the table, a ring."""
    unsure = sn.audit(attrs.evolve(_living("living.json"), pods=None))
    unknown = unsure.to_dataframe()["stale"].isna()
    assert unknown.sum() == unsure.undecided > 0
    assert unsure._repr_html_().count(">unknown</td>") == unsure.undecided
    assert "stale or not is unknown" in unsure.plot().axes.get_legend_handles_labels()[1]


def test_the_frame_of_an_audit_has_every_lease() -> None:
    """A row for each lease, with the kind of its pod, and why it is stale."""
    found = sn.audit(_living("living.json"))
    frame = found.to_dataframe()
    assert len(frame) == found.leases
    assert frame["kind"].value_counts().to_dict() == dict(found.by_kind)
    assert frame[frame["stale"]]["address"].tolist() == [one.address for one in found.stale]


@pytest.mark.parametrize("name", SHOWN)
def test_without_pandas_the_extra_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pandas is not installed the error says what to install."""
    value = shown(name)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(sn.MissingExtraError, match="run: python -m pip install pandas"):
        value.to_dataframe()
