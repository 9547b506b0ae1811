"""The command line: ``pluralign NOUN VERB``. Heavy imports happen inside commands."""

import sys

import cyclopts

from pluralign import __version__
from pluralign.cli import demo, export, measure, nano, raters, report, suite, tune, values
from pluralign.errors import PluralignError

app = cyclopts.App(
    name="pluralign",
    help="Measure, train and explain pluralistic language models, and model people who disagree.",
    version=__version__,
)
app.command(demo.demo)
app.command(measure.app)
app.command(report.report)
suite.app.command(export.export)
app.command(suite.app)
app.command(tune.tune)
app.command(raters.app)
app.command(values.app)
app.command(nano.app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; wrong input gives one line on standard error and exit code 2."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    if debug:
        arguments.remove("--debug")
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except (PluralignError, cyclopts.CycloptsError) as error:
        if debug:
            raise
        sys.stderr.write(f"error: {' '.join(str(error).split())}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("stopped; the same command goes on from here\n")
        sys.exit(130)
