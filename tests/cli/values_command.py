"""``pluralign values`` in this process."""

from pluralign.cli import main


def here(*arguments: object) -> int | str | None:
    """The exit code of a command."""
    try:
        main(["values", *map(str, arguments)])
    except SystemExit as stop:
        return stop.code
    return 0
