//! What a disk or a bucket does behind the server's back: objects that change or are gone.

use super::Field;
use gridwalk_core::ids::Hash;
use object_store::{ObjectStore, ObjectStoreExt, aws::AmazonS3Builder, path::Path};
use std::path::PathBuf;

/// Where the photo of this name lies, in the folder or below the bucket's prefix.
fn key(hash: &Hash) -> String {
    let name = hash.to_string();
    format!("whole/{}/{name}", &name[..2])
}

fn file(field: &Field, hash: &Hash) -> PathBuf {
    field.server.state().config.blobs().join(key(hash))
}

/// The bucket, and the photo's place in it.
fn object(url: &str, hash: &Hash) -> (impl ObjectStore, Path) {
    let (bucket, prefix) = url
        .strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .expect("s3://bucket/prefix");
    let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build();
    let path = Path::from(format!("{prefix}/{}", key(hash)));
    (store.expect("a bucket"), path)
}

/// Other bytes lie under this name.
pub async fn damage(field: &Field, hash: &Hash, bytes: Vec<u8>) {
    match &field.server.state().config.bucket {
        Some(url) => {
            let (store, path) = object(url, hash);
            store.head(&path).await.expect("it was there");
            store.put(&path, bytes.into()).await.expect("other bytes");
        }
        None => std::fs::write(file(field, hash), bytes).expect("other bytes"),
    }
}

/// Nothing lies there any more.
pub async fn lose(field: &Field, hash: &Hash) {
    match &field.server.state().config.bucket {
        Some(url) => {
            let (store, path) = object(url, hash);
            store.head(&path).await.expect("it was there");
            store.delete(&path).await.expect("gone");
        }
        None => std::fs::remove_file(file(field, hash)).expect("gone"),
    }
}
