"""Walks vectors/cases.json through the public API, and writes what it found: `vectors.py RESULTS`.

It judges nothing: whoever reads the results holds them, and those of other languages, against the cases.
"""

import json
import sys
from pathlib import Path

import tonegate
from samples import PINS, VECTORS


def times(step):
    return tonegate.Time(step["wall"], step["elapsed"])


def facts(found, step, **others):
    """The members that the step expects, as they were found."""
    return {name: others[name] if name in others else getattr(found, name, None) for name in step["expect"]}


def found_at(step, gate):
    do = step["do"]
    if do == "load":
        verdict = gate.load(step["license"], times(step))
        return facts(verdict, step, state_hex=gate.state.hex())
    if do == "renew":
        verdict, in_force = gate.renew(step["license"], times(step))
        return facts(verdict, step, state_hex=gate.state.hex(), in_force=in_force)
    if do == "check":
        verdict = gate.check(step["feature"], times(step))
        return facts(verdict, step, state_hex=gate.state.hex())
    if do == "outlook":
        return facts(gate.outlook(step["feature"]), step)
    raise ValueError(f"a step is not {do}")


def walk(case):
    options = tonegate.Options(pins=PINS, **case["expect"])
    gate = tonegate.Gate(options, bytes.fromhex(case["state_hex"]))
    steps = []
    for step in case["steps"]:
        if step["do"] == "restart":
            gate = tonegate.Gate(options, gate.state)
            steps.append(None)
        else:
            steps.append(found_at(step, gate))
    return {"number": case["number"], "steps": steps}


def are_sound(pins):
    try:
        tonegate.Options(pins=pins, issuer="tonegate-test")
        return True
    except ValueError:
        return False


def is_read(state):
    options = tonegate.Options(pins=PINS, issuer="tonegate-test")
    return tonegate.Gate(options, state).state == state


def identity(case):
    if case["platform"] == "android":
        return tonegate.android_identity(case["package"], bytes.fromhex(case["certificate_sha256"]))
    if case["platform"] == "ios":
        return tonegate.ios_identity(case["bundle_id"])
    return tonegate.web_identity(case["origin"])


def results():
    return {
        "cases": [walk(case) for case in VECTORS["cases"]],
        "pins_texts": [are_sound(case["text"]) for case in VECTORS["pins_texts"]],
        "states": [is_read(bytes.fromhex(case["hex"])) for case in VECTORS["states"]],
        "identities": [identity(case) for case in VECTORS["identities"]],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(results()))
