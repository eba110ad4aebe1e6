//! What the server signs when it enrols a device: whose it is and with which key it signs. The device shows it to a server
//! that was restored from a backup older than the enrolment, and colleagues show it for a device that is lost. The server
//! believes its own signature, not the one who shows it.

use crate::{
    ids::{DeviceId, PersonId},
    time::Timestamp,
};
use ed25519_dalek::{Signature, VerifyingKey};
use minicbor::{
    Decode, Encode,
    bytes::{ByteArray, ByteVec},
};

/// What the signature is for; it stands before the signed bytes, with a zero byte between.
pub const PURPOSE: &str = "gridwalk certificate 1";

/// What the server says of a device.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Certificate {
    /// Which.
    #[n(0)]
    pub device: DeviceId,
    /// Whose acts it may sign; nobody's for a process of the server itself, which writes for whoever clicked.
    #[n(1)]
    pub worker: Option<PersonId>,
    /// The worker's role at enrolment, as a word; empty for a process of the server.
    #[n(2)]
    pub role: String,
    /// Ed25519; zeros for a process of the server.
    #[n(3)]
    pub key: ByteArray<32>,
    /// When, by the server's clock.
    #[n(4)]
    pub enrolled_at: Timestamp,
}

#[derive(Encode, Decode)]
struct Signed {
    #[n(0)]
    certificate: ByteVec,
    #[n(1)]
    signature: ByteVec,
}

/// The certificate as it travels, signed by `sign`, which puts [`PURPOSE`] and a zero byte before what it is given.
pub fn issue(certificate: &Certificate, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> Vec<u8> {
    // writing to memory does not fail; if it did, nobody would take the signature of nothing
    let bytes = minicbor::to_vec(certificate).unwrap_or_default();
    let signature = sign(&bytes).to_vec().into();
    let certificate = bytes.into();
    minicbor::to_vec(Signed {
        certificate,
        signature,
    })
    .unwrap_or_default()
}

/// What it says, if the server with this key signed it.
pub fn verify(key: &VerifyingKey, bytes: &[u8]) -> Option<Certificate> {
    let signed: Signed = minicbor::decode(bytes).ok()?;
    let signature = Signature::from_slice(&signed.signature).ok()?;
    let message = [PURPOSE.as_bytes(), &[0], &signed.certificate].concat();
    key.verify_strict(&message, &signature).ok()?;
    minicbor::decode(&signed.certificate).ok()
}

/// Which device it speaks of, believed or not: for whoever only passes it on.
pub fn device(bytes: &[u8]) -> Option<DeviceId> {
    let signed: Signed = minicbor::decode(bytes).ok()?;
    let certificate: Certificate = minicbor::decode(&signed.certificate).ok()?;
    Some(certificate.device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};
    use uuid::Uuid;

    fn certificate() -> Certificate {
        Certificate {
            device: DeviceId(Uuid::from_u128(9)),
            worker: Some(PersonId(Uuid::from_u128(1))),
            role: "lead".into(),
            key: [7; 32].into(),
            enrolled_at: Timestamp(1_789_351_200_000),
        }
    }

    fn signed_by(key: &SigningKey) -> Vec<u8> {
        issue(&certificate(), |bytes| {
            key.sign(&[PURPOSE.as_bytes(), &[0], bytes].concat())
                .to_bytes()
        })
    }

    #[test]
    fn the_server_believes_its_own_signature_and_no_other() {
        let (server, other) = (
            SigningKey::from_bytes(&[1; 32]),
            SigningKey::from_bytes(&[2; 32]),
        );
        let bytes = signed_by(&server);
        assert_eq!(verify(&server.verifying_key(), &bytes), Some(certificate()));
        assert_eq!(verify(&other.verifying_key(), &bytes), None);
        assert_eq!(device(&bytes), Some(certificate().device));
    }

    #[test]
    fn one_changed_byte_or_a_cut_makes_it_worthless() {
        let server = SigningKey::from_bytes(&[1; 32]);
        let bytes = signed_by(&server);
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_eq!(verify(&server.verifying_key(), &changed), None, "{place}");
            assert_eq!(verify(&server.verifying_key(), &bytes[..place]), None);
        }
    }
}
