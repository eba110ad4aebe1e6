//! Photo files at rest: XChaCha20-Poly1305 in 64 KiB frames (STREAM), one key per file derived from the database's key,
//! so that a torn file loses a frame and a copied file says nothing.

use crate::error::{Answer, Failure};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305,
    aead::stream::{DecryptorBE32, EncryptorBE32},
};
use gridwalk_core::{error::Code, ids::Hash};
use hkdf::Hkdf;
use sha2::Sha256;

const FRAME: usize = 64 * 1024;
const TAG: usize = 16;
/// XChaCha's 24 bytes less the five that STREAM counts with.
const NONCE: usize = 19;

/// The key that all file keys come from: the database's own, so that both die together.
#[derive(Clone)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// From the database's key.
    pub fn from_database_key(key: &[u8; 32]) -> Self {
        Self(*key)
    }

    fn for_file(&self, name: &Hash) -> Answer<XChaCha20Poly1305> {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(Some(b"gridwalk photo file 1"), &self.0)
            .expand(&name.0, &mut key)
            .map_err(Failure::internal)?;
        Ok(XChaCha20Poly1305::new(&key.into()))
    }

    /// What is written to disk for the file of this name. `random` is fresh for every call.
    pub fn seal(&self, name: &Hash, plain: &[u8], random: [u8; NONCE]) -> Answer<Vec<u8>> {
        let mut stream = EncryptorBE32::from_aead(self.for_file(name)?, (&random).into());
        let mut sealed = Vec::with_capacity(NONCE + plain.len() + (plain.len() / FRAME + 1) * TAG);
        sealed.extend(random);
        let mut frames = plain.chunks(FRAME).peekable();
        while let Some(frame) = frames.next() {
            if frames.peek().is_none() {
                sealed.extend(stream.encrypt_last(frame).map_err(|_| unsealed())?);
                return Ok(sealed);
            }
            sealed.extend(stream.encrypt_next(frame).map_err(|_| unsealed())?);
        }
        sealed.extend(stream.encrypt_last(&[][..]).map_err(|_| unsealed())?);
        Ok(sealed)
    }

    /// The bytes again, checked against every frame's tag and the name.
    pub fn open(&self, name: &Hash, sealed: &[u8]) -> Answer<Vec<u8>> {
        let (random, body) = sealed.split_at_checked(NONCE).ok_or_else(unsealed)?;
        let mut stream = DecryptorBE32::from_aead(self.for_file(name)?, random.into());
        let mut plain = Vec::with_capacity(body.len());
        let mut frames = body.chunks(FRAME + TAG).peekable();
        while let Some(frame) = frames.next() {
            if frames.peek().is_none() {
                plain.extend(stream.decrypt_last(frame).map_err(|_| unsealed())?);
                break;
            }
            plain.extend(stream.decrypt_next(frame).map_err(|_| unsealed())?);
        }
        if Hash::of(&plain) != *name {
            return Err(unsealed());
        }
        Ok(plain)
    }
}

fn unsealed() -> Failure {
    Failure::new(
        Code::StorageBroken,
        "a sealed file is damaged or has another key",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SealKey {
        SealKey::from_database_key(&[7; 32])
    }

    #[test]
    fn what_was_sealed_opens_whatever_its_length() {
        for length in [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME] {
            let plain: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let name = Hash::of(&plain);
            let sealed = key().seal(&name, &plain, [9; NONCE]).unwrap();
            assert_eq!(key().open(&name, &sealed).unwrap(), plain);
        }
    }

    #[test]
    fn one_flipped_bit_a_cut_frame_or_another_key_opens_nothing() {
        let plain = vec![1; FRAME + 5];
        let name = Hash::of(&plain);
        let sealed = key().seal(&name, &plain, [9; NONCE]).unwrap();
        for at in [0, NONCE, NONCE + FRAME, sealed.len() - 1] {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(key().open(&name, &damaged).is_err(), "bit at {at}");
        }
        assert!(key().open(&name, &sealed[..NONCE + FRAME + TAG]).is_err());
        assert!(key().open(&name, &[]).is_err());
        assert!(
            SealKey::from_database_key(&[8; 32])
                .open(&name, &sealed)
                .is_err()
        );
        assert!(key().open(&Hash::of(b"another"), &sealed).is_err());
    }

    #[test]
    fn a_sealed_file_does_not_show_what_it_holds() {
        let plain = "听雨苑3幢2单元502".repeat(50).into_bytes();
        let sealed = key().seal(&Hash::of(&plain), &plain, [9; NONCE]).unwrap();
        let needle = "听雨苑".as_bytes();
        assert!(!sealed.windows(needle.len()).any(|window| window == needle));
    }
}
