"""What people write for a network: a CIDR, an address and its mask, a first and a last address, several in one cell.

Rules: a network in use means its whole block, host bits or not. A first and a last address mean the fewest CIDRs, which
is exact. An address without a prefix length or mask means nothing: none is made up for it. Bullets, quotes and blanks
around a text mean nothing either, and a dash or "n/a" is an empty cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sn_planner.interchange.rows import like_a_network
from sn_planner.model.cidr import (
    IPV4_BITS,
    LAST_ADDRESS,
    Cidr,
    cidrs,
    network_of,
    parse_address,
    parse_cidr,
    parse_span,
)

_EMPTY = {"", "n/a", "#n/a", "na", "nan", "none", "null", "nil"}
_FOLDER = "(folder)"  # in phpIPAM it holds subnets and is none [C phpipam app/admin/import-export/export-subnets.php]
_AROUND = " \t\n\r\xa0\u2007\u202f\u200b\ufeff\"'`,;*>•·∙●◦‣▪│├└─-\u2010\u2011\u2012\u2013\u2014\u2015"
_MOJIBAKE = "â€¢"  # NetBox's bullet, saved by a spreadsheet that took UTF-8 for Windows-1252 [netbox#9407]
_MASKED = re.compile(r"([0-9.]+)(?:\s*/\s*|\s+)([0-9.]+)")
_BETWEEN = re.compile(r"[\s,;|]+")


class Run(tuple[Cidr, ...]):
    """The CIDRs from one address to another: one thing to whoever wrote it."""


def bare(text: str) -> str:
    """A text without the bullets, quotes, dashes and blanks around it.

    >>> bare("• \\n 10.0.0.0/24 "), bare("—")
    ('10.0.0.0/24', '')
    """
    return text.replace(_MOJIBAKE, "").strip(_AROUND)


def meant(text: str, masks: Iterable[str] = (), end: str | None = None) -> tuple[Cidr, ...] | None:
    """The networks that a text means: none for an empty one, None where it is no network.

    `masks` are those of an address without one, which must agree; `end` is the last address of a range that begins
    here. An IPv6 network is itself, and of an IPv6 address or range all that counts is that it is IPv6.

    >>> meant("10.1.2.3/16"), meant("10.1.0.0", ["255.255.0.0"]) == meant("10.1.0.0/16"), meant("10.1.0.0")
    ((Cidr('10.1.0.0/16'),), True, None)
    """
    if not end and (cidr := parse_cidr(text)):
        return (cidr.unmapped.network,)
    text = bare(text)
    if text.casefold() in _EMPTY or text.endswith(_FOLDER):
        return ()
    if not like_a_network(text):
        return None
    if end:  # NetBox writes both with the mask of their network
        text = f"{text.partition('/')[0]}-{bare(end).partition('/')[0]}"
    ways = (way(text) for way in (_span, _cidr, _masked, _several))
    return next((networks for networks in ways if networks is not None), _block(text, masks))


def networks_meant(field: str, text: str) -> tuple[Cidr, ...]:
    """The IPv4 networks that one value means; raises BadInput, by its field, for anything else.

    >>> [str(one) for one in networks_meant("--in-use", "192.168.205.1/24")]
    ['192.168.205.0/24']
    """
    networks = meant(text)
    is_ipv4 = networks and all(one.bits == IPV4_BITS for one in networks)
    return networks if networks and is_ipv4 else (network_of(field, text),)


def _span(text: str) -> Run | None:
    span = parse_span(text)
    return None if span is None else Run(cidrs(span))


def _cidr(text: str) -> tuple[Cidr] | None:
    """The network of a CIDR; of an IPv6 address or span only that it is IPv6."""
    cidr = parse_cidr(text)
    if cidr is None and ":" in text and not _BETWEEN.search(text):
        cidr = parse_cidr(f"{re.split('[-/%]', text)[0]}/128")
    return None if cidr is None else (cidr.unmapped.network,)


def _masked(text: str) -> tuple[Cidr] | None:
    masked = _MASKED.fullmatch(text)
    return None if masked is None else _block(masked[1], [masked[2]])


def _several(text: str) -> tuple[Cidr, ...] | None:
    """The networks of a list in one cell."""
    parts = [part for part in _BETWEEN.split(text) if part]
    several = [meant(part) for part in parts] if len(parts) > 1 else [None]
    return None if None in several else tuple(one for networks in several for one in networks or ())


def _block(address_text: str, masks: Iterable[str]) -> tuple[Cidr] | None:
    """The block around an address that all masks which are one agree on."""
    address = parse_address(address_text)
    lengths = {length for mask in masks if (length := _length(mask))}  # a mask of no bits is none
    return None if address is None or len(lengths) != 1 else (Cidr(address, lengths.pop()).network,)


def _length(mask: str) -> int | None:
    """The prefix length in "24", "/24" or "255.255.255.0"; None in any other text."""
    text = bare(mask).removeprefix("/")
    if text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= IPV4_BITS:
        return int(text)
    address = parse_address(text)
    hosts = None if address is None else address ^ LAST_ADDRESS
    return None if hosts is None or hosts & (hosts + 1) else IPV4_BITS - hosts.bit_length()
