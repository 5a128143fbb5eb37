//! `kwhen-cluster`: a scheduler, executors, and the bills of many meters on them.

use clap::{Args, Parser, Subcommand, ValueEnum};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionContext;
use kwhen_batch::Unbilled;
use kwhen_cluster::cluster::{Executor, Scheduler, connect, execute, free_port, schedule, session_config};
use kwhen_cluster::job::{Job, Summary, run, tuned};
use kwhen_cluster::{Location, Periods, Plan, Rules, register_all};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Exact electricity bills of many meters on many machines
#[derive(Parser, Debug)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Hand out the work: one for a cluster
    Scheduler(SchedulerArguments),
    /// Do the work: as many as there are machines
    Executor(ExecutorArguments),
    /// Bill many meters, from Parquet files to a Parquet file, as `kwhen batch` does
    Bill(BillArguments),
}

#[derive(Args, Debug)]
struct SchedulerArguments {
    /// The address to listen on; there is no authentication, so nobody else may reach it
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    bind: IpAddr,
    /// The port to listen on; 0 is any that is free
    #[arg(long, default_value_t = 50050)]
    port: u16,
    /// Give an executor up after so many seconds without a sign of life
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    executor_timeout: u64,
}

#[derive(Args, Debug)]
struct ExecutorArguments {
    /// The scheduler to work for
    #[arg(long, value_name = "HOST:PORT")]
    scheduler: String,
    /// The address to listen on; there is no authentication, so nobody else may reach it
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    bind: IpAddr,
    /// What the others call this machine, if not by that address
    #[arg(long, value_name = "HOST")]
    external_host: Option<String>,
    /// The port of the data service; 0 is any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The port of the control service; 0 is any that is free
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// Where intermediate results go; a temporary folder, if none is named
    #[arg(long, value_name = "FOLDER")]
    work_folder: Option<PathBuf>,
    /// Tasks at once; 0 is as many as there are cores
    #[arg(long, default_value_t = 0, value_name = "N")]
    tasks: usize,
    /// Memory that all tasks may take before they spill; most of the machine's, if it is not said
    #[arg(long, value_name = "MIB")]
    memory: Option<u64>,
    /// Give a sign of life so often
    #[arg(long, default_value_t = 2, value_name = "SECONDS")]
    heartbeat: u64,
}

#[derive(Args, Debug)]
struct BillArguments {
    /// The scheduler of the cluster; without one the work is done in this process
    #[arg(long, value_name = "HOST:PORT")]
    scheduler: Option<String>,
    /// Readings: meter, interval_start, consumption (kWh) or wh; a file, several, or a folder of them, by a path that is the same on all machines, or
    /// s3://BUCKET/KEY, an object or all below it, which each process reads with the credentials of its environment
    #[arg(long, value_name = "PARQUET")]
    consumption: OsString,
    /// Unit rates and standing charges: tariff, kind, valid_from, valid_to, value_exc_vat or value_inc_vat, band; a path or s3://BUCKET/KEY
    #[arg(long, value_name = "PARQUET")]
    rates: OsString,
    /// Which meter is on which tariff: meter, tariff, valid_from, valid_to; a path or s3://BUCKET/KEY
    #[arg(long, value_name = "PARQUET")]
    agreements: OsString,
    /// The bills; the file appears when all of them are made
    #[arg(long, value_name = "PARQUET")]
    out: PathBuf,
    /// The meters that could not be billed and why, as CSV
    #[arg(long, value_name = "CSV")]
    report: Option<PathBuf>,
    /// What is billed: from a date
    #[arg(long, value_name = "DATE")]
    from: String,
    /// Up to a date, which is not billed
    #[arg(long, value_name = "DATE")]
    to: String,
    /// The periods that are billed, each on its own
    #[arg(long, value_enum, default_value_t, value_name = "PERIOD")]
    by: Period,
    /// What is rounded: exact or octopus, or a JSON file of rules
    #[arg(long, default_value = "exact", value_name = "RULES")]
    rules: String,
    /// The length of the meters' slots
    #[arg(long, default_value_t = 30, value_name = "MINUTES")]
    slot_minutes: u32,
    /// The clock that days and periods go by
    #[arg(long, default_value = "Europe/London", value_name = "ZONE")]
    time_zone: String,
    /// Take times without a time zone as UTC; without this they are refused
    #[arg(long)]
    assume_utc: bool,
    /// Pieces that the work is cut into; some for each core of the cluster
    #[arg(long, default_value_t = 16, value_name = "N")]
    partitions: usize,
    /// Give up after so many seconds; 0 waits for ever
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    timeout: u64,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Period {
    #[default]
    Month,
    Week,
    Day,
    Year,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let work = async {
        match &arguments.command {
            Command::Scheduler(arguments) => arguments.run().await,
            Command::Executor(arguments) => arguments.run().await,
            Command::Bill(arguments) => arguments.run().await,
        }
    };
    let result = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => Err(failed(error)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let message = match error {
                DataFusionError::Execution(message) => message,
                error => error.strip_backtrace(),
            };
            eprintln!("kwhen-cluster: {message}");
            ExitCode::FAILURE
        }
    }
}

