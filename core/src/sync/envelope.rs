//! One signature per upload: the device signs the list of change hashes, chained to its envelope before, so that what it
//! sent, and in which order, can be shown later. Hashes cover content and dependencies, so one signature covers the
//! history beneath it too.

use super::{
    limits,
    message::{DocumentChanges, Envelope, Upload},
};
use crate::{
    error::Code,
    ids::{DeviceId, Hash, PersonId},
    time::Timestamp,
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

const DOMAIN: &[u8] = b"gridwalk envelope 1\0";

/// Why an upload was refused as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The envelope does not parse.
    #[error("the envelope does not parse")]
    Malformed,
    /// The signature is not this device's over these bytes.
    #[error("the signature does not fit the envelope")]
    Signature,
    /// The changes carried are not those that were signed.
    #[error("the changes are not those that were signed")]
    Changes,
    /// More changes or blobs than one upload may hold, or a blob too large to travel here.
    #[error("the upload holds too much")]
    TooBig,
}

impl EnvelopeError {
    /// What the screen translates.
    pub fn code(self) -> Code {
        match self {
            Self::Malformed => Code::BodyMalformed,
            Self::Signature | Self::Changes => Code::SignatureBad,
            Self::TooBig => Code::BodyTooBig,
        }
    }
}

/// The name of a raw change: the hash that Automerge gives it, computed without reading it. Bytes too short to be a
/// change have a name too.
pub fn change_hash(raw: &[u8]) -> Hash {
    // magic (4) and checksum (4) are not part of what is hashed
    Hash::of(raw.get(8..).unwrap_or(raw))
}

/// The hash of a list of change hashes, as an envelope carries it.
pub fn list_hash<'a>(changes: impl IntoIterator<Item = &'a Hash>) -> Hash {
    let mut sha = Sha256::new().chain_update(b"gridwalk changes 1\0");
    for change in changes {
        sha.update(change.0);
    }
    Hash(sha.finalize().into())
}

/// The hashes of an upload's changes, in the order in which the server answers them.
pub fn hashes(documents: &[DocumentChanges]) -> Vec<Hash> {
    let raw = documents.iter().flat_map(|document| &document.changes);
    raw.map(|bytes| change_hash(bytes)).collect()
}

/// What a device says about an upload, beside the changes themselves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// Which device.
    pub device: DeviceId,
    /// Whose acts these are.
    pub worker: PersonId,
    /// Number and hash of the device's envelope before; none for the first.
    pub previous: Option<(u64, Hash)>,
    /// The phone's clock.
    pub phone_clock: Timestamp,
    /// Its offset to the server's.
    pub clock_ahead_ms: i64,
    /// App version.
    pub app: String,
}

/// An upload that is ready to be sent, and what the phone must remember of it *before* it sends it.
#[derive(Clone, PartialEq, Debug)]
pub struct Sealed {
    /// To be sent.
    pub upload: Upload,
    /// Its number: a feed will name these changes by it.
    pub number: u64,
    /// Its hash: the answer names it, and so does the next envelope.
    pub hash: Hash,
    /// Its changes, in the order of the answer.
    pub changes: Vec<Hash>,
}

/// Signs `documents` and packs them up with `blobs`.
pub fn seal(
    key: &SigningKey,
    sender: &Sender,
    documents: Vec<DocumentChanges>,
    blobs: Vec<Vec<u8>>,
) -> Sealed {
    let changes = hashes(&documents);
    let (last, previous) = sender.previous.unwrap_or((0, Hash([0; 32])));
    let number = last.saturating_add(1);
    let (envelope, signature) = sign(
        key,
        &Envelope {
            device: sender.device,
            worker: sender.worker,
            number,
            previous,
            changes: list_hash(&changes),
            count: u32::try_from(changes.len()).unwrap_or(u32::MAX),
            phone_clock: sender.phone_clock,
            clock_ahead_ms: sender.clock_ahead_ms,
            app: sender.app.clone(),
        },
    );
    Sealed {
        number,
        hash: envelope_hash(&envelope),
        changes,
        upload: Upload {
            envelope: envelope.into(),
            signature: signature.to_vec().into(),
            documents,
            blobs: blobs.into_iter().map(Into::into).collect(),
            certificates: None,
        },
    }
}

/// Encodes and signs; the bytes returned are the very bytes that were signed.
pub fn sign(key: &SigningKey, envelope: &Envelope) -> (Vec<u8>, [u8; 64]) {
    // writing to memory does not fail; if it did, nobody would take the signature of nothing
    let bytes = minicbor::to_vec(envelope).unwrap_or_default();
    let signature = key.sign(&message(&bytes)).to_bytes();
    (bytes, signature)
}

/// The envelope and the hashes of the changes of `upload`, if `key` signed exactly them. Whether the envelope's device
/// is the one that is speaking is for the caller to compare.
pub fn verify(key: &VerifyingKey, upload: &Upload) -> Result<(Envelope, Vec<Hash>), EnvelopeError> {
    verify_by(key, upload, change_hash)
}

/// The same for whoever looks at each change anyway: `name` is asked once for each, in their order, and only when the
/// signature is good.
pub fn verify_by<'a>(
    key: &VerifyingKey,
    upload: &'a Upload,
    name: impl FnMut(&'a [u8]) -> Hash,
) -> Result<(Envelope, Vec<Hash>), EnvelopeError> {
    let changes: usize = upload
        .documents
        .iter()
        .map(|group| group.changes.len())
        .sum();
    let large = upload
        .blobs
        .iter()
        .any(|blob| blob.len() > limits::UPLOAD_BLOB);
    if changes > limits::UPLOAD_CHANGES || upload.blobs.len() > limits::UPLOAD_BLOBS || large {
        return Err(EnvelopeError::TooBig);
    }
    let signature =
        Signature::from_slice(&upload.signature).map_err(|_| EnvelopeError::Signature)?;
    key.verify_strict(&message(&upload.envelope), &signature)
        .map_err(|_| EnvelopeError::Signature)?;
    let envelope: Envelope =
        minicbor::decode(&upload.envelope).map_err(|_| EnvelopeError::Malformed)?;
    let raw = upload.documents.iter().flat_map(|group| &group.changes);
    let hashes: Vec<Hash> = raw.map(|bytes| &bytes[..]).map(name).collect();
    if usize::try_from(envelope.count) != Ok(hashes.len()) || list_hash(&hashes) != envelope.changes
    {
        return Err(EnvelopeError::Changes);
    }
    Ok((envelope, hashes))
}

/// The hash of encoded envelope bytes: what the device's next envelope names as `previous`, and what an answer names.
pub fn envelope_hash(bytes: &[u8]) -> Hash {
    Hash::of(&message(bytes))
}

fn message(bytes: &[u8]) -> Vec<u8> {
    [DOMAIN, bytes].concat()
}

/// How an envelope continues what its device sent before. A break is kept and shown, never a reason to refuse work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chain {
    /// The next one.
    Next,
    /// The last one again.
    Again,
    /// Some in between never arrived.
    Gap,
    /// An older number, or the same with other content: an old copy, a clone or a restored phone.
    Fork,
}

/// Compares an envelope with the device's `last` (number, hash); none before the first.
pub fn chain(last: Option<(u64, Hash)>, envelope: &Envelope, hash: &Hash) -> Chain {
    let (number, previous) = last.unwrap_or((0, Hash([0; 32])));
    match envelope.number.checked_sub(number) {
        Some(0) if *hash == previous => Chain::Again,
        Some(1) if envelope.previous == previous => Chain::Next,
        Some(0 | 1) | None => Chain::Fork,
        Some(_) => Chain::Gap,
    }
}
