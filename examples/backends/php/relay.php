<?php
// Fetches the licence from the relay. Your endpoint takes current_license() and what it needs.

const NOTHING = ['license' => '', 'etag' => '"none"', 'good_until' => 0, 'ask_at' => 0, 'why' => ''];

/** The licence for your apps. RuntimeException: there is none, and why. $held: kept from call to call. */
function current_license(array &$held): string
{
    $held += NOTHING;
    if (seconds_now() >= $held['ask_at']) {
        ask($held, seconds_now());
    }
    if (seconds_now() < $held['good_until']) {
        return $held['license'];
    }
    throw new RuntimeException($held['why']);
}

function ask(array &$held, int $now, int $wait = 10): void
{
    try {
        $key = trim(strtok((string) @file_get_contents(getenv('RELAY_KEY_FILE')), "\n"));
        if ($key === '') {
            throw new RuntimeException('RELAY_KEY_FILE cannot be read, or is empty');
        }
        $stream = @fopen(getenv('RELAY_URL') . '/v1/license', 'r', false, stream_context_create(['http' => [
            'header' => ["Authorization: Bearer $key", "If-None-Match: {$held['etag']}"],
            'timeout' => 5, 'ignore_errors' => true, 'follow_location' => 0,
        ]]));
        if (!$stream) {
            throw new RuntimeException(error_get_last()['message']);
        }
        $head = implode("\n", stream_get_meta_data($stream)['wrapper_data']);
        $body = json_decode(stream_get_contents($stream), true);
        $status = (int) found('/^HTTP\S* (\d+)/', $head, 0);
        $wait = (int) found('/^Retry-After: *(\d{1,3})$/im', $head, $wait);
        if ($status === 401 || $status === 403) {
            $held = NOTHING;
        }
        if ($status !== 200 && $status !== 304) {
            throw new RuntimeException("$status " . ($body['detail'] ?? ''));
        }
        if ($status === 200) {
            if (!isset($body['License'], $body['ExpireAt'], $body['ServerTime'])) {
                throw new RuntimeException('no licence in the answer');
            }
            $held['license'] = $body['License'];
            $held['etag'] = found('/^ETag: *(.+)$/im', $head, '"none"');
            $held['good_until'] = $now + $body['ExpireAt'] - $body['ServerTime'];
        }
        $held['ask_at'] = $now + (int) found('/^Cache-Control:.*max-age=(\d+)/im', $head, 60);
    } catch (RuntimeException $error) {
        $held['ask_at'] = $now + $wait;
        $held['why'] = 'relay: ' . $error->getMessage();
        if ($now < $held['good_until']) {
            error_log($held['why'] . '; the last licence goes on');
        }
    }
}

/** The machine's, not the day's: setting the clock changes nothing. */
function seconds_now(): int
{
    return intdiv(hrtime(true), 1_000_000_000);
}

function found(string $pattern, string $text, mixed $otherwise): mixed
{
    return preg_match($pattern, $text, $found) ? $found[1] : $otherwise;
}

// The command line: prints the licence; with the argument `again`, once more for each line of stdin.
try {
    if (!getenv('RELAY_URL') || !getenv('RELAY_KEY_FILE')) {
        throw new RuntimeException('set RELAY_URL and RELAY_KEY_FILE');
    }
    $held = [];
    do {
        echo current_license($held), "\n";
    } while (($argv[1] ?? '') === 'again' && fgets(STDIN) !== false);
} catch (RuntimeException $error) {
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(1);
}
