"""The compact decoder: an in-context model of raters over sentence embeddings, trained in minutes on a CPU."""

from pluralign.raters.compact.decoder import CompactDecoder
from pluralign.raters.compact.episodes import Written, write
from pluralign.raters.compact.settings import Settings, View, mixture

__all__ = ["CompactDecoder", "Settings", "View", "Written", "mixture", "write"]
