"""A stub Kubernetes API on 127.0.0.1, as far as kubectl asks it for lists: discovery, old and aggregated, and pages.

Rules: each scenario is a cluster of its own on a port of its own, made from the objects of one export. What is wrong in
it is one row of `SCENARIOS`. It answers as the API server does, to the form of its errors.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import attrs

Object = dict[str, Any]
TYPED = {"", "apiextensions.k8s.io", "events.k8s.io"}  # groups of the API server itself
METRICS = "metrics.k8s.io"
RANCHER = "/k8s/clusters/c-m-1"
_ONE = re.compile(r"/(?:api/(v1)|apis/([^/]+)/([^/]+))(?:/namespaces/([^/]+))?/([^/]+)(?:/([^/]+))?")
_AGGREGATED = re.compile(r"g=apidiscovery.k8s.io;v=(v2beta1|v2);as=APIGroupDiscoveryList")


class Resource(NamedTuple):
    """A kind that the cluster serves."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """Group and version, as objects name them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def name(self) -> str:
        """The name in full, as kubectl takes it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


RESOURCES = (
    Resource("", "v1", "configmaps", "ConfigMap", short=("cm",)),
    Resource("", "v1", "events", "Event", short=("ev",)),
    Resource("", "v1", "namespaces", "Namespace", False, ("ns",)),
    Resource("", "v1", "nodes", "Node", False, ("no",)),
    Resource("", "v1", "pods", "Pod", short=("po",)),
    Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False, ("crd",)),
    Resource("events.k8s.io", "v1", "events", "Event", short=("ev",)),
    Resource("harvesterhci.io", "v1beta1", "settings", "Setting", False),
    Resource("harvesterhci.io", "v1beta1", "virtualmachineimages", "VirtualMachineImage", short=("vmimage",)),
    Resource("k8s.cni.cncf.io", "v1", "network-attachment-definitions", "NetworkAttachmentDefinition"),
    Resource("kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance", short=("vmi", "vmis")),
    Resource("longhorn.io", "v1beta2", "nodes", "Node", short=("lhn",)),
    Resource("longhorn.io", "v1beta2", "instancemanagers", "InstanceManager", short=("lhim",)),
    Resource("longhorn.io", "v1beta2", "backingimagemanagers", "BackingImageManager", short=("lhbim",)),
    Resource("longhorn.io", "v1beta2", "backingimagedatasources", "BackingImageDataSource", short=("lhbids",)),
    Resource("longhorn.io", "v1beta2", "volumes", "Volume", short=("lhv",)),
    Resource("longhorn.io", "v1beta2", "sharemanagers", "ShareManager", short=("lhsm",)),
    Resource("longhorn.io", "v1beta2", "settings", "Setting", short=("lhs",)),
    Resource("management.cattle.io", "v3", "settings", "Setting", False),
    Resource("network.harvesterhci.io", "v1beta1", "clusternetworks", "ClusterNetwork", False, ("cn",)),
    Resource("network.harvesterhci.io", "v1beta1", "vlanconfigs", "VlanConfig", False, ("vc",)),
    Resource("whereabouts.cni.cncf.io", "v1alpha1", "ippools", "IPPool"),
    Resource("whereabouts.cni.cncf.io", "v1alpha1", "overlappingrangeipreservations", "OverlappingRangeIPReservation"),
)
EVERYTHING = frozenset(one.name for one in RESOURCES)


def _names(value: str) -> frozenset[str]:
    """Names of resources; one that begins with a dot means every resource of that group."""
    return frozenset(
        one.name for one in RESOURCES if any(name in (one.name, "*", f".{one.group}") for name in value.split())
    )


@attrs.frozen(kw_only=True)
class Scenario:
    """What is out of the ordinary in a cluster: resources that it does not serve, forbids, fails at or has none of.

    `undiscovered` are API groups whose discovery fails; `pods` how many there are in all, those of the export among
    them; `expires` whether every page but the first has expired; `runs` whether a VM runs, and its volume is attached;
    `prefix` is the path of the server's address, and `elsewhere` whether another cluster, an empty one, is at its root.
    """

    name: str
    missing: frozenset[str] = attrs.field(default="", converter=_names)
    forbidden: frozenset[str] = attrs.field(default="", converter=_names)
    broken: frozenset[str] = attrs.field(default="", converter=_names)
    empty: frozenset[str] = attrs.field(default="", converter=_names)
    undiscovered: str = ""
    longhorn: str = "v1beta2"
    pods: int = 0
    aggregated: bool = True
    expires: bool = False
    runs: bool = False
    prefix: str = ""
    elsewhere: bool = False
    locked: bool = False

    @property
    def resources(self) -> list[Resource]:
        """What the cluster serves."""
        found = (one for one in RESOURCES if one.name not in self.missing)
        return [one._replace(version=self.longhorn) if one.group == "longhorn.io" else one for one in found]

    @property
    def groups(self) -> dict[str, str]:
        """The API groups and their versions."""
        found = {one.group: one.version for one in self.resources if one.group}
        return found | ({METRICS: "v1beta1"} if self.undiscovered == METRICS else {})

    def objects(self, resource: Resource, export: list[Object]) -> list[Object]:
        """What there is of a resource, in the order of the API."""
        found: list[Object] = []
        if resource.name not in self.empty or resource.kind == "CustomResourceDefinition":
            found = [one for one in export if _is_of(one, resource)] + list(self._made(resource))
        if resource.plural == "pods" and self.pods:
            found += [
                {**an(resource, f"web-{number:04}", "default"), "spec": {"nodeName": "node-1"}, "status": {}}
                for number in range(self.pods - len(found))
            ]
        return sorted(found, key=lambda one: (one["metadata"].get("namespace", ""), one["metadata"]["name"]))

    def _made(self, resource: Resource) -> Iterator[Object]:
        """What an export need not have."""
        if resource.name == "events":
            about = {"kind": "Pod", "namespace": "longhorn-system", "name": "x"}
            for number in range(2):
                made = an(resource, f"e.{number}", "longhorn-system")
                yield {**made, "involvedObject": about, "message": "Started container"}
        if resource.kind == "CustomResourceDefinition":
            for one in self.resources:
                if one.group not in TYPED:
                    yield an(resource, one.name)
        if self.runs and resource.kind == "VirtualMachineInstance":
            yield {**an(resource, "db", "default"), "status": {"phase": "Running"}}
        if self.runs and resource.kind == "Volume":
            claim = {"namespace": "default", "pvcName": "db"}
            yield {
                **an(resource, "pvc-1", "longhorn-system"),
                "status": {"state": "attached", "kubernetesStatus": claim},
            }


def an(resource: Resource, name: str, namespace: str = "") -> Object:
    """An object of that name."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}


