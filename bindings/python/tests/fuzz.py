"""Fuzzes verify, explain, Gate and Session with what looks like a licence: `fuzz.py [libFuzzer's options] [FOLDER]`.

Atheris steers by the Python code that runs. The native part is not instrumented, so what guides the search beside that is
which verdict comes out: each is a branch of its own in `branches`. Whatever is no verdict and none of the three
errors that the API names, and every call of more than 100 ms of processor time, ends the run. Figures go to the file FIGURES.
"""

import json
import os
import random
import sys
import time

import atheris

with atheris.instrument_imports(include=["tonegate"]):
    import tonegate

from samples import CASES, DAY, LICENSE as GOOD, PINS, START

CALL_SECS_MAX = 0.1
LICENSES = sorted({step["license"] for case in CASES.values() for step in case["steps"] if "license" in step})
FEATURES = ["ans", "agc", "ans-ai", "", "\0", "\ud800", "x" * 17]
OPTIONS = [
    tonegate.Options(pins=PINS, issuer="tonegate-test"),
    tonegate.Options(pins=PINS, issuer="tonegate-test", environment="test", app_id=12345),
    tonegate.Options(pins=PINS, issuer="tonegate-test", app_id=7),
    tonegate.Options(pins=PINS, issuer="tonegate-other", identity=tonegate.ios_identity("com.example.karaoke")),
]
EXPECTED = (TypeError, ValueError, OverflowError)


class Figures:
    """How many inputs and calls, for how long, and the slowest."""

    def __init__(self):
        self.inputs = self.calls = 0
        self.slowest = 0.0
        self.began = self.written = time.monotonic()
        self.seen = {}

    def call(self, function, *arguments, **named):
        began = time.thread_time()
        try:
            found = function(*arguments, **named)
        except EXPECTED as error:
            found = error
        took = time.thread_time() - began
        self.calls += 1
        self.slowest = max(self.slowest, took)
        if took > CALL_SECS_MAX:
            raise RuntimeError(f"{function} took {took:.3f} s")
        return found

    def write(self):
        self.written = time.monotonic()
        figures = {"inputs": self.inputs, "calls": self.calls, "seconds": round(self.written - self.began),
                   "slowest_ms": round(self.slowest * 1e3, 2), "found": self.seen}
        if "FIGURES" in os.environ:
            with open(os.environ["FIGURES"], "w", encoding="utf-8") as file:
                json.dump(figures, file)


FIGURES = Figures()
call = FIGURES.call


def text_from(data):
    """A licence of the vectors with parts exchanged, a mix of two, or anything."""
    kind = data.ConsumeIntInRange(0, 7)
    license = GOOD if data.ConsumeBool() else LICENSES[data.ConsumeIntInRange(0, len(LICENSES) - 1)]
    if kind == 0:
        return data.ConsumeUnicode(3_000)
    if kind == 1:
        return data.ConsumeBytes(3_000)
    if kind == 2:
        return license
    if kind == 3:
        other = LICENSES[data.ConsumeIntInRange(0, len(LICENSES) - 1)].split(".")
        parts = license.split(".")
        place = data.ConsumeIntInRange(0, 3)
        return ".".join(parts[:place] + other[place:])
    for _ in range(data.ConsumeIntInRange(1, 4)):
        place = data.ConsumeIntInRange(0, len(license))
        license = license[:place] + data.ConsumeUnicode(8) + license[place + data.ConsumeIntInRange(0, 8):]
    return license.encode("utf-8", "surrogatepass") if kind == 7 else license


def time_from(data):
    kind = data.ConsumeIntInRange(0, 9)
    if kind == 0:
        return (data.ConsumeInt(9), data.ConsumeInt(9))
    if kind == 1:
        return (data.ConsumeFloat(), data.ConsumeFloat())
    if kind == 2:
        return tonegate.Time(START + data.ConsumeIntInRange(0, 60 * DAY), 0)
    # From a day before the licences to a day after the last grace, mostly.
    ahead = data.ConsumeIntInRange(-DAY, 12 * DAY)
    return tonegate.Time(START + ahead, ahead + DAY + data.ConsumeIntInRange(0, DAY))


