//! Messages: requests, answers, envelopes.

use super::bounds::within;
use crate::process::Outcome;
use ed25519_dalek::SigningKey;
use gridwalk_core::sync::{
    envelope::{self, sign},
    frame::{self, Body, Effort},
    message::{Envelope, Request, Response, Upload},
};
use std::fmt::Debug;

/// A body as it travels: read in bounds, and what was read can be sent and read again.
pub fn frame_cbor(bytes: &[u8]) {
    both::<Request>(bytes);
    both::<Response>(bytes);
}

fn both<M: Body + PartialEq + Debug>(bytes: &[u8]) {
    let Ok(message) = within(500, 96, || frame::decode::<M>(bytes)) else {
        return;
    };
    if let Ok(body) = frame::encode(&message, Effort::Fast) {
        let again: M = frame::decode(&body).expect("what we send can be read");
        assert_eq!(again, message);
    }
}

/// An envelope that its device really signed, with any content, over any changes.
pub fn envelope_cbor(bytes: &[u8]) {
    let key = SigningKey::from_bytes(&[7; 32]);
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let (envelope, body) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
    // Signed by hand: the sealing of honest phones would never write such bytes.
    let domain = [b"gridwalk envelope 1\0", envelope].concat();
    let signature = ed25519_dalek::Signer::sign(&key, &domain).to_bytes();
    let documents = frame::decode::<Request>(body)
        .ok()
        .and_then(|request| request.upload)
        .map(|upload| upload.documents)
        .unwrap_or_default();
    let upload = Upload {
        envelope: envelope.to_vec().into(),
        signature: signature.to_vec().into(),
        documents,
        blobs: Vec::new(),
        certificates: None,
    };
    match within(500, 64, || envelope::verify(&key.verifying_key(), &upload)) {
        Ok((read, hashes)) => {
            assert_eq!(read.count as usize, hashes.len());
            let (again, _) = sign(&key, &read);
            assert_eq!(minicbor::decode::<Envelope>(&again).ok(), Some(read));
        }
        Err(error) => {
            assert_ne!(
                error,
                envelope::EnvelopeError::Signature,
                "the signature fits"
            );
        }
    }
}

/// The wire samples that are kept for ever.
pub fn frames() -> Outcome<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for file in std::fs::read_dir(WIRE)? {
        let path = file?.path();
        let bytes = std::fs::read(&path)?;
        match path.extension().and_then(|end| end.to_str()) {
            Some("body") => all.push(bytes),
            Some("cbor") => all.push([&[0][..], &bytes].concat()),
            _ => {}
        }
    }
    all.sort_unstable();
    Ok(all)
}

/// The sample envelope with and without its changes.
pub fn envelopes() -> Outcome<Vec<Vec<u8>>> {
    let envelope = std::fs::read(format!("{WIRE}/envelope.cbor"))?;
    let body = std::fs::read(format!("{WIRE}/request-upload.body"))?;
    let with = |body: &[u8]| {
        let length = (envelope.len() as u16).to_le_bytes();
        [&length[..], &envelope, body].concat()
    };
    Ok(vec![with(&body), with(&[])])
}

/// The folder of the samples.
pub const WIRE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/wire/v1");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_envelope_passes_the_signature_and_names_its_changes() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let seed = &envelopes().unwrap()[0];
        let length = usize::from(u16::from_le_bytes([seed[0], seed[1]]));
        let read: Envelope = minicbor::decode(&seed[2..2 + length]).unwrap();
        assert!(read.count > 0);
        let upload = frame::decode::<Request>(&seed[2 + length..])
            .unwrap()
            .upload
            .unwrap();
        let signature = sign(&key, &read).1.to_vec();
        let signed = Upload {
            signature: signature.into(),
            ..upload
        };
        envelope::verify(&key.verifying_key(), &signed).unwrap();
    }
}
