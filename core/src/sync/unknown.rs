//! Kinds that a newer side may add: what became of a change, and what a feed row carries. Each is `[number, [fields…]]`
//! like every other enum here, but a number that is not known yet is kept as bytes and never fatal.

use super::message::{ChangeResult, FeedBody};
use minicbor::{Decode, Decoder, Encode, Encoder, bytes::ByteVec, decode, encode};

/// Reads `[number, fields]`, leaving the decoder before the fields; the whole as bytes when `known` does not have it.
fn begin<'b>(d: &mut Decoder<'b>, known: u32) -> Result<Result<u32, ByteVec>, decode::Error> {
    let start = d.position();
    let pair = d.array()? == Some(2);
    let number = d.u32()?;
    if !pair {
        return Err(decode::Error::message("a kind is a pair"));
    }
    if number < known {
        return Ok(Ok(number));
    }
    d.skip()?;
    let whole = d.input().get(start..d.position()).unwrap_or_default();
    Ok(Err(whole.to_vec().into()))
}

/// Reads the fields of a kind: those it knows, skipping what a newer side added.
fn fields<'b, T>(
    d: &mut Decoder<'b>,
    known: u64,
    read: impl FnOnce(&mut Decoder<'b>) -> Result<T, decode::Error>,
) -> Result<T, decode::Error> {
    let len = d.array()?.filter(|len| *len >= known);
    let len = len.ok_or_else(|| decode::Error::message("a field is missing"))?;
    let value = read(d)?;
    for _ in known..len {
        d.skip()?;
    }
    Ok(value)
}

impl<C> Encode<C> for ChangeResult {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        match self {
            Self::Stored => e.array(2)?.u32(0)?.array(0)?,
            Self::Had => e.array(2)?.u32(1)?.array(0)?,
            Self::Held { missing } => e.array(2)?.u32(2)?.array(1)?.encode_with(missing, ctx)?,
            Self::Refused { code, follows } => e
                .array(2)?
                .u32(3)?
                .array(2)?
                .encode_with(code, ctx)?
                .encode_with(follows, ctx)?,
            Self::Other { bytes } => return raw(e, bytes),
        }
        .ok()
    }
}

impl<'b, C> Decode<'b, C> for ChangeResult {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        Ok(match begin(d, 4)? {
            Ok(0) => fields(d, 0, |_| Ok(Self::Stored))?,
            Ok(1) => fields(d, 0, |_| Ok(Self::Had))?,
            Ok(2) => fields(d, 1, |d| {
                Ok(Self::Held {
                    missing: d.decode_with(ctx)?,
                })
            })?,
            Ok(_) => fields(d, 2, |d| {
                Ok(Self::Refused {
                    code: d.decode_with(ctx)?,
                    follows: d.decode_with(ctx)?,
                })
            })?,
            Err(bytes) => Self::Other { bytes },
        })
    }
}

impl<C> Encode<C> for FeedBody {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        match self {
            Self::Change {
                document,
                kind,
                bytes,
            } => e
                .array(2)?
                .u32(0)?
                .array(3)?
                .encode_with(document, ctx)?
                .encode_with(kind, ctx)?
                .encode_with(bytes, ctx)?,
            Self::Own {
                envelope,
                first,
                count,
            } => e
                .array(2)?
                .u32(1)?
                .array(3)?
                .u64(*envelope)?
                .u32(*first)?
                .u32(*count)?,
            Self::Left { document, change } => e
                .array(2)?
                .u32(2)?
                .array(2)?
                .encode_with(document, ctx)?
                .encode_with(change, ctx)?,
            Self::Erased { document, change } => e
                .array(2)?
                .u32(3)?
                .array(2)?
                .encode_with(document, ctx)?
                .encode_with(change, ctx)?,
            Self::Other { bytes } => return raw(e, bytes),
        }
        .ok()
    }
}

impl<'b, C> Decode<'b, C> for FeedBody {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        Ok(match begin(d, 4)? {
            Ok(0) => fields(d, 3, |d| {
                Ok(Self::Change {
                    document: d.decode_with(ctx)?,
                    kind: d.decode_with(ctx)?,
                    bytes: d.decode_with(ctx)?,
                })
            })?,
            Ok(1) => fields(d, 3, |d| {
                Ok(Self::Own {
                    envelope: d.u64()?,
                    first: d.u32()?,
                    count: d.u32()?,
                })
            })?,
            Ok(number) => fields(d, 2, |d| {
                let (document, change) = (d.decode_with(ctx)?, d.decode_with(ctx)?);
                Ok(match number {
                    2 => Self::Left { document, change },
                    _ => Self::Erased { document, change },
                })
            })?,
            Err(bytes) => Self::Other { bytes },
        })
    }
}

/// Forwards what a newer side encoded, byte by byte.
fn raw<W: encode::Write>(e: &mut Encoder<W>, bytes: &[u8]) -> Result<(), encode::Error<W::Error>> {
    e.writer_mut()
        .write_all(bytes)
        .map_err(encode::Error::write)
}
