//! The small tables, rates and agreements, wherever they are; and which objects a table has.

use crate::digest::digest_of;
use crate::error::{refused, words_of};
use crate::location::Location;
use crate::store::{Bucket, Patience, plain};
use datafusion::error::{DataFusionError, Result};
use futures::TryStreamExt;
use kwhen_batch::{Book, Terms, parquet_files};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;
use url::Url;

/// The objects of a table in a bucket: the one of this key, or those below it whose names end in `.parquet`, in order. Names that begin
/// with a dot or an underscore are passed over, as in folders.
async fn objects(bucket: &str, key: &str) -> Result<Vec<Path>> {
    let store = Bucket::open(bucket, Patience::Short)?;
    let path = Path::parse(key).map_err(refused)?;
    if !key.is_empty() && !key.ends_with('/') {
        match store.head(&path).await {
            Ok(_) => return Ok(vec![path]),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(refused(plain(&error))),
        }
    }
    let listed = store.list(Some(&path)).map_ok(|object| object.location).try_collect::<Vec<_>>().await;
    let mut found = listed.map_err(|error| refused(plain(&error)))?;
    found.retain(|object| is_part(&path, object));
    if found.is_empty() {
        let object = if key.ends_with('/') || key.is_empty() { "" } else { "is no object and " };
        return Err(refused(format!("s3://{bucket}/{key} {object}holds no object named *.parquet")));
    }
    found.sort();
    Ok(found)
}

fn is_part(prefix: &Path, object: &Path) -> bool {
    let Some(mut below) = object.prefix_match(prefix) else { return false };
    object.as_ref().ends_with(".parquet") && below.all(|part| !part.as_ref().starts_with(['.', '_']))
}

/// The addresses of a table's files or objects as DataFusion reads them: nothing in a name is a pattern.
pub(crate) async fn addresses(table: &Location) -> Result<Vec<String>> {
    match table {
        Location::File(path) => {
            let files = parquet_files(path).map_err(refused)?;
            let address = |file: &PathBuf| {
                let url = Url::from_file_path(file);
                url.map(String::from).map_err(|()| refused(format!("{} is no full path", file.display())))
            };
            files.iter().map(address).collect()
        }
        Location::Object { bucket, key } => {
            let found = objects(bucket, key).await?;
            found.iter().map(|object| address(bucket, object)).collect()
        }
    }
}

fn address(bucket: &str, object: &Path) -> Result<String> {
    let mut url = Url::parse(&format!("s3://{bucket}")).map_err(refused)?;
    match url.path_segments_mut() {
        Ok(mut segments) => segments.extend(object.as_ref().split('/')),
        Err(()) => return Err(refused(format!("s3://{bucket} is no address"))),
    };
    Ok(url.into())
}

/// Rates and agreements as files: their own, or copies of objects that are gone with it.
#[derive(Debug)]
pub(crate) struct Tables {
    rates: PathBuf,
    agreements: PathBuf,
    copies: Vec<Copy>,
    _folder: Option<TempDir>,
}

#[derive(Debug)]
struct Copy {
    path: PathBuf,
    object: String,
}

impl Tables {
    /// Fetches what is not in files.
    pub(crate) async fn open(rates: &Location, agreements: &Location) -> Result<Self> {
        let (mut copies, mut folder) = (Vec::new(), None);
        let mut paths = Vec::new();
        for (name, location) in [("rates", rates), ("agreements", agreements)] {
            paths.push(match location {
                Location::File(path) => path.clone(),
                Location::Object { bucket, key } => {
                    let folder = match &folder {
                        Some(folder) => folder,
                        // Nobody else can read it.
                        None => folder.insert(tempfile::Builder::new().prefix("kwhen-tables-").tempdir()?),
                    };
                    let path = folder.path().join(name);
                    std::fs::create_dir(&path)?;
                    fetch(bucket, key, &path, &mut copies).await?;
                    path
                }
            });
        }
        let Ok([rates, agreements]) = <[PathBuf; 2]>::try_from(paths) else {
            return Err(refused("two tables are wanted"));
        };
        Ok(Self { rates, agreements, copies, _folder: folder })
    }

    /// The same where nothing can be awaited.
    pub(crate) fn open_now(rates: &Location, agreements: &Location) -> Result<Self> {
        // A thread and a runtime of its own: the caller may be a thread of a runtime that may not be blocked on.
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(Self::open(rates, agreements))
        };
        std::thread::scope(|scope| scope.spawn(work).join())
            .unwrap_or_else(|_| Err(refused("rates and agreements could not be fetched")))
    }

    pub(crate) fn digest(&self) -> Result<String> {
        digest_of([&self.rates, &self.agreements]).map_err(|error| self.named(error))
    }

    pub(crate) fn book(&self, terms: &Terms) -> Result<Book> {
        Book::open(&self.rates, &self.agreements, terms).map_err(|error| self.named(refused(error)))
    }

    /// An error that names objects and not their copies.
    fn named(&self, error: DataFusionError) -> DataFusionError {
        let name =
            |message: String, copy: &Copy| message.replace(&*copy.path.to_string_lossy(), &copy.object);
        DataFusionError::Execution(self.copies.iter().fold(words_of(error), name))
    }
}

/// Copies the objects of a table into a folder, so that they are in the same order there.
async fn fetch(bucket: &str, key: &str, folder: &std::path::Path, copies: &mut Vec<Copy>) -> Result<()> {
    let found = objects(bucket, key).await?;
    let store = Bucket::open(bucket, Patience::Long)?;
    for (place, object) in found.iter().enumerate() {
        let path = folder.join(format!("{place:09}.parquet"));
        let failed = |error: object_store::Error| refused(plain(&error));
        let mut bytes = store.get(object).await.map_err(failed)?.into_stream();
        let mut file = std::fs::File::create(&path)?;
        while let Some(bytes) = bytes.try_next().await.map_err(failed)? {
            file.write_all(&bytes)?;
        }
        copies.push(Copy { path, object: format!("s3://{bucket}/{object}") });
    }
    Ok(())
}
