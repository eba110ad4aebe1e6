//! Accounts and sessions of the console. Counting of failures happens in the caller's transaction.

use crate::{
    error::{Error, Result},
    store::{Connection, OptionalExtension, params},
};
use gridwalk_core::{ids::PersonId, time::Timestamp};

/// Failures in a row that lock an account.
pub const FAILURES: i64 = 5;
/// Failures from one address that lock the address; several people may sit behind one.
const FAILURES_OF_AN_ADDRESS: i64 = 30;
/// How long a lock lasts.
pub const LOCK_MS: i64 = 15 * 60_000;
/// A session ends this long after its last request.
const IDLE_MS: i64 = 15 * 60_000;
/// And this long after its login, whatever happens.
const ABSOLUTE_MS: i64 = 12 * 3_600_000;

/// What a login is checked against.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who.
    pub person: PersonId,
    /// PHC text.
    pub password: String,
}

/// The account with this login name.
pub fn by_login(connection: &Connection, login: &str) -> Result<Option<Account>> {
    connection
        .query_row(
            "select account.person, password from account join person on person.id = account.person where login = ?1",
            [login],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
        )
        .optional()?
        .map(|(person, password)| {
            let person = person.parse().map_err(|error| Error::internal("a person id", error))?;
            Ok(Account { person, password })
        })
        .transpose()
}

/// Whether this account or this address has to wait.
pub fn is_locked(
    connection: &Connection,
    person: Option<PersonId>,
    address: &str,
    now: Timestamp,
) -> Result<bool> {
    let by_account = match person {
        Some(person) => connection.query_row(
            "select coalesce(locked_until, 0) > ?2 from account where person = ?1",
            params![person.to_string(), now.0],
            |row| row.get(0),
        )?,
        None => false,
    };
    let by_address: bool = connection
        .query_row(
            "select failures >= ?2 and since > ?3 from login_failure where address = ?1",
            params![address, FAILURES_OF_AN_ADDRESS, now.0 - LOCK_MS],
            |row| row.get(0),
        )
        .optional()?
        .unwrap_or(false);
    Ok(by_account || by_address)
}

/// Counts a failure; the fifth in a row locks. A lock that has ended begins a new row: otherwise one slip would lock a
/// person out for another quarter of an hour.
pub fn count_failure(
    connection: &Connection,
    person: Option<PersonId>,
    address: &str,
    now: Timestamp,
) -> Result<()> {
    if let Some(person) = person {
        connection.execute(
            "update account set
               failures = case when locked_until <= ?4 then 1 else failures + 1 end,
               locked_until = case
                 when locked_until <= ?4 then null
                 when failures + 1 >= ?2 then ?3
                 else locked_until end
             where person = ?1",
            params![person.to_string(), FAILURES, now.0 + LOCK_MS, now.0],
        )?;
    }
    connection.execute(
        "insert into login_failure (address, failures, since) values (?1, 1, ?2)
         on conflict (address) do update set
           failures = case when login_failure.since > ?3 then login_failure.failures + 1 else 1 end,
           since = case when login_failure.since > ?3 then login_failure.since else excluded.since end",
        params![address, now.0, now.0 - LOCK_MS],
    )?;
    Ok(())
}

/// Sets the password, unlocks, and ends every session of the person.
pub fn set_password(
    connection: &Connection,
    person: PersonId,
    password: &str,
    now: Timestamp,
) -> Result<()> {
    connection.execute(
        "insert into account (person, password, changed_at) values (?1, ?2, ?3)
         on conflict (person) do update set password = excluded.password, failures = 0, locked_until = null,
           changed_at = excluded.changed_at",
        params![person.to_string(), password, now.0],
    )?;
    connection.execute(
        "delete from session where person = ?1",
        [person.to_string()],
    )?;
    Ok(())
}

/// Begins a session after a success, and forgets the failures before it.
pub fn begin_session(
    connection: &Connection,
    hash: &[u8; 32],
    person: PersonId,
    now: Timestamp,
) -> Result<()> {
    connection.execute(
        "update account set failures = 0, locked_until = null where person = ?1",
        [person.to_string()],
    )?;
    connection.execute(
        "delete from session where seen_at < ?1 or made_at < ?2",
        params![now.0 - IDLE_MS, now.0 - ABSOLUTE_MS],
    )?;
    connection.execute(
        "insert into session (hash, person, made_at, seen_at) values (?1, ?2, ?3, ?3)",
        params![hash.as_slice(), person.to_string(), now.0],
    )?;
    Ok(())
}

/// Whose session this is, and when it was last seen; none when it has ended.
pub fn session(
    connection: &Connection,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<(PersonId, Timestamp)>> {
    connection
        .prepare_cached(
            "select person, seen_at from session where hash = ?1 and seen_at > ?2 and made_at > ?3",
        )?
        .query_row(
            params![hash.as_slice(), now.0 - IDLE_MS, now.0 - ABSOLUTE_MS],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)),
        )
        .optional()?
        .map(|(person, seen)| {
            let person = person
                .parse()
                .map_err(|error| Error::internal("a person id", error))?;
            Ok((person, Timestamp(seen)))
        })
        .transpose()
}

/// The session was used just now.
pub fn touch_session(connection: &Connection, hash: &[u8; 32], now: Timestamp) -> Result<()> {
    connection.execute(
        "update session set seen_at = ?2 where hash = ?1",
        params![hash.as_slice(), now.0],
    )?;
    Ok(())
}

/// Logs out.
pub fn end_session(connection: &Connection, hash: &[u8; 32]) -> Result<()> {
    connection.execute("delete from session where hash = ?1", [hash.as_slice()])?;
    Ok(())
}

/// Login names with an account, for the operator.
pub fn list(connection: &Connection) -> Result<Vec<(String, String, String)>> {
    let mut statement = connection.prepare_cached(
        "select coalesce(login, ''), name, role from account join person on person.id = account.person order by login",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<std::result::Result<_, _>>()?)
}
