"""``python -m mlsysim`` is the command ``mlsysim``."""

import importlib.util
import os
import sys
from pathlib import Path

from mlsysim import _core


def _blas_of_numpy() -> str:
    """The library that NumPy's wheel brings for its matrix products, for ``audit`` to measure with; empty where it is not there."""
    spec = importlib.util.find_spec("numpy")
    package = Path(spec.origin).parent if spec and spec.origin else None
    folders = [package.parent / "numpy.libs", package / ".dylibs"] if package else []
    return next((str(file) for folder in folders for file in folder.glob("libscipy_openblas*")), "")


if "audit" in sys.argv and "MLSYSIM_BLAS" not in os.environ and (blas := _blas_of_numpy()):
    os.environ["MLSYSIM_BLAS"] = blas

sys.exit(_core.main(["mlsysim", *sys.argv[1:]]))
