"""The options of the commands: groups of flags, one spelling each wherever they are taken."""

from __future__ import annotations

import argparse

from sn_planner.interchange.texts import STDIN


def cluster_options(command: argparse.ArgumentParser) -> None:
    """Adds the cluster options."""
    group = command.add_argument_group("cluster")
    group.add_argument("--nodes", metavar="N", help="nodes that run Longhorn, all alike")
    disks = group.add_mutually_exclusive_group()
    disks.add_argument("--disks-per-node", metavar="D", help="Longhorn disks of each of them")
    disks.add_argument("--disks", metavar="TOTAL", help="Longhorn disks of all of them together")
    group.add_argument(
        "--node", metavar="DISKS", action="append", help="one node with that many disks; repeat for each (not --nodes)"
    )
    group.add_argument("--witness", metavar="N", help="witness nodes; they take no address")
    group.add_argument("--images", metavar="I", help="image uploads, downloads, exports and clones at once")
    group.add_argument("--rwx-volumes", metavar="R", help="running RWX volumes (32 where they count and none is given)")
    group.add_argument("--v2-data-engine", action="store_true", help="the nodes run the V2 data engine too")
    alone = (
        "a cluster file in YAML or JSON, '-' for stdin; it has every figure: no other flag of this group goes with it"
    )
    group.add_argument("--cluster", metavar="FILE", help=alone)


def profile_options(command: argparse.ArgumentParser) -> None:
    """Adds the profile options."""
    group = command.add_argument_group("formula")
    group.add_argument("--profile", metavar="P", help="classic (default), consolidated, either with +rwx, or a FILE")
    group.add_argument("--harvester", metavar="V", help="choose the profile by Harvester release")


def range_options(command: argparse.ArgumentParser) -> None:
    """Adds a range, and what of it is not for pods."""
    command.add_argument("range", metavar="RANGE", help="the range, like 192.168.0.0/26")
    exclude_options(command)


def exclude_options(command: argparse.ArgumentParser) -> None:
    """Adds what of a range is not for pods."""
    given = "not for pods: a CIDR, an address, or a first and a last one (10.0.0.6-10.0.0.254); repeatable"
    command.add_argument("--exclude", metavar="CIDR", action="append", default=[], help=given)
    aside_options(command)


def aside_options(command: argparse.ArgumentParser) -> None:
    """Adds the addresses to keep for gateways and switches."""
    command.add_argument("--exclude-first", metavar="K", default="0", help="keep the first K addresses from pods")
    command.add_argument("--exclude-last", metavar="K", default="0", help="keep the last K addresses from pods")


def in_use_options(command: argparse.ArgumentParser) -> None:
    """Adds the in use options."""
    group = command.add_argument_group("networks in use")
    one = "a network in use, or a first and a last address; repeatable"
    group.add_argument("--in-use", metavar="CIDR", action="append", default=[], help=one)
    file = "networks a line each, or CSV or JSON as an IPAM exports it; '-' for stdin; repeatable"
    group.add_argument("--in-use-file", metavar="FILE", action="append", default=[], help=file)
    column = "the CSV column or JSON key with the network (default: the only one that can be meant)"
    group.add_argument("--in-use-column", metavar="NAME", help=column)
    where = "only rows like status=active; repeatable: either value of one column, all of several columns"
    group.add_argument("--in-use-where", metavar="COLUMN=VALUE", action="append", default=[], help=where)


def plot_option(command: argparse.ArgumentParser, what: str) -> None:
    """Adds the file for a picture."""
    command.add_argument("--plot", metavar="FILE", help=f"draw {what} into a .png, .svg or .pdf")


