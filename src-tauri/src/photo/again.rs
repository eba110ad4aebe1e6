//! Photos and thumbnails that the centre had and lost. Whoever still has the bytes takes the receipt back and sends them
//! again; the receipt was true when it was given, and is not now.

use crate::error::Answer;
use gridwalk_core::ids::Hash;
use rusqlite::Connection;

/// Puts into the lane what of these is here; how many.
pub(crate) fn bring(db: &Connection, wanted: &[Hash]) -> Answer<usize> {
    let mut brought = 0;
    for hash in wanted {
        brought += db
            .prepare_cached(
                "update photo set standing = 'waiting', code = null, upload = null, sent = 0, arrived_at = null
                 where hash = ?1 and file is not null and document is not null and standing = 'stored'",
            )?
            .execute([hash.0])?;
        brought += db
            .prepare_cached(
                "insert into asked_again (hash) select hash from record_blob
                 where hash = ?1 and standing = 'stored' on conflict do nothing",
            )?
            .execute([hash.0])?;
    }
    if brought > 0 {
        tracing::warn!(brought, "the centre lost photos and is brought them again");
    }
    Ok(brought)
}
