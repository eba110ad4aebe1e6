//! Which part of a line was looked for, so that a screen can draw it without looking itself.

use super::{Word, fold};
use crate::view::Piece;
use std::ops::Range;

/// A longer line is cut around its first hit.
const LINE: usize = 44;
/// How much of it stands before the hit.
const BEFORE: usize = 8;

/// The text in pieces; those that a word hit are marked. A name is also looked for by its readings.
pub(super) fn pieces(text: &str, words: &[Word], name: bool) -> Vec<Piece> {
    let letters: Vec<char> = text.chars().collect();
    let mut marked = vec![false; letters.len()];
    for word in words {
        let mut hits = literal(&letters, &word.plain, fold::plain);
        if hits.is_empty() {
            hits = literal(&letters, &word.address, fold::fold);
        }
        if hits.is_empty() && name {
            hits.extend(spelled(text, &word.plain));
        }
        for place in hits.into_iter().flatten() {
            marked[place] = true;
        }
    }
    let first = marked.iter().position(|hit| *hit).unwrap_or(0);
    let start = match letters.len() {
        0..=LINE => 0,
        _ => first.saturating_sub(BEFORE),
    };
    let end = letters.len().min(start + LINE);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut push = |text: &str, hit: bool| match pieces.last_mut() {
        Some(last) if last.hit == hit => last.text.push_str(text),
        _ => pieces.push(Piece {
            text: text.to_owned(),
            hit,
        }),
    };
    if start > 0 {
        push("…", false);
    }
    for place in start..end {
        push(letters[place].encode_utf8(&mut [0; 4]), marked[place]);
    }
    if end < letters.len() {
        push("…", false);
    }
    pieces
}

/// Where the folded word stands in the folded text, in letters of the text itself. Letter by letter, because folding may
/// drop some and make one of several.
fn literal(letters: &[char], word: &str, form: impl Fn(&str) -> String) -> Vec<Range<usize>> {
    let whole: String = letters.iter().collect();
    let Some(first) = word.chars().next().filter(|_| form(&whole).contains(word)) else {
        return Vec::new();
    };
    let longest = 2 * word.chars().count() + 4;
    let mut hits = Vec::new();
    let mut start = 0;
    while start < letters.len() {
        let begins = form(letters[start].encode_utf8(&mut [0; 4])).starts_with(first);
        let mut ends = start + 1..=letters.len().min(start + longest);
        let end = begins
            .then(|| {
                ends.find(|end| form(&letters[start..*end].iter().collect::<String>()) == word)
            })
            .flatten();
        hits.extend(end.map(|end| start..end));
        start = end.unwrap_or(start + 1);
    }
    hits
}

/// Which characters of a name the letters spell, in full or by initials.
fn spelled(name: &str, letters: &str) -> Option<Range<usize>> {
    if letters.is_empty() || !letters.is_ascii() {
        return None;
    }
    let readings = fold::readings(name);
    (0..readings.len()).find_map(|start| {
        let end =
            full(&readings[start..], letters).or_else(|| initials(&readings[start..], letters));
        end.map(|many| start..start + many)
    })
}

fn full(readings: &[Vec<String>], letters: &str) -> Option<usize> {
    if letters.is_empty() {
        return Some(0);
    }
    let (first, rest) = readings.split_first()?;
    first.iter().find_map(|reading| {
        if reading.starts_with(letters) {
            return Some(1);
        }
        full(rest, letters.strip_prefix(reading.as_str())?).map(|many| many + 1)
    })
}

fn initials(readings: &[Vec<String>], letters: &str) -> Option<usize> {
    let fits = letters
        .chars()
        .zip(readings)
        .all(|(letter, readings)| readings.iter().any(|reading| reading.starts_with(letter)));
    (fits && letters.len() <= readings.len()).then_some(letters.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::words;

    fn drawn(text: &str, query: &str) -> String {
        pieces(text, &words(query), true)
            .into_iter()
            .map(|piece| match piece.hit {
                true => format!("[{}]", piece.text),
                false => piece.text,
            })
            .collect()
    }

    #[test]
    fn what_was_typed_is_marked_in_what_is_shown() {
        for (text, query, shown) in [
            ("李阿姨", "李", "[李]阿姨"),
            ("李阿姨", "ay", "李[阿姨]"),
            ("李阿姨", "liay", "[李阿姨]"),
            ("单师傅", "shan", "[单]师傅"),
            ("尉迟大爷", "yuchi", "[尉迟]大爷"),
            ("听雨苑 3幢 2单元 502", "3-2-502", "听雨苑 [3幢 2单元 502]"),
            (
                "听雨苑 3幢 2单元 502",
                "502 听雨",
                "[听雨]苑 3幢 2单元 [502]",
            ),
            ("ＡＢ楼", "ab", "[ＡＢ]楼"),
            (
                "燃气软管硬了，软管要换",
                "软管",
                "燃气[软管]硬了，[软管]要换",
            ),
            ("李阿姨", "王", "李阿姨"),
            ("", "王", ""),
        ] {
            assert_eq!(drawn(text, query), shown, "{text} by {query}");
        }
    }

    #[test]
    fn a_long_note_is_cut_around_its_hit() {
        let text = format!("{}软管{}", "前".repeat(60), "后".repeat(60));
        let shown = drawn(&text, "软管");
        assert!(shown.starts_with("…前前前前前前前前[软管]后"), "{shown}");
        assert!(shown.ends_with("后…"), "{shown}");
        assert_eq!(shown.chars().count(), LINE + 4);
    }
}
