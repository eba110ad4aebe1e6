//! Keys that seal the database's key: from a PIN, slowly; from the centre's part. Both need this machine's own secret, so
//! that a copied folder is no use elsewhere (a real key store never lets go of it).

use crate::{
    error::{Answer, Failure},
    ports::Dice,
};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::time::{Duration, Instant};

const WHAT: &[u8] = b"gridwalk lock 1";
/// The least that is ever used: more memory than a thief's machine likes to give a thousand times at once.
const MEMORY_KIB: u32 = 32 * 1024;
const LEAST_PASSES: u32 = 2;
const MOST_PASSES: u32 = 12;
/// About what a thumb does not notice.
const LONG_ENOUGH: Duration = Duration::from_millis(700);

/// How slowly a PIN becomes a key; measured on this phone when the PIN was set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Kdf {
    pub memory_kib: u32,
    pub passes: u32,
}

/// A sealed key, in hex.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Sealed {
    nonce: String,
    bytes: String,
}

impl Kdf {
    /// As many passes as this phone makes in the time that nobody minds.
    pub fn measured() -> Answer<Self> {
        let least = Self {
            memory_kib: MEMORY_KIB,
            passes: LEAST_PASSES,
        };
        let start = Instant::now();
        least.stretch("000000", &[0; 16])?;
        let per_pass = (start.elapsed() / LEAST_PASSES).max(Duration::from_millis(1));
        let passes = LONG_ENOUGH.as_millis() / per_pass.as_millis().max(1);
        Ok(Self {
            passes: u32::try_from(passes)
                .unwrap_or(MOST_PASSES)
                .clamp(LEAST_PASSES, MOST_PASSES),
            ..least
        })
    }

    pub fn stretch(self, pin: &str, salt: &[u8]) -> Answer<[u8; 32]> {
        let params = Params::new(self.memory_kib, self.passes, 1, Some(32));
        let argon = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            params.map_err(Failure::internal)?,
        );
        let mut key = [0; 32];
        argon
            .hash_password_into(pin.as_bytes(), salt, &mut key)
            .map_err(Failure::internal)?;
        Ok(key)
    }
}

/// The key under a PIN. `salt` is hex.
pub(super) fn from_pin(pin: &str, salt: &str, kdf: Kdf, machine: &[u8; 32]) -> Answer<[u8; 32]> {
    let salt = hex::decode(salt).map_err(Failure::internal)?;
    both(&kdf.stretch(pin, &salt)?, machine, b"by pin")
}

/// The key under the centre's part.
pub(super) fn from_centre(secret: &[u8; 32], machine: &[u8; 32]) -> Answer<[u8; 32]> {
    both(secret, machine, b"by centre")
}

/// 32 bytes of hex.
pub(crate) fn secret(text: &str) -> Answer<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(Failure::internal)?;
    Ok(bytes)
}

fn both(one: &[u8; 32], machine: &[u8; 32], way: &[u8]) -> Answer<[u8; 32]> {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(WHAT), &[&one[..], machine].concat())
        .expand(way, &mut key)
        .map_err(Failure::internal)?;
    Ok(key)
}

pub(super) fn seal(kek: &[u8; 32], key: &[u8; 32], dice: &dyn Dice) -> Answer<Sealed> {
    let nonce = dice.roll::<24>()?;
    let bytes = XChaCha20Poly1305::new(kek.into())
        .encrypt(
            &nonce.into(),
            Payload {
                msg: key,
                aad: WHAT,
            },
        )
        .map_err(|_| Failure::internal("a key could not be sealed"))?;
    Ok(Sealed {
        nonce: hex::encode(nonce),
        bytes: hex::encode(bytes),
    })
}

/// The key, or nothing when this does not open it.
pub(super) fn open(kek: &[u8; 32], sealed: &Sealed) -> Option<[u8; 32]> {
    let mut nonce = [0; 24];
    hex::decode_to_slice(&sealed.nonce, &mut nonce).ok()?;
    let bytes = hex::decode(&sealed.bytes).ok()?;
    XChaCha20Poly1305::new(kek.into())
        .decrypt(
            &nonce.into(),
            Payload {
                msg: &bytes,
                aad: WHAT,
            },
        )
        .ok()?
        .try_into()
        .ok()
}
