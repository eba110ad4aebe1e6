//! One form for what a keyboard can write in several, and what a thing is found by: one character of the name, its pinyin
//! or initials, the room, the end of the phone number. The list of doors needs no more than one folded column and `like`.

use gridwalk_core::reference::Building;
use pinyin::ToPinyin;

/// A longer query says nothing more.
const LONGEST_QUERY: usize = 64;

/// What is known of a door.
pub(crate) struct Door<'a> {
    pub building: Option<&'a Building>,
    pub unit: &'a str,
    pub room: &'a str,
    pub name: &'a str,
    pub phone: &'a str,
}

/// The column that the list looks in. Words are kept apart by a bar, so that no hit crosses two of them.
pub(crate) fn folded(door: &Door<'_>) -> String {
    let mut folded = address(door);
    folded.push_str(&person(door)[1..]);
    folded
}

/// Where the door is.
pub(super) fn address(door: &Door<'_>) -> String {
    let place = door.building.map_or_else(String::new, |building| {
        format!("{}{}", building.estate, building.number)
    });
    barred([
        format!("{place}-{}-{}", door.unit, door.room),
        format!("{place}-{}", door.room), // nobody says the unit when the room tells it
    ])
}

/// Who lives behind it.
pub(super) fn person(door: &Door<'_>) -> String {
    let mut words = vec![door.name.to_owned(), tail(door.phone)];
    words.extend(spellings(door.name));
    let mut folded = barred(words);
    folded.push_str(&plain(door.name)); // also by a sign that folding takes for a gap: `阿依·古丽`
    folded.push('|');
    folded
}

/// A name that is no person's: by itself and by its pinyin and initials.
pub(super) fn named(name: &str) -> String {
    let syllables = syllables(name);
    let initials = syllables.iter().filter_map(|one| one.chars().next());
    let mut all = barred([
        name.to_owned(),
        syllables.concat(),
        initials.collect::<String>(),
    ]);
    all.push_str(&plain(name));
    all
}

fn barred(words: impl IntoIterator<Item = String>) -> String {
    let mut folded = String::from("|");
    for word in words {
        folded.push_str(&fold(&word));
        folded.push('|');
    }
    folded
}

/// The `like` patterns of a query, one per word; all must hit. None when the query is empty.
pub(crate) fn patterns(query: &str) -> Vec<String> {
    let query: String = query.chars().take(LONGEST_QUERY).collect();
    query
        .split_whitespace()
        .map(fold)
        .filter(|word| !word.is_empty())
        .map(|word| {
            let mut pattern = String::from("%");
            for letter in word.chars() {
                if matches!(letter, '%' | '_' | '\\') {
                    pattern.push('\\');
                }
                pattern.push(letter);
            }
            pattern.push('%');
            pattern
        })
        .collect()
}

/// One form for what a keyboard can write in several: full width is half width, capitals are small, and whatever
/// people put between the parts of a door is one dash (`3-2-502`, `3幢2单元502室`).
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.replace("单元", "-").chars() {
        let letter = narrow(letter);
        match letter {
            '-' | '—' | '·' | '(' | ')' | '|' | '幢' | '栋' | '座' | '号' | '室' => {
                if !folded.ends_with('-') {
                    folded.push('-');
                }
            }
            space if space.is_whitespace() => {}
            other => folded.extend(other.to_lowercase()),
        }
    }
    folded.trim_matches('-').to_owned()
}

/// Free text in one form: half width, small, without gaps. Every sign counts.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars().map(narrow) {
        if !letter.is_whitespace() {
            plain.extend(letter.to_lowercase());
        }
    }
    plain
}

fn narrow(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        other => other,
    }
}

/// The last four digits.
fn tail(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(4)..].iter().collect()
}

/// Pinyin and initials of a name, with every reading that its surname may have.
fn spellings(name: &str) -> Vec<String> {
    let (surname, rest) = surname(name);
    let rest = syllables(rest);
    let mut all = Vec::new();
    for reading in surname {
        let syllables: Vec<&str> = reading
            .split(' ')
            .filter(|syllable| !syllable.is_empty())
            .chain(rest.iter().copied())
            .collect();
        all.push(syllables.concat());
        all.push(
            syllables
                .iter()
                .filter_map(|syllable| syllable.chars().next())
                .collect(),
        );
    }
    all.retain(|spelling: &String| !spelling.is_empty());
    all.dedup();
    all
}

