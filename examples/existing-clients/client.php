<?php
// PHP's own stream wrapper.
$appId = getenv('APP_ID');
$nonce = bin2hex(random_bytes(8));
$timestamp = time();
$query = http_build_query([
    'Action' => 'CgiDescribeZIMAudioLicense', 'AppId' => $appId, 'SignatureNonce' => $nonce,
    'Timestamp' => $timestamp, 'SignatureVersion' => '2.0',
    'Signature' => md5($appId . $nonce . getenv('SERVER_SECRET') . $timestamp),
]);
$body = file_get_contents("https://zim-api.zego.im/?$query");
echo $body, "\n";
exit($body !== false && json_decode($body, true)['Code'] === 0 ? 0 : 1);
