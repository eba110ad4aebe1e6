//! Walks CBOR without keeping anything, so that decoding what passes takes bounded memory: a list of a million empty
//! strings is a megabyte on the wire and 24 in memory.

use super::limits;
use minicbor::{Decoder, data::Type};

/// True when `bytes` is exactly one CBOR item of definite lengths, within the limits of depth and count.
pub(super) fn is_modest(bytes: &[u8]) -> bool {
    walk(bytes).is_ok_and(|end| end == bytes.len())
}

struct TooMuch;
impl From<minicbor::decode::Error> for TooMuch {
    fn from(_: minicbor::decode::Error) -> Self {
        Self
    }
}

fn walk(bytes: &[u8]) -> Result<usize, TooMuch> {
    let mut d = Decoder::new(bytes);
    let mut open: Vec<u64> = vec![1];
    let mut items = 0usize;
    while let Some(left) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        *left -= 1;
        items += 1;
        if items > limits::BODY_ITEMS {
            return Err(TooMuch);
        }
        let inside = match d.datatype()? {
            Type::Array => d.array()?,
            Type::Map => d.map()?.map(|pairs| pairs.saturating_mul(2)),
            Type::BytesIndef
            | Type::StringIndef
            | Type::ArrayIndef
            | Type::MapIndef
            | Type::Tag => None,
            _ => {
                d.skip()?;
                continue;
            }
        };
        let inside = inside.ok_or(TooMuch)?;
        if open.len() == limits::BODY_DEPTH {
            return Err(TooMuch);
        }
        open.push(inside);
    }
    Ok(d.position())
}
