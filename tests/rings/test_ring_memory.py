"""Shared memory: one process writes, the kernel keeps every other mapping read-only."""

import ctypes
import gc
import mmap
import os

import numpy as np
import pytest

from mortar.errors import MortarError
from mortar.rings import memory

SIZE = 3 * mmap.PAGESIZE + 12


@pytest.fixture
def made():
    descriptor, mapping = memory.create("mortar-test", SIZE)
    yield descriptor, mapping
    os.close(descriptor)


def test_reader_sees_what_the_writer_writes(made):
    """Both mappings are the same pages."""
    descriptor, mapping = made
    reader = memory.attach(descriptor, SIZE)
    mapping[SIZE - 1] = 77
    assert reader[SIZE - 1] == 77


def test_reader_cannot_map_for_writing(made):
    """A writable shared mapping is refused, although the descriptor itself is open for writing."""
    descriptor, _ = made
    with pytest.raises(PermissionError):
        mmap.mmap(descriptor, SIZE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)


def test_reopening_the_memory_does_not_help(made):
    """Neither a fresh open through /proc, nor write(2), nor a resize gets round the seals."""
    descriptor, _ = made
    reopened = os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR)
    try:
        with pytest.raises(PermissionError):
            mmap.mmap(reopened, SIZE, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        with pytest.raises(PermissionError):
            os.write(reopened, b"x")
        with pytest.raises(PermissionError):
            os.ftruncate(reopened, 0)
    finally:
        os.close(reopened)


def test_a_mapping_cannot_be_made_writable_later(made):
    """mprotect(2) on the reader's mapping is refused."""
    descriptor, _ = made
    reader = np.frombuffer(memory.attach(descriptor, SIZE), np.uint8)
    libc = ctypes.CDLL(None, use_errno=True)
    protection = mmap.PROT_READ | mmap.PROT_WRITE
    assert libc.mprotect(ctypes.c_void_p(reader.ctypes.data), ctypes.c_size_t(SIZE), protection) == -1


def test_views_of_the_reader_are_read_only(made):
    """numpy refuses to write, and refuses to make the view writable."""
    descriptor, _ = made
    view = np.frombuffer(memory.attach(descriptor, SIZE), np.uint8)
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.setflags(write=True)


def test_a_view_outlives_its_descriptors(made):
    """Memory stays as long as something looks at it, so that no view can dangle."""
    descriptor, mapping = made
    mapping[0] = 5
    own = os.dup(descriptor)
    view = np.frombuffer(memory.attach(own, SIZE), np.uint8)
    os.close(own)
    assert view[0] == 5


@pytest.mark.parametrize("wrong", [SIZE - 1, SIZE + 1, 2 * SIZE])
def test_a_wrong_size_is_refused(made, wrong):
    """Reading past the end would be SIGBUS, so the size is checked before the mapping."""
    with pytest.raises(MortarError) as caught:
        memory.attach(made[0], wrong)
    assert caught.value.code == "ring-size-wrong"
    assert str(SIZE) in caught.value.what and str(wrong) in caught.value.what


def test_unsealed_memory_is_refused(tmp_path):
    """A writer that could shrink its memory could kill its reader: memfd unsealed, or a plain file."""
    memfd = os.memfd_create("unsealed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    plain = os.open(tmp_path / "plain", os.O_RDWR | os.O_CREAT)
    for descriptor in (memfd, plain):
        os.ftruncate(descriptor, SIZE)
        with pytest.raises(MortarError) as caught:
            memory.attach(descriptor, SIZE)
        assert caught.value.code == "ring-not-sealed"
        os.close(descriptor)


def test_memory_that_cannot_be_had_is_one_clear_error():
    """2^62 bytes exist nowhere; the descriptor made on the way is closed again."""
    gc.collect()  # of the tests before
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(MortarError) as caught:
        memory.create("mortar-test", 1 << 62)
    assert caught.value.code == "shared-memory-failed"
    assert set(os.listdir("/proc/self/fd")) == before
