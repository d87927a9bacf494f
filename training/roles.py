"""Which label is which side: support, criticism, neutral."""

from collections.abc import Mapping, Sequence

from training.records import DatasetError

ROLES = ("support", "criticism", "neutral")
# What the field calls them; compared without regard to case.
KNOWN = {
    "support": ("support", "favor", "favour", "pro"),
    "criticism": ("criticism", "against", "con"),
    "neutral": ("neutral", "none"),
}


def find(labels: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the label of each role: as `given`, else by the names that the field uses where both sides have one.

    Empty where no roles are given and the names say none. Raises `DatasetError` for a given role that there is not, for
    a label that the rows do not have, and for one label in two roles.
    """
    for role, label in given.items():
        if role not in ROLES:
            raise DatasetError(f"--roles: {role} is no role; expected {', '.join(ROLES)}")
        if label not in labels:
            raise DatasetError(f"--roles: no row has the label {label}; expected one of {', '.join(labels)}")
    if len(set(given.values())) < len(given):
        raise DatasetError("--roles: one label has two roles; expected a label for each")
    if given:
        return dict(given)
    found = {role: [label for label in labels if label.lower() in names] for role, names in KNOWN.items()}
    certain = {role: hits[0] for role, hits in found.items() if len(hits) == 1}
    return certain if {"support", "criticism"} <= certain.keys() else {}
