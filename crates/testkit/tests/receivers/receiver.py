# A webhook receiver that verifies as the guide's Python sample does, on the standard library.
import hashlib
import hmac
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        signature = self.headers.get("X-DGS-Signature", "")
        secret = os.environ["DGS_WEBHOOK_SECRET"].encode()
        expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature, expected):
            print("refused", flush=True)
            return self.answer(401, b"Unauthorized")
        json.loads(body)["event"]
        print("accepted", flush=True)
        self.answer(200, b'{"status": "received"}')

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Webhook).serve_forever()
