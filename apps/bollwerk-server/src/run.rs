//! `bollwerk-server run`.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, bail};
use collect::cluster::{Connection, From};
use futures_util::FutureExt;
use model::DigestKey;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio_rustls::TlsAcceptor;

use crate::arguments::Run;
use crate::causes::Causes;
use crate::certificate::Current;
use crate::clusters::{self, Also};
use crate::images::KnownImages;
use crate::live::{self, Live};
use crate::routes::{self, REVIEWS_MAX, Server};
use crate::settings::Settings;
use crate::show::{self, Reviews, Wanted, Watched};
use crate::telemetry::Telemetry;
use crate::traces::Tracer;
use crate::way::Way;
use crate::{decided, listen, policies, settings};

/// Runs until it is told to end.
pub(crate) fn run(arguments: &Run) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: &Run) -> Result<()> {
    log(&arguments.log)?;
    let settings = Arc::new(settings::load(arguments.config.as_deref())?);
    let certificate = Current::follow(&arguments.tls).with_context(|| {
        let folder = arguments.tls.display();
        format!("no certificate in {folder} (`bollwerk-server certificate` makes one)")
    })?;
    let tls = listen::tls(certificate)?;
    let listeners = Listeners::bind(arguments).await?;
    // The kubelet is answered from the beginning: that the API server is away is no reason to
    // start anew.
    let server = Arc::new(OnceLock::new());
    let health = routes::health(Arc::clone(&server));
    tokio::spawn(listen::serve(listeners.health, None, health));
    let (at, health_at) = (listeners.addresses.0, listeners.addresses.1);
    let interface = listeners.addresses.2.map(tracing::field::display);
    tracing::info!(webhooks = %at, health = %health_at, interface, "listens");
    let begin = async {
        let begun = begin(arguments, settings, listeners.interface, &tls).await?;
        let begun = Arc::new(begun);
        let _ = server.set(Arc::clone(&begun));
        tokio::spawn(listen::serve(listeners.webhooks, Some(tls.clone()), routes::webhooks(begun)));
        // For as long as the program runs.
        std::future::pending::<Result<()>>().await
    };
    tokio::select! {
        done = begin => done,
        done = ended() => done,
    }
}

/// Where it is listened.
struct Listeners {
    webhooks: TcpListener,
    health: TcpListener,
    interface: Option<TcpListener>,
    addresses: (SocketAddr, SocketAddr, Option<SocketAddr>),
}

impl Listeners {
    async fn bind(arguments: &Run) -> Result<Self> {
        let webhooks = listen::bind(arguments.listen).await?;
        let health = listen::bind(arguments.listen_health).await?;
        let interface = match arguments.interface.listen_interface {
            Some(address) => Some(listen::bind(address).await?),
            None => None,
        };
        let shown_at = interface.as_ref().map(TcpListener::local_addr).transpose()?;
        let addresses = (webhooks.local_addr()?, health.local_addr()?, shown_at);
        Ok(Self { webhooks, health, interface, addresses })
    }
}

/// Begins to follow the cluster, and to show it where that is wanted.
async fn begin(
    arguments: &Run,
    settings: Arc<Settings>,
    shown: Option<TcpListener>,
    tls: &TlsAcceptor,
) -> Result<Server> {
    let from =
        From { kubeconfig: arguments.kubeconfig.clone(), context: arguments.context.clone() };
    let key = digest_key()?;
    let policies = policies::load(&arguments.policies, &settings, &key)?;
    let connection = Arc::new(Connection::open(&from).await?);
    let kinds: Vec<(&str, &str)> =
        policies.iter().flat_map(|it| it.bound.parameter_kinds()).collect();
    let name = arguments.cluster_name.as_deref().unwrap_or(connection.name());
    let causes = Arc::new(Causes::default());
    let (way, known_way) = watch::channel(Way::by(Arc::clone(&connection)));
    let (known, to_be_known) = oneshot::channel();
    let telemetry = Arc::new(Telemetry::new(tracer(arguments)?));
    let known_images = Arc::<KnownImages>::default();
    let (teller, reviews) = reviews(arguments, &known_images);
    let is_shown = shown.is_some();
    if let Some(listener) = shown {
        let own = Watched {
            name: name.to_owned(),
            live: Box::pin(async { to_be_known.await.ok() }),
            causes: Arc::clone(&causes),
            way: known_way,
            managed_clusters: arguments.arm.clone(),
        };
        let wanted = Wanted {
            clusters: watched(own, &arguments.interface.also, &key, &settings)?,
            settings: Arc::clone(&settings),
            key: key.clone(),
            leading: show::leading(&arguments.interface, &connection)?,
            telemetry: Arc::clone(&telemetry),
            reviews,
        };
        let opened = show::open(&arguments.interface)?;
        tokio::spawn(show::serve(wanted, opened, listener, tls.clone()));
    } else if let (Some(address), Some(reviews)) = (arguments.interface.store.clone(), reviews) {
        let telemetry = Arc::clone(&telemetry);
        tokio::spawn(show::remember(address, reviews, name.to_owned(), telemetry));
    }
    let (version, resources) = live::served_by(&connection, &kinds, is_shown, &way).await;
    let live = Live::new(name, version, jiff::Timestamp::now(), &resources);
    live.find_parameters(kinds.iter().copied());
    let limits = settings.collect.limits.clone();
    let (of, to) = (Arc::clone(&connection), live.clone());
    tokio::spawn(live::follow(of, version, to, resources, key.clone(), limits));
    // Nobody waits for it where nothing is shown.
    let _ = known.send(live.clone());
    let controls =
        analyze::catalog::at_admission().filter(|it| settings.judge.asks(it.name)).collect();
    Ok(Server {
        live,
        settings,
        controls,
        key,
        telemetry,
        places: Semaphore::new(REVIEWS_MAX),
        causes,
        policies,
        known: known_images,
        decided: teller,
    })
}

/// What is decided, on its way to the store if there is one.
fn reviews(
    arguments: &Run,
    known: &Arc<KnownImages>,
) -> (Option<decided::Teller>, Option<Reviews>) {
    if arguments.interface.store.is_none() {
        return (None, None);
    }
    let (tell, decided) = decided::channel();
    (Some(tell), Some(Reviews { decided, known: Arc::clone(known) }))
}

fn tracer(arguments: &Run) -> Result<Tracer> {
    let Some(endpoint) = &arguments.otlp else { return Ok(Tracer::default()) };
    let started = Tracer::start(endpoint, arguments.otlp_every.get());
    started.map_err(|error| anyhow::anyhow!("--otlp {error}"))
}

/// The server's own cluster and the further ones, each under a name of its own.
fn watched(
    own: Watched,
    also: &[Also],
    key: &DigestKey,
    settings: &Settings,
) -> Result<Vec<Watched>> {
    let mut all = vec![own];
    for further in also {
        if all.iter().any(|it| it.name == further.name) {
            bail!("two clusters are called `{}`; give --also another name", further.name);
        }
        let (way, known_way) = watch::channel(Way::default());
        let (further, limits) = (further.clone(), settings.collect.limits.clone());
        all.push(Watched {
            name: further.name.clone(),
            causes: Arc::default(),
            way: known_way,
            live: Box::pin(clusters::follow(further, way, key.clone(), limits).map(Some)),
            managed_clusters: Vec::new(),
        });
    }
    Ok(all)
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
