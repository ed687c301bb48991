#!/bin/sh
# curl, with the signature made by md5sum.
nonce=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
timestamp=$(date +%s)
signature=$(printf '%s%s%s%s' "$APP_ID" "$nonce" "$SERVER_SECRET" "$timestamp" | md5sum | cut -d' ' -f1)
answer=$(curl -sS "https://zim-api.zego.im/?Action=CgiDescribeZIMAudioLicense&AppId=$APP_ID&SignatureNonce=$nonce&Timestamp=$timestamp&SignatureVersion=2.0&Signature=$signature")
echo "$answer"
case $answer in *'"Code":0,'*) ;; *) exit 1 ;; esac
