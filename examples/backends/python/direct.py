"""Fetches a licence from the issuer itself, with Signature 2.0."""
import hashlib, json, os, secrets, sys, time, urllib.parse, urllib.request


def fetch_license():
    with open(os.environ["SERVER_SECRET_FILE"]) as file:
        secret = file.read().strip()
    app_id, nonce, timestamp = os.environ["APP_ID"], secrets.token_hex(8), str(int(time.time()))
    signature = hashlib.md5((app_id + nonce + secret + timestamp).encode()).hexdigest()
    query = urllib.parse.urlencode({
        "Action": "CgiDescribeZIMAudioLicense", "AppId": app_id, "SignatureNonce": nonce,
        "Timestamp": timestamp, "SignatureVersion": "2.0", "Signature": signature,
    })
    with urllib.request.urlopen(os.environ["ISSUER_URL"] + "/?" + query, timeout=5) as answer:
        body = json.load(answer)
    if body["Code"] != 0:
        raise RuntimeError(f"{body['Code']}: {body['Message']}")
    return body["Data"]["License"]


if __name__ == "__main__":
    if not {"ISSUER_URL", "APP_ID", "SERVER_SECRET_FILE"} <= os.environ.keys():
        sys.exit("set ISSUER_URL, APP_ID and SERVER_SECRET_FILE")
    try:
        print(fetch_license())
    except Exception as error:
        sys.exit(f"issuer: {error}")
