<?php
function is_genuine(string $body, ?string $signature): bool
{
    // Without a secret nothing may pass: anybody can sign with an empty key.
    $secret = getenv('DGSPAY_WEBHOOK_SECRET') ?: throw new RuntimeException('no webhook secret');
    return hash_equals(hash_hmac('sha256', $body, $secret), $signature ?? '');
}

// To try it: php verify.php SIGNATURE < body
$ok = is_genuine(file_get_contents('php://stdin'), $argv[1] ?? null);
echo $ok ? "genuine\n" : "forged\n";
exit($ok ? 0 : 1);
