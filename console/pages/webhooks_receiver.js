// How a receiver tells our messages from others': Standard Webhooks, in the languages most receivers are written in.
import { html, useState } from '../vendor/preact.js';
import { CodeBlock, Tabs } from '../components/index.js';
import { t } from '../lib/i18n.js';

const PYTHON = `import base64, hashlib, hmac, time

def verified(secret: str, headers, body: bytes) -> bool:
    """headers: with lower-case names; body: the bytes as they came, not parsed and written again."""
    at = headers["webhook-timestamp"]
    if not at.isdigit() or abs(time.time() - int(at)) > 300:
        return False  # an old message, sent again by somebody else
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f'{headers["webhook-id"]}.{at}.'.encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [each[3:] for each in headers["webhook-signature"].split() if each.startswith("v1,")]
    return any(hmac.compare_digest(expected, each) for each in given)
`;

const NODE = `import { createHmac, timingSafeEqual } from 'node:crypto';

// headers: as of node:http; body: the Buffer as it came, not parsed and written again.
export function verified(secret, headers, body) {
  const at = Number(headers['webhook-timestamp']);
  if (!(Math.abs(Date.now() / 1000 - at) <= 300)) return false; // an old message, sent again by somebody else
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key)
    .update(\`\${headers['webhook-id']}.\${headers['webhook-timestamp']}.\`)
    .update(body)
    .digest();
  return (headers['webhook-signature'] ?? '').split(' ')
    .filter((each) => each.startsWith('v1,'))
    .map((each) => Buffer.from(each.slice(3), 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
}
`;

const GO = `package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Verified tells whether the message is ours. body: the bytes as they came.
func Verified(secret string, header http.Header, body []byte) bool {
	at, err := strconv.ParseInt(header.Get("webhook-timestamp"), 10, 64)
	if age := time.Since(time.Unix(at, 0)); err != nil || age > 5*time.Minute || age < -5*time.Minute {
		return false // an old message, sent again by somebody else
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(header.Get("webhook-id") + "." + header.Get("webhook-timestamp") + "."))
	mac.Write(body)
	expected := mac.Sum(nil)
	for _, each := range strings.Fields(header.Get("webhook-signature")) {
		given, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(each, "v1,"))
		if err == nil && strings.HasPrefix(each, "v1,") && hmac.Equal(given, expected) {
			return true
		}
	}
	return false
}
`;

/** The programs by language: a test runs them. */
export const SAMPLES = { python: PYTHON, node: NODE, go: GO };
const LANGUAGES = { python: 'Python', node: 'Node.js', go: 'Go' };

/** The box. */
export function Receiver() {
  const [language, setLanguage] = useState(/** @type {keyof typeof SAMPLES} */ ('python'));
  return html`<p class="readable">${t('webhooks.receiver_lead')}</p>
    <ul class="bullets readable">
      <li>${t('webhooks.receiver_answer')}</li>
      <li>${t('webhooks.receiver_twice')}</li>
      <li>${t('webhooks.receiver_order')}</li>
    </ul>
    <${Tabs} label=${t('webhooks.receiver')} active=${language} onChange=${setLanguage} tabs=${Object.entries(LANGUAGES).map(([id, title]) => ({ id, title }))}>
      <${CodeBlock} text=${SAMPLES[language]} label=${LANGUAGES[language]} />
    <//>`;
}
