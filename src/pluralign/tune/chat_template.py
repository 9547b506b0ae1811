"""A chat template that knows the roles description, input and output beside those that it knew before."""

from typing import Any

from pluralign.errors import ModelError
from pluralign.template import Segments, resolve

_ROLES = ("description", "input", "output")

# Plus signs keep every blank of the wrapped template: the renderer is set to swallow those next to a block.
_WRAPPED = """\
{{%- set spectrum = messages | selectattr('role', 'in', {roles}) | list -%}}
{{%- if spectrum -%}}
{spectrum}
{{%- else +%}}{plain}{{%+ endif %}}"""

_SPECTRUM = """\
{{{{- {opening} -}}}}
{{%- for message in messages -%}}
{{%- if message['role'] not in {roles} -%}}
{{{{- raise_exception('The roles description, input and output cannot be mixed with other roles.') -}}}}
{{%- endif -%}}
{turn}
{{%- endfor -%}}
{{%- if add_generation_prompt -%}}{{{{- {generation} -}}}}{{%- endif -%}}"""

_PLAIN = """\
{{{{- {opening} -}}}}
{{%- for message in messages -%}}
{turn}
{{%- endfor -%}}
{{%- if add_generation_prompt -%}}{{{{- {generation} -}}}}{{%- endif -%}}"""

_TURN = "{{{{- {left} + message['role'] + {right} + message['content'] + {end} -}}}}"


def with_roles(tokenizer: Any) -> str:
    """The chat template of a tokenizer, extended by the roles description, input and output.

    Messages with these roles are written as :mod:`pluralign.template` writes an episode; all others go to the template
    that was there before, unchanged. A tokenizer with turn markers but no chat template gets one that writes the
    roles system, user and assistant in the same turns.

    Raises:
        ModelError: the tokenizer has no turn markers.
    """
    template = resolve(tokenizer, "spectrum")
    known = tokenizer.get_chat_template() if tokenizer.chat_template else None
    if known is not None and resolve(tokenizer).name == "spectrum":
        return known
    before, after = template.output
    left, _, right = _text(before).rpartition("output")
    if left + "description" + right != _text(template.description[0]):
        raise ModelError("the role word cannot be told from the turn markers", fix="Use the template colon.")
    opening, end = repr(_text(template.opening)), repr(_text(after))
    turn = _TURN.format(left=repr(left), right=repr(right), end=end)
    spectrum = _SPECTRUM.format(
        roles=list(_ROLES), opening=opening, turn=turn, generation=repr(left + "output" + right)
    )
    plain = _PLAIN.format(opening=opening, turn=turn, generation=repr(left + "assistant" + right))
    # A renderer drops the newline at the very end of a template, which is now no longer the end.
    plain = plain if known is None else known.removesuffix("\n")
    return _WRAPPED.format(roles=list(_ROLES), spectrum=spectrum, plain=plain)


def _text(segments: Segments) -> str:
    return "".join(segment.text for segment in segments)
