"""Runs a command and says how long it took and how much memory its processes held at most."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05
# Nothing that is measured here takes this long; what does hangs.
LIMIT_SECONDS = 3600


@dataclass
class Measurement:
    seconds: float
    peak_mebibytes: float
    # What the copy lost, in words; empty where it is exact.
    loss: str = ""


def family(process):
    """A process and all below it."""
    found, waiting = [], [process]
    while waiting:
        current = waiting.pop()
        found.append(current)
        for task in Path(f"/proc/{current}/task").glob("*/children"):
            try:
                waiting.extend(int(word) for word in task.read_text().split())
            except (FileNotFoundError, ProcessLookupError):
                pass
    return found


def held_kibibytes(process):
    """The most a living process ever held; the kernel keeps count, so that no peak falls between two samples."""
    try:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def run(command, log):
    """Runs a peers.Command, its output to a file. Raises RuntimeError with the end of the output where it fails."""
    words = ["bash", "-o", "pipefail", "-c", command.words] if isinstance(command.words, str) else command.words
    with open(log, "wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=command.environment,
            cwd=command.folder)
        peak = 0
        while True:
            try:
                process.wait(SAMPLE_SECONDS)
                break
            except subprocess.TimeoutExpired:
                peak = max(peak, sum(held_kibibytes(member) for member in family(process.pid)))
                if time.monotonic() - started > LIMIT_SECONDS:
                    process.kill()
                    process.wait()
                    raise RuntimeError(f"ran longer than {LIMIT_SECONDS} seconds") from None
        seconds = time.monotonic() - started
    if process.returncode != 0:
        end = Path(log).read_text(errors="replace")[-3000:]
        raise RuntimeError(f"exit code {process.returncode}: {end}")
    return Measurement(seconds, peak / 1024)
