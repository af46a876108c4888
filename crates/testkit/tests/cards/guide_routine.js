// What the guide's page does with a card and a PIN, under the key `order.key`. Runs in Node.js and in
// a browser.

function hex(bytes) {
  return Array.from(bytes).map((b) => b.toString(16).padStart(2, "0")).join("");
}

async function imported(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  return crypto.subtle.importKey("raw", bytes, { name: "AES-GCM" }, false, ["encrypt"]);
}

// The guide's code takes the characters of its nonce; its text speaks of bytes in hex.
function vectorOf(nonce, isHex) {
  if (!isHex) return new TextEncoder().encode(nonce);
  return Uint8Array.from(nonce.match(/../g), (pair) => parseInt(pair, 16));
}

async function encrypted(text, key, iv) {
  const cipher = { name: "AES-GCM", iv, tagLength: 128 };
  const sealed = await crypto.subtle.encrypt(cipher, key, new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(sealed)));
}

function vector(order) {
  const nonce = order.nonce ?? hex(crypto.getRandomValues(new Uint8Array(6)));
  return [nonce, vectorOf(nonce, order.is_hex === true)];
}

async function guidesCard(order) {
  const key = await imported(order.key);
  const [nonce, iv] = vector(order);
  const [number, month, year, cvv] = await Promise.all(
    [order.number, order.month, order.year, order.cvv].map((text) => encrypted(text, key, iv)),
  );
  return {
    card_encrypted_number: number,
    card_encrypted_expiry_month: month,
    card_encrypted_expiry_year: year,
    card_encrypted_cvv: cvv,
    card_nonce: nonce,
  };
}

async function guidesPin(order) {
  const [nonce, iv] = vector(order);
  const key = await imported(order.key);
  return { auth_pin_encrypted: await encrypted(order.pin, key, iv), auth_pin_nonce: nonce };
}
