/*
 * Walks the vectors through the public functions, and prints what it found as JSON.
 *
 * C reads no JSON, so `cargo xtask` writes vectors/cases.json as lines of fields with tabs between them, each text in hex:
 * one `case` and its steps, then texts of pins, stored states and identities. Every text lies in memory of its exact
 * length, so that a sanitizer sees whoever reads beyond it.
 */

#define _DEFAULT_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tonegate.h>

#define FIELDS 8

static char *fields[FIELDS];
static char *pins;
static size_t pins_length;
static tonegate_options options;
static tonegate_gate gate;

static void fail(const char *what) {
    fprintf(stderr, "vectors: %s\n", what);
    exit(2);
}

static void expect_ok(int32_t code, const char *what) {
    if (code < 0) fail(what);
}

/* The bytes of a field in hex, in memory of their length. */
static char *unhex(const char *hex, size_t *length) {
    *length = strlen(hex) / 2;
    char *bytes = malloc(*length > 0 ? *length : 1);
    if (bytes == NULL) fail("no memory");
    for (size_t at = 0; at < *length; at++) {
        unsigned byte;
        if (sscanf(hex + 2 * at, "%2x", &byte) != 1) fail("not hex");
        bytes[at] = (char)byte;
    }
    return bytes;
}

static tonegate_time time_of(const char *wall, const char *elapsed) {
    tonegate_time time = {strtoll(wall, NULL, 10), strtoull(elapsed, NULL, 10)};
    return time;
}

static void print_reason(int32_t reason) {
    if (reason == TONEGATE_REASON_NONE) {
        printf("\"reason\":null");
    } else {
        printf("\"reason\":\"%s\"", tonegate_reason_name(reason));
    }
}

static void print_state(void) {
    tonegate_state state;
    expect_ok(tonegate_gate_state(&gate, &state), "no state");
    printf("\"state_hex\":\"");
    for (size_t at = 0; at < sizeof state.bytes; at++) printf("%02x", state.bytes[at]);
    printf("\"");
}

static void print_time(const char *name, bool authentic, int64_t time) {
    if (authentic) {
        printf("\"%s\":%" PRId64 ",", name, time);
    } else {
        printf("\"%s\":null,", name);
    }
}

static void print_verdict(int32_t code, const tonegate_verdict *verdict) {
    static const char *const states[] = {"valid", "not_yet_valid", "expired", "refused"};
    if (code != verdict->sdk_code) fail("the code returned is not the verdict's");
    printf("{\"state\":\"%s\",\"sdk_code\":%d,", states[verdict->state], code);
    print_reason(verdict->reason);
    printf(",");
    print_time("now", verdict->authentic, verdict->now);
    print_time("valid_from", verdict->authentic, verdict->valid_from);
    print_time("valid_until", verdict->authentic, verdict->valid_until);
    print_time("refresh_after", verdict->authentic, verdict->refresh_after);
    print_state();
}

static void load(void) {
    size_t length;
    char *text = unhex(fields[1], &length);
    tonegate_verdict verdict;
    int32_t code = tonegate_gate_load(&gate, text, length, time_of(fields[2], fields[3]), &verdict);
    expect_ok(code, "a load was misuse");
    print_verdict(code, &verdict);
    printf("}");
    free(text);
}

static void renew(void) {
    size_t length;
    char *text = unhex(fields[1], &length);
    tonegate_verdict verdict;
    bool in_force;
    int32_t code = tonegate_gate_renew(&gate, text, length, time_of(fields[2], fields[3]), &verdict, &in_force);
    expect_ok(code, "a renewal was misuse");
    print_verdict(code, &verdict);
    printf(",\"in_force\":%s}", in_force ? "true" : "false");
    free(text);
}

static void check(void) {
    static const char *const answers[] = {"run", "grace", "bypass", "stop"};
    size_t length;
    char *name = unhex(fields[1], &length);
    tonegate_feature_verdict verdict;
    int32_t code = tonegate_gate_check(&gate, name, length, time_of(fields[2], fields[3]), &verdict);
    expect_ok(code, "a check was misuse");
    if (code != verdict.sdk_code) fail("the code returned is not the verdict's");
    printf("{\"answer\":\"%s\",\"sdk_code\":%d,", answers[verdict.answer], code);
    print_time("seconds_left", verdict.answer == TONEGATE_ANSWER_GRACE, verdict.seconds_left);
    print_reason(verdict.reason);
    printf(",");
    print_state();
    printf("}");
    free(name);
}

static void outlook(void) {
    size_t length;
    char *name = unhex(fields[1], &length);
    tonegate_outlook outlook;
    expect_ok(tonegate_gate_outlook(&gate, name, length, &outlook), "an outlook was misuse");
    free(name);
    switch (outlook.on_expiry) {
    case TONEGATE_ON_EXPIRY_BYPASS: printf("{\"on_expiry\":\"bypass\","); break;
    case TONEGATE_ON_EXPIRY_STOP: printf("{\"on_expiry\":\"stop\","); break;
    case TONEGATE_ON_EXPIRY_GRACE: printf("{\"on_expiry\":\"grace:%u\",", outlook.grace_hours); break;
    default: printf("{\"on_expiry\":null,\"runs_until\":null}"); return;
    }
    printf("\"runs_until\":%" PRId64 "}", outlook.runs_until);
}

