"""Chatbot Arena: prompts that people wrote to two language models, and which of the two answers they preferred.

Schema from the data card of ``lmsys/chatbot_arena_conversations``: ``judge`` (who), ``model_a``, ``model_b``,
``winner``, and ``conversation_a`` and ``conversation_b``, lists of records with ``content`` and ``role``, of which the
opening prompt and the first response count here.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from pluralign.episode import Example, GeometricPoisson, Process
from pluralign.errors import DataError
from pluralign.suite.chunks import chunks
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, Fetch, task
from pluralign.suite.render import render
from pluralign.suite.sample import subset
from pluralign.suite.tables import read_split

log = logging.getLogger(__name__)

FOLDER = "hub/lmsys/chatbot_arena_conversations"
WINNERS = {"model_a": "a", "model_b": "b", "tie": "tie", "tie (bothbad)": "bothbad"}
FEWEST_BATTLES = 4
MOST_JUDGES = 1000
MOST_PROMPTS = 100

PREFERENCE_CARD = Card(
    name="chatbotarena_individual_prefs",
    kind="steer",
    summary="Given a prompt and the responses of two language models, predict which one person preferred.",
    source="Chatbot Arena conversations (lmsys/chatbot_arena_conversations)",
    access="https://huggingface.co/datasets/lmsys/chatbot_arena_conversations (terms to be accepted)",
    licence="prompts CC BY 4.0, responses CC BY-NC 4.0 (verify)",
    citation="""@inproceedings{zheng2023judging,
  title = {Judging {LLM}-as-a-Judge with {MT}-Bench and {Chatbot Arena}},
  author = {Zheng, Lianmin and Chiang, Wei-Lin and Sheng, Ying and Zhuang, Siyuan and Wu, Zhanghao and Zhuang, Yonghao
    and Lin, Zi and Li, Zhuohan and Li, Dacheng and Xing, Eric P. and Zhang, Hao and Gonzalez, Joseph E. and
    Stoica, Ion},
  booktitle = {Advances in Neural Information Processing Systems, Datasets and Benchmarks Track},
  year = {2023}
}""",
    split="heldout",
    unit="part of a judge's battles",
    given=("opening_prompt", "response_a", "response_b"),
    generated=("winner",),
    files=(FOLDER,),
    warning="Unfiltered conversations; some are unsafe or offensive.",
    overlaps=("chatbotarena_assistant", "chatbotarena_prompts"),
    fetch=Fetch("hub", "lmsys/chatbot_arena_conversations", FOLDER, ("data/train-*",)),
    steps="Accept the terms on the page of the data set while logged in to the hub.\n"
    "Log in with `hf auth login` on this machine and pull again.",
)
PROMPT_CARD = replace(
    PREFERENCE_CARD,
    name="chatbotarena_prompts",
    summary="Predict further prompts that the same person writes to language models.",
    unit="judge",
    given=(),
    generated=("opening_prompt",),
    overlaps=("chatbotarena_assistant", "chatbotarena_individual_prefs"),
)
ASSISTANT_CARD = replace(
    PREFERENCE_CARD,
    name="chatbotarena_assistant",
    summary="Given a prompt, predict the response of one language model, always the same.",
    unit="part of a model's responses",
    given=("opening_prompt",),
    generated=("response",),
    overlaps=("chatbotarena_individual_prefs", "chatbotarena_prompts"),
)


@task(PROMPT_CARD, law=lambda rng: MOST_PROMPTS)
def chatbotarena_prompts(root: DataRoot) -> Iterator[Process]:
    """At most 1,000 judges with at least 4 battles, drawn at random; an episode shows at most 100 prompts of one."""
    descriptions = (
        "What one person asks language models: the opening prompts of their conversations.",
        "Prompts to a chat assistant, all written by the same user.",
    )
    for judge, prompts in _judges(PROMPT_CARD.name, _battles(root), ("prompt",)):
        yield Process(judge, examples=tuple(map(Example, prompts)), descriptions=descriptions)


@task(PREFERENCE_CARD)
def chatbotarena_individual_prefs(root: DataRoot) -> Iterator[Process]:
    """The same number of judges; the battles of one, each once, in parts of about 16."""
    descriptions = (
        "One person sends an opening prompt to two language models and compares the responses: a or b if one is"
        " better, tie if both are equally good, bothbad if neither is good.",
        "Preferences of a single user of chat assistants. The answer is a, b, tie or bothbad.",
    )
    table = _battles(root)
    for judge, *columns in _judges(PREFERENCE_CARD.name, table, ("prompt", "response_a", "response_b", "winner")):
        battles = [
            Example(winner, render({"opening_prompt": prompt, "response_a": first, "response_b": second}))
            for prompt, first, second, winner in zip(*columns, strict=True)
        ]
        for number, part in chunks(battles, GeometricPoisson(16), key=(PREFERENCE_CARD.name, judge)):
            yield Process(
                f"{judge}/{number}",
                examples=tuple(part),
                descriptions=descriptions,
                choices=tuple(WINNERS.values()),
                metadata={"judge": judge},
            )


@task(ASSISTANT_CARD)
def chatbotarena_assistant(root: DataRoot) -> Iterator[Process]:
    """The responses of each model, each once, in parts of about 32."""
    table = _battles(root)
    sides = [table.select("prompt", model=f"model_{side}", response=f"response_{side}") for side in "ab"]
    models = pl.concat(sides).group_by("model").agg("prompt", "response").sort("model")
    for model, prompts, responses in models.iter_rows():
        descriptions = (
            "How one language model answers: the same model responds to every opening prompt.",
            f"Responses of the language model {model} to the opening prompts of its users.",
        )
        examples = [Example(response, prompt) for prompt, response in zip(prompts, responses, strict=True)]
        for number, part in chunks(examples, GeometricPoisson(32), key=(ASSISTANT_CARD.name, model)):
            yield Process(
                f"{model}/{number}", examples=tuple(part), descriptions=descriptions, metadata={"model": model}
            )


def _judges(task_name: str, table: pl.DataFrame, columns: tuple[str, ...]) -> Iterator[tuple]:
    """Judge and their values of each column, for the drawn judges in order of first appearance."""
    judges = table.group_by("judge", maintain_order=True).agg(columns)
    yield from judges[subset(range(judges.height), MOST_JUDGES, key=task_name)].iter_rows()


def _battles(root: DataRoot) -> pl.DataFrame:
    """Battles of the judges who have enough; those with an empty prompt or response are left out and counted."""
    folder = root.file(FOLDER)
    names = ("judge", "winner", "model_a", "model_b", "conversation_a", "conversation_b")
    try:
        table = read_split(folder, "train", names).select(
            "judge",
            "model_a",
            "model_b",
            "winner",
            prompt=_turn("conversation_a", 0),
            response_a=_turn("conversation_a", 1),
            response_b=_turn("conversation_b", 1),
        )
    except pl.exceptions.PolarsError:
        reason = "conversations are not lists of records with content"
        raise DataError(reason, where=folder, fix="Fetch the data set again.") from None
    if unknown := sorted(set(table["winner"].fill_null("")) - set(WINNERS)):
        raise DataError(f"unknown winner {unknown[0]!r}", where=folder, fix="Fetch the data set again.")
    complete = table.drop_nulls().filter(pl.all_horizontal(pl.col("prompt", "response_a", "response_b") != ""))
    if complete.height < table.height:
        log.warning("Chatbot Arena: left out %d battles without text", table.height - complete.height)
    return complete.with_columns(pl.col("winner").replace_strict(WINNERS)).filter(
        pl.len().over("judge") >= FEWEST_BATTLES
    )


def _turn(conversation: str, index: int) -> pl.Expr:
    return pl.col(conversation).list.get(index, null_on_oob=True).struct.field("content").str.strip_chars()
