"""A measured figure, and the file that keeps them.

A benchmark is a module of this package with `run(scale: float) -> list[Figure]`; it works on a
migrated database of its own. Ours and the yardsticks run alternately, medians are compared.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

RESULTS = Path(__file__).resolve().parent / "results.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its value, and where it is compared, the yardstick and the ratio to it.

    `spread` is (greatest − least) / median of the repetitions.
    """

    name: str
    value: float
    unit: str
    baseline: str = ""
    ratio: float | None = None
    spread: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Repetitions:
    """The seconds that repetitions took."""

    seconds: Sequence[float]

    @property
    def median(self) -> float:
        """Return the middle one."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Return how far they lie apart, as a share of the median."""
        return (max(self.seconds) - min(self.seconds)) / self.median


def keep(figures: Sequence[Figure], path: Path = RESULTS) -> None:
    """Write figures into the results, in place of earlier ones of the same name."""
    known = json.loads(path.read_text()) if path.exists() else {}
    for one in figures:
        facts = {name: value for name, value in asdict(one).items() if name != "name"}
        known[one.name] = facts | {
            "measured": time.strftime("%Y-%m-%d"),
            "load": _load(),
            "python": platform.python_version(),
        }
    path.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n")


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as lines of text."""
    lines = []
    for one in figures:
        ratio = f"{one.ratio:10,.2f} × {one.baseline}" if one.ratio is not None else ""
        spread = f"±{one.spread:.0%}" if one.spread is not None else ""
        lines.append(
            f"{one.name:36} {one.value:14,.1f} {one.unit:10} {spread:>6} {ratio} {one.note}"
        )
    return "\n".join(lines)


def _load() -> float:
    return round(os.getloadavg()[0], 1)


class Memory:
    """Watch the memory of this process and its children; `peak_mb` is what they really hold.

    Pages shared between them are counted once (proportional set size). Looking costs some 20 ms,
    so it looks once a second, not to slow what it watches.
    """

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._stop.is_set():
            total = 0
            for process in [own, *own.children(recursive=True)]:
                with suppress(psutil.Error):
                    total += process.memory_full_info().pss
            self.peak_mb = max(self.peak_mb, total / 1e6)
            self._stop.wait(1.0)


@contextmanager
def memory() -> Iterator[Memory]:
    """Watch memory while the block runs."""
    watch = Memory()
    watch._thread.start()
    try:
        yield watch
    finally:
        watch._stop.set()
        watch._thread.join()
