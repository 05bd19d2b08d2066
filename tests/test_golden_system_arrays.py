"""Archives of arrays: what is expected is read exactly, everything else is refused before memory is spent on it."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from golden.system.arrays import Expected, most_bytes, read_arrays

ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "matrix": np.arange(-6, 6, dtype=np.int16).reshape(3, 4),
    "row": np.array([1, 1 << 31, 7], dtype=np.uint32),
    "bytes": np.array([[9], [0]], dtype=np.uint8),
}
EXPECTED = {name: Expected.like(array) for name, array in ARRAYS.items()}


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npy(array: np.ndarray[Any, Any], **header: Any) -> bytes:
    """An array as npy, its header changed."""
    buffer = io.BytesIO()
    given = np.lib.format.header_data_from_array_1_0(array) | header
    np.lib.format.write_array_header_1_0(buffer, given)
    return buffer.getvalue() + array.tobytes()


def archive(**changes: bytes) -> bytes:
    members = {name: npy(array) for name, array in ARRAYS.items()} | changes
    return packed({f"{name}.npy": content for name, content in members.items() if content})


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_what_numpy_writes(write: Any) -> None:
    buffer = io.BytesIO()
    write(buffer, **ARRAYS)
    assert len(buffer.getvalue()) < most_bytes(EXPECTED)
    found = read_arrays(buffer.getvalue(), EXPECTED)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype and found[name].flags.writeable
        np.testing.assert_array_equal(found[name], array)


def test_a_length_that_may_be_anything() -> None:
    some = EXPECTED | {"matrix": Expected(np.dtype(np.int16), (None, 4), most=12)}
    assert read_arrays(archive(), some)["matrix"].shape == (3, 4)
    fewer = EXPECTED | {"matrix": Expected(np.dtype(np.int16), (None, 4), most=11)}
    with pytest.raises(ValueError, match=r"^array 'matrix' is <i2 \(3, 4\), not int16 \(\?, 4\)$"):
        read_arrays(archive(), fewer)


HUGE = npy(ARRAYS["row"], shape=(10 << 40,))
NESTED = b"\x93NUMPY\x01\x00" + (60_000).to_bytes(2, "little") + b"(" * 60_000
ODD = b"\x93NUMPY\x01\x00\x40\x00" + b"{'descr': '<i2', 'shape': (".ljust(63, b"1") + b"\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "File is not a zip file"),
        (npy(ARRAYS["row"]), "File is not a zip file"),
        (archive()[:-30], "File is not a zip file"),
        (archive(row=b""), "it has no array 'row'"),
        (archive(more=npy(ARRAYS["row"])), "it holds 'more' besides"),
        (archive(row=HUGE), "array 'row' is <u4 (10995116277760,), not uint32 (3)"),
        (archive(row=npy(ARRAYS["row"], shape=(3, 1))), "array 'row' is <u4 (3, 1), not uint32 (3)"),
        (archive(row=npy(ARRAYS["row"], shape=())), "array 'row' is <u4 (), not uint32 (3)"),
        (archive(row=npy(ARRAYS["row"], descr=">u4")), "array 'row' is >u4 (3,), not uint32 (3)"),
        (archive(row=npy(ARRAYS["row"], descr="<f4")), "array 'row' is <f4 (3,), not uint32 (3)"),
        (archive(row=npy(np.array([None]))), "array 'row' is |O (1,), not uint32 (3)"),
        (archive(row=npy(np.zeros(3, "u4,u4"))), "array 'row' has no header that is understood"),
        (archive(row=b"\x93NUMPY\x02\x00" + npy(ARRAYS["row"])[8:]), "array 'row' has no header that is understood"),
        (archive(row=npy(ARRAYS["row"])[:9]), "array 'row' has no header that is understood"),
        (archive(row=NESTED), "array 'row' has no header that is understood"),
        (archive(row=ODD), "array 'row' has no header that is understood"),
        (archive(matrix=npy(ARRAYS["matrix"], fortran_order=True)), "array 'matrix' is stored column by column"),
        (archive(row=npy(ARRAYS["row"])[:-1]), "array 'row' has not the 12 bytes of its header"),
        (archive(row=npy(ARRAYS["row"]) + b"x"), "array 'row' has not the 12 bytes of its header"),
        (packed({"row.npy": b""}, zipfile.ZIP_LZMA), "it has no array 'bytes'"),
    ],
)
def test_everything_else(content: bytes, reason: str) -> None:
    with little_memory(), pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        read_arrays(content, EXPECTED)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed({"row.npy": npy(ARRAYS["row"]) + bytes(64 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 1 << 20
    with little_memory(), pytest.raises(ValueError, match="array 'row' has not the 12 bytes of its header"):
        read_arrays(bomb, {"row": EXPECTED["row"]})


def test_other_ways_to_pack() -> None:
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with pytest.raises(ValueError, match="array 'row' is packed in an unknown way"):
            read_arrays(packed({"row.npy": npy(ARRAYS["row"])}, method), {"row": EXPECTED["row"]})


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_any_damaged_byte_is_a_sentence_or_harmless(method: int) -> None:
    """Whatever byte is damaged, the arrays are right or refused: data has a checksum, and headers must match."""
    whole = packed({"row.npy": npy(ARRAYS["row"])}, method)
    refused = 0
    for place in range(len(whole)):
        for flip in (1, 0x80):
            damaged = bytearray(whole)
            damaged[place] ^= flip
            try:
                found = read_arrays(bytes(damaged), {"row": EXPECTED["row"]})
            except ValueError:
                refused += 1
            else:
                np.testing.assert_array_equal(found["row"], ARRAYS["row"])
    assert refused > len(whole)
