<?php
// A webhook receiver that verifies as the guide's PHP sample does. Run by `php -S`.
$payload   = file_get_contents('php://input');
$signature = $_SERVER['HTTP_X_DGS_SIGNATURE'];
$expected  = hash_hmac('sha256', $payload, getenv('DGS_WEBHOOK_SECRET'));
$console   = fopen('php://stdout', 'w');

if (!hash_equals($expected, $signature)) {
    fwrite($console, "refused\n");
    http_response_code(401);
    exit('Unauthorized');
}

json_decode($payload, true)['event'];
fwrite($console, "accepted\n");
http_response_code(200);
echo json_encode(['status' => 'received']);
