//! `bollwerk-server run`.

use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use collect::cluster::{Connection, From};
use model::DigestKey;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, watch};

use crate::arguments::{InterfaceOptions, Run};
use crate::assess::{Assessed, Assessor};
use crate::causes::Causes;
use crate::certificate::Current;
use crate::interface::app::{App, Parts};
use crate::live::{self, Live};
use crate::metrics::Metrics;
use crate::routes::{self, REVIEWS_MAX, Server};
use crate::settings::Settings;
use crate::users::{Provider, ProviderSettings, Tokens, Users};
use crate::{interface, listen, settings};

/// Runs until it is told to end.
pub(crate) fn run(arguments: &Run) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: &Run) -> Result<()> {
    log(&arguments.log)?;
    let settings = Arc::new(settings::load(arguments.config.as_deref())?);
    let from =
        From { kubeconfig: arguments.kubeconfig.clone(), context: arguments.context.clone() };
    let tls = listen::tls(Current::follow(&arguments.tls)?)?;
    let webhooks = listen::bind(arguments.listen).await?;
    let health = listen::bind(arguments.listen_health).await?;
    let shown = match arguments.interface.listen_interface {
        Some(address) => Some(listen::bind(address).await?),
        None => None,
    };
    let shown_at = shown.as_ref().map(TcpListener::local_addr).transpose()?;
    let (at, health_at) = (webhooks.local_addr()?, health.local_addr()?);
    let key = digest_key()?;
    let connection = Arc::new(Connection::open(&from).await?);
    let (version, resources) = live::served(&connection).await;
    let name = arguments.cluster_name.as_deref().unwrap_or(connection.name());
    let live = Live::new(name, version, jiff::Timestamp::now(), &resources);
    let limits = settings.collect.limits.clone();
    let (of, to) = (Arc::clone(&connection), live.clone());
    tokio::spawn(live::follow(of, version, to, resources, key.clone(), limits));
    let causes = Arc::new(Causes::default());
    if let (Some(listener), Some(address)) = (shown, &arguments.interface.store) {
        let store = Store::open(address).context("cannot open the store")?;
        let users = users(&arguments.interface, Arc::clone(&connection)).await?;
        let (live, settings, key) = (live.clone(), Arc::clone(&settings), key.clone());
        let causes = Arc::clone(&causes);
        let cluster = name.to_owned();
        let router =
            show(Shown { live, settings, store, key, cluster, users, causes, is_tls: true })?;
        tokio::spawn(listen::serve(listener, Some(tls.clone()), router));
    }
    let controls =
        analyze::catalog::at_admission().filter(|it| settings.judge.asks(it.name)).collect();
    let metrics = Metrics::new();
    let places = Semaphore::new(REVIEWS_MAX);
    let server = Arc::new(Server { live, settings, controls, key, metrics, places, causes });
    tokio::spawn(listen::serve(webhooks, Some(tls), routes::webhooks(Arc::clone(&server))));
    tokio::spawn(listen::serve(health, None, routes::health(server)));
    let interface = shown_at.map(tracing::field::display);
    tracing::info!(webhooks = %at, health = %health_at, interface, "listens");
    ended().await
}

/// An interface that is to be shown.
pub(crate) struct Shown {
    pub(crate) live: Live,
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Store,
    pub(crate) key: DigestKey,
    pub(crate) cluster: String,
    pub(crate) users: Users,
    pub(crate) causes: Arc<Causes>,
    pub(crate) is_tls: bool,
}

/// Begins to assess the cluster again and again; what the interface answers.
pub(crate) fn show(shown: Shown) -> Result<Router> {
    let Shown { live, settings, store, key, cluster, users, causes, is_tls } = shown;
    let nothing = Assessed::nothing(live.read().snapshot.clone());
    let (publish, assessed) = watch::channel(Arc::new(nothing));
    let hurry = Arc::new(Notify::new());
    let assessor = Arc::new(Assessor {
        live,
        settings: Arc::clone(&settings),
        store: store.clone(),
        key,
        cluster: cluster.clone(),
        causes,
        hurry: Arc::clone(&hurry),
        publish,
    });
    tokio::spawn(assessor.keep());
    let app = App::new(Parts { cluster, store, settings, assessed, hurry, users, is_tls })?;
    Ok(interface::router(Arc::new(app)))
}

/// Who may use the interface of a cluster.
async fn users(arguments: &InterfaceOptions, connection: Arc<Connection>) -> Result<Users> {
    let provider = match ProviderSettings::of(arguments)? {
        Some(settings) => Some(Provider::find(settings).await?),
        None => None,
    };
    let tokens = Tokens::new(connection, arguments.audiences.clone());
    Ok(Users::of_cluster(tokens, provider))
}

/// A key of this process alone, under which credentials can be told apart.
pub(crate) fn digest_key() -> Result<DigestKey> {
    let mut random = [0; 32];
    rustls::crypto::aws_lc_rs::default_provider()
        .secure_random
        .fill(&mut random)
        .map_err(|_| anyhow::anyhow!("the system has no random numbers"))?;
    Ok(DigestKey::new(&random))
}

/// Waits until the process is told to end.
pub(crate) async fn ended() -> Result<()> {
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

pub(crate) fn log(form: &str) -> Result<()> {
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
