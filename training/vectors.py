"""Rows as vectors of terms: made once of all of them, and weighed anew for each part that a model is fitted on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import normalize

from model import pipeline


@dataclass(frozen=True, slots=True)
class Vectors:
    """Fitted blocks of features, and what they make of the texts that they were fitted on: a row each, sparse."""

    blocks: FeatureUnion
    rows: sparse.csr_matrix

    @classmethod
    def of(cls, texts: Sequence[str], parameters: Mapping[str, Any]) -> Self:
        """Fit the blocks of `model.pipeline` on the texts. Cost: 0.6 s per thousand sentences."""
        blocks = pipeline.blocks(parameters)
        return cls(blocks, blocks.fit_transform(texts).tocsr())

    def as_fitted_on(self, part: Sequence[int]) -> sparse.csr_matrix:
        """Return every row as blocks that were fitted on some rows alone would make it.

        Divided by its idf, a term's value is its tf but for a factor that the row's terms of a block share and that
        normalising takes out. The part's own idf, smoothed as scikit-learn's `TfidfTransformer` does, comes in its
        place, and a term that the part lacks goes. Cost: a sixth of what `of` takes.
        """
        found, start = [], 0
        for name, block in self.blocks.transformer_list:
            end = start + len(block.idf_)
            terms = self.rows[:, start:end]
            frequency = np.bincount(terms[part].indices, minlength=end - start)
            idf = np.log((1 + len(part)) / (1 + frequency)) + 1
            terms.data *= np.where(frequency, idf / block.idf_, 0)[terms.indices]
            terms.eliminate_zeros()
            places = np.cumsum(frequency > 0, dtype=terms.indices.dtype)  # among the part's terms, from 1
            content = terms.data, places[terms.indices] - 1, terms.indptr
            terms = sparse.csr_matrix(content, shape=(terms.shape[0], places[-1]))
            found.append(normalize(terms, copy=False) * self.blocks.transformer_weights[name])
            start = end
        return sparse.hstack(found, format="csr")
