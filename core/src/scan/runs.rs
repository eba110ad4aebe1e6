//! Run-length columns, walked run by run: a header that claims 10¹² rows costs as much as one that claims two.

use super::ScanError;
use super::leb::Reader;

/// What a run-length column can hold.
pub(super) trait Cell<'a>: Copy + PartialEq {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ScanError>;
}

impl<'a> Cell<'a> for u64 {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ScanError> {
        reader.unsigned()
    }
}

impl<'a> Cell<'a> for i64 {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ScanError> {
        reader.signed()
    }
}

impl<'a> Cell<'a> for &'a str {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ScanError> {
        let length = reader.unsigned()?;
        std::str::from_utf8(reader.take(length)?)
            .map_err(|_| ScanError::Malformed("text is not UTF-8"))
    }
}

/// The kind of the run before, as far as it forbids what may follow.
#[derive(Clone, Copy, PartialEq)]
enum Before<T> {
    Nothing,
    Nulls,
    Repeat(T),
    Literal(T),
}

/// One column of optional values, read row by row from its runs.
///
/// Only the encoding that Automerge itself would write is accepted (longest runs, no empty ones): Automerge forgets a
/// change's bytes when it stores a document and writes them anew when it is asked for the change, so any other spelling
/// comes back with another hash, and the saved document refuses to load.
pub(super) struct Column<'a, T> {
    reader: Reader<'a>,
    before: Before<T>,
    /// Rows left in the current run, and what they hold; a literal run reads its value anew for each row.
    left: u64,
    current: Option<T>,
    literal: bool,
    /// An absent column holds nothing in every row.
    absent: bool,
    /// A present column must hold something somewhere.
    any_value: bool,
}

impl<'a, T: Cell<'a>> Column<'a, T> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(bytes),
            before: Before::Nothing,
            left: 0,
            current: None,
            literal: false,
            absent: bytes.is_empty(),
            any_value: false,
        }
    }

    /// Starts the next run; `false` at the end of the column.
    fn advance(&mut self) -> Result<bool, ScanError> {
        if self.reader.is_empty() {
            return Ok(false);
        }
        match self.reader.signed()? {
            0 => {
                self.left = self.reader.unsigned()?;
                if self.left == 0 || self.before == Before::Nulls {
                    return Err(ScanError::Malformed("null run not canonical"));
                }
                self.before = Before::Nulls;
                self.current = None;
                self.literal = false;
            }
            count @ 1.. => {
                let value = T::read(&mut self.reader)?;
                if count == 1
                    || matches!(self.before, Before::Repeat(v) | Before::Literal(v) if v == value)
                {
                    return Err(ScanError::Malformed("run not canonical"));
                }
                self.left = count.unsigned_abs();
                self.before = Before::Repeat(value);
                self.current = Some(value);
                self.literal = false;
                self.any_value = true;
            }
            count => {
                if matches!(self.before, Before::Literal(_)) {
                    return Err(ScanError::Malformed("literal runs not joined"));
                }
                self.left = count.unsigned_abs();
                self.literal = true;
                self.any_value = true;
            }
        }
        Ok(true)
    }

    /// The next row; beyond the end of a present column is an error.
    pub(super) fn next(&mut self) -> Result<Option<T>, ScanError> {
        if self.absent {
            return Ok(None);
        }
        if self.left == 0 && !self.advance()? {
            return Err(ScanError::Malformed("column shorter than the change"));
        }
        self.left -= 1;
        if self.literal {
            self.current = Some(self.literal_value()?);
        }
        Ok(self.current)
    }

    fn literal_value(&mut self) -> Result<T, ScanError> {
        let value = T::read(&mut self.reader)?;
        if matches!(self.before, Before::Repeat(v) | Before::Literal(v) if v == value) {
            return Err(ScanError::Malformed("literal run not canonical"));
        }
        self.before = Before::Literal(value);
        Ok(value)
    }

    /// The next row of a column that has no nulls.
    pub(super) fn required(&mut self) -> Result<T, ScanError> {
        self.next()?
            .ok_or(ScanError::Malformed("null where a value must be"))
    }

    /// All rows have been read: nothing may be left, and a column of nulls would not have been written.
    pub(super) fn finish(self) -> Result<(), ScanError> {
        if self.left > 0 || !self.reader.is_empty() {
            return Err(ScanError::Malformed("column longer than the change"));
        }
        if !self.absent && !self.any_value {
            return Err(ScanError::Malformed("column of nothing but nulls"));
        }
        Ok(())
    }

    /// How many rows the column claims, without visiting them; stops as soon as there are more than `most`.
    pub(super) fn count_rows(mut self, most: u64) -> Result<u64, ScanError> {
        let mut rows = 0u64;
        while self.advance()? {
            rows = rows.saturating_add(self.left);
            if rows > most {
                return Err(ScanError::TooManyOps);
            }
            if self.literal {
                for _ in 0..self.left {
                    self.literal_value()?;
                }
            }
        }
        Ok(rows)
    }
}

/// A column of differences; holds the running sum.
pub(super) struct Deltas<'a> {
    steps: Column<'a, i64>,
    sum: i64,
}

impl<'a> Deltas<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            steps: Column::new(bytes),
            sum: 0,
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<u64>, ScanError> {
        let sum = self.next_signed()?.map(u64::try_from).transpose();
        sum.map_err(|_| ScanError::Malformed("counter out of range"))
    }

    /// The same where the sum may lie below nought.
    pub(super) fn next_signed(&mut self) -> Result<Option<i64>, ScanError> {
        let Some(step) = self.steps.next()? else {
            return Ok(None);
        };
        self.sum = self
            .sum
            .checked_add(step)
            .ok_or(ScanError::Malformed("counter out of range"))?;
        Ok(Some(self.sum))
    }

    pub(super) fn finish(self) -> Result<(), ScanError> {
        self.steps.finish()
    }
}

/// A column of yes and no: run lengths alone, the first of them for no.
pub(super) struct Flags<'a> {
    reader: Reader<'a>,
    value: bool,
    left: u64,
    first: bool,
    /// An absent column says no in every row, where it may be absent.
    absent: bool,
}

impl<'a> Flags<'a> {
    /// A column that is left out when every row says no.
    pub(super) fn optional(bytes: &'a [u8]) -> Self {
        Self {
            absent: bytes.is_empty(),
            ..Self::new(bytes)
        }
    }

    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(bytes),
            value: true,
            left: 0,
            first: true,
            absent: false,
        }
    }

    pub(super) fn next(&mut self) -> Result<bool, ScanError> {
        if self.absent {
            return Ok(false);
        }
        while self.left == 0 {
            if self.reader.is_empty() {
                return Err(ScanError::Malformed("column shorter than the change"));
            }
            self.left = self.reader.unsigned()?;
            self.value = !self.value;
            // Only the leading run may be empty, and only when something follows.
            if self.left == 0 && !std::mem::take(&mut self.first) {
                return Err(ScanError::Malformed("flag run not canonical"));
            }
            self.first = false;
        }
        self.left -= 1;
        Ok(self.value)
    }

    pub(super) fn finish(self) -> Result<(), ScanError> {
        if self.left > 0 || !self.reader.is_empty() {
            return Err(ScanError::Malformed("column longer than the change"));
        }
        Ok(())
    }
}
