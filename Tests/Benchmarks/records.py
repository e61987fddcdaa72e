"""Records like those of a product that serves answers of a language model: 0.3 to 8 KB of JSON, the same each day."""

import json
import random
import time
from typing import Iterator, NamedTuple

DAY_MS = 24 * 3600 * 1000
# Yesterday: Tansu stamps records with the time of their arrival, and an event time far from it would not count.
DAY_START_MS = (int(time.time() * 1000) // DAY_MS - 1) * DAY_MS
# Bodies are made once and used again: far enough apart that no compressor sees one twice in its window of 32 KB.
BODIES = 4000

SYLLABLES = (
    "an ber cor da el fi gra hu in jo ka lin mo ne or pa qui re sa ti u ver wa xi yo za ter ing tion al men ted "
    "ly con pro est ive ous"
).split()
MODELS = ["answer-large-3", "answer-small-3", "answer-fast-2"]


class Record(NamedTuple):
    timestamp_ms: int
    key: bytes
    value: bytes


def _words(random_source: random.Random) -> list[str]:
    """6,000 words, from short and frequent to long and rare."""
    words = {}
    while len(words) < 6000:
        longest = 2 + len(words) // 1000
        words["".join(random_source.choices(SYLLABLES, k=random_source.randint(1, longest)))] = None
    return list(words)


def _text(random_source: random.Random, words: list[str], weights: list[float], size: int) -> str:
    drawn = random_source.choices(words, cum_weights=weights, k=size // 6 + 1)
    sentences = []
    while drawn:
        length = random_source.randint(5, 20)
        sentences.append(" ".join(drawn[:length]).capitalize() + random_source.choice([".", ".", "?", ":\n"]))
        drawn = drawn[length:]
    return " ".join(sentences)


def _body(random_source: random.Random, words: list[str], weights: list[float]) -> bytes:
    """What follows the identifiers and the time in a record, with its closing brace."""
    size = min(8000, max(300, int(random_source.lognormvariate(7.3, 0.8))))
    answer_size = max(20, int((size - 270) * 0.8))
    prompt = _text(random_source, words, weights, max(10, size - 270 - answer_size))
    fields = {
        "model": random_source.choice(MODELS),
        "prompt": prompt,
        "response": _text(random_source, words, weights, answer_size),
        "usage": {"input_tokens": len(prompt) // 4, "output_tokens": answer_size // 4},
        "latency_ms": round(random_source.lognormvariate(6.5, 0.6), 3),
        "feedback": random_source.choice([None, None, None, {"stars": 4, "comment": "très bien, \u201cmerci\u201d"}]),
        "flags": random_source.sample(["retry", "cached", "streamed", "tool", "safe"], k=2),
    }
    text = json.dumps(fields, ensure_ascii=random_source.random() < 0.5)
    return b", " + text[1:].encode()


def records(total_bytes: int, seed: int = 1) -> Iterator[Record]:
    """About `total_bytes` of values, spread over one day of event time, a few minutes out of order."""
    random_source = random.Random(seed)
    words = _words(random_source)
    weights, total = [], 0.0
    for rank in range(len(words)):
        total += 1 / (rank + 3)
        weights.append(total)
    bodies = [_body(random_source, words, weights) for _ in range(BODIES)]
    day = time.strftime("%Y-%m-%d", time.gmtime(DAY_START_MS // 1000)).encode()
    made = 0
    while made < total_bytes:
        progress = made / total_bytes
        timestamp_ms = DAY_START_MS + int(progress * (DAY_MS - 300_000)) + random_source.randrange(300_000)
        seconds, millis = divmod(timestamp_ms - DAY_START_MS, 1000)
        clock = b"%02d:%02d:%02d.%03d" % (seconds // 3600, seconds // 60 % 60, seconds % 60, millis)
        user = b"u-%08d" % random_source.randrange(2_000_000)
        value = b'{"id": "%032x", "timestamp": "%s", "user_id": "%s", "session": "%016x"%s' % (
            random_source.getrandbits(128),
            day + b"T" + clock + b"Z",
            user,
            random_source.getrandbits(64),
            bodies[random_source.randrange(BODIES)],
        )
        made += len(value)
        yield Record(timestamp_ms, user, value)
