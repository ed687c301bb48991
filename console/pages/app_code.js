// The code of the tab "Integrate": Signature 2.0 with what each language brings along, after `examples/`.

/** @typedef {{id: string, title: string, run: string, code: (appId: number, gateway: string) => string}} Language */

/** @type {Language[]} */
export const LANGUAGES = [
  {
    id: 'shell',
    title: 'curl',
    run: 'SERVER_SECRET=… sh license.sh',
    code: (appId, gateway) => String.raw`#!/bin/sh
# Fetches a licence; needs curl and md5sum.
app_id=${appId}
nonce=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
timestamp=$(date +%s)
signature=$(printf '%s%s%s%s' "$app_id" "$nonce" "$SERVER_SECRET" "$timestamp" | md5sum | cut -d' ' -f1)
curl -sS "${gateway}/?Action=CgiDescribeZIMAudioLicense&AppId=$app_id&SignatureNonce=$nonce&Timestamp=$timestamp&SignatureVersion=2.0&Signature=$signature"
`,
  },
  {
    id: 'go',
    title: 'Go',
    run: 'SERVER_SECRET=… go run license.go',
    code: (appId, gateway) => String.raw`// Fetches a licence, with Go's own net/http.
package main

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"
)

const appID = "${appId}"

func fetchLicense(secret string) (string, error) {
	random := make([]byte, 8)
	rand.Read(random)
	nonce, timestamp := fmt.Sprintf("%x", random), fmt.Sprint(time.Now().Unix())
	query := url.Values{
		"Action": {"CgiDescribeZIMAudioLicense"}, "AppId": {appID}, "SignatureNonce": {nonce},
		"Timestamp": {timestamp}, "SignatureVersion": {"2.0"},
		"Signature": {fmt.Sprintf("%x", md5.Sum([]byte(appID+nonce+secret+timestamp)))},
	}
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get("${gateway}/?" + query.Encode())
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var body struct {
		Code    int
		Message string
		Data    struct{ License string }
	}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		return "", err
	}
	if body.Code != 0 {
		return "", fmt.Errorf("%d: %s", body.Code, body.Message)
	}
	return body.Data.License, nil
}

func main() {
	license, err := fetchLicense(os.Getenv("SERVER_SECRET"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(license)
}
`,
  },
  {
    id: 'java',
    title: 'Java',
    run: 'SERVER_SECRET=… java License.java',
    code: (appId, gateway) => String.raw`// Fetches a licence, with Java's own HttpClient; prints the answer (JSON).
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;

public class License {
    static final String APP_ID = "${appId}";

    public static void main(String[] args) throws Exception {
        String secret = System.getenv("SERVER_SECRET");
        String nonce = String.format("%016x", new SecureRandom().nextLong());
        long timestamp = System.currentTimeMillis() / 1000;
        byte[] text = (APP_ID + nonce + secret + timestamp).getBytes(StandardCharsets.UTF_8);
        byte[] md5 = MessageDigest.getInstance("MD5").digest(text);
        String signature = String.format("%032x", new BigInteger(1, md5));
        String url = "${gateway}/?Action=CgiDescribeZIMAudioLicense&AppId=" + APP_ID
            + "&SignatureNonce=" + nonce + "&Timestamp=" + timestamp
            + "&SignatureVersion=2.0&Signature=" + signature;
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(5)).build();
        System.out.println(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body());
    }
}
`,
  },
  {
    id: 'node',
    title: 'Node.js',
    run: 'SERVER_SECRET=… node license.mjs',
    code: (appId, gateway) => String.raw`// Fetches a licence, with Node's own fetch.
import { createHash, randomBytes } from "node:crypto";

const APP_ID = "${appId}";

export async function fetchLicense(secret) {
  const nonce = randomBytes(8).toString("hex");
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHash("md5").update(APP_ID + nonce + secret + timestamp).digest("hex");
  const query = new URLSearchParams({
    Action: "CgiDescribeZIMAudioLicense", AppId: APP_ID, SignatureNonce: nonce,
    Timestamp: timestamp, SignatureVersion: "2.0", Signature: signature,
  });
  const answer = await fetch(${'`'}${gateway}/?${'$'}{query}${'`'}, { signal: AbortSignal.timeout(5000) });
  const { Code, Message, Data } = await answer.json();
  if (Code !== 0) throw new Error(${'`'}${'$'}{Code}: ${'$'}{Message}${'`'});
  return Data.License;
}

console.log(await fetchLicense(process.env.SERVER_SECRET));
`,
  },
  {
    id: 'php',
    title: 'PHP',
    run: 'SERVER_SECRET=… php license.php',
    code: (appId, gateway) => String.raw`<?php
// Fetches a licence, with PHP's own stream wrapper.
const APP_ID = '${appId}';

function fetchLicense(string $secret): string
{
    $nonce = bin2hex(random_bytes(8));
    $timestamp = time();
    $query = http_build_query([
        'Action' => 'CgiDescribeZIMAudioLicense', 'AppId' => APP_ID, 'SignatureNonce' => $nonce,
        'Timestamp' => $timestamp, 'SignatureVersion' => '2.0',
        'Signature' => md5(APP_ID . $nonce . $secret . $timestamp),
    ]);
    $context = stream_context_create(['http' => ['timeout' => 5]]);
    $body = json_decode(file_get_contents("${gateway}/?$query", false, $context), true);
    if ($body['Code'] !== 0) {
        throw new RuntimeException("{$body['Code']}: {$body['Message']}");
    }
    return $body['Data']['License'];
}

echo fetchLicense(getenv('SERVER_SECRET')), "\n";
`,
  },
  {
    id: 'python',
    title: 'Python',
    run: 'SERVER_SECRET=… python3 license.py',
    code: (appId, gateway) => String.raw`"""Fetches a licence, with Python's own urllib."""
import hashlib, json, os, secrets, time, urllib.parse, urllib.request

APP_ID = "${appId}"


def fetch_license(secret):
    nonce, timestamp = secrets.token_hex(8), str(int(time.time()))
    query = urllib.parse.urlencode({
        "Action": "CgiDescribeZIMAudioLicense", "AppId": APP_ID, "SignatureNonce": nonce,
        "Timestamp": timestamp, "SignatureVersion": "2.0",
        "Signature": hashlib.md5((APP_ID + nonce + secret + timestamp).encode()).hexdigest(),
    })
    with urllib.request.urlopen("${gateway}/?" + query, timeout=5) as answer:
        body = json.load(answer)
    if body["Code"] != 0:
        raise RuntimeError(f"{body['Code']}: {body['Message']}")
    return body["Data"]["License"]


print(fetch_license(os.environ["SERVER_SECRET"]))
`,
  },
  {
    id: 'rust',
    title: 'Rust',
    run: 'SERVER_SECRET=… cargo run',
    code: (appId, gateway) => String.raw`// Keeps a licence fresh with Tonegate's own client (crate tonegate-client, and tokio).
use tonegate_client::{AppId, LicenseCache, LicenseClient, ServerSecret, Upstream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let upstream = Upstream::builder("${gateway}").build()?;
    let secret = ServerSecret::new(std::env::var("SERVER_SECRET")?.as_str())?;
    let client = LicenseClient::new(upstream, AppId(${appId}), secret);

    let cache = LicenseCache::builder(client).build();
    let keeper = cache.clone();
    tokio::spawn(async move { keeper.keep_fresh().await });

    let view = cache.license().await?; // waits only while there is none
    if let Some(license) = view.usable() {
        println!("{}", license.license);
    }
    Ok(())
}
`,
  },
];
