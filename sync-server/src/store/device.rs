//! Devices, their codes and tokens.

use crate::{
    auth::{
        device::Phone,
        enrol::{CODE_TRIES, EnrolCode},
    },
    error::{Error, Result},
    server_key::ServerKey,
    store::{Connection, OptionalExtension, params, person},
};
use ed25519_dalek::VerifyingKey;
use gridwalk_core::{
    act::Role,
    error::Code,
    ids::{DeviceId, GridId, PersonId},
    reference::{self, ReferenceKind},
    sync::certificate::{self, Certificate},
    time::Timestamp,
};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Writes down a new code for a worker.
pub fn add_code(
    connection: &Connection,
    code: &EnrolCode,
    worker: PersonId,
    now: Timestamp,
    life_ms: i64,
) -> Result<()> {
    connection.execute(
        "insert into enrol_code (id, secret_hash, worker, made_at, expires_at) values (?1, ?2, ?3, ?4, ?5)",
        params![code.id, code.secret_hash(), worker.0, now.0, now.plus_ms(life_ms).0],
    )?;
    Ok(())
}

/// Whether a code with this public half was ever made.
pub fn is_code(connection: &Connection, id: &str) -> Result<bool> {
    Ok(connection
        .query_row("select 1 from enrol_code where id = ?1", [id], |_| Ok(()))
        .optional()?
        .is_some())
}

/// What became of a code that somebody sent.
pub enum Redeemed {
    /// The device is enrolled for this worker.
    Enrolled(PersonId),
    /// It is not, and this is why. The try was counted, so this is no error of the transaction.
    Not(Code),
}

/// Burns a code and makes the device, in the caller's transaction: both or neither.
pub fn redeem_code(
    connection: &Connection,
    code: &EnrolCode,
    device: DeviceId,
    key: &VerifyingKey,
    app: &str,
    now: Timestamp,
) -> Result<Redeemed> {
    let worker = match code_of(connection, code, now)? {
        Ok(worker) => worker,
        Err(refused) => return Ok(Redeemed::Not(refused)),
    };
    let role = person::role(connection, worker)?.ok_or(Error::NotFound)?;
    burn(connection, code, device, now)?;
    connection.execute(
        "insert into device (id, worker, role, public_key, app, enrolled_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![device.0, worker.0, person::word(&role)?, key.as_bytes(), app, now.0],
    )?;
    Ok(Redeemed::Enrolled(worker))
}

/// For whom a code was made, if it is the right one and still good. A wrong try is counted.
fn code_of(
    connection: &Connection,
    code: &EnrolCode,
    now: Timestamp,
) -> Result<Result<PersonId, Code>> {
    let row = connection
        .query_row(
            "select secret_hash, worker, expires_at, tries, used_at is not null from enrol_code where id = ?1 for update",
            [&code.id],
            |row| {
                Ok((
                    row.get::<_, [u8; 32]>(0)?,
                    row.get::<_, Uuid>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, i64>(3)?,
                    row.get::<_, bool>(4)?,
                ))
            },
        )
        .optional()?;
    let Some((secret_hash, worker, expires_at, tries, used)) = row else {
        return Ok(Err(Code::CodeWrong));
    };
    let right: bool = secret_hash.ct_eq(&code.secret_hash()).into();
    if !right {
        connection.execute(
            "update enrol_code set tries = tries + 1 where id = ?1",
            [&code.id],
        )?;
        return Ok(Err(Code::CodeWrong));
    }
    if used {
        return Ok(Err(Code::CodeUsed));
    }
    // A code that somebody guessed at five times is as good as expired: ask for another.
    if tries >= CODE_TRIES || now.0 >= expires_at {
        return Ok(Err(Code::CodeExpired));
    }
    Ok(Ok(PersonId(worker)))
}

fn burn(connection: &Connection, code: &EnrolCode, device: DeviceId, now: Timestamp) -> Result<()> {
    connection.execute(
        "update enrol_code set used_at = ?2, device = ?3 where id = ?1",
        params![code.id, now.0, device.0],
    )?;
    Ok(())
}

/// Keeps what opens this phone when its PIN was forgotten; the last one counts.
pub fn keep_recovery(
    connection: &Connection,
    device: DeviceId,
    secret: &[u8; 32],
    now: Timestamp,
) -> Result<()> {
    connection.execute(
        "insert into device_recovery (device, secret, at) values (?1, ?2, ?3)
         on conflict (device) do update set secret = excluded.secret, at = excluded.at",
        params![device.0, secret, now.0],
    )?;
    Ok(())
}

/// What became of a code that was handed in for a forgotten PIN.
pub enum Recovered {
    /// The code was right; this opens the phone, if the phone ever left something here.
    With(Option<[u8; 32]>),
    /// It was not, and this is why. The try was counted.
    Not(Code),
}

