"""One file, through everything that a network does, a bounded number of times."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from installing import hub_stand_in as stand_in
from installing.hub_stand_in import Fault, Hosted
from installing.hub_stand_in import Hub as StandIn
from mortar.catalogue import Published
from mortar.errors import MortarError
from mortar.installing import download
from mortar.installing.disk import git_blob_of, sha256_of
from mortar.installing.download import TRIES, Download
from mortar.installing.hub import Hub
from mortar.settings import Models

CONTENT = bytes(range(256)) * 4_000
"""A megabyte: several reads."""

PART = Published(repository="maker/model", file="model.gguf", format="GGUF", sha256="unknown", size_MB=1.0)
ADDRESS = f"{PART.repository}/{PART.file}"


@pytest.fixture
def hosted(hub: StandIn) -> Hosted:
    hub.files[ADDRESS] = Hosted(CONTENT)
    return hub.files[ADDRESS]


Fetch = Callable[..., Path]


@pytest.fixture
def fetch(hub: StandIn, hosted: Hosted, tmp_path: Path) -> Fetch:
    def fetched(patience_s: float = 5.0, tell: download.Tell = lambda here, whole: None) -> Path:
        asked = Hub(Models(hub=hub.base, patience_s=patience_s))
        path = tmp_path / PART.name
        Download(asked, PART, asked.ask(PART), path, tell).run(pause=lambda seconds: None)
        return path

    return fetched


def starts(hub: StandIn) -> list[str | None]:
    """From where on each answer with bytes was asked for."""
    return [one.headers.get("Range") for one in hub.asked("GET") if one.path.startswith(stand_in.BYTES)]


def refused(fetch: Fetch, **options: object) -> MortarError:
    with pytest.raises(MortarError) as caught:
        fetch(**options)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_file_comes_whole_and_leaves_nothing_else(fetch: Fetch, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = fetch(tell=lambda here, whole: told.append((here, whole)))
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert sorted(told) == told


@pytest.mark.parametrize("fault", [stand_in.cut(300_000), stand_in.cut(0), stand_in.status(503)])
def test_it_goes_on_where_it_was_cut(fetch: Fetch, hub: StandIn, hosted: Hosted, fault: Fault) -> None:
    hosted.faults = [stand_in.cut(100_000), fault]
    assert fetch().read_bytes() == CONTENT
    asked = starts(hub)
    assert asked[0] is None and asked[1] == "bytes=100000-"
    assert len(asked) == 3


def test_a_stall_ends_and_it_goes_on(fetch: Fetch, hub: StandIn, hosted: Hosted) -> None:
    hosted.faults = [stand_in.stall(200_000)]
    assert fetch(patience_s=0.3).read_bytes() == CONTENT
    assert starts(hub) == [None, "bytes=200000-"]


def test_a_drip_is_a_stall(fetch: Fetch, hosted: Hosted) -> None:
    """A byte now and then keeps a socket from timing out, and would keep a person waiting for years."""
    hosted.faults = [stand_in.drip] * TRIES
    assert refused(fetch, patience_s=0.2).code == "hub-stalls"


@pytest.mark.parametrize(
    ("fault", "code"),
    [(stand_in.cut(0), "hub-cut"), (stand_in.stall(0), "hub-stalls"), (stand_in.status(500), "hub-busy")],
)
def test_it_is_tried_a_bounded_number_of_times(
    fetch: Fetch, hub: StandIn, hosted: Hosted, fault: Fault, code: str
) -> None:
    hosted.faults = [fault] * 100
    assert refused(fetch, patience_s=0.2).code == code
    assert len(starts(hub)) == TRIES


def test_a_later_pull_goes_on_as_well(fetch: Fetch, hub: StandIn, hosted: Hosted) -> None:
    """What came before the program ended is not fetched again."""
    hosted.faults = [stand_in.cut(700_000), *[stand_in.cut(0)] * (TRIES - 1)]
    refused(fetch)
    hub.seen.clear()
    assert fetch().read_bytes() == CONTENT
    assert starts(hub) == ["bytes=700000-"]


def test_what_changed_meanwhile_is_begun_anew(fetch: Fetch, hub: StandIn, hosted: Hosted) -> None:
    """If-Range: the beginning of one file and the end of another are never joined."""
    hosted.faults = [stand_in.cut(700_000), *[stand_in.cut(0)] * (TRIES - 1)]
    refused(fetch)
    hosted.content = CONTENT[::-1]
    assert fetch().read_bytes() == CONTENT[::-1]


def test_a_hub_without_ranges_begins_anew(fetch: Fetch, hosted: Hosted) -> None:
    hosted.faults = [stand_in.cut(700_000), stand_in.without_ranges]
    assert fetch().read_bytes() == CONTENT


def test_more_than_the_file_has_is_begun_anew(fetch: Fetch, tmp_path: Path) -> None:
    """What lies there from before may be longer than what is to come."""
    (tmp_path / "model.gguf.part").write_bytes(bytes(2 * len(CONTENT)))
    (tmp_path / "model.gguf.etag").write_text('"of something else"')
    assert fetch().read_bytes() == CONTENT


def test_a_range_that_is_refused_is_not_asked_for_again(fetch: Fetch, hub: StandIn, hosted: Hosted) -> None:
    hosted.faults = [stand_in.cut(700_000), stand_in.status(416)]
    assert fetch().read_bytes() == CONTENT
    assert starts(hub) == [None, "bytes=700000-", None]


def test_another_range_than_was_asked_for_leaves_no_hole(fetch: Fetch, hosted: Hosted) -> None:
    """A server that skips a part of the file."""

    def skipping(handler: stand_in.Handler, hosted: Hosted) -> None:
        last = f"bytes 900000-{len(CONTENT) - 1}/{len(CONTENT)}"
        handler.reply(206, {"Content-Range": last, "ETag": hosted.etag, "Content-Length": "1"})

    hosted.faults = [stand_in.cut(100_000), skipping]
    assert refused(fetch).code == "hub-answer"


@pytest.mark.parametrize("etag", ['W/"weak"', "bare", '"two\r\n lines"', ""])
def test_an_etag_that_proves_nothing_is_not_relied_on(
    fetch: Fetch, hub: StandIn, hosted: Hosted, etag: str
) -> None:
    """Without a strong one a cut file is begun anew."""

    def fault(handler: stand_in.Handler, hosted: Hosted) -> None:
        handler.send(hosted, hosted.content, {"ETag": etag}, most=100_000)

    hosted.faults = [fault]
    assert fetch().read_bytes() == CONTENT
    assert starts(hub) == [None, None]


@pytest.mark.parametrize("by", [1, -1, 4_096, -999_999])
def test_another_length_than_stated_is_refused(fetch: Fetch, hosted: Hosted, tmp_path: Path, by: int) -> None:
    hosted.faults = [stand_in.another_length(by)] * TRIES
    error = refused(fetch)
    assert error.code == "hub-length"
    assert str(len(CONTENT)) in error.what and str(len(CONTENT) + by) in error.what
    assert not (tmp_path / PART.name).exists()


def test_an_answer_that_says_no_length_is_refused(fetch: Fetch, hosted: Hosted) -> None:
    """Its end could not be told from a cut."""
    hosted.faults = [lambda handler, hosted: handler.reply(200, {})] * TRIES
    assert refused(fetch).code == "hub-answer"


def test_a_lie_about_size_does_not_fill_the_disk(fetch: Fetch, hub: StandIn, hosted: Hosted) -> None:
    """What can't fit is not begun."""
    huge = str(10**15)
    hosted.statement = {"X-Linked-Size": huge}
    hosted.faults = [lambda handler, hosted: handler.reply(200, {"Content-Length": huge})]
    error = refused(fetch)
    assert error.code == "disk-full"
    assert "MB" in error.what


