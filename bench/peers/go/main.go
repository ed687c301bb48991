// The licence API as a capable developer would write it in an afternoon, on net/http: the same checks
// in the same order, replay set and rate limits in memory, licences held. Not a product.
//
// Usage: peer ADDRESS STATE.json; RATE_PER_SECOND lifts the limit of 20.
package main

import (
	"crypto/md5"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"log"
	"math/rand"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"time"
)

const window = 600

type app struct {
	Secret  string `json:"secret"`
	License string `json:"license"`

	mu     sync.Mutex
	tokens float64
	filled time.Time
}

type license struct {
	License string
}

type answer struct {
	Code      int
	Message   string
	RequestId string
	Data      *license `json:",omitempty"`
}

type server struct {
	apps map[string]*app
	rate float64

	mu   sync.Mutex
	seen map[int64]map[string]struct{} // by the minute of their Timestamp
}

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]{0,18})$`)

func main() {
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var state struct{ Apps map[string]*app }
	if err := json.Unmarshal(text, &state); err != nil {
		log.Fatal(err)
	}
	s := &server{apps: state.Apps, rate: 20, seen: map[int64]map[string]struct{}{}}
	if lifted, err := strconv.ParseFloat(os.Getenv("RATE_PER_SECOND"), 64); err == nil {
		s.rate = lifted
	}
	go func() {
		for range time.Tick(time.Minute) {
			s.expire(time.Now().Unix())
		}
	}()
	log.Fatal(http.ListenAndServe(os.Args[1], s))
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	body, err := json.Marshal(s.decide(r))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(body)
}

func (s *server) decide(r *http.Request) answer {
	query := r.URL.Query()
	appID, nonce := query.Get("AppId"), query.Get("SignatureNonce")
	timestamp, signature := query.Get("Timestamp"), query.Get("Signature")
	switch {
	case !decimal.MatchString(appID):
		return refused(100000001, "AppId field format error.")
	case timestamp == "":
		return refused(100000002, "Timestamp field is empty.")
	case !decimal.MatchString(timestamp):
		return refused(100000003, "Timestamp field format error.")
	case nonce == "":
		return refused(100000008, "SignatureNonce field is empty.")
	case len(nonce) > 52:
		return refused(2, "Input parameter error.")
	case query.Get("SignatureVersion") != "2.0":
		return refused(100000014, "Unsupported SignatureVersion.")
	case signature == "":
		return refused(100000009, "Signature field is empty.")
	}
	now := time.Now()
	at, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || at < now.Unix()-window || at > now.Unix()+window {
		return refused(100000004, "Signature expired.")
	}
	app := s.apps[appID]
	if app == nil {
		return refused(100000010, "Get ServerSecret failed.")
	}
	sum := md5.Sum([]byte(appID + nonce + app.Secret + timestamp))
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(signature)) != 1 {
		return refused(100000005, "Signature error.")
	}
	if code, message := s.admit(app, appID+signature, at, now); code != 0 {
		return refused(code, message)
	}
	if query.Get("Action") != "CgiDescribeZIMAudioLicense" {
		return refused(100000007, "Unsupported Action.")
	}
	return answer{0, "Success.", requestID(), &license{app.License}}
}

// admit looks up, charges and remembers in one step: what is over the rate is not remembered.
func (s *server) admit(app *app, key string, at int64, now time.Time) (int, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	table := s.seen[at/60]
	if table == nil {
		table = map[string]struct{}{}
		s.seen[at/60] = table
	}
	if _, repeated := table[key]; repeated {
		return 100000005, "Signature error."
	}
	if !app.charge(s.rate, now) {
		return 7, "The number of requests per second exceeds the limit."
	}
	table[key] = struct{}{}
	return 0, ""
}

func (s *server) expire(now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for minute := range s.seen {
		if minute*60+60 < now-window {
			delete(s.seen, minute)
		}
	}
}

func (a *app) charge(rate float64, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens += now.Sub(a.filled).Seconds() * rate
	if a.tokens > rate {
		a.tokens = rate
	}
	a.filled = now
	if a.tokens < 1 {
		return false
	}
	a.tokens--
	return true
}

func refused(code int, message string) answer {
	return answer{Code: code, Message: message, RequestId: requestID()}
}

func requestID() string {
	return strconv.FormatInt(1e17+rand.Int63n(9e18-1e17), 10)
}
