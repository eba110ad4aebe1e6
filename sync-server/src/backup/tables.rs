//! Which rows are truth, and so are in a backup, and which are made again or end by themselves. A test holds every table
//! and column of the schema against this list, so that a new one cannot be forgotten.

/// A table whose rows are in a backup.
#[derive(Debug)]
pub struct Table {
    /// Its name in both stores.
    pub name: &'static str,
    /// Its columns, in the order in which they are written.
    pub columns: &'static [&'static str],
    /// What makes the order of its rows the same every time.
    pub order: &'static str,
}

const fn table(name: &'static str, columns: &'static [&'static str], order: &'static str) -> Table {
    Table {
        name,
        columns,
        order,
    }
}

/// Columns of these tables that are caches.
pub const REMADE_COLUMNS: &[(&str, &str)] = &[("document", "snapshot")];

/// In an order in which every row finds what it refers to.
pub const TRUTH: &[Table] = &[
    table("server", &["one", "epoch_counter", "epoch_nonce"], "one"),
    table("server_key", &["one", "secret"], "one"),
    table("counter", &["name", "value"], "name"),
    table(
        "grid",
        &[
            "id",
            "code",
            "name",
            "community_code",
            "community_name",
            "exclusive",
            "json",
        ],
        "id",
    ),
    table(
        "building",
        &[
            "id",
            "grid",
            "estate",
            "number",
            "storeys",
            "walking_order",
            "lon",
            "lat",
        ],
        "id",
    ),
    table("department", &["id", "name"], "id"),
    table(
        "person",
        &["id", "login", "name", "role", "department"],
        "id",
    ),
    table(
        "person_grid",
        &["person", "grid", "from_day", "to_day"],
        "person, grid",
    ),
    table(
        "past_grid",
        &["person", "grid", "ended_at", "general", "care"],
        "person, grid",
    ),
    table(
        "category",
        &[
            "code",
            "group_zh",
            "group_en",
            "name_zh",
            "name_en",
            "level",
            "on_site",
            "frequent",
            "department",
        ],
        "code",
    ),
    table(
        "reference",
        &["kind", "id", "version", "grid", "json"],
        "kind, id",
    ),
    table(
        "account",
        &[
            "person",
            "password",
            "failures",
            "locked_until",
            "changed_at",
        ],
        "person",
    ),
    table(
        "device",
        &[
            "id",
            "worker",
            "role",
            "public_key",
            "app",
            "enrolled_at",
            "revoked_at",
            "seen_at",
            "certificate",
        ],
        "id",
    ),
    table("revoked", &["device", "revoked_at"], "device"),
    table("device_recovery", &["device", "secret", "at"], "device"),
    table(
        "envelope",
        &[
            "hash",
            "device",
            "number",
            "previous",
            "chain",
            "bytes",
            "signature",
            "received_at",
        ],
        "device, number, hash",
    ),
    table(
        "document",
        &[
            "id",
            "kind",
            "grid",
            "class",
            "revision",
            "attempts",
            "quarantined",
            "erased_at",
            "dismissed",
        ],
        "id",
    ),
    table(
        "erasure",
        &["document", "kind", "erased_at", "by_person", "reason"],
        "document",
    ),
    table(
        "change",
        &[
            "sequence",
            "hash",
            "document",
            "actor",
            "seq",
            "bytes",
            "state",
            "quarantined",
            "device",
            "worker",
            "envelope",
            "number",
            "place",
            "received_at",
            "offered_by",
            "dismissed",
        ],
        "sequence",
    ),
    table(
        "partition",
        &["grid", "class", "tip", "digest"],
        "grid, class",
    ),
    table(
        "feed",
        &["grid", "class", "position", "change", "digest"],
        "grid, class, position",
    ),
    table(
        "feed_mark",
        &[
            "grid", "class", "position", "kind", "document", "change", "digest",
        ],
        "grid, class, position",
    ),
    table(
        "told",
        &["device", "grid", "class", "told_at"],
        "device, grid, class",
    ),
    table(
        "evidence",
        &[
            "hash",
            "code",
            "document",
            "device",
            "worker",
            "bytes",
            "envelope",
            "received_at",
            "kind",
            "grid",
            "class",
            "incarnation",
            "decision",
            "decided_at",
            "decided_by",
            "reason",
        ],
        "hash, device, code",
    ),
    table(
        "blob",
        &["hash", "bytes", "media", "received_at", "device"],
        "hash",
    ),
    table("case_number", &["incident", "case_no"], "incident"),
    table(
        "proposal_answer",
        &["proposal", "outcome", "applied", "note", "by_person", "at"],
        "proposal",
    ),
    table(
        "audit",
        &[
            "sequence", "at", "subject", "action", "object", "result", "address",
        ],
        "sequence",
    ),
    table(
        "seam",
        &["epoch_counter", "grid", "class", "position", "digest"],
        "epoch_counter, grid, class",
    ),
    table(
        "backup",
        &[
            "number",
            "epoch_counter",
            "epoch_nonce",
            "began_at",
            "manifest",
            "verified_at",
        ],
        "number",
    ),
    table(
        "backup_position",
        &["number", "grid", "class", "position"],
        "number, grid, class",
    ),
];

/// Tables of [`TRUTH`] that a store has rows of from its first start; a restore puts others in their place.
pub const FURNISHED: &[&str] = &["server", "server_key"];

/// Columns of [`TRUTH`] that the store numbers by itself.
pub const NUMBERED: &[(&str, &str)] = &[("change", "sequence"), ("audit", "sequence")];

/// Tables that are made again: by `rebuild` from the log, packs in the background (a pack belongs to one life of the store,
/// so one out of a backup would be worth nothing).
pub const REMADE: &[&str] = &[
    "household",
    "household_field",
    "form_answer",
    "resident",
    "visit",
    "incident",
    "incident_event",
    "incident_department",
    "incident_step",
    "patrol",
    "checkpoint_hit",
    "finding",
    "photo",
    "place",
    "place_visit",
    "proposal",
    "worker_day",
    "care_plan",
    "care_support",
    "care_open",
    "pack",
    "pack_file",
];

/// Tables whose rows end by themselves within hours: whoever needs one gets another. Files that were still to be removed
/// are in no restored folder.
pub const PASSING: &[&str] = &[
    "enrol_code",
    "token",
    "session",
    "login_failure",
    "upload",
    "upload_piece",
    "blob_removal",
    "blob_loss",
    "blob_unnamed",
    "photo_awaited",
    "scrub",
];

/// The table of this name.
pub fn named(name: &str) -> Option<&'static Table> {
    TRUTH.iter().find(|table| table.name == name)
}
