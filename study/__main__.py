"""`python -m study`: the same as the command `study`."""

from study.command_line.cli import main

main()
