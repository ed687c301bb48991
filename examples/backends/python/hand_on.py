"""Hands on the relay's licence, the short way. Your endpoint takes hand_on() and what it needs."""
import json, os, sys, urllib.request

last = None


def hand_on():
    """The licence for your apps: the relay's; the last one while the relay is in trouble."""
    global last
    request = urllib.request.Request(os.environ["RELAY_URL"] + "/v1/license")
    with open(os.environ["RELAY_KEY_FILE"]) as file:
        # Unredirected: for this host alone.
        request.add_unredirected_header("Authorization", "Bearer " + file.readline().strip())
    try:
        with urllib.request.urlopen(request, timeout=2) as answer:
            last = json.load(answer)["License"]
    except Exception as error:  # an HTTPError has a code, silence has none
        if last is None or getattr(error, "code", 500) < 500:
            raise
    return last


# The command line: prints the licence; with the argument `again`, once more for each line of stdin.
if __name__ == "__main__":
    if not {"RELAY_URL", "RELAY_KEY_FILE"} <= os.environ.keys():
        sys.exit("set RELAY_URL and RELAY_KEY_FILE")
    try:
        print(hand_on(), flush=True)
        for _ in sys.stdin if sys.argv[1:] == ["again"] else ():
            print(hand_on(), flush=True)
    except Exception as error:
        sys.exit(f"relay: {type(error).__name__}: {error}")
