"""The errors that a user can act on.

Each says what is wrong, where, and what to do; the command line prints it on one line and exits with 2.
"""

from functools import partial


class PluralignError(Exception):
    """What went wrong, where, and how to fix it.

    Args:
        what: the problem, without a closing full stop.
        where: the file, row, column, task or address concerned.
        fix: what the user can do about it.
    """

    def __init__(self, what: str, *, where: object = None, fix: str | None = None):
        self.what, self.where, self.fix = what, where, fix
        place = f" ({where})" if where is not None else ""
        super().__init__(f"{what}{place}." + (f" {fix}" if fix else ""))

    def __reduce__(self):
        """Rebuilt from its parts when it comes back from another process."""
        return partial(type(self), self.what, where=self.where, fix=self.fix), ()


class UsageError(PluralignError):
    """The request itself cannot be met: an unknown name, a contradictory setting."""


class DataError(PluralignError):
    """Input data is absent, unreadable or not in the documented form."""


class ModelError(PluralignError):
    """A model or tokenizer cannot be loaded, reached, or used as asked."""


class ContextError(ModelError):
    """A prompt does not fit the model's maximum length; ``where`` is the prompt's id."""


class RunError(PluralignError):
    """A run directory cannot be written, or belongs to another configuration."""
