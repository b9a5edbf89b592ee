"""The scripts of set-up and CI, run against stand-ins that write down how they were called."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ORDINARY = (
    "awk bash cat cp cut date dirname env flock getconf grep gzip head mkdir mv nproc "
    "rm sed sh sha256sum sort tail tar tee touch uname"
)

PYTHON = r"""
echo "python $*" >>"$CALLS"
[[ -n $BREAK && $* == *$BREAK* ]] && { echo "it broke here"; exit 1; }
while (($#)); do
    case $1 in -d | -w) folder=$2 ;; venv | download | wheel) action=$1 ;; esac
    shift
done
case $action in
    venv)
        mkdir -p .venv/bin
        cp "$0" .venv/bin/python
        ;;
    download)
        mkdir -p llama
        tar -czf "$folder/llama.tar.gz" llama
        rm -r llama
        ;;
    wheel)
        for k in 1 2 3; do echo "  [$k/3] Building C object $k"; done
        mkdir -p "$folder"
        touch "$folder/llama.whl"
        ;;
esac
exit 0
"""
"""As python3.11, then as the environment's Python: pip that fetches and builds nothing."""


def stand_in(folder: Path, name: str, script: str) -> None:
    """A program of this name that is a shell script."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/bash\n{script}\n")
    (folder / name).chmod(0o755)


class SetUp:
    """A checkout with nothing but what the set-up reads, and a PATH with nothing but stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.calls_file = folder / "calls"
        self.path = folder / "bin"
        self.cache = folder / "cache"
        shutil.copytree(ROOT / "tools/setup", self.root / "tools/setup")
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.root / name)
        self.path.mkdir()
        for name in ORDINARY.split():
            program = shutil.which(name)
            assert program, name
            (self.path / name).symlink_to(program)
        stand_in(self.path, "python3.11", PYTHON)
        stand_in(self.path, "dpkg-query", '[[ $* == *"$MISSING" ]] && exit 1; echo installed')
        stand_in(self.path, "patch", 'echo "patch $*" >>"$CALLS"')
        stand_in(self.path, "apt-get", 'echo "apt-get $*" >>"$CALLS"; [[ $* != *"$UNKNOWN"* ]]')

    def __call__(self, group: str = "base", **given: str) -> subprocess.CompletedProcess[str]:
        self.calls_file.write_text("")
        return subprocess.run(
            [self.root / "tools/setup/setup.sh", group],
            env={
                "PATH": str(self.path),
                "HOME": str(self.root),
                "XDG_CACHE_HOME": str(self.cache),
                "CALLS": str(self.calls_file),
                "BREAK": "",
                "MISSING": "none",
                "UNKNOWN": "none",
                **given,
            },
            capture_output=True,
            text=True,
            timeout=30,
        )

    @property
    def calls(self) -> str:
        """What the last run called, a line each."""
        return self.calls_file.read_text()


@pytest.fixture
def setup(tmp_path: Path) -> SetUp:
    return SetUp(tmp_path)


def test_set_up_goes_through_its_steps_and_then_takes_no_time(setup: SetUp) -> None:
    first = setup()
    assert first.returncode == 0, first.stderr
    assert re.findall(r"^\[(\d)/5\]", first.stdout, re.MULTILINE) == list("12345")
    assert "built 3 of 3 (100 %)" in first.stdout
    assert "apt-get" not in setup.calls

    second = setup()
    assert (second.returncode, second.stdout, second.stderr, setup.calls) == (0, "", "", "")


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_set_up_goes_again_when_what_it_installs_has_changed(setup: SetUp, name: str) -> None:
    setup()
    with (setup.root / name).open("a") as file:
        file.write("# another line\n")
    again = setup()
    assert "[5/5]" in again.stdout
    assert " wheel " not in setup.calls, "the built llama.cpp is still the right one"


def test_the_built_llama_is_there_for_the_next_clone(setup: SetUp) -> None:
    setup()
    shutil.rmtree(setup.root / ".venv")
    assert setup().returncode == 0
    assert "venv" in setup.calls
    assert " wheel " not in setup.calls
    setup(CMAKE_ARGS="-DGGML_VULKAN=ON")
    assert " wheel " in setup.calls, "another build is another wheel"


