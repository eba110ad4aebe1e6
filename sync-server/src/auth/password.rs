//! Passwords: Argon2id, 64 MiB, three passes (`faults.md` §2.7), at least twelve characters. Checking takes a tenth of a
//! second on purpose, so it happens off the executor and two at a time.

use crate::{
    error::{Error, Result},
    state::random,
};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};
use tokio::sync::Semaphore;

/// No 0, O, 1, l or I: people read it from a screen and type it.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const _: () = assert!(LETTERS.len() == 32);

static AT_ONCE: Semaphore = Semaphore::const_new(2);

fn argon() -> Result<Argon2<'static>> {
    let params =
        Params::new(64 * 1024, 3, 1, None).map_err(|error| Error::internal("argon2", error))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A password of twenty letters in four groups: a hundred random bits.
pub fn generate() -> Result<String> {
    let bytes = random::<20>()?;
    let letters: Vec<char> = bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect();
    Ok(letters
        .chunks(5)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("-"))
}

/// The PHC text to store.
pub fn hash(password: &str) -> Result<String> {
    let salt =
        SaltString::encode_b64(&random::<16>()?).map_err(|error| Error::internal("salt", error))?;
    let hash = argon()?.hash_password(password.as_bytes(), &salt);
    Ok(hash
        .map_err(|error| Error::internal("argon2", error))?
        .to_string())
}

/// Whether the password fits. Without a stored one it takes just as long and says no, so that nobody learns who exists.
pub async fn fits(password: String, stored: Option<String>) -> Result<bool> {
    let _turn = AT_ONCE
        .acquire()
        .await
        .map_err(|error| Error::internal("passwords", error))?;
    tokio::task::spawn_blocking(move || {
        let Some(stored) = stored else {
            hash(&password)?;
            return Ok(false);
        };
        let stored = PasswordHash::new(&stored)
            .map_err(|error| Error::internal("a stored password", error))?;
        Ok(argon()?
            .verify_password(password.as_bytes(), &stored)
            .is_ok())
    })
    .await
    .map_err(|error| Error::internal("passwords", error))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_generated_password_fits_its_own_hash_and_no_other() {
        let (mine, other) = (generate().unwrap(), generate().unwrap());
        assert_ne!(mine, other);
        assert_eq!(mine.len(), 23);
        let stored = hash(&mine).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
        assert!(fits(mine, Some(stored.clone())).await.unwrap());
        assert!(!fits(other, Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_fits_where_there_is_no_account() {
        assert!(!fits("x".into(), None).await.unwrap());
    }
}
