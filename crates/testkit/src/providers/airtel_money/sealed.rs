//! Opens what was sealed for Airtel: PINs and the keys of signed messages. The key is for tests
//! alone: it is as public as this file.

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::iv::FixedLength;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crypto_bigint::{BoxedUint, Odd};

/// Of 1024 bits, a SubjectPublicKeyInfo in Base64.
pub const PUBLIC_KEY: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCwZUbW3JLJoqJnLfetH1bX5lenAzkIky1TJljdlnbm\
     M4v+RdK2aO+VyZNBxo+1SSGn8hC6IQIdCRGcgaLeQ68R8DBn1AQWApuTmRSdS48jLc3C3pE9RTCsbaXJ\
     pxZ4FOPSLdDgqYfLpAjgTPq9yOB2rE6abWG+kYh5lL8i+vRvSQIDAQAB";

const MODULUS: &str = "b06546d6dc92c9a2a2672df7ad1f56d7e657a7033908932d532658dd9676e6338bfe45d2b668ef95\
     c99341c68fb54921a7f210ba21021d09119c81a2de43af11f03067d40416029b9399149d4b8f232d\
     cdc2de913d4530ac6da5c9a7167814e3d22dd0e0a987cba408e04cfabdc8e076ac4e9a6d61be9188\
     7994bf22faf46f49";
const PRIVATE_EXPONENT: &str = "5ca283263925f930289b88ff65f26c57eb86a295c5b0e421cc65fa0b3c866a742d93b63567480a72\
     1e2ef03f079f4bad9a163c8492eb1a3676023bee3d4d4c357e1de679606209af873e3b0dd458328a\
     ae61989fe52c8de200f97ef0baedfd6246c7eea835e12994298359061d4298b18b162eb036e58923\
     43fdbdf6d998e8d1";
const KEY_BYTES: usize = 128;

/// How a PIN is padded, by the words of the portals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    Pkcs1,
    OaepSha1,
    OaepSha256Mgf1Sha1,
    OaepSha256,
}

/// The text that was sealed, from Base64.
pub fn open(padding: Padding, sealed: &str) -> Option<String> {
    let sealed = STANDARD.decode(sealed).ok().filter(|bytes| bytes.len() == KEY_BYTES)?;
    let number =
        |hex: &str| BoxedUint::from_be_slice_vartime(&hex::decode(hex).unwrap_or_default());
    let modulus = Odd::new(number(MODULUS)).into_option()?;
    let sealed = BoxedUint::from_be_slice_vartime(&sealed);
    let block = sealed.pow_mod(&number(PRIVATE_EXPONENT), &modulus).to_be_bytes();
    let sha1 = &SHA1_FOR_LEGACY_USE_ONLY;
    let message = match padding {
        Padding::Pkcs1 => unpad_pkcs1(&block),
        Padding::OaepSha1 => unpad_oaep(sha1, sha1, &block),
        Padding::OaepSha256Mgf1Sha1 => unpad_oaep(&SHA256, sha1, &block),
        Padding::OaepSha256 => unpad_oaep(&SHA256, &SHA256, &block),
    };
    String::from_utf8(message?).ok()
}

fn unpad_pkcs1(block: &[u8]) -> Option<Vec<u8>> {
    let rest = block.strip_prefix(&[0, 2])?;
    let end = rest.iter().position(|byte| *byte == 0).filter(|end| *end >= 8)?;
    Some(rest[end + 1..].to_vec())
}

fn unpad_oaep(
    label: &'static Algorithm,
    mask: &'static Algorithm,
    block: &[u8],
) -> Option<Vec<u8>> {
    let (seed, data) = block.strip_prefix(&[0])?.split_at(label.output_len());
    let seed = unmask(seed, data, mask);
    let data = unmask(data, &seed, mask);
    let rest = data.strip_prefix(digest(label, b"").as_ref())?;
    let one = rest.iter().position(|byte| *byte != 0)?;
    (rest[one] == 1).then(|| rest[one + 1..].to_vec())
}

fn unmask(masked: &[u8], seed: &[u8], hash: &'static Algorithm) -> Vec<u8> {
    let blocks = (0u32..).flat_map(|counter| {
        digest(hash, &[seed, &counter.to_be_bytes()].concat()).as_ref().to_vec()
    });
    masked.iter().zip(blocks).map(|(byte, mask)| byte ^ mask).collect()
}

/// Whether `signature` is `body` under the key that `sealed_key` holds.
pub fn is_signed(body: &[u8], signature: &str, sealed_key: &str) -> bool {
    decrypt(signature, sealed_key).is_some_and(|signed| signed == body)
}

fn decrypt(signature: &str, sealed_key: &str) -> Option<Vec<u8>> {
    let words = open(Padding::Pkcs1, sealed_key)?;
    let (key, iv) = words.split_once(':')?;
    let key = UnboundCipherKey::new(&AES_256, &STANDARD.decode(key).ok()?).ok()?;
    let iv: [u8; 16] = STANDARD.decode(iv).ok()?.try_into().ok()?;
    let mut content = STANDARD.decode(signature).ok()?;
    let context = DecryptionContext::Iv128(FixedLength::from(iv));
    let cipher = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    cipher.decrypt(&mut content, context).ok().map(|plain| plain.to_vec())
}
