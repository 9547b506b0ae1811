"""A look at one data set of ratings: who disagrees, in which camps, what explains it, and what can be predicted."""

from pluralign.raters.describe.compose import describe

__all__ = ["describe"]
