//! How a phone comes to be known: a one-time code, then a signature for every token.
//!
//! A code has a public half of 40 bits, by which its tries are counted, and a secret half of 130 bits, of which only
//! the hash is kept. Written in the alphabet of Crockford, which has no letters that look like digits.

use crate::{
    error::{Error, Result},
    state::random,
};
use gridwalk_core::{ids::DeviceId, time::Timestamp};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// A code is good for ten minutes.
pub const CODE_LIFE_MS: i64 = 10 * 60_000;
/// Wrong secrets that a code survives.
pub const CODE_TRIES: i64 = 5;
/// A token is good for a quarter of an hour.
pub const TOKEN_LIFE_MS: i64 = 15 * 60_000;
/// A nonce waits a minute for its signature.
const NONCE_LIFE_MS: i64 = 60_000;
/// Nonces that may wait at once; more are turned away.
const NONCES: usize = 10_000;
/// What a device signs for a token, before the nonce.
const TOKEN_DOMAIN: &[u8] = b"gridwalk token 1";

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PUBLIC: usize = 8;
const SECRET: usize = 26;

/// SHA-256, for secrets that are random enough to need no slow hash.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A code as it is printed once and typed once.
pub struct EnrolCode {
    /// By which it is found.
    pub id: String,
    /// What proves it.
    pub secret: String,
}

impl EnrolCode {
    /// A new one.
    pub fn new() -> Result<Self> {
        let letters: String = random::<{ PUBLIC + SECRET }>()?
            .iter()
            .map(|byte| ALPHABET[usize::from(byte % 32)] as char)
            .collect();
        let (id, secret) = letters.split_at(PUBLIC);
        Ok(Self {
            id: id.into(),
            secret: secret.into(),
        })
    }
    /// What somebody typed; none when it cannot be a code. Case, spaces, hyphens and look-alikes do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let letters = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .map(|c| {
                u8::try_from(c)
                    .is_ok_and(|b| ALPHABET.contains(&b))
                    .then_some(c)
            })
            .collect::<Option<String>>()?;
        if letters.len() != PUBLIC + SECRET {
            return None;
        }
        let (id, secret) = letters.split_at(PUBLIC);
        Some(Self {
            id: id.into(),
            secret: secret.into(),
        })
    }
    /// What is stored of the secret.
    pub fn secret_hash(&self) -> [u8; 32] {
        sha256(self.secret.as_bytes())
    }
}

impl std::fmt::Display for EnrolCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.id)?;
        for part in self.secret.as_bytes().chunks(7) {
            write!(f, "-{}", String::from_utf8_lossy(part))?;
        }
        Ok(())
    }
}

/// Nonces that were handed out and not signed yet. In memory: a restart costs a phone one more request.
#[derive(Default)]
pub struct Challenges(Mutex<HashMap<[u8; 32], (DeviceId, Timestamp)>>);

impl Challenges {
    /// A nonce for a device, whether it exists or not, so that nobody learns which do.
    pub fn issue(&self, device: DeviceId, now: Timestamp) -> Result<[u8; 32]> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= NONCES {
            waiting.retain(|_, (_, at)| now.since(*at) < NONCE_LIFE_MS);
            if waiting.len() >= NONCES {
                return Err(Error::Busy);
            }
        }
        let nonce = random::<32>()?;
        waiting.insert(nonce, (device, now));
        Ok(nonce)
    }
    /// Whether this nonce was handed to this device lately. It is gone afterwards.
    pub fn redeem(&self, device: DeviceId, nonce: &[u8; 32], now: Timestamp) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting
            .remove(nonce)
            .is_some_and(|(asked, at)| asked == device && now.since(at) < NONCE_LIFE_MS)
    }
}

/// The bytes that a device signs for a token.
pub fn token_message(nonce: &[u8; 32]) -> Vec<u8> {
    [TOKEN_DOMAIN, nonce].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_back_however_it_is_typed() {
        let code = EnrolCode::new().expect("randomness");
        let printed = code.to_string();
        for typed in [
            printed.clone(),
            printed.to_lowercase(),
            printed.replace('-', " "),
            printed.replace('0', "o").replace('1', "l"),
        ] {
            let read = EnrolCode::parse(&typed).expect("a code");
            assert_eq!(
                (read.id, read.secret),
                (code.id.clone(), code.secret.clone())
            );
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_not_looked_up() {
        for typed in ["", "ABC", "U".repeat(34).as_str(), "网".repeat(34).as_str()] {
            assert!(EnrolCode::parse(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_nonce_serves_once_and_only_the_device_that_asked_and_not_for_ever() {
        let (one, other) = (
            DeviceId(uuid::Uuid::from_u128(1)),
            DeviceId(uuid::Uuid::from_u128(2)),
        );
        let challenges = Challenges::default();
        let start = Timestamp(0);
        let nonce = challenges.issue(one, start).expect("a nonce");
        assert!(challenges.redeem(one, &nonce, start));
        assert!(!challenges.redeem(one, &nonce, start));
        let nonce = challenges.issue(one, start).expect("a nonce");
        assert!(!challenges.redeem(other, &nonce, start));
        let nonce = challenges.issue(one, start).expect("a nonce");
        assert!(!challenges.redeem(one, &nonce, start.plus_ms(60_000)));
    }
}
