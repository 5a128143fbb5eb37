//! The parts of a Ballista cluster, with the functions known to each.

use crate::error::refused;
use crate::store::runtime;
use crate::{aggregates, register_all, register_in, scalars};
use ballista::prelude::{SessionConfigExt, SessionContextExt};
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_core::utils::default_session_builder;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::error::Result;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

/// Where a scheduler listens and how soon it gives an executor up.
#[derive(Clone, Debug)]
pub struct Scheduler {
    /// Where it listens; port 0 is any free port ([`free_port`]).
    pub address: SocketAddr,
    /// An executor that was not heard of for so many seconds is dead: its tasks are done again elsewhere.
    pub executor_timeout_seconds: u64,
}

/// Where an executor works and for whom.
#[derive(Clone, Debug)]
pub struct Executor {
    /// The host of the scheduler.
    pub scheduler_host: String,
    /// The port of the scheduler.
    pub scheduler_port: u16,
    /// The address that it binds to.
    pub bind: IpAddr,
    /// What others call it, if not by that address.
    pub external_host: Option<String>,
    /// The port of its data service.
    pub port: u16,
    /// The port of its control service.
    pub control_port: u16,
    /// Where intermediate results go; a temporary folder, if none is named.
    pub work_folder: Option<PathBuf>,
    /// How many tasks it does at once; 0 is as many as there are cores.
    pub tasks: usize,
    /// Bytes that all its tasks together may take before they spill; three quarters of the machine's, if it is not said.
    pub memory: Option<u64>,
    /// It tells the scheduler so often, in seconds, that it lives.
    pub heartbeat_seconds: u64,
}

/// A port that is free at the moment.
pub fn free_port(address: IpAddr) -> Result<u16> {
    let listener = TcpListener::bind((address, 0)).map_err(refused)?;
    Ok(listener.local_addr().map_err(refused)?.port())
}

/// The state of a session that knows the functions and the stores.
pub fn session_state(config: SessionConfig) -> Result<SessionState> {
    let state = SessionStateBuilder::new_from_existing(default_session_builder(config)?);
    let mut state = state.with_runtime_env(runtime(RuntimeEnvBuilder::new())?).build();
    register_in(&mut state)?;
    Ok(state)
}

/// A session on a cluster, in which the functions are known.
pub async fn connect(host: &str, port: u16, config: SessionConfig) -> Result<SessionContext> {
    let state = SessionStateBuilder::new_from_existing(session_state(config)?).build();
    let context = SessionContext::remote_with_state(&format!("df://{host}:{port}"), state).await?;
    // Ballista puts its own functions in place of those of the state.
    register_all(&context);
    Ok(context)
}

/// What a session on a cluster begins with: so many partitions.
#[must_use]
pub fn session_config(partitions: usize) -> SessionConfig {
    SessionConfig::new_with_ballista().with_target_partitions(partitions)
}

/// Runs a scheduler until it is told to stop.
pub async fn schedule(scheduler: &Scheduler) -> Result<()> {
    let mut config = SchedulerConfig::default()
        .with_hostname(scheduler.address.ip().to_string())
        .with_port(scheduler.address.port())
        .with_no_executors_grace_period_seconds(scheduler.executor_timeout_seconds.max(30))
        .with_override_session_builder(Arc::new(session_state));
    config.bind_host = scheduler.address.ip().to_string();
    config.executor_timeout_seconds = scheduler.executor_timeout_seconds;
    config.expire_dead_executor_interval_seconds = 1;
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(refused)?;
    start_server(cluster, scheduler.address, Arc::new(config)).await.map_err(refused)
}

/// Runs an executor until it is told to stop.
pub async fn execute(executor: &Executor) -> Result<()> {
    let mut registry = BallistaFunctionRegistry::default();
    for function in aggregates() {
        registry.aggregate_functions.insert(function.name().to_owned(), function);
    }
    for function in scalars() {
        registry.scalar_functions.insert(function.name().to_owned(), function);
    }
    let (folder, temporary) = match &executor.work_folder {
        Some(folder) => (folder.clone(), false),
        None => (private_folder(executor.port)?, true),
    };
    let spill = folder.clone();
    let config = ExecutorProcessConfig {
        bind_host: executor.bind.to_string(),
        external_host: executor.external_host.clone(),
        port: executor.port,
        grpc_port: executor.control_port,
        scheduler_host: executor.scheduler_host.clone(),
        scheduler_port: executor.scheduler_port,
        scheduler_connect_timeout_seconds: 30,
        vcores: executor.tasks,
        work_dir: Some(folder.display().to_string()),
        memory_pool_size: executor.memory,
        executor_heartbeat_interval_seconds: executor.heartbeat_seconds,
        // Results that nobody fetched are gone after a day.
        job_data_ttl_seconds: 86_400,
        job_data_clean_up_interval_seconds: 600,
        override_function_registry: Some(Arc::new(registry)),
        override_runtime_producer: Some(Arc::new(move |_| {
            runtime(RuntimeEnvBuilder::new().with_temp_file_path(spill.clone()))
        })),
        ..ExecutorProcessConfig::default()
    };
    let ended = start_executor_process(Arc::new(config)).await.map_err(refused);
    if temporary {
        // What is left of it is the system's to clear.
        let _ = std::fs::remove_dir_all(&folder);
    }
    ended
}

/// A new folder among the temporary ones that nobody else can read.
fn private_folder(port: u16) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("kwhen-executor-{}-{port}", std::process::id()));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|error| refused(format!("{}: {error}", folder.display())))?;
    Ok(folder)
}
