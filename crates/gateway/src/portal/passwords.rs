//! Passwords: hashed slowly (Argon2id), few at a time, and as slowly for nobody as for somebody.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use domain::people::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PasswordHash};
use tokio::sync::Semaphore;

use crate::secrets::SecretText;

/// Hashes at once: each takes 19 MiB, and a core that payments want.
const HASHES_MAX: usize = 2;

/// The parameters are the crate's own: OWASP's second choice, 19 MiB and two passes.
pub struct Passwords {
    places: Semaphore,
    /// Of no password: what is compared with where nobody has the address.
    nobody: OnceLock<PasswordHash>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(..)")
    }
}

impl Default for Passwords {
    fn default() -> Passwords {
        Passwords { places: Semaphore::new(HASHES_MAX), nobody: OnceLock::new() }
    }
}

/// The system gave no randomness, or is stopping.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a password could not be hashed")]
pub struct HashFault;

impl Passwords {
    pub async fn hash(&self, password: SecretText) -> Result<PasswordHash, HashFault> {
        let _place = self.places.acquire().await.map_err(|_| HashFault)?;
        let work = move || hash(&password);
        tokio::task::spawn_blocking(work).await.map_err(|_| HashFault)?
    }

    /// Whether it is the password behind a hash; takes as long where there is none.
    pub async fn is_right(
        &self,
        password: SecretText,
        of: Option<PasswordHash>,
    ) -> Result<bool, HashFault> {
        let _place = self.places.acquire().await.map_err(|_| HashFault)?;
        let is_somebody = of.is_some();
        let against = match of.or_else(|| self.nobody.get().cloned()) {
            Some(known) => known,
            None => {
                // The first time, this hash is the one computation.
                let fresh = tokio::task::spawn_blocking(|| hash("nobody's password"));
                let fresh = fresh.await.map_err(|_| HashFault)??;
                self.nobody.get_or_init(|| fresh);
                return Ok(false);
            }
        };
        let work = move || {
            let parsed = phc::PasswordHash::new(&against.0).map_err(|_| HashFault)?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
        };
        let is_right = tokio::task::spawn_blocking(work).await.map_err(|_| HashFault)??;
        Ok(is_somebody && is_right)
    }
}

fn hash(password: &str) -> Result<PasswordHash, HashFault> {
    let hashed = Argon2::default().hash_password(password.as_bytes()).map_err(|_| HashFault)?;
    Ok(PasswordHash(hashed.to_string()))
}

/// Whether somebody may have it as a password: long enough, and not guessed at once.
pub fn is_fit(password: &str, email: &str) -> bool {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let name = email.split('@').next().unwrap_or_default();
    let mut letters: Vec<char> = lower.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&length)
        && letters.len() > 4
        && lower != email
        && (name.len() < 4 || !lower.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[tokio::test]
    async fn only_the_right_one_is_right_and_nobody_has_none() {
        let passwords = Passwords::default();
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let hash = passwords.hash(text("correct horse battery")).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        for (password, of, expected) in [
            ("correct horse battery", Some(&hash), true),
            ("correct horse batterY", Some(&hash), false),
            ("", Some(&hash), false),
            ("nobody's password", None, false),
            ("nobody's password", None, false),
        ] {
            assert_eq!(passwords.is_right(text(password), of.cloned()).await.unwrap(), expected);
        }
    }

    #[test]
    fn what_is_guessed_at_once_is_refused() {
        for (password, expected) in [
            ("correct horse battery", true),
            ("short", false),
            ("aaaaaaaaaaaaaaaaaaaa", false),
            ("abababababababab", false),
            ("jane.doe@example.com", false),
            ("Jane.Doe-2026-Kigali", false),
            (&"long enough ".repeat(11), false),
        ] {
            assert_eq!(is_fit(password, "jane.doe@example.com"), expected, "{password}");
        }
    }
}
