/*
 * Tonegate: verifies audio licences offline. Made from bindings/c/src; do not edit.
 *
 * Every function returns a number: 0, a code of the published SDK (81, 82, 83), or TONEGATE_E_... (negative) for misuse,
 * after which nothing was written but lengths. Texts are UTF-8 with a length, in bytes, and need no final zero. Nothing is
 * allocated and nothing has to be freed: options, gates and sessions lie where the caller has room, point nowhere, and may be
 * copied as bytes. One thread at a time may use one of them; different ones are independent.
 *
 * A verdict is as good as its clocks: `wall` is Unix seconds, `elapsed` comes from a monotonic clock. docs/EMBEDDING.md says which.
 */

#ifndef TONEGATE_H
#define TONEGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The licence is good, or the call did what it says.
#define TONEGATE_OK 0

// The published SDK's code: the licence cannot be used.
#define TONEGATE_FORMAT_INVALID 81

// The published SDK's code: the licence has expired.
#define TONEGATE_EXPIRED 82

// The published SDK's code: the feature is not in the licence.
#define TONEGATE_FEATURE_MISSING 83

// Misuse: a pointer is null that must not be.
#define TONEGATE_E_NULL -1

// Misuse: a pointer is not aligned as its type is.
#define TONEGATE_E_MISALIGNED -2

// Misuse: a length is over its bound.
#define TONEGATE_E_LENGTH -3

// The buffer is too short; where the call has a place for it, the length that it takes was written.
#define TONEGATE_E_SHORT -4

// Misuse: the storage holds no options, gate or session of this version: it was never filled, or overwritten.
#define TONEGATE_E_STORAGE -5

// The pins are not two different sound keys: copy the line that `tonegate key pins` prints.
#define TONEGATE_E_PINS -6

// No issuer can have this name: 1 to 32 characters of `[A-Za-z0-9._:/-]`.
#define TONEGATE_E_ISSUER -7

// The environment is neither `TONEGATE_PRODUCTION` nor `TONEGATE_TEST`.
#define TONEGATE_E_ENVIRONMENT -8

// The identity is not 22 characters of base64url.
#define TONEGATE_E_IDENTITY -9

// These bytes are no state, or were damaged: begin with `tonegate_state_new`.
#define TONEGATE_E_STATE -10

// Misuse: a text is not UTF-8.
#define TONEGATE_E_TEXT -11

// The environment of real users.
#define TONEGATE_PRODUCTION 0

// The environment of development and tests.
#define TONEGATE_TEST 1

// `tonegate_verdict.state`: the licence is good now.
#define TONEGATE_STATE_VALID 0

// `tonegate_verdict.state`: authentic, and not valid yet.
#define TONEGATE_STATE_NOT_YET_VALID 1

// `tonegate_verdict.state`: authentic, and over.
#define TONEGATE_STATE_EXPIRED 2

// `tonegate_verdict.state`: cannot be used.
#define TONEGATE_STATE_REFUSED 3

// `tonegate_feature_verdict.answer`: the feature may run.
#define TONEGATE_ANSWER_RUN 0

// `tonegate_feature_verdict.answer`: it may, for `seconds_left` more.
#define TONEGATE_ANSWER_GRACE 1

// `tonegate_feature_verdict.answer`: pass the audio untouched.
#define TONEGATE_ANSWER_BYPASS 2

// `tonegate_feature_verdict.answer`: end the operation with `sdk_code`.
#define TONEGATE_ANSWER_STOP 3

// `tonegate_outlook.on_expiry`: no authentic licence names the feature.
#define TONEGATE_ON_EXPIRY_UNKNOWN 0

// `tonegate_outlook.on_expiry`: the audio passes untouched.
#define TONEGATE_ON_EXPIRY_BYPASS 1

// `tonegate_outlook.on_expiry`: the operation ends with SDK code 82.
#define TONEGATE_ON_EXPIRY_STOP 2

// `tonegate_outlook.on_expiry`: it goes on for at most `grace_hours`.
#define TONEGATE_ON_EXPIRY_GRACE 3

// Length of a stored state.
#define TONEGATE_STATE_BYTES 32

// Most bytes that a session asks to be stored: what `tonegate_session_save` needs.
#define TONEGATE_STORED_BYTES 2080

// Longest licence text, in bytes; a longer one is refused unread.
#define TONEGATE_LICENSE_BYTES 2048

// Enough for every explanation, its final zero included.
#define TONEGATE_EXPLANATION_BYTES 8192

// An app identity, its final zero included.
#define TONEGATE_IDENTITY_BYTES 23

