//! The token that the operator's commands show: a file of the data folder that only its owner
//! may read.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::{HeaderMap, header};
use zeroize::Zeroizing;

use crate::secrets::{self, SecretText, hash_api_key};

/// Only its hash: comparing hashes tells nothing of how much of a guess was right.
#[derive(Debug)]
pub struct OperatorToken {
    hash: [u8; 32],
}

impl OperatorToken {
    /// The token of a data folder, made at the first start.
    pub fn of_folder(data: &Path) -> io::Result<OperatorToken> {
        let file = file(data);
        if !file.exists() {
            let fresh = Zeroizing::new(secrets::new_token().map_err(io::Error::other)?);
            secrets::make_secret_file(&file, &fresh)?;
        }
        Ok(OperatorToken { hash: hash_api_key(&OperatorToken::read(data)?).0 })
    }

    /// The token itself, for a command that shows it.
    pub fn read(data: &Path) -> io::Result<SecretText> {
        let text = Zeroizing::new(std::fs::read_to_string(file(data))?);
        let token = text.trim();
        if token.len() < 32 {
            return Err(io::Error::other("it must hold 32 characters or more"));
        }
        Ok(Zeroizing::new(token.to_owned()))
    }

    /// Whether it comes along as `Authorization: Bearer`.
    pub fn is_shown(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        let shown = value.to_str().ok().and_then(|text| text.split_once(' '));
        shown.is_some_and(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer")
                && verify_slices_are_equal(&hash_api_key(token).0, &self.hash).is_ok()
        })
    }
}

fn file(data: &Path) -> PathBuf {
    data.join("operator.token")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_made_once_and_known_again() {
        let folder = tempfile::tempdir().unwrap();
        let token = OperatorToken::of_folder(folder.path()).unwrap();
        let text = OperatorToken::read(folder.path()).unwrap();
        let mode = std::fs::metadata(file(folder.path())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = OperatorToken::of_folder(folder.path()).unwrap();
        for (value, is_right) in [
            (format!("Bearer {}", *text), true),
            (format!("bearer {}", *text), true),
            (text.to_string(), false),
            (format!("Basic {}", *text), false),
            (format!("Bearer {}x", *text), false),
            ("Bearer ".to_owned(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(token.is_shown(&headers), is_right);
            assert_eq!(again.is_shown(&headers), is_right);
            headers.append(header::AUTHORIZATION, "Bearer x".parse().unwrap());
            assert!(!token.is_shown(&headers));
        }
        std::fs::write(file(folder.path()), "short").unwrap();
        assert!(OperatorToken::of_folder(folder.path()).is_err());
    }
}
