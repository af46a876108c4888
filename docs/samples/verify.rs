//! Is a webhook genuine? With the crates `hmac` 0.12, `sha2` 0.10 and `hex` 0.4.

use std::error::Error;

use hmac::{Hmac, Mac};
use sha2::Sha256;

fn is_genuine(secret: &str, body: &[u8], signature: &str) -> Result<bool, Box<dyn Error>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(body);
    // What is no hex is no signature; verify_slice compares in constant time.
    Ok(hex::decode(signature).is_ok_and(|given| mac.verify_slice(&given).is_ok()))
}

// To try it: verify SIGNATURE < body
fn main() -> Result<(), Box<dyn Error>> {
    let secret = std::env::var("DGSPAY_WEBHOOK_SECRET")?;
    let given = std::env::args().nth(1).unwrap_or_default();
    let body = std::io::read_to_string(std::io::stdin())?;
    if is_genuine(&secret, body.as_bytes(), &given)? {
        println!("genuine");
        return Ok(());
    }
    Err("forged".into())
}
