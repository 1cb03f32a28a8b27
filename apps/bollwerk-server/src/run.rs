//! `bollwerk-server run`.

use std::sync::Arc;

use anyhow::Result;
use collect::cluster::{Connection, From};
use model::DigestKey;
use tokio::sync::Semaphore;

use crate::arguments::Run;
use crate::certificate::Current;
use crate::live::{self, Live};
use crate::metrics::Metrics;
use crate::routes::{self, REVIEWS_MAX, Server};
use crate::{listen, policies, settings};

/// Runs until it is told to end.
pub(crate) fn run(arguments: &Run) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: &Run) -> Result<()> {
    log(&arguments.log)?;
    let settings = settings::load(arguments.config.as_deref())?;
    let from =
        From { kubeconfig: arguments.kubeconfig.clone(), context: arguments.context.clone() };
    let tls = listen::tls(Current::follow(&arguments.tls)?)?;
    let webhooks = listen::bind(arguments.listen).await?;
    let health = listen::bind(arguments.listen_health).await?;
    let (at, health_at) = (webhooks.local_addr()?, health.local_addr()?);
    let mut random = [0; 32];
    rustls::crypto::aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut random)
        .map_err(|_| anyhow::anyhow!("the system has no random numbers"))?;
    let key = DigestKey::new(&random);
    let policies = policies::load(&arguments.policies, &settings, &key)?;
    let connection = Arc::new(Connection::open(&from).await?);
    let kinds: Vec<(&str, &str)> =
        policies.iter().flat_map(|it| it.bound.parameter_kinds()).collect();
    let (version, resources) = live::served(&connection, &kinds).await;
    let name = arguments.cluster_name.as_deref().unwrap_or(connection.name());
    let live = Live::new(name, version, jiff::Timestamp::now(), &resources);
    live.find_parameters(kinds.iter().copied());
    let limits = settings.collect.limits.clone();
    tokio::spawn(live::follow(connection, live.clone(), resources, key.clone(), limits));
    let controls =
        analyze::catalog::at_admission().filter(|it| settings.judge.asks(it.name)).collect();
    let metrics = Metrics::new();
    let places = Semaphore::new(REVIEWS_MAX);
    let server = Arc::new(Server { live, settings, controls, key, metrics, places, policies });
    tokio::spawn(listen::serve(webhooks, Some(tls), routes::webhooks(Arc::clone(&server))));
    tokio::spawn(listen::serve(health, None, routes::health(server)));
    tracing::info!(webhooks = %at, health = %health_at, "listens");
    ended().await
}

/// Waits until the process is told to end.
async fn ended() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("ends");
    Ok(())
}

fn log(form: &str) -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_from_env("BOLLWERK_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let base = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let done = match form {
        "json" => base.json().try_init(),
        "text" => base.try_init(),
        other => anyhow::bail!("`--log {other}`: there are `text` and `json`"),
    };
    done.map_err(|error| anyhow::anyhow!("cannot log: {error}"))
}
