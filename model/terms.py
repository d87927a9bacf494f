"""The terms of a model, found by their hashes many at a time: one fetch from memory each, where a dict needs four."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Positions = NDArray[np.intp]
# Strings to be found among the terms of a block, whose number stands before them.
Run = tuple[int, Sequence[str]]
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
        hashes = self._hashed(enumerate(blocks))
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

    def find(self, runs: Sequence[Run]) -> tuple[Positions, Numbers]:
        """Return which of the strings, counted through run by run, are terms, and their numbers."""
        hashes = self._hashed(runs)
        if len(hashes) <= _AT_ONCE:
            return self._among(hashes)
        found = [self._among(hashes[start : start + _AT_ONCE]) for start in range(0, len(hashes), _AT_ONCE)]
        positions = [start * _AT_ONCE + there for start, (there, _) in enumerate(found)]
        return np.concatenate(positions), np.concatenate([numbers for _, numbers in found])

    def _among(self, hashes: NDArray[np.int64]) -> tuple[Positions, Numbers]:
        buckets = hashes & self._mask
        there = (self._hashes.take(buckets, axis=0) == hashes[:, np.newaxis]).ravel().nonzero()[0]
        positions = there // _WIDTH
        return positions, self._numbers.take(buckets.take(positions) * _WIDTH + there % _WIDTH)

    def _hashed(self, runs: Iterable[Run]) -> NDArray[np.int64]:
        hashes: list[int] = []
        for block, strings in runs:
            salt = self._salts[block]
            hashes += [hash(one) ^ salt for one in strings]
        return np.array(hashes, dtype=np.int64)
