# SPDX-License-Identifier: GPL-3.0-or-later
"""OSCQuery's answers over HTTP, and refusals."""

from typing import Any

import pytest

from ddsp_fx_bridge.http.guard import is_own_name, is_same_origin
from ddsp_fx_bridge.http.oscquery import ATTRIBUTES
from ddsp_fx_bridge.server import Server
from serve.sockets.peers import get


def test_the_namespace_as_json(server: Server) -> None:
    status, root = get(server, "/")
    assert status == 200
    node = root["CONTENTS"]["track"]["CONTENTS"]["1"]["CONTENTS"]["hall"]["CONTENTS"]["pre_delay"]
    plain = {key: value for key, value in node.items() if key not in ("CONTENTS", "DDSP_FX")}
    assert plain == {
        "FULL_PATH": "/track/1/hall/pre_delay",
        "DESCRIPTION": "Delay before the room sounds",
        "ACCESS": 3,
        "TYPE": "f",
        "VALUE": [0.0],
        "RANGE": [{"MIN": 0, "MAX": 250}],
        "UNIT": ["time.ms"],
        "CLIPMODE": ["none"],
        "OVERLOADS": [{"TYPE": "i"}, {"TYPE": "d"}],
        "TAGS": ["parameter", "value"],
    }
    assert node["DDSP_FX"]["default"] == 0.0
    assert set(node["CONTENTS"]) == {"n", "s"}
    assert get(server, "/track/1/hall/pre_delay") == (200, node)


def test_every_node_keeps_the_proposals_rules(server: Server) -> None:
    def check(node: dict[str, Any], address: str) -> int:
        assert node["FULL_PATH"] == address
        assert node["ACCESS"] in (0, 1, 2, 3)
        assert ("VALUE" in node) == bool(node["ACCESS"] & 1)
        # A container has no type; every other node has one, which may be empty.
        assert ("TYPE" in node) == bool(node["ACCESS"])
        for attribute in ("VALUE", "RANGE", "UNIT", "CLIPMODE"):
            if attribute in node:
                assert len(node[attribute]) == len(node["TYPE"])
        kinds = {"f": (int, float), "i": (int,), "h": (int,), "s": (str,), "T": (bool,)}
        for value, tag in zip(node.get("VALUE", []), node.get("TYPE", ""), strict="VALUE" in node):
            assert isinstance(value, kinds[tag])
        below = node.get("CONTENTS", {})
        return 1 + sum(check(child, f"{address.rstrip('/')}/{name}") for name, child in below.items())

    assert check(get(server, "/")[1], "/") > 50


@pytest.mark.parametrize("attribute", [*ATTRIBUTES, "CONTENTS"])
def test_single_attributes(server: Server, attribute: str) -> None:
    whole = get(server, "/track/1/hall/mix")[1]
    assert get(server, f"/track/1/hall/mix?{attribute}") == (
        200,
        {attribute: whole[attribute]} if attribute in whole else {},
    )


def test_host_info_and_mistakes(server: Server) -> None:
    info = get(server, "/track/1?HOST_INFO")[1]
    assert (info["OSC_PORT"], info["OSC_TRANSPORT"]) == (server.osc_port, "UDP")
    assert info["EXTENSIONS"]["LISTEN"] is True
    assert get(server, "/track/1?HOST_INFO") == get(server, "/?HOST_INFO")
    assert get(server, "/track/9")[0] == 404
    assert get(server, "/track/1/hall/mix?COLOUR")[0] == 400
    assert get(server, "/track/1/hall?VALUE")[0] == 204
    assert get(server, "/track/1/board/load?VALUE")[0] == 204
    assert get(server, "/track/1/hall?TYPE") == (200, {})
    assert get(server, "/track/1/hall?RANGE") == (200, {})


def test_pages_of_other_sites_are_refused(server: Server) -> None:
    own = f"127.0.0.1:{server.http_port}"
    assert get(server, "/", Origin="http://example.org")[0] == 403
    assert get(server, "/", Origin="null")[0] == 403
    assert get(server, "/", Origin=f"http://localhost:{server.http_port}")[0] == 403
    assert get(server, "/", Origin=f"http://{own}")[0] == 200
    assert get(server, "/", Host="example.org")[0] == 403
    assert get(server, "/", Host=f"localhost:{server.http_port}")[0] == 200


def test_names_and_origins() -> None:
    for host in ("127.0.0.1", "127.0.0.1:80", "localhost", "localhost:9080", "[::1]:9080", "192.168.1.7:9080"):
        assert is_own_name(host)
    for host in ("", "example.org", "example.org:80", "127.0.0.1.example.org", "localhost.example.org:9080"):
        assert not is_own_name(host)
    assert is_same_origin(None, "a:1")
    assert not is_same_origin("http://a:2", "a:1")


@pytest.mark.parametrize(
    "path", ["/panel/../server.py", "/panel/%2e%2e%2fserver.py", "/panel/.hidden", "/panel/absent.js"]
)
def test_nothing_beside_the_panel_is_served(server: Server, path: str) -> None:
    assert get(server, path)[0] == 404
