"""From labelled sentences to an artifact."""
