"""Measures of pluralism: steerability, coverage and distributional alignment."""

from pluralign.measure.audit import audit
from pluralign.measure.request import Request

__all__ = ["Request", "audit"]
