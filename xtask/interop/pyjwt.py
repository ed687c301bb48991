"""Verifies a licence as any program that uses PyJWT would, and prints its claims.

usage: python pyjwt.py <JWKS: URL or file> <license>
"""

import json
import sys

import jwt

source, license = sys.argv[1:]
header = jwt.get_unverified_header(license)
if header.get("typ") != "license+jwt":
    sys.exit("not a licence: typ is not license+jwt")

if source.startswith(("http://", "https://")):
    key = jwt.PyJWKClient(source).get_signing_key(header["kid"])
else:
    with open(source, encoding="utf-8") as file:
        key = jwt.PyJWKSet.from_json(file.read())[header["kid"]]

claims = jwt.decode(
    license,
    key,
    algorithms=["EdDSA"],
    audience="zim-audio",
    options={"require": ["exp", "iat", "iss", "jti", "nbf", "sub"]},
)
print(json.dumps(claims))
