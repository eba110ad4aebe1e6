//! What devices signed, chained per device.

use crate::{
    error::Result,
    store::{Connection, OptionalExtension, params},
};
use gridwalk_core::{
    ids::{DeviceId, Hash},
    sync::{
        envelope::{Chain, chain},
        message::Envelope,
    },
    time::Timestamp,
};

/// An envelope whose signature fits.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What it says.
    pub envelope: Envelope,
    /// Its hash.
    pub hash: Hash,
    /// Exactly what was signed.
    pub bytes: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// Keeps an envelope and says how it continues its device's last one. A break is recorded, never a reason to refuse.
pub fn keep(connection: &Connection, signed: &Signed, now: Timestamp) -> Result<Chain> {
    let device = signed.envelope.device;
    connection.lock("select id from device where id = ?1 for update", [device.0])?;
    let chain = chain(last(connection, device)?, &signed.envelope, &signed.hash);
    let word = match chain {
        Chain::Again => return Ok(chain),
        Chain::Next => "next",
        Chain::Gap => "gap",
        Chain::Fork => "fork",
    };
    connection.execute(
        "insert into envelope (hash, device, number, previous, chain, bytes, signature, received_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) on conflict do nothing",
        params![
            signed.hash.0,
            device.0,
            signed.envelope.number.cast_signed(),
            signed.envelope.previous.0,
            word,
            signed.bytes,
            signed.signature,
            now.0
        ],
    )?;
    connection.execute(
        "update device set seen_at = ?2 where id = ?1",
        params![device.0, now.0],
    )?;
    Ok(chain)
}

fn last(connection: &Connection, device: DeviceId) -> Result<Option<(u64, Hash)>> {
    Ok(connection
        .query_row(
            "select number, hash from envelope where device = ?1 order by number desc, received_at desc limit 1",
            [device.0],
            |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), Hash(row.get(1)?))),
        )
        .optional()?)
}
