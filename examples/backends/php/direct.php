<?php
// Fetches a licence from the issuer itself, with Signature 2.0.

function fetch_license(): string
{
    $secret = trim((string) @file_get_contents((string) getenv('SERVER_SECRET_FILE')));
    [$app_id, $nonce, $timestamp] = [getenv('APP_ID'), bin2hex(random_bytes(8)), time()];
    $query = http_build_query([
        'Action' => 'CgiDescribeZIMAudioLicense', 'AppId' => $app_id, 'SignatureNonce' => $nonce,
        'Timestamp' => $timestamp, 'SignatureVersion' => '2.0',
        'Signature' => md5($app_id . $nonce . $secret . $timestamp),
    ]);
    $context = stream_context_create(['http' => ['timeout' => 5]]);
    $answer = @file_get_contents(getenv('ISSUER_URL') . "/?$query", false, $context);
    $body = json_decode((string) $answer, true);
    if (($body['Code'] ?? null) !== 0) {
        $why = isset($body['Code'], $body['Message']) ? "{$body['Code']}: {$body['Message']}" : 'no answer of the API';
        throw new RuntimeException($why);
    }
    return $body['Data']['License'];
}

try {
    if (!getenv('ISSUER_URL') || !getenv('APP_ID') || !getenv('SERVER_SECRET_FILE')) {
        throw new RuntimeException('set ISSUER_URL, APP_ID and SERVER_SECRET_FILE');
    }
    echo fetch_license(), "\n";
} catch (RuntimeException $error) {
    fwrite(STDERR, 'issuer: ' . $error->getMessage() . "\n");
    exit(1);
}
