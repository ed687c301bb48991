"""Fetches the licence from the relay. Your endpoint takes current_license() and what it needs."""
import json, os, re, sys, threading, time, urllib.error, urllib.request

NOTHING = {"license": "", "etag": '"none"', "good_until": 0, "ask_at": 0, "why": ""}
held, lock = dict(NOTHING), threading.Lock()


def current_license():
    """The licence for your apps. RuntimeError: there is none, and why."""
    with lock:
        if time.monotonic() >= held["ask_at"]:
            ask(time.monotonic())
        if time.monotonic() < held["good_until"]:
            return held["license"]
        raise RuntimeError(held["why"])


def ask(now, wait=10):
    try:
        request = urllib.request.Request(os.environ["RELAY_URL"] + "/v1/license")
        with open(os.environ["RELAY_KEY_FILE"]) as file:
            request.add_unredirected_header("Authorization", "Bearer " + file.readline().strip())
        request.add_header("If-None-Match", held["etag"])
        try:
            answer = urllib.request.urlopen(request, timeout=5)
        except urllib.error.HTTPError as error:  # any status but 200
            answer = error
        with answer:
            status, headers, text = answer.code, answer.headers, answer.read()
        wait = seconds(r"^(\d{1,3})$", headers.get("Retry-After"), wait)
        if status in (401, 403):
            held.update(NOTHING)
        if status not in (200, 304):
            problem = headers.get_content_type() == "application/problem+json"
            raise RuntimeError(f"{status} {json.loads(text)['detail'] if problem else ''}")
        if status == 200:
            body = json.loads(text)
            good_until = now + body["ExpireAt"] - body["ServerTime"]
            held.update(license=body["License"], etag=headers["ETag"], good_until=good_until)
        held["ask_at"] = now + seconds(r"max-age=(\d+)", headers.get("Cache-Control"), 60)
    except Exception as error:
        held.update(ask_at=now + wait, why=f"relay: {error}")
        if now < held["good_until"]:
            print(held["why"] + "; the last licence goes on", file=sys.stderr)


def seconds(pattern, header, otherwise):
    found = re.search(pattern, header or "")
    return int(found[1]) if found else otherwise


# The command line: prints the licence; with the argument `again`, once more for each line of stdin.
if __name__ == "__main__":
    if not {"RELAY_URL", "RELAY_KEY_FILE"} <= os.environ.keys():
        sys.exit("set RELAY_URL and RELAY_KEY_FILE")
    try:
        print(current_license(), flush=True)
        for _ in sys.stdin if sys.argv[1:] == ["again"] else ():
            print(current_license(), flush=True)
    except RuntimeError as error:
        sys.exit(str(error))
