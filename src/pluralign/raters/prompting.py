"""What language models are told about raters; each prompt is a readable file in ``prompts``."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from pluralign.raters.ratings import Ratings


def render(prompt: str, **values: object) -> str:
    """Fill values into a prompt; they are written as they are, and never read as part of the template.

    Args:
        prompt: name of a file in ``prompts``, without its ending.
        values: what the file names.
    """
    return _environment().get_template(f"{prompt}.j2").render(values).strip()


def task(ratings: Ratings) -> dict[str, object]:
    """What every prompt names: the question, the labels, and whether an answer may have several."""
    scale = ratings.scale
    return {"question": ratings.question, "labels": scale.labels, "several": scale.kind == "multilabel"}


@cache
def _environment() -> Environment:
    # Prompts are plain text: escaping for HTML would change what the model reads.
    return Environment(
        loader=PackageLoader("pluralign.raters", "prompts"),
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
