/*
 * What a careless or hostile caller does: border PINS LICENCE-FILE. Null, misaligned and unfilled pointers, buffers that are
 * too short, lengths that lie, texts that are none. Each buffer ends where a page begins that nobody may touch.
 */

#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <tonegate.h>

#define PAGE 4096
#define LENGTH(list) (sizeof(list) / sizeof *(list))

static const tonegate_time AT = {1763843553, 0};
static const char *pins;
static char good[TONEGATE_LICENSE_BYTES];
static size_t good_length;
static tonegate_options options;
static tonegate_state state;
static int failures;

#define EXPECT(code, call)                                                                              \
    do {                                                                                                \
        long long found = (long long)(call);                                                            \
        if (found != (long long)(code)) {                                                               \
            failures++;                                                                                 \
            fprintf(stderr, "%s:%d: %s is %lld, not %s\n", __FILE__, __LINE__, #call, found, #code);    \
        }                                                                                               \
    } while (0)

/* `size` bytes of memory that end at a page of no access; never given back. */
static void *guarded(size_t size) {
    size_t pages = (size + PAGE - 1) / PAGE * PAGE;
    uint8_t *memory = mmap(NULL, pages + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + pages, PAGE, PROT_NONE) != 0) exit(2);
    memset(memory, 0xa5, pages);
    return memory + pages - size;
}

static void *guarded_copy(const void *bytes, size_t size) { return memcpy(guarded(size), bytes, size); }

