"""What can go wrong with a model, free of HTTP."""


class ModelError(Exception):
    """Any fault of a model; the message is a sentence for the operator and never quotes a text."""


class ArtifactError(ModelError):
    """A model folder that cannot be used."""


class ArtifactMissingError(ArtifactError):
    """There is no artifact, or a file of it is not there."""


class ArtifactCorruptError(ArtifactError):
    """What is there is not what the manifest promises."""


class ArtifactIncompatibleError(ArtifactError):
    """The artifact is whole but was made for another format or another scikit-learn."""
