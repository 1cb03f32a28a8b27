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
    open: Option<Authenticated>,
    /// The digest of the token in a file, and whose it is.
    file: Option<([u8; 32], Authenticated)>,
    tokens: Option<Tokens>,
    provider: Option<Provider>,
}

impl Users {
    /// Everybody who reaches the address is the administrator.
    pub(crate) fn open() -> Self {
        Self { open: Some(administrator()), ..Self::default() }
    }

    /// Who has the token that stands in a file is the administrator.
    pub(crate) fn of_file(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the token file {shown}"))?;
        let token = text.trim();
        if token.len() < 16 {
            bail!("the token in {shown} is shorter than 16 characters, and could be guessed");
        }
        Ok(Self { file: Some((hash(token.as_bytes()), administrator())), ..Self::default() })
    }

    /// Users of a cluster, and of an identity provider if there is one.
    pub(crate) fn of_cluster(tokens: Tokens, provider: Option<Provider>) -> Self {
        Self { tokens: Some(tokens), provider, ..Self::default() }
    }

    /// Who everybody is, where nobody has to prove anything.
    pub(crate) fn open_to_all(&self) -> Option<&Authenticated> {
        self.open.as_ref()
    }

    /// The identity provider.
    pub(crate) fn provider(&self) -> Option<&Provider> {
        self.provider.as_ref()
    }

    /// Whether a token lets somebody in.
    pub(crate) fn has_tokens(&self) -> bool {
        self.tokens.is_some() || self.file.is_some()
    }

    /// Where a token is to be had from.
    pub(crate) fn hint(&self) -> &'static str {
        match self.tokens {
            Some(_) => "`kubectl create token NAME` makes one for a service account.",
            None => "It stands in the file that the server was started with.",
        }
    }

    /// Whose token it is; none if nobody knows it.
    pub(crate) async fn of_token(&self, token: &str) -> Result<Option<Authenticated>, Problem> {
        if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        if let Some((wanted, user)) = &self.file {
            let is_it =
                aws_lc_rs::constant_time::verify_slices_are_equal(&hash(token.as_bytes()), wanted);
            return Ok(is_it.is_ok().then(|| user.clone()));
        }
        if let Some(provider) = self.provider.as_ref().filter(|it| it.is_issuer_of(token)) {
            return Ok(provider.verify(token, None).await.inspect_err(refused).ok());
        }
        match &self.tokens {
            Some(tokens) => tokens.review(token).await,
            None => Ok(None),
        }
    }
}

fn refused(error: &anyhow::Error) {
    tracing::info!(error = format!("{error:#}"), "a token was refused");
}

fn administrator() -> Authenticated {
    Authenticated { name: "admin".to_owned(), groups: vec![MASTERS.to_owned()] }
}

/// 256 bits nobody can guess, as text.
pub(crate) fn secret() -> Result<String, Problem> {
    use aws_lc_rs::rand::{SecureRandom, SystemRandom};
    let mut random = [0; 32];
    let filled = SystemRandom::new().fill(&mut random);
    filled.map_err(|_| Problem::Unavailable("The system has no random numbers.".to_owned()))?;
    Ok(hex(&random))
}
