//! Opens what was sealed with another implementation.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey,
    Pkcs1PrivateDecryptingKey, PrivateDecryptingKey,
};

use super::*;

const CHANCE: [u8; 64] = [7; 64];

/// A key of 1024 bits, made for this test by OpenSSL.
const SMALL: &str = include_str!("rsa_1024_public.pem");

#[test]
fn what_is_sealed_opens_elsewhere() {
    let private = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
    let der: PublicKeyX509Der<'_> = private.public_key().as_der().unwrap();
    let key = RsaPublicKey::parse(&STANDARD.encode(der.as_ref())).unwrap();
    let sealed = |padding| key.encrypt(padding, b"1234", random_bytes(&CHANCE, "pin")).unwrap();
    let mut room = [0; 256];

    let opener = Pkcs1PrivateDecryptingKey::new(private.clone()).unwrap();
    assert_eq!(opener.decrypt(&sealed(Padding::Pkcs1), &mut room).unwrap(), b"1234");
    let opener = OaepPrivateDecryptingKey::new(private).unwrap();
    for (padding, algorithm) in
        [(Padding::OaepSha1, &OAEP_SHA1_MGF1SHA1), (Padding::OaepSha256, &OAEP_SHA256_MGF1SHA256)]
    {
        let opened = opener.decrypt(algorithm, &sealed(padding), &mut room, None).unwrap();
        assert_eq!(opened, b"1234", "{padding:?}");
    }
}

/// aws-lc-rs opens neither the mixed padding nor keys of this size. OpenSSL 3.0 opened all four,
/// the mixed one with `openssl pkeyutl -decrypt -pkeyopt rsa_padding_mode:oaep
/// -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha1`.
#[test]
fn known_answers_for_a_small_key() {
    let key = RsaPublicKey::parse(SMALL).unwrap();
    for (padding, expected) in [
        (Padding::Pkcs1, "1ab6b0698492fa4bd99eb17c30264a80d7eaf603b7fcc0ed86b12a014ea3a794"),
        (Padding::OaepSha1, "e31e576729c0b4983623ec23925aa6026d223253eb69a3ec84c6a0ed7733ae9b"),
        (
            Padding::OaepSha256Mgf1Sha1,
            "b986bd0645513ec0bdf14704ad905c36a49cdb0a3e838541b6f454fbd7982e1a",
        ),
        (Padding::OaepSha256, "e66e7cedc250cddee71e88d8d2541952a14f6de25e1bc5f2cba6dfd8db19acfb"),
    ] {
        let sealed = key.encrypt(padding, b"1234", random_bytes(&CHANCE, "pin")).unwrap();
        assert_eq!(sealed.len(), 128);
        assert_eq!(hex::encode(digest(&SHA256, &sealed)), expected, "{padding:?}");
    }
}

#[test]
fn what_is_no_key_or_too_long_is_refused() {
    for text in ["", "x", "MIIB", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----"] {
        assert!(RsaPublicKey::parse(text).is_none(), "{text}");
    }
    let key = RsaPublicKey::parse(SMALL).unwrap();
    for (padding, longest) in [
        (Padding::Pkcs1, 117),
        (Padding::OaepSha1, 86),
        (Padding::OaepSha256Mgf1Sha1, 62),
        (Padding::OaepSha256, 62),
    ] {
        let seal = |length| {
            key.encrypt(padding, &vec![b'1'; length], random_bytes(&CHANCE, "pin")).is_some()
        };
        assert!(seal(longest) && !seal(longest + 1), "{padding:?}");
    }
}

#[test]
fn purposes_have_randomness_of_their_own() {
    let bytes = |purpose| random_bytes(&CHANCE, purpose).take(100).collect::<Vec<_>>();
    assert_eq!(bytes("pin"), bytes("pin"));
    assert_ne!(bytes("pin"), bytes("key"));
}
