<?php
// Hands on the relay's licence, the short way. Your endpoint takes hand_on() and what it needs.

/** The licence for your apps: the relay's; while the relay is in trouble $last, which is kept from call to call. */
function hand_on(?string &$last): string
{
    $line = @file((string) getenv('RELAY_KEY_FILE'))[0] ?? throw new RuntimeException('RELAY_KEY_FILE cannot be read');
    $key = preg_replace('/[^!-~]/', '', $line);
    $stream = @fopen(getenv('RELAY_URL') . '/v1/license', 'r', false, stream_context_create(['http' => [
        'header' => "Authorization: Bearer $key", 'timeout' => 2, 'ignore_errors' => true, 'follow_location' => 0,
    ]]));
    $status = $stream ? (int) substr(stream_get_meta_data($stream)['wrapper_data'][0], 9, 3) : 0;
    $body = $status === 200 ? json_decode(stream_get_contents($stream), true) : null;
    $last = $body['License'] ?? $last;
    if ($last === null || ($status !== 0 && $status !== 200 && $status < 500)) {
        throw new RuntimeException($stream ? "status $status" : error_get_last()['message']);
    }
    return $last;
}

// The command line: prints the licence; with the argument `again`, once more for each line of stdin.
if (!getenv('RELAY_URL') || !getenv('RELAY_KEY_FILE')) {
    fwrite(STDERR, "set RELAY_URL and RELAY_KEY_FILE\n");
    exit(1);
}
try {
    $last = null;
    do {
        echo hand_on($last), "\n";
    } while (($argv[1] ?? '') === 'again' && fgets(STDIN) !== false);
} catch (Throwable $error) {
    fwrite(STDERR, 'relay: ' . $error->getMessage() . "\n");
    exit(1);
}
