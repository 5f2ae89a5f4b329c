"""Whether a study is complete, without opening its images or starting Ray."""

import json

from study.design import Study
from study.store import CHECKPOINTS, Store

FINISHED_FILE = "finished.json"


def mark_finished(study: Study, store: Store) -> None:
    """Records that every training of a study, as declared, has ended; deletes checkpoints."""
    store.remove_folder(CHECKPOINTS)
    note = {"hash": study.hash, "results": len(store.trial_ids())}
    store.write_text(FINISHED_FILE, json.dumps(note))


def is_finished(study: Study, store: Store) -> bool:
    """Whether this very study has ended in this folder, and all its results are still there."""
    text = store.read_text(FINISHED_FILE)
    if text is None:
        return False
    note = json.loads(text)
    return bool(note["hash"] == study.hash and note["results"] <= len(store.trial_ids()))
