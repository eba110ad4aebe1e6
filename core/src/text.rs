//! What may stand in a text that a person types: how long it may be, and which numbers do not belong in it.
//!
//! A citizen number (GB 11643) is kept nowhere, not even mistyped; a phone number has a field of its own, where it is
//! masked. People write both with spaces, hyphens and full-width digits, so a text is read as chains of digit groups.

use crate::error::{Code, Refusal};

/// At most `max` characters and no citizen number.
pub fn plain(text: &str, max: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length > max {
        return Err(Refusal::new(
            Code::TextTooLong,
            format!("{length} characters where {max} fit"),
        ));
    }
    if has_citizen_number(text) {
        // The text itself never goes into a log.
        return Err(Refusal::new(Code::TextLooksLikeId, "a citizen number"));
    }
    Ok(())
}

/// [`plain`], and no phone number either.
pub fn note(text: &str, max: usize) -> Result<(), Refusal> {
    plain(text, max)?;
    if has_phone_number(text) {
        return Err(Refusal::new(Code::TextLooksLikePhone, "a phone number"));
    }
    Ok(())
}

/// [`plain`], and not blank: blank is `missing`.
pub fn required(text: &str, max: usize, missing: Code) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::new(missing, "the text is blank"));
    }
    plain(text, max)
}

/// 5–20 digits, spaces, `+` (first only) or `-`, at least five of them digits; and not a citizen number.
pub fn phone(text: &str) -> Result<(), Refusal> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let shaped = (5..=20).contains(&text.chars().count())
        && digits >= 5
        && text.chars().enumerate().all(|(place, sign)| {
            sign.is_ascii_digit() || matches!(sign, ' ' | '-') || (sign == '+' && place == 0)
        });
    if !shaped {
        return Err(Refusal::new(
            Code::ValueOutOfRange,
            "not shaped like a phone number",
        ));
    }
    plain(text, 20)
}

/// 15 or 18 digits with the shape of GB 11643: area, then a possible date of birth. Whether the area exists or the check
/// character fits is not asked: mistyped numbers are personal too, and the demo street's own area 9999 does not exist.
pub fn has_citizen_number(text: &str) -> bool {
    chains(text).iter().any(|chain| {
        let inside = |group: &String| {
            let long = group.len() > 18;
            long && group
                .as_bytes()
                .windows(18)
                .any(|digits| std::str::from_utf8(digits).is_ok_and(is_citizen_number))
        };
        chain.iter().any(inside) || joined(chain, 18).any(|(digits, _)| is_citizen_number(&digits))
    })
}

/// A mobile number (with or without 86 before it) or a landline with its area code.
pub fn has_phone_number(text: &str) -> bool {
    chains(text)
        .iter()
        .any(|chain| joined(chain, 15).any(|(digits, groups)| is_phone_number(&digits, groups)))
}

fn is_citizen_number(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let (body, year, month_and_day, earliest) = match bytes.len() {
        18 => (&bytes[..17], number(&bytes[6..10]), &bytes[10..14], 1850),
        // Given out until 1999. Nobody born before 1920 still shows one, but grid codes (area, street 001, …) look so.
        15 => (bytes, 1900 + number(&bytes[6..8]), &bytes[8..12], 1920),
        _ => return false,
    };
    body.iter().all(u8::is_ascii_digit)
        && bytes[0] != b'0'
        && (earliest..=2099).contains(&year)
        && (1..=12).contains(&number(&month_and_day[..2]))
        && (1..=31).contains(&number(&month_and_day[2..]))
}

fn is_phone_number(digits: &str, groups: &[String]) -> bool {
    let national = ["0086", "86"]
        .iter()
        .find_map(|prefix| digits.strip_prefix(prefix))
        .unwrap_or(digits);
    let mobile = |digits: &str| {
        digits.len() == 11 && digits.starts_with('1') && matches!(digits.as_bytes()[1], b'3'..=b'9')
    };
    // A landline in more than two groups would make a phone number of `0900 1030 1120`.
    let landline = match groups {
        [all] => (10..=12).contains(&all.len()),
        [area, local] => (3..=4).contains(&area.len()) && (7..=8).contains(&local.len()),
        _ => false,
    };
    mobile(digits)
        || mobile(national)
        || (landline && digits.starts_with('0') && !digits.starts_with("00"))
}

fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum, digit| {
        sum * 10 + u32::from(digit.wrapping_sub(b'0'))
    })
}

/// Every way of reading neighbouring groups of a chain as one number of at most `max` characters.
fn joined(chain: &[String], max: usize) -> impl Iterator<Item = (String, &[String])> {
    (0..chain.len()).flat_map(move |from| {
        (from..chain.len())
            .map(move |to| &chain[from..=to])
            .take_while(move |groups| groups.iter().map(String::len).sum::<usize>() <= max)
            .map(|groups| (groups.concat(), groups))
    })
}