fn failed(error: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Execution(error.to_string())
}

/// `HOST:PORT` taken apart.
fn host_and_port(text: &str) -> Result<(String, u16)> {
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    match parts {
        Some((host, port)) if !host.is_empty() => Ok((host.to_owned(), port)),
        _ => Err(failed(format!("--scheduler {text:?} is no HOST:PORT, such as 127.0.0.1:50050"))),
    }
}

fn port_or_free(bind: IpAddr, port: u16) -> Result<u16> {
    if port == 0 { free_port(bind) } else { Ok(port) }
}

impl SchedulerArguments {
    async fn run(&self) -> Result<()> {
        let address = SocketAddr::new(self.bind, port_or_free(self.bind, self.port)?);
        println!("scheduler on {address}");
        schedule(&Scheduler { address, executor_timeout_seconds: self.executor_timeout }).await
    }
}

impl ExecutorArguments {
    async fn run(&self) -> Result<()> {
        let (scheduler_host, scheduler_port) = host_and_port(&self.scheduler)?;
        let executor = Executor {
            scheduler_host,
            scheduler_port,
            bind: self.bind,
            external_host: self.external_host.clone(),
            port: port_or_free(self.bind, self.port)?,
            control_port: port_or_free(self.bind, self.control_port)?,
            work_folder: self.work_folder.clone(),
            tasks: self.tasks,
            memory: self.memory.map(|mebibytes| mebibytes.saturating_mul(1 << 20)),
            heartbeat_seconds: self.heartbeat,
        };
        println!("executor on {}:{}, for {}", executor.bind, executor.port, self.scheduler);
        execute(&executor).await
    }
}

impl BillArguments {
    async fn run(&self) -> Result<()> {
        let work = self.bill();
        let summary = match self.timeout {
            0 => work.await?,
            seconds => tokio::time::timeout(Duration::from_secs(seconds), work)
                .await
                .map_err(|_| failed(format!("not done in {seconds} seconds; nothing was written")))??,
        };
        if let Some(path) = &self.report {
            kwhen_batch::write_whole(path, Unbilled::csv(&summary.unbilled).as_bytes()).map_err(failed)?;
        }
        print!("{}", self.page(&summary));
        Ok(())
    }

    async fn bill(&self) -> Result<Summary> {
        for (option, path) in [("--out", Some(&self.out)), ("--report", self.report.as_ref())] {
            if path.is_some_and(|path| path.as_os_str().to_string_lossy().contains("://")) {
                return Err(failed(format!(
                    "{option} is a path: the client writes it, and not to object storage"
                )));
            }
        }
        let consumption = Location::from_argument(&self.consumption)?;
        let job = Job { consumption, out: self.out.clone(), plan: self.plan()? };
        let config = tuned(session_config(self.partitions));
        let context = match &self.scheduler {
            Some(scheduler) => {
                let (host, port) = host_and_port(scheduler)?;
                connect(&host, port, config).await.map_err(|error| {
                    failed(format!("no scheduler at {scheduler}: {}", error.strip_backtrace()))
                })?
            }
            None => {
                let runtime = kwhen_cluster::store::runtime(RuntimeEnvBuilder::new())?;
                let context = SessionContext::new_with_config_rt(config, runtime);
                register_all(&context);
                context
            }
        };
        run(&context, &job).await
    }

    fn plan(&self) -> Result<Plan> {
        let rules = match std::path::Path::new(&self.rules).extension() {
            Some(extension) if extension == "json" => {
                let bytes = std::fs::read(&self.rules);
                let bytes = bytes.map_err(|error| failed(format!("{}: {error}", self.rules)))?;
                let rules = kwhen::bill::BillingRules::from_json(&bytes);
                Rules::Custom(Box::new(rules.map_err(|error| failed(error.in_source(&self.rules)))?))
            }
            _ => Rules::Named(self.rules.clone()),
        };
        Ok(Plan {
            from: self.from.clone(),
            to: self.to.clone(),
            periods: match self.by {
                Period::Month => Periods::Month,
                Period::Week => Periods::Week,
                Period::Day => Periods::Day,
                Period::Year => Periods::Year,
            },
            rules: Some(rules),
            slot_minutes: Some(self.slot_minutes),
            time_zone: Some(self.time_zone.clone()),
            unit: None,
            assume_utc: self.assume_utc,
            tariff: None,
            rates: Some(Location::from_argument(&self.rates)?),
            agreements: Some(Location::from_argument(&self.agreements)?),
            digest: None,
        })
    }

    fn page(&self, summary: &Summary) -> String {
        let mut page = format!("{}: {} meters billed\n", self.out.display(), summary.billed);
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for unbilled in &summary.unbilled {
            *reasons.entry(unbilled.reason.name()).or_default() += 1;
        }
        if !reasons.is_empty() {
            let reasons: Vec<String> =
                reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
            page.push_str(&format!(
                "{} could not be billed: {}{}\n",
                summary.unbilled.len(),
                reasons.join(", "),
                if self.report.is_none() { "; --report names them" } else { "" }
            ));
        }
        page
    }
}
