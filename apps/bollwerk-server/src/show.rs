//! The interface of a cluster that is followed: the store behind it, its users, its assessments.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use axum::Router;
use collect::cluster::Connection;
use futures_util::future::BoxFuture;
use model::{DigestKey, KubernetesVersion, Snapshot};
use store::{Address, Store};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio_rustls::TlsAcceptor;

use crate::arguments::InterfaceOptions;
use crate::assess::{Assessed, Assessing, Assessor};
use crate::causes::Causes;
use crate::follow_up::{Beside, FollowUp};
use crate::images::KnownImages;
use crate::interface::app::{App, Parts};
use crate::interface::sight::Shown;
use crate::leading::Leading;
use crate::lease::Lease;
use crate::live::Live;
use crate::settings::Settings;
use crate::telemetry::Telemetry;
use crate::users::{Provider, ProviderSettings, Tokens, Users, secret};
use crate::way::Way;
use crate::{decided, interface, listen};

/// Shortest and longest wait before a store or a provider that is away is asked again.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// A cluster that is to be shown.
pub(crate) struct Watched {
    pub(crate) name: String,
    /// The cluster, once there is a way to it; none if the program ends before.
    pub(crate) live: BoxFuture<'static, Option<Live>>,
    /// What brings findings about, as far as a webhook is told.
    pub(crate) causes: Arc<Causes>,
    pub(crate) way: watch::Receiver<Way>,
    /// Files in which a cloud describes it: read again for each assessment.
    pub(crate) managed_clusters: Vec<PathBuf>,
}

/// What is to be shown.
pub(crate) struct Wanted {
    /// The server's own cluster first.
    pub(crate) clusters: Vec<Watched>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) key: DigestKey,
    pub(crate) leading: Leading,
    pub(crate) telemetry: Arc<Telemetry>,
    /// What the webhook decides and asks, if there is one.
    pub(crate) reviews: Option<Reviews>,
}

/// What reviews have to do with a store.
pub(crate) struct Reviews {
    /// What is decided, on its way to the store.
    pub(crate) decided: mpsc::Receiver<store::Decision>,
    /// What is known of images, from the store.
    pub(crate) known: Arc<KnownImages>,
}

impl Reviews {
    fn serve(self, store: &Store, cluster: &str, telemetry: &Arc<Telemetry>) {
        let (cluster, telemetry) = (cluster.to_owned(), Arc::clone(telemetry));
        tokio::spawn(self.known.keep(store.clone()));
        tokio::spawn(decided::keep(self.decided, store.clone(), cluster, telemetry));
    }
}

/// Where a server answers reviews and shows nothing: what it decides is stored, and it knows the
/// images that others scanned.
pub(crate) async fn remember(
    address: Address,
    reviews: Reviews,
    cluster: String,
    telemetry: Arc<Telemetry>,
) {
    reviews.serve(&opened(address).await, &cluster, &telemetry);
}

/// A store; it is waited for.
async fn opened(address: Address) -> Store {
    let open = || {
        let address = address.clone();
        async move { Ok(tokio::task::spawn_blocking(move || Store::open(&address)).await??) }
    };
    again("the store cannot be opened yet", open).await
}

/// Where what is found is kept, and who may see it.
pub(crate) struct Opening {
    address: Address,
    provider: Option<ProviderSettings>,
    audiences: Vec<String>,
}

/// Whether a server writes to a store: one that others may write to as well is written by the
/// holder of a lease.
pub(crate) fn leading(options: &InterfaceOptions, connection: &Arc<Connection>) -> Result<Leading> {
    if !matches!(options.store, Some(Address::Postgres(_))) {
        return Ok(Leading::Always);
    }
    let (namespace, name) = options
        .lease
        .split_once('/')
        .context("a lease is written NAMESPACE/NAME, as bollwerk/bollwerk-server")?;
    let (told, renewed) = watch::channel(None);
    // The name of a pod, and what tells a process from the one before it.
    let host = std::env::var("HOSTNAME").unwrap_or_default();
    let own = format!("{host}-{}", &secret().map_err(|_| anyhow!("no random numbers"))?[..12]);
    let lease = Lease {
        connection: Arc::clone(connection),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        own: own.clone(),
        renewed: told,
    };
    tokio::spawn(lease.keep());
    Ok(Leading::while_held(renewed, own))
}

