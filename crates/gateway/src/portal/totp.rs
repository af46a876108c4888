//! Codes of a second factor (RFC 6238 over RFC 4226: SHA-1, 30 seconds, six digits, which is what
//! the apps of phones understand), and the picture by which a phone takes over the secret.

use aws_lc_rs::hmac;
use domain::Timestamp;
use domain::people::RECOVERY_CODES;
use qrcodegen::{QrCode, QrCodeEcc};
use zeroize::Zeroizing;

use crate::secrets::{self, SecretFault, SecretText};

const STEP_SECONDS: i64 = 30;

/// RFC 4648, without padding: as the apps take it when it is typed.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A fresh secret of 160 bits, as RFC 4226 recommends, in base 32.
pub fn fresh_secret() -> Result<SecretText, SecretFault> {
    let bytes = Zeroizing::new(secrets::random_bytes::<20>()?);
    Ok(Zeroizing::new(base32(&*bytes)))
}

/// The time step whose code this is: now, or one to either side for clocks that differ.
pub fn step_of(secret: &str, code: &str, now: Timestamp) -> Option<i64> {
    let key = Zeroizing::new(from_base32(secret)?);
    let wanted: u32 = code.parse().ok().filter(|_| code.len() == 6)?;
    let current = now.as_secs().div_euclid(STEP_SECONDS);
    // Later ones first: the code that is taken ends all before it.
    [current + 1, current, current - 1].into_iter().find(|step| code_at(&key, *step) == wanted)
}

fn code_at(key: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = bytes.last().map_or(0, |last| usize::from(last & 0x0f));
    let word = bytes.get(offset..offset + 4).and_then(|part| <[u8; 4]>::try_from(part).ok());
    (u32::from_be_bytes(word.unwrap_or_default()) & 0x7fff_ffff) % 1_000_000
}

fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in bytes {
        buffer = (buffer << 8 | u32::from(*byte)) & 0xffff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let index = usize::try_from(buffer >> bits & 31).unwrap_or(0);
            text.extend(BASE32.get(index).map(|letter| char::from(*letter)));
        }
    }
    text
}

fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut buffer, mut bits) = (0u32, 0u32);
    for letter in text.bytes() {
        let value = BASE32.iter().position(|one| *one == letter)?;
        buffer = (buffer << 5 | u32::try_from(value).ok()?) & 0xffff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

/// What a phone reads (Google Authenticator's key URI format).
pub fn uri(secret: &str, email: &str) -> SecretText {
    let name: String = form_urlencoded::byte_serialize(email.as_bytes()).collect();
    Zeroizing::new(format!(
        "otpauth://totp/DGS-Pay:{name}?secret={secret}&issuer=DGS-Pay&algorithm=SHA1&digits=6&period=30"
    ))
}

/// The side of a picture in modules, and its dark ones as the path of an SVG.
pub fn picture(text: &str) -> Option<(i32, String)> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path += &format!("M{x} {y}h1v1h-1z");
        }
    }
    Some((code.size(), path))
}

/// One-time codes for a lost phone, to be shown once: 80 random bits each.
pub fn fresh_recovery_codes() -> Result<Vec<SecretText>, SecretFault> {
    let fresh = || {
        let text = base32(&secrets::random_bytes::<10>()?).to_lowercase();
        let (first, second) = text.split_at(8);
        Ok(Zeroizing::new(format!("{first}-{second}")))
    };
    (0..RECOVERY_CODES).map(|_| fresh()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: the last six of the eight digits there.
    #[test]
    fn the_codes_of_the_standard() {
        let key = b"12345678901234567890";
        for (second, code) in [
            (59, 287_082),
            (1_111_111_109, 81_804),
            (1_111_111_111, 50_471),
            (1_234_567_890, 5_924),
            (2_000_000_000, 279_037),
            (20_000_000_000, 353_130),
        ] {
            assert_eq!(code_at(key, second / STEP_SECONDS), code, "{second}");
        }
        let secret = base32(key);
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(from_base32(&secret).as_deref(), Some(key.as_slice()));
        let at = |second: i64| Timestamp::from_micros(second * 1_000_000);
        for (second, expected) in
            [(59, Some(1)), (29, Some(1)), (89, Some(1)), (91, None), (0, Some(1))]
        {
            assert_eq!(step_of(&secret, "287082", at(second)), expected, "{second}");
        }
        for code in ["", "28708", "0287082", "28708x", "+28708"] {
            assert_eq!(step_of(&secret, code, at(59)), None, "{code}");
        }
    }

    #[test]
    fn recovery_codes_differ() {
        let mut codes: Vec<String> =
            fresh_recovery_codes().unwrap().iter().map(|code| code.to_string()).collect();
        assert!(codes.iter().all(|code| code.len() == 17));
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), RECOVERY_CODES);
    }
}