/// Every reading of each character of a name, the surname's own ones too; none for what has no reading.
pub(super) fn readings(name: &str) -> Vec<Vec<String>> {
    let usual = |letter: char| -> Vec<String> {
        let reading = letter.to_pinyin().map(|pinyin| pinyin.plain().to_owned());
        reading.into_iter().collect()
    };
    let mut all: Vec<Vec<String>> = name.chars().map(usual).collect();
    for reading in surname(name).0 {
        for (place, syllable) in reading.split(' ').enumerate() {
            if let Some(known) = all.get_mut(place)
                && !syllable.is_empty()
                && !known.iter().any(|other| other == syllable)
            {
                known.push(syllable.to_owned());
            }
        }
    }
    all
}

fn syllables(text: &str) -> Vec<&'static str> {
    text.chars()
        .filter_map(|letter| letter.to_pinyin())
        .map(|pinyin| pinyin.plain())
        .collect()
}

/// The readings of the surname (usual one last), and the rest of the name.
fn surname(name: &str) -> (Vec<String>, &str) {
    for (letters, reading) in SURNAMES {
        if let Some(rest) = name.strip_prefix(letters) {
            return (
                vec![(*reading).to_owned(), syllables(letters).join(" ")],
                rest,
            );
        }
    }
    let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
    (vec![syllables(first).join(" ")], rest)
}

/// Surnames that are read otherwise than the character usually is.
const SURNAMES: &[(&str, &str)] = &[
    ("万俟", "mo qi"),
    ("尉迟", "yu chi"),
    ("澹台", "tan tai"),
    ("长孙", "zhang sun"),
    ("单于", "chan yu"),
    ("单", "shan"),
    ("曾", "zeng"),
    ("解", "xie"),
    ("仇", "qiu"),
    ("区", "ou"),
    ("查", "zha"),
    ("朴", "piao"),
    ("盖", "ge"),
    ("种", "chong"),
    ("乐", "yue"),
    ("缪", "miao"),
    ("翟", "zhai"),
    ("员", "yun"),
    ("黑", "he"),
    ("秘", "bi"),
    ("召", "shao"),
    ("折", "she"),
    ("繁", "po"),
    ("那", "na"),
    ("牟", "mu"),
    ("隗", "wei"),
    ("乜", "nie"),
    ("晁", "chao"),
    ("冼", "xian"),
    ("覃", "qin"),
    ("逄", "pang"),
    ("宓", "fu"),
    ("郇", "xun"),
    ("郗", "xi"),
    ("沈", "shen"),
    ("任", "ren"),
    ("华", "hua"),
    ("应", "ying"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use gridwalk_core::ids::{BuildingId, GridId};
    use uuid::Uuid;

    fn found(name: &str, phone: &str, query: &str) -> bool {
        let building = Building {
            id: BuildingId(Uuid::nil()),
            grid: GridId(Uuid::nil()),
            estate: "听雨苑".into(),
            number: "3幢".into(),
            storeys: 6,
            walking_order: 1,
            lon: 123.5,
            lat: 29.5,
        };
        let column = folded(&Door {
            building: Some(&building),
            unit: "2单元",
            room: "502",
            name,
            phone,
        });
        let db = rusqlite::Connection::open_in_memory().unwrap();
        patterns(query).iter().all(|pattern| {
            db.query_row("select ?1 like ?2 escape '\\'", (&column, pattern), |row| {
                row.get(0)
            })
            .unwrap()
        })
    }

    #[test]
    fn a_door_is_found_by_one_character_pinyin_initials_room_or_phone_tail() {
        for query in [
            "李",
            "阿姨",
            "liayi",
            "lay",
            "LAY",
            "502",
            "３幢",
            "3幢2单元502室",
            "3-2-502",
            "3-502",
            "听雨苑",
            "0123",
            "李 502",
            "听雨 lay",
            "",
        ] {
            assert!(found("李阿姨", "14200000123", query), "{query}");
        }
        for query in [
            "王",
            "503",
            "zhang",
            "0124",
            "李 503",
            "1420000",
            "5022",
            "%",
            "_",
            "' or 1=1 --",
        ] {
            assert!(!found("李阿姨", "14200000123", query), "{query}");
        }
    }

    #[test]
    fn a_surname_is_found_by_its_own_reading_and_by_the_usual_one() {
        for (name, query) in [
            ("单师傅", "shan"),
            ("单师傅", "dan"),
            ("曾奶奶", "zeng"),
            ("解大爷", "xie"),
            ("仇女士", "qiu"),
            ("尉迟大爷", "yuchi"),
            ("尉迟大爷", "ycdy"),
            ("单", "单"),
        ] {
            assert!(found(name, "", query), "{name} by {query}");
        }
    }

    #[test]
    fn a_rare_character_without_a_reading_is_found_by_itself() {
        assert!(found("𬭩先生", "", "𬭩"));
        assert!(found("㛃女士", "", "㛃"));
        assert!(found("阿依·古丽", "", "阿依·古丽"));
        assert!(found("Anna", "", "anna"));
    }
}
