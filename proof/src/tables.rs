//! What a database holds, as sets of rows, whatever their order: for proofs that compare two ends of two histories. What
//! may differ between them is named, with the reason, by whoever compares.

use crate::process::Outcome;
use rusqlite::{Connection, OpenFlags, types::ValueRef};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::Path,
};

/// Rows by table.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tables(BTreeMap<String, BTreeSet<String>>);

/// A table, or a column of one, that is left out.
pub struct Apart {
    /// The table.
    pub table: &'static str,
    /// The column; none for the whole table.
    pub column: Option<&'static str>,
}

/// Reads every table of the file; `key` for one that SQLCipher encrypted.
pub fn read(file: &Path, key: Option<[u8; 32]>, apart: &[Apart]) -> Outcome<Tables> {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if let Some(key) = key {
        let mut words = String::from("x'");
        for byte in key {
            write!(words, "{byte:02x}")?;
        }
        db.pragma_update(None, "key", words + "'")?;
    }
    let mut names = db.prepare(
        "select name from sqlite_master where type = 'table' and sql not like 'create virtual%'
         and name not like 'sqlite\\_%' escape '\\' and name <> 'refinery_schema_history'",
    )?;
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut tables = Tables::default();
    for name in names {
        let of_table = |apart: &&Apart| apart.table == name;
        if apart.iter().filter(of_table).any(|a| a.column.is_none()) {
            continue;
        }
        let mut select = db.prepare(&format!("select * from \"{name}\""))?;
        let columns: Vec<(usize, String)> = select
            .column_names()
            .map(str::to_owned)
            .enumerate()
            .filter(|(_, column)| {
                let mut out = apart.iter().filter(of_table);
                !out.any(|apart| apart.column == Some(column))
            })
            .collect();
        let rows = select.query_map([], |row| {
            let mut line = String::new();
            for (place, column) in &columns {
                let value = match row.get_ref(*place)? {
                    ValueRef::Null => "null".to_owned(),
                    ValueRef::Integer(number) => number.to_string(),
                    ValueRef::Real(number) => number.to_string(),
                    ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    ValueRef::Blob(bytes) => short(bytes),
                };
                let _ = write!(line, "{column}={value} ");
            }
            Ok(line)
        })?;
        let rows = rows.collect::<Result<BTreeSet<_>, _>>()?;
        tables.0.insert(name, rows);
    }
    Ok(tables)
}

/// Ids and hashes as they are, longer bytes by their hash.
fn short(bytes: &[u8]) -> String {
    if bytes.len() > 32 {
        return format!(
            "{} bytes {}",
            bytes.len(),
            gridwalk_core::ids::Hash::of(bytes)
        );
    }
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl Tables {
    /// How many rows the table has.
    pub fn count(&self, table: &str) -> usize {
        self.0.get(table).map_or(0, BTreeSet::len)
    }

    /// What only one of the two has, a line each.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let nothing = BTreeSet::new();
        let mut lines = Vec::new();
        let names: BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        for name in names {
            let mine = self.0.get(name).unwrap_or(&nothing);
            let theirs = other.0.get(name).unwrap_or(&nothing);
            lines.extend(
                mine.difference(theirs)
                    .map(|row| format!("- {name}: {row}")),
            );
            lines.extend(
                theirs
                    .difference(mine)
                    .map(|row| format!("+ {name}: {row}")),
            );
        }
        lines
    }
}
