"""The terms of a model, found by their hashes many at a time: one fetch from memory each, where a dict needs four."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Positions = NDArray[np.intp]
_WIDTH = 16
# So many are looked up at once, each with its bucket, so that long texts take no memory that shows.
_AT_ONCE = 2**15
# Tells the same string in two blocks apart: 2^64 over the golden ratio, which changes half of the bits.
_SALT = 0x9E3779B97F4A7C15


class Terms:
    """Every block's terms, numbered through. Hashes lie in buckets of `_WIDTH`.

    A string is taken for the term that has its 64-bit hash (SipHash with a key of this process, so that nobody can aim
    at it): a strange one is mistaken for a term once in some 10^13 times.
    """

    def __init__(self, blocks: Sequence[Sequence[str]]):
        self._salts = [(_SALT * block + 2**63) % 2**64 - 2**63 for block in range(len(blocks))]
        hashes = self._hashed(blocks)
        buckets = 1
        while np.bincount(hashes & (buckets - 1), minlength=1).max() > _WIDTH:
            buckets *= 2
        self._mask = buckets - 1
        order = (hashes & self._mask).argsort(kind="stable")
        bucket = hashes[order] & self._mask
        column = np.arange(len(order)) - bucket.searchsorted(bucket)
        self._hashes = np.full((buckets, _WIDTH), -1)  # which next to no string has as its hash
        self._numbers = np.zeros((buckets, _WIDTH), dtype=np.int32)
        self._hashes[bucket, column] = hashes[order]
        self._numbers[bucket, column] = order

    def find(self, strings: Sequence[Sequence[str]]) -> tuple[Positions, Numbers]:
        """Return which of the strings, given block by block and counted through, are terms, and their numbers."""
        found = [(start + there.nonzero()[0], numbers) for start, there, numbers in self._among(strings)]
        positions, numbers = zip(*found, strict=True)
        return np.concatenate(positions), np.concatenate(numbers)

    def numbers(self, strings: Sequence[Sequence[str]]) -> Numbers:
        """Return the numbers that `find` returns, for less."""
        return np.concatenate([numbers for _, _, numbers in self._among(strings)])

    def _among(self, strings: Sequence[Sequence[str]]) -> Iterator[tuple[int, NDArray[np.bool_], Numbers]]:
        """Yield, so many strings at once, the first one's place, where in its bucket each is, the numbers of those."""
        hashes = self._hashed(strings)
        for start in range(0, max(len(hashes), 1), _AT_ONCE):
            part = hashes[start : start + _AT_ONCE]
            buckets = part & self._mask
            there = self._hashes.take(buckets, axis=0) == part[:, np.newaxis]
            yield start, there, self._numbers.take(buckets, axis=0)[there]

    def _hashed(self, strings: Sequence[Sequence[str]]) -> NDArray[np.int64]:
        hashes: list[int] = []
        for salt, block in zip(self._salts, strings, strict=True):
            hashes += [hash(one) ^ salt for one in block]
        return np.array(hashes, dtype=np.int64)
