//! An S3 bucket. What is put there is read back before anybody calls it durable: an answer to a PUT is not a promise that
//! every maker of such stores keeps. A bucket that does not answer is a reason to come again, never a missing photo.

use super::Shelf;
use crate::error::{Error, Result};
use object_store::{
    Error as Fault, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
    aws::{AmazonS3Builder, Checksum},
    path::Path,
};
use std::{
    future::Future,
    sync::{Arc, mpsc},
    time::{Duration, SystemTime},
};
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

/// Tried again for so long; then whoever asked is told to come again.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    /// What every key begins with.
    prefix: String,
    /// A thread of its own, so that whoever waits for it may be on any thread.
    line: Option<Runtime>,
}

impl Bucket {
    /// `s3://bucket/prefix`; everything else is read from the environment (`AWS_REGION`, `AWS_ENDPOINT`, …).
    pub fn open(url: &str) -> Result<Self> {
        let not_one = || Error::Internal(format!("`{url}` is no bucket: s3://bucket/prefix"));
        let rest = url.strip_prefix("s3://").ok_or_else(not_one)?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() {
            return Err(not_one());
        }
        // Only the first of a process installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = AmazonS3Builder::from_env()
            .with_bucket_name(name)
            .with_checksum_algorithm(Checksum::SHA256)
            .with_retry(RetryConfig {
                retry_timeout: PATIENCE,
                ..RetryConfig::default()
            })
            .build()
            .map_err(|error| Error::internal("the bucket", error))?;
        let line = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("bucket")
            .enable_all()
            .build()?;
        Ok(Self {
            store: Arc::new(store),
            prefix: prefix.trim_matches('/').to_owned(),
            line: Some(line),
        })
    }

    fn path(&self, key: &str) -> Path {
        Path::from(format!("{}/{key}", self.prefix))
    }

    /// Does it over there and waits for it here.
    fn wait<T: Send + 'static>(
        &self,
        act: impl Future<Output = object_store::Result<T>> + Send + 'static,
    ) -> object_store::Result<T> {
        let (tell, told) = mpsc::sync_channel(1);
        if let Some(line) = &self.line {
            line.spawn(async move {
                // Whoever asked may be gone.
                let _ = tell.send(act.await);
            });
        }
        let hear = || {
            told.recv().unwrap_or_else(|gone| {
                Err(Fault::Generic {
                    store: "bucket",
                    source: Box::new(gone),
                })
            })
        };
        match Handle::try_current().map(|here| here.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(hear),
            _ => hear(),
        }
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        if let Some(line) = self.line.take() {
            line.shutdown_background();
        }
    }
}

impl Shelf for Bucket {
    fn put(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let (store, path, sent) = (self.store.clone(), self.path(key), bytes.to_vec());
        let back = self.wait(async move {
            store.put(&path, PutPayload::from(sent)).await?;
            store.get(&path).await?.bytes().await
        });
        match back.map_err(away)? {
            back if back == bytes => Ok(()),
            _ => {
                tracing::error!(key, "a bucket gave back other bytes than it was given");
                Err(Error::Busy)
            }
        }
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let (store, path) = (self.store.clone(), self.path(key));
        found(self.wait(async move { store.get(&path).await?.bytes().await }))
            .map(|bytes| bytes.map(Vec::from))
    }

    fn has(&self, key: &str) -> Result<bool> {
        let (store, path) = (self.store.clone(), self.path(key));
        let seen = self.wait(async move { store.head(&path).await });
        Ok(found(seen)?.is_some())
    }

    fn remove(&self, key: &str) -> Result<()> {
        let (store, path) = (self.store.clone(), self.path(key));
        found(self.wait(async move { store.delete(&path).await })).map(drop)
    }

    fn list(&self, under: &str) -> Result<Vec<(String, SystemTime)>> {
        let (store, path) = (self.store.clone(), self.path(under));
        let listed = self.wait(async move {
            let mut listing = store.list(Some(&path));
            let mut listed: Vec<ObjectMeta> = Vec::new();
            while let Some(one) =
                std::future::poll_fn(|context| listing.as_mut().poll_next(context)).await
            {
                listed.push(one?);
            }
            Ok(listed)
        });
        let listed = listed.map_err(away)?.into_iter();
        Ok(listed
            .filter_map(|one| {
                Some((
                    one.location.filename()?.to_owned(),
                    one.last_modified.into(),
                ))
            })
            .collect())
    }
}

/// What is not there is none; everything else is a reason to come again.
fn found<T>(answer: object_store::Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Fault::NotFound { .. }) => Ok(None),
        Err(error) => Err(away(error)),
    }
}

fn away(error: Fault) -> Error {
    tracing::error!(%error, "the bucket cannot be reached or does not do it");
    Error::Busy
}

#[cfg(test)]
mod tests {
    use super::Bucket;

    #[test]
    fn an_address_that_is_no_bucket_is_refused() {
        for strange in ["", "s3://", "s3:///prefix", "/var/blobs", "https://bucket"] {
            assert!(Bucket::open(strange).is_err(), "{strange}");
        }
    }
}