// Longest text of pins, package name, bundle id or origin, in bytes.
#define TONEGATE_TEXT_BYTES 1024

// Words of eight bytes in a `tonegate_options`.
#define TONEGATE_OPTIONS_WORDS 80

// Words of eight bytes in a `tonegate_gate`.
#define TONEGATE_GATE_WORDS 448

// Words of eight bytes in a `tonegate_session`.
#define TONEGATE_SESSION_WORDS 736

// The licence is valid, or the feature runs.
#define TONEGATE_REASON_NONE 0

// No licence was given.
#define TONEGATE_REASON_EMPTY 1

// Over 2,048 bytes.
#define TONEGATE_REASON_TOO_LONG 2

// Not a licence, or damaged on its way.
#define TONEGATE_REASON_NOT_A_LICENSE 3

// The key certificate breaks the format.
#define TONEGATE_REASON_CERTIFICATE 4

// The key certificate was signed by a root that is not pinned.
#define TONEGATE_REASON_ROOT 5

// The pinned root's signature does not hold, or the licence does not fit its certificate.
#define TONEGATE_REASON_CHAIN 6

// Of another issuer.
#define TONEGATE_REASON_ISSUER 7

// The root was replaced by the standby root.
#define TONEGATE_REASON_ROOT_SUPERSEDED 8

// The signing key was withdrawn.
#define TONEGATE_REASON_FLOOR 9

// Altered, or not signed by the certified key.
#define TONEGATE_REASON_SIGNATURE 10

// The claims break the format.
#define TONEGATE_REASON_CLAIMS 11

// For the other environment.
#define TONEGATE_REASON_ENVIRONMENT 12

// For another AppId.
#define TONEGATE_REASON_APP 13

// Tied to other app identities than this app's.
#define TONEGATE_REASON_IDENTITY 14

// Not valid yet.
#define TONEGATE_REASON_NOT_YET_VALID 15

// Expired.
#define TONEGATE_REASON_EXPIRED 16

// The key certificate has ended before the licence.
#define TONEGATE_REASON_CERTIFICATE_EXPIRED 17

// The licence is good and does not name the feature.
#define TONEGATE_REASON_FEATURE_MISSING 18

// Holds a licence and answers at each use of a feature; `tonegate_gate_new` fills it.
typedef struct tonegate_gate {
  // Not for callers.
  uint64_t opaque[TONEGATE_GATE_WORDS];
} tonegate_gate;

// What an app expects of its licences; `tonegate_options_init` fills it.
typedef struct tonegate_options {
  // Not for callers.
  uint64_t opaque[TONEGATE_OPTIONS_WORDS];
} tonegate_options;

// What a device keeps: store it whenever it differs from what was stored.
typedef struct tonegate_state {
  // To be stored as they are.
  uint8_t bytes[TONEGATE_STATE_BYTES];
} tonegate_state;

// A reading of a device's two clocks.
typedef struct tonegate_time {
  // The wall clock, Unix seconds. It may lie.
  int64_t wall;
  // A monotonic clock, seconds from any origin that stays fixed while the process lives.
  uint64_t elapsed;
} tonegate_time;

// What is true of a licence.
typedef struct tonegate_verdict {
  // 0, 81 or 82.
  int32_t sdk_code;
  // One of `TONEGATE_STATE_…`.
  int32_t state;
  // One of `TONEGATE_REASON_…`; `tonegate_reason_name` names it.
  int32_t reason;
  // Can a newly fetched licence succeed where this one did not?
  bool retryable;
  // Is it proven that the issuer wrote it for this app? If not, the times below are 0.
  bool authentic;
  // Effective time of the verdict, Unix seconds, as are the following.
  int64_t now;
  // First second of validity.
  int64_t valid_from;
  // First second after validity, without any grace.
  int64_t valid_until;
  // Seconds until the end; 0 after it.
  int64_t seconds_left;
  // When this device should have asked for the next licence.
  int64_t refresh_after;
} tonegate_verdict;

// May a feature run now, and what to do where it may not.
typedef struct tonegate_feature_verdict {
  // One of `TONEGATE_ANSWER_…`.
  int32_t answer;
  // 0, 81, 82 or 83.
  int32_t sdk_code;
  // One of `TONEGATE_REASON_…`: why it does not run.
  int32_t reason;
  // Does it run?
  bool runs;
  // Seconds until the grace of this device ends; 0 unless `answer` is `TONEGATE_ANSWER_GRACE`.
  int64_t seconds_left;
} tonegate_feature_verdict;

