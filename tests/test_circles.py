# SPDX-License-Identifier: GPL-3.0-or-later
"""No module imports itself through others; imports for type annotations count too."""

import grimp


def test_imports_make_no_circle() -> None:
    graph = grimp.build_graph("ddsp_fx", "ddsp_fx_bridge", exclude_type_checking_imports=False)
    left = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # Remove modules that import none of the others until none can be removed; the rest are circles and their importers.
    while free := [module for module, imported in left.items() if not imported & left.keys()]:
        for module in free:
            del left[module]
    assert sorted(left) == []
