"""Text to sentences, as spans over the untouched text."""

import sentencex

from model.values import Span


def sentences(text: str) -> list[Span]:
    """Cut an English text into its sentences: ordered, disjoint spans that together hold every letter.

    Boundaries are sentencex's (rules for English: abbreviations, quotations, paragraphs); blanks around a sentence
    belong to none, and a stretch without a letter ("* * *", "1.") is no sentence. Offsets are code points.
    Cost: linear, about 10 µs a kilobyte.
    """
    spans = []
    for boundary in sentencex.get_sentence_boundaries("en", text):
        start, end = boundary["start_index"], boundary["end_index"]
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        if any(map(str.isalpha, piece)):
            spans.append(Span(start, end))
    return spans
