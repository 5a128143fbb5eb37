//! Object storage: each process opens it with what its own environment says, so that no secret travels in a query.

use crate::error::refused;
use crate::location::unsupported;
use async_trait::async_trait;
use datafusion::error::Result;
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreRegistry};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path;
use object_store::{
    BackoffConfig, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, RetryConfig,
};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The stores of a process: files, and on the first use of an `s3://` address its bucket, opened by the process's own environment
/// (`AWS_ACCESS_KEY_ID` and the like; docs/cluster.md has them). A store that was registered by hand comes first. Buckets are only read.
#[derive(Debug, Default)]
pub struct Stores {
    known: DefaultObjectStoreRegistry,
}

impl ObjectStoreRegistry for Stores {
    fn register_store(&self, url: &Url, store: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        self.known.register_store(url, store)
    }

    fn deregister_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        self.known.deregister_store(url)
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        match (self.known.get_store(url), url.scheme(), url.host_str()) {
            (Ok(store), ..) => Ok(store),
            (Err(_), "s3", Some(bucket)) => {
                let store: Arc<dyn ObjectStore> = Arc::new(Bucket::open(bucket, Patience::Long)?);
                self.known.register_store(url, Arc::clone(&store));
                Ok(store)
            }
            (Err(_), scheme, _) => Err(unsupported(scheme)),
        }
    }
}

/// A runtime with [`Stores`]: for a session of DataFusion's own, and what scheduler, executors and client of the cluster have.
pub fn runtime(builder: RuntimeEnvBuilder) -> Result<Arc<RuntimeEnv>> {
    builder.with_object_store_registry(Arc::new(Stores::default())).build_arc()
}

/// How long a store that does not answer is asked again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    /// At first contact, when a wrong setting is more likely than a moment's failure: some seconds.
    Short,
    /// In the middle of the work: about a minute.
    Long,
}

impl Patience {
    fn retries(self) -> RetryConfig {
        let (max_retries, seconds) = match self {
            Self::Short => (4, 20),
            Self::Long => (20, 60),
        };
        let backoff = BackoffConfig {
            init_backoff: Duration::from_millis(200),
            max_backoff: Duration::from_secs(10),
            base: 3.0,
        };
        RetryConfig { backoff, max_retries, retry_timeout: Duration::from_secs(seconds) }
    }
}

/// A bucket to read from. Its errors say what to do, and repeat nothing of what the server says of credentials.
#[derive(Debug)]
pub(crate) struct Bucket {
    inner: AmazonS3,
    about: Arc<About>,
}

/// What errors tell of a bucket.
#[derive(Debug)]
struct About {
    bucket: String,
    endpoint: String,
    /// Whether the environment has credentials or says where they are.
    given: bool,
}

