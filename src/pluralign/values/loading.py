"""From the name of a model to a kaleidoscope."""

from pluralign.values.bank import Entry
from pluralign.values.embedded import NAME, EmbeddedModel
from pluralign.values.kaleidoscope import Kaleidoscope

KALEIDO = "kaleido:"


def load(name: str = NAME, entries: tuple[Entry, ...] = ()) -> Kaleidoscope:
    """``embedded``; ``kaleido:`` and a folder or ``hf:OWNER/NAME`` of a T5-style checkpoint; or any language model.

    Args:
        entries: the bank of the embedded model; none for the one that ships.

    Raises:
        ModelError: the name leads to no model that can be loaded.
    """
    if name == NAME:
        return EmbeddedModel(entries)
    if name.startswith(KALEIDO):
        from pluralign.values.kaleido import KaleidoModel

        return KaleidoModel.load(name.removeprefix(KALEIDO))
    from pluralign.lm import load as language_model
    from pluralign.values.prompted import PromptedModel

    return PromptedModel(language_model(name))
