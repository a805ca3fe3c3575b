"""`filmloom`: the table of commands, and the one place where errors become exit codes."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from filmloom import __version__
from filmloom.cli.doctor import doctor
from filmloom.cli.evaluate import evaluate
from filmloom.cli.finish import finish
from filmloom.cli.jobs import app as jobs
from filmloom.cli.keys import app as keys
from filmloom.cli.make import make
from filmloom.cli.models import app as models
from filmloom.cli.plan import plan
from filmloom.cli.serve import serve
from filmloom.cli.train import train
from filmloom.cli.verify import verify
from filmloom.cli.worker import worker
from filmloom.cli.world import app as world
from filmloom.core.errors import FilmloomError, ResourceError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
for command in (plan, make, finish, verify, serve, worker, train, evaluate, doctor):
    app.command()(command)
for name, commands in (("jobs", jobs), ("keys", keys), ("world", world), ("models", models)):
    app.add_typer(commands, name=name)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"filmloom {__version__}")
        raise typer.Exit


@app.callback()
def filmloom(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Words into film: a sentence becomes a 1280x720, 30 fps MP4, offline, on two CPU cores."""


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 2 the user's mistake, 3 refused, 4 no memory or disk, 130 cancelled."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an orderly stop, as Ctrl-C: partial files are removed
    try:
        app(args, standalone_mode=True)
    except FilmloomError as error:
        _fail(error)
    except MemoryError:
        _fail(ResourceError("There is not enough memory. Ask for fewer seconds or a smaller --size."))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _fail(ResourceError(f"The disk is full: {error.filename or 'writing failed'}. Free some space and run again."))
    raise AssertionError("typer always exits")


def _fail(error: FilmloomError) -> NoReturn:
    print(f"filmloom: {error}", file=sys.stderr)
    sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
