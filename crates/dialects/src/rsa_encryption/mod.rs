//! RSA encryption to a provider's public key (RFC 8017), with the paddings that providers name.
//! The randomness is an argument, as everywhere here.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::rsa::PublicKey;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto_bigint::{BoxedUint, Odd};
use zeroize::Zeroizing;

use crate::signing::SigningKey;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// RSAES-PKCS1-v1_5.
    Pkcs1,
    OaepSha1,
    /// What Java understands by `OAEPWithSHA-256AndMGF1Padding`: its mask is of SHA-1.
    OaepSha256Mgf1Sha1,
    OaepSha256,
}

impl Padding {
    pub const ALL: [Padding; 4] =
        [Padding::Pkcs1, Padding::OaepSha1, Padding::OaepSha256Mgf1Sha1, Padding::OaepSha256];

    /// The word in settings.
    pub const fn word(self) -> &'static str {
        match self {
            Padding::Pkcs1 => "pkcs1",
            Padding::OaepSha1 => "oaep_sha1",
            Padding::OaepSha256Mgf1Sha1 => "oaep_sha256_mgf1_sha1",
            Padding::OaepSha256 => "oaep_sha256",
        }
    }

    pub fn parse(word: &str) -> Option<Padding> {
        Padding::ALL.into_iter().find(|padding| padding.word() == word)
    }
}

/// Smaller keys than anybody uses today; there are providers who still have them.
const KEY_BYTES_MIN: usize = 128;
const KEY_BYTES_MAX: usize = 1024;

#[derive(Clone, Debug)]
pub struct RsaPublicKey {
    modulus: Odd<BoxedUint>,
    exponent: BoxedUint,
    bytes: usize,
}

impl RsaPublicKey {
    /// A SubjectPublicKeyInfo in PEM, or its Base64 alone; 1024 to 8192 bits.
    pub fn parse(text: &str) -> Option<RsaPublicKey> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("-----"));
        let encoded: String = lines.flat_map(str::split_whitespace).collect();
        let key = PublicKey::from_der(&STANDARD.decode(encoded).ok()?).ok()?;
        // Checked by now, and in the form of RFC 8017 A.1.1: a sequence of two integers.
        let (sequence, _) = der_value(key.as_ref())?;
        let (modulus, rest) = der_value(sequence)?;
        let (exponent, _) = der_value(rest)?;
        let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
        let bytes = modulus.len();
        if !(KEY_BYTES_MIN..=KEY_BYTES_MAX).contains(&bytes) {
            return None;
        }
        Some(RsaPublicKey {
            modulus: Odd::new(BoxedUint::from_be_slice_vartime(modulus)).into_option()?,
            exponent: BoxedUint::from_be_slice_vartime(exponent),
            bytes,
        })
    }

    /// `None` when the message is too long for the key. `random` must not end, and nobody may
    /// guess it.
    pub fn encrypt(
        &self,
        padding: Padding,
        message: &[u8],
        random: impl Iterator<Item = u8>,
    ) -> Option<Vec<u8>> {
        let block = match padding {
            Padding::Pkcs1 => pkcs1(message, self.bytes, random)?,
            Padding::OaepSha1 => {
                let sha1 = &SHA1_FOR_LEGACY_USE_ONLY;
                oaep([sha1, sha1], message, self.bytes, random)?
            }
            Padding::OaepSha256Mgf1Sha1 => {
                oaep([&SHA256, &SHA1_FOR_LEGACY_USE_ONLY], message, self.bytes, random)?
            }
            Padding::OaepSha256 => oaep([&SHA256, &SHA256], message, self.bytes, random)?,
        };
        let number = BoxedUint::from_be_slice(&block, self.modulus.bits_precision()).ok()?;
        let sealed = number.pow_mod(&self.exponent, &self.modulus).to_be_bytes();
        // The number is as wide as the machine's words make it.
        sealed.get(sealed.len().checked_sub(self.bytes)?..).map(<[u8]>::to_vec)
    }
}

/// The content of the first DER value, and what stands behind it.
fn der_value(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..0x80 => (usize::from(*first), rest),
        0x80.. => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits.iter().try_fold(0usize, |length, digit| {
                length.checked_mul(256)?.checked_add(usize::from(*digit))
            })?;
            (length, rest)
        }
    };
    rest.split_at_checked(length)
}

/// EME-PKCS1-v1_5, RFC 8017 7.2.1.
fn pkcs1(
    message: &[u8],
    bytes: usize,
    random: impl Iterator<Item = u8>,
) -> Option<Zeroizing<Vec<u8>>> {
    let filling = bytes.checked_sub(message.len())?.checked_sub(3).filter(|count| *count >= 8)?;
    let mut block = Zeroizing::new(vec![0, 2]);
    block.extend(random.filter(|byte| *byte != 0).take(filling));
    block.push(0);
    block.extend(message);
    Some(block)
}

/// EME-OAEP with an empty label, RFC 8017 7.1.1; one hash for the label, one for the masks.
fn oaep(
    [label_hash, mask_hash]: [&'static Algorithm; 2],
    message: &[u8],
    bytes: usize,
    random: impl Iterator<Item = u8>,
) -> Option<Zeroizing<Vec<u8>>> {
    let hash_bytes = label_hash.output_len();
    let data_bytes = bytes.checked_sub(hash_bytes)?.checked_sub(1)?;
    let zeros = data_bytes.checked_sub(hash_bytes)?.checked_sub(message.len())?.checked_sub(1)?;
    let mut data = Zeroizing::new(digest(label_hash, b"").as_ref().to_vec());
    data.extend(std::iter::repeat_n(0, zeros));
    data.push(1);
    data.extend(message);
    let mut seed: Vec<u8> = random.take(hash_bytes).collect();
    mask(&mut data, &seed, mask_hash);
    mask(&mut seed, &data, mask_hash);
    let mut block = Zeroizing::new(vec![0]);
    block.extend(seed);
    block.extend(data.iter());
    Some(block)
}

/// MGF1 of `seed` over `data`, RFC 8017 B.2.1.
fn mask(data: &mut [u8], seed: &[u8], hash: &'static Algorithm) {
    for (counter, chunk) in (0u32..).zip(data.chunks_mut(hash.output_len())) {
        let mask = digest(hash, &[seed, &counter.to_be_bytes()].concat());
        chunk.iter_mut().zip(mask.as_ref()).for_each(|(byte, mask)| *byte ^= mask);
    }
}

/// Random bytes without end for one purpose, out of 64 that nobody can guess: HMAC-SHA256 of the
/// purpose and a counter.
pub fn random_bytes(chance: &[u8; 64], purpose: &'static str) -> impl Iterator<Item = u8> {
    let key = SigningKey::new(chance);
    (0u32..).flat_map(move |counter| key.sign(&[purpose.as_bytes(), &counter.to_be_bytes()]))
}

#[cfg(test)]
mod tests;
