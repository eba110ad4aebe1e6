//! The truth as a stream: for every table its name, its columns and its rows, in CBOR, the same from either store. What is
//! written by one may be read by the other.
//!
//! ```text
//! head · ("table", [columns]) · [values] · [values] · … · ("table", …) · … · null
//! ```

use super::tables::{self, FURNISHED, NUMBERED, TRUTH, Table};
use crate::{
    error::{Error, Result},
    store::{Connection, ToValue, Value, epoch},
};
use gridwalk_core::{sync::message::Epoch, time::Timestamp};
use minicbor::{Decode, Decoder, Encode, Encoder, data::Type};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
};

/// The newest form of the stream that this program reads.
const FORM: u32 = 1;
/// No item is longer: a change is at most 512 KiB, a row of JSON shorter.
const LONGEST_ITEM: usize = 32 * 1024 * 1024;

/// What a stream says about itself first.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Head {
    /// Form of the stream.
    #[n(0)]
    pub form: u32,
    /// Which program wrote it.
    #[n(1)]
    pub program: String,
    /// Number of the backup.
    #[n(2)]
    pub number: u64,
    /// The life of the store that it is of.
    #[n(3)]
    pub epoch: Epoch,
    /// When it began, by the server's clock.
    #[n(4)]
    pub began_at: Timestamp,
}

/// Rows per table.
pub type Counts = BTreeMap<String, u64>;

/// Writes everything that is true in this view of the store.
pub fn write(
    connection: &Connection,
    number: u64,
    began_at: Timestamp,
    mut out: impl Write,
) -> Result<Counts> {
    let head = Head {
        form: FORM,
        program: concat!("gridwalk-server ", env!("CARGO_PKG_VERSION")).into(),
        number,
        epoch: epoch(connection)?,
        began_at,
    };
    item(&mut out, &minicbor::to_vec(head).map_err(encoding)?)?;
    let mut counts = Counts::new();
    for table in TRUTH {
        counts.insert(table.name.into(), rows(connection, table, &mut out)?);
    }
    item(&mut out, &[0xf6])?;
    Ok(counts)
}

fn encoding(error: impl std::fmt::Display) -> Error {
    Error::internal("backup", error)
}

/// An item is its length, 4 bytes big endian, and its bytes: so that reading never guesses.
fn item(out: &mut impl Write, bytes: &[u8]) -> Result<()> {
    let length = u32::try_from(bytes.len()).map_err(encoding)?;
    out.write_all(&length.to_be_bytes())?;
    out.write_all(bytes)?;
    Ok(())
}

fn rows(connection: &Connection, table: &Table, out: &mut impl Write) -> Result<u64> {
    let begin = minicbor::to_vec((table.name, table.columns)).map_err(encoding)?;
    item(out, &begin)?;
    let sql = format!(
        "select {} from {} order by {}",
        table.columns.join(", "),
        table.name,
        table.order
    );
    let (mut count, mut outcome) = (0, Ok(()));
    connection.walk(&sql, |row| {
        let encoded = || -> Result<Vec<u8>> {
            let mut e = Encoder::new(Vec::new());
            e.array(table.columns.len() as u64).map_err(encoding)?;
            for column in 0..table.columns.len() {
                match row.value(column)? {
                    Value::Null => e.null(),
                    Value::Integer(number) => e.i64(number),
                    Value::Real(number) => e.f64(number),
                    Value::Text(text) => e.str(text),
                    Value::Blob(bytes) => e.bytes(bytes),
                }
                .map_err(encoding)?;
            }
            Ok(e.into_writer())
        };
        outcome = encoded().and_then(|bytes| item(out, &bytes));
        count += 1;
        outcome.is_ok()
    })?;
    outcome.map(|()| count)
}

/// One value of a row that was read.
#[derive(Clone, PartialEq, Debug)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl ToValue for Cell {
    fn to_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(*number),
            Self::Real(number) => Value::Real(*number),
            Self::Text(text) => Value::Text(text),
            Self::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

/// Reads a stream into a store that holds nothing yet. Tables and columns that this program does not know came from a newer
/// one, and are an error: leaving them out would lose them.
pub fn read(connection: &Connection, mut from: impl Read) -> Result<(Head, Counts)> {
    let head: Head = minicbor::decode(&next(&mut from)?).map_err(encoding)?;
    if head.form > FORM {
        return Err(Error::Internal(format!(
            "{} wrote this backup in a newer form",
            head.program
        )));
    }
    let mut counts = Counts::new();
    let mut filling: Option<(&Table, String)> = None;
    loop {
        let bytes = next(&mut from)?;
        let mut d = Decoder::new(&bytes);
        if bytes == [0xf6] {
            break;
        }
        if let Some((table, columns)) = begun(&bytes) {
            let known = tables::named(&table)
                .filter(|known| {
                    columns
                        .iter()
                        .all(|column| known.columns.contains(&column.as_str()))
                })
                .ok_or_else(|| {
                    Error::Internal(format!("a newer program wrote the table {table}"))
                })?;
            if FURNISHED.contains(&known.name) {
                connection.execute(&format!("delete from {}", known.name), [])?;
            }
            let places: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
            let sql = format!(
                "insert into {} ({}) values ({})",
                known.name,
                columns.join(", "),
                places.join(", ")
            );
            counts.insert(known.name.into(), 0);
            filling = Some((known, sql));
            continue;
        }
        let Some((table, sql)) = &filling else {
            return Err(Error::Internal("a row before its table".into()));
        };
        let cells = cells(&mut d).map_err(encoding)?;
        let values: Vec<&dyn ToValue> = cells.iter().map(|cell| cell as &dyn ToValue).collect();
        connection.execute(sql, &values[..])?;
        *counts.entry(table.name.into()).or_default() += 1;
    }
    // an older program had fewer tables, but none was without these
    for table in ["server", "server_key", "change", "feed"] {
        if !counts.contains_key(table) {
            return Err(Error::Internal(format!("the backup has no {table}")));
        }
    }
    for (table, column) in NUMBERED {
        connection.count_on(table, column)?;
    }
    Ok((head, counts))
}

/// A table's beginning: a pair of a name and a list. A row of one table is never that: no first column is followed by a list.
fn begun(bytes: &[u8]) -> Option<(String, Vec<String>)> {
    let mut d = Decoder::new(bytes);
    if d.array().ok()? != Some(2) {
        return None;
    }
    let name = d.str().ok()?.to_owned();
    (d.datatype().ok()? == Type::Array).then_some(())?;
    let columns: Vec<String> = d.decode().ok()?;
    Some((name, columns))
}

fn cells(d: &mut Decoder<'_>) -> std::result::Result<Vec<Cell>, minicbor::decode::Error> {
    let count = d.array()?.unwrap_or(0);
    let mut cells = Vec::new();
    for _ in 0..count {
        cells.push(match d.datatype()? {
            Type::Null => {
                d.null()?;
                Cell::Null
            }
            Type::Bytes => Cell::Blob(d.bytes()?.to_vec()),
            Type::String => Cell::Text(d.str()?.to_owned()),
            Type::F64 => Cell::Real(d.f64()?),
            _ => Cell::Integer(d.i64()?),
        });
    }
    Ok(cells)
}

fn next(from: &mut impl Read) -> Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST_ITEM {
        return Err(Error::Internal("an item of the backup is too long".into()));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}
