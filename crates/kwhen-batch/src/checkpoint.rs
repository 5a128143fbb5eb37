//! What a run has finished, kept beside its output so that it can go on after it was killed.

use crate::error::{Error, Result};
use crate::meter::MeterName;
use crate::report::Unbilled;
use crate::sink::write_whole;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The folder of a run that is not finished.
#[derive(Clone, Debug)]
pub(crate) struct Workshop {
    folder: PathBuf,
}

/// How far a run has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// What the run reads and by which terms; a run with others is another run.
    pub(crate) inputs: String,
    /// Row groups that were read, in the order of the run.
    pub(crate) units: usize,
    /// Every meter before this one is done.
    pub(crate) before: Option<MeterName>,
    /// Files of bills, each of whole row groups.
    pub(crate) parts: usize,
    /// Meters billed.
    pub(crate) billed: u64,
    /// Rows read.
    pub(crate) rows: u64,
    /// Rows that name no meter.
    pub(crate) nameless: u64,
}

const CHECKPOINT: &str = "checkpoint.json";

impl Workshop {
    /// Beside the output: `bills.parquet.partial`.
    pub(crate) fn of(out: &Path) -> Self {
        let mut name = out.file_name().unwrap_or_default().to_os_string();
        name.push(".partial");
        Self { folder: out.with_file_name(name) }
    }

    /// What was finished of a run with the same inputs, if anything. An error where the inputs are others.
    pub(crate) fn resume(&self, inputs: &str) -> Result<Option<Checkpoint>> {
        let path = self.folder.join(CHECKPOINT);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::of_io(&error, &path)),
        };
        let checkpoint: Checkpoint = serde_json::from_slice(&bytes)
            .map_err(|error| Error::changed(format!("cannot be gone on from: {error}")).in_file(&path))?;
        if checkpoint.inputs != inputs {
            return Err(Error::changed(
                "the files or options are not those that the run began with; run it without resuming",
            )
            .in_file(&self.folder));
        }
        Ok(Some(checkpoint))
    }

    /// Begins anew: an empty folder.
    pub(crate) fn clear(&self) -> Result<()> {
        self.remove()?;
        std::fs::create_dir_all(&self.folder).map_err(|error| Error::of_io(&error, &self.folder))
    }

    /// Whether anything was saved that a run can go on from.
    pub(crate) fn has_checkpoint(&self) -> bool {
        self.folder.join(CHECKPOINT).exists()
    }

    pub(crate) fn remove(&self) -> Result<()> {
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::of_io(&error, &self.folder))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn bills(&self, part: usize) -> PathBuf {
        self.folder.join(format!("bills-{part:06}.parquet"))
    }

    /// Bills that no row group of the parts holds yet.
    pub(crate) fn waiting(&self, part: usize) -> PathBuf {
        self.folder.join(format!("waiting-{part:06}.parquet"))
    }

    fn report(&self, part: usize) -> PathBuf {
        self.folder.join(format!("unbilled-{part:06}.json"))
    }

    /// Keeps the report of a part, then says that the part is done.
    pub(crate) fn save(&self, checkpoint: &Checkpoint, unbilled: &[Unbilled]) -> Result<()> {
        let report = self.report(checkpoint.parts);
        let of_json = |error: serde_json::Error| Error::io(error.to_string()).in_file(&report);
        write_whole(&report, &serde_json::to_vec(unbilled).map_err(of_json)?)?;
        write_whole(&self.folder.join(CHECKPOINT), &serde_json::to_vec(checkpoint).map_err(of_json)?)
    }

    /// The reports of the parts that are done.
    pub(crate) fn unbilled(&self, parts: usize) -> Result<Vec<Unbilled>> {
        let mut all = Vec::new();
        for part in 1..=parts {
            let path = self.report(part);
            let bytes = std::fs::read(&path).map_err(|error| Error::of_io(&error, &path))?;
            let list: Vec<Unbilled> = serde_json::from_slice(&bytes)
                .map_err(|error| Error::changed(format!("cannot be gone on from: {error}")).in_file(&path))?;
            all.extend(list);
        }
        Ok(all)
    }
}