impl Bucket {
    pub(crate) fn open(bucket: &str, patience: Patience) -> Result<Self> {
        use AmazonS3ConfigKey as Key;
        let builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(patience.retries());
        let said = |key: Key| builder.get_config_value(&key).filter(|value| !value.is_empty());
        let endpoint = said(Key::S3Endpoint).or_else(|| said(Key::Endpoint));
        let refuse = |why: &str| refused(format!("s3://{bucket}: {why}"));
        if let Some(endpoint) = &endpoint {
            let url = Url::parse(endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let Some(url) = url else {
                return Err(refuse("AWS_ENDPOINT is no address such as https://HOST:PORT"));
            };
            if !url.username().is_empty() || url.password().is_some() {
                return Err(refuse("AWS_ENDPOINT holds a user or password, which belong elsewhere"));
            }
            let allowed = AmazonS3ConfigKey::Client(object_store::ClientConfigKey::AllowHttp);
            if url.scheme() == "http" && !said(allowed).is_some_and(|value| is_yes(&value)) {
                return Err(refuse(
                    "AWS_ENDPOINT begins with http://, by which everybody on the way can read; set AWS_ALLOW_HTTP=true if \
                     that is wanted",
                ));
            }
        }
        let keys = (said(Key::AccessKeyId).is_some(), said(Key::SecretAccessKey).is_some());
        if keys.0 != keys.1 {
            return Err(refuse(
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together, and one of them is not set",
            ));
        }
        let elsewhere = [
            Key::WebIdentityTokenFile,
            Key::ContainerCredentialsRelativeUri,
            Key::ContainerCredentialsFullUri,
        ];
        let unsigned = said(Key::SkipSignature).is_some_and(|value| is_yes(&value));
        let given = keys.0 || unsigned || elsewhere.into_iter().any(|key| said(key).is_some());
        let about = About {
            bucket: bucket.to_owned(),
            endpoint: endpoint.unwrap_or_else(|| {
                format!("Amazon S3 in {}", said(Key::Region).unwrap_or_else(|| "us-east-1".to_owned()))
            }),
            given,
        };
        let inner = builder.build().map_err(|error| refuse(&last_cause(&error)))?;
        Ok(Self { inner, about: Arc::new(about) })
    }
}

/// As `object_store` reads a switch.
fn is_yes(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes" | "y")
}

/// What lies at the bottom of an error.
fn last_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

impl About {
    /// What an error of the store means here.
    fn tell(&self, path: &str, error: &Error) -> String {
        let place = format!("s3://{}/{path}", self.bucket);
        let text = error.to_string();
        let code = between(&text, "<Code>", "</Code>");
        let status = between(&text, "status code: ", " ");
        if !self.given && text.contains("/latest/") {
            return format!(
                "{place}: this process has no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or \
                 AWS_SKIP_SIGNATURE=true for a public bucket"
            );
        }
        match (code, status, error) {
            (Some("NoSuchBucket"), ..) => {
                format!("s3://{}: there is no such bucket at {}", self.bucket, self.endpoint)
            }
            (_, _, Error::NotFound { .. }) => {
                format!("{place}: there is no such object at {}", self.endpoint)
            }
            (_, Some("401" | "403"), _) => format!(
                "{place}: {} does not let this process read it{}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to those of \
                 somebody who may",
                self.endpoint,
                in_brackets(code)
            ),
            (_, Some(status), _) => {
                let hint = match status {
                    "404" => "; is AWS_ENDPOINT right?",
                    "400" => "; is AWS_REGION right?",
                    _ if status.starts_with('3') => "; is AWS_REGION right?",
                    _ => "",
                };
                format!("{place}: {} answers {status}{}{hint}", self.endpoint, in_brackets(code))
            }
            (_, _, Error::InvalidPath { .. }) => {
                format!("{place}: a key below it is no path: {}", last_cause(error))
            }
            _ if text.contains("redirect") => {
                format!("{place}: {} sends elsewhere; is AWS_REGION right?", self.endpoint)
            }
            _ => format!(
                "{place}: no answer from {} that can be used: {}; is AWS_ENDPOINT right?",
                self.endpoint,
                last_cause(error)
            ),
        }
    }

    fn explain(&self, path: &str, error: Error) -> Error {
        let message = self.tell(path, &error);
        match error {
            Error::NotFound { path, .. } => Error::NotFound { path, source: message.into() },
            _ => Error::Generic { store: "S3", source: message.into() },
        }
    }

    /// Nothing here writes to a bucket.
    fn read_only(&self) -> Error {
        Error::NotSupported { source: format!("s3://{} is only read", self.bucket).into() }
    }
}

fn in_brackets(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// What a store said, without what surrounds it.
pub(crate) fn plain(error: &Error) -> String {
    match error {
        Error::Generic { source, .. } | Error::NotFound { source, .. } => source.to_string(),
        _ => error.to_string(),
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "s3://{}", self.about.bucket)
    }
}

#[async_trait]
impl ObjectStore for Bucket {
    async fn put_opts(&self, _: &Path, _: PutPayload, _: PutOptions) -> object_store::Result<PutResult> {
        Err(self.about.read_only())
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        Err(self.about.read_only())
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        let got = self.inner.get_opts(location, options).await;
        let mut got = got.map_err(|error| self.about.explain(location.as_ref(), error))?;
        got.payload = match got.payload {
            GetResultPayload::Stream(bytes) => {
                let (about, path) = (Arc::clone(&self.about), location.clone());
                let bytes = bytes.map_err(move |error| about.explain(path.as_ref(), error));
                GetResultPayload::Stream(bytes.boxed())
            }
            other => other,
        };
        Ok(got)
    }

    fn delete_stream(
        &self,
        _: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        stream::iter([Err(self.about.read_only())]).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let (about, path) = (Arc::clone(&self.about), prefix.cloned().unwrap_or_default());
        self.inner.list(prefix).map_err(move |error| about.explain(path.as_ref(), error)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        let path = prefix.cloned().unwrap_or_default();
        let listed = self.inner.list_with_delimiter(prefix).await;
        listed.map_err(|error| self.about.explain(path.as_ref(), error))
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> object_store::Result<()> {
        Err(self.about.read_only())
    }
}
