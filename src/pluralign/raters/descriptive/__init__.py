"""Profiles without a language model: what sets a rater apart from the crowd on the same items, in plain sentences."""

from pluralign.raters.descriptive.encoder import DescriptiveEncoder

__all__ = ["DescriptiveEncoder"]
