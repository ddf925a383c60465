#!/usr/bin/env python3
"""Checks an installed wheel: it holds the package, the extension with its stubs and the command, and they answer."""

import re
import subprocess
import sys
import sysconfig
import zlib
from importlib import metadata
from pathlib import Path

import mlsysim

packed = [file for file in metadata.files("mlsysim") if "__pycache__" not in file.parts]
files = [file.as_posix() for file in packed]
allowed = re.compile(
    r"mlsysim/([\w/]+\.(py|json)|py\.typed|_core[\w.-]*\.so|_core\.pyi|libyaml-cpp\.so[\d.]*)"
    r"|mlsysim-[\w.]+\.dist-info/.+|(\.\./)+bin/mlsysim"
)
checks = {
    "nothing else in the wheel": not (extra := [file for file in files if not allowed.fullmatch(file)]) or extra,
    "stubs and py.typed are in it": {"mlsysim/_core.pyi", "mlsysim/py.typed"} <= set(files),
    # Half of it is published measurements, embedded in the command and in the extension.
    "at most 8 MB to download": sum(len(zlib.compress(file.locate().read_bytes())) for file in packed) < 8e6,
}
command = Path(sysconfig.get_path("scripts"), "mlsysim")
for words in ([command], [sys.executable, "-m", "mlsysim"]):
    answer = subprocess.run([*words, "eval", "llama-3-8b", "h100", "-o", "json"], check=False, capture_output=True, text=True)
    checks[f"{Path(words[0]).name} eval"] = answer.returncode == 0 and '"latency_s"' in answer.stdout or answer.stderr
linked = subprocess.run(["ldd", command], check=False, capture_output=True, text=True).stdout
checks["the command needs neither libfmt nor libyaml-cpp"] = not re.search("libfmt|libyaml", linked) or linked

profile = mlsysim.Engine.solve(model=mlsysim.Models.Llama3_8B, hardware=mlsysim.Hardware.H100, batch_size=32)
checks["Engine.solve answers"] = 1 < profile.latency.to("ms").magnitude < 100

failed = {name: found for name, found in checks.items() if found is not True}
for name, found in failed.items():
    print(f"FAILED {name}: {found}", file=sys.stderr)
print(f"{len(checks) - len(failed)} passed, {len(failed)} failed")
sys.exit(bool(failed))
