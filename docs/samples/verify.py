import hashlib, hmac, os

SECRET = os.environ["DGSPAY_WEBHOOK_SECRET"].encode()

def is_genuine(body: bytes, signature: str | None) -> bool:
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    # As bytes, because compare_digest throws on text that is not ASCII.
    given = (signature or "").encode(errors="replace")
    return hmac.compare_digest(given, expected.encode())

# To try it: python3 verify.py SIGNATURE < body
import sys
given = sys.argv[1] if len(sys.argv) > 1 else None
ok = is_genuine(sys.stdin.buffer.read(), given)
print("genuine" if ok else "forged")
sys.exit(0 if ok else 1)
