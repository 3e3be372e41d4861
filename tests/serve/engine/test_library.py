# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in messages are never used as paths."""

from pathlib import Path

import pytest

from ddsp_fx.errors import RefusedError
from ddsp_fx_bridge.engine.library import Library


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a\\b", "a\0b", "x" * 65, "con", "é", "a.", "-a", "a b "])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedError, match=r"plain name|reserves it for a device"):
        Library(tmp_path, ".json").write(name, "{}")
    assert list(tmp_path.iterdir()) == []


def test_links_out_of_the_folder_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    library = Library(tmp_path / "boards", ".json")
    library.write("mine", "{}")
    (tmp_path / "boards" / "link.json").symlink_to(tmp_path / "secret.json")
    assert library.existing("mine").read_text() == "{}"
    with pytest.raises(RefusedError, match="no 'link'"):
        library.existing("link")
