"""The terms of a model, found by their hashes many at a time: one fetch from memory each, where a dict needs four."""

from collections.abc import Sequence
from itertools import chain

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
        self._salts = [np.uint64(_SALT * block % 2**64).astype(np.int64) for block in range(len(blocks))]
        hashes = self._hashed(blocks)
        buckets = 1
        while True:
            order = (hashes & (buckets - 1)).argsort(kind="stable")
            bucket = hashes[order] & (buckets - 1)
            column = np.arange(len(order)) - bucket.searchsorted(bucket)
            if column.max(initial=0) < _WIDTH:
                break
            buckets *= 2
        self._mask = buckets - 1
        self._hashes = np.full((buckets, _WIDTH), -1)  # which next to no string has as its hash
        self._numbers = np.zeros((buckets, _WIDTH), dtype=np.int32)
        self._hashes[bucket, column] = hashes[order]
        self._numbers[bucket, column] = order

    def find(self, strings: Sequence[Sequence[str]]) -> tuple[Positions, Numbers]:
        """Return which of the strings, given block by block and counted through, are terms, and their numbers."""
        hashes = self._hashed(strings)
        if len(hashes) <= _AT_ONCE:
            return self._among(hashes)
        starts = range(0, len(hashes), _AT_ONCE)
        pieces = [self._among(hashes[start : start + _AT_ONCE]) for start in starts]
        positions = [found + start for start, (found, _) in zip(starts, pieces, strict=True)]
        return np.concatenate(positions), np.concatenate([numbers for _, numbers in pieces])

    def _among(self, hashes: NDArray[np.int64]) -> tuple[Positions, Numbers]:
        buckets = hashes & self._mask
        positions, columns = (self._hashes.take(buckets, axis=0) == hashes[:, np.newaxis]).nonzero()
        return positions, self._numbers[buckets[positions], columns]

    def _hashed(self, strings: Sequence[Sequence[str]]) -> NDArray[np.int64]:
        sizes = list(map(len, strings))
        hashes = np.fromiter(map(hash, chain.from_iterable(strings)), np.int64, sum(sizes))
        start = 0
        for salt, size in zip(self._salts, sizes, strict=True):
            if size and salt:
                hashes[start : start + size] ^= salt
            start += size
        return hashes