def test_a_llama_for_gpus_is_another_build_with_packages_of_its_own(setup: SetUp) -> None:
    setup()
    if os.geteuid() != 0:
        stand_in(setup.path, "sudo", '"$@"')
    ran = setup(MORTAR_LLAMA="vulkan", MISSING="glslc")
    assert ran.returncode == 0, ran.stderr
    assert "apt-get install -y --no-install-recommends glslc\n" in setup.calls
    assert re.search(r"patch .*-p1 .*vulkan", setup.calls)
    assert " wheel " in setup.calls
    assert len(list((setup.cache / "mortar/wheels").iterdir())) == 2


def test_what_llama_is_for_stays_as_it_was_said(setup: SetUp) -> None:
    """`make run` after MORTAR_LLAMA=vulkan `make setup` changes nothing, and a moved checkout neither."""
    setup(MORTAR_LLAMA="vulkan")
    assert (setup().stdout, setup.calls) == ("", "")
    assert (setup("tools").returncode, setup().stdout) == (0, "")
    setup.root = setup.root.rename(setup.root.with_name("elsewhere"))
    assert setup().returncode == 0 and " wheel " not in setup.calls

    back = setup(MORTAR_LLAMA="cpu")
    assert "[5/5]" in back.stdout
    assert " wheel " in setup.calls, "a build of its own"


@pytest.mark.parametrize("name", ["cuda", "Vulkan", "cpu vulkan"])
def test_a_llama_that_there_is_not_is_one_line(setup: SetUp, name: str) -> None:
    ran = setup(MORTAR_LLAMA=name)
    assert (ran.returncode, ran.stdout, setup.calls) == (1, "", "")
    assert ran.stderr == f"make setup: MORTAR_LLAMA is {name}: say MORTAR_LLAMA=cpu or MORTAR_LLAMA=vulkan\n"


def test_a_checkout_that_was_moved_gets_a_new_environment(setup: SetUp) -> None:
    setup()
    setup.root = setup.root.rename(setup.root.with_name("elsewhere"))
    assert "[5/5]" in setup().stdout
    assert "-m venv" in setup.calls


def test_an_interrupted_set_up_goes_on_where_it_was(setup: SetUp) -> None:
    broken = setup(BREAK=" wheel ")
    assert broken.returncode == 1
    assert "it broke here" in broken.stderr
    assert re.search(r"^make setup: .*make setup again.*setup\.log", broken.stderr.splitlines()[-1])

    resumed = setup()
    assert resumed.returncode == 0
    assert " download " not in setup.calls, "what was fetched and built so far stays"
    assert " wheel " in setup.calls


def test_missing_system_packages_are_installed(setup: SetUp) -> None:
    if os.geteuid() != 0:
        stand_in(setup.path, "sudo", '"$@"')
    ran = setup(MISSING="espeak-ng")
    assert ran.returncode == 0, ran.stderr
    assert "apt-get install -y --no-install-recommends espeak-ng\n" in setup.calls


@pytest.mark.parametrize("apt", ["absent", "fails"])
def test_what_apt_cannot_bring_is_named(setup: SetUp, apt: str) -> None:
    if os.geteuid() != 0:
        stand_in(setup.path, "sudo", '"$@"')
    if apt == "absent":
        (setup.path / "apt-get").unlink()
    ran = setup(MISSING="espeak-ng", UNKNOWN="espeak-ng")
    assert ran.returncode == 1
    assert "apt-get install espeak-ng" in ran.stderr.splitlines()[-1]


def test_without_python_311_it_says_what_to_install(setup: SetUp) -> None:
    (setup.path / "python3.11").unlink()
    ran = setup()
    assert ran.returncode == 1
    assert re.fullmatch(r"make setup: needs Python 3\.11: install .*\n", ran.stderr)


def test_the_tools_are_added_to_the_environment_that_is_there(setup: SetUp) -> None:
    setup()
    ran = setup("tools")
    assert "[1/1]" in ran.stdout
    assert re.search(r"pip install .*--editable \.\[tools\]$", setup.calls, re.MULTILINE)
    assert (setup("tools").stdout, setup().stdout) == ("", "")


@pytest.mark.parametrize("status", [0, 7])
def test_ci_runs_make_test_and_passes_its_status_on(tmp_path: Path, status: int) -> None:
    stand_in(tmp_path, "make", f'echo "$PWD $*"; exit {status}')
    ran = subprocess.run(
        [ROOT / ".ci/run"],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stdout) == (status, f"{ROOT} test\n")
