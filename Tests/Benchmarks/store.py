"""Stored days, as the loader leaves them."""

import pathlib
import time
from typing import Callable

from isal import igzip

from records import DAY_START_MS

TOPIC = "bench"
DATE = time.strftime("%Y-%m-%d", time.gmtime(DAY_START_MS // 1000))
MEMBER_BYTES = 256 * 1024
LEVEL = 3


def write_day(folder: pathlib.Path, numbers: range, files: int, line: Callable[[int], bytes]) -> int:
    """Hours' files with a line for each number. Gives the bytes of the lines."""
    folder.mkdir(parents=True)
    total = 0
    for file in range(files):
        part = numbers[file * len(numbers) // files : (file + 1) * len(numbers) // files]
        content = b"".join(line(number) + b"\n" for number in part)
        members = (content[at : at + MEMBER_BYTES] for at in range(0, len(content), MEMBER_BYTES))
        name = f"{file % 24:02}-p{file // 24:05}-{part.start:020}-{part.stop:020}.jsonl.gz"
        (folder / name).write_bytes(b"".join(igzip.compress(member, LEVEL, mtime=0) for member in members))
        total += len(content)
    return total
