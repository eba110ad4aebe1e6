//! The store's values in PostgreSQL's binary form. The server says which type it wants, the value fits itself to it:
//! truth is an integer to us and may be `boolean` there.

use crate::store::value::Value;
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

type Fit<T> = Result<T, Box<dyn Error + Sync + Send>>;

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Fit<IsNull> {
        match *self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Integer(number) if *ty == Type::BOOL => {
                out.extend_from_slice(&[(number != 0).into()])
            }
            Value::Integer(number) if *ty == Type::INT2 => {
                out.extend_from_slice(&i16::try_from(number)?.to_be_bytes());
            }
            Value::Integer(number) if *ty == Type::INT4 => {
                out.extend_from_slice(&i32::try_from(number)?.to_be_bytes());
            }
            Value::Integer(number) if *ty == Type::INT8 => {
                out.extend_from_slice(&number.to_be_bytes())
            }
            Value::Integer(number) if *ty == Type::FLOAT8 => {
                out.extend_from_slice(&(number as f64).to_be_bytes());
            }
            Value::Real(number) if *ty == Type::FLOAT8 => {
                out.extend_from_slice(&number.to_be_bytes())
            }
            Value::Text(text) if is_text(ty) => out.extend_from_slice(text.as_bytes()),
            Value::Blob(bytes) if *ty == Type::BYTEA || *ty == Type::UUID => {
                out.extend_from_slice(bytes)
            }
            other => return Err(format!("{other:?} does not fit {ty}").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A column as it came.
pub struct Cell<'a>(pub Value<'a>);

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Fit<Self> {
        Ok(Self(match *ty {
            Type::BOOL => Value::Integer((raw != [0]).into()),
            Type::INT2 => Value::Integer(i16::from_be_bytes(raw.try_into()?).into()),
            Type::INT4 => Value::Integer(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT8 => Value::Integer(i64::from_be_bytes(raw.try_into()?)),
            Type::FLOAT4 => Value::Real(f32::from_be_bytes(raw.try_into()?).into()),
            Type::FLOAT8 => Value::Real(f64::from_be_bytes(raw.try_into()?)),
            Type::BYTEA | Type::UUID => Value::Blob(raw),
            _ if is_text(ty) => Value::Text(std::str::from_utf8(raw)?),
            // A sum of bigint is numeric, for instance: cast it in the query.
            _ => return Err(format!("a column is {ty}, which the store does not read").into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Fit<Self> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn is_text(ty: &Type) -> bool {
    [
        Type::TEXT,
        Type::VARCHAR,
        Type::BPCHAR,
        Type::NAME,
        Type::UNKNOWN,
    ]
    .contains(ty)
}
