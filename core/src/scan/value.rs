//! The values of a change: a column of types and lengths, and the raw bytes they cut into pieces.

use super::ScanError;
use super::leb::Reader;
use super::runs::Column;

/// What is known of a value after its bytes have been looked at; nothing that Automerge does depends on more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    /// A flag, number, moment or byte string.
    Scalar,
    Text,
    Counter,
    /// A whole number that fits an increment.
    Whole,
}

/// The type of a text.
pub(super) const TEXT: u64 = 6;

/// A counter starts within ±2⁵³ (what JSON carries exactly)…
const COUNTER_START: u64 = 1 << 53;
/// …and moves by less than 2³¹ at a time, so that no history of 2³² operations can overflow it.
const COUNTER_STEP: u64 = 1 << 31;

/// Reads the two value columns row by row.
pub(super) struct Values<'a> {
    meta: Column<'a, u64>,
    raw: Reader<'a>,
}

impl<'a> Values<'a> {
    pub(super) fn new(meta: &'a [u8], raw: &'a [u8]) -> Self {
        Self {
            meta: Column::new(meta),
            raw: Reader::new(raw),
        }
    }

    pub(super) fn next(&mut self) -> Result<Value, ScanError> {
        let meta = self.meta.required()?;
        let bytes = self.raw.take(meta >> 4)?;
        let mut number = Reader::new(bytes);
        let value = match meta & 0xf {
            0..=2 if !bytes.is_empty() => {
                return Err(ScanError::Malformed("bytes behind an empty value"));
            }
            0 => Value::Null,
            1 | 2 | 7 => return Ok(Value::Scalar),
            3 => small(number.unsigned()?),
            4 => small(number.signed()?.unsigned_abs()),
            5 => {
                let float = f64::from_le_bytes(number.array()?);
                if !float.is_finite() {
                    return Err(ScanError::Malformed("float is not a number"));
                }
                Value::Scalar
            }
            TEXT => {
                std::str::from_utf8(bytes)
                    .map_err(|_| ScanError::Malformed("text is not UTF-8"))?;
                return Ok(Value::Text);
            }
            8 if number.signed()?.unsigned_abs() > COUNTER_START => {
                return Err(ScanError::Limit("counter"));
            }
            8 => Value::Counter,
            9 => {
                number.signed()?;
                Value::Scalar
            }
            _ => return Err(ScanError::Malformed("unknown type of value")),
        };
        if !number.is_empty() {
            return Err(ScanError::Malformed("bytes behind a number"));
        }
        Ok(value)
    }

    pub(super) fn finish(self) -> Result<(), ScanError> {
        self.meta.finish()?;
        if !self.raw.is_empty() {
            return Err(ScanError::Malformed("value bytes that no value owns"));
        }
        Ok(())
    }
}

fn small(magnitude: u64) -> Value {
    if magnitude < COUNTER_STEP {
        Value::Whole
    } else {
        Value::Scalar
    }
}