def suggest_options(command: argparse.ArgumentParser) -> None:
    """Adds the suggest options."""
    command.add_argument("--pool", metavar="CIDR", action="append", help="search here; repeatable (default: RFC 1918)")
    aside_options(command)
    command.add_argument("--grow-nodes", metavar="N", default="0", help="nodes to come, each like the largest")
    command.add_argument("--grow-disks", metavar="TOTAL", default="0", help="disks to come, over all nodes")
    command.add_argument("--headroom", metavar="PERCENT", default="0", help="addresses on top of the demand")
    command.add_argument("--at-least", metavar="N", default="0", help="never fewer addresses than this")
    command.add_argument("--strategy", default="growth", help="growth (default), first or best-fit")
    command.add_argument("--limit", metavar="N", default="5", help="candidates at most (default: 5)")
    network = "storage-network (default), rwx-network or vm-migration-network; repeat to plan them side by side"
    command.add_argument("--network", metavar="NAME", action="append", default=[], help=network)
    vlan = "the VLAN of the setting; with several networks one for all, or one each in their order"
    command.add_argument("--vlan", metavar="ID", action="append", default=[], help=vlan)
    name = "the cluster network of the setting; with several as for --vlan"
    command.add_argument("--cluster-network", metavar="NAME", action="append", default=[], help=name)
    plot_option(command, "the address map")


def check_options(command: argparse.ArgumentParser) -> None:
    """Adds the check options."""
    targets = "a range, a file or a directory with settings; '-' reads a range or settings from stdin"
    command.add_argument("targets", metavar="TARGET", nargs="*", default=[], help=targets)
    command.add_argument("--setting", metavar="FILE", help="one more file: a setting's JSON value or its manifest")
    command.add_argument("--current", metavar="FILE", help="the setting in force, to compare the text with")
    grave = "exit with 1 for a finding of this severity or a graver one: error (default), warning or info"
    command.add_argument("--fail-on", metavar="SEVERITY", default="error", help=grave)
    command.add_argument("--ignore", metavar="CODE", action="append", default=[], help="do not count it; repeatable")
    exclude_options(command)


def simulate_options(command: argparse.ArgumentParser) -> None:
    """Adds the simulate options."""
    command.add_argument(
        "--scenario",
        metavar="NAME|FILE",
        default="worst-case",
        help="worst-case (default), upgrade, growth, year, or a scenario file",
    )
    plot_option(command, "the run")


def risk_options(command: argparse.ArgumentParser) -> None:
    """Adds the uncertain figures."""
    forms = "each 5, 2..4, 5=0.5,6=0.3 (or weights), poisson(4), binomial(10,0.3), triangular(2,3,6), samples(3,4,4)"
    group = command.add_argument_group("figures", forms)
    group.add_argument("--nodes", metavar="FIGURE", required=True, help="nodes that run Longhorn")
    group.add_argument("--disks-per-node", metavar="FIGURE", required=True, help="Longhorn disks of each of them")
    group.add_argument("--images", metavar="FIGURE", default="0", help="image transfers at once (default: 0)")
    volumes = "running RWX volumes (32 where they count and none is given)"
    group.add_argument("--rwx-volumes", metavar="FIGURE", help=volumes)
    vary = "together (default): all nodes have the same number of disks, whichever; apart: each has its own"
    group.add_argument("--disks-vary", metavar="HOW", default="together", help=vary)
    sure = "how likely it shall be enough, like 99%% (default) or 0.999"
    command.add_argument("--confidence", metavar="SHARE", default="99%", help=sure)
    told = "how likely this range holds the demand; without one the prefix that does is told"
    command.add_argument("range", metavar="RANGE", nargs="?", help=told)
    exclude_options(command)
    plot_option(command, "the distribution")


def transfers_options(command: argparse.ArgumentParser) -> None:
    """Adds what is known of image transfers."""
    command.add_argument("--per-hour", metavar="N", required=True, help="image transfers that begin in an hour")
    command.add_argument("--minutes", metavar="M", required=True, help="how long one takes, on average")
    command.add_argument("--places", metavar="N", help="the addresses there are for them (default: as few as will do)")
    wait = "the share of transfers that may wait for an address (default without --places: 1%%)"
    command.add_argument("--waiting", metavar="SHARE", help=wait)


