//! All that pages are made from.

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use collect::cluster::Authenticated;
use engine::rbac::{Groups, Identity};
use store::{Store, StoreError};
use tokio::sync::{Notify, watch};

use super::asked::Asked;
use super::assets;
use super::chrome::Chrome;
use super::form::Problem;
use super::limits::Limits;
use super::sight::{Seen, Sights, may};
use super::viewer::{COOKIE, COOKIE_PLAIN, Viewer};
use crate::assess::Assessed;
use crate::follow_up::Missed;
use crate::settings::Settings;
use crate::users::Users;

/// What a right on exceptions is written as in roles: `create` and `delete` on
/// `exceptions.bollwerk.io`.
pub(crate) const EXCEPTIONS: (&str, &str) = ("bollwerk.io", "exceptions");

/// The interface of one server.
pub(crate) struct App {
    pub(crate) cluster: String,
    pub(crate) store: Store,
    pub(crate) settings: Arc<Settings>,
    pub(crate) assessed: watch::Receiver<Arc<Assessed>>,
    /// An exception was made or ended.
    pub(crate) hurry: Arc<Notify>,
    pub(crate) users: Users,
    /// Images that could not be had.
    pub(crate) missed: Missed,
    pub(crate) limits: Limits,
    sights: Sights,
    /// Of this process alone: what forms hold where there is no session.
    pub(crate) secret: [u8; 32],
    /// Whether it is reached by TLS.
    pub(crate) is_tls: bool,
}

/// What an interface is made of.
pub(crate) struct Parts {
    pub(crate) cluster: String,
    pub(crate) store: Store,
    pub(crate) settings: Arc<Settings>,
    pub(crate) assessed: watch::Receiver<Arc<Assessed>>,
    pub(crate) hurry: Arc<Notify>,
    pub(crate) users: Users,
    pub(crate) missed: Missed,
    pub(crate) is_tls: bool,
}

impl App {
    pub(crate) fn new(parts: Parts) -> anyhow::Result<Self> {
        let Parts { cluster, store, settings, assessed, hurry, users, missed, is_tls } = parts;
        let mut secret = [0; 32];
        SystemRandom::new()
            .fill(&mut secret)
            .map_err(|_| anyhow::anyhow!("the system has no random numbers"))?;
        let (limits, sights) = (Limits::default(), Sights::default());
        Ok(Self {
            cluster,
            store,
            settings,
            assessed,
            hurry,
            users,
            missed,
            limits,
            sights,
            secret,
            is_tls,
        })
    }

    /// Asks the store, on a thread that may wait.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.store.clone();
        Ok(blocking(move || question(&store)).await??)
    }

    /// The newest assessment.
    pub(crate) fn assessed(&self) -> Arc<Assessed> {
        Arc::clone(&self.assessed.borrow())
    }

    /// What a viewer may see.
    pub(crate) async fn seen(self: &Arc<Self>, viewer: &Viewer) -> Result<Arc<Seen>, Problem> {
        let (app, user) = (Arc::clone(self), viewer.user.clone());
        let seen = blocking(move || {
            let assessed = app.assessed();
            app.sights.of(&assessed, &app.store, &app.cluster, &user)
        });
        Ok(seen.await??)
    }

    /// Whether a viewer may make or end exceptions in a namespace (none: everywhere).
    pub(crate) async fn may_except(
        self: &Arc<Self>,
        user: &Authenticated,
        verb: &'static str,
        namespace: Option<&str>,
    ) -> Result<bool, Problem> {
        let (app, user) = (Arc::clone(self), user.clone());
        let namespace = namespace.unwrap_or_default().to_owned();
        blocking(move || {
            let assessed = app.assessed();
            let identity = Identity::user(user.name, Groups::Known(user.groups));
            may(assessed.access().authorizer(), &identity, verb, EXCEPTIONS, &namespace)
        })
        .await
    }

    /// Writes down what somebody did with bollwerk itself.
    pub(crate) async fn note(
        &self,
        user: &str,
        verb: &'static str,
        target: &str,
        outcome: &'static str,
    ) -> Result<(), Problem> {
        tracing::info!(user, verb, target, outcome, "action");
        let action = store::Action {
            at: jiff::Timestamp::now(),
            user: user.to_owned(),
            verb: verb.to_owned(),
            target: target.to_owned(),
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
        let assessed = self.assessed();
        Chrome {
            cluster: self.cluster.clone(),
            section,
            title: title.into(),
            user: viewer.user.name.clone(),
            has_session: viewer.session.is_some(),
            form_key: viewer.form_key.clone().unwrap_or_default(),
            kept: asked.kept(),
            assessed_at: match assessed.number {
                0 => String::new(),
                _ => assessed.snapshot.taken_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
            },
            number: assessed.number,
            gaps: assessed.gaps.len(),
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