// What will become of a feature of the licence held.
typedef struct tonegate_outlook {
  // One of `TONEGATE_ON_EXPIRY_…`.
  int32_t on_expiry;
  // The hours of a grace, as the licence has them; 0 without one.
  uint32_t grace_hours;
  // The first second in which it no longer runs on this device, Unix seconds.
  int64_t runs_until;
} tonegate_outlook;

// Keeps one app's licence fresh; `tonegate_session_begin` fills it.
typedef struct tonegate_session {
  // Not for callers.
  uint64_t opaque[TONEGATE_SESSION_WORDS];
} tonegate_session;

// What a session has to have done now.
typedef struct tonegate_turn {
  // Fetch a licence, and call `tonegate_session_fetched` or `tonegate_session_failed`. Said once for each fetch.
  bool fetch;
  // Tell the app: `verdict` is another one than before, or another licence is in force.
  bool changed;
  // Come back after so many seconds, 1 to 60; sooner does no harm.
  uint32_t wait_secs;
  // What is true of the licence in force; all 0 unless `changed`.
  struct tonegate_verdict verdict;
} tonegate_turn;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The library's version, such as `0.1.0`. The text is constant: never free it.
const char *tonegate_version(void);

// Size of a `tonegate_options`, for languages that do not read the header.
size_t tonegate_options_size(void);

// Size of a `tonegate_gate`.
size_t tonegate_gate_size(void);

// Size of a `tonegate_session`.
size_t tonegate_session_size(void);

// Fills `gate`: closed, with the state that the device kept. 0, or `TONEGATE_E_STATE`.
//
// # Safety
//
// `gate` leads to a `tonegate_gate`, `options` to filled options, `state` to a `tonegate_state`.
int32_t tonegate_gate_new(struct tonegate_gate *gate,
                          const struct tonegate_options *options,
                          const struct tonegate_state *state);

// Loads a licence in place of the one before, whatever comes of it. The SDK code: 0, 81 or 82.
//
// # Safety
//
// `gate` leads to a filled gate that no other thread uses now, `text` to `length` bytes, `verdict` to its type.
int32_t tonegate_gate_load(struct tonegate_gate *gate,
                           const char *text,
                           size_t length,
                           struct tonegate_time time,
                           struct tonegate_verdict *verdict);

// Takes a licence in place of the one before where it is authentic and was not made earlier;
// otherwise the one before stays, and what runs by it runs on.
//
// The SDK code and `verdict` are the text's own; `in_force` says whether it was taken.
//
// # Safety
//
// As for `tonegate_gate_load`; `in_force` leads to a `bool`.
int32_t tonegate_gate_renew(struct tonegate_gate *gate,
                            const char *text,
                            size_t length,
                            struct tonegate_time time,
                            struct tonegate_verdict *verdict,
                            bool *in_force);

// May the feature run at `time`? Ask at each use, and every 60 s while it lasts: nothing ends by
// itself. The SDK code: 0, 81, 82 or 83; what to do says `verdict->answer`.
//
// # Safety
//
// `gate` leads to a filled gate that no other thread uses now, `name` to `length` bytes, `verdict` to its type.
int32_t tonegate_gate_check(struct tonegate_gate *gate,
                            const char *name,
                            size_t length,
                            struct tonegate_time time,
                            struct tonegate_feature_verdict *verdict);

// What is true of the loaded licence at `time`. The SDK code: 0, 81 or 82.
//
// # Safety
//
// `gate` leads to a filled gate that no other thread uses now, `verdict` to its type.
int32_t tonegate_gate_verdict(struct tonegate_gate *gate, struct tonegate_time time, struct tonegate_verdict *verdict);

// What becomes of the feature when the licence ends, and when that is on this device. 0, or
// `TONEGATE_FEATURE_MISSING` where no authentic licence names it.
//
// # Safety
//
// `gate` leads to a filled gate that no other thread changes now, `name` to `length` bytes, `outlook` to its type.
int32_t tonegate_gate_outlook(const struct tonegate_gate *gate,
                              const char *name,
                              size_t length,
                              struct tonegate_outlook *outlook);

// What the device should keep: ask after each call, and store it whenever it differs. 0.
//
// # Safety
//
// `gate` leads to a filled gate that no other thread changes now, `state` to a `tonegate_state`.
int32_t tonegate_gate_state(const struct tonegate_gate *gate, struct tonegate_state *state);