/// Burns a code of the phone's own worker and gives out what opens the phone. A code of somebody else burns nothing and is
/// no code; a revoked phone stays closed.
pub fn recover(
    connection: &Connection,
    code: &EnrolCode,
    device: DeviceId,
    now: Timestamp,
) -> Result<Recovered> {
    let worker = match code_of(connection, code, now)? {
        Ok(worker) => worker,
        Err(refused) => return Ok(Recovered::Not(refused)),
    };
    let Some(phone) = by_id(connection, device, now)? else {
        return Ok(Recovered::Not(Code::CodeWrong));
    };
    if phone.worker != worker {
        return Ok(Recovered::Not(Code::CodeWrong));
    }
    if phone.revoked {
        return Ok(Recovered::Not(Code::DeviceRevoked));
    }
    burn(connection, code, device, now)?;
    let secret = connection
        .query_row(
            "select secret from device_recovery where device = ?1",
            [device.0],
            |row| row.get::<_, [u8; 32]>(0),
        )
        .optional()?;
    Ok(Recovered::With(secret))
}

/// Keeps the hash of a token, and forgets the device's ended ones.
pub fn add_token(
    connection: &Connection,
    hash: &[u8; 32],
    device: DeviceId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    connection.execute(
        "delete from token where device = ?1 and expires_at <= ?2",
        params![device.0, now.0],
    )?;
    connection.execute(
        "insert into token (hash, device, expires_at) values (?1, ?2, ?3)",
        params![hash, device.0, expires_at.0],
    )?;
    Ok(())
}

/// The phone that holds this token, if the token is still good.
pub fn by_token(connection: &Connection, hash: &[u8; 32], now: Timestamp) -> Result<Option<Phone>> {
    let device = connection
        .prepare_cached("select device from token where hash = ?1 and expires_at > ?2")?
        .query_row(params![hash, now.0], |row| row.get::<_, Uuid>(0))
        .optional()?;
    match device {
        Some(device) => by_id(connection, DeviceId(device), now),
        None => Ok(None),
    }
}

/// A phone with what its worker may reach at this moment.
pub fn by_id(connection: &Connection, device: DeviceId, now: Timestamp) -> Result<Option<Phone>> {
    let row = connection
        .prepare_cached(
            "select worker, role, public_key, revoked_at is not null from device where id = ?1",
        )?
        .query_row([device.0], |row| {
            Ok((
                row.get::<_, Uuid>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, [u8; 32]>(2)?,
                row.get::<_, bool>(3)?,
            ))
        })
        .optional()?;
    let Some((worker, enrolled_as, key, revoked)) = row else {
        return Ok(None);
    };
    let worker = PersonId(worker);
    let enrolled_as = person::parse(&enrolled_as)?;
    Ok(Some(Phone {
        device,
        worker,
        enrolled_as,
        // somebody who left has no row and no grids
        role: person::role(connection, worker)?.unwrap_or(enrolled_as),
        department: person::department(connection, worker)?,
        grids: person::grids_on(connection, worker, now.local_date())?,
        key: VerifyingKey::from_bytes(&key)
            .map_err(|error| Error::internal("device key", error))?,
        revoked,
    }))
}

/// The key of a device that signs nothing: the server's own, and those of the demo street's history.
pub const NO_KEY: [u8; 32] = [0; 32];

/// A line of `device list`.
pub struct Listed {
    /// Which.
    pub device: DeviceId,
    /// Whose, by login or id.
    pub worker: String,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// Last upload.
    pub seen_at: Option<Timestamp>,
    /// Since when not any more.
    pub revoked_at: Option<Timestamp>,
}

/// Every enrolled phone, newest last.
pub fn list(connection: &Connection) -> Result<Vec<Listed>> {
    let mut statement = connection.prepare_cached(
        "select id, worker, enrolled_at, seen_at, revoked_at from device
         where public_key <> ?1 order by enrolled_at, id",
    )?;
    let rows = statement.query_map([NO_KEY], |row| {
        Ok((
            PersonId(row.get(1)?),
            Listed {
                device: DeviceId(row.get(0)?),
                worker: String::new(),
                enrolled_at: Timestamp(row.get(2)?),
                seen_at: row.get::<_, Option<i64>>(3)?.map(Timestamp),
                revoked_at: row.get::<_, Option<i64>>(4)?.map(Timestamp),
            },
        ))
    })?;
    let mut listed = Vec::new();
    for row in rows {
        let (worker, device) = row?;
        listed.push(Listed {
            worker: person::login(connection, worker)?.unwrap_or_else(|| worker.to_string()),
            ..device
        });
    }
    Ok(listed)
}

