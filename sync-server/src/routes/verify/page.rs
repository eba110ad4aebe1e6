//! What the page looks like: words of `ui/src/locales/verify.json` in both languages, one under the other, because nobody
//! knows who stands behind the door. It asks little of a browser: a form, a few colours, seven lines of script.

use super::Standing;
use crate::error::{Error, Result};
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use gridwalk_core::time::Timestamp;
use serde::Deserialize;
use std::{collections::BTreeMap, fmt::Write, sync::LazyLock};

/// How the page is sent; what has this type is said in words already.
pub const HTML: &str = "text/html; charset=utf-8";

/// What is said in one language.
#[derive(Deserialize)]
struct Words {
    title: String,
    scan: String,
    #[serde(rename = "noScript")]
    no_script: String,
    name: String,
    role: String,
    grid: String,
    at: String,
    promise: String,
    standing: BTreeMap<String, Said>,
    roles: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Said {
    head: String,
    note: String,
}

/// Chinese first.
#[derive(Deserialize)]
struct Both {
    #[serde(rename = "zh-CN")]
    chinese: Words,
    en: Words,
}

static WORDS: LazyLock<serde_json::Result<Both>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../ui/src/locales/verify.json")));

fn words() -> Result<[(&'static str, &'static Words); 2]> {
    match &*WORDS {
        Ok(both) => Ok([("zh-CN", &both.chinese), ("en", &both.en)]),
        Err(error) => Err(Error::internal("the words of the page", error)),
    }
}

/// What somebody sees who has scanned the code, for the moment until its form is sent; and somebody who has not.
pub async fn before() -> Result<Response> {
    let mut inside = String::from(
        "<form id=\"ask\" method=\"post\" action=\"/verify\"><input type=\"hidden\" name=\"code\" id=\"code\"></form>",
    );
    for (language, words) in words()? {
        let (title, scan, without) = (
            safe(&words.title),
            safe(&words.scan),
            safe(&words.no_script),
        );
        let _ = write!(
            inside,
            "<section lang=\"{language}\"><h1>{title}</h1><p>{scan}</p><noscript><p>{without}</p></noscript></section>"
        );
    }
    page("scan", &inside, "<script src=\"/verify.js\"></script>")
}

/// What the centre says.
pub fn after(standing: &Standing, now: Timestamp) -> Result<Response> {
    let word = match standing {
        Standing::Valid { .. } => "valid",
        Standing::Expired(_) => "expired",
        Standing::Ahead => "ahead",
        Standing::Revoked => "revoked",
        Standing::Ended => "ended",
        Standing::Unknown => "unknown",
    };
    said(word, standing, now)
}

/// What is said when nobody knows at this moment.
pub fn later() -> Result<Response> {
    said("later", &Standing::Unknown, Timestamp::default())
}

fn said(word: &str, standing: &Standing, now: Timestamp) -> Result<Response> {
    let mut inside = String::new();
    for (language, words) in words()? {
        let said = words
            .standing
            .get(word)
            .ok_or_else(|| Error::internal("the words of the page", word))?;
        let mut note = said.note.clone();
        if let Standing::Expired(made_at) = standing {
            note = note.replace("{at}", &minute(*made_at));
        }
        let _ = write!(
            inside,
            "<section lang=\"{language}\"><h1>{}</h1>{}<p>{}</p></section>",
            safe(&said.head),
            facts(words, standing, now)?,
            safe(&note)
        );
    }
    page(word, &inside, "")
}

/// Name, role, grid and this minute, of a card that serves.
fn facts(words: &Words, standing: &Standing, now: Timestamp) -> Result<String> {
    let Standing::Valid { name, role, grids } = standing else {
        return Ok(String::new());
    };
    let role = crate::store::person::word(role)?;
    let role = words.roles.get(&role).unwrap_or(&role);
    let mut facts = String::from("<dl>");
    for (what, value) in [
        (&words.name, name),
        (&words.role, role),
        (&words.grid, &grids.join(" / ")),
        (&words.at, &minute(now)),
    ] {
        let _ = write!(facts, "<dt>{}</dt><dd>{}</dd>", safe(what), safe(value));
    }
    let _ = write!(facts, "</dl><p>{}</p>", safe(&words.promise));
    Ok(facts)
}

fn page(standing: &str, inside: &str, last: &str) -> Result<Response> {
    let [(_, chinese), (_, english)] = words()?;
    let html = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{} · {}</title><link rel=\"stylesheet\" href=\"/verify.css\"></head>\
         <body><main class=\"{standing}\" data-standing=\"{standing}\">{inside}</main>{last}</body></html>",
        safe(&chinese.title),
        safe(&english.title)
    );
    Ok(([(header::CONTENT_TYPE, HTML)], html).into_response())
}

/// `2026-09-14 09:12` in Shanghai.
fn minute(at: Timestamp) -> String {
    at.shanghai().format("%Y-%m-%d %H:%M").to_string()
}

/// Nothing that somebody typed is ever a tag.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// How it looks.
pub async fn style() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("verify.css"))
}

/// What it does.
pub async fn script() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("verify.js"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridwalk_core::act::Role;

    #[test]
    fn every_standing_and_every_role_has_words_in_both_languages() {
        let roles = [
            Role::Worker,
            Role::Helper,
            Role::Lead,
            Role::Guide,
            Role::Secretary,
            Role::Dispatcher,
            Role::DutyChief,
            Role::Handler,
            Role::Checker,
            Role::Callback,
            Role::Steward,
            Role::Auditor,
            Role::Privacy,
        ];
        for (language, words) in words().expect("words") {
            for role in &roles {
                let word = crate::store::person::word(role).expect("a word");
                assert!(words.roles.contains_key(&word), "{language} {word}");
            }
        }
        let at = Timestamp(1_789_347_600_000);
        for standing in [
            Standing::Expired(at),
            Standing::Ahead,
            Standing::Revoked,
            Standing::Ended,
            Standing::Unknown,
        ] {
            after(&standing, at).expect("a page");
        }
        later().expect("a page");
    }

    #[test]
    fn a_name_is_never_a_tag() {
        assert_eq!(
            safe("<b>林\"晓\"</b> & 'co'"),
            "&lt;b&gt;林&quot;晓&quot;&lt;/b&gt; &amp; &#39;co&#39;"
        );
    }
}
