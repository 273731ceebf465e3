"""The lock files pin every version, fit pyproject.toml, and bring no CUDA."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {
    "requirements.lock": PROJECT["dependencies"] + EXTRAS["build"],
    "requirements-dev.lock": PROJECT["dependencies"]
    + EXTRAS["build"]
    + EXTRAS["dev"]
    + EXTRAS["dask"],
    "requirements-learn.lock": EXTRAS["learn"],
}


def pins(name: str) -> dict[str, str]:
    """Package → version of a lock file, for this platform."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {
        canonicalize_name(r.name): str(r.specifier).removeprefix("==")
        for r in found
        if r.marker is None or r.marker.evaluate()
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_pins_one_version(name: str) -> None:
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.match(r"[a-z0-9-]+==[0-9][^ ]*( ; .+)?$", line), line


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_fits_the_project(name: str) -> None:
    locked = pins(name)
    wrong = [
        str(wanted)
        for wanted in map(Requirement, LOCKS[name])
        if (version := locked.get(canonicalize_name(wanted.name))) is None
        or not wanted.specifier.contains(version)
    ]
    assert wrong == [], "run ./dev lock"


def test_running_and_testing_use_the_same_versions() -> None:
    main, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: version for name, version in main.items() if dev.get(name) != version} == {}


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_brings_cuda(name: str) -> None:
    assert [p for p in pins(name) if p.startswith(("nvidia-", "cuda-")) or p == "triton"] == []


def test_torch_is_only_for_learning() -> None:
    assert "torch" not in pins("requirements.lock") | pins("requirements-dev.lock")
    assert pins("requirements-learn.lock")["torch"]
