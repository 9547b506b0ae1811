"""Processes from a user's own table, as its settings say (:mod:`pluralign.suite.table_settings`)."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pluralign.episode import Example, Process, Target
from pluralign.errors import DataError, UsageError
from pluralign.suite.data import DataRoot
from pluralign.suite.registry import Card, Fetch
from pluralign.suite.render import render
from pluralign.suite.sheet import fixed_part, header, nearest, rows
from pluralign.suite.table_settings import Settings, fields

TOLERANCE = 0.02
"""How far shares may be from 1 in sum: published figures are rounded."""


@dataclass(frozen=True)
class TableTask:
    """The loader of a task that is read from a table."""

    settings: Settings

    @cached_property
    def card(self) -> Card:
        """The card, with neutral words where the settings say nothing."""
        s = self.settings
        generated = s.output or ("answer",)
        given = s.input or ((s.process,) if s.kind == "align" else ())
        aim = f"{', '.join(s.output)} of one {s.process}" if s.output else "the distribution of answers"
        return Card(
            name=s.name,
            kind=s.kind,
            summary=s.summary or (f"Given {', '.join(given)}, predict {aim}." if given else f"Predict {aim}."),
            source=s.source or s.hub or s.file,
            access=s.access or (f"https://huggingface.co/datasets/{s.hub}" if s.hub else str(s.path)),
            licence=s.licence,
            citation=s.citation,
            split=s.split,
            unit=s.unit or s.process,
            given=given,
            generated=generated,
            steps="" if s.hub else f"Put the table back, or mend the key file in {s.path}.",
            files=(str(s.path), f"hub/{s.hub}" if s.hub else str(fixed_part(s.path.parent / s.file))),
            language=s.language,
            warning=s.warning,
            fetch=Fetch("hub", s.hub, f"hub/{s.hub}", (s.file,), s.revision or None) if s.hub else None,
            extra=True,
        )

    def __call__(self, root: DataRoot) -> Iterator[Process]:
        """One process per value of its column, in the order of the table.

        Raises:
            DataError: the table does not fit the settings; names the row and the column.
            UsageError: a description is neither a column nor a text with fields.
        """
        s = self.settings
        path = (root.file(f"hub/{s.hub}") if s.hub else s.path.parent) / s.file
        descriptions = _descriptions(s, header(path, encoding=s.encoding, separator=s.separator))
        told = [*s.metadata, *(column for parts in descriptions for _, column in parts if column)]
        columns = list(dict.fromkeys([s.process, *s.input, *s.output, *s.counts, *s.shares, *told]))
        columns += [s.respondents] if s.respondents and s.respondents not in columns else []
        table = _Table(s, path, columns, list(dict.fromkeys(told)), descriptions)
        yield from table.steer() if s.kind == "steer" else table.align()


@dataclass(frozen=True)
class _Table:
    settings: Settings
    path: Path
    columns: list[str]
    told: list[str]
    descriptions: list[list[tuple[str, str | None]]]

    def rows(self) -> Iterator[tuple[str, str, dict]]:
        """The place, process and cells of every row."""
        s, place = self.settings, None
        for place, cells in rows(self.path, self.columns, encoding=s.encoding, separator=s.separator):
            row = dict(zip(self.columns, cells, strict=True))
            if row[s.process] is None:
                raise _empty("cell", place, s.process, "It tells which process the row belongs to.")
            yield place, render({s.process: row[s.process]}), row
        if place is None:
            raise DataError("the table has no rows", where=self.path, fix="Put at least one below the header.")

    def steer(self) -> Iterator[Process]:
        s = self.settings
        examples: dict[str, list[Example]] = defaultdict(list)
        facts: dict[str, dict[str, tuple[object, str]]] = defaultdict(dict)
        seen: dict[tuple[str, Example], str] = {}
        repeated: list[tuple[str, str, str]] = []
        for place, process, row in self.rows():
            if blank := next((column for column in s.output if row[column] is None), None):
                raise _empty("label", place, blank, "Fill it in, or delete the row.")
            if s.input and all(row[column] is None for column in s.input):
                raise _empty("input", place, s.input[0], "Fill it in, or delete the row.")
            output = _render(row, s.output, place)
            if s.choices and s.choices != "from data" and output not in s.choices:
                where = f"{place}, column {', '.join(s.output)}"
                fix = f"Mend the row, or add it to the choices {', '.join(s.choices)}."
                raise DataError(f"{output!r} is not among the choices", where=where, fix=fix)
            example = Example(output, _render(row, s.input, place) if s.input else None)
            if s.input and (process, example) in seen:
                repeated.append((place, seen[process, example], process))
            seen.setdefault((process, example), place)
            examples[process].append(example)
            self._note_facts(facts[process], row, process, place)
        if repeated and s.duplicates == "refuse":
            raise self._duplicates(repeated)
        outputs = Counter(example.output for rated in examples.values() for example in rated)
        choices = tuple(sorted(outputs, key=_natural)) if s.choices == "from data" else s.choices or None
        for process, rated in examples.items():
            yield self._process(process, facts[process], examples=tuple(rated), choices=choices)

    def align(self) -> Iterator[Process]:
        s = self.settings
        columns = s.counts or s.shares
        seen: dict[str, str] = {}
        for place, process, row in self.rows():
            if process in seen:
                fix = f"It is in {seen[process]} already; a table for kind align has one row per {s.process}."
                raise DataError(f"{process!r} is given twice", where=f"{place}, column {s.process}", fix=fix)
            seen[process] = place
            numbers = [_number(row[column], place, column) for column in columns]
            total = sum(numbers)
            scale = next((whole for whole in (1, 100) if abs(total / whole - 1) <= TOLERANCE), None)
            where = f"{place}, columns {', '.join(columns)}"
            if s.shares and scale is None:
                raise DataError(f"the shares sum to {total:g}", where=where, fix="They must sum to 1 or to 100.")
            if total <= 0:
                raise DataError("the counts sum to 0", where=where, fix="Delete the row.")
            respondents = total if s.counts else None
            if s.respondents:
                respondents = _number(row[s.respondents], place, s.respondents)
            facts: dict[str, tuple[object, str]] = {}
            self._note_facts(facts, row, process, place)
            target = Target(tuple(number / total for number in numbers), respondents, s.ordered)
            question = _render(row, s.input or (s.process,), place)
            choices = tuple(s.choices) or columns
            yield self._process(process, facts, question=question, choices=choices, target=target)

    def _process(self, name: str, facts: dict[str, tuple[object, str]], **content) -> Process:
        values = {column: value for column, (value, _) in facts.items() if value is not None}
        written = []
        for parts in self.descriptions:
            if all(column is None or column in values for _, column in parts):
                cells = [(text, "" if c is None else render({c: values[c]})) for text, c in parts]
                written.append("".join(text + cell for text, cell in cells).strip())
        metadata = {c: _fact(values[c]) for c in self.settings.metadata if c in values}
        return Process(name, descriptions=tuple(dict.fromkeys(written)), metadata=metadata, **content)

    def _note_facts(self, facts: dict[str, tuple[object, str]], row: dict, process: str, place: str) -> None:
        """Keep what is told about a process; all its rows must agree, where they say anything."""
        for column in self.told:
            value = row[column]
            before, where = facts.setdefault(column, (value, place))
            if before is None:
                facts[column] = value, place
            elif value is not None and value != before:
                fix = (
                    f"{where} says {before!r}: make them agree, or do not use the column for descriptions or metadata."
                )
                what = f"{self.settings.process} {process!r} has another {column}, {value!r}, than before"
                raise DataError(what, where=f"{place}, column {column}", fix=fix)

    def _duplicates(self, repeated: list[tuple[str, str, str]]) -> DataError:
        s = self.settings
        place, first, process = repeated[0]
        more = f"; {len(repeated) - 1} more rows are repeated" if len(repeated) > 1 else ""
        what = f"the row repeats {first.rsplit(', ', 1)[1]}: the same {s.process} {process!r}, input and output{more}"
        fix = 'Delete it; or write duplicates = "keep" in the settings where people were asked twice.'
        return DataError(what, where=place, fix=fix)


def _descriptions(settings: Settings, columns: list[str]) -> list[list[tuple[str, str | None]]]:
    """Descriptions as parts of text and columns, checked against the columns that there are."""
    found: list[list[tuple[str, str | None]]] = []
    for text in settings.description:
        place = f"{settings.path}, description {text!r}"
        if text in columns:
            found.append([("", text)])
            continue
        try:
            parts = fields(text)
        except ValueError as error:
            fix = "Write {column} for its value, and {{ or }} for a brace."
            raise UsageError(f"not a description: {error}", where=place, fix=fix) from None
        if " " not in text and len(parts) == 1 and parts[0][1] is None:
            raise UsageError("neither a column nor a text", where=place, fix=nearest(text, columns))
        for _, column in parts:
            if column is not None and column not in columns:
                raise UsageError(f"there is no column {column!r}", where=place, fix=nearest(column, columns))
        found.append(parts)
    return found


def _render(row: dict, columns: tuple[str, ...], place: str) -> str:
    try:
        return render({column: row[column] for column in columns})
    except DataError as error:
        raise DataError(error.what, where=f"{place}, column {', '.join(columns)}") from None


def _number(value: object, place: str, column: str) -> float:
    try:
        number = float(value)  # ty: ignore[invalid-argument-type]
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        where = f"{place}, column {column}"
        raise DataError(f"{'an empty cell' if value is None else repr(value)} is not a count or share", where=where)
    return number


def _fact(value: object) -> str | int | float:
    """A cell as metadata: numbers as numbers, also where the table holds only text."""
    if isinstance(value, int | float):
        return value
    text = render({"value": value})
    return int(text) if text == "0" or (text.isdecimal() and text[0] != "0") else text


def _natural(text: str) -> tuple[bool, float, str]:
    """Numbers by size, then words by the alphabet."""
    try:
        return False, float(text), text
    except ValueError:
        return True, 0.0, text


def _empty(what: str, place: str, column: str, fix: str) -> DataError:
    return DataError(f"empty {what}", where=f"{place}, column {column}", fix=fix)
