# SPDX-License-Identifier: GPL-3.0-or-later
"""The announcement, as received by zeroconf's own browser on the loopback interface."""

import pytest

from ddsp_fx_bridge.mdns import Announcement

zeroconf = pytest.importorskip("zeroconf")


def test_both_services_are_found() -> None:
    announcement = Announcement("127.0.0.1", 9123, 9124)
    try:
        browser = zeroconf.Zeroconf(interfaces=["127.0.0.1"])
        try:
            for info, port in zip(announcement._infos, (9124, 9123), strict=True):
                found = browser.get_service_info(info.type, info.name, timeout=20000)
                assert found is not None
                assert found.port == port
                assert found.parsed_addresses() == ["127.0.0.1"]
        finally:
            browser.close()
    finally:
        announcement.close()