// Writes the identity of an Android app, of its package name and the SHA-256 digest (32 bytes) of its signing
// certificate: 22 characters and a final zero into `out`, of `TONEGATE_IDENTITY_BYTES` at least.
//
// # Safety
//
// `package` leads to `length` bytes, `certificate_sha256` to 32, `out` to `capacity` writable ones.
int32_t tonegate_identity_android(const char *package,
                                  size_t length,
                                  const uint8_t *certificate_sha256,
                                  char *out,
                                  size_t capacity);

// Writes the identity of an iOS, iPadOS or macOS app, of its bundle id; otherwise as `tonegate_identity_android`.
//
// # Safety
//
// `bundle_id` leads to `length` bytes, `out` to `capacity` writable ones.
int32_t tonegate_identity_ios(const char *bundle_id, size_t length, char *out, size_t capacity);

// Writes the identity of a page, of its origin as browsers write it; otherwise as `tonegate_identity_android`.
//
// # Safety
//
// `origin` leads to `length` bytes, `out` to `capacity` writable ones.
int32_t tonegate_identity_web(const char *origin, size_t length, char *out, size_t capacity);

// Reads the pins, as `tonegate key pins` prints them, and fills `options`: licences of `issuer`
// for `environment` (`TONEGATE_PRODUCTION`, `TONEGATE_TEST`), of any AppId, for no identity.
//
// 0, or `TONEGATE_E_PINS`, `TONEGATE_E_ISSUER`, `TONEGATE_E_ENVIRONMENT`.
//
// # Safety
//
// `options` leads to a `tonegate_options`; `pins` and `issuer` to as many bytes as their lengths say.
int32_t tonegate_options_init(struct tonegate_options *options,
                              const char *pins,
                              size_t pins_length,
                              const char *issuer,
                              size_t issuer_length,
                              int32_t environment);

// Expects licences of this AppId alone.
//
// # Safety
//
// `options` leads to a `tonegate_options`.
int32_t tonegate_options_set_app_id(struct tonegate_options *options, uint32_t app_id);

// Names this app, for licences that are tied to some: 22 characters, as `tonegate_identity_android`
// and its like write them. 0, or `TONEGATE_E_IDENTITY`.
//
// # Safety
//
// `options` leads to a `tonegate_options`, `identity` to `identity_length` bytes.
int32_t tonegate_options_set_identity(struct tonegate_options *options, const char *identity, size_t identity_length);

// A reason's stable name, for logs and searches, such as `expired`; empty for `TONEGATE_REASON_NONE` and for
// what is none. The text is constant: never free it.
const char *tonegate_reason_name(int32_t reason);

// What is wrong, in words; empty for a number that is no reason. The text is constant: never free it.
const char *tonegate_reason_message(int32_t reason);

// What to do next, in one sentence; empty where `verdict` is null. The text is constant: never free it.
//
// # Safety
//
// `verdict` leads to a `tonegate_verdict` that was filled.
const char *tonegate_next_step(const struct tonegate_verdict *verdict);

// Fills `session`: goes on where the last start of the app ended.
//
// `stored` is what `tonegate_session_save` gave, nothing on a new device; damaged bytes count as nothing. `drawn` is a
// number drawn at random at each start. 0, or misuse.
//
// # Safety
//
// `session` leads to a `tonegate_session`, `options` to filled options, `stored` to `stored_length` bytes.
int32_t tonegate_session_begin(struct tonegate_session *session,
                               const struct tonegate_options *options,
                               const uint8_t *stored,
                               size_t stored_length,
                               uint64_t drawn,
                               struct tonegate_time time);

// What is due at `time`: ask after each wait, and whenever a fetch has ended. 0.
//
// # Safety
//
// `session` leads to a begun session that no other thread uses now, `turn` to its type.
int32_t tonegate_session_turn(struct tonegate_session *session, struct tonegate_time time, struct tonegate_turn *turn);

// A fetch brought this text. The SDK code and `verdict` are the text's own; `in_force` says whether it was taken: if
// not, what was in force stays so, and the fetch counts as failed.
//
// # Safety
//
// `session` leads to a begun session that no other thread uses now, `text` to `length` bytes, `verdict` and
// `in_force` to their types.
int32_t tonegate_session_fetched(struct tonegate_session *session,
                                 const char *text,
                                 size_t length,
                                 struct tonegate_time time,
                                 struct tonegate_verdict *verdict,
                                 bool *in_force);

// A fetch failed. `retry_after`: how many seconds the server asked to wait; 0: it did not. 0.
//
// # Safety
//
// `session` leads to a begun session that no other thread uses now.
int32_t tonegate_session_failed(struct tonegate_session *session, uint64_t retry_after, struct tonegate_time time);

