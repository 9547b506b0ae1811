"""``pluralign values build`` and ``quality``: a prism from a language model, and what people think of it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from pluralign.cli.common import messages, print_json
from pluralign.cli.raters_source import reporting
from pluralign.errors import UsageError

_Flag = Annotated[bool, Parameter(negative=())]


def build(
    situations: Path,
    *,
    model: str,
    out: Path | None = None,
    template: Literal["auto", "spectrum", "colon", "chat"] | None = None,
    tries: int = 3,
    least: int = 4,
    max_tokens: int = 600,
    sample: int = 100,
    seed: int = 0,
    dry_run: _Flag = False,
    json: _Flag = False,
) -> None:
    """Let a language model list the values, rights and duties that bear on situations, in ValuePrism's schema.

    A run that was stopped goes on where it was when the same command is given again.

    Parameters
    ----------
    situations
        A .txt file with one situation per line, or a .csv or .jsonl file with a column situation.
    model
        A language model: openai:MODEL@URL, hf:OWNER/NAME, or a folder.
    out
        Run folder, in which prism.csv, malformed.jsonl and quality.csv are; the default is named after the request.
    template
        How the model is written to; default chat on a server, else what its tokenizer calls for. With colon an answer
        is one line long.
    tries
        How often a situation is asked about at most.
    least
        Considerations below which a situation is asked about again.
    max_tokens
        Of an answer; more for a model that thinks aloud before it answers, fewer for one with a short context.
    sample
        Rows of quality.csv, the file for people, about.
    seed
        Of all that is random.
    dry_run
        Say how much the model would be asked, and ask nothing.
    json
        Print one JSON document.
    """
    from pluralign.values.build import MALFORMED, PRISM, QUALITY, Settings, plan
    from pluralign.values.build import build as build_
    from pluralign.values.dedup import apart
    from pluralign.values.situations import read_situations

    if sample < 1:
        raise UsageError(f"--sample must be at least 1, not {sample}")
    asked = Settings(tries=tries, least=least, max_tokens=max_tokens, seed=seed)
    read = read_situations(situations)
    left_out = f"{read.repeated:,} repeated and {read.blank:,} blank left out"
    messages.print(f"{len(read.texts):,} situations; {left_out}")
    if dry_run:
        return _planned(plan(read.texts, asked), json)
    folder = out or _folder("build", situations.stem, read.texts, model, template, asked, sample)
    template = template or ("chat" if model.startswith("openai:") else "auto")
    with reporting("loading the model") as said:
        from pluralign.lm import load

        metrics = build_(
            read.texts, load(model, template=template), folder, asked, dedup=apart, sample=sample, said=said
        )
    paths = {name: folder / name for name in (PRISM, MALFORMED, QUALITY) if (folder / name).exists()}
    if json:
        counts = {"situations": len(read.texts), "repeated": read.repeated, "blank": read.blank}
        files = {name.partition(".")[0]: str(path) for name, path in paths.items()}
        print_json({"run": str(folder), **counts, "metrics": metrics, "files": files})
    else:
        _table("What was built", metrics)
    if too_long := next(int(one["value"]) for one in metrics if one["metric"] == "situations_too_long"):
        messages.print(f"warning: {too_long:,} prompts are too long for the model; a smaller --max-tokens leaves room")
    for path in paths.values():
        messages.print(f"written: {path}")
    messages.print(f"run: {folder}")


def quality(
    *files: Path,
    sample: int | None = None,
    out: Path | None = None,
    seed: int = 0,
    json: _Flag = False,
) -> None:
    """Say what people think of considerations, from the quality files that they returned; or make such a file.

    Parameters
    ----------
    files
        Returned quality files, of one or several people; with --sample one table in ValuePrism's schema.
    sample
        Draw about so many rows of the table into a quality file for people to fill in.
    out
        With --sample the file to be written, else the run folder, whose default is named after the request.
    seed
        Of all that is random.
    json
        Print one JSON document.
    """
    from pluralign.runs import Run
    from pluralign.values import prism
    from pluralign.values import quality as quality_
    from pluralign.values.approval import metrics as metrics_

    if not files:
        raise UsageError("no file given", fix="Give the quality files that people returned.")
    if sample is not None:
        if len(files) > 1 or out is None or sample < 1:
            raise UsageError("--sample takes one table, a positive number and --out", fix="Give each of them once.")
        read = prism.read(files[0])
        count = quality_.write(out, read.rows, sample, seed)
        messages.print(
            f"{count:,} of {read.rows.height:,} rows for people; {read.dropped:,} empty rows left out: {out}"
        )
        if json:
            print_json({"file": str(out), "rows": count, "dropped": read.dropped})
        return
    returned = quality_.read(files)
    people = returned.rows["annotator"].n_unique()
    messages.print(f"{returned.rows.height:,} answered rows by {people:,} people; {returned.blank:,} blank left out")
    folder = out or _folder("quality", files[0].stem, returned.rows.write_csv(), seed)
    request = {"command": "values quality", "answers": _digest(returned.rows.write_csv()), "seed": seed}
    with Run.open(folder, request) as run:
        if not run.finished:
            run.write("answers", returned.rows)
            run.finish([metric.as_dict() for metric in metrics_(returned.rows, seed=seed)])
        metrics = run.metrics()
    if json:
        counts = {"rows": returned.rows.height, "annotators": people, "blank": returned.blank}
        print_json({"run": str(folder), **counts, "metrics": metrics})
    else:
        _table("What people say", metrics, by_question=True)
    messages.print(f"run: {folder}")


def _planned(plan: Any, json: bool) -> None:
    from dataclasses import asdict

    if json:
        print_json(asdict(plan) | {"tokens_about": plan.tokens_about})
        return
    messages.print(
        f"{plan.requests:,} to {plan.requests_most:,} requests; {plan.requests:,} take about"
        f" {plan.tokens_about:,} tokens of prompts and at most {plan.answer_tokens_most:,} tokens of answers;"
        " nothing was asked"
    )


def _folder(verb: str, stem: str, *request: object) -> Path:
    """The default place of a run, named after what was asked for, so that the same command finds it again."""
    short = "".join(c if c.isalnum() else "-" for c in stem)[:40].strip("-")
    return Path("runs") / f"values-{verb}-{short or 'data'}-{_digest(repr(request))}"


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _table(title: str, metrics: list[dict[str, Any]], by_question: bool = False) -> None:
    from rich.console import Console
    from rich.text import Text

    from pluralign.cli.raters_tables import empty_table
    from pluralign.report.text import EMPTY, interval, number

    table = empty_table(title)
    for name in (*(["question"] if by_question else []), "measure", "value", "95 %", "n"):
        table.add_column(name, justify="left" if name in ("question", "measure") else "right")
    for one in metrics:
        first = [Text(one["model"])] if by_question else []
        exact = one["value"] is not None and float(one["value"]).is_integer() and one["low"] is None
        value = f"{int(one['value']):,}" if exact else number(one["value"], one["unit"])
        ends = interval(one["low"], one["high"], one["unit"]) or EMPTY
        table.add_row(*first, Text(one["metric"].replace("_", " ")), value, ends, f"{one['n']:,}")
    Console().print(table)
