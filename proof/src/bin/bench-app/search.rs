//! What somebody types into the one field, letter by letter, on a phone that has everything.

use gridwalk::Phone;
use gridwalk_proof::{
    corner,
    measure::Times,
    process::Outcome,
    save::{in_the_morning, visit},
};
use std::path::Path;

/// A save between so many searches: what is new is read by the next one.
const BETWEEN_SAVES: usize = 50;

/// As somebody would look for them: a character, a name, its initials and its pinyin, a room, a phone's tail, a place, a
/// case, a building, words that nothing has.
const LOOKED_FOR: &[&str] = &[
    "李",
    "王阿姨",
    "张先生",
    "zhang",
    "wxs",
    "las",
    "301",
    "1单元 502",
    "听雨苑 3幢",
    "12幢",
    "0123",
    "88",
    "楼道",
    "堆物",
    "电瓶车",
    "井盖",
    "燃气软管",
    "东门",
    "梧桐-03-0612",
    "独居",
    "狗",
    "没有这个人",
    "xyzzy",
    "a",
    "1",
    "楼",
];

/// Of the searches after the first, and of the first.
pub struct Searched {
    /// With a save now and then in between.
    pub usual: Times,
    /// By a phone that was just started.
    pub first: Times,
}

/// So many searches.
pub fn times(phone: &Path, count: usize) -> Outcome<Searched> {
    let (phone, watch) = in_the_morning(phone)?;
    let mut doors = corner::doors(&phone)?.into_iter().cycle();
    let (first, found) = Times::of(|| phone.search("李".into()));
    let mut hits = usize::from(!found?.groups.is_empty());
    let typed: Vec<String> = LOOKED_FOR
        .iter()
        .flat_map(|words| prefixes(words))
        .collect();
    let mut ms = Vec::new();
    for (n, query) in typed.iter().cycle().take(count).enumerate() {
        if n % BETWEEN_SAVES == BETWEEN_SAVES - 1 {
            visit(&phone, &watch, doors.next().ok_or("no doors")?)?;
        }
        let (took, found) = search(&phone, query)?;
        ms.push(took);
        hits += found;
    }
    if hits < count / 4 {
        return Err(format!("{hits} of {count} searches found something").into());
    }
    Ok(Searched {
        usual: Times::new(ms),
        first: Times::new(vec![first]),
    })
}

fn search(phone: &Phone, query: &str) -> Outcome<(f64, usize)> {
    let query = query.to_owned();
    let (took, found) = Times::of(|| phone.search(query));
    Ok((took, usize::from(!found?.groups.is_empty())))
}

/// What stands in the field after every letter.
fn prefixes(words: &str) -> impl Iterator<Item = String> {
    let ends = words
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8());
    ends.map(|end| words[..end].to_owned())
}
