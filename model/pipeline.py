"""The unfitted pipeline: TF-IDF over words and characters, then logistic regression."""

from collections.abc import Mapping
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline

from model import features

# Every parameter a run may set, with the type it must have; see training/parameters.toml for what each does.
PARAMETERS: Mapping[str, type] = {
    "word_ngrams": list,
    "char_ngrams": list,
    "word_weight": float,
    "sublinear_tf": bool,
    "C": float,
    "class_weight": str,
}


def build(parameters: Mapping[str, Any], seed: int) -> Pipeline:
    """Build the pipeline that a training run fits and an artifact stores.

    `parameters` has the keys of `PARAMETERS`. The two blocks are normalised each on its own (L2), so `word_weight`
    sets how much the words count beside the characters. `char_wb` n-grams stay within a word and its blanks.
    """
    shared = {"preprocessor": features.normalise, "sublinear_tf": parameters["sublinear_tf"]}
    words = TfidfVectorizer(
        analyzer="word", token_pattern=features.TOKEN, ngram_range=tuple(parameters["word_ngrams"]), **shared
    )
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=tuple(parameters["char_ngrams"]), **shared)
    blocks = FeatureUnion(
        [("words", words), ("characters", characters)],
        transformer_weights={"words": parameters["word_weight"], "characters": 1.0},
    )
    regression = LogisticRegression(
        C=parameters["C"],
        class_weight=None if parameters["class_weight"] == "none" else parameters["class_weight"],
        max_iter=1000,
        random_state=seed,
    )
    return Pipeline([("features", blocks), ("regression", regression)])
