//! How a phone comes to belong to a worker: a one-time code, and a signing key that never leaves the encrypted database.

use crate::{
    Phone,
    database::{Database, fact, set_fact},
    documents::Identity,
    error::{Answer, Failure},
    pack, reference,
    sync::{Link, address},
    view::PhoneStatus,
};
use ed25519_dalek::SigningKey;
use gridwalk_core::{error::Code, ids::DeviceId, reference::Person};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The fact that holds what the centre signed about this phone.
pub(crate) const CERTIFICATE: &str = "certificate";

/// Who this phone is.
pub(crate) struct Enrolment {
    pub identity: Identity,
    pub server: String,
    pub extra_root: Option<Arc<[u8]>>,
}

/// As it stands in the database.
#[derive(Serialize, Deserialize)]
struct Stored {
    device: DeviceId,
    worker: Person,
    signing_key: String,
    server: String,
    extra_root: Option<String>,
}

impl Stored {
    /// The centre's row of the worker knows of grids that came later, or are gone.
    fn identity(&self, db: &rusqlite::Connection) -> Answer<Identity> {
        let known = reference::person(db, self.worker.id)?;
        let mut key = [0; 32];
        hex::decode_to_slice(&self.signing_key, &mut key).map_err(Failure::internal)?;
        Ok(Identity {
            device: self.device,
            worker: known.unwrap_or_else(|| self.worker.clone()),
            signing_key: SigningKey::from_bytes(&key),
        })
    }
}

/// Whose hand writes, read inside a transaction.
pub(crate) fn identity(db: &rusqlite::Connection) -> Answer<Option<Identity>> {
    let stored: Option<Stored> = fact(db, "enrolment")?;
    stored.map(|stored| stored.identity(db)).transpose()
}

/// Who this phone is, if it is enrolled.
pub(crate) fn read(database: &Database) -> Answer<Option<Enrolment>> {
    let read = database.read(|db| {
        let stored: Option<Stored> = fact(db, "enrolment")?;
        let identity = stored.as_ref().map(|stored| stored.identity(db));
        Ok(stored.zip(identity.transpose()?))
    })?;
    let Some((stored, identity)) = read else {
        return Ok(None);
    };
    let extra_root = stored
        .extra_root
        .map(|der| hex::decode(der).map_err(Failure::internal))
        .transpose()?;
    Ok(Some(Enrolment {
        identity,
        server: stored.server,
        extra_root: extra_root.map(Into::into),
    }))
}

impl Phone {
    /// After news of the centre: the worker may have other grids by now.
    pub(crate) fn renew_worker(&self) -> Answer<()> {
        let Some(who) = self.enrolment() else {
            return Ok(());
        };
        let known = self.database().read(identity)?;
        if known.is_some_and(|known| known.worker != who.identity.worker) {
            self.read_enrolment()?;
        }
        Ok(())
    }

    /// Hands in a one-time code. `server` may carry the centre's own certificate behind a hash.
    pub async fn enrol(&self, server: String, code: String) -> Answer<PhoneStatus> {
        if self.enrolment().is_some() {
            return Err(Failure::new(
                Code::AlreadyRecorded,
                "this phone is enrolled already",
            ));
        }
        let (server, root) = address(&server)?;
        let key = SigningKey::from_bytes(&self.ports().dice.roll()?);
        let link = Link {
            exchange: self.ports().exchange.clone(),
            server: server.clone(),
            extra_root: root.clone().map(Into::into),
        };
        let enrolled = link
            .enrol(&code, &key.verifying_key().to_bytes(), crate::sync::APP)
            .await?;
        let server_key = enrolled.server_key;
        let stored = Stored {
            device: enrolled.device,
            worker: enrolled.worker,
            signing_key: hex::encode(key.to_bytes()),
            server,
            extra_root: root.map(hex::encode),
        };
        let certificate = enrolled.certificate;
        self.off_the_loop(move |phone| {
            phone.database().write(|db| {
                if let Some(certificate) = &certificate {
                    set_fact(db, CERTIFICATE, certificate)?;
                }
                set_fact(db, "enrolment", &stored)?;
                // what a pack's manifest is checked with; a centre of before there were packs says none
                server_key.map_or(Ok(()), |key| set_fact(db, pack::SERVER_KEY, &key))
            })?;
            phone.read_enrolment()
        })
        .await?;
        self.wake(true);
        self.status()
    }
}