def test_a_disk_that_refuses_is_one_line(fetch: Fetch, tmp_path: Path) -> None:
    """The kernel's own refusal: a limit on the size of files, in the place of a disk that breaks."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    try:
        error = refused(fetch)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert error.code == "models-unwritable"
    assert not (tmp_path / PART.name).exists()


FILLED = """
import sys
from pathlib import Path
from mortar.catalogue import Published
from mortar.errors import MortarError
from mortar.installing import disk, download
from mortar.installing.hub import Hub
from mortar.settings import Models

disk.RESERVE_bytes = -10**9  # what fills the disk comes after the room was found to be enough
hub = Hub(Models(hub=sys.argv[1]))
part = Published(repository="maker/model", file="model.gguf", format="GGUF", sha256="unknown", size_MB=1.0)
folder = Path(sys.argv[2])
try:
    download.Download(hub, part, hub.ask(part), folder / "model.gguf", lambda here, whole: None).run()
except MortarError as error:
    print(error.code, sorted(path.name for path in folder.iterdir()))
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare (util-linux)")
def test_a_full_disk_is_one_line_and_is_not_left_full(hub: StandIn, hosted: Hosted, tmp_path: Path) -> None:
    """A real file system of half a megabyte."""
    script = tmp_path / "filled.py"
    script.write_text(FILLED)
    mount = 'mount -t tmpfs -o size=512k none "$1" && exec "$2" "$3" "$4" "$1"'
    namespace = ["unshare", "-rm", "sh", "-c", mount, "sh"]
    folder = tmp_path / "disk"
    folder.mkdir()
    ran = subprocess.run(
        [*namespace, str(folder), sys.executable, str(script), hub.base], capture_output=True, text=True
    )
    if "mount:" in ran.stderr or "unshare:" in ran.stderr:
        pytest.skip(f"no file system can be mounted here: {ran.stderr.strip()}")
    assert ran.stdout.split() == ["disk-full", "[]"], ran.stderr


def test_a_link_in_the_place_of_a_part_is_not_followed(fetch: Fetch, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "model.gguf.part").symlink_to(victim)
    assert refused(fetch).code == "models-unwritable"
    assert victim.read_text() == "mine"


def test_gits_name_of_a_file_is_gits(tmp_path: Path) -> None:
    """`printf 'hello\\n' | git hash-object --stdin`"""
    path = tmp_path / "file"
    path.write_bytes(b"hello\n")
    assert git_blob_of(path) == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert sha256_of(path).startswith("5891b5b522d5df08")
