//! All that pages are made from.

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use collect::cluster::Authenticated;
use engine::rbac::{Groups, Identity};
use store::{Store, StoreError};

use super::asked::Asked;
use super::assets;
use super::chrome::{Chrome, choices};
use super::form::Problem;
use super::limits::Limits;
use super::sight::{Shown, View, may};
use super::viewer::{COOKIE, COOKIE_PLAIN, Viewer};
use crate::assess::Assessed;
use crate::follow_up::FollowUp;
use crate::settings::Settings;
use crate::users::Users;

/// What a right on exceptions is written as in roles: `create` and `delete` on
/// `exceptions.bollwerk.io`.
pub(crate) const EXCEPTIONS: (&str, &str) = ("bollwerk.io", "exceptions");

/// The interface of one server.
pub(crate) struct App {
    /// The server's own first; never none.
    pub(crate) clusters: Vec<Arc<Shown>>,
    pub(crate) store: Store,
    pub(crate) settings: Arc<Settings>,
    pub(crate) users: Users,
    pub(crate) follow_up: Arc<FollowUp>,
    pub(crate) limits: Limits,
    /// Of this process alone: what forms hold where there is no session.
    pub(crate) secret: [u8; 32],
    /// Whether it is reached by TLS.
    pub(crate) is_tls: bool,
}

/// What an interface is made of.
pub(crate) struct Parts {
    pub(crate) clusters: Vec<Arc<Shown>>,
    pub(crate) store: Store,
    pub(crate) settings: Arc<Settings>,
    pub(crate) users: Users,
    pub(crate) follow_up: Arc<FollowUp>,
    pub(crate) is_tls: bool,
}

impl App {
    pub(crate) fn new(parts: Parts) -> anyhow::Result<Self> {
        let Parts { clusters, store, settings, users, follow_up, is_tls } = parts;
        let mut secret = [0; 32];
        SystemRandom::new()
            .fill(&mut secret)
            .map_err(|_| anyhow::anyhow!("the system has no random numbers"))?;
        let limits = Limits::default();
        Ok(Self { clusters, store, settings, users, follow_up, limits, secret, is_tls })
    }

    /// Asks the store, on a thread that may wait.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.store.clone();
        Ok(blocking(move || question(&store)).await??)
    }

    /// The clusters in which a viewer is somebody.
    pub(crate) fn clusters_of(&self, viewer: &Viewer) -> impl Iterator<Item = &Arc<Shown>> {
        self.clusters.iter().filter(|it| viewer.of.as_ref().is_none_or(|of| *of == it.name))
    }

    /// The cluster that is asked for, or all in which the viewer is somebody. One in which they
    /// are nobody is as one that there is not.
    pub(super) fn chosen(
        &self,
        viewer: &Viewer,
        asked: &Asked,
    ) -> Result<Vec<Arc<Shown>>, Problem> {
        let mut known = self.clusters_of(viewer).cloned();
        match asked.one("cluster") {
            None => Ok(known.collect()),
            Some(name) => {
                let found = known.find(|it| it.name == name);
                Ok(vec![found.ok_or(Problem::NotFound)?])
            }
        }
    }

    /// What a viewer may see of what is asked for.
    pub(crate) async fn view(
        self: &Arc<Self>,
        viewer: &Viewer,
        asked: &Asked,
    ) -> Result<Arc<View>, Problem> {
        let (clusters, user) = (self.chosen(viewer, asked)?, viewer.user.clone());
        let app = Arc::clone(self);
        let view = blocking(move || View::of(&app.store, clusters, &user));
        Ok(Arc::new(view.await??))
    }

    /// Whether a user of a cluster may make or end exceptions there, in a namespace (none: in
    /// all).
    pub(crate) async fn may_except(
        self: &Arc<Self>,
        user: &Authenticated,
        verb: &'static str,
        shown: &Shown,
        namespace: Option<&str>,
    ) -> Result<bool, Problem> {
        let (assessed, user) = (shown.assessed(), user.clone());
        let namespace = namespace.unwrap_or_default().to_owned();
        blocking(move || {
            let identity = Identity::user(user.name, Groups::Known(user.groups));
            may(assessed.access().authorizer(), &identity, verb, EXCEPTIONS, &namespace)
        })
        .await
    }

    /// Writes down what somebody did with bollwerk itself, in a cluster or (empty) in none.
    pub(crate) async fn note(
        &self,
        cluster: &str,
        user: &str,
        verb: &'static str,
        target: &str,
        outcome: &'static str,
    ) -> Result<(), Problem> {
        tracing::info!(cluster, user, verb, target, outcome, "action");
        let action = store::Action {
            at: jiff::Timestamp::now(),
            user: user.to_owned(),
            verb: verb.to_owned(),
            target: target.to_owned(),
            cluster: cluster.to_owned(),
            outcome: outcome.to_owned(),
        };
        self.ask(move |store| store.record_action(&action)).await
    }

    /// The frame of a page.
    pub(crate) fn chrome(
        &self,
        viewer: &Viewer,
        section: &'static str,
        title: impl Into<String>,
        (path, asked): (&str, &Asked),
    ) -> Chrome {
        let known: Vec<&Arc<Shown>> = self.clusters_of(viewer).collect();
        let is_chosen = |it: &&&Arc<Shown>| known.len() == 1 || asked.has("cluster", &it.name);
        let chosen = known.iter().find(is_chosen);
        let shown = chosen.map_or(known.as_slice(), std::slice::from_ref);
        let assessed: Vec<Arc<Assessed>> = shown.iter().map(|it| it.assessed()).collect();
        // Of several the one that was judged longest ago: all that is shown is as new.
        let oldest =
            assessed.iter().map(|it| (it.number > 0).then_some(it.snapshot.taken_at)).min();
        let away = shown.iter().filter(|it| it.problem().is_some()).count();
        let scope = chosen.filter(|_| known.len() > 1).map(|it| Asked::of("cluster", &it.name));
        let scope = scope.map(|it| it.query()).unwrap_or_default();
        Chrome {
            cluster: chosen.map(|it| it.name.clone()).unwrap_or_default(),
            clusters: known.iter().filter(|_| known.len() > 1).map(|it| it.name.clone()).collect(),
            choices: choices(&known, section, path, asked),
            scoped: scope.replacen('?', "&", 1),
            scope,
            section,
            title: title.into(),
            user: viewer.user.name.clone(),
            has_session: viewer.session.is_some(),
            form_key: viewer.form_key.clone().unwrap_or_default(),
            kept: asked.kept(),
            assessed_at: oldest
                .flatten()
                .map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
            number: assessed.iter().map(|it| it.number).sum(),
            gaps: assessed.iter().map(|it| it.gaps.len()).sum::<usize>() + away,
            twin: format!("/api/v1{path}{}", asked.query()),
            style: assets::style_name(),
            script: assets::script_name(),
        }
    }

    pub(crate) fn cookie_name(&self) -> &'static str {
        if self.is_tls { COOKIE } else { COOKIE_PLAIN }
    }
}

/// Runs something that may take long, or wait, on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a question was not answered");
        Problem::Unavailable("The question was not answered: see the log.".to_owned())
    })
}
