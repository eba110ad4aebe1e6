//! The phone's own network with an ear at it: it says what the centre acknowledged in the moment in which the answer
//! arrives, before the phone has done anything with it. Hashes are counted here, not asked of the phone.

use gridwalk::{
    HttpExchange,
    ports::{Call, Exchange, Replied, Reply},
};
use gridwalk_core::{
    ids::Hash,
    sync::{
        envelope::change_hash,
        frame,
        message::{Request, Response},
    },
};

/// What the centre said it keeps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kept {
    /// A change: stored, had before, or held.
    Change(Hash),
    /// A photo, thumbnail or line.
    Blob(Hash),
}

/// Tells `say` of every acknowledgement.
pub struct Ear<S> {
    network: HttpExchange,
    say: S,
    /// Says of every change that it is kept before it is even sent: a proof that finds nothing then proves nothing.
    too_early: bool,
}

impl<S: Fn(Kept) + Send + Sync> Ear<S> {
    /// An ear at a network of its own.
    pub fn new(say: S, too_early: bool) -> Self {
        Self {
            network: HttpExchange::default(),
            say,
            too_early,
        }
    }

    fn hear(&self, path: &str, body: &[u8], reply: &Reply) {
        if !(200..300).contains(&reply.status) {
            return;
        }
        if path == "sync" {
            return self.hear_exchange(body, &reply.body);
        }
        let named = reply
            .header("location")
            .and_then(|place| place.strip_prefix("/blobs/"));
        if let Some(Ok(hash)) = named.map(str::parse) {
            (self.say)(Kept::Blob(hash));
        }
    }

    fn hear_exchange(&self, asked: &[u8], answered: &[u8]) {
        let (Ok(request), Ok(response)) = (
            frame::decode::<Request>(asked),
            frame::decode::<Response>(answered),
        ) else {
            return; // the phone will not believe it either
        };
        for (hash, result) in changes(&request).zip(&response.results) {
            if result.acknowledged() {
                (self.say)(Kept::Change(hash));
            }
        }
        for hash in response.blobs {
            (self.say)(Kept::Blob(hash));
        }
    }
}

impl<S: Fn(Kept) + Send + Sync> Exchange for Ear<S> {
    fn call(&self, call: Call) -> Replied<'_> {
        let path = call.url.splitn(4, '/').nth(3).unwrap_or_default();
        let (path, body) = (path.to_owned(), call.body.clone());
        Box::pin(async move {
            if self.too_early
                && let Ok(request) = frame::decode::<Request>(&body)
            {
                changes(&request).for_each(|hash| (self.say)(Kept::Change(hash)));
            }
            let reply = self.network.call(call).await?;
            self.hear(&path, &body, &reply);
            Ok(reply)
        })
    }
}

/// What an upload brings, in its order.
fn changes(request: &Request) -> impl Iterator<Item = Hash> {
    let documents = request.upload.iter().flat_map(|upload| &upload.documents);
    let changes = documents.flat_map(|group| &group.changes);
    changes.map(|bytes| change_hash(bytes))
}
