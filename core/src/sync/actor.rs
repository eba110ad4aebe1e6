//! Whose hand wrote a change. The actor is computed, not chosen, so that the server can tell a forged one without a
//! table of certificates, and a phone can tell which incarnation it lost.

use crate::ids::{DeviceId, DocumentId};
use sha2::{Digest as _, Sha256};

/// The actor of `device` in `document`. `incarnation` grows whenever an actor is retired: after a new installation, a
/// restore or clone, and any purge, refusal or re-download of the document; a retired one is never used again.
pub fn actor(device: DeviceId, document: DocumentId, incarnation: u64) -> [u8; 16] {
    let hash = Sha256::new()
        .chain_update(b"gridwalk actor 1\0")
        .chain_update(device.as_bytes())
        .chain_update(document.as_bytes())
        .chain_update(incarnation.to_be_bytes())
        .finalize();
    let mut actor = [0; 16];
    actor.copy_from_slice(&hash[..16]);
    actor
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_actor_never_changes_its_bytes_and_differs_by_device_document_and_incarnation() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let one = actor(a.into(), b.into(), 1);
        assert_eq!(hex::encode(one), "474efed8206fe23bdd80ecb701578d63");
        for other in [
            actor(b.into(), b.into(), 1),
            actor(a.into(), a.into(), 1),
            actor(a.into(), b.into(), 2),
        ] {
            assert_ne!(one, other);
        }
    }
}
