//! A blob as an answer. Its type is the one that was found out when it came, never one that somebody says; a browser neither
//! guesses nor runs anything in it; whoever has it under this name has it for ever, and a part of it may be asked for.

use crate::{
    error::{Error, Result},
    scrub,
    state::AppState,
    store::{
        audit::{self, Entry},
        blob, opening,
    },
};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use gridwalk_core::{
    error::Code,
    ids::{Hash, PersonId},
};
use std::ops::Range;

/// Who opens a blob, for the trail.
pub struct Reader {
    /// Person or device.
    pub subject: String,
    /// The person who looks, at a desk or through their phone.
    pub person: PersonId,
    /// From where.
    pub address: String,
}

/// Answers with a blob. Whoever calls this has decided that the reader may have it. An original is sent only while it is open to
/// this person: while its case says that they look at it, since when and what for. Every sending is in the trail before the first
/// byte, and nobody keeps it: the next look is written down too.
pub async fn send(
    state: &AppState,
    asked: &HeaderMap,
    hash: Hash,
    reader: Reader,
) -> Result<Response> {
    let restricted = state
        .store
        .read(move |connection| blob::is_original(connection, &hash))
        .await?;
    let media = state
        .store
        .read(move |connection| blob::media(connection, &hash))
        .await?;
    if restricted {
        let now = state.now();
        let open = state
            .store
            .read(move |connection| opening::is_open(connection, &hash, reader.person, now))
            .await?;
        let entry = Entry {
            subject: reader.subject,
            action: "open",
            object: format!("original {hash}"),
            result: match (open, &media) {
                (false, _) => Code::Forbidden.as_str().into(),
                (true, None) => Code::NotFound.as_str().into(), // its phone has not brought it yet
                (true, Some(_)) => "done".into(),
            },
            address: reader.address,
        };
        state
            .store
            .write(move |connection| audit::add(connection, &entry, now))
            .await?;
        if !open {
            let why = "an original is opened with a reason";
            return Err(Error::Forbidden(Code::Forbidden, why.into()));
        }
    }
    let media = media.ok_or(Error::NotFound)?;
    let tag = format!("\"{hash}\"");
    let says = |name: header::HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    let known = says(header::IF_NONE_MATCH).is_some_and(|tags| {
        tags.split(',')
            .any(|known| known.trim().trim_start_matches("W/") == tag || known.trim() == "*")
    });
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        // Read whole, because only the whole has a hash to be compared.
        let bytes = scrub::read(state, hash).await?;
        let same = says(header::IF_RANGE).is_none_or(|held| held.trim() == tag);
        let part = says(header::RANGE).filter(|_| same);
        body(&bytes, part.map(|text| part_of(text, bytes.len())))?
    };
    let fixed = [
        (header::ETAG, tag),
        (header::ACCEPT_RANGES, "bytes".into()),
        (
            header::CONTENT_DISPOSITION,
            format!("inline; filename=\"{}\"", name_of(&media)),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; sandbox".into(),
        ),
        (
            header::CACHE_CONTROL,
            match restricted {
                true => "no-store".into(),
                false => "private, max-age=31536000, immutable".into(),
            },
        ),
        (header::CONTENT_TYPE, media),
    ];
    for (name, value) in fixed {
        let value = HeaderValue::try_from(value)
            .map_err(|error| Error::internal("a header of a blob", error))?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// Under which name somebody would keep it.
fn name_of(media: &str) -> &'static str {
    match media {
        "audio/webm" => "voice.webm",
        "audio/mp4" => "voice.m4a",
        "application/json" => "line.json",
        _ => "photo.jpg",
    }
}

/// What a Range header asks of so many bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Part {
    /// One piece.
    Of(Range<usize>),
    /// Something that we need not understand: the whole is a good answer.
    Whole,
    /// A piece that there is not.
    Nothing,
}

fn part_of(text: &str, length: usize) -> Part {
    let Some(piece) = text.trim().strip_prefix("bytes=") else {
        return Part::Whole;
    };
    let Some((from, to)) = piece.split_once('-').filter(|_| !piece.contains(',')) else {
        return Part::Whole;
    };
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let range = match (from.trim().is_empty(), number(from), number(to)) {
        (true, _, Some(last)) => length.saturating_sub(last)..length,
        (false, Some(from), Some(to)) if from <= to => from..to.saturating_add(1).min(length),
        (false, Some(from), None) if to.trim().is_empty() => from..length,
        _ => return Part::Whole,
    };
    match range.is_empty() {
        true => Part::Nothing,
        false => Part::Of(range),
    }
}

fn body(bytes: &[u8], part: Option<Part>) -> Result<Response> {
    let length = bytes.len();
    let place = |place: String| {
        HeaderValue::try_from(place).map_err(|error| Error::internal("a range", error))
    };
    Ok(match part {
        None | Some(Part::Whole) => bytes.to_vec().into_response(),
        Some(Part::Nothing) => (
            StatusCode::RANGE_NOT_SATISFIABLE,
            [(header::CONTENT_RANGE, place(format!("bytes */{length}"))?)],
        )
            .into_response(),
        Some(Part::Of(range)) => {
            let last = range.end - 1;
            let place = place(format!("bytes {}-{last}/{length}", range.start))?;
            let piece = bytes.get(range).unwrap_or_default().to_vec();
            let headers = [(header::CONTENT_RANGE, place)];
            (StatusCode::PARTIAL_CONTENT, headers, piece).into_response()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Part, part_of};

    #[test]
    fn a_range_is_one_piece_or_the_whole_or_nothing() {
        for (text, part) in [
            ("bytes=0-9", Part::Of(0..10)),
            ("bytes=90-", Part::Of(90..100)),
            ("bytes=90-1000", Part::Of(90..100)),
            ("bytes=-10", Part::Of(90..100)),
            ("bytes=-1000", Part::Of(0..100)),
            ("bytes=100-", Part::Nothing),
            ("bytes=100-200", Part::Nothing),
            ("bytes=-0", Part::Nothing),
            ("bytes=9-0", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("bytes=99999999999999999999999-", Part::Whole),
            ("bytes=0-18446744073709551615", Part::Of(0..100)),
        ] {
            assert_eq!(part_of(text, 100), part, "{text}");
        }
    }
}
