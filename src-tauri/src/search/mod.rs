//! Finding what a worker remembers one piece of: people, doors, cases, notes, places. Everything that can be found is held in
//! memory in one folded form; six thousand things are looked through faster than an index over single characters is read.

mod entry;
mod fold;
mod index;
mod pieces;

pub(crate) use entry::{household, incident, make, place};
pub(crate) use fold::{Door, folded, patterns};
pub(crate) use index::Index;

use self::{
    entry::{Entry, Kind},
    index::Known,
    pieces::pieces,
};
use crate::{
    Phone,
    database::fact,
    error::Answer,
    view::{Found, FoundGroup, FoundKind, Hit, Language, Settings},
};
use chrono::NaiveDate;
use gridwalk_core::time::Timestamp;

/// So many of each kind are shown; how many there are is said.
const SHOWN: usize = 20;
/// A longer query says nothing more.
const LONGEST_QUERY: usize = 64;

/// One word of a query, in both forms.
pub(crate) struct Word {
    plain: String,
    address: String,
}

fn words(query: &str) -> Vec<Word> {
    let query: String = query.chars().take(LONGEST_QUERY).collect();
    let words = query.split_whitespace().map(|word| Word {
        plain: fold::plain(word),
        address: fold::fold(word),
    });
    words.filter(|word| !word.plain.is_empty()).collect()
}

impl Word {
    /// Digits and dashes mean a door before they mean the end of a phone number.
    fn is_number(&self) -> bool {
        self.address
            .chars()
            .all(|sign| sign.is_ascii_digit() || sign == '-')
    }
    fn in_address(&self, address: &str) -> bool {
        !self.address.is_empty() && address.contains(&self.address)
    }
}

impl Phone {
    /// What the query finds, grouped by what it is. Every word must hit; an empty query finds nothing.
    pub fn search(&self, query: String) -> Answer<Found> {
        let words = words(&query);
        if words.is_empty() {
            return Ok(Found::default());
        }
        let today = self.now().local_date();
        let mut index = self.search_index();
        self.database().read(|db| {
            index.catch_up(db)?;
            let settings: Settings = fact(db, "settings")?.unwrap_or_default();
            Ok(find(&index, &words, &settings, today))
        })
    }
}

fn find(index: &Index, words: &[Word], settings: &Settings, today: NaiveDate) -> Found {
    let mut of_kind: [Vec<&Entry>; KINDS.len()] = Default::default();
    for entry in &index.entries {
        if let Some(kind) = kind_of(index, entry, words) {
            of_kind[kind].push(entry);
        }
    }
    let mut groups = Vec::new();
    for (kind, mut entries) in KINDS.into_iter().zip(of_kind) {
        let total = count(&entries);
        entries.sort_by(|a, b| (a.rank, &a.plate).cmp(&(b.rank, &b.plate)));
        entries.truncate(SHOWN);
        let hits = entries
            .into_iter()
            .map(|entry| hit(index, entry, words, settings))
            .collect();
        groups.push(FoundGroup { kind, total, hits });
    }
    if words.iter().all(Word::is_number) {
        groups.swap(0, 1); // a number is a door first
    }
    groups.push(known(FoundKind::Building, &index.buildings, words));
    groups.push(known(FoundKind::Checkpoint, &index.checkpoints, words));
    groups.push(announcements(index, words, today));
    groups.push(pages(index, words, settings.language));
    groups.retain(|group| group.total > 0);
    Found { groups }
}

const KINDS: [FoundKind; 5] = [
    FoundKind::Person,
    FoundKind::Door,
    FoundKind::Place,
    FoundKind::Case,
    FoundKind::Note,
];

/// Under which of [`KINDS`] every word finds it, if every word does.
fn kind_of(index: &Index, entry: &Entry, words: &[Word]) -> Option<usize> {
    let category = entry.category.as_ref();
    let category = category.and_then(|code| index.categories.get(code));
    let mut own = false;
    for word in words {
        let in_address = word.in_address(&entry.address);
        let in_own = entry.folded.contains(&word.plain)
            || category.is_some_and(|(_, folded)| folded.contains(&word.plain));
        if !in_address && !in_own {
            return None;
        }
        own |= in_own && !(in_address && word.is_number());
    }
    match entry.kind {
        Kind::Household if own => Some(0),
        Kind::Household => Some(1),
        Kind::Place => Some(2),
        Kind::Case => Some(3),
        Kind::Note if own => Some(4),
        Kind::Note => None, // its door was meant, and stands above
    }
}

