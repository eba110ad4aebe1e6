//! A database may be set up to lose what it has acknowledged. Promise 1 does not stand on such a one.

use super::told;
use crate::error::{Error, Result};
use tokio_postgres::Client;

/// What must not be off, and why.
const NEEDED: [(&str, &str); 3] = [
    (
        "synchronous_commit",
        "a commit would be answered before it is on the disk",
    ),
    ("fsync", "nothing would ever be known to be on the disk"),
    ("full_page_writes", "a power cut could tear pages apart"),
];

/// Refuses a database that would lose what it acknowledged.
pub async fn check(client: &Client) -> Result<()> {
    for (name, why) in NEEDED {
        let row = client
            .query_one("select current_setting($1)", &[&name])
            .await
            .map_err(|error| Error::internal("a setting of the database", told(&error)))?;
        let value: &str = row.get(0);
        if value == "off" {
            return Err(Error::Internal(format!(
                "DATABASE_NOT_DURABLE: {name} is off, so {why}; set it to on for this database"
            )));
        }
    }
    Ok(())
}

/// Looks again at every new connection, and keeps it safe whatever the operator sets while it lives. A writer that waits
/// for a lock longer than ten seconds gives up and is told to come back.
pub async fn pin(client: &Client) -> Result<()> {
    check(client).await?;
    client
        .batch_execute(
            "select set_config('synchronous_commit', current_setting('synchronous_commit'), false);
             set lock_timeout = '10s'",
        )
        .await
        .map_err(|error| Error::internal("a setting of the database", told(&error)))
}