static void null_pointers(void) {
    tonegate_options o = options;
    tonegate_gate g;
    tonegate_session s;
    tonegate_verdict v;
    tonegate_feature_verdict f;
    tonegate_outlook l;
    tonegate_turn t;
    bool b;
    size_t n;
    char out[TONEGATE_STORED_BYTES];
    tonegate_gate_new(&g, &options, &state);
    tonegate_session_begin(&s, &options, NULL, 0, 7, AT);

    EXPECT(TONEGATE_E_NULL, tonegate_options_init(NULL, pins, strlen(pins), "a", 1, 0));
    EXPECT(TONEGATE_E_NULL, tonegate_options_init(&o, NULL, 87, "a", 1, 0));
    EXPECT(TONEGATE_E_NULL, tonegate_options_init(&o, pins, strlen(pins), NULL, 1, 0));
    EXPECT(TONEGATE_E_NULL, tonegate_options_set_app_id(NULL, 1));
    EXPECT(TONEGATE_E_NULL, tonegate_options_set_identity(NULL, "aa8R4wLDmIFA1N6gdYysPQ", 22));
    EXPECT(TONEGATE_E_NULL, tonegate_options_set_identity(&o, NULL, 22));
    EXPECT(TONEGATE_E_NULL, tonegate_state_new(1, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_state_read(NULL, 32, &state));
    EXPECT(TONEGATE_E_NULL, tonegate_state_read(state.bytes, 32, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_verify(NULL, good, good_length, AT, &state, &v));
    EXPECT(TONEGATE_E_NULL, tonegate_verify(&o, NULL, good_length, AT, &state, &v));
    EXPECT(TONEGATE_E_NULL, tonegate_verify(&o, NULL, SIZE_MAX, AT, &state, &v));
    EXPECT(TONEGATE_E_NULL, tonegate_verify(&o, good, good_length, AT, NULL, &v));
    EXPECT(TONEGATE_E_NULL, tonegate_verify(&o, good, good_length, AT, &state, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_explain(NULL, good, good_length, AT, &state, out, sizeof out, &n));
    EXPECT(TONEGATE_E_NULL, tonegate_explain(&o, NULL, good_length, AT, &state, out, sizeof out, &n));
    EXPECT(TONEGATE_E_NULL, tonegate_explain(&o, good, good_length, AT, NULL, out, sizeof out, &n));
    EXPECT(TONEGATE_E_NULL, tonegate_explain(&o, good, good_length, AT, &state, NULL, sizeof out, &n));
    EXPECT(TONEGATE_E_NULL, tonegate_explain(&o, good, good_length, AT, &state, out, sizeof out, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_new(NULL, &o, &state));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_new(&g, NULL, &state));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_new(&g, &o, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_load(NULL, good, good_length, AT, &v));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_load(&g, NULL, good_length, AT, &v));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_load(&g, good, good_length, AT, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_renew(NULL, good, good_length, AT, &v, &b));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_renew(&g, NULL, good_length, AT, &v, &b));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_renew(&g, good, good_length, AT, NULL, &b));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_renew(&g, good, good_length, AT, &v, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_check(NULL, "ans", 3, AT, &f));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_check(&g, NULL, 3, AT, &f));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_check(&g, "ans", 3, AT, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_verdict(NULL, AT, &v));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_verdict(&g, AT, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_outlook(NULL, "ans", 3, &l));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_outlook(&g, NULL, 3, &l));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_outlook(&g, "ans", 3, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_state(NULL, &state));
    EXPECT(TONEGATE_E_NULL, tonegate_gate_state(&g, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_session_begin(NULL, &o, NULL, 0, 7, AT));
    EXPECT(TONEGATE_E_NULL, tonegate_session_begin(&s, NULL, NULL, 0, 7, AT));
    EXPECT(TONEGATE_E_NULL, tonegate_session_begin(&s, &o, NULL, 1, 7, AT));
    EXPECT(TONEGATE_E_NULL, tonegate_session_turn(NULL, AT, &t));
    EXPECT(TONEGATE_E_NULL, tonegate_session_turn(&s, AT, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_session_fetched(NULL, good, good_length, AT, &v, &b));
    EXPECT(TONEGATE_E_NULL, tonegate_session_fetched(&s, NULL, good_length, AT, &v, &b));
    EXPECT(TONEGATE_E_NULL, tonegate_session_fetched(&s, good, good_length, AT, NULL, &b));
    EXPECT(TONEGATE_E_NULL, tonegate_session_fetched(&s, good, good_length, AT, &v, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_session_failed(NULL, 0, AT));
    EXPECT(TONEGATE_E_NULL, tonegate_session_hasten(NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_session_check(NULL, "ans", 3, AT, &f));
    EXPECT(TONEGATE_E_NULL, tonegate_session_check(&s, NULL, 3, AT, &f));
    EXPECT(TONEGATE_E_NULL, tonegate_session_check(&s, "ans", 3, AT, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_session_verdict(NULL, AT, &v));
    EXPECT(TONEGATE_E_NULL, tonegate_session_verdict(&s, AT, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_session_outlook(NULL, "ans", 3, &l));
    EXPECT(TONEGATE_E_NULL, tonegate_session_outlook(&s, NULL, 3, &l));
    EXPECT(TONEGATE_E_NULL, tonegate_session_outlook(&s, "ans", 3, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_session_license(NULL, out, sizeof out, &n));
    EXPECT(TONEGATE_E_NULL, tonegate_session_license(&s, NULL, sizeof out, &n));
    EXPECT(TONEGATE_E_NULL, tonegate_session_license(&s, out, sizeof out, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_session_is_unsaved(NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_session_save(NULL, (uint8_t *)out, sizeof out, &n));
    EXPECT(TONEGATE_E_NULL, tonegate_session_save(&s, NULL, sizeof out, &n));
    EXPECT(TONEGATE_E_NULL, tonegate_session_save(&s, (uint8_t *)out, sizeof out, NULL));
    EXPECT(TONEGATE_E_NULL, tonegate_identity_android(NULL, 1, state.bytes, out, sizeof out));
    EXPECT(TONEGATE_E_NULL, tonegate_identity_android("a", 1, NULL, out, sizeof out));
    EXPECT(TONEGATE_E_NULL, tonegate_identity_android("a", 1, state.bytes, NULL, sizeof out));
    EXPECT(TONEGATE_E_NULL, tonegate_identity_ios(NULL, 1, out, sizeof out));
    EXPECT(TONEGATE_E_NULL, tonegate_identity_ios("a", 1, NULL, sizeof out));
    EXPECT(TONEGATE_E_NULL, tonegate_identity_web(NULL, 1, out, sizeof out));
    EXPECT(TONEGATE_E_NULL, tonegate_identity_web("a", 1, NULL, sizeof out));
    EXPECT(0, strlen(tonegate_next_step(NULL)));

    /* Nothing is a text too: the empty one. */
    EXPECT(TONEGATE_FORMAT_INVALID, tonegate_verify(&o, NULL, 0, AT, &state, &v));
    EXPECT(TONEGATE_REASON_EMPTY, v.reason);
    EXPECT(TONEGATE_FORMAT_INVALID, tonegate_gate_check(&g, NULL, 0, AT, &f));
}

/* Memory that none of our functions filled, and memory that another one filled. */
static void storage(void) {
    uint64_t words[TONEGATE_SESSION_WORDS + 1];
    uint32_t drawn = 1;
    tonegate_verdict v;
    tonegate_turn t;
    for (int kind = 0; kind < 100; kind++) {
        for (size_t at = 0; at < sizeof words; at++) {
            drawn = drawn * 1664525 + 1013904223;
            ((uint8_t *)words)[at] = kind == 0 ? 0 : kind == 1 ? 0xff : (uint8_t)(drawn >> 24);
        }
        EXPECT(TONEGATE_E_STORAGE, tonegate_gate_load((tonegate_gate *)words, good, good_length, AT, &v));
        EXPECT(TONEGATE_E_STORAGE, tonegate_session_turn((tonegate_session *)words, AT, &t));
        EXPECT(TONEGATE_E_STORAGE, tonegate_verify((tonegate_options *)words, good, good_length, AT, &state, &v));
    }
    EXPECT(TONEGATE_OK, tonegate_gate_new((tonegate_gate *)words, &options, &state));
    EXPECT(TONEGATE_E_STORAGE, tonegate_session_turn((tonegate_session *)words, AT, &t));
    EXPECT(TONEGATE_E_STORAGE, tonegate_verify((tonegate_options *)words, good, good_length, AT, &state, &v));
    EXPECT(TONEGATE_OK, tonegate_session_begin((tonegate_session *)words, &options, NULL, 0, 7, AT));
    EXPECT(TONEGATE_E_STORAGE, tonegate_gate_load((tonegate_gate *)words, good, good_length, AT, &v));
    words[0]++;
    EXPECT(TONEGATE_E_STORAGE, tonegate_session_turn((tonegate_session *)words, AT, &t));
    for (int off = 1; off < 8; off++) {
        void *askew = (uint8_t *)words + off;
        EXPECT(TONEGATE_E_MISALIGNED, tonegate_gate_new(askew, &options, &state));
        EXPECT(TONEGATE_E_MISALIGNED, tonegate_gate_load(askew, good, good_length, AT, &v));
        EXPECT(TONEGATE_E_MISALIGNED, tonegate_session_begin(askew, &options, NULL, 0, 7, AT));
        EXPECT(TONEGATE_E_MISALIGNED, tonegate_verify(askew, good, good_length, AT, &state, &v));
        EXPECT(TONEGATE_E_MISALIGNED, tonegate_verify(&options, good, good_length, AT, &state, askew));
    }
    EXPECT(sizeof(tonegate_options), tonegate_options_size());
    EXPECT(sizeof(tonegate_gate), tonegate_gate_size());
    EXPECT(sizeof(tonegate_session), tonegate_session_size());
}

static void options_refused(void) {
    tonegate_options o;
    char *many = guarded(TONEGATE_TEXT_BYTES);
    EXPECT(TONEGATE_E_PINS, tonegate_options_init(&o, "a,b", 3, "a", 1, 0));
    EXPECT(TONEGATE_E_PINS, tonegate_options_init(&o, NULL, 0, "a", 1, 0));
    EXPECT(TONEGATE_E_TEXT, tonegate_options_init(&o, many, TONEGATE_TEXT_BYTES, "a", 1, 0));
    EXPECT(TONEGATE_E_LENGTH, tonegate_options_init(&o, many, TONEGATE_TEXT_BYTES + 1, "a", 1, 0));
    EXPECT(TONEGATE_E_LENGTH, tonegate_options_init(&o, many, SIZE_MAX, "a", 1, 0));
    EXPECT(TONEGATE_E_ISSUER, tonegate_options_init(&o, pins, strlen(pins), NULL, 0, 0));
    EXPECT(TONEGATE_E_ISSUER, tonegate_options_init(&o, pins, strlen(pins), "a b", 3, 0));
    EXPECT(TONEGATE_E_ENVIRONMENT, tonegate_options_init(&o, pins, strlen(pins), "a", 1, 2));
    EXPECT(TONEGATE_OK, tonegate_options_init(&o, pins, strlen(pins), "a", 1, TONEGATE_TEST));
    EXPECT(TONEGATE_E_IDENTITY, tonegate_options_set_identity(&o, "short", 5));
    EXPECT(TONEGATE_OK, tonegate_options_set_identity(&o, "aa8R4wLDmIFA1N6gdYysPQ", 22));
}

/* Never a good verdict, never a byte beyond: cut, altered, overlong, binary. */
static void hostile_texts(void) {
    tonegate_verdict v;
    tonegate_gate g;
    for (size_t length = 0; length < good_length; length += 7) {
        char *cut = guarded_copy(good, length);
        EXPECT(TONEGATE_FORMAT_INVALID, tonegate_verify(&options, cut, length, AT, &state, &v));
    }
    char *altered = guarded_copy(good, good_length);
    for (size_t at = 0; at < good_length; at++) {
        altered[at] ^= (char)(1 + at % 255);
        EXPECT(TONEGATE_FORMAT_INVALID, tonegate_verify(&options, altered, good_length, AT, &state, &v));
        altered[at] = good[at];
    }
    EXPECT(TONEGATE_OK, tonegate_verify(&options, altered, good_length, AT, &state, &v));
    char *one = guarded(1), *full = guarded(TONEGATE_LICENSE_BYTES);
    EXPECT(TONEGATE_FORMAT_INVALID, tonegate_verify(&options, one, SIZE_MAX, AT, &state, &v));
    EXPECT(TONEGATE_REASON_TOO_LONG, v.reason);
    EXPECT(TONEGATE_FORMAT_INVALID, tonegate_verify(&options, one, TONEGATE_LICENSE_BYTES + 1, AT, &state, &v));
    EXPECT(TONEGATE_REASON_TOO_LONG, v.reason);
    EXPECT(TONEGATE_FORMAT_INVALID, tonegate_verify(&options, full, TONEGATE_LICENSE_BYTES, AT, &state, &v));
    EXPECT(TONEGATE_REASON_NOT_A_LICENSE, v.reason);

    tonegate_feature_verdict f;
    EXPECT(TONEGATE_OK, tonegate_gate_new(&g, &options, &state));
    EXPECT(TONEGATE_OK, tonegate_gate_load(&g, good, good_length, AT, &v));
    EXPECT(TONEGATE_OK, tonegate_gate_check(&g, "ans", 3, AT, &f));
    EXPECT(TONEGATE_FEATURE_MISSING, tonegate_gate_check(&g, one, SIZE_MAX, AT, &f));
    EXPECT(TONEGATE_FEATURE_MISSING, tonegate_gate_check(&g, "an\0", 3, AT, &f));
    EXPECT(TONEGATE_FEATURE_MISSING, tonegate_gate_check(&g, "\xff\xfe", 2, AT, &f));
    EXPECT(TONEGATE_ANSWER_BYPASS, f.answer);
    static const tonegate_time extremes[] = {{INT64_MIN, 0}, {INT64_MAX, UINT64_MAX}, {0, UINT64_MAX}, {INT64_MIN, UINT64_MAX}};
    for (size_t at = 0; at < LENGTH(extremes); at++) {
        tonegate_gate_check(&g, "ans", 3, extremes[at], &f);
        EXPECT(f.sdk_code, tonegate_gate_check(&g, "ans", 3, extremes[at], &f));
    }
}

static void states(void) {
    tonegate_verdict v;
    tonegate_gate g;
    tonegate_state damaged = state, read;
    damaged.bytes[9] ^= 1;
    EXPECT(TONEGATE_E_STATE, tonegate_verify(&options, good, good_length, AT, &damaged, &v));
    EXPECT(TONEGATE_E_STATE, tonegate_gate_new(&g, &options, &damaged));
    EXPECT(TONEGATE_E_STATE, tonegate_state_read(damaged.bytes, sizeof damaged.bytes, &read));
    EXPECT(TONEGATE_E_STATE, tonegate_state_read(guarded(1), SIZE_MAX, &read));
    EXPECT(TONEGATE_E_STATE, tonegate_state_read(NULL, 0, &read));
    EXPECT(TONEGATE_OK, tonegate_state_read(guarded_copy(state.bytes, sizeof state.bytes), sizeof state.bytes, &read));
    EXPECT(0, memcmp(read.bytes, state.bytes, sizeof read.bytes));
}

/* Nothing beyond the end, and always how much it takes. */
static void short_buffers(void) {
    size_t needed, written;
    EXPECT(TONEGATE_E_SHORT, tonegate_explain(&options, good, good_length, AT, &state, NULL, 0, &needed));
    for (size_t capacity = 0; capacity <= needed; capacity += 1 + capacity / 3) {
        char *out = guarded(capacity);
        EXPECT(TONEGATE_E_SHORT, tonegate_explain(&options, good, good_length, AT, &state, out, capacity, &written));
        EXPECT(needed, written);
        if (capacity > 0) EXPECT(0, strlen(out));
    }
    char *out = guarded(needed + 1);
    EXPECT(TONEGATE_E_SHORT, tonegate_explain(&options, good, good_length, AT, &state, out, needed, &written));
    EXPECT(TONEGATE_OK, tonegate_explain(&options, good, good_length, AT, &state, out, needed + 1, &written));
    EXPECT(needed, strlen(out));
    EXPECT('}', out[needed - 1]);

    char *identity = guarded(TONEGATE_IDENTITY_BYTES);
    EXPECT(TONEGATE_E_SHORT, tonegate_identity_ios("a", 1, identity + 1, TONEGATE_IDENTITY_BYTES - 1));
    EXPECT(TONEGATE_OK, tonegate_identity_ios("a", 1, identity, TONEGATE_IDENTITY_BYTES));
    EXPECT(TONEGATE_IDENTITY_BYTES - 1, strlen(identity));
}

static void sessions(void) {
    static tonegate_session s, copy;
    tonegate_verdict v;
    tonegate_feature_verdict f;
    tonegate_turn t;
    size_t n;
    bool in_force;
    EXPECT(TONEGATE_OK, tonegate_session_begin(&s, &options, NULL, 0, 7, AT));
    EXPECT(1, tonegate_session_is_unsaved(&s));
    EXPECT(TONEGATE_OK, tonegate_session_turn(&s, AT, &t));
    EXPECT(true, t.fetch && t.changed && t.verdict.reason == TONEGATE_REASON_EMPTY);
    EXPECT(TONEGATE_FORMAT_INVALID, tonegate_session_fetched(&s, "none", 4, AT, &v, &in_force));
    EXPECT(false, in_force);
    EXPECT(TONEGATE_OK, tonegate_session_hasten(&s));
    EXPECT(TONEGATE_OK, tonegate_session_turn(&s, AT, &t));
    EXPECT(true, t.fetch);
    EXPECT(TONEGATE_OK, tonegate_session_fetched(&s, good, good_length, AT, &v, &in_force));
    EXPECT(true, in_force);
    EXPECT(TONEGATE_OK, tonegate_session_check(&s, "ans", 3, AT, &f));

    EXPECT(TONEGATE_E_SHORT, tonegate_session_save(&s, NULL, 0, &n));
    EXPECT(TONEGATE_STATE_BYTES + good_length, n);
    uint8_t *stored = guarded(n);
    EXPECT(TONEGATE_E_SHORT, tonegate_session_save(&s, stored + 1, n - 1, &n));
    EXPECT(1, tonegate_session_is_unsaved(&s));
    EXPECT(TONEGATE_OK, tonegate_session_save(&s, stored, n, &n));
    EXPECT(0, tonegate_session_is_unsaved(&s));
    EXPECT(0, memcmp(stored + TONEGATE_STATE_BYTES, good, good_length));

    char *text = guarded(good_length + 1);
    EXPECT(TONEGATE_E_SHORT, tonegate_session_license(&s, text + 1, good_length, &n));
    EXPECT(TONEGATE_OK, tonegate_session_license(&s, text, good_length + 1, &n));
    EXPECT(good_length, n);
    EXPECT(0, strncmp(text, good, good_length));

    /* A copy goes its own way, and so does the next start. */
    memcpy(&copy, &s, sizeof s);
    memset(&s, 0, sizeof s);
    EXPECT(TONEGATE_OK, tonegate_session_check(&copy, "ans", 3, AT, &f));
    EXPECT(TONEGATE_OK, tonegate_session_begin(&s, &options, stored, TONEGATE_STATE_BYTES + good_length, 8, AT));
    EXPECT(TONEGATE_OK, tonegate_session_check(&s, "ans", 3, AT, &f));
    EXPECT(TONEGATE_OK, tonegate_session_begin(&s, &options, guarded(1), SIZE_MAX, 8, AT));
    EXPECT(TONEGATE_FORMAT_INVALID, tonegate_session_verdict(&s, AT, &v));
    EXPECT(TONEGATE_REASON_EMPTY, v.reason);
}

static void words_for_reasons(void) {
    for (int32_t reason = TONEGATE_REASON_EMPTY; reason <= TONEGATE_REASON_FEATURE_MISSING; reason++) {
        tonegate_verdict v = {.reason = reason};
        EXPECT(true, strlen(tonegate_reason_name(reason)) > 2);
        EXPECT(true, strlen(tonegate_reason_message(reason)) > 10);
        EXPECT(true, strlen(tonegate_next_step(&v)) > 10);
    }
    EXPECT(0, strcmp(tonegate_reason_name(TONEGATE_REASON_EXPIRED), "expired"));
    EXPECT(0, strlen(tonegate_reason_name(TONEGATE_REASON_NONE)));
    EXPECT(0, strlen(tonegate_reason_message(INT32_MIN)));
    EXPECT(0, strcmp(tonegate_reason_message(TONEGATE_REASON_NONE), "the licence is valid"));
    tonegate_verdict fresh = {.now = 1, .refresh_after = 2}, due = {.now = 2, .refresh_after = 2};
    EXPECT(0, strncmp(tonegate_next_step(&fresh), "Nothing", 7));
    EXPECT(0, strncmp(tonegate_next_step(&due), "Fetch", 5));
}

int main(int count, char **words) {
    FILE *file = count == 3 ? fopen(words[2], "rb") : NULL;
    if (file == NULL) return 2;
    pins = words[1];
    good_length = fread(good, 1, sizeof good, file);
    fclose(file);
    EXPECT(TONEGATE_OK, tonegate_options_init(&options, pins, strlen(pins), "tonegate-test", 13, TONEGATE_PRODUCTION));
    EXPECT(TONEGATE_OK, tonegate_options_set_app_id(&options, 12345));
    EXPECT(TONEGATE_OK, tonegate_state_new(7, &state));
    null_pointers();
    storage();
    options_refused();
    hostile_texts();
    states();
    short_buffers();
    sessions();
    words_for_reasons();
    printf("%d failures\n", failures);
    return failures > 0;
}