fn hit(index: &Index, entry: &Entry, words: &[Word], settings: &Settings) -> Hit {
    let category = entry.category.as_ref();
    let category = category.and_then(|code| index.categories.get(code));
    let (title, line, name) = match (entry.kind, category) {
        (Kind::Household, _) if settings.mask_names => {
            (masked_name(&entry.title), entry.line.clone(), true)
        }
        (Kind::Household | Kind::Place, _) => (entry.title.clone(), entry.line.clone(), true),
        (Kind::Note, _) => (entry.title.clone(), entry.line.clone(), false),
        (Kind::Case, category) => {
            let name = match (category, settings.language) {
                (Some((row, _)), Language::Chinese) => row.name_zh.clone(),
                (Some((row, _)), Language::English) => row.name_en.clone(),
                (None, _) => entry.category.clone().unwrap_or_default(),
            };
            let line = format!("{} {}", entry.line, entry.title);
            (name, line.trim().to_owned(), true)
        }
    };
    Hit {
        id: entry.id.to_string(),
        document: entry.document.to_string(),
        plate: entry.plate.clone(),
        title: pieces(&title, words, name),
        line: pieces(&line, words, false),
        at: entry.at.map(Timestamp),
    }
}

fn known(kind: FoundKind, rows: &[Known], words: &[Word]) -> FoundGroup {
    let found = rows.iter().filter(|row| {
        let hit = |word: &Word| row.folded.contains(&word.plain) || word.in_address(&row.folded);
        words.iter().all(hit)
    });
    let found: Vec<&Known> = found.collect();
    let hits = found.iter().take(SHOWN).map(|row| Hit {
        id: row.id.clone(),
        document: row.id.clone(),
        plate: String::new(),
        title: pieces(&row.title, words, true),
        line: pieces(&row.line, words, false),
        at: None,
    });
    FoundGroup {
        kind,
        total: count(&found),
        hits: hits.collect(),
    }
}

fn pages(index: &Index, words: &[Word], language: Language) -> FoundGroup {
    let hit = |folded: &String| words.iter().all(|word| folded.contains(&word.plain));
    let found = index.pages.iter().filter(|(_, folded)| hit(folded));
    let found: Vec<_> = found.map(|(page, _)| page).collect();
    let hits = found.iter().take(SHOWN).map(|page| {
        let (title, body) = match language {
            Language::Chinese => (&page.title_zh, &page.body_zh),
            Language::English => (&page.title_en, &page.body_en),
        };
        Hit {
            id: page.id.to_string(),
            document: page.id.to_string(),
            plate: String::new(),
            title: pieces(&coded(page.code.as_deref(), title), words, true),
            line: pieces(&body.replace('\n', " "), words, false),
            at: None,
        }
    });
    FoundGroup {
        kind: FoundKind::Page,
        total: count(&found),
        hits: hits.collect(),
    }
}

/// `Z01 该做：走访和了解`
fn coded(code: Option<&str>, title: &str) -> String {
    [code.unwrap_or_default(), title]
        .join(" ")
        .trim()
        .to_owned()
}

/// What was announced and still matters, as its page lists it.
fn announcements(index: &Index, words: &[Word], today: NaiveDate) -> FoundGroup {
    let found = index.announcements.iter().filter(|(said, folded)| {
        said.expires.is_none_or(|last| last >= today)
            && words.iter().all(|word| folded.contains(&word.plain))
    });
    let found: Vec<_> = found.map(|(said, _)| said).collect();
    let hits = found.iter().take(SHOWN).map(|said| Hit {
        id: said.id.to_string(),
        document: said.id.to_string(),
        plate: String::new(),
        title: pieces(&said.title, words, true),
        line: pieces(&said.text.replace('\n', " "), words, false),
        at: Some(said.at),
    });
    FoundGroup {
        kind: FoundKind::Announcement,
        total: count(&found),
        hits: hits.collect(),
    }
}

fn count<T>(rows: &[T]) -> u32 {
    u32::try_from(rows.len()).unwrap_or(u32::MAX)
}

/// `李**`: enough to call somebody by the surname.
pub(crate) fn masked_name(name: &str) -> String {
    match name.chars().next() {
        Some(first) => format!("{first}**"),
        None => String::new(),
    }
}
