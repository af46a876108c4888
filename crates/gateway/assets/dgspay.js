// Encrypts card data in the browser, for POST /charges and POST /authorize. No dependencies.
//
//   dgspay.sealCard(publicKey, card)        -> { card_sealed }; the better choice
//   dgspay.encryptCard(encryptionKey, card) -> { card_encrypted_*, card_nonce }; the guide's scheme
//   dgspay.encryptPin(encryptionKey, pin)   -> { auth_pin_encrypted, auth_pin_nonce }
//
// `card` is { number, month, year, cvv }, all strings; `publicKey` is what GET /card-public-key
// answers as public_key. Nothing is sent or kept here.
(() => {
  "use strict";
  const { subtle } = globalThis.crypto;
  const utf8 = new TextEncoder();
  const GCM = "AES-GCM";

  const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const base64Of = (bytes) => btoa(String.fromCharCode(...bytes));
  const hexOf = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  const random = (count) => globalThis.crypto.getRandomValues(new Uint8Array(count));
  const join = (...parts) => {
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
    return whole;
  };

  // Spaces and dashes are how people write numbers, and mean nothing.
  const cleaned = (card) => ({
    number: String(card.number).replace(/[\s-]/g, ""),
    month: String(card.month).trim().padStart(2, "0"),
    year: String(card.year).trim(),
    cvv: String(card.cvv).trim(),
  });

  // The guide's scheme: 12 characters, whose bytes are the nonce of every field.
  async function encrypter(encryptionKey) {
    const key = await subtle.importKey("raw", bytesOf(encryptionKey), GCM, false, ["encrypt"]);
    const nonce = hexOf(random(6));
    const algorithm = { name: GCM, iv: utf8.encode(nonce), tagLength: 128 };
    const encrypt = async (text) =>
      base64Of(new Uint8Array(await subtle.encrypt(algorithm, key, utf8.encode(text))));
    return { nonce, encrypt };
  }

  async function encryptCard(encryptionKey, card) {
    const { number, month, year, cvv } = cleaned(card);
    const { nonce, encrypt } = await encrypter(encryptionKey);
    return {
      card_encrypted_number: await encrypt(number),
      card_encrypted_expiry_month: await encrypt(month),
      card_encrypted_expiry_year: await encrypt(year),
      card_encrypted_cvv: await encrypt(cvv),
      card_nonce: nonce,
    };
  }

  async function encryptPin(encryptionKey, pin) {
    const { nonce, encrypt } = await encrypter(encryptionKey);
    return { auth_pin_encrypted: await encrypt(String(pin).trim()), auth_pin_nonce: nonce };
  }

  // HPKE, RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
  const KEM = join(utf8.encode("KEM"), [0x00, 0x20]);
  const SUITE = join(utf8.encode("HPKE"), [0x00, 0x20], [0x00, 0x01], [0x00, 0x02]);
  const VERSION = utf8.encode("HPKE-v1");
  const INFO = utf8.encode("dgspay sealed card v1");
  const NONE = new Uint8Array(0);

  async function hmac(key, message) {
    // An empty salt is as many zeros (RFC 5869); WebCrypto takes no empty key.
    const material = key.length > 0 ? key : new Uint8Array(32);
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const imported = await subtle.importKey("raw", material, algorithm, false, ["sign"]);
    return new Uint8Array(await subtle.sign("HMAC", imported, message));
  }

  const extract = (suite, salt, label, material) =>
    hmac(salt, join(VERSION, suite, utf8.encode(label), material));

  // All that is needed here fits into one block of HKDF-Expand.
  const expand = async (suite, key, label, info, length) => {
    const labeled = join([0, length], VERSION, suite, utf8.encode(label), info);
    return (await hmac(key, join(labeled, [1]))).slice(0, length);
  };

  async function seal(publicKey, text) {
    const theirs = bytesOf(publicKey);
    const recipient = await subtle.importKey("raw", theirs, { name: "X25519" }, false, []);
    const pair = await subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    const ours = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
    const agreement = { name: "X25519", public: recipient };
    const agreed = new Uint8Array(await subtle.deriveBits(agreement, pair.privateKey, 256));

    const extracted = await extract(KEM, NONE, "eae_prk", agreed);
    const shared = await expand(KEM, extracted, "shared_secret", join(ours, theirs), 32);
    const context = join(
      [0],
      await extract(SUITE, NONE, "psk_id_hash", NONE),
      await extract(SUITE, NONE, "info_hash", INFO),
    );
    const secret = await extract(SUITE, shared, "secret", NONE);
    const raw = await expand(SUITE, secret, "key", context, 32);
    const iv = await expand(SUITE, secret, "base_nonce", context, 12);
    const key = await subtle.importKey("raw", raw, GCM, false, ["encrypt"]);
    const sealed = await subtle.encrypt({ name: GCM, iv, tagLength: 128 }, key, utf8.encode(text));
    return base64Of(join(ours, new Uint8Array(sealed)));
  }

  async function sealCard(publicKey, card) {
    const { number, month, year, cvv } = cleaned(card);
    const message = {
      number,
      expiry_month: month,
      expiry_year: year,
      cvv,
      id: hexOf(random(16)),
      at: Math.floor(Date.now() / 1000),
    };
    return { card_sealed: await seal(publicKey, JSON.stringify(message)) };
  }

  globalThis.dgspay = Object.freeze({ encryptCard, encryptPin, sealCard });
})();