/// Digit groups that at most two separators keep apart; an `X` is a group of its own.
fn chains(text: &str) -> Vec<Vec<String>> {
    let mut chains: Vec<Vec<String>> = Vec::new();
    let mut gap = usize::MAX; // signs since the last digit; MAX: the chain is broken
    for sign in text.chars().map(narrow) {
        match sign {
            '0'..='9' | 'X' => {
                let alone = sign == 'X';
                match chains.last_mut().filter(|_| gap <= 2) {
                    None if alone => continue,
                    None => chains.push(vec![sign.to_string()]),
                    Some(chain) => match chain.last_mut() {
                        Some(group) if gap == 0 && !alone && !group.ends_with('X') => {
                            group.push(sign);
                        }
                        _ => chain.push(sign.to_string()),
                    },
                }
                gap = 0;
            }
            ' ' | '-' | '.' | '_' => gap = gap.saturating_add(1),
            _ => gap = usize::MAX,
        }
    }
    chains
}

/// Full-width digits as digits, any space as a space, any dash as a hyphen, `x` as `X`.
fn narrow(sign: char) -> char {
    match sign {
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(sign) - 0xff10, 10).unwrap_or(sign),
        'x' | 'ｘ' | 'Ｘ' => 'X',
        '\u{200b}'..='\u{200d}' | '\u{feff}' => ' ',
        '‐'..='―' | '－' | '−' => '-',
        '·' | '．' | '•' => '.',
        space if space.is_whitespace() => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<(), Refusal>) -> Option<Code> {
        result.err().map(|refusal| refusal.code)
    }

    #[test]
    fn a_citizen_number_is_found_however_it_is_typed() {
        for text in [
            "999901194903150013",
            "身份证999901194903150013。",
            "99990119490315002X",
            "99990119490315002x",
            "999901 19490315 0013",
            "999901-19490315-002 X",
            "９９９９０１１９４９０３１５００２Ｘ",
            "999901\u{3000}1949\u{3000}0315\u{3000}0013",
            "999901490315001",
            "9 9 9 9 0 1 1 9 4 9 0 3 1 5 0 0 1 3",
            "00999901194903150013",
            "电表 502 999901194903150013",
        ] {
            assert_eq!(
                code(plain(text, 100)),
                Some(Code::TextLooksLikeId),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_that_cannot_be_a_citizen_are_left_alone() {
        for text in [
            "",
            "门牌 502,503,504,601,602,603",
            "2026-09-14 10:30 3幢2单元502",
            "099901194903150013",
            "999901194913150013",
            "999901194903320013",
            "水表号 1234567890123456789",
            "999901 1949",
            "尺寸 3x5x7",
            "网格编码 999901001001003",
        ] {
            assert_eq!(code(note(text, 100)), None, "{text}");
        }
    }

    #[test]
    fn a_phone_number_is_found_however_it_is_typed() {
        for text in [
            "14200000001",
            "电话142 0000 0001",
            "502室 142-0000-0001",
            "+86 14200000001",
            "008614200000001",
            "１４２０００００００１",
            "0571-88880000",
            "057188880000",
            "1 4 2 0 0 0 0 0 0 0 1",
        ] {
            assert_eq!(
                code(note(text, 100)),
                Some(Code::TextLooksLikePhone),
                "{text}"
            );
        }
    }

    #[test]
    fn dates_rooms_and_short_numbers_are_no_phones() {
        for text in [
            "20260914",
            "打12345反映过",
            "3幢2单元1502",
            "0900-1030 1120",
            "表底 12000000001",
            "2026 0914 1030",
        ] {
            assert_eq!(code(note(text, 100)), None, "{text}");
        }
    }

    #[test]
    fn a_length_counts_characters_not_bytes() {
        assert_eq!(code(plain("网格员林晓", 5)), None);
        assert_eq!(code(plain("网格员林晓走", 5)), Some(Code::TextTooLong));
        assert_eq!(
            code(required(" \u{3000}", 5, Code::MissingReason)),
            Some(Code::MissingReason)
        );
    }

    #[test]
    fn a_phone_field_holds_digits_and_what_people_put_between_them() {
        for good in ["14200000001", "+86 142-0000-0001", "12345", "0571-88880000"] {
            assert_eq!(code(phone(good)), None, "{good}");
        }
        for bad in [
            "1234",
            "142000000011420000000",
            "14+20000",
            "转 8001",
            "- - - - 1",
            "１４２０００００００１",
        ] {
            assert_eq!(code(phone(bad)), Some(Code::ValueOutOfRange), "{bad}");
        }
        assert_eq!(
            code(phone("999901194903150013")),
            Some(Code::TextLooksLikeId)
        );
    }
}
