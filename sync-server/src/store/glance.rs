//! What the log and the catalogue say about everything that an upload names, asked in a few questions instead of several
//! for every change: on PostgreSQL a question is a way to the database and back, and on the one writer of a file each is
//! time that all other phones wait for. Taken in the transaction that will hold the outcome, after its documents are locked.

use crate::{
    error::Result,
    store::{
        Connection, Fault, Row, Value,
        log::{self, Book, UNJUDGED},
    },
};
use gridwalk_core::{
    error::Code,
    ids::{DeviceId, DocumentId, Hash},
    scan::{ActorId, Looked},
    sync::admit::{Ledger, Placement, Standing, Waiting},
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// How many are asked for in one statement. Few lengths, so that each is compiled once; a shorter list repeats its last.
const LENGTHS: [usize; 4] = [1, 8, 32, 128];
/// The same for questions that are written out once for each.
const TERMS: [usize; 3] = [1, 8, 32];

/// The book, read ahead. What was not foreseen is looked up in it as ever.
pub struct Glance<'a> {
    book: Book<'a>,
    placements: HashMap<DocumentId, Placement>,
    named: HashSet<Hash>,
    standings: HashMap<(DocumentId, Hash), Standing>,
    lasts: HashMap<(DocumentId, ActorId), Option<(u64, Hash)>>,
    documents: BTreeSet<DocumentId>,
    holding: HashSet<DocumentId>,
}

impl<'a> Glance<'a> {
    /// Looks up what admission will ask about these changes.
    pub fn at<'b>(
        connection: &'a Connection,
        changes: impl IntoIterator<Item = (DocumentId, &'b Looked)>,
    ) -> Result<Self> {
        let mut glance = Self {
            book: Book(connection),
            placements: HashMap::new(),
            named: HashSet::new(),
            standings: HashMap::new(),
            lasts: HashMap::new(),
            documents: BTreeSet::new(),
            holding: HashSet::new(),
        };
        for (document, looked) in changes {
            glance.documents.insert(document);
            glance.named.insert(looked.hash());
            if let Ok(header) = looked.header() {
                glance.named.extend(&header.deps);
                glance.lasts.insert((document, header.actor), None);
            }
        }
        glance.place()?;
        glance.stand()?;
        glance.follow()?;
        Ok(glance)
    }

    /// Whether changes of this document are held; without a question where the document was foreseen.
    pub fn holds(&self, document: &DocumentId) -> bool {
        !self.documents.contains(document) || self.holding.contains(document)
    }

    fn place(&mut self) -> Result<()> {
        let (placements, holding) = (&mut self.placements, &mut self.holding);
        let ids: Vec<Value<'_>> = self
            .documents
            .iter()
            .map(|id| Value::Blob(id.0.as_bytes()))
            .collect();
        many(
            self.book.0,
            "select grid, class, kind, erased_at is not null, id from document where id in (",
            ")",
            &ids,
            |row| {
                let placement = match row.get::<_, bool>(3)? {
                    true => Placement::Erased,
                    false => {
                        let (partition, kind) = log::placed(row)?;
                        Placement::In(partition, kind)
                    }
                };
                placements.insert(DocumentId(row.get(4)?), placement);
                Ok(())
            },
        )?;
        many(
            self.book.0,
            "select distinct document from change where state = 'held' and document in (",
            ")",
            &ids,
            |row| {
                holding.insert(DocumentId(row.get(0)?));
                Ok(())
            },
        )
    }

    fn stand(&mut self) -> Result<()> {
        let names: Vec<Value<'_>> = self.named.iter().map(|hash| Value::Blob(&hash.0)).collect();
        let standings = &mut self.standings;
        many(
            self.book.0,
            "select document, hash, state from change where hash in (",
            ")",
            &names,
            |row| {
                let place = (DocumentId(row.get(0)?), Hash(row.get(1)?));
                standings.insert(place, log::standing_of(&row.get::<_, String>(2)?));
                Ok(())
            },
        )?;
        let mut newest: HashMap<(DocumentId, Hash), Option<Code>> = HashMap::new();
        many(
            self.book.0,
            &format!(
                "select document, hash, code from evidence where code <> '{UNJUDGED}'
                 and coalesce(decision, '') <> 'released' and hash in ("
            ),
            ") order by received_at desc",
            &names,
            |row| {
                let place = (DocumentId(row.get(0)?), Hash(row.get(1)?));
                let code = Code::parse(&row.get::<_, String>(2)?);
                newest.entry(place).or_insert(code);
                Ok(())
            },
        )?;
        for (place, code) in newest {
            if let Some(code) = code {
                standings.entry(place).or_insert(Standing::Refused(code));
            }
        }
        Ok(())
    }

    fn follow(&mut self) -> Result<()> {
        let keys: Vec<(DocumentId, ActorId)> = self.lasts.keys().copied().collect();
        for some in keys.chunks(TERMS[TERMS.len() - 1]) {
            let terms = length(&TERMS, some.len());
            let sql: Vec<String> = (0..terms)
                .map(|term| {
                    let (document, actor) = (2 * term + 1, 2 * term + 2);
                    format!(
                        "select * from (select document, actor, seq, hash from change
                         where document = ?{document} and actor = ?{actor} and state <> 'held'
                         order by seq desc limit 1) as last_{term}"
                    )
                })
                .collect();
            let last = &some[some.len() - 1];
            let padded = some.iter().chain(std::iter::repeat(last)).take(terms);
            let params: Vec<Value<'_>> = padded
                .flat_map(|(document, actor)| {
                    [Value::Blob(document.0.as_bytes()), Value::Blob(actor)]
                })
                .collect();
            let lasts = &mut self.lasts;
            each(self.book.0, &sql.join(" union all "), params, &mut |row| {
                let key = (DocumentId(row.get(0)?), row.get(1)?);
                let seq = row.get::<_, i64>(2)?.cast_unsigned();
                lasts.insert(key, Some((seq, Hash(row.get(3)?))));
                Ok(())
            })?;
        }
        Ok(())
    }
}

