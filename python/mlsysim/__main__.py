"""``python -m mlsysim`` is the command ``mlsysim``."""

import sys

from mlsysim import _core

sys.exit(_core.main(["mlsysim", *sys.argv[1:]]))
