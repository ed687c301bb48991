// Fetches a licence from the issuer itself, with Signature 2.0.
package main

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

func fetchLicense() (string, error) {
	if os.Getenv("ISSUER_URL") == "" || os.Getenv("APP_ID") == "" || os.Getenv("SERVER_SECRET_FILE") == "" {
		return "", errors.New("set ISSUER_URL, APP_ID and SERVER_SECRET_FILE")
	}
	secret, err := os.ReadFile(os.Getenv("SERVER_SECRET_FILE"))
	if err != nil {
		return "", err
	}
	random := make([]byte, 8)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	appID, nonce := os.Getenv("APP_ID"), fmt.Sprintf("%x", random)
	timestamp := fmt.Sprint(time.Now().Unix())
	text := appID + nonce + strings.TrimSpace(string(secret)) + timestamp
	query := url.Values{
		"Action": {"CgiDescribeZIMAudioLicense"}, "AppId": {appID}, "SignatureNonce": {nonce},
		"Timestamp": {timestamp}, "SignatureVersion": {"2.0"},
		"Signature": {fmt.Sprintf("%x", md5.Sum([]byte(text)))},
	}
	client := &http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(os.Getenv("ISSUER_URL") + "/?" + query.Encode())
	if err != nil {
		// Without the URL, which is as good as a password for 10 minutes.
		return "", errors.Unwrap(err)
	}
	defer answer.Body.Close()
	body := struct {
		Code    int
		Message string
		Data    struct{ License string }
	}{Code: -1, Message: answer.Status}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		return "", fmt.Errorf("%s: %w", answer.Status, err)
	}
	if body.Code != 0 {
		return "", fmt.Errorf("%d: %s", body.Code, body.Message)
	}
	return body.Data.License, nil
}

func main() {
	license, err := fetchLicense()
	if err != nil {
		fmt.Fprintln(os.Stderr, "issuer:", err)
		os.Exit(1)
	}
	fmt.Println(license)
}