def branches():
    """A function with a branch for each reason and answer, which the fuzzer can see."""
    names = {name for case in CASES.values() for step in case["steps"] if "expect" in step
             for name in (step["expect"].get("reason"), step["expect"].get("answer")) if name}
    lines = [f"    if name == {name!r}:\n        return {place}\n" for place, name in enumerate(sorted(names))]
    made = {}
    exec("def branch(name):\n" + "".join(lines), made)
    return atheris.instrument_func(made["branch"])


branch = branches()


def note(found):
    """Counts what came out, and lets the fuzzer see it."""
    names = [getattr(found, name, None) for name in ("reason", "answer", "state")]
    names = [name for name in names if isinstance(name, str)] or [type(found).__name__]
    for name in names:
        FIGURES.seen[name] = FIGURES.seen.get(name, 0) + 1
        branch(name)


def ask(one, data, text, at):
    """A step that gates and sessions know alike."""
    feature = data.PickValueInList(FEATURES)
    note(call(one.check, feature, at))
    note(call(one.verdict, at))
    call(one.outlook, feature)
    give = one.fetched if isinstance(one, tonegate.Session) else one.renew
    given = call(give, text, at)
    note(given[0] if isinstance(given, tuple) else given)


def use_gate(options, data):
    gate = tonegate.Gate(options, data.ConsumeBytes(40))
    for _ in range(data.ConsumeIntInRange(1, 4)):
        note(call(gate.load, text_from(data), time_from(data)))
        ask(gate, data, text_from(data), time_from(data))
    again = tonegate.Gate(options, gate.state)
    assert again.state == gate.state


def use_session(options, data):
    session = call(tonegate.Session, options, data.ConsumeBytes(2_200), data.ConsumeIntInRange(0, 2**64 - 1), time_from(data))
    if not isinstance(session, tonegate.Session):
        return
    for _ in range(data.ConsumeIntInRange(1, 4)):
        turn = call(session.turn, time_from(data))
        assert not isinstance(turn, tonegate.Turn) or 1 <= turn.wait_secs <= 60
        ask(session, data, text_from(data), time_from(data))
        call(session.failed, data.ConsumeInt(9), time_from(data))
        session.hasten()
    stored = session.save()
    assert 32 <= len(stored) <= 2_080 and not session.is_unsaved
    again = tonegate.Session(options, stored, 1, tonegate.Time(START, 0))
    assert again.license == session.license


def one_input(content):
    data = atheris.FuzzedDataProvider(content)
    options = data.PickValueInList(OPTIONS)
    text, at = text_from(data), time_from(data)
    found = call(tonegate.verify, text, options, at=at, state=data.ConsumeBytes(32))
    note(found[0] if isinstance(found, tuple) else found)
    said = call(tonegate.explain, text, options, at=at)
    assert isinstance(said, (dict, *EXPECTED))
    for name in ("pins", "issuer", "environment", "identity"):
        call(tonegate.Options, **{"pins": PINS, "issuer": "tonegate-test", name: data.ConsumeUnicode(100)})
    use_gate(options, data)
    use_session(options, data)
    FIGURES.inputs += 1
    if time.monotonic() > FIGURES.written + 1:
        FIGURES.write()


def sow(folder):
    """Inputs to begin with, long enough for all steps; the same ones each time."""
    draw = random.Random(7)
    for place in range(64):
        with open(os.path.join(folder, f"seed-{place}"), "wb") as file:
            file.write(draw.randbytes(draw.randrange(64, 4_096)))


if __name__ == "__main__":
    if os.path.isdir(sys.argv[-1]) and not os.listdir(sys.argv[-1]):
        sow(sys.argv[-1])
    for function in (note, text_from, time_from):
        globals()[function.__name__] = atheris.instrument_func(function)
    atheris.Setup([*sys.argv, "-max_len=8192", "-len_control=0"], one_input)
    atheris.Fuzz()
