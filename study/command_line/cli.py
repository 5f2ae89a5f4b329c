"""The command line: all commands.

A command's file holds its options and what it does, and imports what it needs only when it runs:
`study --help` answers at once.
"""

import shlex
import sys
from typing import Annotated

import tyro
from tyro.conf import OmitArgPrefixes, subcommand

from study.command_line.check import Check
from study.command_line.export import Export
from study.command_line.predict import Predict
from study.command_line.report import Report
from study.command_line.run import Run
from study.command_line.status import Status
from study.command_line.ui import Ui

Command = (
    Annotated[Run, subcommand("run", prefix_name=False)]
    | Annotated[Status, subcommand("status", prefix_name=False)]
    | Annotated[Report, subcommand("report", prefix_name=False)]
    | Annotated[Check, subcommand("check", prefix_name=False)]
    | Annotated[Predict, subcommand("predict", prefix_name=False)]
    | Annotated[Export, subcommand("export", prefix_name=False)]
    | Annotated[Ui, subcommand("ui", prefix_name=False)]
)


def main() -> None:
    """Runs one command; a problem the user can fix is one sentence, with exit status 1."""
    command = tyro.cli(
        Command,  # type: ignore[arg-type]
        prog="study",
        config=(OmitArgPrefixes,),
        description="Decides, with evidence, how to segment cells when annotations are few.",
    )
    try:
        sys.exit(command.run(shlex.join(["study", *sys.argv[1:]])))
    except (ValueError, OSError) as error:
        sys.exit(f"study: {error}")
    except KeyboardInterrupt:
        sys.exit("study: stopped. The same command goes on from here.")
