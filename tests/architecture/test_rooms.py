"""The rooms: no name at the root may shadow the standard library."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_folder_of_the_root_shadows_the_standard_library() -> None:
    names = {path.stem for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert not names & sys.stdlib_module_names
