"""MultiPICo, training part of the LeWiDi 2025 shared task: whether one rater finds replies on social media ironic.

Layout: see :mod:`pluralign.suite.lewidi`. ``other_info`` has the platform, the depth of the reply and the variety of
the language (a country).
"""

from collections.abc import Iterator

from pluralign.episode import Example, Process
from pluralign.errors import DataError
from pluralign.suite import lewidi
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, task
from pluralign.suite.render import render
from pluralign.suite.sample import subset

ITEMS = lewidi.item_files("MP", "multipico")
RATERS = lewidi.rater_files("MP", "multipico")
CHOICES = ("0", "1")
MOST_RATERS = 1000

CARD = Card(
    name="lewidi_mp_irony_detection_individual",
    kind="steer",
    summary="Given a post and a reply on social media, predict whether one rater finds the reply ironic.",
    source="MultiPICo, LeWiDi 2025 training set",
    access=lewidi.ACCESS,
    licence="CC BY 4.0",
    citation="""@inproceedings{casola-etal-2024-multipico,
  title = {{MultiPICo}: Multilingual Perspectivist Irony Corpus},
  author = {Casola, Silvia and Frenda, Simona and Lo, Soda Marem and Sezerer, Erhan and Uva, Antonio and
    Basile, Valerio and Bosco, Cristina and Pedrani, Alessandro and Rubagotti, Chiara and Patti, Viviana and
    Bernardi, Davide},
  booktitle = {Proceedings of the 62nd Annual Meeting of the Association for Computational Linguistics
    (Volume 1: Long Papers)},
  pages = {16008--16021},
  year = {2024}
}""",
    split="train",
    unit="rater",
    given=("post", "reply", "source", "level", "language_variety", "lang"),
    generated=("irony",),
    files=("|".join(ITEMS), "|".join(RATERS)),
    ships=True,
    language=("ar", "de", "en", "es", "fr", "hi", "it", "nl", "pt"),
    warning="Posts from social media; some are offensive.",
    steps=lewidi.steps("MP"),
)


@task(CARD)
def multipico(root: DataRoot) -> Iterator[Process]:
    """At most 1,000 raters, drawn at random; an example is one judged reply."""
    raters = lewidi.read_raters(root.file(*RATERS))
    judged = list(lewidi.examples_by_rater(root.file(*ITEMS), _examples).items())
    for index in subset(range(len(judged)), MOST_RATERS, key=CARD.name):
        rater, examples = judged[index]
        known = raters.get(rater, {})
        yield Process(
            rater,
            examples=tuple(examples),
            descriptions=(
                "One rater reads a post and a reply to it and says whether the reply is ironic: 1 if it is, 0 if not.",
                f"Irony in replies on social media, as one person sees it; 1 stands for ironic.{lewidi.about(known)}",
                "Does this person take the reply as irony? The answer is 1 for yes and 0 for no."
                + lewidi.about({name: known[name] for name in ("gender", "age", "nationality") if name in known}),
            ),
            choices=CHOICES,
            metadata=lewidi.metadata(known),
        )


def _examples(item: dict) -> Iterator[tuple[str, Example]]:
    post, info = item["text"], item["other_info"]
    level = info["level"]
    text = render(
        {"post": post["post"], "reply": post["reply"], "source": info["source"]}
        | {"level": int(level) if float(level).is_integer() else level}
        | {"language_variety": info["language_variety"], "lang": item["lang"]}
    )
    for rater, label in item["annotations"].items():
        if label not in CHOICES:
            raise DataError(f"label {label!r} is neither 0 nor 1")
        yield rater, Example(label, text)
