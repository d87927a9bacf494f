"""The unfitted pipeline: TF-IDF over words, characters and pairs of words, then logistic regression."""

from collections.abc import Mapping
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, Pipeline

from model import features

# Every parameter a run may set, with the type it must have; see training/parameters.toml for what each does.
PARAMETERS: Mapping[str, type] = {
    "C": float,
    "class_weight": str,
    "word_weight": float,
    "pair_weight": float,
    "word_ngrams": list,
    "char_ngrams": list,
    "sublinear_tf": bool,
}


def build(parameters: Mapping[str, Any], seed: int) -> Pipeline:
    """Build the pipeline that a training run fits and an artifact stores; `parameters` has the keys of `PARAMETERS`."""
    return Pipeline([("features", blocks(parameters)), ("regression", regression(parameters, seed))])


def blocks(parameters: Mapping[str, Any]) -> FeatureUnion:
    """Build the features: blocks that are normalised each on its own (L2), so that the weights set what each counts.

    `char_wb` n-grams stay within a word and its blanks. A block of weight 0 is left out.
    """
    shared = {"preprocessor": features.normalise, "sublinear_tf": parameters["sublinear_tf"]}
    found = {
        "words": TfidfVectorizer(
            analyzer="word", token_pattern=features.TOKEN, ngram_range=tuple(parameters["word_ngrams"]), **shared
        ),
        "characters": TfidfVectorizer(analyzer="char_wb", ngram_range=tuple(parameters["char_ngrams"]), **shared),
        "pairs": TfidfVectorizer(analyzer=features.pairs, sublinear_tf=parameters["sublinear_tf"]),
    }
    weights = {"words": parameters["word_weight"], "characters": 1.0, "pairs": parameters["pair_weight"]}
    kept = [(name, block) for name, block in found.items() if weights[name]]
    return FeatureUnion(kept, transformer_weights={name: weights[name] for name, _ in kept})


def regression(parameters: Mapping[str, Any], seed: int) -> OneVsRestClassifier:
    """Build the regression: one for each label against the rest, or one alone for two labels."""
    weight = None if parameters["class_weight"] == "none" else parameters["class_weight"]
    return OneVsRestClassifier(
        LogisticRegression(C=parameters["C"], class_weight=weight, max_iter=1000, random_state=seed)
    )