static void begin(void) {
    size_t issuer_length, state_length;
    char *issuer = unhex(fields[2], &issuer_length);
    char *stored = unhex(fields[6], &state_length);
    int32_t environment = strcmp(fields[3], "test") == 0 ? TONEGATE_TEST : TONEGATE_PRODUCTION;
    expect_ok(tonegate_options_init(&options, pins, pins_length, issuer, issuer_length, environment), "options");
    if (*fields[4] != '\0') expect_ok(tonegate_options_set_app_id(&options, (uint32_t)strtoul(fields[4], NULL, 10)), "AppId");
    if (*fields[5] != '\0') expect_ok(tonegate_options_set_identity(&options, fields[5], strlen(fields[5])), "identity");
    tonegate_state state;
    expect_ok(tonegate_state_read((uint8_t *)stored, state_length, &state), "a case's state");
    expect_ok(tonegate_gate_new(&gate, &options, &state), "gate");
    free(issuer);
    free(stored);
}

/* What a new process does with what was stored. */
static void restart(void) {
    tonegate_state kept, state;
    expect_ok(tonegate_gate_state(&gate, &kept), "no state");
    memset(&gate, 0xa5, sizeof gate);
    expect_ok(tonegate_state_read(kept.bytes, sizeof kept.bytes, &state), "a kept state");
    expect_ok(tonegate_gate_new(&gate, &options, &state), "gate");
    printf("null");
}

static void print_pins_text(void) {
    size_t length;
    char *text = unhex(fields[1], &length);
    tonegate_options unused;
    int32_t code = tonegate_options_init(&unused, text, length, "any", 3, TONEGATE_PRODUCTION);
    printf("%s", code == TONEGATE_OK ? "true" : "false");
    free(text);
}

static void print_stored_state(void) {
    size_t length;
    char *stored = unhex(fields[1], &length);
    tonegate_state state;
    bool read = tonegate_state_read((uint8_t *)stored, length, &state) == TONEGATE_OK;
    if (read && memcmp(stored, state.bytes, length) != 0) fail("a state is read and not the same");
    printf("%s", read ? "true" : "false");
    free(stored);
}

static void print_identity(void) {
    size_t length, digest_length;
    char *text = unhex(fields[2], &length);
    char *digest = unhex(fields[3], &digest_length);
    char identity[TONEGATE_IDENTITY_BYTES];
    int32_t code;
    if (strcmp(fields[1], "android") == 0) {
        code = tonegate_identity_android(text, length, (uint8_t *)digest, identity, sizeof identity);
    } else if (strcmp(fields[1], "ios") == 0) {
        code = tonegate_identity_ios(text, length, identity, sizeof identity);
    } else {
        code = tonegate_identity_web(text, length, identity, sizeof identity);
    }
    expect_ok(code, "an identity");
    printf("\"%s\"", identity);
    free(text);
    free(digest);
}

static const struct {
    const char *word;
    void (*take)(void);
} steps[] = {{"load", load}, {"renew", renew}, {"check", check}, {"outlook", outlook}, {"restart", restart}};

static const struct {
    const char *word;
    const char *list;
    void (*print)(void);
} rows[] = {
    {"pins_text", "pins_texts", print_pins_text},
    {"state", "states", print_stored_state},
    {"identity", "identities", print_identity},
};

/* What stands open in the output: a list, a case in it, how much it holds. */
static const char *open_list;
static bool open_case;
static int held, steps_taken;

static void open_row(const char *list) {
    if (open_case) printf("]}");
    open_case = false;
    if (open_list == NULL || strcmp(open_list, list) != 0) {
        printf("%s\"%s\":[", open_list == NULL ? "{" : "],", list);
        open_list = list;
        held = 0;
    }
    printf("%s", held++ > 0 ? "," : "");
}

static void take_line(void) {
    if (strcmp(fields[0], "pins") == 0) {
        pins = unhex(fields[1], &pins_length);
        return;
    }
    if (strcmp(fields[0], "case") == 0) {
        open_row("cases");
        begin();
        printf("{\"number\":%s,\"steps\":[", fields[1]);
        open_case = true;
        steps_taken = 0;
        return;
    }
    for (size_t at = 0; at < sizeof steps / sizeof *steps; at++) {
        if (strcmp(fields[0], steps[at].word) != 0) continue;
        printf("%s", steps_taken++ > 0 ? "," : "");
        steps[at].take();
        return;
    }
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++) {
        if (strcmp(fields[0], rows[at].word) != 0) continue;
        open_row(rows[at].list);
        rows[at].print();
        return;
    }
    fail("a line of no kind");
}

int main(void) {
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, stdin) > 0) {
        char *rest = line;
        line[strcspn(line, "\n")] = '\0';
        for (size_t at = 0; at < FIELDS; at++) {
            fields[at] = strsep(&rest, "\t");
            if (fields[at] == NULL) fields[at] = "";
        }
        take_line();
    }
    if (open_list == NULL) fail("no lines");
    printf("%s]}\n", open_case ? "]}" : "");
    free(line);
    free(pins);
    return 0;
}