def runway_options(command: argparse.ArgumentParser) -> None:
    """Adds what comes to the cluster, and when."""
    rates = "what comes a year (/y) or a month (/m), like nodes=2/y,disks=4/y,images=1/y"
    command.add_argument("--grow", metavar="RATES", required=True, help=rates)
    command.add_argument("--start", metavar="DATE", help="the day of the cluster as it is (default: today)")
    command.add_argument("--years", metavar="N", default="5", help="how far to look ahead (default: 5)")
    command.add_argument("--random", action="store_true", help="each thing comes by itself, not evenly spaced")
    by = "with --random: the day by which that chance is reached; the first one decides (default: 5%% and 20%%)"
    command.add_argument("--chance", metavar="SHARE", action="append", help=by)
    plot_option(command, "the runway")


def diagnose_options(command: argparse.ArgumentParser) -> None:
    """Adds the diagnose options."""
    command.add_argument("file", metavar="FILE", nargs="?", default=STDIN, help="the pasted text; stdin by default")


def sweep_options(command: argparse.ArgumentParser) -> None:
    """Adds the axes of a sweep."""
    group = command.add_argument_group("axes", "each 5, 1:100, 0:50:10 (both ends included) or 1,2,8")
    group.add_argument("--nodes", metavar="AXIS", required=True, help="nodes that run Longhorn")
    disks = group.add_mutually_exclusive_group(required=True)
    disks.add_argument("--disks-per-node", metavar="AXIS", help="Longhorn disks of each of them")
    disks.add_argument("--disks", metavar="AXIS", help="Longhorn disks of all of them together")
    group.add_argument("--images", metavar="AXIS", default="0", help="image transfers at once (default: 0)")
    command.add_argument(
        "--rwx-volumes", metavar="R", help="running RWX volumes (32 where they count and none is given)"
    )
    told = "also tell which of the clusters this range holds"
    command.add_argument("range", metavar="RANGE", nargs="?", help=told)
    exclude_options(command)
    plot_option(command, "the prefix of each cluster, and the largest cluster of each prefix,")


def site_options(command: argparse.ArgumentParser) -> None:
    """Adds the site's file, and the plan to keep and to write."""
    command.add_argument("file", metavar="FILE", help="the site in YAML or JSON; '-' for stdin")
    command.add_argument("--keep", metavar="PLAN", help="an earlier plan, as --write wrote it: nothing of it moves")
    command.add_argument("--write", metavar="PLAN", help="keep this plan in a file, for the next run's --keep")
    command.add_argument("--only", metavar="CLUSTER", help="plan the whole site, and print one cluster's part")
    plot_option(command, "the address map")


def site_option(command: argparse.ArgumentParser) -> None:
    """Adds the site whose pools, networks, release and defaults count where nothing else is given."""
    known = "a site's file: its pools, networks in use, ranges in force, release and defaults count"
    command.add_argument("--site", metavar="FILE", help=known)


def keep_option(command: argparse.ArgumentParser) -> None:
    """Adds an earlier plan of the site."""
    command.add_argument("--keep", metavar="PLAN", help="with --site: stay out of all that its plan holds, too")


def export_options(command: argparse.ArgumentParser) -> None:
    """Adds the command that is to read the export."""
    command.add_argument("of", metavar="COMMAND", help="the command it is for: preflight, verify or audit")


def audit_options(command: argparse.ArgumentParser) -> None:
    """Adds the picture of the leases."""
    plot_option(command, "who holds which address")


def export_option(command: argparse.ArgumentParser) -> None:
    """Adds the files of an export."""
    printed = "what kubectl printed, JSON or YAML: files, directories, or '-' for stdin"
    command.add_argument("files", metavar="FILE", nargs="+", help=printed)


def explain_options(command: argparse.ArgumentParser) -> None:
    """Adds the code to explain."""
    command.add_argument("code", metavar="CODE", help="the code of a finding or of a refusal")


def schema_options(command: argparse.ArgumentParser) -> None:
    """Adds the command whose answer is described."""
    command.add_argument("of", metavar="COMMAND", help="the command that answers")


def completion_options(command: argparse.ArgumentParser) -> None:
    """Adds the shell."""
    command.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell that completes")


def preflight_options(command: argparse.ArgumentParser) -> None:
    """Adds the setting to apply."""
    command.add_argument("--setting", metavar="FILE", help="the setting to apply: its JSON or manifest")
    command.add_argument("--images", metavar="I", help="image transfers to hold (default: those in flight)")
