"""The licence API as a capable developer would write it in an afternoon, on FastAPI: the same checks in
the same order, replay set and rate limits in memory, licences held. Not a product.

STATE names a JSON file; RATE_PER_SECOND lifts the limit of 20.
"""

import hashlib
import hmac
import json
import os
import random
import re
import time

from fastapi import FastAPI, Request, Response

WINDOW = 600
DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
RATE = float(os.environ.get("RATE_PER_SECOND", "20"))

with open(os.environ["STATE"], encoding="utf-8") as file:
    apps: dict[str, dict] = json.load(file)["apps"]
seen: dict[int, set[str]] = {}  # by the minute of their Timestamp
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/")
async def describe_license(request: Request) -> Response:
    body = json.dumps(decide(request.query_params), separators=(",", ":"))
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def decide(query) -> dict:
    app_id, nonce = query.get("AppId", ""), query.get("SignatureNonce", "")
    timestamp, signature = query.get("Timestamp", ""), query.get("Signature", "")
    if not DECIMAL.match(app_id):
        return refused(100000001, "AppId field format error.")
    if not timestamp:
        return refused(100000002, "Timestamp field is empty.")
    if not DECIMAL.match(timestamp):
        return refused(100000003, "Timestamp field format error.")
    if not nonce:
        return refused(100000008, "SignatureNonce field is empty.")
    if len(nonce) > 52:
        return refused(2, "Input parameter error.")
    if query.get("SignatureVersion") != "2.0":
        return refused(100000014, "Unsupported SignatureVersion.")
    if not signature:
        return refused(100000009, "Signature field is empty.")
    now, at = time.time(), int(timestamp)
    if abs(int(now) - at) > WINDOW:
        return refused(100000004, "Signature expired.")
    known = apps.get(app_id)
    if known is None:
        return refused(100000010, "Get ServerSecret failed.")
    text = app_id + nonce + known["secret"] + timestamp
    expected = hashlib.md5(text.encode()).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return refused(100000005, "Signature error.")
    table = table_of(at // 60, int(now))
    key = app_id + signature
    if key in table:
        return refused(100000005, "Signature error.")
    if not charge(known, now):
        return refused(7, "The number of requests per second exceeds the limit.")
    table.add(key)
    if query.get("Action") != "CgiDescribeZIMAudioLicense":
        return refused(100000007, "Unsupported Action.")
    data = {"License": known["license"]}
    return {"Code": 0, "Message": "Success.", "RequestId": request_id(), "Data": data}


def table_of(minute: int, now: int) -> set[str]:
    """The signatures of a minute; a new one is the occasion to give up those that left the window."""
    table = seen.get(minute)
    if table is None:
        for old in [old for old in seen if old * 60 + 60 < now - WINDOW]:
            del seen[old]
        table = seen[minute] = set()
    return table


def charge(known: dict, now: float) -> bool:
    """A token bucket that holds one second."""
    tokens = known.get("tokens", RATE) + (now - known.get("filled", now)) * RATE
    tokens = min(RATE, tokens)
    known["filled"] = now
    known["tokens"] = tokens - 1 if tokens >= 1 else tokens
    return tokens >= 1


def refused(code: int, message: str) -> dict:
    return {"Code": code, "Message": message, "RequestId": request_id()}


def request_id() -> str:
    return str(random.randrange(10**17, 9 * 10**18))
