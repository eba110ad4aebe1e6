//! The server's own Ed25519 key. It certifies devices and signs what phones must believe without asking. It lives in the
//! store, so that several processes share it and every backup has it.

use crate::{
    error::{Error, Result},
    state::random,
    store::{Connection, OptionalExtension},
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// The key. Cheap to clone; never printed.
#[derive(Clone)]
pub struct ServerKey(SigningKey);

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServerKey({})", hex::encode(self.public().as_bytes()))
    }
}

impl ServerKey {
    /// The key of this store, made on first start. Call it where rows may be written.
    pub fn make(connection: &Connection) -> Result<Self> {
        if let Some(key) = Self::of(connection)? {
            return Ok(key);
        }
        connection.execute(
            "insert into server_key (one, secret) values (1, ?1) on conflict (one) do nothing",
            [random::<32>()?.to_vec()],
        )?;
        Self::of(connection)?.ok_or_else(|| Error::Internal("the server has no key".into()))
    }

    /// The key of this store, if it has one.
    pub fn of(connection: &Connection) -> Result<Option<Self>> {
        Ok(connection
            .query_row("select secret from server_key", [], |row| {
                row.get::<_, [u8; 32]>(0)
            })
            .optional()?
            .map(|secret| Self(SigningKey::from_bytes(&secret))))
    }

    /// What others check its signatures with.
    pub fn public(&self) -> VerifyingKey {
        self.0.verifying_key()
    }

    /// Signs `bytes` under a purpose, so that a signature over one thing never passes for another. The signed message
    /// is `purpose`, a zero byte, and the bytes.
    pub fn sign(&self, purpose: &str, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(&message(purpose, bytes)).to_bytes()
    }

    /// Whether this key signed `bytes` under that purpose.
    pub fn verifies(&self, purpose: &str, bytes: &[u8], signature: &[u8; 64]) -> bool {
        self.public()
            .verify_strict(&message(purpose, bytes), &Signature::from_bytes(signature))
            .is_ok()
    }
}

fn message(purpose: &str, bytes: &[u8]) -> Vec<u8> {
    [purpose.as_bytes(), &[0], bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_serves_one_purpose_and_one_text() {
        let key = ServerKey(SigningKey::from_bytes(&[7; 32]));
        let signature = key.sign("gridwalk certificate 1", b"a device");
        assert!(key.verifies("gridwalk certificate 1", b"a device", &signature));
        assert!(!key.verifies("gridwalk manifest 1", b"a device", &signature));
        assert!(!key.verifies("gridwalk certificate 1", b"another", &signature));
        let other = ServerKey(SigningKey::from_bytes(&[8; 32]));
        assert!(!other.verifies("gridwalk certificate 1", b"a device", &signature));
    }
}