// Forgets a wait after a failure: the network is back, or the user is. Take a turn next. 0.
//
// # Safety
//
// `session` leads to a begun session that no other thread uses now.
int32_t tonegate_session_hasten(struct tonegate_session *session);

// As `tonegate_gate_check`, of the licence in force.
//
// # Safety
//
// `session` leads to a begun session that no other thread uses now, `name` to `length` bytes, `verdict` to its type.
int32_t tonegate_session_check(struct tonegate_session *session,
                               const char *name,
                               size_t length,
                               struct tonegate_time time,
                               struct tonegate_feature_verdict *verdict);

// As `tonegate_gate_verdict`, of the licence in force.
//
// # Safety
//
// `session` leads to a begun session that no other thread uses now, `verdict` to its type.
int32_t tonegate_session_verdict(struct tonegate_session *session,
                                 struct tonegate_time time,
                                 struct tonegate_verdict *verdict);

// As `tonegate_gate_outlook`, of the licence in force.
//
// # Safety
//
// `session` leads to a begun session that no other thread changes now, `name` to `length` bytes, `outlook` to its type.
int32_t tonegate_session_outlook(const struct tonegate_session *session,
                                 const char *name,
                                 size_t length,
                                 struct tonegate_outlook *outlook);

// Writes the text of the licence that is held and a final zero; `*written` becomes its length without the zero, 0 where none is held.
//
// 0, or `TONEGATE_E_SHORT`: `out` holds the empty text, and `*written + 1` bytes are needed, `TONEGATE_LICENSE_BYTES + 1` at most.
//
// # Safety
//
// `session` leads to a begun session that no other thread changes now, `out` to `capacity` writable bytes outside
// of it, `written` to a `size_t`.
int32_t tonegate_session_license(const struct tonegate_session *session,
                                 char *out,
                                 size_t capacity,
                                 size_t *written);

// Is there something to store that was not saved? 1, or 0. Ask after each call.
//
// # Safety
//
// `session` leads to a begun session that no other thread changes now.
int32_t tonegate_session_is_unsaved(const struct tonegate_session *session);

// Writes the bytes to store, in one piece and in place of those before; `*written` becomes their number.
//
// 0, or `TONEGATE_E_SHORT`: nothing was written, and `*written` bytes are needed, `TONEGATE_STORED_BYTES` at most.
//
// # Safety
//
// As for `tonegate_session_license`.
int32_t tonegate_session_save(struct tonegate_session *session, uint8_t *out, size_t capacity, size_t *written);

// A new device's state. `drawn` is any number, drawn once per device at random: it spreads what a
// fleet does at the same time. 0, or misuse.
//
// # Safety
//
// `state` leads to a `tonegate_state`.
int32_t tonegate_state_new(uint16_t drawn, struct tonegate_state *state);

// Reads stored bytes. `TONEGATE_E_STATE`: they are not whole; begin with `tonegate_state_new`.
//
// # Safety
//
// `stored` leads to `length` bytes, `state` to a `tonegate_state`.
int32_t tonegate_state_read(const uint8_t *stored, size_t length, struct tonegate_state *state);

// Verifies a licence as at a start of the app, without keeping it, and writes the verdict and the
// state to keep.
//
// The SDK code: 0, 81 or 82. Each call costs the device what a start costs (60 s in advance): to
// ask often, keep a `tonegate_gate`.
//
// # Safety
//
// `options` leads to filled options, `text` to `length` bytes, `state` and `verdict` to their types.
int32_t tonegate_verify(const struct tonegate_options *options,
                        const char *text,
                        size_t length,
                        struct tonegate_time time,
                        struct tonegate_state *state,
                        struct tonegate_verdict *verdict);

// Writes what a text is, what is true of it, and what to do next, as one JSON object and a final zero; changes
// nothing. `*written` becomes its length without the zero.
//
// 0, or `TONEGATE_E_SHORT`: `out` holds the empty text, and `*written + 1` bytes are needed. `TONEGATE_EXPLANATION_BYTES`
// are always enough.
//
// # Safety
//
// As for `tonegate_verify`; `out` leads to `capacity` writable bytes, which overlap nothing else, `written` to a `size_t`.
int32_t tonegate_explain(const struct tonegate_options *options,
                         const char *text,
                         size_t length,
                         struct tonegate_time time,
                         const struct tonegate_state *state,
                         char *out,
                         size_t capacity,
                         size_t *written);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TONEGATE_H */
