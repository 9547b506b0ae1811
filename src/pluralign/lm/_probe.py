"""What an OpenAI-compatible server honours of what it is asked for, found by asking.

Many servers accept a setting and ignore it: every measure of diversity or of a distribution would then be wrong, and
nobody would know (transformers serve 5.23 ignores log-probabilities, ``n`` and temperature).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from pluralign.encode import Encoder
from pluralign.lm._requests import CHAT, COMPLETIONS, Refused, Server
from pluralign.lm._spans import spans
from pluralign.lm._wire import NEUTRAL, Content, Echo, Form, echoed, first_tokens
from pluralign.template import Segment

_TEXT = "The cat sat on the mat, and then it slept."
_OPEN = "Write one short sentence about anything you like."
_CUTS = (" sat", " mat", " then")
"""Words of the text before which it is cut, to ask for what comes next."""
_SAME = 0.2
"""How far two log-probabilities of one token may be apart, in nats: numbers of 16 bits vary with the batch."""
_DRAWS = 4
_TOKENS = 12
_RETRIES = 2
"""Fewer than in a run: a wrong address is soon known, and some servers answer 500 to what they do not know."""

_VERSION = 2


@dataclass(frozen=True)
class Honoured:
    """What a server honours.

    Attributes:
        form: how requests to it are written.
        missing: why it does without each of ``ids`` (prompts as token ids), ``echo`` (log-probabilities of what is
            sent), ``top`` (of the likeliest first tokens), ``temperature``, ``n``, ``seed`` and ``extra`` (settings
            that switch cuts of the distribution off); what is not named here is honoured.
        begins: True where it puts a mark of the beginning before a text.
    """

    form: Form
    missing: Mapping[str, str]
    begins: bool = False


def probe(server: Server, template: str, encoder: Encoder | None) -> Honoured:
    """Ask a server what it honours; the findings are kept in the cache, as answers are.

    Args:
        template: ``colon`` and ``spectrum`` need the completions route. ``auto``, and ``chat`` where the tokenizer is
            known, take it if it gives log-probabilities of what is sent, and otherwise the chat route where there is
            one; without a tokenizer ``chat`` needs that route.
        encoder: of the model's tokenizer, or None where it is not known.

    Raises:
        ModelError: the server cannot be reached, refuses the key, or answers on no route.
    """
    key = ("probe", _VERSION, template, encoder and encoder.fingerprint)
    if (kept := server.cache.get(*key)) is not None:
        return replace(Honoured(**kept), form=Form(**kept["form"]))
    found = _probe(server, template, encoder)
    server.cache.put(asdict(found), *key)
    return found


def _probe(server: Server, template: str, encoder: Encoder | None) -> Honoured:
    found, refused = None, []
    if template != "chat" or encoder is not None:
        try:
            found = _echo(server, _form(server, COMPLETIONS), encoder)
        except Refused as error:
            refused.append(error)
    if template in ("auto", "chat") and (found is None or "echo" in found.missing):
        try:
            found = Honoured(_form(server, CHAT), dict.fromkeys(("ids", "echo"), "a chat server gives none"))
        except Refused as error:
            refused.append(error)
    if found is None:
        raise refused[0]
    form, top = _top(server, found.form)
    return replace(found, form=form, missing={**found.missing, **top, **_draws(server, form)})


def _send(server: Server, form: Form, body: dict[str, Any]) -> dict[str, Any]:
    return server.send(form.route, body, _RETRIES)


def _form(server: Server, route: str) -> Form:
    """The form of requests that a route accepts.

    Raises:
        Refused: it accepts none.
    """
    reasons = []
    for extra, limit in product((NEUTRAL, {}), ("max_tokens", "max_completion_tokens")):
        form = Form(route, limit, extra)
        try:
            _send(server, form, _draw(form, seed=1))
        except Refused as error:
            reasons.append(error)
        else:
            return form
    raise reasons[0]


def _echo(server: Server, form: Form, encoder: Encoder | None) -> Honoured:
    """Whether prompts may be token ids, and whether log-probabilities of what is sent are given."""
    ids = [] if encoder is None else encoder.encode([[Segment(_TEXT)]])[0].ids.tolist()
    missing = _ids(server, form, ids) if ids else {"ids": "the tokenizer is not known"}
    begins = False
    try:
        if "ids" in missing:
            answer = _send(server, form, form.echo(_TEXT))
            echo = echoed(answer)
            places = spans(_TEXT, echo.tokens)
            # Some servers put the mark, count it, and name it not (llama-cpp-python 0.3).
            count = (answer.get("usage") or {}).get("prompt_tokens", len(places))
            begins = bool(places[0, 0] == places[0, 1]) or count == len(places) + 1
            cuts = {_TEXT.index(word): _TEXT[: _TEXT.index(word)] for word in _CUTS}
            prefixes = {int(np.argmax(places[:, 0] == start)): text for start, text in cuts.items()}
        else:
            echo = echoed(_send(server, form, form.echo(ids)))
            if len(echo.tokens) not in (len(ids), len(ids) + 1):
                raise Refused(f"{len(ids)} tokens were sent and {len(echo.tokens)} came back")
            prefixes = {place: ids[:place] for place in np.linspace(2, len(ids) - 1, len(_CUTS)).astype(int).tolist()}
        for place, prefix in prefixes.items():
            _belongs(server, form, echo, place, prefix)
    except Refused as error:
        missing["echo"] = error.what
    return Honoured(form, missing, begins)


def _belongs(server: Server, form: Form, echo: Echo, place: int, prefix: Content) -> None:
    """Check that the log-probabilities at a place are those of a token after the tokens before it.

    Some servers give those of the token after the next one instead (llama-cpp-python 0.3, for models without a mark of
    the beginning): nothing about such numbers looks wrong.

    Raises:
        Refused: they are not, or the likeliest token is not listed.
    """
    # At temperature 0 the token drawn is the likeliest: another with the same name would take its place in the list.
    asked = replace(form, top=1).first(prefix) | {"temperature": 0}
    best, expected = echo.best[place], max(log for _, log in first_tokens(_send(server, form, asked), form.route))
    if best is None or abs(best - expected) > _SAME:
        there = "none" if best is None else f"{best:.3f}"
        raise Refused(
            "its log-probabilities of what is sent are not those of the tokens they stand at: the likeliest token at "
            f"one place has {there} there and {expected:.3f} when asked for by itself"
        )


def _ids(server: Server, form: Form, ids: list[int]) -> dict[str, str]:
    body = form.draw(ids, n=1, temperature=1.0, max_tokens=1, seed=1)
    try:
        count = (_send(server, form, body).get("usage") or {}).get("prompt_tokens", len(ids))
    except Refused as error:
        return {"ids": error.what}
    return {} if count == len(ids) else {"ids": f"the server counts {count} tokens in {len(ids)} token ids"}


def _top(server: Server, form: Form) -> tuple[Form, dict[str, str]]:
    """The form with as many alternatives per token as are listed, and what is missing if none are."""
    reasons = []
    for top in (20, 5):
        form = replace(form, top=top)
        try:
            listed = first_tokens(_send(server, form, form.first(_content(form))), form.route)
            if len(listed) < 2:
                raise Refused("the server lists no alternatives to the token that it draws")
        except Refused as error:
            reasons.append(error.what)
        else:
            return form, {}
    return form, {"top": reasons[0]}


def _draws(server: Server, form: Form) -> dict[str, str]:
    """What is missing of temperature, ``n`` and seeds, and of the settings beyond the original API."""
    seeds = range(1, _DRAWS + 1)
    asked = [_draw(form, seed=seed) for seed in seeds]
    asked += [_draw(form, seed=seed, temperature=0.0) for seed in seeds]
    asked += [_draw(form, seed=1), _draw(form, seed=1, n=_DRAWS)]
    came: list[list[str]] = [[] for _ in asked]
    for index, drawn in server.each(lambda body: _drawn(server, form, body), asked):
        came[index] = drawn
    warm, cold, (again, several) = came[:_DRAWS], came[_DRAWS:-2], came[-2:]

    missing = {} if form.extra else {"extra": "settings beyond those of the original API are refused"}
    varied, steady = (len({json.dumps(one) for one in drawn}) for drawn in (warm, cold))
    if [] in cold:
        missing["temperature"] = "temperature 0 is refused"
    elif varied == 1:
        missing["temperature"] = f"{_DRAWS} draws at temperature 1 with {_DRAWS} seeds gave one answer"
    elif steady >= varied:
        missing["temperature"] = f"{_DRAWS} draws at temperature 0 gave {steady} answers, as many as at temperature 1"
    if len(several) != _DRAWS:
        missing["n"] = f"{_DRAWS} answers were asked for and {len(several)} came"
    elif varied > 1 and len(set(several)) == 1:
        missing["n"] = f"{_DRAWS} answers were asked for and one came {_DRAWS} times"
    if again != warm[0]:
        missing["seed"] = "one seed gave two answers"
    return missing


def _drawn(server: Server, form: Form, body: dict[str, Any]) -> list[str]:
    """What tells answers apart, reasoning included; empty where the request is refused."""
    try:
        choices = _send(server, form, body)["choices"]
    except Refused:
        return []
    return [json.dumps([choice.get("text"), choice.get("message")], sort_keys=True) for choice in choices]


def _draw(form: Form, *, seed: int, temperature: float = 1.0, n: int = 1) -> dict[str, Any]:
    return form.draw(_content(form), n=n, temperature=temperature, max_tokens=_TOKENS, seed=seed)


def _content(form: Form) -> str | list[dict[str, str]]:
    return _OPEN if form.route == COMPLETIONS else [{"role": "user", "content": _OPEN}]
