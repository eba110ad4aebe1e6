//! What a column holds and a parameter brings, in the five kinds that every store has. Ids are sixteen bytes in both:
//! `blob` in SQLite, `bytea` in PostgreSQL.

use super::connection::Fault;
use uuid::Uuid;

/// One value, borrowed from whoever has it. Truth is the integer 0 or 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// Numbers, instants, truth.
    Integer(i64),
    /// Degrees and metres.
    Real(f64),
    /// Words and JSON.
    Text(&'a str),
    /// Hashes, ids, changes.
    Blob(&'a [u8]),
}

/// What may be bound to a parameter.
pub trait ToValue {
    /// As the store gets it.
    fn to_value(&self) -> Value<'_>;
}

/// What a column may be read as.
pub trait FromValue: Sized {
    /// None when the column holds something else.
    fn from_value(value: Value<'_>) -> Option<Self>;
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl ToValue for Value<'_> {
    fn to_value(&self) -> Value<'_> {
        *self
    }
}

macro_rules! integers {
    ($($kind:ty),*) => {$(
        impl ToValue for $kind {
            fn to_value(&self) -> Value<'_> {
                // Nothing that is counted here reaches the end of i64.
                Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
            }
        }
        impl FromValue for $kind {
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    Value::Integer(number) => number.try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}
integers!(i64, i32, u64, u32, u16, u8, usize);

impl ToValue for bool {
    fn to_value(&self) -> Value<'_> {
        Value::Integer((*self).into())
    }
}

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(number != 0),
            _ => None,
        }
    }
}

impl ToValue for f64 {
    fn to_value(&self) -> Value<'_> {
        Value::Real(*self)
    }
}

impl FromValue for f64 {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Real(number) => Some(number),
            Value::Integer(number) => Some(number as f64),
            _ => None,
        }
    }
}

impl ToValue for str {
    fn to_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl FromValue for String {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.into()),
            _ => None,
        }
    }
}

impl ToValue for [u8] {
    fn to_value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl ToValue for Vec<u8> {
    fn to_value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes.into()),
            _ => None,
        }
    }
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value<'_> {
        Value::Blob(self)
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Blob(bytes) => bytes.try_into().ok(),
            _ => None,
        }
    }
}

impl ToValue for Uuid {
    fn to_value(&self) -> Value<'_> {
        Value::Blob(self.as_bytes())
    }
}

impl FromValue for Uuid {
    fn from_value(value: Value<'_>) -> Option<Self> {
        <[u8; 16]>::from_value(value).map(Self::from_bytes)
    }
}

/// The parameters of one statement: `params![a, b]`, an array of equals such as `[id]`, or `[]`.
pub trait Params {
    /// Hands them over, borrowed.
    fn bind<R>(self, then: impl FnOnce(&[Value<'_>]) -> R) -> R;
}

impl Params for &[&dyn ToValue] {
    fn bind<R>(self, then: impl FnOnce(&[Value<'_>]) -> R) -> R {
        let values: Vec<Value<'_>> = self.iter().map(|value| value.to_value()).collect();
        then(&values)
    }
}

impl Params for Vec<Value<'_>> {
    fn bind<R>(self, then: impl FnOnce(&[Value<'_>]) -> R) -> R {
        then(&self)
    }
}

impl Params for [&dyn ToValue; 0] {
    fn bind<R>(self, then: impl FnOnce(&[Value<'_>]) -> R) -> R {
        then(&[])
    }
}

macro_rules! equals {
    ($($count:literal),*) => {$(
        impl<T: ToValue> Params for [T; $count] {
            fn bind<R>(self, then: impl FnOnce(&[Value<'_>]) -> R) -> R {
                then(&self.each_ref().map(ToValue::to_value))
            }
        }
    )*};
}
equals!(1, 2, 3, 4);

/// Parameters of different kinds: `params![document.0, "held", now.0]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),+ $(,)?) => {
        &[$(&$value as &dyn $crate::store::ToValue),+][..]
    };
}

/// One row of an answer, valid while it is looked at.
pub struct Row<'a>(pub(super) &'a dyn Cells);

/// What a backend shows of a row.
pub trait Cells {
    /// How many columns there are.
    fn count(&self) -> usize;
    /// The value of one column.
    fn cell(&self, at: usize) -> Result<Value<'_>, Fault>;
}

/// The place of a column.
pub trait Column {
    /// From 0.
    fn place(self) -> usize;
}

impl Column for usize {
    fn place(self) -> usize {
        self
    }
}

impl Row<'_> {
    /// The column at this place, from 0.
    pub fn get<C: Column, T: FromValue>(&self, column: C) -> Result<T, Fault> {
        let at = column.place();
        let value = self.0.cell(at)?;
        T::from_value(value).ok_or_else(|| {
            let wanted = std::any::type_name::<T>();
            Fault::Failed(format!("column {at} is no {wanted}"))
        })
    }

    /// The column as it is.
    pub fn value(&self, column: usize) -> Result<Value<'_>, Fault> {
        self.0.cell(column)
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.0.count()
    }
}