def _is_of(one: Object, resource: Resource) -> bool:
    return (str(one["apiVersion"]).rpartition("/")[0], one["kind"]) == (resource.group, resource.kind)


WHEREABOUTS, NETWORK = ".whereabouts.cni.cncf.io", ".network.harvesterhci.io"
SOURCES, SHARES = "backingimagedatasources.longhorn.io", "sharemanagers.longhorn.io"
DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
SCENARIOS = (
    Scenario(name="whole"),
    Scenario(name="whole-old-discovery", aggregated=False),
    Scenario(name="no-whereabouts", missing=WHEREABOUTS),
    Scenario(name="old-longhorn", missing=f"{SOURCES} {SHARES}"),
    Scenario(name="no-harvester-networks", missing=NETWORK),
    Scenario(name="no-share-managers", missing=SHARES),
    Scenario(name="forbidden-pods", forbidden="pods"),
    Scenario(name="forbidden-pools", forbidden="ippools.whereabouts.cni.cncf.io"),
    Scenario(name="forbidden-settings", forbidden="settings.harvesterhci.io"),
    Scenario(name="many-pods", pods=1200),
    Scenario(
        name="several-empty",
        empty=f"virtualmachineimages.harvesterhci.io {SHARES} {SOURCES} {WHEREABOUTS} events",
    ),
    Scenario(name="broken-data-sources", broken=SOURCES),
    Scenario(name="stale-metrics", undiscovered=METRICS),
    Scenario(name="stale-metrics-old-discovery", undiscovered=METRICS, aggregated=False),
    Scenario(name="rancher", prefix=RANCHER),
    Scenario(name="forbidden-definitions", forbidden=DEFINITIONS),
    Scenario(name="page-expires", pods=1200, expires=True),
    Scenario(name="page-expires-amid", pods=518, expires=True),
    Scenario(name="old-longhorn-forbidden-definitions", missing=f"{SOURCES} {SHARES}", forbidden=DEFINITIONS),
    Scenario(name="no-vlan-configs", empty="vlanconfigs.network.harvesterhci.io"),
    Scenario(name="rancher-another-cluster-at-the-root", prefix=RANCHER, elsewhere=True, runs=True),
    Scenario(name="machine-runs", runs=True),
    Scenario(name="all-empty", empty="*"),
    Scenario(
        name="forbidden-attachments",
        forbidden="network-attachment-definitions.k8s.cni.cncf.io virtualmachineinstances.kubevirt.io",
    ),
    Scenario(name="older-version-of-longhorn", longhorn="v1beta1"),
    Scenario(name="no-whereabouts-forbidden-definitions", missing=WHEREABOUTS, forbidden=DEFINITIONS),
    Scenario(name="no-whereabouts-stale-metrics", missing=WHEREABOUTS, forbidden=DEFINITIONS, undiscovered=METRICS),
    Scenario(
        name="undiscovered-whereabouts",
        undiscovered=WHEREABOUTS[1:],
        aggregated=False,
        forbidden=DEFINITIONS,
    ),
    Scenario(name="undiscovered-longhorn", undiscovered="longhorn.io"),
    Scenario(name="forbidden-discovery", undiscovered="*", aggregated=False),
    Scenario(name="all-forbidden", forbidden="*"),
    Scenario(name="broken-pages", broken="*"),
    Scenario(name="logged-out", locked=True),
)
_AT_THE_ROOT = Scenario(name="another", empty="*")


