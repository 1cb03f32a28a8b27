//! `bollwerk-server demo`: the interface over a folder of manifests, as if it were a cluster.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use collect::manifests::Input;
use model::{DigestKey, Snapshot};
use store::{Address, Store};

use crate::arguments::Demo;
use crate::leading::Leading;
use crate::live::Live;
use crate::show::{self, Wanted, Watched};
use crate::telemetry::Telemetry;
use crate::traces::Tracer;
use crate::users::Users;
use crate::way::Way;
use crate::{listen, run, settings};

/// Runs until it is told to end.
pub(crate) fn run(arguments: &Demo) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: &Demo) -> Result<()> {
    run::log(&arguments.log)?;
    let mut settings = settings::load(arguments.config.as_deref())?;
    let images = &mut settings.images;
    (images.offline, images.tags_every, images.per_minute) = (true, None, 6_000);
    images.scanner.folder = arguments.images_in.is_dir().then(|| arguments.images_in.clone());
    let settings = Arc::new(settings);
    let key = run::digest_key()?;
    let snapshot = snapshot(arguments, &settings, &key)?;
    let cluster = snapshot.cluster.clone().unwrap_or_default();
    let users = match &arguments.token_file {
        Some(path) => Users::of_file(path, &cluster)?,
        None if arguments.listen.ip().is_loopback() => Users::open(&cluster),
        None => bail!(
            "{} can be reached by others, who would be administrators: name a --token-file, or \
             listen on 127.0.0.1",
            arguments.listen
        ),
    };
    let address = match &arguments.store {
        Some(address) => address.clone(),
        None => Address::Memory,
    };
    let opened = tokio::task::spawn_blocking(move || Store::open(&address)).await?;
    let store = opened.context("cannot open the store")?;
    let live = std::future::ready(Some(Live::still(snapshot)));
    let (live, causes, way) = (Box::pin(live), Arc::default(), Way::none());
    let clusters = vec![Watched { name: cluster, live, causes, way, managed_clusters: Vec::new() }];
    let leading = Leading::Always;
    let telemetry = Arc::new(Telemetry::new(Tracer::default()));
    let wanted = Wanted { clusters, settings, key, leading, telemetry, reviews: None };
    let router = show::show(wanted, store, users, false)?;
    let listener = listen::bind(arguments.listen).await?;
    let at = listener.local_addr()?;
    tokio::spawn(listen::serve(listener, None, router));
    anstream::println!("http://{at}/");
    run::ended().await
}

/// The manifests, read as one cluster.
fn snapshot(arguments: &Demo, settings: &settings::Settings, key: &DigestKey) -> Result<Snapshot> {
    let shown = arguments.manifests.display();
    if !arguments.manifests.exists() {
        bail!("there is no {shown}; run it in a checkout of bollwerk, or name --manifests FOLDER");
    }
    let inputs = vec![Input::Path(arguments.manifests.clone())];
    let now = jiff::Timestamp::now();
    let (mut snapshot, _) = bollwerk::assess::collect(inputs, settings, now, key.clone());
    if snapshot.is_empty() {
        bail!("no object could be read in {shown}");
    }
    let name = arguments.manifests.file_name().and_then(|it| it.to_str()).unwrap_or("demo");
    snapshot.cluster = Some(name.to_owned());
    Ok(snapshot)
}
