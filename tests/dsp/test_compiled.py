# SPDX-License-Identifier: GPL-3.0-or-later
import subprocess
import sys

import numpy as np
import pytest

from ddsp_fx.dsp._jit import compiled, loaded

LIGHT = (
    "ddsp_fx.dsp.convolution, ddsp_fx.dsp.decimate, ddsp_fx.dsp.noise, ddsp_fx.dsp.synthesizer, "
    "ddsp_fx.analysis.features, ddsp_fx.analysis.mcleod, ddsp_fx.analysis.swift"
)


def test_modules_import_without_numba_or_scipy():
    """The command line imports these to list effects, so importing numba, 0.5 s, must wait until one is created."""
    program = f"import sys, {LIGHT}; print(sorted({{'numba', 'scipy', 'swift_f0'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_function_that_cannot_be_cached_still_compiles():
    namespace = {}
    # A function without a file gets no cache folder from numba, as in a read-only install without a home.
    exec("def total(x):\n    return x.sum()", namespace)
    total = compiled("float64(float64[::1])")(namespace["total"])
    assert total(np.arange(4.0)) == 6.0


def test_other_compiler_errors_are_not_hidden():
    def broken(x):
        return x.no_such_thing

    with pytest.raises(Exception, match="no_such_thing"):
        loaded(compiled("float64(float64[::1])")(broken))
