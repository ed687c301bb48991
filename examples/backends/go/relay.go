// Fetches the licence from the relay. Your endpoint takes currentLicense and what it needs.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

type holding struct {
	license, etag    string
	goodUntil, askAt time.Time
	why              error
}

var (
	mutex  sync.Mutex
	held   = holding{etag: `"none"`}
	client = &http.Client{Timeout: 5 * time.Second}
)

// The licence for your apps; an error says why there is none.
func currentLicense() (string, error) {
	mutex.Lock()
	defer mutex.Unlock()
	if now := time.Now(); !now.Before(held.askAt) {
		if wait, err := ask(now); err != nil {
			held.askAt, held.why = now.Add(wait), fmt.Errorf("relay: %w", err)
			if now.Before(held.goodUntil) {
				fmt.Fprintf(os.Stderr, "%v; the last licence goes on\n", held.why)
			}
		}
	}
	if time.Now().Before(held.goodUntil) {
		return held.license, nil
	}
	return "", held.why
}

// With an error: how long to wait before asking again.
func ask(now time.Time) (time.Duration, error) {
	wait := 10 * time.Second
	key, err := os.ReadFile(os.Getenv("RELAY_KEY_FILE"))
	if err != nil {
		return wait, err
	}
	request, err := http.NewRequest("GET", os.Getenv("RELAY_URL")+"/v1/license", nil)
	if err != nil {
		return wait, err
	}
	line, _, _ := strings.Cut(string(key), "\n")
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(line))
	request.Header.Set("If-None-Match", held.etag)
	answer, err := client.Do(request)
	if err != nil {
		return wait, err
	}
	defer answer.Body.Close()
	var body struct {
		License, Detail      string
		ExpireAt, ServerTime int64
	}
	if answer.StatusCode != 304 {
		err = json.NewDecoder(answer.Body).Decode(&body)
	}
	switch {
	case answer.StatusCode == 304:
	case answer.StatusCode == 200 && err != nil:
		return wait, err
	case answer.StatusCode == 200 && (body.License == "" || body.ServerTime == 0):
		return wait, errors.New("no licence in the answer")
	case answer.StatusCode == 200:
		goodUntil := now.Add(time.Duration(body.ExpireAt-body.ServerTime) * time.Second)
		held = holding{license: body.License, etag: answer.Header.Get("ETag"), goodUntil: goodUntil}
	default:
		if answer.StatusCode == 401 || answer.StatusCode == 403 {
			held = holding{etag: `"none"`}
		}
		wait = seconds(`^(\d{1,3})$`, answer.Header.Get("Retry-After"), wait)
		return wait, fmt.Errorf("%d %s", answer.StatusCode, body.Detail)
	}
	held.askAt = now.Add(seconds(`max-age=(\d+)`, answer.Header.Get("Cache-Control"), time.Minute))
	return 0, nil
}

func seconds(pattern, header string, otherwise time.Duration) time.Duration {
	if found := regexp.MustCompile(pattern).FindStringSubmatch(header); found != nil {
		if duration, err := time.ParseDuration(found[1] + "s"); err == nil {
			return duration
		}
	}
	return otherwise
}

// The command line: prints the licence; with the argument `again`, once more for each line of stdin.
func main() {
	if os.Getenv("RELAY_URL") == "" || os.Getenv("RELAY_KEY_FILE") == "" {
		fail(errors.New("set RELAY_URL and RELAY_KEY_FILE"))
	}
	lines := bufio.NewScanner(os.Stdin)
	again := len(os.Args) > 1 && os.Args[1] == "again"
	for more := true; more; more = again && lines.Scan() {
		license, err := currentLicense()
		if err != nil {
			fail(err)
		}
		fmt.Println(license)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