/// What the flags say of an interface.
///
/// # Errors
///
/// Files that they name and that cannot be read.
pub(crate) fn open(options: &InterfaceOptions) -> Result<Opening> {
    let address = options.store.clone().context("an interface needs a --store")?;
    let provider = ProviderSettings::of(options)?;
    Ok(Opening { address, provider, audiences: options.audiences.clone() })
}

/// Shows the interface for as long as the program runs. A store or a provider that is away is
/// waited for: reviews are answered meanwhile.
pub(crate) async fn serve(
    wanted: Wanted,
    opening: Opening,
    listener: TcpListener,
    tls: TlsAcceptor,
) {
    let store = opened(opening.address).await;
    let provider = match &opening.provider {
        Some(settings) => {
            let problem = "the identity provider is not to be had yet";
            Some(again(problem, || Provider::find(settings.clone())).await)
        }
        None => None,
    };
    let tokens = wanted
        .clusters
        .iter()
        .map(|it| Tokens::new(it.name.clone(), it.way.clone(), opening.audiences.clone()));
    let users = Users::of_clusters(tokens.collect(), provider);
    match show(wanted, store, users, true) {
        Ok(router) => listen::serve(listener, Some(tls), router).await,
        Err(error) => tracing::error!(error = format!("{error:#}"), "there is no interface"),
    }
}

/// Tries until it succeeds.
async fn again<T, F: Future<Output = Result<T>>>(
    problem: &'static str,
    attempt: impl Fn() -> F,
) -> T {
    let mut wait = BACK_OFF.0;
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => tracing::error!(error = format!("{error:#}"), "{problem}"),
        }
        tokio::time::sleep(wait).await;
        wait = (2 * wait).min(BACK_OFF.1);
    }
}

/// Begins to assess the cluster again and again; what the interface answers.
pub(crate) fn show(wanted: Wanted, store: Store, users: Users, is_tls: bool) -> Result<Router> {
    let Wanted { clusters, settings, key, leading, telemetry, reviews } = wanted;
    let leading = Arc::new(leading);
    let names: Vec<String> = clusters.iter().map(|it| it.name.clone()).collect();
    let follow_up = Arc::new(FollowUp::begin(Beside {
        settings: Arc::clone(&settings),
        store: store.clone(),
        clusters: names.clone(),
        leading: Arc::clone(&leading),
        telemetry: Arc::clone(&telemetry),
        known: reviews.as_ref().map(|it| Arc::clone(&it.known)).unwrap_or_default(),
    }));
    if let (Some(reviews), Some(own)) = (reviews, names.first()) {
        reviews.serve(&store, own, &telemetry);
    }
    let mut shown = Vec::new();
    for Watched { name, live, causes, way, managed_clusters } in clusters {
        let (publish, assessed) = watch::channel(Arc::new(Assessed::nothing(unseen(&name))));
        let hurry = Arc::new(Notify::new());
        let assess = assess(
            live,
            Assessing {
                settings: Arc::clone(&settings),
                store: store.clone(),
                key: key.clone(),
                cluster: name.clone(),
                managed_clusters,
                causes,
                hurry: Arc::clone(&hurry),
                leading: Arc::clone(&leading),
                follow_up: Arc::clone(&follow_up),
                telemetry: Arc::clone(&telemetry),
                publish,
            },
        );
        tokio::spawn(assess);
        shown.push(Arc::new(Shown::new(name, assessed, hurry, way)));
    }
    let app = App::new(Parts { clusters: shown, store, settings, users, follow_up, is_tls })?;
    Ok(interface::router(Arc::new(app)))
}

/// Assesses a cluster again and again, from when there is a way to it.
async fn assess(live: BoxFuture<'static, Option<Live>>, assessing: Assessing) {
    if let Some(live) = live.await {
        Arc::new(Assessor { live, assessing }).keep().await;
    }
}

/// A cluster of which nothing was seen yet.
fn unseen(name: &str) -> Snapshot {
    let mut snapshot = Snapshot::new(KubernetesVersion::NEWEST, jiff::Timestamp::now());
    snapshot.cluster = Some(name.to_owned());
    snapshot.is_live = true;
    snapshot.worlds.push(name.to_owned());
    snapshot.files.push(name.to_owned());
    snapshot
}
