"""`study run`: a study, or with --dry-run its plan."""

from dataclasses import dataclass

from study.command_line.options import RunOptions


@dataclass(frozen=True, kw_only=True)
class Run(RunOptions):
    """Runs a study, or resumes the one in the folder.

    Options left out keep the preset's values.
    """

    def run(self, line: str) -> int:
        """Runs the study and writes its report, or shows the plan; returns the exit status."""
        if self.dry_run:
            from study.command_line.plan_screen import show_plan

            show_plan(self)
        else:
            from study.command_line.session import run_and_report

            run_and_report(self, line)
        return 0
