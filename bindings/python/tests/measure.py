"""What a call costs on this machine, as JSON: the best of many short runs, so that others disturb little."""

import json
import timeit

import tonegate
from samples import LICENSE, at, options


def best(statement, number, repeat):
    return min(timeit.repeat(statement, number=number, repeat=repeat)) / number


def main():
    sound, when = options(), at()
    gate = tonegate.Gate(sound)
    gate.load(LICENSE, when)
    print(json.dumps({
        "verify_us": round(best(lambda: tonegate.verify(LICENSE, sound, at=when), 20, 100) * 1e6, 1),
        "check_ns": round(best(lambda: gate.check("ans"), 1_000, 100) * 1e9),
        "check_at_ns": round(best(lambda: gate.check("ans", when), 1_000, 100) * 1e9),
    }))


if __name__ == "__main__":
    main()
