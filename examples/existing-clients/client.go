// Go's own net/http.
package main

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

func main() {
	appID, secret := os.Getenv("APP_ID"), os.Getenv("SERVER_SECRET")
	random := make([]byte, 8)
	rand.Read(random)
	nonce, timestamp := fmt.Sprintf("%x", random), fmt.Sprint(time.Now().Unix())
	query := url.Values{
		"Action": {"CgiDescribeZIMAudioLicense"}, "AppId": {appID}, "SignatureNonce": {nonce},
		"Timestamp": {timestamp}, "SignatureVersion": {"2.0"},
		"Signature": {fmt.Sprintf("%x", md5.Sum([]byte(appID+nonce+secret+timestamp)))},
	}
	answer, err := http.Get("https://zim-api.zego.im/?" + query.Encode())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	fmt.Println(string(text))
	var body struct{ Code int }
	if json.Unmarshal(text, &body) != nil || body.Code != 0 {
		os.Exit(1)
	}
}
