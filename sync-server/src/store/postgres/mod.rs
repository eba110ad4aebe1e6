//! PostgreSQL: for a city that outgrows one machine. Several server processes share one database and need nothing else of
//! each other.
//!
//! Every write is a transaction of its own (`read committed`, with the locks that `store/mod.rs` tells of); the database
//! groups their commits by itself. Jobs run on threads that wait; the sockets are driven by a small runtime beside them.

mod listen;
mod session;
mod settings;
mod value;
mod writers;

use super::{
    backend::{Backend, Job},
    connection::{Connection, Fault},
};
use crate::error::{Error, Result};
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use std::{
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};
use tokio_postgres::NoTls;

mod migrations {
    refinery::embed_migrations!("migrations/postgres");
}

/// Connections that read and connections that write, at most so many of each per process.
const CONNECTIONS: usize = 8;
/// Whoever gets none for so long is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);
/// Names the lock under which one process migrates while the others wait.
const MIGRATING: i64 = 0x6772_6964_7761_6c6b;

/// A database that others may use too.
pub struct Postgres {
    writers: writers::Writers,
    readers: Pool,
    drive: Arc<Drive>,
}

impl Postgres {
    /// Connects to `url`, refuses a database that does not keep what it commits, and brings it to the newest schema.
    /// `queue` bounds waiting writes; `heard` is called whenever some process has published something.
    pub fn connect(
        url: &str,
        queue: usize,
        heard: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self> {
        let config: tokio_postgres::Config = url
            .parse()
            .map_err(|error| Error::internal("the address of the database", error))?;
        let drive = Arc::new(Drive::start()?);
        let (writing, reading) = (pool(&config)?, pool(&config)?);
        // Whoever calls may stand in a runtime of their own, where waiting is forbidden.
        std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    drive.wait(prepare(&config))?;
                    let (connection, _) = drive.wait(session::open(&writing, &drive))?;
                    super::furnish(&connection)
                })
                .join()
                .map_err(|_| Error::Internal("opening the database panicked".into()))?
        })?;
        drive.spawn(listen::run(config, heard));
        Ok(Self {
            writers: writers::Writers::start(writing, &drive, CONNECTIONS, queue)?,
            readers: reading,
            drive,
        })
    }
}

impl Backend for Postgres {
    fn read(&self, query: &mut dyn FnMut(&Connection)) -> Result<()> {
        let (connection, _) = self.drive.wait(session::open(&self.readers, &self.drive))?;
        connection.execute_batch("begin isolation level repeatable read read only")?;
        query(&connection);
        connection.execute_batch("rollback")?;
        Ok(())
    }

    fn writers(&self) -> usize {
        CONNECTIONS
    }

    fn hears_others(&self) -> bool {
        true
    }

    fn submit(&self, job: Job) -> Result<()> {
        self.writers.submit(job)
    }

    fn submit_waiting(&self, job: Job) -> Result<()> {
        self.writers.submit_waiting(job)
    }
}

/// Waits by parking the thread. Tokio's own way forbids it on the threads of another runtime, where a server at its start
/// and a test stand; the budget that it gives its tasks does not count here.
fn wait_here<T>(future: impl Future<Output = T>) -> T {
    struct Parked(std::thread::Thread);
    impl Wake for Parked {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Parked(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = std::pin::pin!(tokio::task::unconstrained(future));
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// The runtime that drives the sockets. Threads wait on it; it may be dropped anywhere.
struct Drive(Option<tokio::runtime::Runtime>);

impl Drive {
    fn start() -> Result<Self> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("postgres")
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
            .map_err(Error::from)
    }

    fn handle(&self) -> Option<&tokio::runtime::Handle> {
        self.0.as_ref().map(tokio::runtime::Runtime::handle)
    }

    /// Waits on this thread.
    fn wait<T, E: From<Fault>>(
        &self,
        future: impl Future<Output = std::result::Result<T, E>>,
    ) -> std::result::Result<T, E> {
        let Some(handle) = self.handle() else {
            return Err(Fault::Failed("the store is closing".into()).into());
        };
        let _within = handle.enter();
        wait_here(future)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(handle) = self.handle() {
            handle.spawn(task);
        }
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

fn pool(config: &tokio_postgres::Config) -> Result<Pool> {
    let manager = Manager::from_config(
        config.clone(),
        NoTls,
        ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        },
    );
    Pool::builder(manager)
        .max_size(CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(PATIENCE))
        .create_timeout(Some(PATIENCE))
        .post_create(Hook::async_fn(|client, _| {
            Box::pin(async move {
                settings::pin(client).await.map_err(|error| {
                    tracing::error!(%error, "a connection of the database is not used");
                    HookError::message(error.to_string())
                })
            })
        }))
        .build()
        .map_err(|error| Error::internal("the pool of connections", error))
}

/// What is done once, on a connection of its own: the settings are looked at, and one process at a time migrates.
async fn prepare(config: &tokio_postgres::Config) -> Result<()> {
    let unreachable = |error: tokio_postgres::Error| Error::internal("the database", told(&error));
    let (mut client, connection) = config.connect(NoTls).await.map_err(unreachable)?;
    let socket = tokio::spawn(connection);
    settings::check(&client).await?;
    client
        .execute("select pg_advisory_lock($1)", &[&MIGRATING])
        .await
        .map_err(unreachable)?;
    // Numbers are given out ahead of the work, so a lower one may arrive after a higher one.
    migrations::migrations::runner()
        .set_abort_missing(false)
        .run_async(&mut client)
        .await
        .map_err(|error| Error::internal("migration", error))?;
    drop(client);
    let _ = socket.await;
    Ok(())
}

/// The whole story of an error: its own words are only "db error".
fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => format!("{} ({})", error.message(), error.code().code()),
        None => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        }
    }
}
