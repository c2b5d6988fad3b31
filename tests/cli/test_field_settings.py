"""Settings as people have them, out of public threads: each answer is the right one, and says why."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from sn_planner.cli import main

SETTINGS = Path(__file__).parents[1] / "data" / "field" / "settings"
SMALL = ["--nodes", "3", "--disks-per-node", "1"]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are run where the files are."""
    monkeypatch.chdir(SETTINGS)


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code of a check and all that it prints."""
    code = main(["check", *arguments, *SMALL])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.mark.parametrize(
    ("release", "code", "finding"), [("1.8.1", 0, "info untagged"), ("1.4.3", 1, "error vlan-out")]
)
def test_a_setting_without_a_vlan(release: str, code: int, finding: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The interface writes an untagged network without vlan since 1.5: no error there, refused before."""
    answered, text = check(capsys, "--setting", "untagged.json", "--harvester", release)
    assert answered == code
    assert finding in text
    assert "setting-missing-key" not in text


def test_dual_stack_keys_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """The keys for IPv6 are Harvester's own, and no fix drops them."""
    code, text = check(capsys, "--setting", "dual-stack.json", "--harvester", "1.8.1")
    assert code == 0
    assert "did you mean" not in text
    assert text.count("warning key-of-later-release") == 2
    assert '"rangeV6":"fd00:16::/64","excludeV6":["fd00:16::1/128"]}' in text


def test_the_text_in_force_is_to_be_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """A text that Harvester has acted upon is not to be rewritten, whatever its order of keys."""
    code, text = check(capsys, "--setting", "in-force.yaml")
    assert code == 0
    assert "fix: keep it to the letter" in text
    assert "write {" not in text


def test_a_disabled_network(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A setting without a value is disabled, which Harvester accepts; nothing of its text is taken for a range."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((SETTINGS / "disabled.yaml").read_bytes())))
    code, text = check(capsys, "-")
    assert code == 0
    assert "the storage-network has no value: it is disabled" in text
    assert "refuse" not in text
    assert "apiVersion" not in text


def test_the_patch_that_people_share(capsys: pytest.CaptureFixture[str]) -> None:
    """The value inside a JSON patch is checked."""
    code, text = check(capsys, "--setting", "patch.json", "--harvester", "1.6.1")
    assert code == 0
    assert text.startswith("172.16.0.0/26 is fit for use: 1 warning.\n62 usable, 12 needed at an upgrade's peak")


def test_longhorns_setting_of_the_same_name(capsys: pytest.CaptureFixture[str]) -> None:
    """It names a network and is none: the answer says which one to export, not to mend it."""
    code, text = check(capsys, "--setting", "longhorn.yaml")
    assert code == 2
    assert "export Harvester's: kubectl get settings.harvesterhci.io storage-network -o yaml" in text
    assert text.count("\n") == 1


@pytest.mark.parametrize("asked", [["--profile", "rwx-network"], []])
def test_the_rwx_network_by_its_own_formula(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Three nodes and 32 volumes want 35 addresses: a /28 is too small, a /26 would do."""
    code, text = check(capsys, "--setting", "rwx.yaml", *asked)
    assert code == 1
    assert "\n14 usable, 35 needed at an upgrade's peak, 21 too few" in text
    assert "use a /26" in text


@pytest.mark.parametrize(("release", "code"), [("1.4.1", 1), ("1.5.0", 0)])
def test_vlan_0_by_release(release: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """VLAN 0 is refused up to 1.4 and accepted since."""
    answered, text = check(capsys, "--setting", "vlan0.json", "--harvester", release)
    assert answered == code
    assert ("Harvester would refuse it" in text) is bool(code)


@pytest.mark.parametrize(
    ("network", "code", "finding"),
    [
        ("127.0.0.0/24", 1, "error no-host-range"),
        ("224.0.0.0/24", 1, "error no-host-range"),
        ("0.0.0.0/24", 1, "error no-host-range"),
        ("255.255.255.0/24", 1, "error no-host-range"),
        ("169.254.10.0/24", 0, "warning link-local"),
        ("172.168.0.0/24", 0, "warning not-private"),
    ],
)
def test_ranges_that_carry_no_traffic(
    network: str, code: int, finding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip of the hand that no host can use is an error; one that routers do not forward, a warning."""
    answered, text = check(capsys, network)
    assert (answered, finding in text) == (code, True)
