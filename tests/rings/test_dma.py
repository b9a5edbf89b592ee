"""DMA-BUFs: the requests to the kernel, what becomes of one in a ring, and a board without a heap.

There is no heap where these tests run. The numbers of the requests are those of this computer's own kernel
headers, and an unsealed memfd of whole pages stands in for what a heap gives.
"""

from __future__ import annotations

import errno
import gc
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mortar.rings import dma, memory

SIZE = 3 * 4096 + 12

HEADERS = """
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
int main(void) {
    struct dma_heap_allocation_data data;
    printf("%lu %lu ", (unsigned long)DMA_HEAP_IOCTL_ALLOC, (unsigned long)DMA_BUF_IOCTL_SYNC);
    printf("%zu %zu %zu %d %d %d", sizeof data, offsetof(struct dma_heap_allocation_data, fd),
           offsetof(struct dma_heap_allocation_data, fd_flags), DMA_BUF_SYNC_READ, DMA_BUF_SYNC_WRITE,
           DMA_BUF_SYNC_END);
}
"""


@pytest.fixture
def heap(monkeypatch: pytest.MonkeyPatch) -> None:
    def allocate(size: int) -> int:
        descriptor = os.memfd_create("stands-in-for-a-dma-buf", os.MFD_CLOEXEC)
        os.ftruncate(descriptor, dma.whole_pages(size))
        return descriptor

    monkeypatch.setattr(dma, "allocate", allocate)


def test_requests_are_those_of_the_kernels_headers(tmp_path: Path) -> None:
    program = tmp_path / "headers"
    subprocess.run(["gcc", "-xc", "-", "-o", str(program)], input=HEADERS, text=True, check=True)
    said = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    fields = dma._ALLOCATION.unpack(dma._ALLOCATION.pack(1, 2, 3, 4))
    assert fields == (1, 2, 3, 4)
    assert list(map(int, said.split())) == [
        *(dma.ALLOC, dma.SYNC, dma._ALLOCATION.size, 8, 12, dma.SYNC_READ, dma.SYNC_WRITE, dma.SYNC_END)
    ]


def test_a_file_that_is_no_heap_gives_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request reaches the kernel, which does not know it for such a file."""
    (tmp_path / "system").touch()
    monkeypatch.setattr(dma, "FOLDER", tmp_path)
    assert dma.heap() == tmp_path / "system"
    assert dma.allocate(SIZE) is None


def test_without_a_heap_the_memory_is_a_sealed_memfd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dma, "FOLDER", tmp_path)
    descriptor, mapping = memory.create("mortar-test", SIZE, is_for_devices=True)
    assert dma.heap() is None and not dma.is_dma(descriptor)
    mapping[0] = 7
    assert memory.attach(descriptor, SIZE)[0] == 7
    os.close(descriptor)


@pytest.mark.usefixtures("heap")
def test_an_array_in_such_memory_is_found_with_its_offset() -> None:
    descriptor, mapping = memory.create("mortar-test", SIZE, is_for_devices=True)
    numbers = np.frombuffer(mapping, np.uint8)
    found = dma.located(numbers[100:].ctypes.data, 50)
    assert found is not None
    buffer, offset = found
    assert offset == 100 and os.path.sameopenfile(buffer.descriptor, descriptor)
    assert dma.located(numbers[100:].ctypes.data, SIZE) is None, "it would reach beyond the end"
    elsewhere = np.zeros(8)
    assert dma.located(elsewhere.ctypes.data, elsewhere.nbytes) is None
    os.close(descriptor)


@pytest.mark.usefixtures("heap")
def test_what_is_known_of_a_mapping_goes_with_it() -> None:
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    descriptor, mapping = memory.create("mortar-test", SIZE, is_for_devices=True)
    address = np.frombuffer(mapping, np.uint8).ctypes.data
    del mapping
    os.close(descriptor)
    assert dma.located(address, 1) is None
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.usefixtures("heap")
def test_a_reader_takes_a_dma_buf_without_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is as large as its pages, and the kernel has no seals for it."""
    monkeypatch.setattr(dma, "is_dma", lambda descriptor: True)
    descriptor, mapping = memory.create("mortar-test", SIZE, is_for_devices=True)
    mapping[SIZE - 1] = 9
    read = memory.attach(descriptor, SIZE)
    assert read[SIZE - 1] == 9
    with pytest.raises(TypeError, match=r"read-?only"):
        read[0] = 1
    os.close(descriptor)


def test_marks_for_the_processor_go_to_the_kernel() -> None:
    """A memfd is no DMA-BUF, and the kernel says that it does not know the request there."""
    descriptor = os.memfd_create("plain")
    with pytest.raises(OSError) as caught, dma.cpu_access(descriptor, dma.SYNC_READ):
        pass
    assert caught.value.errno == errno.ENOTTY
    os.close(descriptor)
