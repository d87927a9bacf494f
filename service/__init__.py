"""HTTP over model."""

VERSION = "0.1.0"