/// Revokes a device and forgets its tokens in one transaction. False when there is none.
pub fn revoke(connection: &Connection, device: DeviceId, now: Timestamp) -> Result<bool> {
    let revoked = connection.execute(
        "update device set revoked_at = coalesce(revoked_at, ?2) where id = ?1",
        params![device.0, now.0],
    )?;
    connection.execute("delete from token where device = ?1", [device.0])?;
    Ok(revoked == 1)
}

/// What this server signs about a device that it enrolled, as it travels; made when it is first asked for, so that phones of
/// before get theirs too. None for a device that is not here.
pub fn certificate(connection: &Connection, device: DeviceId) -> Result<Option<Vec<u8>>> {
    let row = connection
        .prepare_cached(
            "select worker, role, public_key, enrolled_at, certificate from device where id = ?1",
        )?
        .query_row([device.0], |row| {
            Ok((
                Certificate {
                    device,
                    worker: Some(PersonId(row.get(0)?)),
                    role: row.get(1)?,
                    key: row.get::<_, [u8; 32]>(2)?.into(),
                    enrolled_at: Timestamp(row.get(3)?),
                },
                row.get::<_, Option<Vec<u8>>>(4)?,
            ))
        })
        .optional()?;
    match row {
        None => Ok(None),
        Some((_, Some(known))) => Ok(Some(known)),
        Some((certificate, None)) => {
            let issued = issue(connection, &certificate)?;
            connection.execute(
                "update device set certificate = ?2 where id = ?1",
                params![device.0, issued],
            )?;
            Ok(Some(issued))
        }
    }
}

fn issue(connection: &Connection, certificate: &Certificate) -> Result<Vec<u8>> {
    let key = ServerKey::make(connection)?;
    Ok(certificate::issue(certificate, |bytes| {
        key.sign(certificate::PURPOSE, bytes)
    }))
}

/// Tells the readers of a grid who this device is, once, because it writes there: they can then bring back what it wrote,
/// should this store lose it. A device without a row is a process of the server itself.
pub fn announce(
    connection: &Connection,
    device: DeviceId,
    grid: GridId,
    now: Timestamp,
) -> Result<()> {
    let id = format!("{device}@{grid}");
    let told = connection
        .prepare_cached("select 1 from reference where kind = 'device' and id = ?1")?
        .exists([&id])?;
    if told {
        return Ok(());
    }
    let certificate = match certificate(connection, device)? {
        Some(certificate) => certificate,
        None => issue(
            connection,
            &Certificate {
                device,
                worker: None,
                role: String::new(),
                key: [0; 32].into(),
                enrolled_at: now,
            },
        )?,
    };
    let row = reference::Device {
        device,
        grid,
        certificate: hex::encode(certificate),
    };
    super::reference::put(connection, ReferenceKind::Device, &id, Some(grid), &row)
}

/// Believes a certificate of this server: a device whose row was lost with an older store has one again, revoked if the
/// ledger says so. False when this server did not sign it.
pub fn recognise(connection: &Connection, bytes: &[u8]) -> Result<bool> {
    let key = ServerKey::make(connection)?;
    let Some(said) = certificate::verify(&key.public(), bytes) else {
        return Ok(false);
    };
    let worker = said.worker.unwrap_or(PersonId(Uuid::nil()));
    let role = match said.worker {
        Some(_) => said.role,
        // nobody's device: whoever clicked stands in the change itself
        None => person::word(&Role::Dispatcher)?,
    };
    let revoked_at: Option<i64> = connection
        .prepare_cached("select revoked_at from revoked where device = ?1")?
        .query_row([said.device.0], |row| row.get(0))
        .optional()?;
    let key: [u8; 32] = said.key.into();
    connection.execute(
        "insert into device (id, worker, role, public_key, app, enrolled_at, revoked_at, certificate)
         values (?1, ?2, ?3, ?4, '', ?5, ?6, ?7) on conflict (id) do nothing",
        params![
            said.device.0,
            worker.0,
            role,
            key,
            said.enrolled_at.0,
            revoked_at,
            bytes
        ],
    )?;
    Ok(true)
}

/// Whose acts a device may sign, and the roles in which; none when it is not known. A process of the server has nobody's.
pub fn writer(connection: &Connection, device: DeviceId) -> Result<Option<(PersonId, Vec<Role>)>> {
    let row = connection
        .prepare_cached("select worker, role from device where id = ?1")?
        .query_row([device.0], |row| {
            Ok((PersonId(row.get(0)?), row.get::<_, String>(1)?))
        })
        .optional()?;
    let Some((worker, enrolled_as)) = row else {
        return Ok(None);
    };
    let mut roles = vec![person::parse(&enrolled_as)?];
    roles.extend(person::role(connection, worker)?);
    Ok(Some((worker, roles)))
}
