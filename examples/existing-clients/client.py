"""Python's own urllib."""
import hashlib, json, os, secrets, sys, time, urllib.parse, urllib.request

app_id, secret = os.environ["APP_ID"], os.environ["SERVER_SECRET"]
nonce, timestamp = secrets.token_hex(8), str(int(time.time()))
signature = hashlib.md5((app_id + nonce + secret + timestamp).encode()).hexdigest()
query = urllib.parse.urlencode({
    "Action": "CgiDescribeZIMAudioLicense", "AppId": app_id, "SignatureNonce": nonce,
    "Timestamp": timestamp, "SignatureVersion": "2.0", "Signature": signature,
})
with urllib.request.urlopen("https://zim-api.zego.im/?" + query, timeout=10) as answer:
    body = json.load(answer)
print(json.dumps(body))
sys.exit(0 if body["Code"] == 0 else 1)