def lists(scenario: Scenario, export: list[Object]) -> str:
    """What the cluster has, as the API's own lists; of what it does not serve, empty ones."""
    return "\n".join(
        json.dumps(_list_of(one, scenario.objects(one, export) if one.name not in scenario.missing else [], {}))
        for one in RESOURCES
        if one.group != "events.k8s.io"
    )


def _list_of(resource: Resource, objects: list[Object], metadata: Object) -> Object:
    if resource.group in TYPED:  # the API server's own kinds: the items do not say theirs
        objects = [{key: one[key] for key in one.keys() - {"kind", "apiVersion"}} for one in objects]
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.api_version,
        "metadata": {"resourceVersion": "4711", **metadata},
        "items": objects,
    }


class _Handler(BaseHTTPRequestHandler):
    """Answers for one cluster."""

    protocol_version = "HTTP/1.1"
    scenario: Scenario
    export: list[Object]

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        """Answers a request."""
        url = urlsplit(self.path)
        path = url.path.rstrip("/") or "/"
        self.seen = self.scenario
        is_inside = path.startswith(self.scenario.prefix)
        if is_inside:
            path = path.removeprefix(self.scenario.prefix) or "/"
        elif self.scenario.elsewhere:
            self.seen = _AT_THE_ROOT
        if not is_inside and not self.scenario.elsewhere:
            self._send(404, b"<html>not the API</html>\n", "text/html")
        elif self.seen.locked:
            self._refuse(401, "Unauthorized", "Unauthorized")
        elif not self._discovery(path):
            self._objects(path, {key: one[0] for key, one in parse_qs(url.query).items()})

    def _send(self, code: int, body: object, kind: str = "application/json") -> bool:
        data = body if isinstance(body, bytes) else f"{json.dumps(body, separators=(',', ':'))}\n".encode()
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        return True

    def _refuse(self, code: int, reason: str, message: str) -> bool:
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        return self._send(code, {**status, "message": message, "reason": reason, "details": {}, "code": code})

    def _discovery(self, path: str) -> bool:
        """Answers what is served; False where that was not the question."""
        seen = self.seen
        wanted = _AGGREGATED.search(self.headers.get("Accept", "")) if seen.aggregated else None
        if seen.undiscovered == "*" and path.startswith("/apis"):
            return self._refuse(403, "Forbidden", f'forbidden: User "viewer" cannot get path "{path}"')
        if path in {"/api", "/apis"} and wanted is not None:
            kind = f"application/json;g=apidiscovery.k8s.io;v={wanted[1]};as=APIGroupDiscoveryList"
            return self._send(200, self._aggregated({"": "v1"} if path == "/api" else seen.groups, wanted[1]), kind)
        groups = [self._group(*one) for one in seen.groups.items()]
        told = {
            "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
            "/api/v1": self._resources("", "v1"),
        }
        if path in told:
            return self._send(200, told[path])
        match = re.fullmatch(r"/apis/([^/]+)/([^/]+)", path)
        return match is not None and self._resources_of(match[1], match[2])

    def _resources_of(self, group: str, version: str) -> bool:
        if group == self.seen.undiscovered:
            return self._send(503, b"service unavailable\n", "text/plain")
        if self.seen.groups.get(group) != version:
            return self._send(404, b"404 page not found\n", "text/plain; charset=utf-8")
        return self._send(200, self._resources(group, version))

    @staticmethod
    def _group(name: str, version: str) -> Object:
        both = {"groupVersion": f"{name}/{version}", "version": version}
        return {"name": name, "versions": [both], "preferredVersion": both}

    def _resources(self, group: str, version: str) -> Object:
        resources = [
            {
                "name": one.plural,
                "singularName": one.kind.lower(),
                "namespaced": one.namespaced,
                "kind": one.kind,
                "verbs": ["get", "list", "watch", "delete"],
                "shortNames": one.short,
            }
            for one in self.seen.resources
            if one.group == group
        ]
        name = f"{group}/{version}" if group else version
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources}

    def _aggregated(self, groups: dict[str, str], version: str) -> Object:
        items = []
        for group, served in groups.items():
            resources = [
                {
                    "resource": one.plural,
                    "responseKind": {"group": one.group, "version": one.version, "kind": one.kind},
                    "scope": "Namespaced" if one.namespaced else "Cluster",
                    "singularResource": one.kind.lower(),
                    "verbs": ["get", "list", "watch", "delete"],
                    "shortNames": one.short,
                }
                for one in self.seen.resources
                if one.group == group
            ]
            row: Object = {"version": served, "resources": resources, "freshness": "Current"}
            if group and group == self.seen.undiscovered:
                row = {"version": served, "freshness": "Stale"}
            items.append({"metadata": {"name": group} if group else {}, "versions": [row]})
        kind = f"apidiscovery.k8s.io/{version}"
        return {"kind": "APIGroupDiscoveryList", "apiVersion": kind, "metadata": {}, "items": items}

    def _objects(self, path: str, query: dict[str, str]) -> bool:
        """Answers a list, a page of one, or an object."""
        match = _ONE.fullmatch(path)
        if match is None:
            return self._send(404, b"404 page not found\n", "text/plain; charset=utf-8")
        version, group = match[1] or match[3], match[2] or ""
        seen, name = self.seen, f"{match[5]}.{group}" if group else match[5]
        if name in seen.forbidden:
            what = f'cannot list resource "{match[5]}" in API group "{group}" at the cluster scope'
            return self._refuse(403, "Forbidden", f'{name} is forbidden: User "viewer" {what}')
        row = next((one for one in seen.resources if (one.name, one.version) == (name, version)), None)
        if row is None:
            return self._send(404, b"404 page not found\n", "text/plain; charset=utf-8")
        if name in seen.broken:
            return self._refuse(503, "ServiceUnavailable", "the server is currently unable to handle the request")
        found = [
            {**one, "apiVersion": row.api_version}
            for one in seen.objects(row, self.export)
            if match[4] in {None, one["metadata"].get("namespace")}
        ]
        if match[6] is None:
            return self._page(row, found, int(query.get("limit", 0)), int(query.get("continue", 0)))
        one = next((one for one in found if one["metadata"]["name"] == match[6]), None)
        return self._send(200, one) if one else self._refuse(404, "NotFound", f'{name} "{match[6]}" not found')

    def _page(self, row: Resource, found: list[Object], limit: int, start: int) -> bool:
        if start and self.seen.expires:
            problem = "The provided continue parameter is too old to display a consistent list result."
            return self._refuse(410, "Expired", problem)
        end = start + limit if limit else len(found)
        metadata = {"continue": str(end), "remainingItemCount": len(found) - end} if end < len(found) else {}
        return self._send(200, _list_of(row, found[start:end], metadata))


@contextmanager
def served(export: list[Object], folder: Path) -> Iterator[None]:
    """Serves every scenario; the kubeconfig of each is a file of its name in the folder."""
    servers = [_server(one, export, folder) for one in SCENARIOS]
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _server(scenario: Scenario, export: list[Object], folder: Path) -> ThreadingHTTPServer:
    handler = type("Handler", (_Handler,), {"scenario": scenario, "export": export})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    cluster = {"server": f"http://127.0.0.1:{server.server_address[1]}{scenario.prefix}"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "the context", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "the context" if scenario.name != "rancher" else "",
    }
    (folder / scenario.name).write_text(json.dumps(config), encoding="utf-8")
    return server
