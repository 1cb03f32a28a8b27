//! Who somebody is: by a token of the cluster, by an identity provider, or by a token from a file.

mod oidc;
mod tokens;

use std::path::Path;

use anyhow::{Context, Result, bail};
use collect::cluster::Authenticated;

use crate::digests::{hash, hex};
use crate::interface::form::Problem;

pub(crate) use oidc::{Provider, ProviderSettings};
pub(crate) use tokens::Tokens;

/// Bytes of a token, at the most.
const TOKEN_BYTES_MAX: usize = 32 << 10;

/// The group that may do everything, of the one user of a demonstration.
const MASTERS: &str = "system:masters";

/// The ways in which people prove who they are.
#[derive(Default)]
pub(crate) struct Users {
    open: Option<Known>,
    /// The digest of the token in a file, and whose it is.
    file: Option<([u8; 32], Known)>,
    /// Of each cluster, the server's own first.
    tokens: Vec<Tokens>,
    provider: Option<Provider>,
}

/// Somebody who proved who they are, and where that holds. A cluster vouches for its own users
/// alone: the same name in another cluster is somebody else.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) user: Authenticated,
    /// The only cluster in which it holds; none: in all, by the identity provider.
    pub(crate) of: Option<String>,
}

impl Users {
    /// Everybody who reaches the address is the administrator.
    pub(crate) fn open(cluster: &str) -> Self {
        Self { open: Some(administrator(cluster)), ..Self::default() }
    }

    /// Who has the token that stands in a file is the administrator.
    pub(crate) fn of_file(path: &Path, cluster: &str) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the token file {shown}"))?;
        let token = text.trim();
        if token.len() < 16 {
            bail!("the token in {shown} is shorter than 16 characters, and could be guessed");
        }
        let file = Some((hash(token.as_bytes()), administrator(cluster)));
        Ok(Self { file, ..Self::default() })
    }

    /// Users of clusters, and of an identity provider if there is one.
    pub(crate) fn of_clusters(tokens: Vec<Tokens>, provider: Option<Provider>) -> Self {
        Self { tokens, provider, ..Self::default() }
    }

    /// Who everybody is, where nobody has to prove anything.
    pub(crate) fn open_to_all(&self) -> Option<&Known> {
        self.open.as_ref()
    }

    /// The identity provider.
    pub(crate) fn provider(&self) -> Option<&Provider> {
        self.provider.as_ref()
    }

    /// Whether a token lets somebody in.
    pub(crate) fn has_tokens(&self) -> bool {
        !self.tokens.is_empty() || self.file.is_some()
    }

    /// Where a token is to be had from.
    pub(crate) fn hint(&self) -> &'static str {
        match self.tokens.as_slice() {
            [] => "It stands in the file that the server was started with.",
            _ => "`kubectl create token NAME` makes one for a service account.",
        }
    }

    /// The clusters whose tokens let somebody in, to choose from where there are several.
    pub(crate) fn vouching(&self) -> Vec<&str> {
        self.tokens.iter().map(|it| it.cluster.as_str()).collect()
    }

    /// Whose token it is; none if nobody knows it. The API server of `cluster` alone is asked, or
    /// that of the server's own cluster where none is named: a token is shown to nobody else.
    pub(crate) async fn of_token(
        &self,
        token: &str,
        cluster: Option<&str>,
    ) -> Result<Option<Known>, Problem> {
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        if let Some((wanted, user)) = &self.file {
            let is_it =
                aws_lc_rs::constant_time::verify_slices_are_equal(&hash(token.as_bytes()), wanted);
            return Ok(is_it.is_ok().then(|| user.clone()));
        }
        if let Some(provider) = self.provider.as_ref().filter(|it| it.is_issuer_of(token)) {
            let user = provider.verify(token, None).await.inspect_err(refused).ok();
            return Ok(user.map(|user| Known { user, of: None }));
        }
        let tokens = match cluster {
            Some(cluster) => self.tokens.iter().find(|it| it.cluster == cluster),
            None => self.tokens.first(),
        };
        let Some(tokens) = tokens else { return Ok(None) };
        let user = tokens.review(token).await?;
        Ok(user.map(|user| Known { user, of: Some(tokens.cluster.clone()) }))
    }
}

fn refused(error: &anyhow::Error) {
    tracing::info!(error = format!("{error:#}"), "a token was refused");
}

fn administrator(cluster: &str) -> Known {
    let user = Authenticated { name: "admin".to_owned(), groups: vec![MASTERS.to_owned()] };
    Known { user, of: Some(cluster.to_owned()) }
}

/// 256 bits nobody can guess, as text.
pub(crate) fn secret() -> Result<String, Problem> {
    use aws_lc_rs::rand::{SecureRandom, SystemRandom};
    let mut random = [0; 32];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|_| Problem::Unavailable("The system has no random numbers.".to_owned()))?;
    Ok(hex(&random))
}