impl Ledger for Glance<'_> {
    type Error = crate::error::Error;

    fn placement(&self, document: &DocumentId) -> Result<Placement> {
        match self.placements.get(document) {
            Some(placement) => Ok(*placement),
            None if self.documents.contains(document) => Ok(Placement::New),
            None => self.book.placement(document),
        }
    }

    fn standing(&self, document: &DocumentId, change: &Hash) -> Result<Option<Standing>> {
        match self.named.contains(change) {
            true => Ok(self.standings.get(&(*document, *change)).copied()),
            false => self.book.standing(document, change),
        }
    }

    fn last(&self, document: &DocumentId, actor: &ActorId) -> Result<Option<(u64, Hash)>> {
        match self.lasts.get(&(*document, *actor)) {
            Some(last) => Ok(*last),
            None => self.book.last(document, actor),
        }
    }

    fn held(&self, document: &DocumentId) -> Result<Vec<Waiting>> {
        match self.holds(document) {
            true => self.book.held(document),
            false => Ok(Vec::new()),
        }
    }

    fn begun(&self, document: &DocumentId) -> Result<bool> {
        self.book.begun(document)
    }

    fn held_by(&self, device: &DeviceId) -> Result<usize> {
        self.book.held_by(device)
    }
}

/// Keeps other writers off these documents until the end of the transaction, in the order of their ids.
pub fn lock(
    connection: &Connection,
    documents: impl IntoIterator<Item = DocumentId>,
) -> Result<()> {
    let documents: BTreeSet<DocumentId> = documents.into_iter().collect();
    let ids: Vec<Value<'_>> = documents
        .iter()
        .map(|id| Value::Blob(id.0.as_bytes()))
        .collect();
    for some in ids.chunks(LENGTHS[LENGTHS.len() - 1]) {
        let list = list(some.len());
        let sql = format!("select id from document where id in ({list}) order by id for update");
        connection.lock(&sql, padded(some))?;
    }
    Ok(())
}

/// Shows the rows of `head ?1, ?2, … tail` for all keys.
fn many(
    connection: &Connection,
    head: &str,
    tail: &str,
    keys: &[Value<'_>],
    mut show: impl FnMut(&Row<'_>) -> Result<(), Fault>,
) -> Result<()> {
    for some in keys.chunks(LENGTHS[LENGTHS.len() - 1]) {
        let sql = format!("{head}{}{tail}", list(some.len()));
        each(connection, &sql, padded(some), &mut show)?;
    }
    Ok(())
}

fn each(
    connection: &Connection,
    sql: &str,
    params: Vec<Value<'_>>,
    show: &mut dyn FnMut(&Row<'_>) -> Result<(), Fault>,
) -> Result<()> {
    let mut outcome = Ok(());
    connection.prepare_cached(sql)?.each(params, |row| {
        outcome = show(row);
        outcome.is_ok()
    })?;
    Ok(outcome?)
}

fn length(lengths: &[usize], of: usize) -> usize {
    lengths
        .iter()
        .copied()
        .find(|most| *most >= of)
        .unwrap_or(of)
}

fn list(of: usize) -> String {
    let numbers: Vec<String> = (1..=length(&LENGTHS, of))
        .map(|n| format!("?{n}"))
        .collect();
    numbers.join(", ")
}

fn padded<'v>(keys: &[Value<'v>]) -> Vec<Value<'v>> {
    let mut padded = keys.to_vec();
    if let Some(last) = keys.last() {
        padded.resize(length(&LENGTHS, keys.len()), *last);
    }
    padded
}
