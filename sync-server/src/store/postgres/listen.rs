//! Who publishes tells the others: a NOTIFY in the transaction, heard by every process (also the one that said it) when it
//! is committed. A wake-up only: whoever missed one finds everything in the feed.

use std::{future::poll_fn, time::Duration};
use tokio_postgres::{AsyncMessage, Config, NoTls};

/// The channel is the schema's, so that two stores in one database do not wake each other.
pub const ANNOUNCE: &str = "select pg_notify('gridwalk ' || current_schema(), '')";
const LISTEN: &str =
    "do $$ begin execute format('listen %I', 'gridwalk ' || current_schema()); end $$";
/// Between two attempts to hear again.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens for as long as the store lives.
pub async fn run(config: Config, heard: impl Fn() + Send + Sync + 'static) {
    loop {
        if let Err(error) = until_lost(&config, &heard).await {
            tracing::warn!(%error, "nothing is heard of the other servers for a moment");
        }
        tokio::time::sleep(PAUSE).await;
        // Something may have been said meanwhile.
        heard();
    }
}

async fn until_lost(
    config: &Config,
    heard: &(impl Fn() + Sync),
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(NoTls).await?;
    let mut listening = std::pin::pin!(client.batch_execute(LISTEN));
    let mut asked = false;
    loop {
        let message = poll_fn(|context| {
            if !asked && listening.as_mut().poll(context).is_ready() {
                asked = true;
            }
            connection.poll_message(context)
        })
        .await;
        match message {
            Some(Ok(AsyncMessage::Notification(_))) => heard(),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error),
            None => return Ok(()),
        }
    }
}
